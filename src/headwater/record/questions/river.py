"""Questions behind the river: customers shared out over what they did next, and what those had named who left."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.custom import customer_of, with_merged
from headwater.record.questions.demand import Dimension, dimension, in_order
from headwater.record.questions.departures import Lost, departures
from headwater.record.questions.question import Known, Question
from headwater.record.schema import BUCKETS
from headwater.record.views import CAUSES_SEPARATOR, Words, cause_combination, labelled, no_causes, within
from headwater.record.views import column as effective

REMEMBERED_DAYS = 90
"""So long before leaving a cause must have been named to stand behind it."""
SYMPTOMS = ("contact", "low_score", "left")


@dataclass(frozen=True, slots=True, eq=False)
class SymptomCells:
    """What flows, by symptom, combination of causes and stage: ``value`` has one entry a cell."""

    sets: tuple[frozenset[str], ...]
    set_of: npt.NDArray[np.intp]
    stage: Dimension
    symptom: Dimension
    value: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SymptomBuckets:
    """The same by combination of causes, symptom and customer bucket."""

    sets: tuple[frozenset[str], ...]
    set_of: npt.NDArray[np.intp]
    symptom: Dimension
    bucket: npt.NDArray[np.intp]
    value: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SymptomsAnswer:
    """Both sides of the same whole."""

    cells: SymptomCells
    buckets: SymptomBuckets

    @property
    def total(self) -> float:
        """The whole: signals, or customers."""
        return float(self.cells.value.sum())


@dataclass(frozen=True, slots=True)
class Symptoms(Question[SymptomsAnswer]):
    """Contacts, low scores and departures, by the causes and the stage they name.

    A departure is a customer whose last day (``until`` of the customers table, or as ``lost`` says) lies in the range;
    it has the causes and the stage of the last signal that named a cause within ``REMEMBERED_DAYS`` days before. With
    ``customers`` each customer weighs 1, shared equally by all the acts; else each act weighs 1. A signal without a
    customer is a customer of its own.

    Args:
        where: only signals that match; then only departures with a signal that does.
        since, until: first and last local day, both included.
        customers: customers instead of acts.
        said: count contacts and low scores.
        left: count departures.
        lost: who is lost, where that is defined otherwise than by the customers table.
    """

    where: Filter | None = None
    since: date | None = None
    until: date | None = None
    customers: bool = False
    said: bool = True
    left: bool = True
    lost: Lost | None = None

    def days(self) -> tuple[date | None, date | None]:
        """What a departure had named lies before the range."""
        before = REMEMBERED_DAYS if self.left else 0
        return self.since and date.fromordinal(max(self.since.toordinal() - before, 1)), self.until

    def query(self, known: Known) -> exp.Select:
        parts = [self._said(known)] if self.said else []
        parts += [self._departures(known)] if self.left else []
        done = exp.union(*parts, distinct=False) if len(parts) > 1 else parts[0]
        own = ("bucket", "symptom", "stage", "causes")
        weighed = exp.select(*own, exp.Literal.number("1e0").as_("weight")).from_("done")
        if self.customers:
            weight = exp.Div(this=exp.Literal.number("1e0"), expression=exp.column("n", "p")).as_("weight")
            weighed = exp.select(*own, weight).from_("done").join("people as p", on="done.customer = p.customer")
        value = exp.func("sum", exp.column("weight")).as_("value")
        nothing = exp.cast(exp.null(), exp.DataType.Type.INT)
        cells = (
            exp.select("symptom", "causes", "stage", nothing.as_("bucket"), value)
            .from_("acts")
            .group_by("symptom", "causes", "stage")
        )
        no_stage = exp.Literal.string("").as_("stage")
        whole = exp.func("coalesce", exp.column("bucket"), exp.Literal.number(-1))
        buckets = (
            exp.select(
                "symptom", "causes", no_stage, exp.cast(whole, exp.DataType.Type.INT).as_("bucket"), value.copy()
            )
            .from_("acts")
            .group_by("symptom", "causes", exp.column("bucket", "acts"))
        )
        both = exp.union(cells, buckets, distinct=False)
        columns = ("symptom", "causes", "stage", "bucket", "value")
        query = exp.select(*columns).from_(both.subquery("b"))
        if self.left:
            query = query.with_("gone", as_=departures(known, self.lost, self.since, self.until))
        query = query.with_("done", as_=done)
        if self.customers:
            people = exp.select("customer", exp.Count(this=exp.Star()).as_("n")).from_("done").group_by("customer")
            query = query.with_("people", as_=people)
        return query.with_("acts", as_=weighed)

    def _said(self, known: Known) -> exp.Select:
        """Contacts and low scores."""
        contact = exp.column("kind", "s").eq(exp.Literal.string("contact"))
        low = exp.and_(
            exp.column("kind", "s").isin("survey", "review"), exp.column("score_band", "s").eq(exp.Literal.number(-1))
        )
        symptom = exp.case().when(contact, exp.Literal.string("contact")).else_(exp.Literal.string("low_score"))
        tests = [
            exp.or_(contact.copy(), low),
            *within(exp.column("local_date", "s"), self.since, self.until),
        ]
        if self.where is not None:
            tests.append(Words(known.columns).condition(self.where))
        query = exp.select(
            _customer(known, self.customers).as_("customer"),
            exp.column("customer_bucket", "s").as_("bucket"),
            symptom.as_("symptom"),
            effective("stage").as_("stage"),
            cause_combination().as_("causes"),
        )
        query = labelled(query.where(*tests))
        return with_merged(query, known) if self.customers else query

    def _departures(self, known: Known) -> exp.Select:
        """Those who left, with what they named, or lived through, last before it."""
        # Only their own signals are looked at: few leave in a range, and many speak.
        names = (
            exp.select("customer_id")
            .from_("customers as n")
            .join(exp.to_table("gone").as_("g"), on="coalesce(n.merged_into, n.customer_id) = g.customer")
        )
        tests: list[exp.Expr] = [exp.column("customer_id", "s").isin(query=names)]
        if self.where is not None:
            tests.append(Words(known.columns).condition(self.where))
        said = with_merged(
            labelled(
                exp.select(
                    _customer(known, True).as_("customer"),
                    exp.column("customer_bucket", "s").as_("bucket"),
                    exp.column("local_date", "s").as_("day"),
                    exp.column("occurred_at", "s").as_("at"),
                    effective("stage").as_("stage"),
                    cause_combination().as_("causes"),
                    exp.case().when(no_causes(), exp.Literal.number(1)).else_(exp.Literal.number(0)).as_("unnamed"),
                ).where(*tests)
            ),
            known,
        )
        span = exp.Interval(this=exp.Literal.string(str(REMEMBERED_DAYS)), unit=exp.var("DAY"))
        near = exp.and_(
            exp.column("customer", "w").eq(exp.column("customer", "g")),
            exp.column("day", "w") <= exp.column("day", "g"),
            exp.column("day", "w") >= exp.Sub(this=exp.column("day", "g"), expression=span),
        )
        latest = exp.Window(
            this=exp.RowNumber(),
            partition_by=[exp.column("customer", "g")],
            order=exp.Order(
                expressions=[
                    exp.Ordered(this=exp.column("unnamed", "w")),
                    exp.Ordered(this=exp.column("at", "w"), desc=True),
                ]
            ),
        )
        joined = (
            exp.select(
                exp.column("customer", "g"),
                exp.column("bucket", "w"),
                exp.column("stage", "w"),
                exp.func("coalesce", exp.column("causes", "w"), exp.Literal.string("")).as_("causes"),
                latest.as_("place"),
            )
            .from_(exp.to_table("gone").as_("g"))
            .join(said.subquery("w"), on=near, join_type="left" if self.where is None else "inner")
        )
        symptom = exp.Literal.string("left").as_("symptom")
        return (
            exp.select("customer", "bucket", symptom, "stage", "causes")
            .from_(joined.subquery("j"))
            .where(exp.column("place").eq(exp.Literal.number(1)))
        )

    def answer(self, rows: pa.Table) -> SymptomsAnswer:
        rows = in_order(rows, "causes", "stage", "symptom", "bucket")
        is_cell = rows["bucket"].is_null()
        cells, buckets = rows.filter(is_cell), rows.filter(rows["bucket"].is_valid())
        sets, set_of = _sets(cells["causes"])
        found = SymptomCells(sets, set_of, dimension(cells["stage"]), dimension(cells["symptom"]), _values(cells))
        return SymptomsAnswer(found, _spread(buckets))


def _customer(known: Known, needed: bool) -> exp.Expr:
    """Who did it; a signal of nobody known is its own customer. Not looked up where nobody asks."""
    if not needed:
        return exp.cast(exp.null(), exp.DataType.Type.VARCHAR)
    return exp.func("coalesce", customer_of(known), exp.cast(exp.column("signal_key", "s"), exp.DataType.Type.VARCHAR))


def _sets(column: pa.ChunkedArray) -> tuple[tuple[frozenset[str], ...], npt.NDArray[np.intp]]:
    written = dimension(column)
    sets: dict[frozenset[str], int] = {}
    places = [
        sets.setdefault(frozenset((text or "").split(CAUSES_SEPARATOR)) - {""}, len(sets)) for text in written.values
    ]
    return tuple(sets), np.array(places, dtype=np.intp)[written.places]


def _values(rows: pa.Table) -> npt.NDArray[np.float64]:
    return np.asarray(rows["value"].to_numpy(), dtype=np.float64)


def _spread(rows: pa.Table) -> SymptomBuckets:
    """Departures of whom no signal is known lie in no bucket: they are dealt out to all alike."""
    sets, set_of = _sets(rows["causes"])
    symptom, bucket, value = dimension(rows["symptom"]), rows["bucket"].to_numpy().astype(np.intp), _values(rows)
    lost = np.flatnonzero(bucket < 0)
    kept = np.flatnonzero(bucket >= 0)
    every = np.tile(np.arange(BUCKETS), lost.size)
    return SymptomBuckets(
        sets,
        np.concatenate([set_of[kept], np.repeat(set_of[lost], BUCKETS)]),
        Dimension(symptom.values, np.concatenate([symptom.places[kept], np.repeat(symptom.places[lost], BUCKETS)])),
        np.concatenate([bucket[kept], every]),
        np.concatenate([value[kept], np.repeat(value[lost] / BUCKETS, BUCKETS)]),
    )


@dataclass(frozen=True, slots=True)
class Departed(Question[int]):
    """How many customers had their last day in a range, both days included; merged ones count once. ``lost`` as for
    ``Symptoms``."""

    since: date | None = None
    until: date | None = None
    lost: Lost | None = None

    def days(self) -> tuple[date | None, date | None]:
        """No signals are asked about."""
        return None, None

    def query(self, known: Known) -> exp.Select:
        gone = departures(known, self.lost, self.since, self.until)
        return exp.select(exp.Count(this=exp.Star()).as_("n")).from_(gone.subquery("g"))

    def answer(self, rows: pa.Table) -> int:
        return int(rows["n"][0].as_py())
