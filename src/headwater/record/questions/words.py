"""Questions about the words of signals: which of some signals match, and which say given words."""

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.question import Known, Question
from headwater.record.questions.signals import (
    MAX_ROWS,
    MAX_SAMPLE,
    ORDERS,
    Page,
    Signal,
    chosen_first,
    has_words,
    read_signals,
    shuffled,
    signals_where,
)
from headwater.record.views import Words, column, labelled, negative, within


@dataclass(frozen=True, slots=True)
class SignalsAmong(Question[tuple[Signal, ...]]):
    """Of the signals of these keys those that match a filter, by key."""

    signal_keys: tuple[int, ...]
    where: Filter | None = None

    def query(self, known: Known) -> exp.Select:
        key = exp.column("signal_key", "s")
        keys: list[exp.Expr] = [exp.Literal.number(one) for one in self.signal_keys] or [exp.null()]
        test: exp.Condition = key.isin(*keys)
        if self.where is not None:
            test = exp.and_(test, Words(known.columns).condition(self.where))
        return signals_where(test).order_by(key.asc())

    def answer(self, rows: pa.Table) -> tuple[Signal, ...]:
        return read_signals(rows)


@dataclass(frozen=True, slots=True, eq=False)
class KeysAnswer:
    """Keys in their order; ``complete`` is False where there are more."""

    keys: NDArray[np.int64]
    complete: bool


@dataclass(frozen=True, slots=True)
class MatchingKeys(Question[KeysAnswer]):
    """The keys of signals with words that match, ``limit`` at most."""

    where: Filter | None = None
    since: date | None = None
    until: date | None = None
    limit: int = MAX_SAMPLE

    def query(self, known: Known) -> exp.Select:
        tests = [has_words(), *within(exp.column("local_date", "s"), self.since, self.until)]
        if self.where is not None:
            tests.append(Words(known.columns).condition(self.where))
        return (
            labelled(exp.select(exp.column("signal_key", "s")).where(*tests))
            .order_by("signal_key")
            .limit(self._limit + 1)
        )

    @property
    def _limit(self) -> int:
        return min(self.limit, MAX_SAMPLE)

    def answer(self, rows: pa.Table) -> KeysAnswer:
        keys = rows["signal_key"].to_numpy()
        return KeysAnswer(keys[: self._limit], len(keys) <= self._limit)


@dataclass(frozen=True, slots=True)
class WordMatches(Question[Page]):
    """A page of signals that say every one of these words or phrases, as whole words in any case, newest first."""

    parts: tuple[str, ...]
    where: Filter | None = None
    since: date | None = None
    until: date | None = None
    limit: int = 20
    offset: int = 0

    def query(self, known: Known) -> exp.Select:
        words = Words(known.columns)
        tests = [has_words(), *within(exp.column("local_date", "s"), self.since, self.until)]
        for part in self.parts:
            tests += _says(part.lower())
        if self.where is not None:
            tests.append(words.condition(self.where))
        chosen = labelled(exp.select(exp.column("signal_key", "s")).where(*tests)).order_by(*ORDERS["newest"])
        chosen = chosen.limit(self._limit + 1).offset(max(self.offset, 0))
        return signals_where(chosen_first(chosen)).order_by(*ORDERS["newest"])

    @property
    def _limit(self) -> int:
        return min(max(self.limit, 0), MAX_ROWS)

    def answer(self, rows: pa.Table) -> Page:
        found = read_signals(rows)
        return Page(found[: self._limit], len(found) > self._limit)


def _says(part: str) -> list[exp.Condition]:
    """First whether it is there at all, which is quick; then whether as whole words."""
    text = exp.Lower(this=exp.column("text", "s"))
    there = exp.GT(this=exp.StrPosition(this=text, substr=exp.Literal.string(part)), expression=exp.Literal.number(0))
    edge = r"[^\p{L}\p{N}]"
    whole = exp.Literal.string(f"(^|{edge}){re.escape(part)}({edge}|$)")
    return [there, exp.RegexpLike(this=text.copy(), expression=whole)]


@dataclass(frozen=True, slots=True)
class Comments:
    """Comments drawn at random, entry by entry. ``causes`` are those they name now, ``said_by`` who labelled them.
    ``positive``: glad ones; ``contact``: with which a customer got in touch."""

    signal_keys: tuple[int, ...]
    days: tuple[date, ...]
    texts: tuple[str, ...]
    customers: tuple[str | None, ...]
    stages: tuple[str | None, ...]
    negative: tuple[bool, ...]
    positive: tuple[bool, ...]
    contact: tuple[bool, ...]
    causes: tuple[tuple[str, ...], ...]
    said_by: tuple[str | None, ...]
    languages: tuple[str | None, ...]


_SAMPLED = ("signal_key", "local_date", "text", "customer_id", "kind", "language")


@dataclass(frozen=True, slots=True)
class CommentSample(Question[Comments]):
    """Comments of some days, every one with the same chance; the same seed draws the same while they are there."""

    n: int
    seed: int
    since: date | None = None
    until: date | None = None
    where: Filter | None = None

    def query(self, known: Known) -> exp.Select:
        tests = [has_words(), *within(exp.column("local_date", "s"), self.since, self.until)]
        if self.where is not None:
            tests.append(Words(known.columns).condition(self.where))
        columns = [exp.column(name, "s") for name in _SAMPLED]
        made = [column("stage").as_("stage"), negative().as_("negative"), exp.column("causes", "l")]
        made.append(column("sentiment").as_("sentiment"))
        rows = labelled(exp.select(*columns, *made, exp.column("author", "l").as_("said_by")).where(*tests))
        return rows.order_by(shuffled(self.seed)).limit(min(self.n, MAX_SAMPLE))

    def answer(self, rows: pa.Table) -> Comments:
        drawn = rows.to_pydict()
        return Comments(
            signal_keys=tuple(drawn["signal_key"]),
            days=tuple(drawn["local_date"]),
            texts=tuple(drawn["text"]),
            customers=tuple(drawn["customer_id"]),
            stages=tuple(drawn["stage"]),
            negative=tuple(drawn["negative"]),
            positive=tuple(one == "positive" for one in drawn["sentiment"]),
            contact=tuple(one == "contact" for one in drawn["kind"]),
            causes=tuple(tuple(one or ()) for one in drawn["causes"]),
            said_by=tuple(drawn["said_by"]),
            languages=tuple(drawn["language"]),
        )
