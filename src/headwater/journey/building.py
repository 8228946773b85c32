"""Triggers read the whole record: when they are activated, and each night, which also mends what merged or erased
customers and very late news left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from headwater.base.queue import JobContext
from headwater.journey import patterns
from headwater.journey.firings import AT_ONCE, Standing, ask_for_answers, chunks, micros, record_firings
from headwater.journey.models import Firing, Trigger, UnitState
from headwater.journey.patterns import Occurrence, State
from headwater.journey.standards import heard_until
from headwater.journey.states import (
    Change,
    ask_to_build,
    by_unit,
    is_done,
    is_pruned,
    mark_of,
    pattern_of,
    people_of,
    row_of,
)
from headwater.metrics.store import company_record
from headwater.record import Record
from headwater.record.questions import Endings, Pattern, PatternFirings, PatternMarks
from headwater.record.questions.patterns import Found

LATENESS = timedelta(days=60)
"""How late news may come and still be judged from the state alone."""
PROMISE_REACH = timedelta(days=400)
HISTORY_ROWS = 20_000
ROWS_AT_ONCE = 500_000


def build(context: JobContext | None, trigger_id: int) -> None:
    """Read the whole record for a trigger: its states, and its firings so far; then it is active.

    Killed half-way, it is done again from the beginning. Arrivals are acknowledged meanwhile, and judged afterwards.
    """
    with company_record().writing() as record:
        trigger = Trigger.objects.filter(pk=trigger_id).first()
        if trigger is None or trigger.state not in (Trigger.State.BUILDING, Trigger.State.ACTIVE):
            return
        pattern, now = pattern_of(trigger), timezone.now()
        known_until = heard_until(now) - timedelta(hours=trigger.wait_hours)
        since = _reach(pattern, now)
        if not pattern.reads_labels and pattern.kind != "threshold":
            _build_states(context, record, trigger, since, known_until)
        until = known_until.astimezone(UTC).replace(tzinfo=None)
        found = record.ask_once(PatternFirings(pattern, until, limit=HISTORY_ROWS))
        oldest = micros(found.rows[-1].at) if found.total > len(found.rows) else None
        with transaction.atomic():
            if compare(trigger, found.rows, lambda _mark_at, at: oldest is None or at > oldest, now):
                ask_for_answers()
            fresh = {"state": Trigger.State.ACTIVE, "watched_since": since, "built_at": now, "seen": ""}
            Trigger.objects.filter(pk=trigger.pk, edition=trigger.edition).exclude(
                state__in=(Trigger.State.PAUSED, Trigger.State.RETIRED)
            ).update(**fresh)


def _reach(pattern: Pattern, now: datetime) -> datetime | None:
    """From when on states must be complete; None: from the beginning."""
    if not is_pruned(pattern):
        return None
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if pattern.promised:
        return day - PROMISE_REACH
    return day - LATENESS - timedelta(hours=2 * pattern.hours)


def _build_states(
    context: JobContext | None,
    record: Record,
    trigger: Trigger,
    since: datetime | None,
    known_until: datetime,
) -> None:
    pattern = pattern_of(trigger)
    while pks := list(UnitState.objects.filter(trigger=trigger).values_list("pk", flat=True)[:10_000]):
        UnitState.objects.filter(pk__in=pks).delete()
    first = None if since is None else since.date()
    sizes = record.ask_once(Endings(pattern, first))
    parts: list[str | None] = [None]
    if sum(sizes.values()) > ROWS_AT_ONCE:
        parts = [*sorted(sizes)]
    at = micros(known_until)
    dropped = None if since is None else micros(since)
    for number, ending in enumerate(parts):
        rows = record.ask_once(PatternMarks(pattern, since=first, ending=ending))
        made: list[UnitState] = []
        for unit, marks in by_unit(rows).items():
            marked = tuple(sorted(mark_of(one) for one in marks if dropped is None or one.at > dropped))
            state = patterns.trimmed(pattern, State(marked, dropped))
            if marked and not is_done(pattern, state):
                made.append(row_of(trigger, pattern, Change(unit, people_of(None, marks), None, state), at))
        for some in chunks(made, 5_000):
            UnitState.objects.bulk_create(some, batch_size=AT_ONCE)
        if context is not None:
            context.progress(number + 1, len(parts))


def rebuild_all() -> None:
    """Have every active trigger read the record again."""
    for trigger in Trigger.objects.filter(state=Trigger.State.ACTIVE):
        ask_to_build(trigger)


def compare(
    trigger: Trigger,
    found: Sequence[Found],
    tells: Callable[[int, int], bool],
    now: datetime,
    *,
    since: datetime | None = None,
) -> bool:
    """Bring the kept firings in line with what the record found."""
    units: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        units[one.unit].append(one)
    kept = Firing.objects.filter(trigger=trigger).exclude(state=Firing.State.WITHDRAWN).order_by()
    kept = kept.filter(occurred_at__gte=since) if since is not None else kept
    for unit in kept.values_list("unit", flat=True).distinct():
        units.setdefault(unit, [])
    key_of = partial(_occurrence_key, pattern_of(trigger))
    standing = {}
    for unit, rows in units.items():
        occurrences = tuple(
            Occurrence(key_of(one), micros(one.at), micros(one.mark_at), one.signal_key) for one in rows
        )
        customer, subject = (rows[0].customer_id, rows[0].subject_id) if rows else (None, None)
        standing[unit] = Standing(customer or "", subject or "", occurrences, tells)
    return bool(record_firings(trigger, standing, now))


def _occurrence_key(pattern: Pattern, one: Found) -> str:
    return f"n{pattern.n}" if pattern.kind == "nth" else str(one.signal_key)
