"""Which sums a rollup can answer, and how."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlglot import exp

from headwater.record.filters import Compare, Filter, Term, every
from headwater.record.questions.question import Known
from headwater.record.schema import PROMOTED, SUMS, promoted_column
from headwater.record.views import PERIODS, Words, among, literal, period, within

if TYPE_CHECKING:
    from headwater.record.questions.sums import Sums

TIMES = {"local_date", "day", "week", "month"}
MONTHLY = {"rollup_buckets", "rollup_cause_buckets", "rollup_sets", "rollup_set_buckets"}
ROLLUP_ORDER = ("rollup_buckets", "rollup_cause_buckets", "rollup_days", "rollup_causes")
SETS = ("rollup_sets", "rollup_set_buckets")


def rolled_up(question: "Sums", known: Known) -> exp.Select | None:
    """The question over a rollup that has all it needs; None where only the rows can answer."""
    where, cause = _split_cause(question.where, "cause" in question.by)
    needed = {_column(name) for name in question.dimensions}
    needed |= {_column(_spelled(term)) for term in (where.terms() if where else ())}
    if cause is not None:
        needed.add("cause")
    if question.metric is not None:
        needed.add("metric")
    for name in SETS if "causes" in needed else ROLLUP_ORDER:
        columns = known.rollups.get(name)
        if columns is None or not needed <= columns | TIMES:
            continue
        if ("cause" in columns) != ("cause" in needed):
            continue  # a signal stands in it once for each cause
        if name in MONTHLY and not _whole_months(question, needed):
            continue
        return _over(question, known, name, where, cause)
    return None


def _split_cause(where: Filter | None, by_cause: bool) -> tuple[Filter | None, str | None]:
    """Take a single test ``cause = 'x'`` out of a filter: of a rollup by cause it selects rows. Grouped by cause it
    cannot: the signal's other causes count too."""
    if where is None or by_cause:
        return where, None
    tests = [
        part
        for part in where.conjuncts()
        if isinstance(part, Compare) and part.term == Term("cause", "cause") and part.operator == "="
    ]
    if len(tests) != 1:
        return where, None
    rest = [Filter(part) for part in where.conjuncts() if part is not tests[0]]
    return every(*rest), str(tests[0].value)


def _spelled(term: Term) -> str:
    """The dimension that a term speaks of; a cause in a filter means more than a rollup by cause knows."""
    if term.kind == "cause":
        return "any cause"
    return PROMOTED + term.name if term.kind == "attribute" else str(term)


def _column(dimension: str) -> str:
    if dimension.startswith(PROMOTED):
        return promoted_column(dimension.removeprefix(PROMOTED))
    return "local_date" if dimension == "day" else dimension


def _whole_months(question: "Sums", needed: set[str]) -> bool:
    if needed & {"local_date", "week"}:
        return False
    since, until = question.since, question.until
    starts = since is None or since.day == 1
    return starts and (until is None or _is_last_of_month(until))


def _is_last_of_month(day: date) -> bool:
    return day == date.max or (day + timedelta(days=1)).day == 1


def _over(question: "Sums", known: Known, name: str, where: Filter | None, cause: str | None) -> exp.Select:
    time = exp.column("month" if name in MONTHLY else "day")
    names = [f"d{place}" for place in range(len(question.dimensions))]
    dimensions = [_dimension(one, time).as_(alias) for one, alias in zip(question.dimensions, names, strict=True)]
    tests = within(time, question.since, question.until)
    if question.metric is not None:
        tests.append(exp.column("metric").eq(literal(question.metric)))
    if cause is not None:
        tests.append(exp.column("cause").eq(literal(cause)))
    if where is not None:
        tests.append(Words(frozenset()).over(where, lambda term: _dimension(_spelled(term), time)))
    sums = [column.name for column in SUMS]
    # Expressions copy themselves at every step unless told otherwise, which would take longer than the answer.
    matching: exp.Query = exp.select(*dimensions, *sums).from_(name, copy=False).where(*tests, copy=False)
    if touched := known.touched.get(name):
        untouched = matching.where(exp.not_(among(time, touched), copy=False), copy=False)
        rows = question.row_sums(known, touched).subquery("r", copy=False)
        since = exp.select(*names, *sums).from_(rows, copy=False)
        matching = exp.union(untouched, since, distinct=False, copy=False)
    grouped = exp.select(*names, *(_added(column.name) for column in SUMS)).from_(
        matching.subquery("m", copy=False), copy=False
    )
    return question.limited(grouped.group_by(*names, copy=False) if names else grouped)


def _dimension(name: str, time: exp.Expr) -> exp.Expr:
    if name in PERIODS:
        return time.copy() if name == time.name else period(time.copy(), name)
    if name in ("local_date", "day"):
        return time.copy()
    return exp.column(_column(name), quoted=True)


def _added(column: str) -> exp.Expr:
    """Counts stay whole numbers, which a sum of them would not."""
    is_sum = column.startswith("score_")
    zero = exp.Literal.number("0e0" if is_sum else 0)
    total = exp.func("coalesce", exp.func("sum", exp.column(column)), zero)
    return exp.cast(total, exp.DataType.Type.DOUBLE if is_sum else exp.DataType.Type.BIGINT).as_(column)
