"""How many days lie between events and outcomes of the same customer: what a cause's window is judged by."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.custom import customer_of, with_merged
from headwater.record.questions.question import Known, Question
from headwater.record.schema import BUCKETS
from headwater.record.views import Words, labelled, literal

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LagCounts:
    """Outcomes by days from the event, and how many events were at risk of one that day: (lags, customer buckets).

    ``lags`` are days after the event, before it where negative. An event is not at risk on days of which the record
    knows nothing yet, or nothing any more.
    """

    lags: npt.NDArray[np.intp]
    outcomes: Counts
    at_risk: Counts


@dataclass(frozen=True, slots=True)
class Lags(Question[LagCounts]):
    """Outcomes before and after events of the same customer.

    Days before the event show what would have come anyhow. Every pair within ``before`` and ``after`` days counts.

    Args:
        outcome: the signals that count as the outcome, such as contacts.
        events: the events that show the cause.
        first, last: the days that the record holds.
        before, after: how many days are looked at.
    """

    outcome: Filter
    events: tuple[str, ...]
    first: date
    last: date
    before: int = 28
    after: int = 84

    def days(self) -> tuple[date | None, date | None]:
        """Outcomes lie after the last and before the first event too."""
        return None, None

    def query(self, known: Known) -> exp.Select:
        pairs = exp.select(
            exp.Literal.number(0).as_("is_event"), "lag", exp.Literal.number(0).as_("held"), "bucket", _all()
        )
        near = exp.Between(this=exp.column("lag"), low=exp.convert(-self.before), high=exp.convert(self.after))
        outcomes = pairs.from_(self._pairs(known).subquery("p")).where(near).group_by("lag", "bucket")
        risk = exp.select(exp.Literal.number(1).as_("is_event"), "lag", "held", "bucket", _all())
        events = risk.from_(self._at_risk(known).subquery("r")).group_by("lag", "held", "bucket")
        columns = ("is_event", "lag", "held", "bucket", "n")
        return exp.select(*columns).from_(exp.union(outcomes, events, distinct=False).subquery("u"))

    def _pairs(self, known: Known) -> exp.Select:
        customer, day = exp.column("customer_id", "s"), exp.column("local_date", "s")
        wanted = Words(known.columns).condition(self.outcome)
        whose = customer_of(known).as_("customer")
        outcomes = labelled(exp.select(whose, day).where(wanted, exp.not_(customer.is_(exp.null()))))
        lag = _days(exp.column("local_date", "o"), exp.column("day", "h")).as_("lag")
        return (
            exp.select(lag, exp.column("bucket", "h"))
            .from_(self._happened(known).subquery("h"))
            .join(with_merged(outcomes, known).subquery("o"), on="o.customer = h.customer")
        )

    def _at_risk(self, known: Known) -> exp.Select:
        """Events by how many days after and before them the record knows of, none counted beyond what is shown."""
        after = _days(literal(self.last), exp.column("day"))
        before = _days(exp.column("day"), literal(self.first))
        return exp.select(
            exp.func("least", after, exp.Literal.number(self.after)).as_("lag"),
            exp.func("least", before, exp.Literal.number(self.before)).as_("held"),
            "bucket",
        ).from_(self._happened(known).subquery("h"))

    def _happened(self, known: Known) -> exp.Select:
        columns = {"customer_bucket": "bucket", "local_date": "day"}
        whose = [exp.column(name, "s").as_(alias) for name, alias in columns.items()]
        query = (
            exp.select(customer_of(known).as_("customer"), *whose)
            .from_("signals as s")
            .where(
                exp.column("kind", "s").eq("event"),
                exp.column("event", "s").isin(*self.events),
                exp.not_(exp.column("customer_id", "s").is_(exp.null())),
            )
        )
        return with_merged(query, known)

    def answer(self, rows: pa.Table) -> LagCounts:
        lags = np.arange(-self.before, self.after + 1)
        counts = {name: rows[name].to_numpy().astype(np.intp) for name in ("lag", "held", "bucket", "n")}
        is_event = rows["is_event"].to_numpy().astype(bool)
        outcomes, at_risk = np.zeros((lags.size, BUCKETS)), np.zeros((lags.size, BUCKETS))
        said = ~is_event
        np.add.at(outcomes, (counts["lag"][said] + self.before, counts["bucket"][said]), counts["n"][said])
        for after, held, bucket, n in zip(*(counts[name][is_event] for name in counts), strict=True):
            at_risk[(lags >= -held) & (lags <= after), bucket] += n
        return LagCounts(lags, outcomes, at_risk)


def _days(later: exp.Expr, earlier: exp.Expr) -> exp.Expr:
    return exp.DateDiff(this=later, expression=earlier, unit=exp.var("DAY"))


def _all() -> exp.Expr:
    return exp.Count(this=exp.Star()).as_("n")
