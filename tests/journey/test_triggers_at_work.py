"""Triggers at work: on arrival, by the clock, from the whole record; each occurrence once."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from headwater.base.company import ensure_company
from headwater.base.models import Company, HistoryEntry, Person
from headwater.base.worker import run_due
from headwater.insight.corrections import correct_label
from headwater.insight.models import LabelCorrection
from headwater.journey import building, trigger_answers, triggers, watching
from headwater.journey.firings import kept_between
from headwater.journey.models import Firing, Trigger, UnitState
from headwater.journey.states import keep, pattern_of
from headwater.journey.trigger_rules import read_rule
from headwater.listening import inbox
from headwater.listening.models import InboxBatch
from headwater.listening.services import erase_customer, receive_signals
from headwater.metrics.store import close_company_record, company_record
from headwater.record.questions import PatternMarks, Timeline
from headwater.site.commands import erase as erase_command

Make = Callable[..., Trigger]
State = Firing.State


@pytest.fixture
def ours(db: None, home: Path) -> Iterator[Company]:
    close_company_record()
    yield ensure_company(name="Ours", time_zone="UTC")
    close_company_record()


@pytest.fixture
def make(ours: Company, editor: Person) -> Make:
    """Make an active trigger of a rule."""

    def make(**rule: Any) -> Trigger:
        more: dict[str, Any] = {name: rule.pop(name) for name in ("grace_days", "wait_hours", "action") if name in rule}
        trigger = triggers.create_trigger(editor, {"name": f"Trigger {Trigger.objects.count()}", "rule": rule, **more})
        triggers.activate_trigger(editor, trigger.pk)
        run_due()
        Trigger.objects.filter(pk=trigger.pk).update(activated_at=NOW)
        trigger.refresh_from_db()
        assert trigger.state == Trigger.State.ACTIVE
        return trigger

    return make


NOW = datetime.now(UTC)


def send(*rows: dict[str, Any]) -> None:
    """Signals through the door that programs use; ``hours`` is when, counted from now."""
    given = []
    for row in rows:
        at = NOW + timedelta(hours=row.pop("hours", 0), seconds=5)
        given.append({"kind": "event", "occurred_at": at.isoformat(), "customer_id": "c1", **row})
    results = receive_signals(given, source="shop", person=None)
    assert not [one for one in results if one.code]
    inbox.flush()


def states(trigger: Trigger) -> list[str]:
    return list(trigger.firings.order_by("occurred_at").values_list("state", flat=True))


NOT_DELIVERED = {
    "kind": "not_followed", "first": "event = 'placed'", "second": "event = 'delivered'", "hours": 6, "per": "subject",
}  # fmt: skip


def test_the_third_contact_within_a_time_waits_for_a_person(make: Make) -> None:
    trigger = make(kind="within", first="event = 'call'", n=3, hours=720)
    send(*({"record_id": str(n), "event": "call", "hours": n} for n in range(2)))
    assert states(trigger) == []
    send({"record_id": "9", "event": "call", "hours": 2}, {"record_id": "8", "event": "call", "customer_id": "c2"})
    firing = trigger.firings.get()
    assert (firing.state, firing.customer_id, firing.unit) == (State.WAITING, "c1", "c1")


def test_the_same_signals_again_fire_nothing_again(make: Make) -> None:
    trigger = make(kind="nth", first="event = 'call'", n=2)
    rows = [{"record_id": str(n), "event": "call", "hours": n} for n in range(3)]
    send(*[dict(row) for row in rows])
    send(*[dict(row) for row in rows])
    send(*[dict(row) for row in reversed(rows)])
    assert states(trigger) == [State.WAITING]


def test_a_repeated_signal_counts_once(make: Make) -> None:
    trigger = make(kind="nth", first="event = 'call'", n=2)
    for _again in range(3):
        send({"record_id": "1", "event": "call"})
    assert states(trigger) == []


def test_what_happened_before_the_activation_is_history(make: Make) -> None:
    send(*({"record_id": str(n), "event": "call", "hours": n - 5} for n in range(2)))
    trigger = make(kind="nth", first="event = 'call'", n=2)
    assert states(trigger) == [State.HISTORY]
    send({"record_id": "3", "event": "call"}, {"record_id": "4", "event": "call"})
    assert states(trigger) == [State.HISTORY]


def test_history_is_counted_on(make: Make) -> None:
    send(*({"record_id": str(n), "event": "call", "hours": n - 9} for n in range(4)))
    trigger = make(kind="nth", first="event = 'call'", n=5)
    assert states(trigger) == []
    send({"record_id": "5", "event": "call"})
    assert states(trigger) == [State.WAITING]


def test_what_comes_after_the_grace_period_is_history(make: Make) -> None:
    trigger = make(kind="threshold", first="event = 'order'", value=100, grace_days=1)
    Trigger.objects.filter(pk=trigger.pk).update(activated_at=NOW - timedelta(days=9))
    send({"record_id": "1", "event": "order", "amount": 150, "hours": -48})
    send({"record_id": "2", "event": "order", "amount": 150, "hours": -1})
    assert states(trigger) == [State.HISTORY, State.WAITING]


def test_a_deadline_that_passes_fires_by_the_clock(make: Make) -> None:
    trigger = make(**NOT_DELIVERED)
    send(
        {"record_id": "1", "event": "placed", "subject_id": "o1"},
        {"record_id": "2", "event": "placed", "subject_id": "o2"},
    )
    send({"record_id": "3", "event": "delivered", "subject_id": "o2", "hours": 1})
    assert watching.watch() == 0
    watching.watch(NOW + timedelta(hours=7))
    watching.watch(NOW + timedelta(hours=8))
    firing = trigger.firings.get()
    assert (firing.subject_id, firing.customer_id, firing.state) == ("o1", "c1", State.WAITING)
    assert not UnitState.objects.filter(unit="o2").exists()  # kept: nothing to remember


def test_a_late_contrary_event_withdraws_what_has_not_been_answered(make: Make, editor: Person) -> None:
    trigger = make(**NOT_DELIVERED)
    send(*({"record_id": f"p{n}", "event": "placed", "subject_id": f"o{n}"} for n in range(2)))
    watching.watch(NOW + timedelta(hours=7))
    triggers.answer_firing(editor, trigger.firings.get(unit="o1").pk)
    send(*({"record_id": f"d{n}", "event": "delivered", "subject_id": f"o{n}", "hours": 5} for n in range(2)))
    assert trigger.firings.get(unit="o0").state == State.WITHDRAWN
    answered = trigger.firings.get(unit="o1")
    assert answered.state == State.ANSWERED
    assert answered.contradicted_at is not None


def test_a_delivery_after_the_deadline_withdraws_nothing(make: Make) -> None:
    trigger = make(**NOT_DELIVERED)
    Trigger.objects.update(activated_at=NOW - timedelta(days=1))
    send({"record_id": "1", "event": "placed", "subject_id": "o1", "hours": -10})
    send({"record_id": "2", "event": "delivered", "subject_id": "o1", "hours": -1})
    assert states(trigger) == [State.WAITING]


def test_events_out_of_order_come_to_the_same(make: Make) -> None:
    trigger = make(**NOT_DELIVERED)
    send({"record_id": "2", "event": "delivered", "subject_id": "o1", "hours": 1})
    send({"record_id": "1", "event": "placed", "subject_id": "o1"})
    watching.watch(NOW + timedelta(hours=9))
    assert states(trigger) == []


def test_a_revision_takes_back_what_it_no_longer_says(make: Make) -> None:
    trigger = make(kind="threshold", first="event = 'order'", value=100)
    send({"record_id": "1", "event": "order", "amount": 150})
    assert states(trigger) == [State.WAITING]
    send({"record_id": "1", "event": "order", "amount": 50})
    assert states(trigger) == [State.WITHDRAWN]
    send({"record_id": "1", "event": "order", "amount": 500})
    assert states(trigger) == [State.WAITING]


def test_a_revised_promise_of_a_kept_one_is_read_from_the_record(make: Make) -> None:
    trigger = make(**NOT_DELIVERED)
    send({"record_id": "1", "event": "placed", "subject_id": "o1"})
    send({"record_id": "2", "event": "delivered", "subject_id": "o1", "hours": 1})
    assert not UnitState.objects.exists()
    send({"record_id": "1", "event": "placed", "subject_id": "o1", "channel": "web"})
    assert UnitState.objects.get().stale
    watching.watch(NOW + timedelta(hours=20))
    assert states(trigger) == []
    assert not UnitState.objects.exists()


def test_a_deadline_in_an_attribute_counts(make: Make) -> None:
    trigger = make(
        kind="not_followed", first="event = 'placed'", second="event = 'delivered'", promised="promised", per="subject"
    )
    due = {"promised": (NOW + timedelta(hours=3)).strftime("%Y-%m-%d %H:%M:%S")}
    send({"record_id": "1", "event": "placed", "subject_id": "o1", "attributes": due})
    send({"record_id": "2", "event": "placed", "subject_id": "o2", "attributes": {"promised": "soon"}})
    watching.watch(NOW + timedelta(hours=4))
    assert list(trigger.firings.values_list("unit", flat=True)) == ["o1"]


def test_waiting_for_late_news_fires_later(make: Make) -> None:
    trigger = make(**NOT_DELIVERED, wait_hours=24)
    send({"record_id": "1", "event": "placed", "subject_id": "o1"})
    watching.watch(NOW + timedelta(hours=29))
    assert states(trigger) == []
    watching.watch(NOW + timedelta(hours=31))
    assert states(trigger) == [State.WAITING]


def test_a_late_arrival_moves_a_run_instead_of_firing_twice(make: Make, editor: Person) -> None:
    trigger = make(kind="within", first="event = 'call'", n=2, hours=24)
    send({"record_id": "2", "event": "call", "hours": 2}, {"record_id": "3", "event": "call", "hours": 3})
    triggers.answer_firing(editor, trigger.firings.get().pk)
    send({"record_id": "1", "event": "call", "hours": 1})
    assert states(trigger) == [State.ANSWERED]


def test_what_a_label_decides_is_asked_of_the_record(make: Make) -> None:
    trigger = make(kind="threshold", first="negative", measured="score", side="at_most", value=2)
    low = {"record_id": "1", "kind": "survey", "metric": "csat", "score": 1, "text": "bad", "hours": -0.01}
    Trigger.objects.update(activated_at=NOW - timedelta(hours=1))
    send(dict(low))
    assert states(trigger) == []
    watching.watch()
    watching.watch()
    assert states(trigger) == [State.WAITING]


@pytest.mark.django_db(transaction=True)
def test_a_flush_that_is_cut_off_fires_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off after the record has the signals and before the inbox ends: at the next flush all is done, once."""
    trigger = make(kind="nth", first="event = 'call'", n=2)
    real = inbox._count_and_delete

    def killed(*_given: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(inbox, "_count_and_delete", killed)
    with pytest.raises(KeyboardInterrupt):
        send(*({"record_id": str(n), "event": "call", "hours": n} for n in range(2)))
    assert states(trigger) == []
    assert InboxBatch.objects.exists()
    monkeypatch.setattr(inbox, "_count_and_delete", real)
    inbox.flush()
    inbox.flush()
    assert states(trigger) == [State.WAITING]
    assert not InboxBatch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_firings_and_the_end_of_a_batch_are_one_commit(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    trigger = make(kind="nth", first="event = 'call'", n=1 + 1)
    real = keep

    def dies(*given: Any) -> None:
        real(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(watching, "keep", dies)
    with pytest.raises(KeyboardInterrupt):
        send(*({"record_id": str(n), "event": "call", "hours": n} for n in range(2)))
    assert states(trigger) == []
    assert not UnitState.objects.exists()
    monkeypatch.setattr(watching, "keep", real)
    inbox.flush()
    assert states(trigger) == [State.WAITING]


def test_a_trigger_that_fails_holds_no_signal_up(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    trigger = make(kind="nth", first="event = 'call'", n=2)

    def fails(*_given: Any) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(watching, "taken_in", fails)
        send(*({"record_id": str(n), "event": "call", "hours": n} for n in range(2)))
    assert not InboxBatch.objects.exists()
    run_due()
    assert states(trigger) == [State.WAITING]


def test_states_built_from_history_are_those_that_arrivals_leave(make: Make) -> None:
    trigger = make(kind="within", first="event = 'call'", n=3, hours=24)
    send(*({"record_id": str(n), "event": "call", "hours": n, "customer_id": f"c{n % 3}"} for n in range(8)))
    send({"record_id": "3", "event": "email", "customer_id": "c0"})
    before = {row.unit: row.marks for row in UnitState.objects.all()}
    building.build(None, trigger.pk)
    assert {row.unit: row.marks for row in UnitState.objects.all()} == before


def test_an_activation_keeps_what_the_preview_of_an_old_record_says(make: Make, editor: Person) -> None:
    """Also where the last promises fall due after the record's last day: what came of them nobody knows."""
    midnight = (NOW.replace(hour=0, minute=0, second=0) - NOW).total_seconds() / 3600
    rows = []
    for number, day in enumerate((0, 40, 41, 60, 61, 85, 86, 110, 111, 119)):
        for who in ("c1", "c2"):
            at: dict[str, Any] = {"customer_id": who, "hours": midnight - 24 * (900 - day)}
            rows.append({"record_id": f"{who}-{day}", "event": "placed", "amount": day * 2, **at})
            if number % 2:
                came = {**at, "hours": at["hours"] + 4}
                rows.append({"record_id": f"{who}-{day}-came", "event": "delivered", **came})
    last = {"record_id": "last", "event": "placed", "hours": midnight - 24 * 781 + 22, "customer_id": "c3"}
    send(*rows, last)
    rules: list[tuple[dict[str, Any], int]] = [
        ({**NOT_DELIVERED, "per": "customer", "wait_hours": 5}, 8),
        ({"kind": "nth", "first": "event = 'placed'", "n": 8}, 2),
        ({"kind": "within", "first": "event = 'placed'", "n": 2, "hours": 30}, 8),
        ({"kind": "threshold", "first": "event = 'placed'", "value": 170}, 10),
    ]
    for rule, expected in rules:
        trigger = make(**rule)
        shown = triggers.preview(editor, read_rule(trigger.rule), wait_hours=trigger.wait_hours)
        assert shown.firings.total == expected, rule
        assert kept_between(trigger, shown.since, shown.until) == expected, rule
        watching.watch(NOW + timedelta(days=1))
        assert kept_between(trigger, shown.since, NOW.date()) == expected, rule


def test_merged_customers_are_one_after_the_night(make: Make) -> None:
    trigger = make(kind="nth", first="event = 'call'", n=2)
    send(
        {"record_id": "1", "event": "call", "customer_id": "a"}, {"record_id": "2", "event": "call", "customer_id": "b"}
    )
    company_record().merge_customers("a", into="b")
    building.rebuild_all()
    run_due()
    assert trigger.firings.get().unit == "b"
    assert {row.unit for row in company_record().ask_once(PatternMarks(pattern_of(trigger)))} == {"b"}


def erase_by_command(customer_id: str) -> None:
    assert CliRunner().invoke(erase_command, [customer_id, "--yes"], catch_exceptions=False).exit_code == 0


@pytest.mark.parametrize("erase", [partial(erase_customer, None), erase_by_command])
def test_an_erased_customer_is_forgotten_by_every_room(
    make: Make, editor: Person, erase: Callable[[str], object]
) -> None:
    """Under all ids that were merged, by whichever way; others stay."""
    trigger = make(kind="nth", first="event = 'call'", n=2)
    send(*({"record_id": str(n), "event": "call", "hours": n, "text": "I call again"} for n in range(2)))
    send(*({"record_id": f"o{n}", "event": "call", "hours": n, "customer_id": "c2"} for n in range(2)))
    company_record().merge_customers("c1", into="main")
    said = company_record().ask(Timeline("main")).rows[0]
    correct_label(editor, said.signal_key, "sentiment", "negative")
    erase("main")
    assert list(trigger.firings.values_list("customer_id", flat=True)) == ["c2"]
    assert list(UnitState.objects.values_list("unit", flat=True)) == ["c2"]
    assert not LabelCorrection.objects.exists()
    assert HistoryEntry.objects.filter(code="customer.erased").count() == 1


def test_what_is_registered_answers_each_firing_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trigger_answers, "hooks", {})
    trigger = make(kind="nth", first="event = 'call'", n=2, action="thank_you")
    trigger_answers.on_fire("thank_you", f"{__name__}.thank")
    THANKED.clear()
    send(*({"record_id": str(n), "event": "call", "hours": n} for n in range(2)))
    run_due()
    triggers.answer_waiting()
    assert THANKED == ["c1"]
    assert states(trigger) == [State.ANSWERED]
    said = HistoryEntry.objects.get(code="firing.answered")
    assert (said.actor, said.subject, said.data["firing"]) == (None, f"trigger:{trigger.pk}", trigger.firings.get().pk)


THANKED: list[str] = []


def thank(firing: Firing) -> None:
    THANKED.append(firing.customer_id)
