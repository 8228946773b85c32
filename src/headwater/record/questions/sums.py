"""The grouped question: counts and sums of signals, from which every metric and its interval are derived."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.question import Known, Question
from headwater.record.questions.rolled import rolled_up
from headwater.record.schema import SUMS
from headwater.record.views import EVENT_DAYS, Words, among, each_cause, labelled, literal, negative, within

MAX_GROUPS = 200_000


@dataclass(frozen=True, slots=True)
class BucketSums:
    """One entry for each customer bucket in which the group has signals."""

    n: tuple[int, ...]
    negative: tuple[int, ...]
    scored: tuple[int, ...]
    score_sum: tuple[float, ...]
    low: tuple[int, ...]
    top: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SumsRow:
    """``group`` maps each dimension to its value, None where it is not known. ``scored`` signals have a score, of
    which ``low`` lie in the metric's low range and ``top`` in its top range."""

    group: Mapping[str, str | None]
    n: int
    negative: int
    scored: int
    score_sum: float
    score_sumsq: float
    low: int
    top: int
    customers: int | None = None
    buckets: BucketSums | None = None


@dataclass(frozen=True, slots=True)
class SumsAnswer:
    """Rows in the order of their groups, unknown last. ``complete`` is False where smaller groups were left out."""

    rows: tuple[SumsRow, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Sums(Question[SumsAnswer]):
    """Sums of the signals that match, by dimensions (``views.DIMENSIONS``, ``attribute:NAME``, ``event:NAME``).

    Args:
        by: the dimensions; ``cause`` counts a signal once for each of its causes, and under None when it has none.
        where: only signals that match.
        since, until: first and last local day, both included.
        metric: only signals of this metric.
        customers: count distinct customers too, exactly; those merged count once.
        buckets: give the sums of each customer bucket too, for intervals that know that customers answer twice.
        event_days: the window of ``event:NAME`` where no subject ties signal and event together.
        limit: the largest groups only, at most.
        disclosed: know what tells anonymous answers apart, which is unknown otherwise; for whoever leaves small groups
            out before anything is shown.
    """

    by: tuple[str, ...] = ()
    where: Filter | None = None
    since: date | None = None
    until: date | None = None
    metric: str | None = None
    customers: bool = False
    buckets: bool = False
    event_days: int = EVENT_DAYS
    limit: int = MAX_GROUPS
    disclosed: bool = False

    @property
    def dimensions(self) -> tuple[str, ...]:
        return (*self.by, "bucket") if self.buckets and "bucket" not in self.by else self.by

    def query(self, known: Known) -> exp.Select:
        rolled = None if self.customers or self.disclosed else rolled_up(self, known)
        if rolled is not None:
            return rolled
        return self.from_rows(known)

    def from_rows(self, known: Known) -> exp.Select:
        """The answer from signals and labels themselves."""
        return self.limited(self.row_sums(known))

    def row_sums(self, known: Known, days: Collection[date] = ()) -> exp.Select:
        """The sums of signals and labels, of these days where some are given; dimensions are ``d0``, ``d1`` and on."""
        words = Words(known.columns, self.event_days, self.disclosed)
        tests = within(exp.column("local_date", "s"), self.since, self.until)
        if self.metric is not None:
            tests.append(exp.column("metric", "s").eq(literal(self.metric)))
        if self.where is not None:
            tests.append(words.condition(self.where))
        if days:
            tests.append(among(exp.column("local_date", "s"), days))
        named = {f"d{place}": name for place, name in enumerate(self.dimensions)}
        return grouped(words, named, tests, customers=self.customers, days=days)

    def limited(self, grouped: exp.Select) -> exp.Select:
        if not self.dimensions:
            return grouped
        return grouped.order_by(exp.column("n").desc(), copy=False).limit(self._groups, copy=False)

    @property
    def _groups(self) -> int:
        return self.limit * (200 if self.buckets else 1) + 1

    def answer(self, rows: pa.Table) -> SumsAnswer:
        found = rows.to_pylist()
        if not self.dimensions and not (found and found[0]["n"]):
            return SumsAnswer(())
        complete = len(found) < self._groups
        size = len(self.by)
        if not self.buckets or "bucket" in self.by:
            made = (self._row(row, self._group(row, size)) for row in found[: self.limit])
            return SumsAnswer(tuple(sorted(made, key=_order)), complete)
        groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for row in sorted(found[: self._groups - 1], key=lambda row: row[f"d{size}"]):
            groups.setdefault(tuple(row[f"d{place}"] for place in range(size)), []).append(row)
        folded = (self._folded(parts, self._group(parts[0], size)) for parts in groups.values())
        return SumsAnswer(tuple(sorted(folded, key=_order)), complete)

    def _group(self, row: Mapping[str, Any], size: int) -> dict[str, str | None]:
        return {name: as_text(row[f"d{place}"]) for place, name in enumerate(self.by[:size])}

    def _row(self, row: Mapping[str, Any], group: Mapping[str, str | None]) -> SumsRow:
        return SumsRow(group, **{column.name: row[column.name] for column in SUMS}, customers=row.get("customers"))

    def _folded(self, parts: list[dict[str, Any]], group: Mapping[str, str | None]) -> SumsRow:
        totals = {column.name: sum(part[column.name] for part in parts) for column in SUMS}
        wanted = ("n", "negative", "scored", "score_sum", "low", "top")
        return SumsRow(group, **totals, buckets=BucketSums(*(tuple(part[name] for part in parts) for name in wanted)))


def grouped(
    words: Words,
    dimensions: Mapping[str, str],
    tests: Sequence[exp.Expr],
    *,
    customers: bool = False,
    days: Collection[date] = (),
) -> exp.Select:
    """Sums over signals and labels that pass the tests, by dimensions (alias → name). ``days`` are those that the tests
    let through, where they are few."""
    chosen = [
        (each_cause() if name == "cause" else words.dimension(name)).as_(alias, quoted=True)
        for alias, name in dimensions.items()
    ]
    columns = [negative().as_("negative"), exp.column("score", "s"), exp.column("score_band", "s")]
    if customers:
        whose = exp.func("coalesce", exp.column("merged_into", "c"), exp.column("customer_id", "s"))
        same = exp.column("customer_id", "s").eq(exp.column("customer_id", "c"))
        rows = labelled(exp.select(*chosen, *columns, whose.as_("customer")).where(*tests, copy=False))
        rows = rows.join("customers as c", on=same, join_type="left", copy=False)
    else:
        rows = labelled(exp.select(*chosen, *columns).where(*tests, copy=False), days)
    aliases = [exp.column(alias, quoted=True) for alias in dimensions]
    query = exp.select(*aliases, *sums_of_rows()).from_(rows.subquery("m", copy=False), copy=False)
    if customers:
        distinct = exp.Distinct(expressions=[exp.column("customer")])
        query = query.select(exp.Count(this=distinct).as_("customers"), copy=False)
    return query.group_by(*aliases, copy=False) if aliases else query


def sums_of_rows() -> Iterable[exp.Expr]:
    """The addable sums over rows with ``negative``, ``score`` and ``score_band``; never null."""
    score, band = exp.column("score"), exp.column("score_band")

    def count(test: exp.Condition) -> exp.Expr:
        return exp.func("count", exp.case().when(test, exp.Literal.number(1)))

    def total(value: exp.Expr) -> exp.Expr:
        return exp.func("coalesce", exp.func("sum", value), exp.Literal.number("0e0"))

    yield exp.Count(this=exp.Star()).as_("n")
    yield count(exp.column("negative")).as_("negative")
    yield exp.func("count", score).as_("scored")
    yield total(score.copy()).as_("score_sum")
    yield total(exp.Mul(this=score.copy(), expression=score.copy())).as_("score_sumsq")
    yield count(band.eq(exp.Literal.number(-1))).as_("low")
    yield count(band.copy().eq(exp.Literal.number(1))).as_("top")


def as_text(value: object) -> str | None:
    """A group's value as answers write it."""
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else str(value)


def _order(row: SumsRow) -> tuple[tuple[bool, str], ...]:
    return tuple((value is None, value or "") for value in row.group.values())
