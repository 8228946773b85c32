"""Moments ranked by the record: how many customers pass, for how many it goes wrong, and what goes with it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from django.utils.translation import gettext as _

from headwater import science
from headwater.insight.forest import stage_metric
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.journey.standards import ReliabilityAnswer, reliability
from headwater.journey.taxonomy import Moment, Taxonomy
from headwater.metrics.definitions import METRICS, MetricDefinition
from headwater.metrics.estimates import estimate
from headwater.metrics.rules import BUCKETS, Cells, results, shares
from headwater.metrics.store import company_record
from headwater.record.filters import FilterError, every, parse
from headwater.record.questions import MomentOutcomes, MomentSums, MomentTrace, Sums
from headwater.science.bounds import Array
from headwater.science.resampling import bucket_weights, places
from headwater.science.results import Estimate, NoVerdict, Result

OUTCOMES = ("nps", "csat", "rating", "ces")
COULD_BE_FIRST = 0.025
BOOTSTRAP = "bootstrap over customer buckets, 1,000 draws"
ASSOCIATION = "what goes with a moment may have another cause; customers differ in more than this moment"
WITH_WORDS = parse("text is not null and kind != 'event'")


@dataclass(frozen=True, slots=True)
class MomentRow:
    """One moment. ``customers`` pass it as far as words and traces show, ``traced`` of them by a trace.

    ``goes_wrong``: share of these customers for whom it went wrong at least once; where only words show the moment but
    a standard measures it, 1 − its reliability (``measured``). ``effect``: the outcome score of
    those for whom it went right less that of the others, in the metric's unit. ``score``: what customers gave at the
    moment itself. ``weight``: the points of the outcome over all customers that go with the moment going wrong.
    ``places``: between which ranks it stands; None where it cannot be ranked.
    """

    moment: Moment
    stage: str
    customers: int
    traced: int
    hurt: int
    goes_wrong: Result
    effect: Result
    score: Result
    weight: Result
    reliability: ReliabilityAnswer | None = None
    measured: bool = False
    first: float = 0.0
    places: tuple[int, int] | None = None

    @property
    def could_be_first(self) -> bool:
        """Whether the data leave room for this being the moment that matters most."""
        return self.first >= COULD_BE_FIRST


@dataclass(frozen=True, slots=True)
class MomentRanking:
    """Moments by weight; after them those that cannot be ranked yet, by how many customers were hurt.

    ``outcome`` is the metric of effect and weight, ``metric`` that of the scores at moments. ``with_words`` are
    signals with words, of which ``labelled`` have a moment.
    """

    rows: tuple[MomentRow, ...]
    outcome: MetricDefinition
    metric: MetricDefinition
    customers: int
    with_words: int
    labelled: int

    @property
    def ranked(self) -> tuple[MomentRow, ...]:
        """The moments that have a weight, heaviest first."""
        return tuple(row for row in self.rows if row.places is not None)

    @property
    def unranked(self) -> tuple[MomentRow, ...]:
        return tuple(row for row in self.rows if row.places is None)

    @property
    def contenders(self) -> int:
        """How far down the list the first could be."""
        return max((place for place, row in enumerate(self.ranked, start=1) if row.could_be_first), default=0)

    def of(self, moment_id: str) -> MomentRow | None:
        """The row of one moment."""
        return next((row for row in self.rows if row.moment.id == moment_id), None)


def moment_ranking(selection: Selection | None = None) -> MomentRanking:
    """Rank every moment of the published journey by what the record shows of it in this selection.

    A standard knows no filter, so reliability counts only in a selection without one.
    """
    selection = selection or Selection()
    known = taxonomy()
    outcome, metric = outcome_metric(selection), stage_metric(selection)
    measured = {} if selection.where else reliability(None, selection.since, selection.until)
    sides = Sides.of(_outcomes(selection, known, outcome), known.moments, measured)
    everyone = customers_in(selection)
    rows = _rows(known, sides, outcome, everyone, _scores(selection, metric), measured)
    with_words, labelled = _labelled(selection)
    return MomentRanking(tuple(rows), outcome, metric, everyone, with_words, labelled)


def outcome_metric(selection: Selection) -> MetricDefinition:
    """The score that stands for the whole: NPS where enough customers gave it, else what most customers gave."""
    question = Sums(("metric",), selection.filter(), selection.since, selection.until)
    given = {row.group["metric"] or "": row.scored for row in company_record().ask(question).rows}
    if given.get("nps", 0) >= METRICS["nps"].minimum_base:
        return METRICS["nps"]
    return METRICS[max(OUTCOMES, key=lambda name: given.get(name, 0))]


def failures(known: Taxonomy) -> tuple[str, ...]:
    """The events that are failures by themselves: those by which a failure cause happens."""
    events = (event for cause in known.active_causes if cause.demand != "value" for event in cause.events)
    return tuple(sorted(set(events)))


def traces(known: Taxonomy) -> tuple[MomentTrace, ...]:
    """What shows a moment beside words: the filters of its touchpoints, one trace a moment."""
    written: dict[str, list[str]] = defaultdict(list)
    for touchpoint in known.touchpoints:
        if touchpoint.moment and touchpoint.where and not touchpoint.retired and _readable(touchpoint.where):
            written[touchpoint.moment].append(f"({touchpoint.where})")
    return tuple(MomentTrace(moment, parse(" or ".join(tests))) for moment, tests in sorted(written.items()))


@dataclass(frozen=True, slots=True)
class Sides:
    """Sums by (moment, customer bucket), one row a moment.

    ``failed`` of ``tried`` is how often it goes wrong: customers hurt of those who passed, or what a standard counts.
    ``right`` and ``wrong`` are the outcome's scores of the customers for whom it went so, judged without the outcome's
    own signals.
    """

    moments: tuple[Moment, ...]
    customers: Array
    traced: Array
    hurt_traced: Array
    hurt: Array
    failed: Array
    tried: Array
    right: Cells
    wrong: Cells

    @classmethod
    def of(
        cls, rows: Sequence[MomentSums], moments: Sequence[Moment], measured: Mapping[str, ReliabilityAnswer]
    ) -> "Sides":
        """Fold the record's rows; moments that nobody passed have zeros."""
        index = {moment.id: place for place, moment in enumerate(moments)}
        counts = {name: np.zeros((len(index), BUCKETS)) for name in COUNTS}
        scores = {side: {field: np.zeros((len(index), BUCKETS)) for field in FIELDS} for side in (False, True)}
        for row in rows:
            if (place := index.get(row.moment)) is None:
                continue
            at = place, row.bucket
            counts["customers"][at] += row.customers
            counts["traced"][at] += row.traced
            counts["hurt"][at] += row.customers if row.wrong else 0
            counts["hurt_traced"][at] += row.traced if row.wrong else 0
            if row.apart is not None:
                for field, array in scores[row.apart].items():
                    array[at] += getattr(row, field)
        failed, tried = counts["hurt"].copy(), counts["customers"].copy()
        for moment_id, answer in measured.items():
            place = index.get(moment_id, -1)
            told = place >= 0 and not _only_failures(counts["traced"][place], counts["hurt_traced"][place])
            traced = round(counts["traced"][place].sum()) if told else 0
            if place >= 0 and is_measured(traced, answer):
                failed[place], tried[place] = _by_bucket(answer)
        groups = tuple((moment.id,) for moment in moments)
        right, wrong = (Cells(groups, scores[side]) for side in (False, True))
        return cls(tuple(moments), **counts, failed=failed, tried=tried, right=right, wrong=wrong)

    def only_failures(self, place: int) -> bool:
        """Whether traces show a moment only where it went wrong, so that nobody knows how often it goes right."""
        return _only_failures(self.traced[place], self.hurt_traced[place])


def _only_failures(traced: Array, hurt: Array) -> bool:
    return bool(traced.sum() > 0 and traced.sum() == hurt.sum())


def is_measured(traced: int, answer: ReliabilityAnswer | None) -> bool:
    """Whether a standard says better than the record's traces how often a moment goes wrong."""
    return not traced and answer is not None and isinstance(answer.result, Estimate)


def _by_bucket(answer: ReliabilityAnswer) -> tuple[Array, Array]:
    """Broken and due by customer bucket; of an imported series spread evenly, as nobody knows whose they were."""
    failed, due = np.zeros(BUCKETS), np.zeros(BUCKETS)
    for reading in answer.readings:
        if reading.counts.buckets is None:
            failed += reading.counts.broken / BUCKETS
            due += reading.counts.due / BUCKETS
            continue
        for bucket, times, kept in reading.counts.buckets:
            failed[bucket] += times - kept
            due[bucket] += times
    return failed, due


FIELDS = ("scored", "score_sum", "low", "top")
COUNTS = ("customers", "traced", "hurt", "hurt_traced")


def _outcomes(selection: Selection, known: Taxonomy, outcome: MetricDefinition) -> tuple[MomentSums, ...]:
    question = MomentOutcomes(
        outcome.name, traces(known), failures(known), selection.filter(), selection.since, selection.until
    )
    return company_record().ask(question)


def _rows(
    known: Taxonomy,
    sides: Sides,
    outcome: MetricDefinition,
    everyone: int,
    scores: Mapping[str, Result],
    measured: Mapping[str, ReliabilityAnswer],
) -> list[MomentRow]:
    if not sides.moments:
        return []
    effects = _effects(sides, outcome)
    nothing = NoVerdict("no_answers", _("Nobody has scored it yet."))
    unknown = NoVerdict("only_failures", _("Its touchpoints show this moment only where it went wrong."))
    rows = []
    for place, (moment, share) in enumerate(zip(sides.moments, shares(sides.failed, sides.tried), strict=True)):
        stage = known.stage(moment.stage)
        failing = sides.only_failures(place)
        told = 0 if failing else round(sides.traced[place].sum())
        standard = is_measured(told, measured.get(moment.id))
        blind = failing and not standard
        rows.append(
            MomentRow(
                moment=moment,
                stage=stage.name if stage else "",
                customers=round(sides.customers[place].sum()),
                traced=round(sides.traced[place].sum()),
                hurt=round(sides.hurt[place].sum()),
                goes_wrong=unknown if blind else share,
                effect=unknown if blind else effects[place],
                score=scores.get(moment.id, nothing),
                reliability=measured.get(moment.id),
                measured=standard,
                weight=NoVerdict("no_effect", _("Without a verdict on the effect there is no weight.")),
            )
        )
    ranked = _weighed(rows, sides, outcome, everyone)
    unranked = [row for row in rows if isinstance(row.effect, NoVerdict)]
    return ranked + sorted(unranked, key=lambda row: (-row.hurt, -row.customers))


def _effects(sides: Sides, outcome: MetricDefinition) -> list[Result]:
    pairs = zip(results(outcome, sides.right), results(outcome, sides.wrong), strict=True)
    return [_effect(right, wrong, outcome) for right, wrong in pairs]


def _effect(right: Result, wrong: Result, outcome: MetricDefinition) -> Result:
    """The difference of two groups of customers; refused where either is too small to speak."""
    smaller = min(right.n, wrong.n)
    if isinstance(right, NoVerdict) or isinstance(wrong, NoVerdict) or smaller < outcome.minimum_base:
        message = _("%(metric)s needs %(base)d answers from both sides; one side has %(n)d.")
        words = {"metric": outcome.title, "base": outcome.minimum_base, "n": smaller}
        return NoVerdict("small_base", message % words, smaller)
    gap = science.difference(right, wrong)
    return replace(gap, assumptions=(*gap.assumptions, ASSOCIATION))


def _weighed(rows: Sequence[MomentRow], sides: Sides, outcome: MetricDefinition, everyone: int) -> list[MomentRow]:
    """The rows with an effect, with weight and places; the interval is a percentile bootstrap of whole buckets."""
    places_of = [place for place, row in enumerate(rows) if isinstance(row.effect, Estimate)]
    if not places_of or not everyone:
        return []
    draws = _draws(sides, places_of, outcome, everyone)
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    order = places(draws)
    weighed = []
    for number, place in enumerate(places_of):
        row = rows[place]
        gap = row.effect.estimate if isinstance(row.effect, Estimate) else 0.0
        share = row.goes_wrong.estimate if isinstance(row.goes_wrong, Estimate) else 0.0
        weight = row.customers / everyone * share * gap
        bounds = min(float(low[number]), weight), max(float(high[number]), weight)
        span = int(order.low[number]), int(order.high[number])
        result = Estimate(weight, *bounds, row.customers, BOOTSTRAP, (ASSOCIATION,))
        weighed.append(replace(row, weight=result, first=float(order.first[number]), places=span))
    return sorted(weighed, key=lambda row: -(row.weight.estimate if isinstance(row.weight, Estimate) else 0.0))


def _draws(sides: Sides, chosen: Sequence[int], outcome: MetricDefinition, everyone: int) -> Array:
    """Weights in each resample of the buckets, shape (draws, moments chosen)."""
    drawn = bucket_weights(BUCKETS)

    def total(array: Array) -> Array:
        summed: Array = drawn @ array[list(chosen)].T
        return summed

    def mean(cells: Cells) -> Array:
        scored = total(cells["scored"])
        return total(values(outcome, cells)) / np.where(scored > 0, scored, np.inf)

    tried = total(sides.tried)
    share = total(sides.failed) / np.where(tried > 0, tried, np.inf)
    weights: Array = total(sides.customers) / everyone * share * (mean(sides.right) - mean(sides.wrong))
    return weights


def values(definition: MetricDefinition, cells: Cells) -> Array:
    """The sum of what each answer adds to the metric, in its unit: for an NPS 100, 0 or −100."""
    if definition.kind == "nps":
        return 100 * (cells["top"] - cells["low"])
    return cells["top"] if definition.kind == "share" else cells["score_sum"]


def _scores(selection: Selection, metric: MetricDefinition) -> dict[str, Result]:
    where = every(selection.filter(), parse("moment is not null"))
    answer = estimate(metric.name, by=("moment",), where=where, since=selection.since, until=selection.until)
    return {row.group["moment"] or "": row.result for row in answer.rows}


def customers_in(selection: Selection) -> int:
    """Distinct customers; a signal that names none counts as one of its own."""

    def ask(where: str) -> Sums:
        chosen = every(selection.filter(), parse(where))
        return Sums((), chosen, selection.since, selection.until, customers=True)

    named = company_record().ask(ask("customer_id is not null")).rows
    nameless = company_record().ask(ask("customer_id is null")).rows
    return sum(row.customers or 0 for row in named) + sum(row.n for row in nameless)


def _labelled(selection: Selection) -> tuple[int, int]:
    where = every(selection.filter(), WITH_WORDS)
    rows = company_record().ask(Sums(("moment",), where, selection.since, selection.until)).rows
    return sum(row.n for row in rows), sum(row.n for row in rows if row.group["moment"])


def _readable(where: str) -> bool:
    try:
        parse(where)
    except FilterError:
        return False
    return True
