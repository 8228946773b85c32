"""The Forest: the whole on one page, from which any figure leads to a customer's words."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from headwater import science
from headwater.base.charts.flows import CauseFlow
from headwater.insight.causes import SAID, CauseFigures, CausesAnswer, Point, causes, direction
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Stage, Taxonomy
from headwater.metrics.definitions import METRICS, MetricDefinition
from headwater.metrics.estimates import estimate
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, Term, every, parse
from headwater.record.questions import Size, SizeAnswer, Sums
from headwater.science.results import NoVerdict, Result

STAGE_CAUSES = 3
SILENT = parse("text is null and cause is null")
STAGE_METRICS = ("csat", "rating", "ces", "nps")


@dataclass(frozen=True, slots=True)
class StageCause:
    """A cause that hurts a stage: negative signals naming it ÷ all negative signals of the stage."""

    figures: CauseFigures
    share: Result


@dataclass(frozen=True, slots=True)
class StageCard:
    """A stage: its score (or, where nobody scored it, no verdict), its signals, and what hurts it most."""

    stage: Stage
    result: Result
    volume: int
    negatives: int
    causes: tuple[StageCause, ...]
    trend: tuple[Point, ...]

    @property
    def change(self) -> str:
        """Whether the negative share of the stage's signals ``rises``, ``falls`` or is ``steady``."""
        return direction(self.trend)


@dataclass(frozen=True, slots=True)
class Forest:
    """What the Forest page shows."""

    size: SizeAnswer
    causes: CausesAnswer
    flows: tuple[CauseFlow, ...]
    metric: MetricDefinition
    stages: tuple[StageCard, ...]

    @property
    def top(self) -> CauseFigures | None:
        """The upstream cause behind most negative signals."""
        return next((row for row in self.causes.rows if row.cause.demand == "failure" and row.negatives), None)


def forest(selection: Selection) -> Forest:
    """Answer everything that the Forest page asks about this selection."""
    known = taxonomy()
    answer = causes(selection, trends=True)
    metric = stage_metric(selection)
    return Forest(
        size=company_record().ask(Size()),
        causes=answer,
        flows=river_flows(selection, answer, known),
        metric=metric,
        stages=stage_cards(selection, answer, known, metric),
    )


def outcome_names() -> Mapping[str, str]:
    """What customers did next, by the record's word for it."""
    return {
        "contact": _("Contacted us about it"),
        "low_score": _("Gave a low score"),
        "negative_words": _("Wrote negative words"),
    }


def river_flows(selection: Selection, answer: CausesAnswer, known: Taxonomy) -> tuple[CauseFlow, ...]:
    """Return negative signals as flows from causes to what customers did; parts add up to all negative signals.

    A signal with several causes belongs to each of them: within an outcome the causes' counts are scaled so that they
    add up to the distinct signals with a cause. What has no cause, for want of words or of certainty, stays
    unattributed and is never spread.
    """
    totals = _negatives_by_outcome(selection, ())
    counts = _negatives_by_outcome(selection, ("cause",))
    merged: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for (cause, outcome), n in counts.items():
        merged[known.resolve(cause)][outcome] += n
    unknown = merged.pop("", {})
    scale = _overlap_shared(totals, unknown, merged)
    names = outcome_names()
    flows = [
        _flow(row, {names[outcome]: n * scale[outcome] for outcome, n in merged[row.cause.id].items() if n})
        for row in answer.rows
        if row.negatives
    ]
    silent = {outcome: n for (_all, outcome), n in _negatives_by_outcome(selection, (), SILENT).items()}
    unsure = {outcome: n - silent.get(outcome, 0) for outcome, n in unknown.items()}
    flows += [_unattributed("silent", _("No words given"), silent), _unattributed("unsure", _("Not sure"), unsure)]
    return tuple(flow for flow in flows if flow.volume)


def stage_metric(selection: Selection) -> MetricDefinition:
    """Return the metric that stages are shown by: the one with most scores at stages, else the negative share."""
    question = Sums(by=("stage", "metric"), where=selection.filter(), since=selection.since, until=selection.until)
    scored: dict[str, int] = defaultdict(int)
    for row in company_record().ask(question).rows:
        if row.group["stage"] and row.group["metric"] in STAGE_METRICS:
            scored[row.group["metric"] or ""] += row.scored
    best = max(scored, key=lambda name: scored[name], default="")
    return METRICS[best if scored.get(best) else "share_negative"]


def _flow(row: CauseFigures, outcomes: Mapping[str, float]) -> CauseFlow:
    href = f"/causes/{row.cause.id}"
    if isinstance(row.share, NoVerdict):
        return CauseFlow(row.cause.id, row.cause.name, row.departments, outcomes, href=href)
    low, high, share = row.share.low, row.share.high, row.share.estimate
    return CauseFlow(row.cause.id, row.cause.name, row.departments, outcomes, low, high, href, share=share)


def _unattributed(key: str, name: str, outcomes: Mapping[str, float]) -> CauseFlow:
    names = outcome_names()
    return CauseFlow(key, name, (), {names[one]: float(n) for one, n in outcomes.items() if n > 0}, attributed=False)


def _overlap_shared(
    totals: Mapping[tuple[str, str], int], unknown: Mapping[str, float], merged: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    """By outcome: distinct signals with a cause ÷ the sum over causes, at most 1."""
    scale: dict[str, float] = {}
    for (_all, outcome), total in totals.items():
        summed = sum(by_outcome.get(outcome, 0) for by_outcome in merged.values())
        scale[outcome] = min((total - unknown.get(outcome, 0)) / summed, 1.0) if summed else 1.0
    return scale


def _negatives_by_outcome(
    selection: Selection, by: tuple[str, ...], only: Filter | None = None
) -> dict[tuple[str, str], int]:
    """Negative signals by (cause or "", outcome)."""
    where = every(selection.filter(), only)
    question = Sums(by=(*by, "kind"), where=where, since=selection.since, until=selection.until)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for row in company_record().ask(question).rows:
        cause = row.group.get("cause") or ""
        if row.group["kind"] == "contact":
            counts[cause, "contact"] += row.negative
            continue
        counts[cause, "low_score"] += row.low
        counts[cause, "negative_words"] += row.negative - row.low
    return {key: n for key, n in counts.items() if n}


def stage_cards(
    selection: Selection, answer: CausesAnswer, known: Taxonomy, metric: MetricDefinition
) -> tuple[StageCard, ...]:
    """Return every stage from left to right with its score, its volume by month and the causes that hurt it most."""
    scores = estimate(
        metric.name, by=("stage",), where=selection.filter(), since=selection.since, until=selection.until
    )
    results = {row.group["stage"]: row.result for row in scores.rows}
    said = every(selection.filter(), Filter(Among(Term("text", "kind"), SAID)))
    question = Sums(by=("stage", "month"), where=said, since=selection.since, until=selection.until)
    trends: dict[str, list[Point]] = defaultdict(list)
    for row in company_record().ask(question).rows:
        if row.group["stage"] and row.group["month"]:
            share = science.proportion(row.negative, row.n)
            start = date.fromisoformat(row.group["month"])
            trends[row.group["stage"]].append(Point(start, row.negative, row.n, share))
    nothing = NoVerdict("no_answers", _("Nobody has scored it yet."))
    return tuple(
        StageCard(
            stage=stage,
            result=results.get(stage.id, nothing),
            volume=sum(point.total for point in trends[stage.id]),
            negatives=sum(point.negatives for point in trends[stage.id]),
            causes=_hurting(answer, stage.id, sum(point.negatives for point in trends[stage.id])),
            trend=tuple(trends[stage.id]),
        )
        for stage in sorted(known.stages, key=lambda stage: stage.position)
    )


def _hurting(answer: CausesAnswer, stage: str, negatives: int) -> tuple[StageCause, ...]:
    counts = {row.cause.id: count.negatives for row in answer.rows for count in row.stages if count.stage == stage}
    worst = sorted(counts, key=lambda cause: (-counts[cause], cause))[:STAGE_CAUSES]
    return tuple(
        StageCause(figures, science.proportion(counts[cause], negatives))
        for cause in worst
        if (figures := answer.of(cause)) is not None
    )
