"""When customers left: as the customers' table says, or as finance defines a lost customer."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlglot import exp

from headwater.record.questions.custom import Custom, signs_of
from headwater.record.questions.question import Known
from headwater.record.views import literal, within


@dataclass(frozen=True, slots=True)
class Lost:
    """A definition of lost (``Custom``), and the last day of which the record knows."""

    custom: Custom
    last_day: date


def departures(known: Known, lost: Lost | None, since: date | None, until: date | None) -> exp.Select:
    """``customer`` and ``day`` of those who left in a range of days, each once, those merged as one.

    Without a definition a customer's last day is ``until`` of the customers' table. With one a customer is lost so many
    days after the last sign of being active before a longer pause, or on the day of an event by which they leave.
    """
    if lost is None:
        whose = exp.func("coalesce", exp.column("merged_into", "k"), exp.column("customer_id", "k"))
        day = exp.column("until", "k")
        query = exp.select(whose.as_("customer"), exp.func("max", day).as_("day")).from_("customers as k")
        return query.where(exp.not_(day.copy().is_(exp.null())), *within(day.copy(), since, until)).group_by(
            whose.copy()
        )
    by_day = [exp.Ordered(this=exp.column("day"))]

    def beside(step: type[exp.Lead | exp.Lag], column: str) -> exp.Expr:
        order = exp.Order(expressions=[one.copy() for one in by_day])
        return exp.Window(this=step(this=exp.column(column)), partition_by=[exp.column("customer")], order=order)

    last = min(until, lost.last_day) if until else lost.last_day
    signs = signs_of(lost.custom, last, known, None, 1, since=_first_sign(lost.custom, since))
    followed = exp.select(
        "customer", "day", "leaves", beside(exp.Lead, "day").as_("next_day"), beside(exp.Lag, "leaves").as_("left")
    ).from_(signs.subquery("x"))
    pause = exp.Interval(this=exp.Literal.string(str(lost.custom.lost_days)), unit=exp.var("DAY"))
    after = exp.cast(exp.Add(this=exp.column("day"), expression=pause), exp.DataType.Type.DATE)
    leaving = exp.column("leaves") > exp.Literal.number(0)
    paused = exp.and_(
        exp.column("leaves").eq(0),
        exp.or_(exp.column("next_day").is_(exp.null()), exp.column("next_day") > after),
    )
    first_time = exp.func("coalesce", exp.column("left"), exp.Literal.number(0)).eq(0)
    days = exp.select("customer", exp.case().when(leaving, exp.column("day")).else_(after.copy()).as_("day"))
    gone = days.from_(followed.subquery("y")).where(exp.or_(exp.and_(leaving.copy(), first_time), paused))
    day = exp.column("day")
    query = exp.select("customer", exp.func("max", day).as_("day")).from_(gone.subquery("z"))
    return query.where(day.copy() <= literal(last), *within(day.copy(), since, None)).group_by("customer")


def _first_sign(custom: Custom, since: date | None) -> date | None:
    """The first day whose signs matter: a pause that ends in the range began so many days before it. Whether a notice
    is a customer's first in a row may rest on any earlier sign."""
    return since - timedelta(days=custom.lost_days) if since and not custom.leaving else None
