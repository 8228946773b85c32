"""Questions about what happened to customers before: who was exposed to which cause, and to whom it then happened."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.question import Known, Question
from headwater.record.views import Words, labelled, literal, period, within

STEP = 28
"""No month is shorter, so steps of this many days from an event reach every month up to the end of its window."""
MOST_CAUSES = 60
"""As many causes as a whole number has bits to spare."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """A cause that happens: its events, and for how many days after one a customer counts as exposed to it."""

    cause: str
    events: tuple[str, ...]
    lag_days: int = 14


@dataclass(frozen=True, slots=True)
class MonthCell:
    """Customer-months of one bucket, month and segment in which exactly these causes had happened.

    ``customers`` are those at risk, ``struck`` those of them with an outcome, ``outcomes`` how many in all. A cell with
    no customers at risk holds the outcomes of those who were not at risk.
    """

    month: date
    bucket: int
    segment: str | None
    causes: frozenset[str]
    customers: int
    struck: int
    outcomes: int


@dataclass(frozen=True, slots=True)
class CustomerMonths(Question[tuple[MonthCell, ...]]):
    """Customers month by month: which causes had happened to them, and how often the outcome did.

    A customer is at risk from the month of the first other signal on (an order, an answer), up to the month of
    ``until``. Who is known by outcomes alone is not: nobody would have counted them without, and so they would raise
    the base. Their outcomes stand in cells of their own. Exposed to a cause in every month that the days from one of
    its events up to ``lag_days`` after it touch. Ids that were merged are one customer; signals without a customer
    are left out.

    Args:
        outcome: the signals that count as the outcome, such as contacts.
        exposures: the causes and their events, at most ``MOST_CAUSES``.
        since, until: first and last local day; whole months are what they stand in.
        segment: an attribute by whose value customers are told apart (their largest value, where it changed).
    """

    outcome: Filter
    exposures: tuple[Exposure, ...]
    since: date
    until: date
    segment: str | None = None

    def __post_init__(self) -> None:
        if len(self.exposures) > MOST_CAUSES:
            raise ValueError(f"at most {MOST_CAUSES} causes can be told apart, not {len(self.exposures)}")

    def days(self) -> tuple[date | None, date | None]:
        """All of the record up to the end: a customer is at risk from the first signal on."""
        return None, self.until

    def query(self, known: Known) -> exp.Select:
        seen = self._seen(known)
        touched = exp.union(self._exposed(), self._struck(), distinct=False)
        months = (
            exp.select("customer", "month", _total("bit", "mask"), _total("outcome", "outcomes"))
            .from_(touched.subquery("t"))
            .group_by("customer", "month")
        )
        first, last = (month_of(day) for day in (self.since, self.until))
        asked = [
            exp.column("month", "m") >= literal(first),
            exp.column("month", "m") <= literal(last),
        ]
        at_risk = exp.func("coalesce", exp.column("month", "m") >= exp.column("since", "c"), exp.false())
        customers = (
            exp.select(
                "customer",
                exp.func("min", exp.column("bucket")).as_("bucket"),
                exp.func("max", exp.column("segment")).as_("segment"),
                exp.func("min", exp.case().when(exp.column("is_case").eq(0), exp.column("month"))).as_("since"),
            )
            .from_("seen")
            .group_by("customer")
        )
        cells = (
            exp.select("month", "bucket", "segment", "mask", *_counts())
            .from_(exp.to_table("months").as_("m"))
            .join("customers_seen as c", on="m.customer = c.customer")
            .where(*asked, at_risk)
            .group_by("month", "bucket", "segment", "mask")
        )
        nobody = [exp.Literal.number(value).as_(name) for name, value in (("mask", -1), ("struck", 0), ("outcomes", 0))]
        strangers = (
            exp.select(
                "month",
                "bucket",
                "segment",
                exp.Literal.number(-2).as_("mask"),
                exp.Literal.number(0).as_("customers"),
                exp.Literal.number(0).as_("struck"),
                _total("outcomes", "outcomes"),
            )
            .from_(exp.to_table("months").as_("m"))
            .join("customers_seen as c", on="m.customer = c.customer")
            .where(*(test.copy() for test in asked), exp.not_(exp.paren(at_risk.copy())), exp.column("outcomes") > 0)
            .group_by("month", "bucket", "segment")
        )
        everybody = (
            exp.select(exp.column("since").as_("month"), "bucket", "segment", nobody[0], _all("customers"), *nobody[1:])
            .from_("customers_seen")
            .where(exp.not_(exp.column("since").is_(exp.null())))
            .group_by("since", "bucket", "segment")
        )
        both = exp.union(cells, everybody, strangers, distinct=False)
        columns = ("month", "bucket", "segment", "mask", "customers", "struck", "outcomes")
        return (
            exp.select(*columns)
            .from_(both.subquery("b"))
            .with_("seen", as_=seen)
            .with_("months", as_=months)
            .with_("customers_seen", as_=customers)
        )

    def _seen(self, known: Known) -> exp.Select:
        words = Words(known.columns)
        day, customer = exp.column("local_date", "s"), exp.column("customer_id", "s")
        is_case = exp.case().when(words.condition(self.outcome), exp.Literal.number(1)).else_(exp.Literal.number(0))
        segment: exp.Expr = exp.cast(exp.null(), exp.DataType.Type.VARCHAR)
        if self.segment is not None:
            segment = words.attribute(self.segment)
        rows = exp.select(
            exp.func("coalesce", exp.column("merged_into", "c"), customer).as_("customer"),
            exp.column("customer_bucket", "s").as_("bucket"),
            exp.case().when(exp.column("kind", "s").eq("event"), exp.column("event", "s")).as_("event"),
            day.as_("day"),
            period(day.copy(), "month").as_("month"),
            is_case.as_("is_case"),
            segment.as_("segment"),
        ).where(exp.not_(customer.copy().is_(exp.null())), *within(day.copy(), None, self.until))
        same = customer.copy().eq(exp.column("customer_id", "c"))
        return labelled(rows).join("customers as c", on=same, join_type="left")

    def _struck(self) -> exp.Select:
        nothing = exp.cast(exp.Literal.number(0), exp.DataType.Type.BIGINT).as_("bit")
        chosen = exp.select("customer", "month", nothing, exp.func("sum", exp.column("is_case")).as_("outcome"))
        return chosen.from_("seen").where(exp.column("is_case").eq(1)).group_by("customer", "month")

    def _exposed(self) -> exp.Select:
        """One row for each customer, month and cause, with the cause's bit."""
        parts: list[exp.Select] = []
        for place, exposure in enumerate(self.exposures):
            bit = exp.cast(exp.Literal.number(1 << place), exp.DataType.Type.BIGINT).as_("bit")
            happened = exp.column("event").isin(*exposure.events)
            for days in _steps(exposure.lag_days):
                moved = exp.Add(
                    this=exp.column("day"),
                    expression=exp.Interval(this=exp.Literal.string(str(days)), unit=exp.var("DAY")),
                )
                month = period(moved, "month").as_("month")
                parts.append(exp.select("customer", month, bit.copy()).from_("seen").where(happened.copy()))
        if not parts:
            nobody = exp.select("customer", "month", exp.cast(0, exp.DataType.Type.BIGINT).as_("bit"))
            parts.append(nobody.from_("seen").where(exp.false()))
        every = exp.union(*parts, distinct=False) if len(parts) > 1 else parts[0]
        zero = exp.cast(exp.Literal.number(0), exp.DataType.Type.BIGINT).as_("outcome")
        return exp.select("customer", "month", "bit", zero).distinct().from_(every.subquery("e"))

    def answer(self, rows: pa.Table) -> tuple[MonthCell, ...]:
        arrived: dict[tuple[int, str | None], dict[date, int]] = defaultdict(lambda: defaultdict(int))
        cells: list[MonthCell] = []
        for row in rows.to_pylist():
            whose = (row["bucket"] or 0, row["segment"])
            if row["mask"] == -1:
                arrived[whose][row["month"]] += row["customers"]
                continue
            causes = self._causes(row["mask"]) if row["mask"] >= 0 else frozenset()
            cells.append(MonthCell(row["month"], *whose, causes, row["customers"], row["struck"], row["outcomes"]))
        cells.extend(self._untouched(arrived, cells))
        return tuple(sorted(cells, key=lambda cell: (cell.month, cell.bucket, str(cell.segment), sorted(cell.causes))))

    def _causes(self, mask: int) -> frozenset[str]:
        return frozenset(exposure.cause for place, exposure in enumerate(self.exposures) if mask >> place & 1)

    def _untouched(
        self, arrived: dict[tuple[int, str | None], dict[date, int]], cells: list[MonthCell]
    ) -> Iterable[MonthCell]:
        """The customers at risk to whom, that month, nothing happened at all: all who had come, less the others."""
        touched: dict[tuple[int, str | None, date], int] = defaultdict(int)
        for cell in cells:
            touched[cell.bucket, cell.segment, cell.month] += cell.customers
        for (bucket, segment), by_month in arrived.items():
            for month in _months(self.since, self.until):
                at_risk = sum(n for since, n in by_month.items() if since <= month)
                rest = at_risk - touched[bucket, segment, month]
                if rest > 0:
                    yield MonthCell(month, bucket, segment, frozenset(), rest, 0, 0)


@dataclass(frozen=True, slots=True)
class SufferedRow:
    """Of ``customers`` of one bucket to whom a cause happened, how many an outcome followed within its days, and how
    many left within ``leaving_days`` after it."""

    cause: str
    bucket: int
    customers: int
    followed: int
    left: int


@dataclass(frozen=True, slots=True)
class Suffered(Question[tuple[SufferedRow, ...]]):
    """To how many customers each cause happened, and how many of them an outcome (a complaint) followed.

    Happened between ``since`` and ``until``, both included; an outcome follows from the event's day up to ``lag_days``
    after it. A customer to whom it happened twice counts once, and is followed where either was. Who left has a last
    day in the customers table.
    """

    outcome: Filter
    exposures: tuple[Exposure, ...]
    since: date | None = None
    until: date | None = None
    leaving_days: int = 90

    def days(self) -> tuple[date | None, date | None]:
        """An outcome may lie after the last day that an event may have."""
        return self.since, None

    def query(self, known: Known) -> exp.Select:
        customer, day = exp.column("customer_id", "s"), exp.column("local_date", "s")
        outcomes = labelled(
            exp.select(customer.as_("customer"), day.as_("day")).where(
                Words(known.columns).condition(self.outcome), exp.not_(customer.copy().is_(exp.null()))
            )
        )
        parts = [self._happened(exposure) for exposure in self.exposures]
        happened = exp.union(*parts, distinct=False) if len(parts) > 1 else parts[0]
        near = exp.and_(
            exp.column("customer", "o").eq(exp.column("customer", "h")),
            exp.column("day", "o") >= exp.column("day", "h"),
            exp.column("day", "o") <= exp.column("known_until", "h"),
        )
        followed = exp.case().when(exp.not_(exp.column("day", "o").is_(exp.null())), exp.Literal.number(1))
        whose = (exp.column("cause", "h"), exp.column("customer", "h"))
        last = exp.column("until", "c")
        soon = exp.Interval(this=exp.Literal.string(str(self.leaving_days)), unit=exp.var("DAY"))
        after = exp.Add(this=exp.column("day", "h"), expression=soon)
        gone = exp.case().when(exp.and_(last >= exp.column("day", "h"), last.copy() <= after), exp.Literal.number(1))
        each = (
            exp.select(
                *whose,
                exp.func("min", exp.column("bucket", "h")).as_("bucket"),
                exp.func("count", followed).as_("outcomes"),
                exp.func("count", gone).as_("departures"),
            )
            .from_(happened.subquery("h"))
            .join(outcomes.subquery("o"), on=near, join_type="left")
            .join("customers as c", on="c.customer_id = h.customer", join_type="left")
            .group_by(*whose)
        )
        some = exp.case().when(exp.column("outcomes") > 0, exp.Literal.number(1))
        left = exp.case().when(exp.column("departures") > 0, exp.Literal.number(1))
        counted = (exp.func("count", some).as_("followed"), exp.func("count", left).as_("departed"))
        return (
            exp.select("cause", "bucket", _all("customers"), *counted)
            .from_(each.subquery("e"))
            .group_by("cause", "bucket")
        )

    def _happened(self, exposure: Exposure) -> exp.Select:
        day, customer = exp.column("local_date", "s"), exp.column("customer_id", "s")
        window = exp.Interval(this=exp.Literal.string(str(exposure.lag_days)), unit=exp.var("DAY"))
        until = exp.cast(exp.Add(this=day.copy(), expression=window), exp.DataType.Type.DATE)
        return (
            exp.select(
                exp.Literal.string(exposure.cause).as_("cause"),
                customer.as_("customer"),
                exp.column("customer_bucket", "s").as_("bucket"),
                day.as_("day"),
                until.as_("known_until"),
            )
            .from_("signals as s")
            .where(
                exp.column("kind", "s").eq("event"),
                exp.column("event", "s").isin(*exposure.events),
                exp.not_(customer.copy().is_(exp.null())),
                *within(day.copy(), self.since, self.until),
            )
        )

    def answer(self, rows: pa.Table) -> tuple[SufferedRow, ...]:
        found = [
            SufferedRow(row["cause"], row["bucket"] or 0, row["customers"], row["followed"], row["departed"])
            for row in rows.to_pylist()
        ]
        return tuple(sorted(found, key=lambda row: (row.cause, row.bucket)))


def month_of(day: date) -> date:
    """The first day of the day's month."""
    return day.replace(day=1)


def _steps(lag_days: int) -> list[int]:
    return sorted({*range(0, lag_days, STEP), lag_days})


def _months(since: date, until: date) -> list[date]:
    months = [month_of(since)]
    while (following := month_of(months[-1] + timedelta(days=31))) <= until:
        months.append(following)
    return months


def _total(column: str, alias: str) -> exp.Expr:
    return exp.cast(exp.func("sum", exp.column(column)), exp.DataType.Type.BIGINT).as_(alias)


def _all(alias: str) -> exp.Expr:
    return exp.Count(this=exp.Star()).as_(alias)


def _counts() -> list[exp.Expr]:
    some = exp.case().when(exp.column("outcomes") > 0, exp.Literal.number(1))
    return [_all("customers"), exp.func("count", some).as_("struck"), _total("outcomes", "outcomes")]
