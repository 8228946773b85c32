"""Who a customer is, the signs by which the record knows it, how many come back, and what is at stake."""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.question import Known, Question
from headwater.record.views import Words, labelled, literal, within


@dataclass(frozen=True, slots=True)
class Custom:
    """What makes a customer: events that show one is active, how many days without one make a customer lost, and
    events by which one leaves at once."""

    active: tuple[str, ...]
    lost_days: int
    leaving: tuple[str, ...] = ()

    @property
    def events(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.active, *self.leaving)))


@dataclass(frozen=True, slots=True)
class ReturningAnswer:
    """Of all ``customers`` that ever were active, how many were so ``again``: by two signs or more."""

    customers: int
    again: int


@dataclass(frozen=True, slots=True)
class Returning(Question[ReturningAnswer]):
    """How many customers came back at all: where hardly anyone does, nobody can be said to leave."""

    custom: Custom
    among: Filter | None = None

    def query(self, known: Known) -> exp.Select:
        tests = [
            exp.column("kind", "s").eq(literal("event")),
            exp.column("event", "s").isin(*(literal(one) for one in self.custom.active)),
            exp.not_(exp.column("customer_id", "s").is_(exp.null())),
        ]
        if self.among is not None:
            tests.append(Words(known.columns).condition(self.among))
        rows = with_merged(labelled(exp.select(customer_of(known).as_("customer")).where(*tests)), known)
        each = exp.select("customer", exp.Count(this=exp.Star()).as_("signs")).from_(rows.subquery("r"))
        again = exp.func("count", exp.case().when(exp.column("signs") > 1, exp.Literal.number(1))).as_("again")
        counted = exp.select(exp.Count(this=exp.Star()).as_("customers"), again)
        return counted.from_(each.group_by("customer").subquery("e"))

    def answer(self, rows: pa.Table) -> ReturningAnswer:
        return ReturningAnswer(**rows.to_pylist()[0])


@dataclass(frozen=True, slots=True)
class AffectedRow:
    """Of one bucket: ``customers`` to whom the experience came, and the ``orders`` it struck with their ``amount``."""

    bucket: int
    customers: int
    orders: int
    amount: float


@dataclass(frozen=True, slots=True)
class Affected(Question[tuple[AffectedRow, ...]]):
    """To how many customers an experience came, and the signs of being active that share its subject: the orders that
    were late, not other orders of the same customers."""

    custom: Custom
    experience: Filter
    since: date | None = None
    until: date | None = None

    def days(self) -> tuple[date | None, date | None]:
        """The order may have been placed before the first day."""
        return None, self.until

    def query(self, known: Known) -> exp.Select:
        nothing = exp.Literal.number(0)
        customers = (
            exp.select(
                "bucket", exp.Count(this=exp.Star()).as_("customers"), nothing.as_("orders"), _no_money().as_("amount")
            )
            .from_(
                exp.select("customer", exp.func("min", exp.column("bucket")).as_("bucket"))
                .from_("felt")
                .where(exp.not_(exp.column("customer").is_(exp.null())))
                .group_by("customer")
                .subquery("w")
            )
            .group_by("bucket")
        )
        struck = exp.select("subject").from_("felt").where(exp.not_(exp.column("subject").is_(exp.null())))
        orders = (
            exp.select(
                exp.column("customer_bucket", "s").as_("bucket"),
                nothing.copy().as_("customers"),
                exp.Count(this=exp.Star()).as_("orders"),
                exp.func("sum", exp.func("coalesce", exp.column("amount", "s"), _no_money())).as_("amount"),
            )
            .from_("signals as s")
            .where(
                exp.column("kind", "s").eq(literal("event")),
                exp.column("event", "s").isin(*(literal(one) for one in self.custom.active)),
                exp.column("subject_id", "s").isin(query=struck),
            )
            .group_by(exp.column("customer_bucket", "s"))
        )
        both = exp.union(customers, orders, distinct=False)
        return (
            exp.select(
                "bucket", whole("customers"), whole("orders"), exp.func("sum", exp.column("amount")).as_("amount")
            )
            .with_("felt", as_=self._felt(known))
            .from_(both.subquery("b"))
            .group_by("bucket")
        )

    def _felt(self, known: Known) -> exp.Select:
        rows = exp.select(
            customer_of(known).as_("customer"),
            exp.column("customer_bucket", "s").as_("bucket"),
            exp.column("subject_id", "s").as_("subject"),
        ).where(
            Words(known.columns).condition(self.experience),
            *within(exp.column("local_date", "s"), self.since, self.until),
        )
        return with_merged(labelled(rows), known)

    def answer(self, rows: pa.Table) -> tuple[AffectedRow, ...]:
        found = [
            AffectedRow(row["bucket"] or 0, row["customers"], row["orders"], row["amount"] or 0.0)
            for row in rows.to_pylist()
        ]
        return tuple(sorted(found, key=lambda row: row.bucket))


def customer_of(known: Known) -> exp.Expr:
    """The customer of signal ``s``, as whom they turned out to be."""
    customer = exp.column("customer_id", "s")
    return exp.func("coalesce", exp.column("merged_into", "c"), customer) if known.merged else customer


def with_merged(query: exp.Select, known: Known) -> exp.Select:
    """Join the customers, where some were merged into others."""
    if not known.merged:
        return query
    same = exp.column("customer_id", "s").eq(exp.column("customer_id", "c"))
    return query.join("customers as c", on=same, join_type="left")


def signs_of(
    custom: Custom,
    until: date,
    known: Known,
    segment: str | None,
    every: int,
    referral: tuple[str, ...] = (),
    among: Filter | None = None,
    since: date | None = None,
) -> exp.Select:
    """One row a customer and day with a sign: whether ``active``, ``leaves``, ``refers``, and the ``amount``.

    ``among``: only signs that match, such as those of a segment."""
    words = Words(known.columns)
    event, day = exp.column("event", "s"), exp.column("local_date", "s")
    tests = [
        exp.column("kind", "s").eq(literal("event")),
        event.isin(*(literal(one) for one in dict.fromkeys((*custom.events, *referral)))),
        exp.not_(exp.column("customer_id", "s").is_(exp.null())),
        *within(day, since, until),
        *_part(every),
        *([words.condition(among)] if among else []),
    ]
    rows = exp.select(
        customer_of(known).as_("customer"),
        day.copy().as_("day"),
        exp.column("customer_bucket", "s").as_("bucket"),
        (words.attribute(segment) if segment else exp.cast(exp.null(), exp.DataType.Type.VARCHAR)).as_("segment"),
        *(
            exp.case()
            .when(event.copy().isin(*(literal(one) for one in names or ("",))), exp.Literal.number(1))
            .else_(exp.Literal.number(0))
            .as_(alias)
            for alias, names in (("active", custom.active), ("leaves", custom.leaving), ("refers", referral))
        ),
        exp.func("coalesce", exp.column("amount", "s"), _no_money()).as_("amount"),
    ).where(*tests)
    bought = exp.case().when(exp.column("active").eq(1), exp.column("amount")).else_(_no_money())
    return (
        exp.select(
            "customer",
            "day",
            exp.func("min", exp.column("bucket")).as_("bucket"),
            exp.func("max", exp.column("segment")).as_("segment"),
            whole("active"),
            whole("leaves"),
            whole("refers"),
            exp.func("sum", bought).as_("amount"),
        )
        .from_(with_merged(labelled(rows), known).subquery("r"))
        .group_by("customer", "day")
    )


def felt(experience: Filter, until: date, known: Known, every: int) -> exp.Select:
    """Customer and day of every signal that is the experience."""
    day = exp.column("local_date", "s")
    rows = exp.select(customer_of(known).as_("customer"), day.as_("day")).where(
        Words(known.columns).condition(experience),
        exp.not_(exp.column("customer_id", "s").is_(exp.null())),
        *within(day.copy(), None, until),
        *_part(every),
    )
    return exp.select("*").from_(with_merged(labelled(rows), known).subquery("r"))


def _part(every: int) -> list[exp.Expr]:
    if every == 1:
        return []
    rest = exp.Mod(this=exp.column("customer_bucket", "s"), expression=exp.Literal.number(every))
    return [rest.eq(exp.Literal.number(0))]


def whole(name: str) -> exp.Expr:
    """The sum of a column of whole numbers, 0 where there is none."""
    return whole_of(exp.column(name), name)


def whole_of(value: exp.Expr, alias: str) -> exp.Expr:
    """The sum of whole numbers, 0 where there is none."""
    total = exp.func("coalesce", exp.func("sum", value), exp.Literal.number(0))
    return exp.cast(total, exp.DataType.Type.BIGINT).as_(alias)


def _no_money() -> exp.Expr:
    return exp.Literal.number("0e0")
