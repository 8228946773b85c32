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
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from operator import attrgetter

import pyarrow as pa
from django.db import DatabaseError, transaction
from django.utils import timezone

from headwater.base.queue import JobContext, enqueue
from headwater.journey import patterns
from headwater.journey.firings import AT_ONCE, Standing, chunks, micros, moment, record_firings
from headwater.journey.models import Firing, Trigger, UnitState
from headwater.journey.patterns import Mark, Occurrence, State
from headwater.journey.trigger_rules import read_rule
from headwater.metrics.store import company_record
from headwater.record import Record
from headwater.record.keys import complete
from headwater.record.questions import Endings, Pattern, PatternFirings, PatternMarks
from headwater.record.questions.patterns import Found, MarkRow

ANSWER = "journey.answer_firings"
BUILD = "journey.build_trigger"
LATENESS = timedelta(days=60)
"""How late news may come and still be judged from the state alone."""
PROMISE_REACH = timedelta(days=400)
HISTORY_ROWS = 20_000
ROWS_AT_ONCE = 500_000
MANY_STALE = 5_000

logger = logging.getLogger(__name__)
Rows = Iterable[MarkRow]


# --- on arrival


def arrived(rows: Callable[[], pa.Table]) -> None:
    """Judge signals that have just become part of the record, in the current transaction and under the record's lock.

    A trigger that fails is built anew from the record later: it holds no signal up.

    Args:
        rows: gives the signals as they were written; asked only where a trigger is active.
    """
    active = [one for one in Trigger.objects.filter(state=Trigger.State.ACTIVE) if not _pattern(one).reads_labels]
    if not active:
        return
    signals, now = rows(), timezone.now()
    waiting = False
    for trigger in active:
        try:
            with transaction.atomic():
                marks = company_record().ask_about(signals, PatternMarks(_pattern(trigger), revised=True))
                waiting |= bool(marks) and take_in(trigger, marks, now)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("the trigger %s could not judge what arrived; it is built again", trigger)
            ask_to_build(trigger)
    if waiting:
        ask_for_answers()


def unplanned(rows: pa.Table) -> pa.Table:
    """Signals of batches that a cut-off flush has written, as ``arrived`` takes them: the last row of each key, as a
    revision, because nobody remembers what was new."""
    whole = complete(rows)
    last = {key: place for place, key in enumerate(whole["signal_key"].to_pylist())}
    kept = whole.take(pa.array(sorted(last.values()), pa.int64()))
    index = kept.schema.get_field_index("revision")
    return kept.set_column(index, kept.schema.field(index), pa.repeat(pa.scalar(2, pa.int32()), len(kept)))


def take_in(trigger: Trigger, rows: Rows, now: datetime) -> bool:
    """Take marks, ordered by unit, into the trigger's states and firings; says whether a firing waits."""
    pattern = _pattern(trigger)
    units = {unit: list(marks) for unit, marks in groupby(rows, key=attrgetter("unit"))}
    if pattern.kind == "threshold":
        standing = {unit: _of_signals(marks) for unit, marks in units.items()}
        return bool(record_firings(trigger, standing, now))
    known = {row.unit: row for names in chunks(list(units), AT_ONCE) for row in _states(trigger, names)}
    states = {unit: _taken(trigger, pattern, known.get(unit), marks) for unit, marks in units.items()}
    people = {unit: _people(known.get(unit), marks) for unit, marks in units.items()}
    return _settled(trigger, pattern, states, people, now)


def _taken(trigger: Trigger, pattern: Pattern, row: UnitState | None, marks: Sequence[MarkRow]) -> State:
    state = _unknown(trigger, pattern) if row is None else _state(row)
    if row is None and _is_pruned(pattern) and any(one.revision > 1 for one in marks):
        return State(stale=True)  # it may have had a state that was let go
    for one in marks:
        state = patterns.taken(pattern, state, one.signal_key, mark_of(one) if one.is_mark else None)
    return state


def _unknown(trigger: Trigger, pattern: Pattern) -> State:
    """The state of a unit that none is kept of: nothing happened since the trigger watches."""
    since = trigger.watched_since if _is_pruned(pattern) else None
    return State(dropped_until=None if since is None else micros(since))


def _is_pruned(pattern: Pattern) -> bool:
    return pattern.kind in ("within", "not_followed")


def mark_of(row: MarkRow) -> Mark:
    return Mark(row.at, row.signal_key, row.is_first, row.deadline)


def _of_signals(marks: Sequence[MarkRow]) -> Standing:
    """Of a threshold each signal stands for itself."""
    found = tuple(Occurrence(str(one.signal_key), one.at, one.at, one.signal_key) for one in marks if one.is_mark)
    keys = frozenset(str(one.signal_key) for one in marks)
    return Standing(marks[-1].customer_id or "", marks[-1].subject_id or "", found, _always, keys)


def _always(mark_at: int, at: int) -> bool:
    return True


def _people(row: UnitState | None, marks: Sequence[MarkRow]) -> tuple[str, str]:
    """The customer and the subject of a unit, as its latest mark names them."""
    customer = next((one.customer_id for one in reversed(marks) if one.customer_id), None)
    subject = next((one.subject_id for one in reversed(marks) if one.subject_id), None)
    return customer or (row.customer_id if row else ""), subject or (row.subject_id if row else "")


def _settled(
    trigger: Trigger,
    pattern: Pattern,
    states: Mapping[str, State],
    people: Mapping[str, tuple[str, str]],
    now: datetime,
) -> bool:
    """Keep states and what fires by them."""
    at = micros(now - timedelta(hours=trigger.wait_hours))
    standing = {
        unit: Standing(
            *people[unit],
            patterns.standing(pattern, state, at),
            partial(_tells, pattern, state),
        )
        for unit, state in states.items()
    }
    waiting = record_firings(trigger, standing, now)
    done = [unit for unit, state in states.items() if _is_done(pattern, state)]
    rows = [
        _row(trigger, pattern, unit, state, people[unit], at) for unit, state in states.items() if unit not in set(done)
    ]
    for names in chunks(done, AT_ONCE):
        UnitState.objects.filter(trigger=trigger, unit__in=names).delete()
    fields = ["customer_id", "subject_id", "marks", "dropped_until", "due_at", "stale"]
    UnitState.objects.bulk_create(
        rows, batch_size=AT_ONCE, update_conflicts=True, unique_fields=["trigger", "unit"], update_fields=fields
    )
    return bool(waiting)


def _tells(pattern: Pattern, state: State, mark_at: int, at: int) -> bool:
    return patterns.tells_of(pattern, state, mark_at)


def _is_done(pattern: Pattern, state: State) -> bool:
    """Whether all that was promised was kept: nothing but a revision, which asks the record, can change that."""
    promises = [mark for mark in state.marks if mark.is_first]
    if pattern.kind != "not_followed" or state.stale or not promises:
        return False
    return not patterns.unfollowed(state.marks)


def _row(trigger: Trigger, pattern: Pattern, unit: str, state: State, people: tuple[str, str], at: int) -> UnitState:
    due = None if state.stale else patterns.next_deadline(pattern, state, at)
    return UnitState(
        trigger=trigger,
        unit=unit,
        customer_id=people[0],
        subject_id=people[1],
        marks=[list(mark) for mark in state.marks],
        dropped_until=state.dropped_until,
        due_at=None if due is None else moment(due) + timedelta(hours=trigger.wait_hours),
        stale=state.stale,
    )


def _state(row: UnitState) -> State:
    return State(tuple(Mark(*mark) for mark in row.marks), row.dropped_until, row.stale)


def _states(trigger: Trigger, units: Sequence[str]) -> Iterable[UnitState]:
    return UnitState.objects.filter(trigger=trigger, unit__in=units)


def _pattern(trigger: Trigger) -> Pattern:
    return read_rule(trigger.rule).pattern()


def ask_to_build(trigger: Trigger) -> None:
    """Have a trigger read the whole record soon."""
    enqueue(BUILD, {"trigger": trigger.pk}, unique_key=f"{BUILD}:{trigger.pk}")


def ask_for_answers() -> None:
    """Have the waiting firings answered soon, by what is registered to answer them."""
    enqueue(ANSWER, {}, unique_key=ANSWER)


# --- by the clock


def watch(now: datetime | None = None) -> int:
    """Judge what the clock alone decides; returns how many units were looked at again."""
    now = now or timezone.now()
    looked = 0
    for trigger in Trigger.objects.filter(state=Trigger.State.ACTIVE):
        if _pattern(trigger).reads_labels:
            _observe(trigger, now)
            continue
        looked += _overdue(trigger, now) + _rebuild_stale(trigger, now)
    return looked


def _overdue(trigger: Trigger, now: datetime) -> int:
    pattern, looked = _pattern(trigger), 0
    due = UnitState.objects.filter(trigger=trigger, due_at__lt=now)
    while due.exists():
        with company_record().writing(), transaction.atomic():
            rows = list(due.select_for_update()[:AT_ONCE])
            states = {row.unit: _state(row) for row in rows}
            people = {row.unit: (row.customer_id, row.subject_id) for row in rows}
            if _settled(trigger, pattern, states, people, now):
                ask_for_answers()
        looked += len(rows)
    return looked


def _rebuild_stale(trigger: Trigger, now: datetime) -> int:
    """Build the states of units anew from the record where something arrived that the state could not judge."""
    stale = UnitState.objects.filter(trigger=trigger, stale=True)
    if stale.count() > MANY_STALE:
        ask_to_build(trigger)
        return 0
    pattern, looked = _pattern(trigger), 0
    while names := list(stale.values_list("unit", flat=True)[:AT_ONCE]):
        with company_record().writing() as record, transaction.atomic():
            found: dict[str, list[MarkRow]] = {unit: [] for unit in names}
            for row in record.ask_once(PatternMarks(pattern, units=tuple(names))):
                found[row.unit].append(row)
            states = {unit: patterns.of_marks(pattern, map(mark_of, rows)) for unit, rows in found.items()}
            people = {unit: _people(None, rows) for unit, rows in found.items()}
            if _settled(trigger, pattern, states, people, now):
                ask_for_answers()
        looked += len(names)
    return looked


def _observe(trigger: Trigger, now: datetime) -> None:
    """Ask the record what a rule that reads labels finds lately, where the record or a deadline moved on."""
    record, pattern = company_record(), _pattern(trigger)
    seen = repr(record.versions())
    if pattern.kind == "not_followed":
        seen += f" {now:%Y-%m-%d %H:%M}"
    if seen == trigger.seen:
        return
    since = (now - timedelta(days=trigger.grace_days + 2, hours=trigger.wait_hours)).date()
    until = (now - timedelta(hours=trigger.wait_hours)).astimezone(UTC).replace(tzinfo=None)
    found = record.ask_once(PatternFirings(pattern, until, since, limit=HISTORY_ROWS))
    start = micros(datetime(since.year, since.month, since.day, tzinfo=UTC))
    with transaction.atomic():
        if _compare(trigger, found.rows, lambda _mark_at, at: at >= start, now, since=moment(start)):
            ask_for_answers()
        Trigger.objects.filter(pk=trigger.pk).update(seen=seen)


def _compare(
    trigger: Trigger,
    found: Sequence[Found],
    tells: Callable[[int, int], bool],
    now: datetime,
    *,
    since: datetime | None = None,
) -> bool:
    """Bring the kept firings in line with what the record found."""
    by_unit: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        by_unit[one.unit].append(one)
    kept = Firing.objects.filter(trigger=trigger).exclude(state=Firing.State.WITHDRAWN).order_by()
    kept = kept.filter(occurred_at__gte=since) if since is not None else kept
    for unit in kept.values_list("unit", flat=True).distinct():
        by_unit.setdefault(unit, [])
    key_of = partial(_occurrence_key, _pattern(trigger))
    standing = {}
    for unit, rows in by_unit.items():
        occurrences = tuple(
            Occurrence(key_of(one), micros(one.at), micros(one.mark_at), one.signal_key) for one in rows
        )
        customer, subject = (rows[0].customer_id, rows[0].subject_id) if rows else (None, None)
        standing[unit] = Standing(customer or "", subject or "", occurrences, tells)
    return bool(record_firings(trigger, standing, now))


def _occurrence_key(pattern: Pattern, one: Found) -> str:
    return f"n{pattern.n}" if pattern.kind == "nth" else str(one.signal_key)


# --- from the whole record


def build(context: JobContext | None, trigger_id: int) -> None:
    """Read the whole record for a trigger: its states, and its firings so far; then it is active.

    Killed half-way, it is done again from the beginning. Arrivals are acknowledged meanwhile, and judged afterwards.
    """
    with company_record().writing() as record:
        trigger = Trigger.objects.filter(pk=trigger_id).first()
        if trigger is None or trigger.state not in (Trigger.State.BUILDING, Trigger.State.ACTIVE):
            return
        pattern, now = _pattern(trigger), timezone.now()
        since = _reach(pattern, now)
        if not pattern.reads_labels and pattern.kind != "threshold":
            _build_states(context, record, trigger, pattern, since, now)
        until = (now - timedelta(hours=trigger.wait_hours)).astimezone(UTC).replace(tzinfo=None)
        found = record.ask_once(PatternFirings(pattern, until, limit=HISTORY_ROWS))
        oldest = micros(found.rows[-1].at) if found.total > len(found.rows) else None
        with transaction.atomic():
            if _compare(trigger, found.rows, lambda _mark_at, at: oldest is None or at > oldest, now):
                ask_for_answers()
            fresh = {"state": Trigger.State.ACTIVE, "watched_since": since, "built_at": now, "seen": ""}
            Trigger.objects.filter(pk=trigger.pk, edition=trigger.edition).exclude(
                state__in=(Trigger.State.PAUSED, Trigger.State.RETIRED)
            ).update(**fresh)


def _reach(pattern: Pattern, now: datetime) -> datetime | None:
    """From when on states must be complete; None: from the beginning."""
    if not _is_pruned(pattern):
        return None
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if pattern.promised:
        return day - PROMISE_REACH
    return day - LATENESS - timedelta(hours=2 * pattern.hours)


def _build_states(
    context: JobContext | None,
    record: Record,
    trigger: Trigger,
    pattern: Pattern,
    since: datetime | None,
    now: datetime,
) -> None:
    while pks := list(UnitState.objects.filter(trigger=trigger).values_list("pk", flat=True)[:10_000]):
        UnitState.objects.filter(pk__in=pks).delete()
    first = None if since is None else since.date()
    sizes = record.ask_once(Endings(pattern, first))
    parts: list[str | None] = [None]
    if sum(sizes.values()) > ROWS_AT_ONCE:
        parts = [*sorted(sizes)]
    at = micros(now - timedelta(hours=trigger.wait_hours))
    dropped = None if since is None else micros(since)
    for number, ending in enumerate(parts):
        rows = record.ask_once(PatternMarks(pattern, since=first, ending=ending))
        made: list[UnitState] = []
        for unit, marks in groupby(rows, key=attrgetter("unit")):
            of_unit = list(marks)
            marked = tuple(sorted(mark_of(one) for one in of_unit if dropped is None or one.at > dropped))
            state = patterns.trimmed(pattern, State(marked, dropped))
            if marked and not _is_done(pattern, state):
                made.append(_row(trigger, pattern, unit, state, _people(None, of_unit), at))
        for some in chunks(made, 5_000):
            UnitState.objects.bulk_create(some, batch_size=AT_ONCE)
        if context is not None:
            context.progress(number + 1, len(parts))


def rebuild_all() -> None:
    """Have every active trigger read the record again."""
    for trigger in Trigger.objects.filter(state=Trigger.State.ACTIVE):
        ask_to_build(trigger)


def forget_customer(customer_id: str) -> None:
    """Delete what is kept of a customer who was erased from the record."""
    with transaction.atomic():
        UnitState.objects.filter(customer_id=customer_id).delete()
        UnitState.objects.filter(unit=customer_id).delete()
        Firing.objects.filter(customer_id=customer_id).delete()
