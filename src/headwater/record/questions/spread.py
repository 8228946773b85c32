"""How an attribute of signals is spread: over how many values, of how many customers."""

from dataclasses import dataclass

import pyarrow as pa
from sqlglot import exp

from headwater.record.questions.question import Known, Question
from headwater.record.views import Words


@dataclass(frozen=True, slots=True)
class Spread:
    """Distinct ``values`` of an attribute, and the distinct ``customers`` whose signals bear it.

    A signal without a customer counts as one of its own: nobody knows that two of them are the same person's.
    """

    values: int
    customers: int


@dataclass(frozen=True, slots=True)
class AttributeSpread(Question[Spread]):
    """Over how many values and customers an attribute is spread."""

    attribute: str

    def query(self, known: Known) -> exp.Select:
        value = Words(known.columns).attribute(self.attribute).as_("value")
        who = exp.func(
            "coalesce",
            exp.column("customer_id", "s"),
            exp.cast(exp.column("signal_key", "s"), exp.DataType.Type.VARCHAR),
        )
        borne = exp.select(value, who.as_("who")).from_("signals as s")
        counts = (exp.Count(this=exp.Distinct(expressions=[exp.column(name)])) for name in ("value", "who"))
        query = exp.select(*(one.as_(name) for one, name in zip(counts, ("values", "customers"), strict=True)))
        return query.from_(borne.subquery("b")).where(exp.not_(exp.column("value").is_(exp.null())))

    def answer(self, rows: pa.Table) -> Spread:
        return Spread(**rows.to_pylist()[0])
