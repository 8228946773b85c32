"""Questions about customers as assets: who became one, stayed, left and came back between days, and what they bought.

A customer *is one* on a day when the latest sign of being active lies less than ``lost_days`` before it and no leaving
has come since; *worth* on a day is what was bought in the ``lost_days`` up to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.custom import Custom, customer_of, with_merged
from headwater.record.questions.question import Known, Question
from headwater.record.views import Words, labelled, literal, within

Movement = Literal["gained", "won_back", "lost", "growing", "shrinking", "steady"]
MOVEMENTS: Final[tuple[Movement, ...]] = ("gained", "won_back", "lost", "growing", "shrinking", "steady")
MOST_ENDS: Final = 40
CHANGED: Final = 0.25
"""Growing and shrinking: worth more or less by at least this share of what it was."""


@dataclass(frozen=True, slots=True)
class AssetRow:
    """Customers of one bucket and segment who moved this way between ``end`` and the end before it.

    ``noticed`` of them left by an event. ``before`` and ``after`` are what they were worth at the two ends, 0 where
    they were no customers.
    """

    end: date
    segment: str | None
    bucket: int
    movement: Movement
    n: int
    noticed: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Assets(Question[tuple[AssetRow, ...]]):
    """How the customers of each end differ from those of the end before: every customer of either is in one row.

    One pass over the events, grouped by customer; nothing of it leaves the record but sums.

    Args:
        custom: who is a customer.
        ends: local days in order; the movements into each but the first are answered.
        segment: an attribute by whose value customers are told apart (their largest value, where it changed).
    """

    custom: Custom
    ends: tuple[date, ...]
    segment: str | None = None

    def __post_init__(self) -> None:
        if not 2 <= len(self.ends) <= MOST_ENDS or list(self.ends) != sorted(set(self.ends)):
            raise ValueError(f"between 2 and {MOST_ENDS} ends, in order, not {len(self.ends)}")

    def days(self) -> tuple[date | None, date | None]:
        """All up to the last end: whoever was a customer before comes back."""
        return None, self.ends[-1]

    def query(self, known: Known) -> exp.Select:
        states = customers_at(self.custom, self.ends, known, self.segment)
        moves = [self._moves(place) for place in range(1, len(self.ends))]
        every = exp.union(*moves, distinct=False) if len(moves) > 1 else moves[0]
        return exp.select("*").from_(every.subquery("m")).with_("states", as_=states)

    def _moves(self, place: int) -> exp.Select:
        day = literal(self.ends[place])
        moved = (
            exp.select(
                "segment",
                "bucket",
                movement_between(self.ends, place).as_("movement"),
                exp.column(f"left_{place}").as_("noticed"),
                worth_of(place - 1).as_("before"),
                worth_of(place).as_("after"),
            )
            .from_("states")
            .where(exp.or_(exp.column(f"held_{place - 1}").eq(1), exp.column(f"held_{place}").eq(1)))
        )
        lost_by_notice = exp.case().when(
            exp.and_(exp.column("movement").eq("lost"), exp.column("noticed").eq(1)), exp.Literal.number(1)
        )
        return (
            exp.select(
                day.as_("end_day"),
                "segment",
                "bucket",
                "movement",
                exp.Count(this=exp.Star()).as_("n"),
                exp.func("count", lost_by_notice).as_("noticed"),
                exp.func("sum", exp.column("before")).as_("before"),
                exp.func("sum", exp.column("after")).as_("after"),
            )
            .from_(moved.subquery(f"m{place}"))
            .group_by("segment", "bucket", "movement")
        )

    def answer(self, rows: pa.Table) -> tuple[AssetRow, ...]:
        columns = (rows.column(name).to_pylist() for name in _COLUMNS)
        found = [
            AssetRow(end, segment, bucket or 0, movement, n, noticed, before or 0.0, after or 0.0)
            for end, segment, bucket, movement, n, noticed, before, after in zip(*columns, strict=True)
        ]
        return tuple(sorted(found, key=lambda row: (row.end, str(row.segment), row.bucket, row.movement)))


_COLUMNS = ("end_day", "segment", "bucket", "movement", "n", "noticed", "before", "after")


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """Lost customers of one bucket whose last broken signal before they were lost names this cause and stage (None:
    not known, or nothing went wrong that the record knows of), and what they were worth."""

    cause: str | None
    stage: str | None
    bucket: int
    n: int
    worth: float


@dataclass(frozen=True, slots=True)
class LossReasons(Question[tuple[ReasonRow, ...]]):
    """What last went wrong for those who were customers on ``start`` and are none on ``end``.

    Args:
        custom: who is a customer.
        start, end: the two days.
        broken: the signals in which something went wrong.
        causes: events that show a cause, by the cause's id.
        where: only customers with a segment, as ``Assets.segment`` has it: (attribute, value).
    """

    custom: Custom
    start: date
    end: date
    broken: Filter
    causes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    where: tuple[str, str] | None = None

    def days(self) -> tuple[date | None, date | None]:
        return None, self.end

    def query(self, known: Known) -> exp.Select:
        ends = (self.start, self.end)
        segment = self.where[0] if self.where else None
        states = customers_at(self.custom, ends, known, segment)
        tests = [exp.column("held_0").eq(1), exp.column("held_1").eq(0)]
        if self.where:
            tests.append(exp.column("segment").eq(literal(self.where[1])))
        lost = exp.select("customer", "bucket", worth_of(0).as_("worth")).from_("states").where(*tests)
        last = exp.select("customer", exp.func("max", exp.column("at")).as_("at")).from_("broken").group_by("customer")
        named = (
            exp.select(
                exp.column("customer", "b"),
                exp.func("max", exp.column("cause", "b")).as_("cause"),
                exp.func("max", exp.column("stage", "b")).as_("stage"),
            )
            .from_("broken as b")
            .join(last.subquery("t"), on="t.customer = b.customer and t.at = b.at")
            .group_by(exp.column("customer", "b"))
        )
        return (
            exp.select(
                exp.column("cause", "n"),
                exp.column("stage", "n"),
                exp.column("bucket", "l"),
                exp.Count(this=exp.Star()).as_("n"),
                exp.func("sum", exp.column("worth", "l")).as_("worth"),
            )
            .with_("states", as_=states)
            .with_("gone", as_=lost)
            .with_("broken", as_=self._broken(known))
            .from_("gone as l")
            .join(named.subquery("n"), on="n.customer = l.customer", join_type="left")
            .group_by(exp.column("cause", "n"), exp.column("stage", "n"), exp.column("bucket", "l"))
        )

    def _broken(self, known: Known) -> exp.Select:
        """What went wrong, from as long before the first day as a customer lasts; a cause is told by an event or by
        the first cause that the words name."""
        words = Words(known.columns)
        day = exp.column("local_date", "s")
        said = exp.Bracket(this=exp.column("causes", "l"), expressions=[exp.Literal.number(0)], offset=0, safe=True)
        count = exp.func("coalesce", exp.ArraySize(this=exp.column("causes", "l")), exp.Literal.number(0))
        cause = exp.case().when(count > 0, said)
        for name, events in self.causes:
            cause = cause.when(exp.column("event", "s").isin(*(literal(one) for one in events)), literal(name))
        rows = exp.select(
            customer_of(known).as_("customer"),
            exp.column("occurred_at", "s").as_("at"),
            cause.as_("cause"),
            words.dimension("stage").as_("stage"),
        ).where(
            words.condition(self.broken),
            exp.not_(exp.column("customer_id", "s").is_(exp.null())),
            *within(day, self.start - timedelta(days=self.custom.lost_days), self.end),
        )
        chosen = with_merged(labelled(rows), known)
        gone = exp.select("customer").from_("gone")
        return exp.select("*").from_(chosen.subquery("x")).where(exp.column("customer").isin(query=gone))

    def answer(self, rows: pa.Table) -> tuple[ReasonRow, ...]:
        found = [
            ReasonRow(row["cause"], row["stage"], row["bucket"] or 0, row["n"], row["worth"] or 0.0)
            for row in rows.to_pylist()
        ]
        return tuple(sorted(found, key=lambda row: (str(row.cause), str(row.stage), row.bucket)))


@dataclass(frozen=True, slots=True)
class MovedCustomer:
    """One customer who moved, what they were worth at the two ends, and their last sign of being active."""

    customer_id: str
    segment: str | None
    last_active: date
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class MovedCustomers(Question[tuple[MovedCustomer, ...]]):
    """Who moved between two days, those first whose worth changed most. ``where``: (attribute, value) of a segment."""

    custom: Custom
    start: date
    end: date
    movement: Movement
    segment: str | None = None
    where: str | None = None
    limit: int = 50
    offset: int = 0

    def days(self) -> tuple[date | None, date | None]:
        return None, self.end

    def query(self, known: Known) -> exp.Select:
        ends = (self.start, self.end)
        states = customers_at(self.custom, ends, known, self.segment)
        tests = [
            exp.or_(exp.column("held_0").eq(1), exp.column("held_1").eq(1)),
            movement_between(ends, 1).eq(literal(self.movement)),
        ]
        if self.segment and self.where:
            tests.append(exp.column("segment").eq(literal(self.where)))
        before, after = worth_of(0), worth_of(1)
        changed = exp.func("abs", exp.Sub(this=after.copy(), expression=before.copy()))
        return (
            exp.select("customer", "segment", "last_active", before.as_("before"), after.as_("after"))
            .with_("states", as_=states)
            .from_("states")
            .where(*tests)
            .order_by(exp.Ordered(this=changed, desc=True, nulls_first=False), exp.Ordered(this=exp.column("customer")))
            .limit(self.limit)
            .offset(self.offset)
        )

    def answer(self, rows: pa.Table) -> tuple[MovedCustomer, ...]:
        return tuple(
            MovedCustomer(row["customer"], row["segment"], row["last_active"], row["before"], row["after"])
            for row in rows.to_pylist()
        )


def customers_at(custom: Custom, ends: tuple[date, ...], known: Known, segment: str | None) -> exp.Select:
    """One row a customer: for each end whether they are one (``held_0`` …), left by notice, and are worth what.

    A day's signs are read in the order in which they matter: whoever is active and leaves on one day has left.
    """
    words = Words(known.columns)
    day, event = exp.column("local_date", "s"), exp.column("event", "s")
    leaves = exp.case().when(event.isin(*(literal(one) for one in custom.leaving or ("",))), exp.Literal.number(1))
    rows = (
        exp.select(
            customer_of(known).as_("customer"),
            exp.column("customer_bucket", "s").as_("bucket"),
            (words.attribute(segment) if segment else exp.cast(exp.null(), exp.DataType.Type.VARCHAR)).as_("segment"),
            day.as_("day"),
            leaves.else_(exp.Literal.number(0)).as_("leaves"),
            exp.func("coalesce", exp.column("amount", "s"), exp.Literal.number("0e0")).as_("amount"),
        )
        .from_("signals as s")
        .where(
            exp.column("kind", "s").eq(literal("event")),
            event.isin(*(literal(one) for one in custom.events)),
            exp.not_(exp.column("customer_id", "s").is_(exp.null())),
            *within(day.copy(), None, ends[-1]),
        )
    )
    is_active = exp.column("leaves").eq(0)
    wide = exp.select(
        "customer",
        exp.func("min", exp.column("bucket")).as_("bucket"),
        exp.func("max", exp.column("segment")).as_("segment"),
        exp.func("min", exp.case().when(is_active, exp.column("day"))).as_("first_active"),
        exp.func("max", exp.case().when(is_active.copy(), exp.column("day"))).as_("last_active"),
    )
    for place, end in enumerate(ends):
        wide = wide.select(*_at(end, place, custom.lost_days))
    wide = wide.from_(with_merged(rows, known).subquery("r")).group_by("customer")
    known_first = exp.not_(exp.column("first_active").is_(exp.null()))
    columns = ["customer", "bucket", "segment", "first_active", "last_active"]
    named = exp.select(*columns)
    for place in range(len(ends)):
        named = named.select(*_state(place), exp.column(f"worth_{place}"))
    return named.from_(wide.subquery("w")).where(known_first)


def _at(end: date, place: int, lost_days: int) -> list[exp.Expr]:
    """The last day of being active, the last of leaving, and the worth, all of the days that count for this end."""
    recent = exp.and_(*within(exp.column("day"), end - timedelta(days=lost_days - 1), end))
    seen = exp.and_(recent, exp.column("leaves").eq(0))
    gone = exp.and_(recent.copy(), exp.column("leaves").eq(1))
    return [
        exp.func("max", exp.case().when(seen, exp.column("day"))).as_(f"seen_{place}"),
        exp.func("max", exp.case().when(gone, exp.column("day"))).as_(f"gone_{place}"),
        exp.func("sum", exp.case().when(seen.copy(), exp.column("amount"))).as_(f"worth_{place}"),
    ]


def _state(place: int) -> list[exp.Expr]:
    seen, gone = exp.column(f"seen_{place}"), exp.column(f"gone_{place}")
    left = exp.func("coalesce", gone >= seen, exp.not_(gone.copy().is_(exp.null())))
    was_seen = exp.not_(seen.copy().is_(exp.null()))
    held = exp.case().when(exp.and_(was_seen, exp.not_(exp.paren(left))), exp.Literal.number(1))
    noticed = exp.case().when(left.copy(), exp.Literal.number(1))
    nothing = exp.Literal.number(0)
    return [held.else_(nothing).as_(f"held_{place}"), noticed.else_(nothing.copy()).as_(f"left_{place}")]


def worth_of(place: int) -> exp.Expr:
    """What a customer of this end is worth; nothing where they are none."""
    held = exp.column(f"held_{place}").eq(1)
    worth = exp.func("coalesce", exp.column(f"worth_{place}"), exp.Literal.number("0e0"))
    return exp.case().when(held, worth).else_(exp.Literal.number("0e0"))


def movement_between(ends: tuple[date, ...], place: int) -> exp.Case:
    """How a customer of either end moved into end ``place``."""
    before, now = (exp.column(f"held_{one}").eq(1) for one in (place - 1, place))
    new = exp.column("first_active") > literal(ends[place - 1])
    was, became = worth_of(place - 1), worth_of(place)
    more = exp.Mul(this=was, expression=exp.Literal.number(f"{1 + CHANGED}e0"))
    less = exp.Mul(this=was.copy(), expression=exp.Literal.number(f"{1 - CHANGED}e0"))
    unlike = exp.not_(became.copy().eq(was.copy()))
    cases: Mapping[Movement, exp.Condition] = {
        "lost": exp.not_(exp.paren(now)),
        "gained": exp.and_(exp.not_(exp.paren(before)), new),
        "won_back": exp.not_(exp.paren(before.copy())),
        "growing": exp.and_(became >= more, unlike),
        "shrinking": exp.and_(became.copy() <= less, unlike.copy()),
    }
    moved = exp.case()
    for name, test in cases.items():
        moved = moved.when(test, literal(name))
    return moved.else_(literal("steady"))
