"""Issues with the figure of their causes: how much of what customers complain of, how many customers, which way."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from headwater.insight.causes import SAID, CausesAnswer, causes
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Taxonomy
from headwater.metrics.rules import BUCKETS, shares
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, Term, every, parse
from headwater.record.questions import Sums
from headwater.science.bounds import Array
from headwater.science.results import Result
from headwater.strategy.strategy import Issue, Strategy


@dataclass(frozen=True, slots=True)
class IssueFigure:
    """What the record says of an issue: negative signals that name one of its causes ÷ all negative signals.

    ``customers`` are those who complained of it; ``change`` is ``rises``, ``falls`` or ``steady``.
    """

    share: Result
    negatives: int
    customers: int
    change: str


def issue_figures(strategy: Strategy) -> Mapping[str, IssueFigure]:
    """The figure of each issue that names a cause, by the issue's id, over the whole record."""
    wanted = [issue for issue in strategy.issues if issue.causes]
    if not wanted:
        return {}
    known, answer = taxonomy(), causes(trends=True)
    whole: Array | None = None
    figures = {}
    for issue in wanted:
        customers, negatives = _asked(issue, known)
        row = answer.of(known.resolve(issue.causes[0])) if len(issue.causes) == 1 else None
        if row is not None:
            share, change = row.share, row.change
        else:
            whole = _negatives(None)[1] if whole is None else whole
            share = shares(negatives[None], whole[None])[0]
            change = _joint_change(issue, known, answer)
        figures[issue.id] = IssueFigure(share, round(negatives.sum()), customers, change)
    return figures


def _asked(issue: Issue, known: Taxonomy) -> tuple[int, Array]:
    """Customers who complained of any of the issue's causes, and their negative signals by customer bucket."""
    resolved = {known.resolve(cause) for cause in issue.causes}
    counted = [cause.id for cause in known.causes if known.resolve(cause.id) in resolved] or list(issue.causes)
    return _negatives(Filter(Among(Term("cause", "cause"), tuple(counted))))


def _negatives(where: Filter | None) -> tuple[int, Array]:
    said = Filter(Among(Term("text", "kind"), SAID))
    rows = company_record().ask(Sums(("bucket",), every(where, said, parse("negative")), customers=True)).rows
    counts = np.zeros(BUCKETS)
    for row in rows:
        counts[int(row.group["bucket"] or 0)] += row.negative
    return sum(row.customers or 0 for row in rows), counts


def _joint_change(issue: Issue, known: Taxonomy, answer: CausesAnswer) -> str:
    """Which way the causes go together: one direction that at least one takes and none contradicts."""
    rows = [answer.of(known.resolve(cause)) for cause in issue.causes]
    ways = {row.change for row in rows if row is not None} - {"steady"}
    return ways.pop() if len(ways) == 1 else "steady"
