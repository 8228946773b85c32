"""Rules of the taxonomy without a database: differences, ids, merges, order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.base.refusals import Refused
from headwater.journey import edits
from headwater.journey.differences import differences
from headwater.journey.documents import read, written
from headwater.journey.rules import inconsistencies
from headwater.journey.taxonomy import Cause, Stage, Taxonomy


def test_nothing_differs_from_itself(small: Taxonomy) -> None:
    assert differences(small, small) == ()


def test_a_document_is_read_back_as_it_was_written(small: Taxonomy) -> None:
    assert read(written(small), 1) == small


def test_a_changed_list_says_what_went_and_what_came(small: Taxonomy) -> None:
    new, _item = edits.changed(small, "cause", "late", {"examples": ["it came late", "three days over"]})
    (difference,) = differences(small, new)
    (field,) = difference.fields
    assert (field.name, field.removed, field.added) == ("examples", (), ("three days over",))


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(6)))
def test_any_order_is_reached_by_moves_and_no_order_is_inconsistent(order: list[int]) -> None:
    start = Taxonomy(1, stages=tuple(Stage(f"s{number}", f"S{number}", position=number) for number in range(6)))
    now = start
    for place, number in enumerate(order):
        here = [stage.id for stage in now.stages].index(f"s{number}")
        now = edits.moved(now, "stage", f"s{number}", place - here)
    assert [stage.id for stage in now.stages] == [f"s{number}" for number in order]
    assert [stage.position for stage in now.stages] == list(range(6))
    assert inconsistencies(now) == []
    assert {difference.what for difference in differences(start, now)} <= {"moved"}
    assert (differences(start, now) == ()) == (order == sorted(order))


def test_one_moved_item_is_one_difference() -> None:
    start = Taxonomy(1, stages=tuple(Stage(f"s{number}", f"S{number}", position=number) for number in range(6)))
    moved = edits.moved(start, "stage", "s0", 5)
    assert [difference.id for difference in differences(start, moved)] == ["s0"]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=100), st.sets(st.text(max_size=10)))
def test_an_id_from_any_name_is_valid_and_free(name: str, taken: set[str]) -> None:
    first = edits.free_id(name, taken)
    second = edits.free_id(name, taken | {first})
    assert first not in taken
    assert second != first
    for identity in (first, second):
        assert read({"stages": [{"id": identity, "name": "x"}]}).stages[0].id == identity


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_merges_never_close_a_circle(pairs: list[tuple[int, int]]) -> None:
    now = Taxonomy(1, causes=tuple(Cause(f"c{number}", f"C{number}", examples=(f"p{number}",)) for number in range(6)))
    for one, other in pairs:
        try:
            now = edits.merged(now, f"c{one}", f"c{other}")
        except Refused:
            continue
        assert inconsistencies(now) == []
        assert now.resolve(f"c{one}") == now.resolve(f"c{other}")
    assert now.active_causes
    for cause in now.causes:
        end = now.cause(now.resolve(cause.id))
        assert end is not None
        assert end.active


def test_following_a_circle_of_merges_ends() -> None:
    circle = Taxonomy(1, causes=(Cause("a", "A", merged_into="b"), Cause("b", "B", merged_into="a")))
    assert circle.resolve("a") in {"a", "b"}
    assert inconsistencies(circle)


def test_a_merged_cause_brought_back_stands_for_itself_again(small: Taxonomy) -> None:
    merged = edits.merged(small, "lost", "late")
    assert merged.resolve("lost") == "late"
    assert edits.retired(merged, "lost", retire=False).resolve("lost") == "lost"


def test_another_taxonomy_keeps_what_figures_hang_on(small: Taxonomy) -> None:
    merged = edits.merged(small, "lost", "late")
    other = Taxonomy(0, stages=(Stage("one", "One"),), causes=(Cause("late", "Late", stages=("one",)),))
    adopted = edits.adopted(merged, other)
    assert inconsistencies(adopted) == []
    assert [cause.id for cause in adopted.active_causes] == ["late"]
    assert adopted.resolve("lost") == "late"
    declined = adopted.cause("declined")
    assert declined is not None
    assert declined.retired


@pytest.mark.parametrize("cause", ["late", "lost"])
def test_a_cause_is_not_merged_into_itself(small: Taxonomy, cause: str) -> None:
    with pytest.raises(Refused, match="already"):
        edits.merged(small, cause, cause)
