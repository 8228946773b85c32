"""What is kept of firings: each occurrence once, withdrawn when later news says that it was not so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q

from headwater.base.models import Person
from headwater.base.permissions import allows, require
from headwater.base.queue import enqueue
from headwater.journey.models import Firing, Trigger
from headwater.journey.patterns import HOUR, Occurrence

ANSWER = "journey.answer_firings"
AT_ONCE = 500
PAGE_ROWS = 50
State = Firing.State
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Standing:
    """What fires of one unit now; ``tells`` says of which occurrences, by the times of mark and firing, this is all."""

    customer_id: str
    subject_id: str
    occurrences: tuple[Occurrence, ...]
    tells: Callable[[int, int], bool]
    keys: frozenset[str] | None = None
    """Only these occurrences are told of; None: all that ``tells`` says."""


def record_firings(trigger: Trigger, units: Mapping[str, Standing], now: datetime) -> list[Firing]:
    """Bring the kept firings of some units in line with what stands, in the current transaction.

    An occurrence that is kept already is left alone, whatever its state, so that it is answered once; one that stands
    no more is withdrawn, unless it was answered: then it is marked as contradicted. Returns those that now wait.
    """
    kept: dict[str, dict[str, Firing]] = defaultdict(dict)
    for names in chunks(list(units), AT_ONCE):
        for firing in Firing.objects.filter(trigger=trigger, unit__in=names):
            kept[firing.unit][firing.occurrence] = firing
    new: list[Firing] = []
    changed: list[Firing] = []
    for unit, standing in units.items():
        made, touched = _compared(trigger, unit, standing, kept[unit], now)
        new += made
        changed += touched
    Firing.objects.bulk_create(new, batch_size=AT_ONCE, ignore_conflicts=True)
    fields = ["state", "occurrence", "signal_key", "occurred_at", "mark_at", "contradicted_at", "found_at"]
    Firing.objects.bulk_update(changed, fields, batch_size=AT_ONCE)
    return [one for one in (*new, *changed) if one.state == State.WAITING]


def ask_for_answers() -> None:
    """Have the waiting firings answered soon, by what is registered to answer them."""
    enqueue(ANSWER, {}, unique_key=ANSWER)


def _compared(
    trigger: Trigger, unit: str, standing: Standing, kept: Mapping[str, Firing], now: datetime
) -> tuple[list[Firing], list[Firing]]:
    found = {one.key: one for one in standing.occurrences}
    gone = [
        firing
        for key, firing in kept.items()
        if key not in found
        and firing.state != State.WITHDRAWN
        and (standing.keys is None or key in standing.keys)
        and standing.tells(micros(firing.mark_at), micros(firing.occurred_at))
    ]
    new: list[Firing] = []
    changed: list[Firing] = []
    for key, one in found.items():
        firing = kept.get(key)
        if firing is None:
            moved = _same_run(trigger, gone, one)
            if moved is None:
                new.append(_made(trigger, unit, standing, one, now))
                continue
            gone.remove(moved)
            changed.append(_placed(moved, one))
        elif firing.state == State.WITHDRAWN:
            firing.state = _first_state(trigger, one, now)
            changed.append(_placed(firing, one))
        elif micros(firing.occurred_at) != one.at or firing.signal_key != one.signal_key:
            changed.append(_placed(firing, one))
    for firing in gone:
        if firing.state == State.ANSWERED:
            if firing.contradicted_at is None:
                firing.contradicted_at = now
                changed.append(firing)
        else:
            firing.state = State.WITHDRAWN
            changed.append(firing)
    return new, changed


def _same_run(trigger: Trigger, gone: Sequence[Firing], one: Occurrence) -> Firing | None:
    """The firing of the same run of signals, which a late arrival only moved to another of them."""
    if trigger.rule["kind"] != "within":
        return None
    span = trigger.rule["hours"] * HOUR
    near = [firing for firing in gone if abs(micros(firing.mark_at) - one.mark_at) <= span]
    return min(near, key=lambda firing: abs(micros(firing.mark_at) - one.mark_at), default=None)


def _made(trigger: Trigger, unit: str, standing: Standing, one: Occurrence, now: datetime) -> Firing:
    return Firing(
        trigger=trigger,
        edition=trigger.edition,
        unit=unit,
        occurrence=one.key,
        signal_key=one.signal_key,
        customer_id=standing.customer_id,
        subject_id=standing.subject_id,
        occurred_at=moment(one.at),
        mark_at=moment(one.mark_at),
        found_at=now,
        state=_first_state(trigger, one, now),
    )


def _placed(firing: Firing, one: Occurrence) -> Firing:
    firing.occurrence, firing.signal_key = one.key, one.signal_key
    firing.occurred_at, firing.mark_at = moment(one.at), moment(one.mark_at)
    return firing


def _first_state(trigger: Trigger, one: Occurrence, now: datetime) -> str:
    """Waiting, or history: what happened before the activation, or too long ago to be answered."""
    at = moment(one.at)
    is_timely = now - at <= timedelta(days=trigger.grace_days, hours=trigger.wait_hours)
    active = trigger.activated_at is not None and at >= trigger.activated_at
    return State.WAITING if active and is_timely else State.HISTORY


def moment(at: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)


def micros(at: datetime) -> int:
    """Microseconds since 1970 of a time; a naive one is UTC."""
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


# --- queries


@dataclass(frozen=True, slots=True)
class ShownFiring:
    """A firing as a person may see it: without the customer and the subject for those who may not see customers."""

    firing: Firing
    customer_id: str
    subject_id: str


def firings(
    person: Person | None, *, trigger: Trigger | None = None, state: str = "", number: int = 1
) -> tuple[Page[Firing], list[ShownFiring]]:
    """A page of firings, newest first."""
    require(person, "view", "triggers")
    rows = Firing.objects.select_related("trigger", "answered_by")
    rows = rows.filter(trigger=trigger) if trigger is not None else rows
    rows = rows.filter(state=state) if state in State.values else rows
    page = Paginator(rows, PAGE_ROWS).get_page(number)
    return page, shown(person, page.object_list)


def shown(person: Person | None, rows: Iterable[Firing]) -> list[ShownFiring]:
    known = allows(person, "view", "customers")
    return [ShownFiring(one, one.customer_id if known else "", one.subject_id if known else "") for one in rows]


def kept_between(trigger: Trigger, since: date, until: date) -> int:
    """How many findings of a trigger are kept from one day to another (UTC, both included), without the withdrawn."""
    rows = Firing.objects.filter(trigger=trigger).exclude(state=State.WITHDRAWN)
    start, end = (datetime.combine(day, datetime.min.time(), UTC) for day in (since, until + timedelta(days=1)))
    return rows.filter(occurred_at__gte=start, occurred_at__lt=end).count()


def counts(triggers: Iterable[Trigger] | None = None) -> dict[int, dict[str, int]]:
    """How many firings of each state each trigger has."""
    rows = Firing.objects.all() if triggers is None else Firing.objects.filter(trigger__in=list(triggers))
    by_state = {state: Count("pk", filter=Q(state=state)) for state in State.values}
    found: Iterable[Any] = rows.order_by().values("trigger").annotate(**by_state)
    return {row["trigger"]: {state: row[state] for state in State.values} for row in found}
