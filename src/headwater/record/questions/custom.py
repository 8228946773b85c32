"""Who a customer is, and the signs by which the record knows it."""

from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.question import Known
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
    custom: Custom, until: date, known: Known, segment: str | None, every: int, referral: tuple[str, ...] = ()
) -> exp.Select:
    """One row a customer and day with a sign: whether ``active``, ``leaves``, ``refers``, and the ``amount``."""
    words = Words(known.columns)
    event, day = exp.column("event", "s"), exp.column("local_date", "s")
    rows = (
        exp.select(
            customer_of(known).as_("customer"),
            day.as_("day"),
            exp.column("customer_bucket", "s").as_("bucket"),
            (words.attribute(segment) if segment else exp.cast(exp.null(), exp.DataType.Type.VARCHAR)).as_("segment"),
            *(
                exp.case()
                .when(event.copy().isin(*(literal(one) for one in names or ("",))), exp.Literal.number(1))
                .else_(exp.Literal.number(0))
                .as_(alias)
                for alias, names in (("active", custom.active), ("leaves", custom.leaving), ("refers", referral))
            ),
            exp.func("coalesce", exp.column("amount", "s"), exp.Literal.number("0e0")).as_("amount"),
        )
        .from_("signals as s")
        .where(
            exp.column("kind", "s").eq(literal("event")),
            event.isin(*(literal(one) for one in dict.fromkeys((*custom.events, *referral)))),
            exp.not_(exp.column("customer_id", "s").is_(exp.null())),
            *within(day.copy(), None, until),
            *_part(every),
        )
    )
    bought = exp.case().when(exp.column("active").eq(1), exp.column("amount")).else_(exp.Literal.number("0e0"))
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
        .from_(with_merged(rows, known).subquery("r"))
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
