"""Journeys, touchpoints and contributions: read, written, kept consistent, edited and compared."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.refusals import Refused
from headwater.journey import edits
from headwater.journey.differences import differences
from headwater.journey.documents import read, written
from headwater.journey.rules import inconsistencies
from headwater.journey.taxonomy import Contribution, Journey, Moment, Stage, Taxonomy, Touchpoint
from tests.journey.conftest import SMALL

RICH = replace(
    SMALL,
    journeys=(Journey("buy", "Buying"), Journey("move", "Moving house")),
    stages=(*SMALL.stages, Stage("tell", "I tell them I move", position=2, journey="move")),
    moments=(
        replace(SMALL.moments[0], truth=True, contributions=(Contribution("finance", "Takes the payment once."),)),
        *SMALL.moments[1:],
    ),
    touchpoints=(
        Touchpoint("shop", "Checkout page", "order", "pay", "web", where="channel = 'web'"),
        Touchpoint("mail", "Confirmation mail", "order", channel="e-mail"),
        Touchpoint("call", "Call of the carrier", "wait", retired=True),
    ),
)


def test_every_part_is_read_back_as_it_was_written() -> None:
    assert read(written(RICH), RICH.version) == RICH


def test_a_document_of_before_still_reads_and_is_written_as_it_was() -> None:
    content = written(SMALL)
    assert set(content) == {"stages", "moments", "causes", "departments"}
    assert read(content, 1) == SMALL


def test_a_stage_without_a_journey_belongs_to_the_first() -> None:
    assert [stage.id for stage in RICH.stages_of("buy")] == ["order", "wait"]
    assert [stage.id for stage in RICH.stages_of("move")] == ["tell"]
    assert [stage.id for stage in SMALL.stages_of(None)] == ["order", "wait"]


def test_the_departments_of_a_stage_come_from_contributions_and_causes() -> None:
    assert RICH.departments_of("order") == ("finance",)
    assert RICH.departments_of("wait") == ("delivery",)
    assert RICH.departments_of("tell") == ()


def test_touchpoints_in_use_are_found_by_stage_and_moment() -> None:
    assert [touchpoint.id for touchpoint in RICH.touchpoints_of("order", "pay")] == ["shop"]
    assert [touchpoint.id for touchpoint in RICH.touchpoints_of("order")] == ["mail"]
    assert RICH.touchpoints_of("wait") == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"stages": (Stage("order", "I order", journey="gone"), *RICH.stages[1:])}, "the journey gone"),
        ({"touchpoints": (Touchpoint("a1", "A", "gone"),)}, "the stage gone"),
        ({"touchpoints": (Touchpoint("a1", "A", "order", "gone"),)}, "the moment gone"),
        ({"touchpoints": (Touchpoint("a1", "A", "wait", "pay"),)}, "at another"),
        ({"touchpoints": (Touchpoint("a1", "A", "wait", where="channel = "),)}, "cannot be read"),
        ({"touchpoints": (Touchpoint("a1", "A", "wait", where="customer_id = 'x'"),)}, "customer_id"),
        ({"touchpoints": (Touchpoint("a1", "A", "wait", where="text like '%x%'"),)}, "names text"),
        ({"touchpoints": (Touchpoint("a1", "A", "wait"), Touchpoint("a1", "B", "wait"))}, "more than one touchpoint"),
        ({"journeys": (Journey("buy", "B"), Journey("buy", "C"), Journey("move", "M"))}, "more than one journey"),
        ({"moments": (Moment("pay", "P", "order", contributions=(Contribution("gone", "Does it."),)),)}, "gone"),
        (
            {
                "touchpoints": (),
                "moments": (
                    Moment(
                        "pay",
                        "P",
                        "order",
                        contributions=(Contribution("finance", "One."), Contribution("finance", "Two.")),
                    ),
                ),
            },
            "more than once",
        ),
    ],
)
def test_parts_that_contradict_each_other_are_named(wrong: dict[str, Any], said: str) -> None:
    assert inconsistencies(RICH) == []
    found = inconsistencies(replace(RICH, **wrong))
    assert any(said in problem for problem in found), found


def test_a_contribution_reads_as_who_does_what_in_a_difference() -> None:
    new, _item = edits.changed(
        RICH, "moment", "pay", {"contributions": [{"department": "delivery", "does": "Names the day."}]}
    )
    (found,) = differences(RICH, new)
    (field,) = found.fields
    assert field.removed == ("Finance: Takes the payment once.",)
    assert field.added == ("Delivery: Names the day.",)


def test_a_moment_takes_its_touchpoints_to_another_stage() -> None:
    new = edits.placed(RICH, "moment", "pay", "wait", 0)
    assert [moment.id for moment in new.moments_of("wait")] == ["pay", "arrival"]
    assert new.touchpoints_of("wait", "pay")[0].id == "shop"
    assert inconsistencies(new) == []


def test_a_stage_is_placed_within_its_journey_and_in_another() -> None:
    new = edits.placed(RICH, "stage", "wait", "buy", 0)
    assert [stage.id for stage in new.stages_of("buy")] == ["wait", "order"]
    new = edits.placed(RICH, "stage", "wait", "move", 1)
    assert [stage.id for stage in new.stages_of("move")] == ["tell", "wait"]
    assert [stage.position for stage in new.stages] == [0, 1, 2]


def test_another_order_of_journeys_moves_no_stage() -> None:
    new = edits.moved(RICH, "journey", "buy", 1)
    assert [journey.id for journey in new.journeys] == ["move", "buy"]
    assert [stage.id for stage in new.stages_of("buy")] == ["order", "wait"]


@pytest.mark.parametrize(
    ("kind", "item", "said"),
    [
        ("journey", "buy", "I order"),
        ("stage", "order", "Checkout page"),
        ("department", "finance", "I pay"),
    ],
)
def test_what_is_still_used_is_not_removed(kind: Any, item: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        edits.removed(RICH, kind, item, Taxonomy(0))


def test_the_touchpoints_of_a_moment_that_goes_stay_at_its_stage() -> None:
    new = edits.removed(RICH, "moment", "pay", Taxonomy(0))
    assert [touchpoint.id for touchpoint in new.touchpoints_of("order")] == ["shop", "mail"]
    assert inconsistencies(new) == []


def test_the_only_journey_can_go_and_its_stages_stay() -> None:
    only = replace(RICH, journeys=RICH.journeys[:1], stages=RICH.stages[:2])
    new = edits.removed(edits.moved(only, "journey", "buy", 1), "journey", "buy", Taxonomy(0))
    assert inconsistencies(new) == []
    assert len(new.stages_of(None)) == 2


def test_a_placing_names_what_is_missing() -> None:
    with pytest.raises(Refused, match="There is no moment"):
        edits.placed(RICH, "moment", "gone", "order", 0)
    assert inconsistencies(edits.placed(RICH, "moment", "pay", "gone", 0))


@given(st.sampled_from(["order", "wait"]), st.sampled_from(["pay", "confirm", "arrival"]), st.integers(0, 9))
def test_placing_puts_an_item_exactly_there_and_keeps_the_others_order(stage: str, moment: str, index: int) -> None:
    new = edits.placed(RICH, "moment", moment, stage, index)
    now = [one.id for one in new.moments_of(stage)]
    assert now.index(moment) == min(index, len(now) - 1)
    before = [one.id for one in RICH.moments if one.id != moment]
    after = [one.id for one in new.moments if one.id != moment]
    assert sorted(after) == sorted(before)
    for place in ("order", "wait"):
        assert [key for key in after if key in {one.id for one in new.moments_of(place)}] == [
            key for key in before if key in {one.id for one in new.moments_of(place)}
        ]
    assert edits.placed(new, "moment", moment, stage, index) == new
    assert len([difference for difference in differences(RICH, new) if difference.kind == "moment"]) <= 1
