"""What triggers remember of each unit they watch: read, carried on by what arrives, kept.

The rules are those of ``patterns``; here they meet the rows of the database. A batch of arrivals costs one question for
the states of all triggers and one statement that keeps them, whichever of them it concerns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeAlias

from headwater.base.queue import enqueue
from headwater.journey import patterns
from headwater.journey.firings import AT_ONCE, Standing, chunks, micros, moment, record_firings
from headwater.journey.models import Trigger, UnitState
from headwater.journey.patterns import Mark, Occurrence, State
from headwater.journey.trigger_rules import read_rule
from headwater.record.questions import Pattern
from headwater.record.questions.patterns import MarkRow

Units: TypeAlias = Mapping[str, Sequence[MarkRow]]
BUILD = "journey.build_trigger"
FIELDS = ["customer_id", "subject_id", "marks", "dropped_until", "due_at", "stale"]


@dataclass(frozen=True, slots=True)
class Change:
    """The state of a unit, what it was (None: the record was asked anew), and the row that keeps it."""

    unit: str
    people: tuple[str, str]
    before: State | None
    after: State
    row: UnitState | None = None


def pattern_of(trigger: Trigger) -> Pattern:
    """What a trigger looks for."""
    return _pattern(tuple(trigger.rule.items()))


def is_judged_on_arrival(trigger: Trigger) -> bool:
    """Whether a signal by itself tells what the trigger looks for; else the record is asked when it has labels."""
    return not _reads_labels(tuple(trigger.rule.items()))


@lru_cache(maxsize=512)
def _reads_labels(rule: tuple[tuple[str, Any], ...]) -> bool:
    return _pattern(rule).reads_labels


@lru_cache(maxsize=512)
def _pattern(rule: tuple[tuple[str, Any], ...]) -> Pattern:
    return read_rule(dict(rule)).pattern()


def ask_to_build(trigger: Trigger) -> None:
    """Have a trigger read the whole record soon."""
    enqueue(BUILD, {"trigger": trigger.pk}, unique_key=f"{BUILD}:{trigger.pk}")


def by_unit(rows: Iterable[MarkRow]) -> Units:
    """Marks, ordered by unit, as the marks of each."""
    return {unit: list(marks) for unit, marks in groupby(rows, key=attrgetter("unit"))}


def is_pruned(pattern: Pattern) -> bool:
    """Whether states are complete from some day on only (``Trigger.watched_since``)."""
    return pattern.kind in ("within", "not_followed")


def known_states(units: Mapping[Trigger, Iterable[str]]) -> dict[tuple[int, str], UnitState]:
    """The kept states of some units, of all triggers at once, by trigger and unit."""
    triggers = [trigger.pk for trigger in units]
    names = sorted({unit for some in units.values() for unit in some})
    return {
        (row.trigger_id, row.unit): row
        for some in chunks(names, AT_ONCE)
        for row in UnitState.objects.filter(trigger__in=triggers, unit__in=some)
    }


def taken_in(trigger: Trigger, units: Units, known: Mapping[tuple[int, str], UnitState]) -> list[Change]:
    """What arriving marks make of the states of a trigger's units."""
    pattern = pattern_of(trigger)
    return [_taken_in(trigger, pattern, unit, marks, known.get((trigger.pk, unit))) for unit, marks in units.items()]


def _taken_in(trigger: Trigger, pattern: Pattern, unit: str, marks: Sequence[MarkRow], row: UnitState | None) -> Change:
    before = _unknown(trigger, pattern) if row is None else state_of(row)
    people = people_of(row, marks)
    if row is None and is_pruned(pattern) and any(one.revision > 1 for one in marks):
        return Change(unit, people, before, State(stale=True))  # it may have had a state that was let go
    after = before
    for one in marks:
        after = patterns.taken(pattern, after, one.signal_key, mark_of(one) if one.is_mark else None)
    return Change(unit, people, before, after, row)


def _unknown(trigger: Trigger, pattern: Pattern) -> State:
    """The state of a unit that none is kept of: nothing happened since the trigger watches."""
    since = trigger.watched_since if is_pruned(pattern) else None
    return State(dropped_until=None if since is None else micros(since))


def mark_of(row: MarkRow) -> Mark:
    """A mark as the rules take it."""
    return Mark(row.at, row.signal_key, row.is_first, row.deadline)


def state_of(row: UnitState) -> State:
    """A kept state as the rules take it."""
    return State(tuple(Mark(*mark) for mark in row.marks), row.dropped_until, row.stale)


def people_of(row: UnitState | None, marks: Sequence[MarkRow]) -> tuple[str, str]:
    """The customer and the subject of a unit, as its latest mark names them."""
    customer = next((one.customer_id for one in reversed(marks) if one.customer_id), None)
    subject = next((one.subject_id for one in reversed(marks) if one.subject_id), None)
    return customer or (row.customer_id if row else ""), subject or (row.subject_id if row else "")


def settle(trigger: Trigger, changes: Sequence[Change], now: datetime, known_until: datetime) -> bool:
    """Bring firings and states of one trigger in line with what became of its units; says whether a firing waits."""
    waiting = fire(trigger, changes, now, known_until)
    keep({trigger: changes}, {trigger: known_until})
    return waiting


def fire(trigger: Trigger, changes: Iterable[Change], now: datetime, known_until: datetime) -> bool:
    """Bring the firings of units whose state says something new in line with it; says whether one waits.

    Args:
        now: the time of the firings.
        known_until: up to when deadlines are judged.
    """
    pattern, at = pattern_of(trigger), micros(known_until - timedelta(hours=trigger.wait_hours))
    standing = {
        one.unit: Standing(*one.people, patterns.standing(pattern, one.after, at), partial(_tells, pattern, one.after))
        for one in changes
        if says_something_new(trigger, one, known_until)
    }
    return bool(standing) and bool(record_firings(trigger, standing, now))


def says_something_new(trigger: Trigger, change: Change, known_until: datetime) -> bool:
    """Whether firings may differ from what is kept of them, when deadlines are judged up to this time."""
    if change.after.stale:
        return False
    pattern, at = pattern_of(trigger), micros(known_until - timedelta(hours=trigger.wait_hours))
    if change.before is None or (change.row is not None and change.row.due_at and change.row.due_at < known_until):
        return True
    if pattern.kind == "not_followed" and set(patterns.unfollowed(change.before.marks)) - set(
        patterns.unfollowed(change.after.marks)
    ):
        return True  # it may have fired by another clock
    return patterns.standing(pattern, change.before, at) != patterns.standing(pattern, change.after, at)


def _tells(pattern: Pattern, state: State, mark_at: int, at: int) -> bool:
    return patterns.tells_of(pattern, state, mark_at)


def keep(changes: Mapping[Trigger, Sequence[Change]], known_until: Mapping[Trigger, datetime]) -> None:
    """Keep the states of all triggers' units, in one statement for many, and let go of those that are done."""
    made: list[UnitState] = []
    done: list[int] = []
    for trigger, some in changes.items():
        pattern, at = pattern_of(trigger), micros(known_until[trigger] - timedelta(hours=trigger.wait_hours))
        for one in some:
            if is_done(pattern, one.after):
                done += [] if one.row is None else [one.row.pk]
                continue
            row = row_of(trigger, pattern, one, at)
            if one.row is None or not _says(one.row, row):
                made.append(row)
    for pks in chunks(done, AT_ONCE):
        UnitState.objects.filter(pk__in=pks).delete()
    if made:
        UnitState.objects.bulk_create(
            made, batch_size=AT_ONCE, update_conflicts=True, unique_fields=["trigger", "unit"], update_fields=FIELDS
        )


def _says(row: UnitState, other: UnitState) -> bool:
    return all(getattr(row, name) == getattr(other, name) for name in FIELDS)


def is_done(pattern: Pattern, state: State) -> bool:
    """Whether all that was promised was kept: nothing but a revision, which asks the record, can change that."""
    promises = [mark for mark in state.marks if mark.is_first]
    if pattern.kind != "not_followed" or state.stale or not promises:
        return False
    return not patterns.unfollowed(state.marks)


def row_of(trigger: Trigger, pattern: Pattern, change: Change, at: int) -> UnitState:
    """A state as it is kept; ``at`` is the time, in microseconds, up to which deadlines were judged."""
    state = change.after
    due = None if state.stale else patterns.next_deadline(pattern, state, at)
    return UnitState(
        trigger=trigger,
        unit=change.unit,
        customer_id=change.people[0],
        subject_id=change.people[1],
        marks=[list(mark) for mark in state.marks],
        dropped_until=state.dropped_until,
        due_at=None if due is None else moment(due) + timedelta(hours=trigger.wait_hours),
        stale=state.stale,
    )


def of_signals(units: Units) -> dict[str, Standing]:
    """What stands of a threshold, of which each signal stands for itself."""
    found = {}
    for unit, marks in units.items():
        passed = tuple(Occurrence(str(one.signal_key), one.at, one.at, one.signal_key) for one in marks if one.is_mark)
        keys = frozenset(str(one.signal_key) for one in marks)
        found[unit] = Standing(marks[-1].customer_id or "", marks[-1].subject_id or "", passed, _always, keys)
    return found


def _always(mark_at: int, at: int) -> bool:
    return True
