"""The one question about colleagues' signals: scores of a department in a month, and only where enough answered."""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from sqlglot import exp

from headwater.record.questions.question import Known, Question
from headwater.record.views import literal, period

MINIMUM = 5
"""No group of fewer answers is ever given out; a caller may ask for more, never for less."""


@dataclass(frozen=True, slots=True)
class TeamScore:
    """The answers of one department in one month: how many, their sum, and how many are low and top."""

    month: date
    department: str
    n: int
    score_sum: float
    low: int
    top: int


@dataclass(frozen=True, slots=True)
class TeamScores(Question[tuple[TeamScore, ...]]):
    """A metric by department and calendar month.

    Months and departments are fixed and no total is given, so that two questions cannot be subtracted to find a group
    too small to be shown; words are never given out. Groups under ``minimum`` (at least 5) are left out.
    """

    metric: str
    minimum: int = MINIMUM

    def query(self, known: Known) -> exp.Select:
        def count(band: int) -> exp.Expr:
            test = exp.column("score_band").eq(exp.Literal.number(band))
            return exp.func("count", exp.case().when(test, exp.Literal.number(1)))

        scored = exp.not_(exp.column("score").is_(exp.null()))
        named = exp.not_(exp.column("department").is_(exp.null()))
        months = (
            exp.select(period(exp.column("local_date"), "month").as_("month"), "department", "score", "score_band")
            .from_("employee_signals")
            .where(exp.column("metric").eq(literal(self.metric)), scored, named)
        )
        enough = exp.Count(this=exp.Star()) >= exp.Literal.number(max(self.minimum, MINIMUM))
        return (
            exp.select("month", "department", exp.Count(this=exp.Star()).as_("n"))
            .select(exp.func("sum", exp.column("score")).as_("score_sum"), count(-1).as_("low"), count(1).as_("top"))
            .from_(months.subquery("m"))
            .group_by("month", "department")
            .having(enough)
            .order_by("month", "department")
        )

    def answer(self, rows: pa.Table) -> tuple[TeamScore, ...]:
        return tuple(TeamScore(**row) for row in rows.to_pylist())
