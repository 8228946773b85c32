"""One cause told whole: how much, since when, where, what it costs, who suffered silently, and what was tried."""

from dataclasses import dataclass

from headwater import science
from headwater.base.models import Person
from headwater.insight import finance
from headwater.insight.causes import CauseFigures, causes
from headwater.insight.forest import STAGE_METRICS
from headwater.insight.happened import Happening, happened
from headwater.insight.river import river
from headwater.insight.selection import Selection
from headwater.insight.tried import Tried, tried_against
from headwater.insight.windows import Window, window_of
from headwater.journey.taxonomy import Cause
from headwater.metrics.definitions import METRICS, MetricDefinition
from headwater.metrics.estimates import estimate
from headwater.metrics.store import company_record
from headwater.record.questions import Sums
from headwater.science.results import Estimate, NoVerdict, Result


@dataclass(frozen=True, slots=True)
class Scores:
    """What customers scored where the cause had happened, and elsewhere."""

    metric: MetricDefinition
    struck: Result
    others: Result


@dataclass(frozen=True, slots=True)
class CauseStory:
    """What the record says of one cause in a selection.

    ``contacts`` are those that name it, each shared with the other causes it names; ``happening`` is None where no
    event shows the cause or it happened too rarely; ``low_scores`` is the same of low scores. ``adjust`` names the
    segment compared within.
    """

    cause: Cause
    figures: CauseFigures
    negatives: int
    contacts: Result
    happening: Happening | None
    low_scores: Happening | None
    scores: Scores | None
    window: Window | None
    tried: tuple[Tried, ...]
    adjust: str | None


def cause_story(person: Person | None, selection: Selection, cause: Cause, *, adjust: str | None = None) -> CauseStory:
    """Tell one cause; what was tried is told as far as this person may see it."""
    answer = causes(selection, trends=True)
    return CauseStory(
        cause=cause,
        figures=answer.of(cause.id) or CauseFigures.nothing(cause, answer.negatives),
        negatives=answer.negatives,
        contacts=_contacts(selection, cause),
        happening=happened(selection, adjust=adjust).of(cause.id),
        low_scores=happened(selection, outcome="low_score", adjust=adjust).of(cause.id),
        scores=_scores(selection, cause),
        window=window_of(cause),
        tried=tried_against(person, cause.id),
        adjust=adjust,
    )


def cost_of_contacts(story: CauseStory) -> Result:
    """What the contacts that name the cause cost at finance's price; who may see it is for the leaf to ask."""
    return science.product({"contacts": story.contacts, "cost per contact": finance.figures().cost_per_contact}).result


def _scores(selection: Selection, cause: Cause) -> Scores | None:
    """By the metric with most scores, and the first of the events that show the cause."""
    asked = Sums(("metric",), selection.filter(), selection.since, selection.until)
    scored = {row.group["metric"]: row.scored for row in company_record().ask(asked).rows}
    most = max(STAGE_METRICS, key=lambda name: scored.get(name, 0))
    if not cause.events or not scored.get(most):
        return None
    metric = METRICS[most]
    by = f"event:{cause.events[0]}"
    found = estimate(metric.name, by=(by,), where=selection.filter(), since=selection.since, until=selection.until)
    rows = {row.group[by]: row.result for row in found.rows}
    return Scores(metric, rows["yes"], rows["no"]) if {"yes", "no"} <= set(rows) else None


def _contacts(selection: Selection, cause: Cause) -> Result:
    found = river(selection)
    stream = found.stream(cause.id)
    if stream is None or not isinstance(stream.share, Estimate):
        return NoVerdict("nothing", "No contact names it.")
    n, share = stream.of(symptom="contact"), stream.share
    low, high = n * share.low / share.estimate, n * share.high / share.estimate
    method = "counted, each shared by the causes it names; " + share.method
    return Estimate(n, low, high, round(n), method, share.assumptions, share.confidence)
