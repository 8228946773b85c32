"""Customers as assets: gained, lost, won back, growing and shrinking, in whole numbers and in what they bought.

Who is a customer is what finance signed: *active* and *lost* (``insight.finance``). What was there, and what came, less
what went is what is there: ``opening + gained + won back − lost = closing``, in numbers and in worth.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from django.utils.translation import gettext as _

from headwater import science
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.insight.finance import FinanceFigures, figures
from headwater.insight.finance_rules import Key
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Taxonomy
from headwater.metrics.rules import BUCKETS, shares
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, Group, Term, parse
from headwater.record.questions import (
    MOVEMENTS,
    AssetRow,
    Assets,
    AttributeNames,
    Custom,
    LossReasons,
    MovedCustomer,
    MovedCustomers,
    Movement,
    ReasonRow,
    Span,
)
from headwater.science.bounds import Array
from headwater.science.results import Estimate, NoVerdict, Result

Every = Literal["month", "quarter"]
SHOWN: Final[Mapping[Every, int]] = {"month": 13, "quarter": 9}
MONTHS: Final[Mapping[Every, int]] = {"month": 1, "quarter": 3}
PAGE: Final = 50
MAX_OFFSET: Final = 100_000
KEYS: Final[tuple[Key, ...]] = ("active", "lost")
NEGATIVE: Final = parse("negative")
WHOLE: Final = "sum over all customers of this movement; the interval says how far it would move with other customers"


@dataclass(frozen=True, slots=True)
class Moved:
    """Customers of one movement in a period. ``before`` and ``after``: what they were worth at its two ends."""

    movement: Movement
    n: int
    noticed: int
    before: Result
    after: Result

    @property
    def change(self) -> float:
        """What the movement did to the worth of all customers."""
        return _value(self.after) - _value(self.before)


@dataclass(frozen=True, slots=True)
class Ledger:
    """One period: ``start`` is its first day, ``end`` its last. Worth is in the company's currency: what customers
    bought in as many days as make one lost."""

    start: date
    end: date
    movements: Mapping[Movement, Moved]

    def n(self, *movements: Movement) -> int:
        return sum(self.movements[one].n for one in movements)

    @property
    def opening(self) -> int:
        """Customers on the day before the period."""
        return self.n("lost", "growing", "shrinking", "steady")

    @property
    def closing(self) -> int:
        """Customers on its last day."""
        return self.n("gained", "won_back", "growing", "shrinking", "steady")

    @property
    def opening_worth(self) -> float:
        return sum(_value(one.before) for one in self.movements.values())

    @property
    def closing_worth(self) -> float:
        return sum(_value(one.after) for one in self.movements.values())

    @property
    def share_lost(self) -> Result:
        """Of the customers at the beginning, the share that was lost."""
        return science.proportion(self.n("lost"), self.opening)


@dataclass(frozen=True, slots=True)
class SegmentLedger:
    """The customers of one segment; None: not known."""

    segment: str | None
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Reason:
    """Lost customers for whom this was the last that went wrong; ``id`` is empty where nothing is known."""

    id: str
    name: str
    n: int
    share: Result
    worth: Result


@dataclass(frozen=True, slots=True)
class CustomerAssets:
    """What became of customers, by period; ``current`` is the period shown in full."""

    finance: FinanceFigures
    custom: Custom
    every: Every
    periods: tuple[Ledger, ...]
    current: Ledger
    by: str
    segments: tuple[SegmentLedger, ...]
    reasons: tuple[Reason, ...]
    stages: tuple[Reason, ...]

    @property
    def before(self) -> Ledger | None:
        """The period before the current one."""
        place = self.periods.index(self.current)
        return self.periods[place - 1] if place else None


def customer_assets(
    *, every: Every = "quarter", end: date | None = None, by: str = "", reasons: bool = True
) -> CustomerAssets | NoVerdict:
    """Answer what became of customers, period by period, and in full for the one that ends on ``end``.

    ``by`` names an attribute of customers. No verdict while finance has not said who is a customer, or while the
    record is shorter than it takes to be lost: before that, nobody can be told from one who was never there.
    """
    finance = figures()
    custom = custom_of(finance)
    if isinstance(custom, NoVerdict):
        return custom
    span = company_record().ask(Span())
    ends = period_ends(span.first_day, span.last_day, custom.lost_days, every)
    if len(ends) < 2:
        message = _(
            "The record is too short: %(days)s days must pass without a sign before a customer counts as lost, "
            "and a whole period after that."
        )
        return NoVerdict("too_short", message % {"days": custom.lost_days})
    periods = _ledgers(company_record().ask(Assets(custom, ends)), ends)
    current = next((one for one in periods if one.end == end), None) if end else periods[-1]
    if current is None:
        raise NotFound("assets.period", _("No period that is shown ends on %s.") % end)
    found = _reasons(custom, current) if reasons else ()
    known = taxonomy()
    return CustomerAssets(
        finance=finance,
        custom=custom,
        every=every,
        periods=periods,
        current=current,
        by=by,
        segments=_segments(custom, current, by) if by else (),
        reasons=_named(found, "cause", _cause_names(known)),
        stages=_named(found, "stage", {stage.id: stage.name for stage in known.stages}),
    )


def custom_of(finance: FinanceFigures) -> Custom | NoVerdict:
    """Who is a customer, as finance defines it."""
    active, lost = finance.definition("active"), finance.definition("lost")
    if active is None or lost is None:
        message = _("Finance has not said yet who counts as an active and who as a lost customer.")
        return NoVerdict("not_defined", message)
    return Custom(active.events, lost.days, lost.events)


def period_ends(first: date | None, last: date | None, lost_days: int, every: Every) -> tuple[date, ...]:
    """Return the last days of whole periods that the record can speak of, in order.

    On the first of them the record must reach back as far as a customer lasts, or those who bought before it began
    would seem new.
    """
    if first is None or last is None:
        return ()
    ends: list[date] = []
    end = _end_of(last, every)
    if end > last:
        end = _end_before(end, every)
    while len(ends) < SHOWN[every] and (end - first).days >= lost_days - 1:
        ends.append(end)
        end = _end_before(end, every)
    return tuple(reversed(ends))


def attributes(custom: Custom) -> tuple[str, ...]:
    """The attributes by which customers can be told apart: those of the events that show one is active."""
    return tuple(str(one.value) for one in company_record().ask(AttributeNames(8, custom.active)) if one.value)


def moved_customers(
    person: Person | None,
    movement: str,
    *,
    every: Every = "quarter",
    end: date | None = None,
    by: str = "",
    segment: str = "",
    offset: int = 0,
) -> tuple[tuple[MovedCustomer, ...], bool]:
    """Return who moved in a period, those whose worth changed most first, and whether there are more.

    Only for those who may see customers.
    """
    require(person, "view", "customers")
    if movement not in MOVEMENTS:
        message = _("“%(movement)s” is no movement. There are %(movements)s.")
        values = {"movement": movement[:40], "movements": ", ".join(MOVEMENTS)}
        raise Refused("assets.movement", message % values, "movement")
    if not 0 <= offset <= MAX_OFFSET:
        raise Refused("assets.offset", _("The list begins at 0 to %d.") % MAX_OFFSET, "offset")
    found = customer_assets(every=every, end=end, reasons=False)
    if isinstance(found, NoVerdict):
        raise Refused(found.code, found.message, status=404)
    ledger = found.current
    chosen: Movement = next(one for one in MOVEMENTS if one == movement)
    asked = MovedCustomers(
        found.custom,
        ledger.start - timedelta(days=1),
        ledger.end,
        chosen,
        by or None,
        segment or None,
        PAGE + 1,
        offset,
    )
    rows = company_record().ask(asked)
    return rows[:PAGE], len(rows) > PAGE


def _end_of(day: date, every: Every) -> date:
    """The last day of the day's month or quarter."""
    months = day.year * 12 + day.month - 1
    after = months - months % MONTHS[every] + MONTHS[every]
    return date(after // 12, after % 12 + 1, 1) - timedelta(days=1)


def _end_before(end: date, every: Every) -> date:
    return _end_of(date(end.year, end.month, 1) - timedelta(days=MONTHS[every] * 28), every)


def _ledgers(rows: Iterable[AssetRow], ends: Sequence[date]) -> tuple[Ledger, ...]:
    by_end: dict[date, list[AssetRow]] = defaultdict(list)
    for row in rows:
        by_end[row.end].append(row)
    return tuple(Ledger(before + timedelta(days=1), end, _moved(by_end[end])) for before, end in pairwise(ends))


def _moved(rows: Sequence[AssetRow]) -> dict[Movement, Moved]:
    found: dict[Movement, Moved] = {}
    for movement in MOVEMENTS:
        own = [row for row in rows if row.movement == movement]
        n, before, after = np.zeros(BUCKETS), np.zeros(BUCKETS), np.zeros(BUCKETS)
        for row in own:
            n[row.bucket] += row.n
            before[row.bucket] += row.before
            after[row.bucket] += row.after
        noticed = sum(row.noticed for row in own)
        found[movement] = Moved(movement, round(n.sum()), noticed, total_worth(before, n), total_worth(after, n))
    return found


def total_worth(worth: Array, customers: Array) -> Result:
    """The sum of what customers were worth, with an interval from how much the sums of their buckets differ."""
    n = round(float(customers.sum()))
    if not worth.any():
        return Estimate(0.0, 0.0, 0.0, n, WHOLE)
    each = science.ratio(worth, np.ones_like(worth))
    if isinstance(each, NoVerdict):
        return each
    total, low, high = (value * worth.size for value in (each.estimate, each.low, each.high))
    return Estimate(total, max(low, 0.0), high, n, WHOLE, each.assumptions)


def _segments(custom: Custom, current: Ledger, by: str) -> tuple[SegmentLedger, ...]:
    ends = (current.start - timedelta(days=1), current.end)
    by_segment: dict[str | None, list[AssetRow]] = defaultdict(list)
    for row in company_record().ask(Assets(custom, ends, by)):
        by_segment[row.segment].append(row)
    found = [
        SegmentLedger(segment, Ledger(current.start, current.end, _moved(rows))) for segment, rows in by_segment.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.segment is None, -one.ledger.n("lost"), str(one.segment))))


def _reasons(custom: Custom, current: Ledger) -> tuple[ReasonRow, ...]:
    """What last went wrong for those lost in a period: negative words and scores, and events that show a failure."""
    if not current.n("lost"):
        return ()
    shown = tuple((one.id, one.events) for one in taxonomy().active_causes if one.events and one.demand != "value")
    events = tuple(event for _cause, names in shown for event in names)
    broken = Filter(Group("or", (NEGATIVE.node, Among(Term("text", "event"), events)))) if events else NEGATIVE
    start = current.start - timedelta(days=1)
    return company_record().ask(LossReasons(custom, start, current.end, broken, shown))


def _cause_names(known: Taxonomy) -> dict[str, str]:
    """Failures only: what customers wanted is no reason to leave."""
    return {cause.id: cause.name for cause in known.causes if cause.demand != "value"}


def _named(rows: Sequence[ReasonRow], field: Literal["cause", "stage"], names: Mapping[str, str]) -> tuple[Reason, ...]:
    """Lost customers by cause or stage, those of whom nothing is known last; the parts add up to all lost."""
    known = taxonomy()
    n: dict[str, Array] = defaultdict(_zeros)
    worth: dict[str, Array] = defaultdict(_zeros)
    for row in rows:
        key = _cause_of(row, known) if field == "cause" else _stage_of(row, known)
        key = key if key in names else ""
        n[key][row.bucket] += row.n
        worth[key][row.bucket] += row.worth
    if not n:
        return ()
    whole = np.sum(list(n.values()), axis=0)
    results = shares(np.array(list(n.values())), np.tile(whole, (len(n), 1)))
    found = [
        Reason(key, names.get(key, ""), round(n[key].sum()), share, total_worth(worth[key], n[key]))
        for key, share in zip(n, results, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (not one.id, -one.n, one.id)))


def _cause_of(row: ReasonRow, known: Taxonomy) -> str:
    return known.resolve(row.cause) if row.cause else ""


def _stage_of(row: ReasonRow, known: Taxonomy) -> str:
    """The stage that the signal has; an event without one belongs to the first stage of the cause it shows."""
    cause = known.cause(_cause_of(row, known))
    return row.stage or (cause.stages[0] if cause and cause.stages else "")


def _zeros() -> Array:
    return np.zeros(BUCKETS)


def _value(result: Result) -> float:
    return result.estimate if isinstance(result, Estimate) else 0.0
