"""Questions about single signals: pages of verbatims, a customer's timeline, random words to label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter, equals, every
from headwater.record.keys import hash64
from headwater.record.questions.question import Known, Question
from headwater.record.schema import OPEN_ATTRIBUTES
from headwater.record.views import EVENT_DAYS, Words, anonymous, column, labelled, negative, within

Order = Literal["newest", "oldest", "lowest", "longest"]
MAX_ROWS = 1_000
MAX_SAMPLE = 200_000
FEWER_DAYS = (10, 100)
"""The newest of millions are mostly among those of the last days."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal with its effective stage and sentiment, what the source said of them, and its labels."""

    signal_key: int
    source: str
    record_id: str | None
    revision: int
    kind: str | None
    occurred_at: datetime | None
    local_date: date | None
    customer_id: str | None
    response_id: str | None
    conversation_id: str | None
    subject_id: str | None
    author: str | None
    channel: str | None
    language: str | None
    metric: str | None
    score: float | None
    scale: str | None
    score_band: int | None
    text: str | None
    event: str | None
    amount: float | None
    currency: str | None
    stage: str | None
    sentiment: str | None
    source_stage: str | None
    source_sentiment: str | None
    moment: str | None
    effort: str | None
    stage_confidence: float | None
    moment_confidence: float | None
    sentiment_confidence: float | None
    effort_confidence: float | None
    label_author: str | None
    model: str | None
    negative: bool
    causes: tuple[str, ...]
    cause_confidences: tuple[float, ...]
    attributes: Mapping[str, str | None]
    anonymous: bool = False


COLUMNS = tuple(Signal.__slots__)
_MADE = ("negative", "causes", "cause_confidences", "anonymous")


@dataclass(frozen=True, slots=True)
class Page:
    """``more`` says whether there are rows after these."""

    rows: tuple[Signal, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Verbatims(Question[Page]):
    """A page of signals that have words. ``cause``, ``stage`` and ``negative`` narrow ``where`` further."""

    where: Filter | None = None
    since: date | None = None
    until: date | None = None
    cause: str | None = None
    stage: str | None = None
    negative: bool | None = None
    order: Order = "newest"
    limit: int = 20
    offset: int = 0
    event_days: int = EVENT_DAYS

    def over_fewer_days(self, last_day: date) -> Sequence["Verbatims"]:
        """The newest are among those of the last days, where there are enough of them."""
        if self.order != "newest" or self.since is not None:
            return ()
        end = min(last_day, self.until or last_day)
        return [replace(self, since=end - timedelta(days=days)) for days in FEWER_DAYS]

    def stands(self, answer: Page) -> bool:
        """A full page that keeps a day's distance from the first: days are the company's, times are UTC."""
        oldest = answer.rows[-1].occurred_at if answer.more and answer.rows else None
        return oldest is not None and self.since is not None and oldest.date() > self.since + timedelta(days=1)

    def query(self, known: Known) -> exp.Select:
        words = Words(known.columns, self.event_days)
        days = within(exp.column("local_date", "s"), self.since, self.until)
        tests = [has_words(), *days]
        narrowed = every(
            self.where,
            None if self.cause is None else equals("cause", self.cause),
            None if self.stage is None else equals("stage", self.stage),
            None if self.negative is None else equals("negative", "yes" if self.negative else "no"),
        )
        if narrowed is not None:
            tests.append(words.condition(narrowed))
        chosen = labelled(exp.select(exp.column("signal_key", "s")).where(*tests)).order_by(*ORDERS[self.order])
        chosen = chosen.limit(self._limit + 1).offset(max(self.offset, 0))
        # The days once more: engines do not look through the choice to skip the parts of other days.
        return signals_where(exp.and_(*days, chosen_first(chosen))).order_by(*ORDERS[self.order])

    @property
    def _limit(self) -> int:
        return min(max(self.limit, 0), MAX_ROWS)

    def answer(self, rows: pa.Table) -> Page:
        found = read_signals(rows)
        return Page(found[: self._limit], len(found) > self._limit)


@dataclass(frozen=True, slots=True)
class Timeline(Question[Page]):
    """Everything of one customer, newest first; ids that were merged are one customer."""

    customer_id: str
    limit: int = 200

    def query(self, known: Known) -> exp.Select:
        ids = customer_ids(self.customer_id, known.merged)
        test = exp.column("customer_id", "s").isin(*(exp.Literal.string(one) for one in ids))
        newest = exp.select("*").from_("signals as s").where(test).order_by(*ORDERS["newest"])
        newest = newest.limit(min(self.limit, MAX_ROWS) + 1)
        # Labels of those alone, by day too: engines then skip the parts of other days.
        same = [exp.column(name, "s").eq(exp.column(name, "l")) for name in ("signal_key", "local_date")]
        query = _whole().from_("newest as s").join("labels as l", on=exp.and_(*same), join_type="left")
        return query.order_by(*ORDERS["newest"]).with_("newest", as_=newest)

    def answer(self, rows: pa.Table) -> Page:
        found = read_signals(rows)
        limit = min(self.limit, MAX_ROWS)
        return Page(found[:limit], len(found) > limit)


@dataclass(frozen=True, slots=True)
class SignalRow(Question[Signal | None]):
    """One signal; None where there is none of this key."""

    signal_key: int

    def query(self, known: Known) -> exp.Select:
        return signals_where(exp.column("signal_key", "s").eq(exp.Literal.number(self.signal_key)))

    def answer(self, rows: pa.Table) -> Signal | None:
        return next(iter(read_signals(rows)), None)


@dataclass(frozen=True, slots=True)
class SignalRows(Question[tuple[Signal, ...]]):
    """The signals of these keys that are there, by key."""

    signal_keys: tuple[int, ...]

    def query(self, known: Known) -> exp.Select:
        key = exp.column("signal_key", "s")
        keys: list[exp.Expr] = [exp.Literal.number(one) for one in self.signal_keys] or [exp.null()]
        return signals_where(key.isin(*keys)).order_by(key.asc())

    def answer(self, rows: pa.Table) -> tuple[Signal, ...]:
        return read_signals(rows)


@dataclass(frozen=True, slots=True)
class RandomVerbatims(Question[tuple[Signal, ...]]):
    """Signals with words, drawn at random, every one with the same chance; the same seed draws the same."""

    n: int
    seed: int
    where: Filter | None = None

    def query(self, known: Known) -> exp.Select:
        tests = [has_words()]
        if self.where is not None:
            tests.append(Words(known.columns).condition(self.where))
        chosen = labelled(exp.select(exp.column("signal_key", "s")).where(*tests))
        chosen = chosen.order_by(shuffled(self.seed)).limit(min(self.n, MAX_ROWS))
        return signals_where(chosen_first(chosen)).order_by(shuffled(self.seed))

    def answer(self, rows: pa.Table) -> tuple[Signal, ...]:
        return read_signals(rows)


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts drawn at random, with their keys and languages, entry by entry."""

    signal_keys: tuple[int, ...]
    texts: tuple[str, ...]
    languages: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class TextSample(Question[Texts]):
    """Words to learn from, drawn at random, every text with the same chance."""

    n: int
    seed: int

    def query(self, known: Known) -> exp.Select:
        columns = [exp.column(name, "s") for name in ("signal_key", "text", "language")]
        query = exp.select(*columns).from_("signals as s").where(has_words())
        return query.order_by(shuffled(self.seed)).limit(min(self.n, MAX_SAMPLE))

    def answer(self, rows: pa.Table) -> Texts:
        return Texts(*(tuple(rows[name].to_pylist()) for name in ("signal_key", "text", "language")))


def has_words() -> exp.Condition:
    return exp.column("text", "s").neq(exp.Literal.string(""))


def shuffled(seed: int) -> exp.Expr:
    """A random order: keys are hashes already, and a random mask picks which of them come first."""
    mask = exp.Literal.number(str(hash64(f"seed {seed}")))
    return exp.BitwiseXor(this=exp.column("signal_key", "s"), expression=mask)


def customer_ids(customer_id: str, merged: Mapping[str, str]) -> tuple[str, ...]:
    """All ids of the customer that this id belongs to."""
    main = merged.get(customer_id, customer_id)
    return main, *sorted(one for one, into in merged.items() if into == main)


def signals_where(test: exp.Condition) -> exp.Select:
    """Whole signals."""
    return labelled(_whole().where(test))


def _whole() -> exp.Select:
    columns = [column(name).as_(name) for name in COLUMNS if name not in _MADE]
    made = [negative().as_("negative"), exp.column("causes", "l"), exp.column("cause_confidences", "l")]
    return exp.select(*columns, *made, anonymous().as_("anonymous"))


def chosen_first(chosen: exp.Select) -> exp.Condition:
    """Whether a signal is in a sorted, limited choice of keys, as a subquery that every engine accepts after ``in``."""
    return exp.column("signal_key", "s").isin(query=exp.select("signal_key").from_(chosen.subquery("chosen")))


def read_signals(rows: pa.Table) -> tuple[Signal, ...]:
    """Whole signals from the rows of :func:`signals_where`; of an anonymous answer what was asked, and nothing that may
    single out who answered."""
    return tuple(
        Signal(
            **{
                **row,
                "causes": tuple(row["causes"] or ()),
                "cause_confidences": tuple(row["cause_confidences"] or ()),
                "attributes": {
                    name: value
                    for name, value in row["attributes"] or ()
                    if not row["anonymous"] or name in OPEN_ATTRIBUTES
                },
            }
        )
        for row in rows.to_pylist()
    )


def _order_by(first: exp.Expr) -> tuple[exp.Expr, ...]:
    """Ties are broken by the key, so that pages do not overlap. Unknown values come last in every engine."""
    return first, exp.Ordered(this=exp.column("signal_key", "s"), desc=False, nulls_first=False)


ORDERS: dict[Order, tuple[exp.Expr, ...]] = {
    "newest": _order_by(exp.Ordered(this=exp.column("occurred_at", "s"), desc=True, nulls_first=False)),
    "oldest": _order_by(exp.Ordered(this=exp.column("occurred_at", "s"), desc=False, nulls_first=False)),
    "lowest": _order_by(exp.Ordered(this=exp.column("score", "s"), desc=False, nulls_first=False)),
    "longest": _order_by(exp.Ordered(this=exp.func("length", exp.column("text", "s")), desc=True, nulls_first=False)),
}
