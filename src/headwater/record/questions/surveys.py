"""What a survey's answers add up to: every question's scores and choices, and how many responses, in one scan."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.demand import Dimension, dimension, in_order
from headwater.record.questions.question import Known, Question
from headwater.record.questions.signals import Signal, read_signals, signals_where
from headwater.record.views import Words, labelled, within

RESPONSES: Final = 0
SCORES: Final = 1
WORDS: Final = 2
CHOICES: Final = 3
MOST_CHOSEN: Final = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class AnswerCounts:
    """Counts in columns, one entry a row; no two rows have the same of all.

    ``part``: what is counted. ``RESPONSES`` are responses; ``SCORES`` are answers with a score, by ``key`` (what the
    signals name as their question), ``value`` (the metric) and ``score``; ``WORDS`` are answers in words, by ``key``;
    ``CHOICES`` are responses by ``key`` (an attribute) and its ``value``. ``by`` are the further dimensions, ``bucket``
    is the customer bucket, ``n`` the count.
    """

    part: npt.NDArray[np.intp]
    key: Dimension
    value: Dimension
    score: npt.NDArray[np.float64]
    by: tuple[Dimension, ...]
    bucket: npt.NDArray[np.intp]
    n: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SurveyAnswers(Question[AnswerCounts]):
    """Answers to one survey, anonymous ones with all that was chosen: whoever asks leaves small groups out. A response
    is what its signals name as theirs; what a response chose stands among the attributes of each of its signals.

    Args:
        source: where the survey's signals come from.
        choices: the attributes that hold what was chosen.
        by: further dimensions, as in ``Sums``, without ``cause``; the same throughout a response.
        where: only signals that match.
        since, until: first and last local day, both included.
        only_choices: nothing is counted but what was chosen, and at most ``MOST_CHOSEN`` rows and one more come back.
    """

    source: str
    choices: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    where: Filter | None = None
    since: date | None = None
    until: date | None = None
    only_choices: bool = False

    def query(self, known: Known) -> exp.Select:
        others = [] if self.only_choices else [self._responses(), self._scores(), self._words()]
        found = self._united([*others, *self._choices()], known)
        return found.limit(MOST_CHOSEN + 1) if self.only_choices else found

    def _united(self, parts: list[exp.Select], known: Known) -> exp.Select:
        if len(parts) == 1:
            return parts[0].with_("said", as_=self._said(known)).with_("responses", as_=self._by_response())
        return (
            exp.select("*")
            .from_(exp.union(*parts, distinct=False, copy=False).subquery("a"))
            .with_("said", as_=self._said(known))
            .with_("responses", as_=self._by_response())
        )

    def _said(self, known: Known) -> exp.Select:
        """The survey's signals with all that is counted by."""
        words = Words(known.columns, disclosed=True)
        tests = [
            exp.column("source", "s").eq(exp.Literal.string(self.source)),
            exp.column("kind", "s").neq(exp.Literal.string("event")),
            *within(exp.column("local_date", "s"), self.since, self.until),
        ]
        if self.where is not None:
            tests.append(words.condition(self.where))
        own = exp.func("coalesce", exp.column("response_id", "s"), exp.column("record_id", "s"))
        columns = [
            own.as_("response"),
            exp.column("customer_bucket", "s").as_("bucket"),
            words.attribute("question").as_("question"),
            exp.column("metric", "s"),
            exp.column("score", "s"),
            exp.not_(exp.column("text", "s").is_(exp.null())).as_("worded"),
            *(words.dimension(name).as_(f"d{place}") for place, name in enumerate(self.by)),
            *(words.attribute(name).as_(f"c{place}") for place, name in enumerate(self.choices)),
        ]
        return labelled(exp.select(*columns).where(*tests))

    def _by_response(self) -> exp.Select:
        """One row a response: what it chose stands on each of its signals."""
        named = ["bucket", *self._dimensions, *(f"c{place}" for place in range(len(self.choices)))]
        return (
            exp.select("response", *(exp.Max(this=exp.column(one)).as_(one) for one in named))
            .from_("said")
            .group_by("response")
        )

    @property
    def _dimensions(self) -> list[str]:
        return [f"d{place}" for place in range(len(self.by))]

    def _responses(self) -> exp.Select:
        return self._part(RESPONSES, "responses", {})

    def _scores(self) -> exp.Select:
        given = exp.not_(exp.column("score").is_(exp.null()))
        columns = {"key": "question", "value": "metric", "score": "score"}
        return self._part(SCORES, "said", columns).where(given)

    def _words(self) -> exp.Select:
        return self._part(WORDS, "said", {"key": "question"}).where(exp.column("worded"))

    def _choices(self) -> Iterable[exp.Select]:
        for place, name in enumerate(self.choices):
            chosen = exp.not_(exp.column(f"c{place}").is_(exp.null()))
            query = self._part(CHOICES, "responses", {"value": f"c{place}"}, key=exp.Literal.string(name))
            yield query.where(chosen)

    def _part(self, part: int, table: str, columns: dict[str, str], *, key: exp.Expr | None = None) -> exp.Select:
        """One part of the answer, grouped by its columns, the dimensions and the bucket."""
        nothing = exp.cast(exp.null(), exp.DataType.Type.VARCHAR)
        unscored = exp.cast(exp.null(), exp.DataType.Type.DOUBLE)
        read: dict[str, exp.Expr] = {name: exp.column(column) for name, column in columns.items()}
        shown = [
            exp.Literal.number(part).as_("part"),
            (read.get("key", nothing) if key is None else key).as_("key"),
            read.get("value", nothing.copy()).as_("value"),
            read.get("score", unscored).as_("score"),
            *(exp.column(one) for one in self._dimensions),
            exp.column("bucket"),
            exp.Count(this=exp.Star()).as_("n"),
        ]
        return exp.select(*shown).from_(table).group_by(*columns.values(), *self._dimensions, "bucket")

    def answer(self, rows: pa.Table) -> AnswerCounts:
        rows = in_order(rows, "part", "key", "value", "score", *self._dimensions, "bucket")
        return AnswerCounts(
            _whole(rows["part"]),
            dimension(rows["key"]),
            dimension(rows["value"]),
            rows["score"].to_numpy().astype(np.float64),
            tuple(dimension(rows[one]) for one in self._dimensions),
            _whole(rows["bucket"]),
            rows["n"].to_numpy().astype(np.int64),
        )


def _whole(column: pa.ChunkedArray) -> npt.NDArray[np.intp]:
    return np.asarray(column.to_numpy(), dtype=np.intp)


@dataclass(frozen=True, slots=True)
class SurveySignals(Question[tuple[Signal, ...]]):
    """The signals of one source after a key, in the order of their keys: page after page, all of them."""

    source: str
    after: int | None = None
    limit: int = 10_000

    def query(self, known: Known) -> exp.Select:
        key = exp.column("signal_key", "s")
        tests: list[exp.Expr] = [exp.column("source", "s").eq(exp.Literal.string(self.source))]
        if self.after is not None:
            tests.append(key > exp.Literal.number(self.after))
        return signals_where(exp.and_(*tests)).order_by(key.asc()).limit(self.limit)

    def answer(self, rows: pa.Table) -> tuple[Signal, ...]:
        return read_signals(rows)
