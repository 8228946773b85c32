"""Who came back after the first time, by what had happened to them: the counts behind a yes or no about customers."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.custom import Custom, customer_of, signs_of, with_merged
from headwater.record.questions.question import Known, Question
from headwater.record.views import Words, labelled, literal, within
from headwater.science.bounds import Array

MOST_EXPERIENCES: Final = 40


@dataclass(frozen=True, slots=True, eq=False)
class AgainCells:
    """Customers with equal bucket, experiences and outcome, ``n`` a cell; ``experienced`` is (cells, experiences)."""

    bucket: npt.NDArray[np.intp]
    experienced: npt.NDArray[np.bool_]
    again: npt.NDArray[np.bool_]
    n: Array


@dataclass(frozen=True, slots=True)
class Again(Question[AgainCells]):
    """Customers by whether they were active again after their first time, and by what came shortly after that.

    An experience counts within ``window`` days after the first sign of being active, coming back in the
    ``custom.lost_days`` days after the window, so that they do not overlap. Customers whose days are not all known yet
    are left out.

    Args:
        custom: who is a customer, and when lost.
        experiences: the signals that are each experience, at most ``MOST_EXPERIENCES``.
        last_day: the last day that the record knows of in full.
        since, until: the first time lies in these days, both included.
        window: days after the first sign of being active in which an experience counts.
        among: only customers by signs that match.
    """

    custom: Custom
    experiences: tuple[Filter, ...]
    last_day: date
    since: date | None = None
    until: date | None = None
    window: int = 30
    among: Filter | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.experiences) <= MOST_EXPERIENCES or self.window < 1:
            raise ValueError(f"1 to {MOST_EXPERIENCES} experiences within days, not {len(self.experiences)}")

    def days(self) -> tuple[date | None, date | None]:
        """Whether it was the first time rests on all before; what followed lies after."""
        return None, self.last_day

    @property
    def _names(self) -> list[str]:
        return [f"f{place}" for place in range(len(self.experiences))]

    def query(self, known: Known) -> exp.Select:
        came = (
            exp.select(
                "customer",
                exp.func("min", exp.column("day")).as_("start"),
                exp.func("min", exp.column("bucket")).as_("bucket"),
            )
            .from_("signs")
            .where(exp.column("active") > 0)
            .group_by("customer")
        )
        known_days = exp.column("start") <= literal(self.last_day - timedelta(self.window + self.custom.lost_days))
        own = exp.select("*").from_("came").where(known_days, *within(exp.column("start"), self.since, self.until))
        flags = [exp.func("coalesce", exp.column(name, "t"), exp.Literal.number(0)).as_(name) for name in self._names]
        back = exp.case().when(exp.not_(exp.column("customer", "b").is_(exp.null())), exp.Literal.number(1))
        each = (
            exp.select(exp.column("bucket", "o"), *flags, back.else_(exp.Literal.number(0)).as_("again"))
            .from_("own as o")
            .join("touched as t", on="t.customer = o.customer", join_type="left")
            .join("back as b", on="b.customer = o.customer", join_type="left")
        )
        keys = ("bucket", "again", *self._names)
        return (
            exp.select(*keys, exp.Count(this=exp.Star()).as_("n"))
            .with_("signs", as_=signs_of(self.custom, self.last_day, known, None, 1, among=self.among))
            .with_("came", as_=came)
            .with_("own", as_=own)
            .with_("felt", as_=self._felt(known))
            .with_("touched", as_=self._touched())
            .with_("back", as_=self._back())
            .from_(each.subquery("e"))
            .group_by(*keys)
        )

    def _felt(self, known: Known) -> exp.Select:
        """Customer and day of every signal that is one of the experiences, and which."""
        words, day = Words(known.columns), exp.column("local_date", "s")
        tests = [words.condition(one) for one in self.experiences]
        shown = [
            exp.case().when(test, exp.Literal.number(1)).else_(exp.Literal.number(0)).as_(name)
            for name, test in zip(self._names, tests, strict=True)
        ]
        rows = exp.select(customer_of(known).as_("customer"), day.as_("day"), *shown).where(
            exp.or_(*(test.copy() for test in tests)),
            exp.not_(exp.column("customer_id", "s").is_(exp.null())),
            *within(day.copy(), self.since, self.last_day),
        )
        return exp.select("*").from_(with_merged(labelled(rows), known).subquery("r"))

    def _touched(self) -> exp.Select:
        near = exp.and_(
            exp.column("customer", "f").eq(exp.column("customer", "o")),
            exp.column("day", "f") >= exp.column("start", "o"),
            exp.column("day", "f") <= _later(self.window),
        )
        flags = [exp.func("max", exp.column(name, "f")).as_(name) for name in self._names]
        return (
            exp.select(exp.column("customer", "o"), *flags)
            .from_("own as o")
            .join("felt as f", on=near)
            .group_by(exp.column("customer", "o"))
        )

    def _back(self) -> exp.Select:
        near = exp.and_(
            exp.column("customer", "s").eq(exp.column("customer", "o")),
            exp.column("active", "s") > 0,
            exp.column("day", "s") > _later(self.window),
            exp.column("day", "s") <= _later(self.window + self.custom.lost_days),
        )
        return exp.select(exp.column("customer", "o")).distinct().from_("own as o").join("signs as s", on=near)

    def answer(self, rows: pa.Table) -> AgainCells:
        columns = [rows.column(name).to_numpy() for name in ("bucket", "again", *self._names, "n")]
        order = np.lexsort(columns)
        bucket, again, *flags, n = (one[order] for one in columns)
        return AgainCells(
            bucket.astype(np.intp), np.column_stack(flags).astype(bool), again.astype(bool), n.astype(float)
        )


def _later(days: int) -> exp.Expr:
    """So many days after the first time."""
    span = exp.Interval(this=exp.Literal.string(str(days)), unit=exp.var("DAY"))
    return exp.cast(exp.Add(this=exp.column("start", "o"), expression=span), exp.DataType.Type.DATE)
