"""Triggers at work: on arrival, by the clock, and from the whole record.

*On arrival* the marks of a batch are taken into the states of their units, in the transaction that ends the batch: the
states, the firings and the end of the batch are one commit, so that a batch that comes again after a kill changes
nothing. *By the clock* deadlines that passed are judged, states that could not tell are built again from the record,
and rules that read labels, which come after the arrival, are asked of the record. *From the whole record* a rule is
built when it is activated, and again each night, which also mends what merged or erased customers left.

Everything here runs under the record's lock, as the flusher does, so that no two decide about one unit at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from headwater.journey import patterns
from headwater.journey.building import HISTORY_ROWS, compare
from headwater.journey.firings import AT_ONCE, ask_for_answers, micros, moment, record_firings
from headwater.journey.models import Firing, Trigger, UnitState
from headwater.journey.standards import heard_until
from headwater.journey.states import (
    Change,
    Units,
    ask_to_build,
    by_unit,
    fire,
    is_judged_on_arrival,
    keep,
    known_states,
    mark_of,
    of_signals,
    pattern_of,
    people_of,
    says_something_new,
    settle,
    state_of,
    taken_in,
)
from headwater.metrics.store import company_record
from headwater.record.keys import complete
from headwater.record.questions import PatternFirings, PatternMarks
from headwater.record.questions.patterns import MarkRow

MANY_STALE = 5_000

logger = logging.getLogger(__name__)


# --- on arrival


def arrived(rows: Callable[[], pa.Table]) -> None:
    """Judge signals that have just become part of the record, in the current transaction and under the record's lock.

    A trigger that fails is built anew from the record later: it holds no signal up.

    Args:
        rows: gives the signals as they were written; asked only where a trigger is active.
    """
    active = [one for one in Trigger.objects.filter(state=Trigger.State.ACTIVE) if is_judged_on_arrival(one)]
    if not active:
        return
    now, found = timezone.now(), _marks(active, rows())
    if not found:
        return
    changes, waiting = _changes(found), False
    for trigger, units in found.items():
        if trigger not in changes:
            waiting |= bool(record_firings(trigger, of_signals(units), now))
    until = {trigger: _known_until(trigger, some, now) for trigger, some in changes.items()}
    for trigger, some in changes.items():
        waiting |= fire(trigger, some, now, until[trigger])
    keep(changes, until)
    if waiting:
        ask_for_answers()


def _marks(active: Iterable[Trigger], signals: pa.Table) -> dict[Trigger, Units]:
    """What each trigger looks at among the signals; those that look at none are left out."""
    marks, found = company_record().marks(signals), {}
    for trigger in active:
        try:
            units = by_unit(marks(pattern_of(trigger)))
        except Exception:
            _build_again(trigger)
        else:
            if units:
                found[trigger] = units
    return found


def _changes(found: dict[Trigger, Units]) -> dict[Trigger, list[Change]]:
    """What becomes of the states of the triggers that keep some: a threshold needs none."""
    stateful = {trigger: units for trigger, units in found.items() if pattern_of(trigger).kind != "threshold"}
    known, changes = known_states(stateful) if stateful else {}, {}
    for trigger, units in stateful.items():
        try:
            changes[trigger] = taken_in(trigger, units, known)
        except Exception:
            del found[trigger]
            _build_again(trigger)
    return changes


def _build_again(trigger: Trigger) -> None:
    logger.exception("the trigger %s could not judge what arrived; it is built again", trigger)
    ask_to_build(trigger)


def _known_until(trigger: Trigger, changes: Iterable[Change], now: datetime) -> datetime:
    """Up to when deadlines are judged: now, or as long as the record was heard. It is asked only where one may have
    passed, which is rarely so when a signal arrives."""
    if pattern_of(trigger).kind != "not_followed" or not any(says_something_new(trigger, one, now) for one in changes):
        return now
    return heard_until(now)


def unplanned(rows: pa.Table) -> pa.Table:
    """Signals of batches that a cut-off flush has written, as ``arrived`` takes them: the last row of each key, as a
    revision, because nobody remembers what was new."""
    whole = complete(rows)
    last = {key: place for place, key in enumerate(whole["signal_key"].to_pylist())}
    kept = whole.take(pa.array(sorted(last.values()), pa.int64()))
    index = kept.schema.get_field_index("revision")
    return kept.set_column(index, kept.schema.field(index), pa.repeat(pa.scalar(2, pa.int32()), len(kept)))


# --- by the clock


def watch(now: datetime | None = None) -> int:
    """Judge what the clock alone decides; returns how many units were looked at again."""
    now = now or timezone.now()
    looked = 0
    for trigger in Trigger.objects.filter(state=Trigger.State.ACTIVE):
        if not is_judged_on_arrival(trigger):
            _observe(trigger, now)
            continue
        looked += _overdue(trigger, now) + _rebuild_stale(trigger, now)
    return looked


def _overdue(trigger: Trigger, now: datetime) -> int:
    looked = 0
    due = UnitState.objects.filter(trigger=trigger, due_at__lt=now)
    if not due.exists():
        return looked
    until = heard_until(now)
    due = due.filter(due_at__lt=until)
    while due.exists():
        with company_record().writing(), transaction.atomic():
            rows = list(due.select_for_update()[:AT_ONCE])
            changes = [
                Change(row.unit, (row.customer_id, row.subject_id), state_of(row), state_of(row), row) for row in rows
            ]
            if settle(trigger, changes, now, until):
                ask_for_answers()
        looked += len(rows)
    return looked


def _rebuild_stale(trigger: Trigger, now: datetime) -> int:
    """Build the states of units anew from the record where something arrived that the state could not judge."""
    stale = UnitState.objects.filter(trigger=trigger, stale=True)
    if stale.count() > MANY_STALE:
        ask_to_build(trigger)
        return 0
    pattern, looked = pattern_of(trigger), 0
    while known := {row.unit: row for row in stale[:AT_ONCE]}:
        with company_record().writing() as record, transaction.atomic():
            found: dict[str, list[MarkRow]] = {unit: [] for unit in known}
            for mark in record.ask_once(PatternMarks(pattern, units=tuple(known))):
                found[mark.unit].append(mark)
            changes = [
                Change(unit, people_of(None, rows), None, patterns.of_marks(pattern, map(mark_of, rows)), known[unit])
                for unit, rows in found.items()
            ]
            if settle(trigger, changes, now, heard_until(now)):
                ask_for_answers()
        looked += len(known)
    return looked


def _observe(trigger: Trigger, now: datetime) -> None:
    """Ask the record what a rule that reads labels finds lately, where the record or a deadline moved on."""
    record, pattern = company_record(), pattern_of(trigger)
    seen = repr(record.versions())
    if pattern.kind == "not_followed":
        seen += f" {now:%Y-%m-%d %H:%M}"
    if seen == trigger.seen:
        return
    since = (now - timedelta(days=trigger.grace_days + 2, hours=trigger.wait_hours)).date()
    until = (heard_until(now) - timedelta(hours=trigger.wait_hours)).astimezone(UTC).replace(tzinfo=None)
    found = record.ask_once(PatternFirings(pattern, until, since, limit=HISTORY_ROWS))
    start = micros(datetime(since.year, since.month, since.day, tzinfo=UTC))
    with transaction.atomic():
        if compare(trigger, found.rows, lambda _mark_at, at: at >= start, now, since=moment(start)):
            ask_for_answers()
        Trigger.objects.filter(pk=trigger.pk).update(seen=seen)


def forget_customers(customer_ids: Sequence[str]) -> None:
    """Delete what is kept of a customer, under all ids, who was erased from the record."""
    with transaction.atomic():
        for model in (UnitState, Firing):
            model._default_manager.filter(Q(customer_id__in=customer_ids) | Q(unit__in=customer_ids)).delete()


def export_customers(customer_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """What patterns found of a customer, for the customer's own copy; what they wait for is but times of these."""
    mine = Q(customer_id__in=customer_ids) | Q(unit__in=customer_ids)
    fired = Firing.objects.filter(mine).order_by("occurred_at")
    rows = fired.values("trigger__name", "subject_id", "occurred_at", "state")
    return {"event_patterns": [dict(row) for row in rows]}
