"""Causes: how much of what customers complain of each upstream failure stands behind, where, since when."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Self

import numpy as np

from headwater import science
from headwater.insight.audit import calibration_state, cause_confusions
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Cause, Taxonomy
from headwater.metrics.definitions import METRICS
from headwater.metrics.rules import BUCKETS, shares
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, Term, every
from headwater.record.questions import Span, Sums, SumsRow
from headwater.science.bounds import Array
from headwater.science.results import Estimate, Result

MONTHLY_FROM_DAYS = 120
TREND_POINTS = 24
SAID = METRICS["share_negative"].population


@dataclass(frozen=True, slots=True)
class StageCount:
    """How many negative signals of a cause fell into a stage."""

    stage: str
    name: str
    negatives: int


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a trend: negative signals of the cause among all negative signals."""

    start: date
    negatives: int
    total: int
    share: Result


@dataclass(frozen=True, slots=True)
class CauseFigures:
    """One cause in one selection. ``share`` is negative signals naming it ÷ all negative signals; ``corrected`` for
    the classifier's errors once people have audited enough, while ``negatives`` stays what was counted."""

    cause: Cause
    volume: int
    negatives: int
    share: Result
    departments: tuple[str, ...]
    stages: tuple[StageCount, ...]
    trend: tuple[Point, ...] = ()
    corrected: bool = False
    happened: int = 0

    @classmethod
    def nothing(cls, cause: Cause, negatives: int) -> Self:
        """The figures of a cause that nobody named."""
        return cls(cause, 0, 0, science.proportion(0, negatives), department_names(taxonomy(), cause.id), ())

    @property
    def change(self) -> str:
        """``rises``, ``falls`` or ``steady``: the later half against the earlier, only where the intervals part."""
        return direction(self.trend)


@dataclass(frozen=True, slots=True)
class CausesAnswer:
    """Every cause that customers named, largest share first, and what the shares are shares of.

    ``outside``: of all that is named in negative signals, what lies upstream of customer service; a signal with two
    causes counts for both.
    """

    rows: tuple[CauseFigures, ...]
    outside: Result
    signals: int
    negatives: int
    without_cause: int
    taxonomy_version: int

    @property
    def complaints(self) -> tuple[CauseFigures, ...]:
        """The failures that customers complain of; what they want (praise, questions) is no complaint."""
        return tuple(row for row in self.rows if row.negatives and row.cause.demand != "value")

    def of(self, cause_id: str) -> CauseFigures | None:
        """The figures of one cause; None when nobody named it."""
        return next((row for row in self.rows if row.cause.id == cause_id), None)


def causes(selection: Selection | None = None, *, trends: bool = False) -> CausesAnswer:
    """Answer which causes customers named in this selection.

    A signal with two causes counts for both, so shares may add up to more than one; the river shares overlaps out.
    A cause that nobody named is left out. With ``trends`` each row has its share by week or month. Merged causes
    count for the one they were merged into.
    """
    selection = selection or Selection()
    known = taxonomy()
    volumes, negatives = _by_bucket(_sums(("cause", "bucket"), selection), known)
    happened = _happened(known, selection)
    _, all_negatives = _by_bucket(_sums(("bucket",), selection), known)
    whole = all_negatives.get("", np.zeros(BUCKETS))
    found = [cause for cause in volumes if known.cause(cause) is not None]
    results = shares(
        np.array([negatives[cause] for cause in found]).reshape(-1, BUCKETS), np.tile(whole, (len(found), 1))
    )
    corrections = _corrected(found, negatives, whole)
    stages = _stage_counts(known, _sums(("cause", "stage"), selection))
    trend = cause_trends(selection, known) if trends else {}
    rows = [
        CauseFigures(
            cause=known.cause(cause) or Cause(cause, cause),
            volume=round(volumes[cause].sum()),
            happened=happened.get(cause, 0),
            negatives=round(negatives[cause].sum()),
            share=corrections.get(cause, result),
            corrected=cause in corrections,
            departments=department_names(known, cause),
            stages=stages.get(cause, ()),
            trend=trend.get(cause, ()),
        )
        for cause, result in zip(found, results, strict=True)
    ]
    rows.sort(key=lambda row: (-row.negatives, -row.volume, row.cause.id))
    total = sum(row.n for row in _sums((), selection))
    unnamed = round(negatives[""].sum()) if "" in negatives else 0
    outside = _outside(known, negatives)
    return CausesAnswer(tuple(rows), outside, total, round(whole.sum()), unnamed, known.version)


def as_json(answer: CausesAnswer) -> dict[str, object]:
    """Return the stable shape for programs: shares in 0…1, null where there is no verdict."""
    return {
        "rows": [
            {
                "cause": row.cause.id,
                "name": row.cause.name,
                "volume": row.volume,
                "share_negative": row.share.estimate if isinstance(row.share, Estimate) else None,
                "low": row.share.low if isinstance(row.share, Estimate) else None,
                "high": row.share.high if isinstance(row.share, Estimate) else None,
                "departments": list(row.departments),
                "stages": [count.stage for count in row.stages],
            }
            for row in answer.rows
        ]
    }


def direction(trend: Sequence[Point]) -> str:
    """Say whether a share ``rises``, ``falls`` or is ``steady``: the two halves' intervals must not overlap."""
    half = len(trend) // 2
    if not half:
        return "steady"
    earlier, later = (
        science.proportion(sum(point.negatives for point in part), sum(point.total for point in part))
        for part in (trend[:half], trend[half:])
    )
    if not isinstance(earlier, Estimate) or not isinstance(later, Estimate):
        return "steady"
    if later.low > earlier.high:
        return "rises"
    return "falls" if later.high < earlier.low else "steady"


def period_of(selection: Selection) -> str:
    """Return the trend's period: weeks for a short range, months for a long or open one."""
    held = company_record().ask(Span())
    since, until = selection.since or held.first_day, selection.until or held.last_day
    if since is None or until is None or (until - since).days > MONTHLY_FROM_DAYS:
        return "month"
    return "week"


def cause_trends(selection: Selection, known: Taxonomy) -> Mapping[str, tuple[Point, ...]]:
    """Return each cause's share of all negative signals by week or month, oldest first."""
    period = period_of(selection)
    totals = {row.group[period]: row.negative for row in _sums((period,), selection)}
    starts = sorted(start for start in totals if start)[-TREND_POINTS:]
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in _sums(("cause", period), selection):
        cause, start = row.group["cause"], row.group[period]
        if cause and start:
            counts[known.resolve(cause)][start] += row.negative
    found = {
        cause: [(start, by_start.get(start, 0), totals[start]) for start in starts]
        for cause, by_start in counts.items()
    }
    shares = iter(points([one for row in found.values() for one in row]))
    return {cause: tuple(islice(shares, len(row))) for cause, row in found.items()}


def points(counted: Sequence[tuple[str, int, int]]) -> tuple[Point, ...]:
    """Return the points of a trend: the first day of each period, the negative signals in it, and of how many."""
    results = science.proportions([negatives for _, negatives, _ in counted], [total for _, _, total in counted])
    return tuple(
        Point(date.fromisoformat(start), negatives, total, result)
        for (start, negatives, total), result in zip(counted, results, strict=True)
    )


def department_names(known: Taxonomy, cause_id: str) -> tuple[str, ...]:
    """Return the departments that can change a cause together, as the company calls them, each once."""
    cause = known.cause(cause_id)
    named = (known.department(one) for one in cause.departments) if cause else ()
    return tuple(dict.fromkeys(department.name for department in named if department is not None))


def _sums(by: tuple[str, ...], selection: Selection, kinds: tuple[str, ...] = SAID) -> tuple[SumsRow, ...]:
    where = every(selection.filter(), Filter(Among(Term("text", "kind"), kinds)))
    question = Sums(by=by, where=where, since=selection.since, until=selection.until)
    return company_record().ask(question).rows


def _outside(known: Taxonomy, negatives: Mapping[str, Array]) -> Result:
    upstream, named = np.zeros(BUCKETS), np.zeros(BUCKETS)
    for cause_id, counts in negatives.items():
        cause = known.cause(cause_id)
        if cause is not None and cause.demand != "value":
            named += counts
            upstream += counts if cause.demand == "failure" else 0
    return shares(upstream[None], named[None])[0]


def _happened(known: Taxonomy, selection: Selection) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for row in _sums(("cause",), selection, ("event",)):
        counts[known.resolve(row.group["cause"] or "")] += row.n
    return counts


def _by_bucket(rows: Iterable[SumsRow], known: Taxonomy) -> tuple[dict[str, Array], dict[str, Array]]:
    """Signals and negative signals by cause ("" for none), each an array over the customer buckets."""
    volumes: dict[str, Array] = defaultdict(lambda: np.zeros(BUCKETS))
    negatives: dict[str, Array] = defaultdict(lambda: np.zeros(BUCKETS))
    for row in rows:
        cause, bucket = known.resolve(row.group.get("cause") or ""), int(row.group["bucket"] or 0)
        volumes[cause][bucket] += row.n
        negatives[cause][bucket] += row.negative
    return volumes, negatives


def _corrected(causes: Sequence[str], negatives: Mapping[str, Array], whole: Array) -> dict[str, Estimate]:
    """Shares corrected for the classifier's confusion, where the audit is large enough and says something of a cause.

    The audit covers all verbatims and the share negative ones alone, hence the "separate" estimator.
    """
    if not calibration_state().is_calibrated:
        return {}
    corrected: dict[str, Estimate] = {}
    for cause, table in cause_confusions(causes).items():
        named = negatives[cause].sum()
        result = science.corrected_shares([named, whole.sum() - named], table, audit="separate")[0]
        if isinstance(result, Estimate):
            corrected[cause] = result
    return corrected


def _stage_counts(known: Taxonomy, rows: Iterable[SumsRow]) -> dict[str, tuple[StageCount, ...]]:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        if row.group["cause"] and row.group["stage"]:
            counts[known.resolve(row.group["cause"])][row.group["stage"]] += row.negative
    return {cause: tuple(_named_stages(known, by_stage)) for cause, by_stage in counts.items()}


def _named_stages(known: Taxonomy, by_stage: Mapping[str, int]) -> Iterable[StageCount]:
    for stage_id, negatives in sorted(by_stage.items(), key=lambda item: (-item[1], item[0])):
        stage = known.stage(stage_id)
        if stage is not None and negatives:
            yield StageCount(stage_id, stage.name, negatives)
