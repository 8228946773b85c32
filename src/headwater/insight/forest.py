"""The Forest: the whole on one page, from which any figure leads to a customer's words."""

from collections import defaultdict
from dataclasses import dataclass

from django.utils.translation import gettext as _

from headwater import science
from headwater.insight.causes import SAID, CauseFigures, CausesAnswer, Point, causes, direction, points
from headwater.insight.river import River, river
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Stage, Taxonomy
from headwater.metrics.definitions import METRICS, MetricDefinition
from headwater.metrics.estimates import estimate
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, Term, every
from headwater.record.questions import Span, SpanAnswer, Sums
from headwater.science.results import NoVerdict, Result

STAGE_CAUSES = 3
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
    """What the Forest page shows of a selection."""

    selection: Selection
    span: SpanAnswer
    causes: CausesAnswer
    river: River
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
        selection=selection,
        span=company_record().ask(Span()),
        causes=answer,
        river=river(selection),
        metric=metric,
        stages=stage_cards(selection, answer, known, metric),
    )


def stage_metric(selection: Selection) -> MetricDefinition:
    """Return the metric that stages are shown by: the one with most scores at stages, else the negative share."""
    question = Sums(by=("stage", "metric"), where=selection.filter(), since=selection.since, until=selection.until)
    scored: dict[str, int] = defaultdict(int)
    for row in company_record().ask(question).rows:
        if row.group["stage"] and row.group["metric"] in STAGE_METRICS:
            scored[row.group["metric"] or ""] += row.scored
    best = max(scored, key=lambda name: scored[name], default="")
    return METRICS[best if scored.get(best) else "share_negative"]


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
    rows = [row for row in company_record().ask(question).rows if row.group["stage"] and row.group["month"]]
    trends: dict[str, list[Point]] = defaultdict(list)
    for row, point in zip(rows, points([(row.group["month"] or "", row.negative, row.n) for row in rows]), strict=True):
        trends[row.group["stage"] or ""].append(point)
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
