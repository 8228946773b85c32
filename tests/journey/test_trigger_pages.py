"""Triggers in the browser and by API: made, previewed, activated, answered; strangers, wrong roles and bad input."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from headwater.base.company import ensure_company
from headwater.base.models import HistoryEntry, Person
from headwater.base.worker import run_due
from headwater.journey import services, triggers
from headwater.journey.models import Firing, Trigger
from headwater.journey.packs import load_pack
from headwater.journey.trigger_rules import Rule, in_words, read_rule
from headwater.listening import inbox
from headwater.listening.services import receive_signals
from headwater.metrics.store import close_company_record

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.journey.urls")]
JSON = "application/json"
FORM = {
    "name": "Third call",
    "kind": "within",
    "first": "event = 'call'",
    "first_where": "channel = 'phone'",
    "n": "3",
    "length": "30",
    "length_unit": "24",
    "per": "customer",
    "place": "moment:pay",
    "action": "case",
    "grace_days": "7",
}


@pytest.fixture(autouse=True)
def ours(home: Any, editor: Person) -> Iterator[None]:
    """A company whose customers called: c1 three times, c2 once."""
    close_company_record()
    ensure_company(name="Ours", time_zone="UTC")
    services.apply_pack(editor, load_pack("retail"))
    now = datetime.now(UTC)
    rows = [
        {"record_id": str(n), "kind": "event", "event": "call", "channel": "phone", "customer_id": customer,
         "occurred_at": (now - timedelta(days=n)).isoformat(), "attributes": {"promised": "2026-01-01 10:00:00"}}
        for n, customer in enumerate(["c1", "c1", "c1", "c2"])
    ]  # fmt: skip
    receive_signals(rows, source="shop", person=None)
    inbox.flush()
    yield
    close_company_record()


@pytest.fixture
def site(client: Client, editor: Person) -> Client:
    client.force_login(editor)
    return client


@pytest.fixture
def colleague(person_with: Callable[..., Person]) -> Client:
    client = Client()
    client.force_login(person_with("employee"))
    return client


def made(site: Client, **changes: Any) -> Trigger:
    answer = site.post("/journey/triggers/new", FORM | changes)
    assert answer.status_code == 302, answer.content.decode()
    return Trigger.objects.get(name=(FORM | changes)["name"])


def test_a_trigger_is_made_in_the_form(site: Client) -> None:
    trigger = made(site)
    assert trigger.rule == {
        "kind": "within", "first": "event = 'call' and channel = 'phone'", "n": 3, "hours": 720,
    }  # fmt: skip
    assert (trigger.moment, trigger.stage, trigger.state) == ("pay", "order", "draft")
    shown = site.get(f"/journey/triggers/{trigger.pk}").content.decode()
    assert "It would have fired 1 time" in shown
    assert "c1" in shown
    assert HistoryEntry.objects.filter(code="trigger.created").exists()


def test_the_form_offers_what_the_record_has(site: Client) -> None:
    shown = site.get("/journey/triggers/new").content.decode()
    assert "call · 4" in shown
    assert 'value="promised"' in shown


def test_the_preview_follows_the_form(site: Client) -> None:
    said = site.post("/journey/triggers/preview", FORM | {"name": "", "n": "2"}).content.decode()
    assert "It would have fired 1 time in the last 13 weeks of the record, for 1 customer." in said
    assert "week-bars" in said
    wrong = site.post("/journey/triggers/preview", FORM | {"first_where": "colour = 'red'"}).content.decode()
    assert "There is no column" in wrong


def test_a_colleague_sees_figures_and_no_customer(site: Client, colleague: Client) -> None:
    trigger = made(site)
    shown = colleague.get(f"/journey/triggers/{trigger.pk}").content.decode()
    assert "It would have fired 1 time" in shown
    assert "c1" not in shown
    assert colleague.get("/journey/triggers").status_code == 200
    assert colleague.get("/journey/triggers/new").status_code == 403
    assert colleague.post(f"/journey/triggers/{trigger.pk}/activate").status_code == 403
    probing = FORM | {"first_where": "customer_id = 'c1'"}
    assert "may not" in colleague.post("/journey/triggers/preview", probing).content.decode()
    refused = site.post("/journey/triggers/new", probing | {"name": "Of one customer"})
    assert "single out" in refused.content.decode()


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    for path in ("", "/new", "/firings", "/1"):
        assert client.get(f"/journey/triggers{path}").status_code == 302
    assert client.post("/journey/triggers/preview", FORM).status_code == 302
    assert client.get("/api/v1/triggers").status_code == 401


def test_it_is_activated_paused_and_retired(site: Client) -> None:
    trigger = made(site)
    site.post(f"/journey/triggers/{trigger.pk}/activate")
    run_due()
    trigger.refresh_from_db()
    assert trigger.state == "active"
    assert trigger.firings.get().state == "history"
    for action, state in (("pause", "paused"), ("retire", "retired")):
        site.post(f"/journey/triggers/{trigger.pk}/{action}")
        trigger.refresh_from_db()
        assert trigger.state == state
    assert site.post(f"/journey/triggers/{trigger.pk}/activate").status_code == 400


def test_a_changed_rule_is_a_new_edition(site: Client) -> None:
    trigger = made(site)
    seen = triggers.fingerprint_of(trigger)
    site.post(f"/journey/triggers/{trigger.pk}/edit", FORM | {"n": "2", "seen": seen})
    trigger.refresh_from_db()
    assert trigger.edition == 2
    assert [one.rule["n"] for one in triggers.editions(trigger)] == [2, 3]
    site.post(f"/journey/triggers/{trigger.pk}/edit", FORM | {"n": "2", "name": "Other"})
    trigger.refresh_from_db()
    assert (trigger.edition, trigger.name) == (2, "Other")


@pytest.mark.parametrize(
    ("theirs", "what"),
    [({"n": "2"}, "rule"), ({"grace_days": "3"}, "grace period in days"), ({"action": "thank_you"}, "answer")],
)
def test_a_change_never_overwrites_what_someone_else_changed(site: Client, theirs: dict[str, str], what: str) -> None:
    trigger = made(site)
    read = site.get(f"/api/v1/triggers/{trigger.pk}").json()
    assert f'name="seen" value="{read["seen"]}"' in site.get(f"/journey/triggers/{trigger.pk}/edit").content.decode()
    site.post(f"/journey/triggers/{trigger.pk}/edit", FORM | theirs)
    trigger.refresh_from_db()
    kept = triggers.fingerprint_of(trigger)
    late = site.post(f"/journey/triggers/{trigger.pk}/edit", FORM | {"name": "Mine", "seen": read["seen"]})
    assert late.status_code == 409
    assert f"({what})" in late.content.decode()
    mine = {name: read[name] for name in ("description", "stage", "moment", "action", "grace_days", "rule", "seen")}
    refused = site.put(f"/api/v1/triggers/{trigger.pk}", mine | {"name": "Mine"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "trigger.changed_meanwhile")
    trigger.refresh_from_db()
    assert triggers.fingerprint_of(trigger) == kept
    again = site.put(
        f"/api/v1/triggers/{trigger.pk}", mine | {"name": "Mine", "seen": kept}, content_type="application/json"
    )
    assert (again.status_code, again.json()["name"]) == (200, "Mine")


def test_what_was_found_is_answered_and_taken_back(site: Client, colleague: Client) -> None:
    trigger = made(site)
    now = datetime.now(UTC)
    firing = Firing.objects.create(
        trigger=trigger, edition=1, unit="c1", occurrence="1", signal_key=1, customer_id="c1", occurred_at=now,
        mark_at=now, found_at=now, state="waiting",
    )  # fmt: skip
    assert "c1" in site.get("/journey/triggers/firings").content.decode()
    assert "c1" not in colleague.get("/journey/triggers/firings").content.decode()
    assert colleague.post(f"/journey/triggers/firings/{firing.pk}/answer").status_code == 403
    site.post(f"/journey/triggers/firings/{firing.pk}/answer")
    site.post(f"/journey/triggers/firings/{firing.pk}/answer")
    firing.refresh_from_db()
    assert firing.state == "answered"
    assert HistoryEntry.objects.filter(code="firing.answered").count() == 1
    site.post(f"/journey/triggers/firings/{firing.pk}/answer?undo=1")
    firing.refresh_from_db()
    assert (firing.state, firing.answered_by) == ("waiting", None)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "required"),
        ({"n": "1"}, "at least 2"),
        ({"length": "0"}, "within how long"),
        ({"first_where": "nonsense"}, "no column"),
        ({"kind": "not_followed", "second": ""}, "which signals count"),
        ({"kind": "other"}, "not one of the available choices"),
        ({"place": "moment:nowhere"}, "not one of the available choices"),
        ({"grace_days": "-1"}, "greater than or equal"),
    ],
)
def test_what_cannot_be_is_refused_in_the_form(site: Client, wrong: dict[str, str], said: str) -> None:
    answer = site.post("/journey/triggers/new", FORM | wrong)
    assert 400 <= answer.status_code < 500
    assert said in answer.content.decode()
    assert not Trigger.objects.exists()


def test_a_name_is_used_once(site: Client) -> None:
    made(site)
    assert site.post("/journey/triggers/new", FORM).status_code == 409
    assert Trigger.objects.count() == 1


def test_programs_make_preview_and_activate(site: Client, colleague: Client) -> None:
    rule = {"kind": "nth", "first": "event = 'call'", "n": 3}
    seen = site.post("/api/v1/triggers/preview", {"rule": rule}, content_type=JSON).json()
    assert (seen["total"], seen["examples"][0]["customer_id"]) == (1, "c1")
    unseen = colleague.post("/api/v1/triggers/preview", {"rule": rule}, content_type=JSON).json()
    assert (unseen["total"], unseen["examples"][0]["customer_id"]) == (1, None)
    made_there = site.post("/api/v1/triggers", {"name": "Third", "rule": rule}, content_type=JSON)
    assert made_there.status_code == 201
    pk = made_there.json()["id"]
    assert colleague.post("/api/v1/triggers", {"name": "Mine", "rule": rule}, content_type=JSON).status_code == 403
    assert site.post(f"/api/v1/triggers/{pk}/activate").json()["state"] == "building"
    run_due()
    assert site.get(f"/api/v1/triggers/{pk}").json()["findings"]["history"] == 1
    found = site.get("/api/v1/triggers/firings?state=history").json()
    assert (found["total"], found["rows"][0]["customer_id"]) == (1, "c1")
    assert colleague.get("/api/v1/triggers/firings?state=history").json()["rows"][0]["customer_id"] is None
    assert (
        site.post("/api/v1/triggers", {"name": "x", "rule": rule | {"first": "?"}}, content_type=JSON).status_code
        == 400
    )
    assert site.get("/api/v1/triggers/999").status_code == 404


def test_a_rule_reads_as_a_sentence() -> None:
    rule = read_rule({"kind": "within", "first": "kind = 'contact'", "n": 3, "hours": 720})
    assert in_words(rule) == "3 signals of a customer within 30 days where kind = 'contact'."
    late = Rule("not_followed", "event = 'a'", "event = 'b'", hours=36)
    assert in_words(late) == "event = 'a', and not event = 'b' within 36 hours."
