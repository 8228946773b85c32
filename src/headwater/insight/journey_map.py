"""The journey as it is read: each stage with its score, its words, what hurts it, who answers, who listens."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from headwater.base.models import Person
from headwater.base.refusals import Refused
from headwater.insight.causes import Point, causes
from headwater.insight.forest import StageCard, stage_cards, stage_metric
from headwater.insight.selection import Selection
from headwater.insight.typical import LONG_ENOUGH, typical
from headwater.insight.verbatims import visible
from headwater.journey.agreement import stage_agreements
from headwater.journey.agreement_rules import StageAgreement
from headwater.journey.moments import leaders
from headwater.journey.queries import taxonomy
from headwater.journey.standards import ReliabilityAnswer, reliability
from headwater.journey.taxonomy import Journey, Moment, Stage, Taxonomy, Touchpoint
from headwater.metrics.definitions import MetricDefinition
from headwater.metrics.store import company_record
from headwater.record.questions import HEARD, Signal, Span, Sums, WordsByStage
from headwater.science.results import Estimate, Result

WORDS_OF_DAYS = 180
WORDS_READ = 16
KIND_OF_EAR = {"survey": "asked", "contact": "volunteered", "review": "volunteered", "social": "volunteered"}


@dataclass(frozen=True, slots=True)
class MapMoment:
    """A moment of truth on the map: who answers for it and how reliably it goes right, where that is measured."""

    moment: Moment
    leader: Person | None
    reliability: Result | None


@dataclass(frozen=True, slots=True)
class MapStage:
    """One stage of the map. ``blind`` are the ears of the listening grid through which nothing was heard.

    ``moments`` are its moments of truth, ``others`` the moments that nobody chose; ``words`` are typical ones that
    this reader may read, a complaint first.
    """

    card: StageCard
    moments: tuple[MapMoment, ...]
    others: tuple[Moment, ...]
    agreement: StageAgreement | None
    blind: tuple[str, ...]
    touchpoints: tuple[Touchpoint, ...]
    words: tuple[Signal, ...]

    @property
    def stage(self) -> Stage:
        return self.card.stage

    @property
    def result(self) -> Result:
        return self.card.result

    @property
    def trend(self) -> tuple[Point, ...]:
        return self.card.trend

    @property
    def silent(self) -> tuple[Touchpoint, ...]:
        """The touchpoints without data."""
        return tuple(touchpoint for touchpoint in self.touchpoints if not touchpoint.where)


@dataclass(frozen=True, slots=True)
class JourneyMap:
    """One journey of the company as its customers live through it; ``journeys`` are all there are to choose from."""

    journeys: tuple[Journey, ...]
    journey: Journey | None
    stages: tuple[MapStage, ...]
    metric: MetricDefinition

    @property
    def lowest(self) -> MapStage | None:
        """The stage with the lowest score (or most negative signals), of those that have one."""
        known = [stage for stage in self.stages if isinstance(stage.result, Estimate)]
        sign = 1 if self.metric.better == "higher" else -1
        return min(known, key=lambda one: sign * _value(one.result), default=None)

    @property
    def settled(self) -> int:
        """How many stages every department that touches them agrees on."""
        return sum(1 for stage in self.stages if stage.agreement and stage.agreement.settled)


def journey_map(person: Person | None, selection: Selection, journey_id: str = "") -> JourneyMap:
    """Read one journey (without ``journey_id`` the first) in this selection, with words that this person may read."""
    known = taxonomy()
    journey = known.journey(journey_id) or (known.journeys[0] if known.journeys else None)
    metric = stage_metric(selection)
    chosen = {stage.id for stage in known.stages_of(journey.id if journey else None)}
    cards = [card for card in stage_cards(selection, causes(selection), known, metric) if card.stage.id in chosen]
    measured = {} if selection.where else reliability(None, selection.since, selection.until)
    agreements, heard, words = stage_agreements(), _heard(selection), stage_words(person, selection)
    led = leaders()
    stages = tuple(
        MapStage(
            card=card,
            moments=_truths(known, card.stage.id, led, measured),
            others=tuple(moment for moment in known.moments_of(card.stage.id) if not moment.truth),
            agreement=agreements.get(card.stage.id),
            blind=tuple(ear for ear in HEARD[:3] if not heard.get((card.stage.id, ear))),
            touchpoints=_touchpoints(known, card.stage.id),
            words=words.get(card.stage.id, ()),
        )
        for card in cards
    )
    return JourneyMap(known.journeys, journey, stages, metric)


def stage_words(person: Person | None, selection: Selection) -> Mapping[str, tuple[Signal, ...]]:
    """Up to two things that customers said lately at each stage: a typical complaint, and a typical other one."""
    newest = company_record().ask(Span()).last_day
    if newest is None:
        return {}
    newest = min(newest, selection.until or newest)
    since = selection.since or date.fromordinal(max(newest.toordinal() - WORDS_OF_DAYS, 1))
    try:
        where = visible(person, selection)
    except Refused:
        return {}
    by_stage: dict[str, list[Signal]] = defaultdict(list)
    for row in company_record().ask(WordsByStage(where, since, selection.until, WORDS_READ)):
        if row.stage and len(row.text or "") >= LONG_ENOUGH:
            by_stage[row.stage].append(row)
    return {stage: _two(rows) for stage, rows in by_stage.items()}


def _two(rows: Sequence[Signal]) -> tuple[Signal, ...]:
    complaints, others = ([row for row in rows if row.negative is negative] for negative in (True, False))
    return (*typical(complaints, 1), *typical(others, 1))


def _truths(
    known: Taxonomy, stage: str, led: Mapping[str, Person], measured: Mapping[str, ReliabilityAnswer]
) -> tuple[MapMoment, ...]:
    return tuple(
        MapMoment(moment, led.get(moment.id), measured[moment.id].result if moment.id in measured else None)
        for moment in known.moments_of(stage)
        if moment.truth or moment.id in measured
    )


def _touchpoints(known: Taxonomy, stage: str) -> tuple[Touchpoint, ...]:
    return tuple(one for one in known.touchpoints if one.stage == stage and not one.retired)


def _heard(selection: Selection) -> Mapping[tuple[str, str], int]:
    """Signals by stage and ear, from rollups: who wrote a contact is not told apart here."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    question = Sums(("stage", "kind"), selection.filter(), selection.since, selection.until)
    for row in company_record().ask(question).rows:
        counts[row.group["stage"] or "", KIND_OF_EAR.get(row.group["kind"] or "", "happened")] += row.n
    return counts


def _value(result: Result) -> float:
    return result.estimate if isinstance(result, Estimate) else 0.0


def months(stages: Sequence[MapStage]) -> tuple[date, ...]:
    """Every month that any stage's trend has, oldest first: one scale for all sparklines."""
    return tuple(sorted({point.start for stage in stages for point in stage.trend}))
