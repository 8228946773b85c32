"""Moments of truth: chosen by people, led by one person, delivered by departments."""

from collections.abc import Callable

import pytest

from headwater.base.models import HistoryEntry, Person
from headwater.base.refusals import NotFound, Refused
from headwater.journey import moments, queries, services
from headwater.journey.moments import Choice
from headwater.journey.packs import load_pack

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _retail(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))


def test_a_chosen_moment_waits_in_the_draft_and_counts_when_published(editor: Person) -> None:
    moments.choose_moment(editor, "promised_day", True)
    assert queries.taxonomy().truths == ()
    services.publish_draft(editor)
    assert [moment.id for moment in queries.taxonomy().truths] == ["promised_day"]
    moments.choose_moment(editor, "promised_day", False)
    assert queries.edited().truths == ()


def test_choosing_twice_is_choosing_once(editor: Person) -> None:
    moments.choose_moment(editor, "promised_day", True)
    moments.choose_moment(editor, "promised_day", True)
    assert HistoryEntry.objects.filter(code="moment.changed").count() == 1


@pytest.mark.parametrize(("chosen", "warned"), [(0, True), (9, True), (10, False), (20, False), (21, True)])
def test_too_few_and_too_many_are_said(chosen: int, warned: bool) -> None:
    assert bool(Choice(chosen, 30).warning) is warned


def test_a_leader_counts_at_once_and_is_one_person(editor: Person, person_with: Callable[..., Person]) -> None:
    first, second = person_with("manager"), person_with("executive")
    moments.set_leader(editor, "promised_day", first)
    moments.set_leader(editor, "promised_day", first)
    assert moments.leader_of("promised_day") == first
    moments.set_leader(editor, "promised_day", second)
    assert moments.leaders() == {"promised_day": second}
    assert [moment.id for moment in moments.moments_led_by(second)] == ["promised_day"]
    moments.set_leader(editor, "promised_day", None)
    assert moments.leader_of("promised_day") is None
    codes = list(HistoryEntry.objects.filter(code__startswith="moment.leader").order_by("id").values_list("code"))
    assert codes == [("moment.leader_named",), ("moment.leader_named",), ("moment.leader_removed",)]


def test_someone_who_left_leads_no_more(editor: Person, person_with: Callable[..., Person]) -> None:
    leader = person_with("manager")
    moments.set_leader(editor, "promised_day", leader)
    leader.is_active = False
    leader.save()
    assert moments.leader_of("promised_day") is None
    with pytest.raises(Refused, match="closed"):
        moments.set_leader(editor, "pay", leader)
    with pytest.raises(NotFound):
        moments.set_leader(editor, "no_such_moment", editor)


def test_what_a_department_does_is_one_sentence_each(editor: Person) -> None:
    before = {part.department for part in moments.contribute(editor, "promised_day", "warehouse", "").contributions}
    moments.contribute(editor, "promised_day", "delivery", "  Keeps the day\n it promised. ")
    moment = moments.contribute(editor, "promised_day", "warehouse", "Hands over on time.")
    does = {part.department: part.does for part in moment.contributions}
    assert does["delivery"] == "Keeps the day it promised."
    assert set(does) == before | {"delivery", "warehouse"}
    with pytest.raises(Refused, match="nobody_here"):
        moments.contribute(editor, "promised_day", "nobody_here", "Does it.")
    with pytest.raises(Refused, match="300"):
        moments.contribute(editor, "promised_day", "delivery", "x" * 301)


@pytest.mark.parametrize("roles", [(), ("employee",), ("manager",), ("executive",), ("hr",), ("analyst",)])
def test_those_who_may_not_are_refused(person_with: Callable[..., Person], roles: tuple[str, ...]) -> None:
    stranger = person_with(*roles)
    attempts: list[Callable[[], object]] = [lambda: moments.set_leader(stranger, "promised_day", stranger)]
    if roles != ("analyst",):
        attempts += [
            lambda: moments.choose_moment(stranger, "promised_day", True),
            lambda: moments.contribute(stranger, "promised_day", "delivery", "Does it."),
        ]
    for attempt in attempts:
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.status == 403


def test_clearing_the_sample_forgets_leaders(editor: Person) -> None:
    moments.set_leader(editor, "promised_day", editor)
    services.clear()
    assert moments.leaders() == {}
