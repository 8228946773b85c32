"""Groups against the rest, who could be first, a period against the one before, and whose metric it is."""

from datetime import date

import numpy as np
import pytest
from django.test import Client

import headwater.science as hs
from headwater.base.models import HistoryEntry, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.metrics.cards import card_of, clear, write_card
from headwater.metrics.comparisons import compare_groups, period_before
from headwater.metrics.queries import Asked, metric_page
from headwater.record import Record
from tests.metrics.conftest import Write, answers

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.metrics.addresses")]


@pytest.fixture
def channels(write: Write) -> None:
    """Two good channels that are alike, one bad, one too small to rank."""
    write(answers("csat", {5: 160, 2: 40}, channel="app", local_date=date(2026, 1, 5)))
    write(answers("csat", {5: 78, 2: 22}, channel="web", local_date=date(2026, 2, 5)))
    write(answers("csat", {5: 40, 2: 60}, channel="phone", local_date=date(2026, 2, 5)))
    write(answers("csat", {2: 5}, channel="fax", local_date=date(2026, 2, 6)))


def test_each_group_is_held_against_everybody_else(channels: None) -> None:
    found = {one.value: one for one in compare_groups("csat", "channel").groups}
    phone = found["phone"]
    assert isinstance(phone.difference, hs.Estimate)
    assert phone.difference.estimate == pytest.approx(40 / 100 - 238 / 305)
    expected = hs.difference(hs.proportion(40, 100), hs.proportion(238, 305))  # type: ignore[arg-type]
    assert (phone.difference.low, phone.difference.high) == pytest.approx((expected.low, expected.high), abs=5e-3)
    assert phone.found
    assert phone.adjusted_p is not None
    assert phone.adjusted_p < 0.001


def test_p_values_are_adjusted_over_all_groups(channels: None) -> None:
    groups = [one for one in compare_groups("csat", "channel").groups if one.ranked]
    raw = [hs.p_value_of(one.difference) for one in groups if isinstance(one.difference, hs.Estimate)]
    assert np.allclose(hs.benjamini_hochberg(raw), [one.adjusted_p for one in groups])


def test_a_small_group_is_shown_and_neither_tested_nor_ranked(channels: None) -> None:
    found = compare_groups("csat", "channel")
    fax = found.groups[-1]
    assert (fax.value, fax.n, fax.ranked, fax.rank, fax.adjusted_p, fax.found) == ("fax", 5, False, None, None, False)
    assert len(found.ranked) == 3


def test_the_two_alike_could_both_be_first(channels: None) -> None:
    found = compare_groups("csat", "channel")
    assert {one.value for one in found.could_be_first} == {"app", "web"}
    assert [one.value for one in found.ranked][-1] == "phone"


def test_where_less_is_better_the_lowest_is_first(channels: None) -> None:
    assert compare_groups("share_negative", "channel").ranked[-1].value == "phone"


def test_what_has_no_rest_is_refused(channels: None) -> None:
    with pytest.raises(Refused, match="not compared between groups"):
        compare_groups("volume", "channel")
    with pytest.raises(Refused, match="colour"):
        compare_groups("csat", "colour")
    with pytest.raises(Refused, match="before it begins"):
        compare_groups("csat", "channel", since=date(2026, 2, 1), until=date(2026, 1, 1))


def test_the_page_says_which_differ_and_how_far_down_could_be_first(signed_in: Client, channels: None) -> None:
    text = " ".join(signed_in.get("/metrics/csat?by=channel").content.decode().split())
    assert "3 groups differ from the rest" in text
    assert "Any of the first 2 could be first." in text
    assert "too few to rank" in text


def test_a_period_is_held_against_the_one_before(channels: None) -> None:
    page = metric_page("csat", Asked())
    assert page.change is not None
    assert page.change.direction == "down"
    assert page.change_sentence.startswith("Down on the period from Jan. 1, 2026 by ")
    days = metric_page("csat", Asked(since=date(2026, 2, 1), until=date(2026, 2, 28)))
    assert days.change is not None
    assert days.change.days_before == (date(2026, 1, 4), date(2026, 1, 31))
    assert days.change.direction == "down"
    assert period_before(date(2026, 3, 1), date(2026, 3, 1)) == (date(2026, 2, 28), date(2026, 2, 28))
    assert period_before(date.min, date(2, 1, 1)) is None


@pytest.fixture
def leader(db: None) -> Person:
    return Person.objects.create(email="leader@example.com", name="Leader", roles=["cx_team"])


def test_a_metric_has_an_owner_and_what_is_done_when_it_moves(leader: Person, record: Record) -> None:
    assert card_of("nps").owner is None
    assert not card_of("nps").own_words
    card = write_card(leader, "nps", owner=leader.pk, action=" Ask the stage's leader. ", seen=0)
    assert (card.owner, card.action, card.edition, card.own_words) == (leader, "Ask the stage's leader.", 1, True)
    assert write_card(leader, "nps", owner=leader.pk, action="Ask the stage's leader.", seen=1).edition == 1
    entry = HistoryEntry.objects.get(code="metric.card_changed")
    assert entry.data == {"title": "Net Promoter Score", "owner": "Leader", "action": "Ask the stage's leader."}
    clear()
    assert card_of("nps").owner is None


def test_two_who_write_at_once_do_not_overwrite_each_other(leader: Person) -> None:
    write_card(leader, "nps", owner=None, action="First.", seen=0)
    with pytest.raises(Conflict):
        write_card(leader, "nps", owner=None, action="Second.", seen=0)
    assert card_of("nps").action == "First."


def test_who_may_not_edit_measures_may_not_name_an_owner(leader: Person) -> None:
    employee = Person.objects.create(email="e@example.com", name="E", roles=["employee"])
    with pytest.raises(NotAllowed):
        write_card(employee, "nps", owner=employee.pk, action="", seen=0)
    with pytest.raises(NotFound):
        write_card(leader, "npx", owner=None, action="", seen=0)
    with pytest.raises(Refused, match="no active person 99"):
        write_card(leader, "nps", owner=99, action="", seen=0)
    with pytest.raises(Refused, match="2001 characters"):
        write_card(leader, "nps", owner=None, action="x" * 2001, seen=0)


def test_the_card_is_written_on_its_page_and_shown_on_the_metric_s(leader: Person, record: Record) -> None:
    client = Client()
    client.force_login(leader)
    assert "suggested" in client.get("/metrics/nps").content.decode()
    given = {"owner": leader.pk, "action": "Call the owner of the stage.", "seen": 0}
    assert client.post("/metrics/nps/card", given).status_code == 302
    text = client.get("/metrics/nps").content.decode()
    assert "Call the owner of the stage." in text
    assert "Leader" in text
    assert "changed this meanwhile" in client.post("/metrics/nps/card", given).content.decode()


def test_programs_compare_groups_and_write_cards(leader: Person, channels: None) -> None:
    client = Client()
    client.force_login(leader)
    groups = client.get("/api/v1/metrics/csat/groups", {"by": "channel"}).json()["groups"]
    assert [(one["value"], one["place"]) for one in groups] == [("app", 1), ("web", 2), ("phone", 3), ("fax", None)]
    body = {"owner": leader.pk, "action": "Mend it.", "seen": 0}
    written = client.put("/api/v1/metrics/csat/card", body, content_type="application/json")
    assert written.json()["edition"] == 1
    assert client.put("/api/v1/metrics/csat/card", body, content_type="application/json").status_code == 409
    client.force_login(Person.objects.create(email="e@example.com", name="E", roles=["employee"]))
    assert client.get("/api/v1/metrics/csat/groups", {"by": "customer_id"}).status_code == 403
