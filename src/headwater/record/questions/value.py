"""Questions about what an experience does to customers: who left, and what they bought, after it and without it.

Each customer is looked at from the first sign of being active in a month on (a purchase, a payment). To some the
experience came within the days after it, to the others it did not; what became of both is counted over the same days.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.custom import Custom, felt, signs_of, whole, whole_of
from headwater.record.questions.question import Known, Question
from headwater.record.schema import BUCKETS
from headwater.record.views import literal, period, within

TENURES: Final = (90, 365)
"""Tenure classes: known for less than so many days, less than so many, longer."""
FREQUENCIES: Final = (1, 4)
"""Frequency classes by months active before: fewer than the first, fewer than the second, more."""


@dataclass(frozen=True, slots=True)
class ExperienceCell:
    """Customer-months of one bucket with equal month, segment, tenure and frequency class, ``affected`` or not.

    Of ``n``, ``left`` showed no sign of being active in the days looked at, or left by notice; ``returns`` are the
    signs of being active in those days, ``spent`` what they bought in them, ``referrals`` whom they brought.
    """

    month: date
    bucket: int
    segment: str | None
    tenure: int
    frequency: int
    affected: bool
    n: int
    left: int
    returns: int
    spent: float
    referrals: int


@dataclass(frozen=True, slots=True)
class Experience(Question[tuple[ExperienceCell, ...]]):
    """Customer-months with and without an experience, by what is known of the customer before it.

    A customer-month begins with the first sign of being active in it. Affected: a signal that matches ``experience``
    came within ``window`` days. Looked at: the ``custom.lost_days`` days after the window, so that the experience and
    what followed do not overlap; notice given counts from the beginning, and an experience after it does not, because
    it cannot be why. Months whose days are not all known yet are left out.

    Args:
        custom: who is a customer, and when lost.
        experience: the signals that are the experience.
        until: the last day that the record knows of in full.
        since: the first day on which a customer-month may begin; None: the first of all.
        window: days after the first sign of being active in which the experience counts.
        segment: an attribute by whose value customers are told apart.
        referral: events by which a customer brings another.
        every: of the customer buckets, only each ``every``-th is looked at: a random part of the customers.
        among: only customers by signs that match, such as those of a segment.
    """

    custom: Custom
    experience: Filter
    until: date
    since: date | None = None
    window: int = 30
    segment: str | None = None
    referral: tuple[str, ...] = ()
    every: int = 1
    among: Filter | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.every <= BUCKETS // 10 or self.window < 1:
            raise ValueError(f"every is 1 to {BUCKETS // 10}, not {self.every}; a window has days, not {self.window}")

    def days(self) -> tuple[date | None, date | None]:
        """What came before says for how long and how often; what followed lies after."""
        return None, self.until

    def query(self, known: Known) -> exp.Select:
        signs = signs_of(self.custom, self.until, known, self.segment, self.every, self.referral, self.among)
        own = (
            exp.select("*")
            .from_("months")
            .where(
                *within(exp.column("start"), self.since, None),
                exp.column("start") <= literal(self.until - timedelta(days=self.window + self.custom.lost_days)),
            )
        )
        cells = (
            exp.select(
                exp.column("month"),
                exp.column("bucket"),
                exp.column("segment"),
                _classed(exp.column("known_days"), TENURES).as_("tenure"),
                _classed(exp.column("before"), FREQUENCIES).as_("frequency"),
                exp.column("affected"),
                exp.Count(this=exp.Star()).as_("n"),
                exp.func(
                    "count",
                    exp.case().when(
                        exp.or_(exp.column("returns").eq(0), exp.column("leaves") > 0), exp.Literal.number(1)
                    ),
                ).as_("left_n"),
                whole("returns"),
                exp.func("sum", exp.column("spent")).as_("spent"),
                whole("referrals"),
            )
            .from_("followed")
            .group_by("month", "bucket", "segment", "tenure", "frequency", "affected")
        )
        return (
            cells.with_("signs", as_=signs)
            .with_("months", as_=_months())
            .with_("own", as_=own)
            .with_("felt", as_=felt(self.experience, self.until, known, self.every))
            .with_("noticed", as_=self._noticed())
            .with_("touched", as_=self._touched())
            .with_("followed", as_=self._followed())
        )

    def _noticed(self) -> exp.Select:
        """The first day within the window on which a customer left by notice."""
        start, day = exp.column("start", "o"), exp.column("day", "s")
        near = exp.and_(
            exp.column("customer", "s").eq(exp.column("customer", "o")),
            exp.column("leaves", "s") > exp.Literal.number(0),
            day >= start,
            day.copy() <= _later(start.copy(), self.window),
        )
        return (
            exp.select(exp.column("customer", "o"), exp.column("month", "o"), exp.func("min", day.copy()).as_("day"))
            .from_("own as o")
            .join("signs as s", on=near)
            .group_by(exp.column("customer", "o"), exp.column("month", "o"))
        )

    def _touched(self) -> exp.Select:
        """Customer-months that the experience came within the window of, and not after notice was given."""
        same = exp.and_(
            exp.column("customer", "n").eq(exp.column("customer", "o")),
            exp.column("month", "n").eq(exp.column("month", "o")),
        )
        noticed = exp.column("day", "n")
        near = exp.and_(
            exp.column("customer", "f").eq(exp.column("customer", "o")),
            exp.column("day", "f") >= exp.column("start", "o"),
            exp.column("day", "f") <= _later(exp.column("start", "o"), self.window),
        )
        return (
            exp.select(exp.column("customer", "o"), exp.column("month", "o"))
            .distinct()
            .from_("own as o")
            .join("felt as f", on=near)
            .join("noticed as n", on=same, join_type="left")
            .where(exp.or_(noticed.is_(exp.null()), exp.column("day", "f") <= noticed.copy()))
        )

    def _followed(self) -> exp.Select:
        """Each customer-month with what followed it."""
        start, day = exp.column("start", "o"), exp.column("day", "s")
        after = day > _later(start.copy(), self.window)
        near = exp.and_(
            exp.column("customer", "s").eq(exp.column("customer", "o")),
            day.copy() >= start.copy(),
            day.copy() <= _later(start.copy(), self.window + self.custom.lost_days),
        )
        both = exp.and_(
            exp.column("customer", "t").eq(exp.column("customer", "o")),
            exp.column("month", "t").eq(exp.column("month", "o")),
        )
        was = exp.case().when(exp.not_(exp.column("customer", "t").is_(exp.null())), exp.Literal.number(1))
        whose = ("customer", "month", "bucket", "segment", "known_days", "before")
        return (
            exp.select(
                *(exp.column(name, "o") for name in whose),
                exp.func("max", was.else_(exp.Literal.number(0))).as_("affected"),
                whole_of(exp.case().when(after, exp.column("active", "s")), "returns"),
                whole_of(exp.column("leaves", "s"), "leaves"),
                whole_of(exp.column("refers", "s"), "referrals"),
                exp.func(
                    "sum",
                    exp.case().when(after.copy(), exp.column("amount", "s")).else_(exp.Literal.number("0e0")),
                ).as_("spent"),
            )
            .from_("own as o")
            .join("signs as s", on=near)
            .join("touched as t", on=both, join_type="left")
            .group_by(*(exp.column(name, "o") for name in whose))
        )

    def answer(self, rows: pa.Table) -> tuple[ExperienceCell, ...]:
        columns = (rows.column(name).to_pylist() for name in _CELL)
        found = [
            ExperienceCell(month, bucket, segment, tenure, frequency, bool(affected), *sums)
            for month, bucket, segment, tenure, frequency, affected, *sums in zip(*columns, strict=True)
        ]
        return tuple(sorted(found, key=_cell_order))


_CELL = (
    "month",
    "bucket",
    "segment",
    "tenure",
    "frequency",
    "affected",
    "n",
    "left_n",
    "returns",
    "spent",
    "referrals",
)


def _cell_order(cell: ExperienceCell) -> tuple[object, ...]:
    return (cell.month, cell.bucket, str(cell.segment), cell.tenure, cell.frequency, cell.affected)


@dataclass(frozen=True, slots=True)
class StayRow:
    """Customers who were followed for ``weeks`` whole weeks and then left (or, ``left`` False, were still there)."""

    affected: bool
    weeks: int
    left: bool
    n: int


@dataclass(frozen=True, slots=True)
class Stays(Question[tuple[StayRow, ...]]):
    """How long customers stayed from their first sign of being active on, by whether the experience came within days.

    A customer leaves on the day of the notice, or ``custom.lost_days`` after the last sign of being active before a
    gap as long. Arguments as in :class:`Experience`.
    """

    custom: Custom
    experience: Filter
    until: date
    since: date | None = None
    window: int = 30
    every: int = 1
    among: Filter | None = None

    def days(self) -> tuple[date | None, date | None]:
        return None, self.until

    def query(self, known: Known) -> exp.Select:
        signs = signs_of(self.custom, self.until, known, None, self.every, among=self.among)
        came = (
            exp.select("customer", exp.func("min", exp.column("day")).as_("start"))
            .from_("signs")
            .where(exp.column("active") > 0, *within(exp.column("day"), self.since, None))
            .group_by("customer")
        )
        ended = (
            exp.select(
                exp.column("customer", "o"),
                exp.func("min", exp.column("start", "o")).as_("start"),
                exp.func("min", exp.column("lost_on", "g")).as_("lost_on"),
            )
            .from_("came as o")
            .join("gaps as g", on="g.customer = o.customer and g.day >= o.start", join_type="left")
            .group_by(exp.column("customer", "o"))
        )
        near = exp.and_(
            exp.column("customer", "f").eq(exp.column("customer", "o")),
            exp.column("day", "f") >= exp.column("start", "o"),
            exp.column("day", "f") <= _later(exp.column("start", "o"), self.window),
        )
        touched = exp.select(exp.column("customer", "o")).distinct().from_("came as o").join("felt as f", on=near)
        left = exp.not_(exp.column("lost_on", "e").is_(exp.null()))
        last = exp.func("coalesce", exp.column("lost_on", "e"), literal(self.until))
        days = exp.DateDiff(this=last, expression=exp.column("start", "e"), unit=exp.var("DAY"))
        was = exp.case().when(exp.not_(exp.column("customer", "t").is_(exp.null())), exp.Literal.number(1))
        each = (
            exp.select(
                was.else_(exp.Literal.number(0)).as_("affected"),
                days.as_("days"),
                exp.case().when(left, exp.Literal.number(1)).else_(exp.Literal.number(0)).as_("gone"),
            )
            .from_("ended as e")
            .join("touched as t", on="t.customer = e.customer", join_type="left")
        )
        return (
            exp.select("affected", "days", "gone", exp.Count(this=exp.Star()).as_("n"))
            .with_("signs", as_=signs)
            .with_("came", as_=came)
            .with_("gaps", as_=self._gaps())
            .with_("ended", as_=ended)
            .with_("felt", as_=felt(self.experience, self.until, known, self.every))
            .with_("touched", as_=touched)
            .from_(each.subquery("x"))
            .group_by("affected", "days", "gone")
        )

    def _gaps(self) -> exp.Select:
        """The days on which a customer was lost, each at the last day with a sign before it."""
        following = exp.Window(
            this=exp.Lead(this=exp.column("day")),
            partition_by=[exp.column("customer")],
            order=exp.Order(expressions=[exp.Ordered(this=exp.column("day"))]),
        )
        rows = exp.select("customer", "day", "leaves", following.as_("following")).from_("signs")
        silent = _later(exp.column("day"), self.custom.lost_days)
        over = exp.and_(
            silent <= literal(self.until),
            exp.or_(exp.column("following").is_(exp.null()), exp.column("following") > silent.copy()),
        )
        lost = exp.case().when(exp.column("leaves") > 0, exp.column("day")).when(over, silent.copy())
        dated = exp.select("customer", "day", lost.as_("lost_on")).from_(rows.subquery("r"))
        return exp.select("*").from_(dated.subquery("d")).where(exp.not_(exp.column("lost_on").is_(exp.null())))

    def answer(self, rows: pa.Table) -> tuple[StayRow, ...]:
        sums: dict[tuple[bool, int, bool], int] = {}
        for row in rows.to_pylist():
            key = (bool(row["affected"]), int(row["days"]) // 7, bool(row["gone"]))
            sums[key] = sums.get(key, 0) + row["n"]
        return tuple(StayRow(*key, n) for key, n in sorted(sums.items()))


def _months() -> exp.Select:
    """Each customer's months with a sign of being active: the first day, how long known, how many months before."""
    each = (
        exp.select(
            "customer",
            period(exp.column("day"), "month").as_("month"),
            exp.func("min", exp.column("day")).as_("start"),
            exp.func("min", exp.column("bucket")).as_("bucket"),
            exp.func("max", exp.column("segment")).as_("segment"),
        )
        .from_("signs")
        .where(exp.column("active") > 0)
        .group_by("customer", period(exp.column("day"), "month"))
    )
    by_customer = {"partition_by": [exp.column("customer")]}
    order = exp.Order(expressions=[exp.Ordered(this=exp.column("month"))])
    first = exp.Window(this=exp.Min(this=exp.column("start")), **by_customer)
    place = exp.Window(this=exp.RowNumber(), **by_customer, order=order)
    numbered = exp.select("*", first.as_("first_day"), place.as_("place")).from_(each.subquery("m"))
    known_days = exp.DateDiff(this=exp.column("start"), expression=exp.column("first_day"), unit=exp.var("DAY"))
    before = exp.Sub(this=exp.column("place"), expression=exp.Literal.number(1))
    columns = ("customer", "month", "start", "bucket", "segment")
    return exp.select(*columns, known_days.as_("known_days"), before.as_("before")).from_(numbered.subquery("n"))


def _classed(value: exp.Expr, ends: tuple[int, int]) -> exp.Expr:
    first, second = ends
    case = exp.case().when(exp.LT(this=value, expression=exp.Literal.number(first)), exp.Literal.number(0))
    case = case.when(exp.LT(this=value.copy(), expression=exp.Literal.number(second)), exp.Literal.number(1))
    return case.else_(exp.Literal.number(2))


def _later(day: exp.Expr, days: int) -> exp.Expr:
    span = exp.Interval(this=exp.Literal.string(str(days)), unit=exp.var("DAY"))
    return exp.cast(exp.Add(this=day, expression=span), exp.DataType.Type.DATE)
