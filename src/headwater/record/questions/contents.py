"""Questions about what the record holds: how much, and which values."""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from sqlglot import exp

from headwater.record.questions.question import Known, Question
from headwater.record.questions.sums import Sums
from headwater.record.views import Words, anonymous, each_cause, labelled


@dataclass(frozen=True, slots=True)
class SizeAnswer:
    """``first_day`` and ``last_day`` are None in an empty record; ``customers`` are distinct ids in signals."""

    signals: int
    with_text: int
    labelled: int
    customers: int
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True, slots=True)
class Size(Question[SizeAnswer]):
    """How much there is."""

    def query(self, known: Known) -> exp.Select:
        with_text = exp.case().when(exp.column("text").neq(exp.Literal.string("")), exp.Literal.number(1))
        labels = exp.select(exp.Count(this=exp.Star())).from_("labels").subquery()
        return exp.select(
            exp.Count(this=exp.Star()).as_("signals"),
            exp.func("count", with_text).as_("with_text"),
            labels.as_("labelled"),
            exp.Count(this=exp.Distinct(expressions=[exp.column("customer_id")])).as_("customers"),
            exp.func("min", exp.column("local_date")).as_("first_day"),
            exp.func("max", exp.column("local_date")).as_("last_day"),
        ).from_("signals")

    def answer(self, rows: pa.Table) -> SizeAnswer:
        return SizeAnswer(**rows.to_pylist()[0])


@dataclass(frozen=True, slots=True)
class SpanAnswer:
    """How many signals there are, and the first and the last day of which there is one; None in an empty record."""

    signals: int
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True, slots=True)
class Span(Question[SpanAnswer]):
    """Which days the record holds, and how many signals: cheap, where ``Size`` counts customers."""

    def query(self, known: Known) -> exp.Select:
        if "rollup_days" in known.rollups:  # a few thousand sums instead of every signal
            days: exp.Expr = Sums(("day",)).query(known).subquery("s")
            day = exp.column("d0")
            signals = exp.func("coalesce", exp.func("sum", exp.column("n")), exp.Literal.number(0))
        else:
            days, day, signals = exp.to_table("signals"), exp.column("local_date"), exp.Count(this=exp.Star())
        first, last = (exp.func(name, day.copy()) for name in ("min", "max"))
        count = exp.cast(signals, exp.DataType.Type.BIGINT)
        return exp.select(count.as_("signals"), first.as_("first_day"), last.as_("last_day")).from_(days)

    def answer(self, rows: pa.Table) -> SpanAnswer:
        return SpanAnswer(**rows.to_pylist()[0])


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value, as text, and the number of signals that have it."""

    value: str | None
    n: int


@dataclass(frozen=True, slots=True)
class FieldValues(Question[tuple[FieldValue, ...]]):
    """The most frequent values of a dimension: a column, ``cause``, ``attribute:NAME``; most frequent first."""

    column: str
    limit: int = 100

    def query(self, known: Known) -> exp.Select:
        if self.column in known.rollups.get("rollup_days", ()):  # a few thousand sums instead of every signal
            sums = Sums((self.column,)).query(known)
            counted = exp.select(exp.column("d0").as_("value"), "n").from_(sums.subquery("s"))
            return _most_frequent(counted, self.limit)
        value = each_cause() if self.column == "cause" else Words(known.columns).dimension(self.column)
        return _counted(labelled(exp.select(value.as_("value"))), self.limit)

    def answer(self, rows: pa.Table) -> tuple[FieldValue, ...]:
        return tuple(
            FieldValue(None if row["value"] is None else str(row["value"]), row["n"]) for row in rows.to_pylist()
        )


@dataclass(frozen=True, slots=True)
class AttributeNames(Question[tuple[FieldValue, ...]]):
    """The names of the attributes that signals have (those of some ``events`` alone), most frequent first."""

    limit: int = 200
    events: tuple[str, ...] = ()

    def query(self, known: Known) -> exp.Select:
        names = exp.Explode(this=exp.MapKeys(this=exp.column("attributes", "s")))
        chosen = exp.select(names.as_("value")).from_("signals as s").where(exp.not_(anonymous()))
        if self.events:
            chosen = chosen.where(exp.column("event", "s").isin(*(exp.Literal.string(one) for one in self.events)))
        return _counted(chosen, self.limit)

    def answer(self, rows: pa.Table) -> tuple[FieldValue, ...]:
        return tuple(FieldValue(row["value"], row["n"]) for row in rows.to_pylist())


def _counted(values: exp.Select, limit: int) -> exp.Select:
    counted = exp.select("value", exp.Count(this=exp.Star()).as_("n")).from_(values.subquery("v")).group_by("value")
    return _most_frequent(counted, limit)


def _most_frequent(counted: exp.Select, limit: int) -> exp.Select:
    order = (exp.column("n").desc(), exp.Ordered(this=exp.column("value"), desc=False, nulls_first=False))
    return counted.order_by(*order).limit(max(limit, 0))
