"""Questions about the journey: how moments went for whom, through which ears each stage is heard, words by stage."""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.question import Known, Question
from headwater.record.questions.signals import Signal, has_words, read_signals, signals_where
from headwater.record.views import Words, column, labelled, literal, negative, within

MAX_WORDS = 100
FRONT_LINE = ("agent", "employee")
HEARD = ("asked", "volunteered", "happened", "front_line")
"""The ears of the listening grid: surveys; contacts, reviews and social posts; events; what colleagues wrote down."""


@dataclass(frozen=True, slots=True)
class MomentTrace:
    """Signals that match show that their customer passed the moment, whether or not their words say so."""

    moment: str
    where: Filter


@dataclass(frozen=True, slots=True)
class MomentSums:
    """Customers of one bucket who passed a moment.

    ``wrong``: for whom it went wrong at least once. ``apart``: the same judged without signals that carry the outcome
    metric themselves, so that a score never proves itself; None where nothing else is known. ``traced``: how many of
    them a trace shows. Scores are those of the outcome metric that these customers gave from the day on which it first
    went wrong, or else from their first signal at the moment.
    """

    moment: str
    wrong: bool
    apart: bool | None
    bucket: int
    customers: int
    traced: int
    scored: int
    score_sum: float
    low: int
    top: int


@dataclass(frozen=True, slots=True)
class MomentOutcomes(Question[tuple[MomentSums, ...]]):
    """Who passed each moment, for whom it went wrong, and which scores both gave afterwards.

    A customer passed a moment when a signal's label names it or a trace matches. It went wrong where such a signal is
    negative or is one of the ``failures``. A signal without a customer stands for a customer of its own; merged
    customers count once. ``where``, ``since`` and ``until`` choose the signals that show the moment; scores are taken
    from everywhere.

    Args:
        metric: the outcome whose scores are compared.
        traces: what else than words shows a moment.
        failures: events that are failures by themselves.
    """

    metric: str
    traces: tuple[MomentTrace, ...] = ()
    failures: tuple[str, ...] = ()
    where: Filter | None = None
    since: date | None = None
    until: date | None = None

    def query(self, known: Known) -> exp.Select:
        words = Words(known.columns)
        moment = exp.column("moment", "l")
        shown = [self._evidence(words, moment, exp.not_(moment.is_(exp.null())), traced=0)]
        shown += [
            self._evidence(words, literal(one.moment), words.condition(one.where), traced=1) for one in self.traces
        ]
        evidence = exp.union(*shown, distinct=False) if len(shown) > 1 else shown[0]
        sums = exp.select(
            "moment",
            "wrong",
            "apart",
            "bucket",
            exp.Count(this=exp.Star()).as_("customers"),
            _total(exp.column("traced"), whole=True).as_("traced"),
            *(_total(exp.column(name), whole=name != "score_sum").as_(name) for name in SCORES),
        )
        return (
            sums.with_("evidence", as_=evidence)
            .with_("passed", as_=_passed())
            .with_("scores", as_=self._scores())
            .with_("outcomes", as_=_outcomes())
            .from_("outcomes")
            .group_by("moment", "wrong", "apart", "bucket")
        )

    def _evidence(self, words: Words, moment: exp.Expr, test: exp.Condition, *, traced: int) -> exp.Select:
        tests = [test, *within(exp.column("local_date", "s"), self.since, self.until)]
        if self.where is not None:
            tests.append(words.condition(self.where))
        failed = exp.column("event", "s").isin(*(literal(name) for name in self.failures or ("",)))
        wrong = exp.func("coalesce", exp.or_(negative(), exp.and_(_is_event(), failed)), exp.false())
        own = exp.func("coalesce", exp.column("metric", "s").eq(literal(self.metric)), exp.false())
        return _with_customers(
            labelled(
                exp.select(
                    moment.copy().as_("moment"),
                    _customer().as_("customer"),
                    exp.column("customer_bucket", "s").as_("bucket"),
                    exp.column("local_date", "s").as_("day"),
                    _flag(wrong).as_("wrong"),
                    _flag(own).as_("own"),
                    exp.Literal.number(traced).as_("traced"),
                ).where(*tests)
            )
        )

    def _scores(self) -> exp.Select:
        chosen = exp.select(
            _customer().as_("customer"),
            exp.column("local_date", "s").as_("day"),
            exp.column("score", "s").as_("score"),
            exp.column("score_band", "s").as_("band"),
        ).from_("signals as s")
        given = exp.not_(exp.column("score", "s").is_(exp.null()))
        return _with_customers(chosen.where(exp.column("metric", "s").eq(literal(self.metric)), given))

    def answer(self, rows: pa.Table) -> tuple[MomentSums, ...]:
        found = (
            MomentSums(
                **{**row, "wrong": bool(row["wrong"]), "apart": None if row["apart"] is None else bool(row["apart"])}
            )
            for row in rows.to_pylist()
        )
        return tuple(sorted(found, key=lambda row: (row.moment, row.bucket, row.wrong, str(row.apart))))


SCORES = ("scored", "score_sum", "low", "top")


def _passed() -> exp.Select:
    """One row a moment and customer: how it went, and the day it first went wrong, else the first day at all."""
    apart, failed = (exp.column(name).eq(exp.Literal.number(value)) for name, value in (("own", 0), ("wrong", 1)))

    def first(test: exp.Condition) -> exp.Expr:
        return exp.func("min", exp.case().when(test, exp.column("day")))

    return (
        exp.select(
            "moment",
            "customer",
            exp.func("min", exp.column("bucket")).as_("bucket"),
            exp.func("max", exp.column("wrong")).as_("wrong"),
            exp.func("max", exp.case().when(apart, exp.column("wrong"))).as_("apart"),
            exp.func("coalesce", first(exp.and_(apart.copy(), failed)), first(apart.copy())).as_("day"),
            exp.func("max", exp.column("traced")).as_("traced"),
        )
        .from_("evidence")
        .group_by("moment", "customer")
    )


def _outcomes() -> exp.Select:
    """The same with the scores that the customer gave from that day on."""

    def banded(band: int) -> exp.Expr:
        return exp.func(
            "count", exp.case().when(exp.column("band", "g").eq(exp.Literal.number(band)), exp.Literal.number(1))
        )

    keys = [exp.column(name, "p") for name in ("moment", "customer", "bucket", "wrong", "apart", "traced")]
    same = exp.column("customer", "p").eq(exp.column("customer", "g"))
    later = exp.column("day", "g") >= exp.column("day", "p")
    return (
        exp.select(*keys)
        .select(
            exp.func("count", exp.column("score", "g")).as_("scored"),
            _total(exp.column("score", "g"), whole=False).as_("score_sum"),
            banded(-1).as_("low"),
            banded(1).as_("top"),
        )
        .from_("passed as p")
        .join("scores as g", on=exp.and_(same, later), join_type="left")
        .group_by(*(key.copy() for key in keys))
    )


@dataclass(frozen=True, slots=True)
class HeardSums:
    """What one bucket of customers told at a stage through one ear; ``stage`` is None where it is not known."""

    stage: str | None
    heard: str
    bucket: int
    customers: int
    n: int
    negative: int


@dataclass(frozen=True, slots=True)
class Heard(Question[tuple[HeardSums, ...]]):
    """Signals, negative signals and distinct customers by stage and ear (:data:`HEARD`) and customer bucket."""

    where: Filter | None = None
    since: date | None = None
    until: date | None = None

    def query(self, known: Known) -> exp.Select:
        tests = within(exp.column("local_date", "s"), self.since, self.until)
        if self.where is not None:
            tests.append(Words(known.columns).condition(self.where))
        rows = labelled(
            exp.select(
                column("stage").as_("stage"),
                _heard().as_("heard"),
                _customer().as_("customer"),
                exp.column("customer_bucket", "s").as_("bucket"),
                _flag(negative()).as_("negative"),
            ).where(*tests)
        )
        told = (
            exp.select(
                "stage",
                "heard",
                "customer",
                exp.func("min", exp.column("bucket")).as_("bucket"),
                exp.Count(this=exp.Star()).as_("n"),
                _total(exp.column("negative"), whole=True).as_("negative"),
            )
            .from_(_with_customers(rows).subquery("r"))
            .group_by("stage", "heard", "customer")
        )
        return (
            exp.select("stage", "heard", "bucket", exp.Count(this=exp.Star()).as_("customers"))
            .select(*(_total(exp.column(name), whole=True).as_(name) for name in ("n", "negative")))
            .from_(told.subquery("t"))
            .group_by("stage", "heard", "bucket")
        )

    def answer(self, rows: pa.Table) -> tuple[HeardSums, ...]:
        found = (HeardSums(**row) for row in rows.to_pylist())
        return tuple(sorted(found, key=lambda row: (row.stage or "~", row.heard, row.bucket)))


@dataclass(frozen=True, slots=True)
class WordsByStage(Question[tuple[Signal, ...]]):
    """The newest signals with words of every stage, at most ``most`` of each; stages in no order."""

    where: Filter | None = None
    since: date | None = None
    until: date | None = None
    most: int = 20

    def query(self, known: Known) -> exp.Select:
        stage = column("stage")
        tests = [has_words(), exp.not_(stage.copy().is_(exp.null()))]
        tests += within(exp.column("local_date", "s"), self.since, self.until)
        if self.where is not None:
            tests.append(Words(known.columns).condition(self.where))
        newest = exp.Order(
            expressions=[
                exp.Ordered(this=exp.column("occurred_at", "s"), desc=True, nulls_first=False),
                exp.Ordered(this=exp.column("signal_key", "s"), desc=False, nulls_first=False),
            ]
        )
        place = exp.Window(this=exp.RowNumber(), partition_by=[stage], order=newest)
        placed = labelled(exp.select(exp.column("signal_key", "s"), place.as_("place")).where(*tests))
        most = exp.Literal.number(min(max(self.most, 0), MAX_WORDS))
        chosen = exp.select("signal_key").from_(placed.subquery("placed")).where(exp.column("place") <= most)
        return signals_where(exp.column("signal_key", "s").isin(query=chosen))

    def answer(self, rows: pa.Table) -> tuple[Signal, ...]:
        return tuple(sorted(read_signals(rows), key=_newest_first))


def _newest_first(row: Signal) -> tuple[float, int]:
    return -(row.occurred_at.timestamp() if row.occurred_at else 0.0), row.signal_key


def _heard() -> exp.Expr:
    front = exp.column("author", "s").isin(*(literal(author) for author in FRONT_LINE))
    asked, volunteered, happened, told = (literal(name) for name in HEARD)
    return (
        exp.case()
        .when(_is_event(), happened)
        .when(front, told)
        .when(exp.column("kind", "s").eq(literal("survey")), asked)
        .else_(volunteered)
    )


def _is_event() -> exp.Condition:
    return exp.column("kind", "s").eq(literal("event"))


def _customer() -> exp.Expr:
    """Who: the customer that this one was merged into, else itself; a signal that names none is a customer apart."""
    alone = exp.cast(exp.column("signal_key", "s"), exp.DataType.Type.VARCHAR)
    return exp.func("coalesce", exp.column("merged_into", "c"), exp.column("customer_id", "s"), alone)


def _with_customers(query: exp.Select) -> exp.Select:
    same = exp.column("customer_id", "s").eq(exp.column("customer_id", "c"))
    return query.join("customers as c", on=same, join_type="left")


def _flag(test: exp.Condition) -> exp.Expr:
    return exp.case().when(test, exp.Literal.number(1)).else_(exp.Literal.number(0))


def _total(value: exp.Expr, *, whole: bool) -> exp.Expr:
    """A sum that is never null; of counts a whole number in every engine."""
    zero = exp.Literal.number(0 if whole else "0e0")
    total = exp.func("coalesce", exp.func("sum", value), zero)
    return exp.cast(total, exp.DataType.Type.BIGINT if whole else exp.DataType.Type.DOUBLE)
