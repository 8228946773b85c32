"""Two scorecards: across the experience, one row a stage, and down the silo; and what the second one hides."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from django.utils.translation import gettext as _

from headwater.base.models import Department, Person
from headwater.insight.causes import SAID
from headwater.insight.forest import stage_metric
from headwater.insight.selection import Selection
from headwater.journey.moments import leaders
from headwater.journey.queries import taxonomy
from headwater.journey.standards import Counts, ReliabilityAnswer, accountable, reliability
from headwater.journey.taxonomy import Moment, Stage, Taxonomy
from headwater.metrics.definitions import MetricDefinition
from headwater.metrics.estimates import estimate
from headwater.metrics.rules import BUCKETS, shares
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, Term, every, parse
from headwater.record.questions import CauseSets, Sums
from headwater.science.bounds import Array
from headwater.science.results import Estimate, NoVerdict, Result

State = Literal["green", "red", "unclear", "unknown"]
Hides = Literal["hidden", "perhaps", ""]


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """What one function sees of itself at a stage, and whether that is green.

    ``measured`` is its reliability there, where a standard counts it; ``complaints`` the share of the stage's signals
    that are negative and name a cause it can change. The state is judged by the first that is known, against
    ``reference``: the standards' target, else the company's average.
    """

    function: str
    measured: Result | None
    complaints: Result
    negatives: int
    reference: float
    state: State

    @property
    def figure(self) -> Result:
        """The number that the state is judged by."""
        return self.complaints if self.measured is None else self.measured


@dataclass(frozen=True, slots=True)
class StageScore:
    """A stage across the experience: one result that every function shares, and who they are."""

    stage: Stage
    score: Result
    state: State
    negative: Result
    reliability: Result | None
    functions: tuple[OwnNumber, ...]
    leaders: tuple[tuple[Moment, Person], ...]

    @property
    def hides(self) -> Hides:
        """``hidden``: every function is green and the customers' score is not; ``perhaps`` where some cannot tell."""
        states = {one.state for one in self.functions}
        if self.state != "red" or not states or "red" in states:
            return ""
        return "hidden" if states == {"green"} else "perhaps"


@dataclass(frozen=True, slots=True)
class FunctionScore:
    """A function down its silo: its own numbers over all stages, and by stage. ``department``: ours of that name."""

    name: str
    department: int | None
    measured: Result | None
    complaints: Result
    negatives: int
    stages: tuple[tuple[Stage, OwnNumber], ...]


@dataclass(frozen=True, slots=True)
class Scorecards:
    """Both views of one selection. ``average`` is the score over all stages that a stage is judged against."""

    stages: tuple[StageScore, ...]
    functions: tuple[FunctionScore, ...]
    metric: MetricDefinition
    average: Result
    usual_complaints: float
    usual_reliability: float | None

    @property
    def hidden(self) -> tuple[StageScore, ...]:
        return tuple(row for row in self.stages if row.hides == "hidden")

    @property
    def perhaps(self) -> tuple[StageScore, ...]:
        return tuple(row for row in self.stages if row.hides == "perhaps")

    @property
    def below(self) -> tuple[StageScore, ...]:
        """Stages whose score is below the company's average beyond doubt."""
        return tuple(row for row in self.stages if row.state == "red")


def scorecards(selection: Selection | None = None) -> Scorecards:
    """Read both scorecards. Reliability has no filter and is left out of a selection with one."""
    selection = selection or Selection()
    known, metric = taxonomy(), stage_metric(selection)
    measured = {} if selection.where else reliability(None, selection.since, selection.until)
    numbers = _Numbers.read(selection, known, measured)
    scores, average = _scores(selection, metric)
    negative = _by_stage(selection, "share_negative")
    nothing = NoVerdict("no_answers", _("Nobody has scored it yet."))
    led = leaders()
    rows = []
    for stage in known.stages:
        score = scores.get(stage.id, nothing)
        rows.append(
            StageScore(
                stage=stage,
                score=score,
                state=judged(score, average, higher=metric.better == "higher"),
                negative=negative.get(stage.id, nothing),
                reliability=numbers.reliability_at(stage.id),
                functions=tuple(numbers.own(stage.id, name) for name in numbers.functions_of(stage.id)),
                leaders=tuple((one, led[one.id]) for one in known.moments_of(stage.id) if one.id in led),
            )
        )
    functions = tuple(numbers.card(name, rows) for name in numbers.functions)
    return Scorecards(tuple(rows), functions, metric, average, numbers.usual_complaints, numbers.usual_reliability)


def judged(result: Result | None, reference: Result | float | None, *, higher: bool) -> State:
    """``green`` or ``red`` where the whole interval lies on that side of the reference, ``unclear`` where it does not.

    The reference is taken as it stands, without an interval of its own.
    """
    if isinstance(reference, Estimate):
        reference = reference.estimate
    if not isinstance(result, Estimate) or not isinstance(reference, int | float):
        return "unknown"
    if result.low >= reference:
        return "green" if higher else "red" if result.low > reference else "unclear"
    if result.high <= reference:
        return "green" if not higher else "red" if result.high < reference else "unclear"
    return "unclear"


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Everything that functions see of themselves: sums by (stage, function)."""

    known: Taxonomy
    names: Mapping[str, str]
    departments: Mapping[str, int]
    signals: Mapping[str, Array]
    complaints: Mapping[tuple[str, str], Array]
    counts: Mapping[tuple[str, str], Counts]
    targets: Mapping[tuple[str, str], float | None]
    at_stage: Mapping[str, Counts]

    @classmethod
    def read(cls, selection: Selection, known: Taxonomy, measured: Mapping[str, ReliabilityAnswer]) -> "_Numbers":
        names = {department.id: department.name for department in known.departments}
        signals, complaints = _complaints(selection, known, names)
        counts: dict[tuple[str, str], Counts] = {}
        targets: dict[tuple[str, str], float | None] = {}
        at_stage: dict[str, Counts] = {}
        for moment_id, answer in measured.items():
            moment = known.moment(moment_id)
            if moment is None:
                continue
            for reading in answer.readings:
                at_stage[moment.stage] = _added(at_stage.get(moment.stage), reading.counts)
                parts = dict.fromkeys(accountable(reading.standard), reading.counts) | dict(reading.departments)
                for function, part in _by_name(parts, names).items():
                    key = moment.stage, function
                    targets[key] = _target(targets.get(key), reading.standard.target, first=key not in counts)
                    counts[key] = _added(counts.get(key), part)
        ours = dict(Department.objects.values_list("name", "pk"))
        return cls(known, names, ours, signals, complaints, counts, targets, at_stage)

    @property
    def functions(self) -> tuple[str, ...]:
        """Every function that touches a stage or has numbers, in the order of the journey's departments."""
        touching = {name for stage in self.known.stages for name in self.functions_of(stage.id)}
        return tuple(name for name in dict.fromkeys(self.names.values()) if name in touching)

    def functions_of(self, stage: str) -> tuple[str, ...]:
        """The functions that touch a stage, as the company calls them; several of a pack may be one of ours."""
        named = [self.names[one] for one in self.known.departments_of(stage) if one in self.names]
        named += [function for at, function in self.counts if at == stage]
        return tuple(dict.fromkeys(named))

    @property
    def usual_complaints(self) -> float:
        """Of the signals at a stage, the share that names a function's causes, over all pairs that touch."""
        pairs = [(stage.id, name) for stage in self.known.stages for name in self.functions_of(stage.id)]
        base = sum(self.signals[stage].sum() for stage, _name in pairs if stage in self.signals)
        named = sum(self.complaints[pair].sum() for pair in pairs if pair in self.complaints)
        return float(named / base) if base else 0.0

    @property
    def usual_reliability(self) -> float | None:
        due = sum(one.due for one in self.at_stage.values())
        return sum(one.kept for one in self.at_stage.values()) / due if due else None

    def reliability_at(self, stage: str) -> Result | None:
        return self.at_stage[stage].result() if stage in self.at_stage else None

    def own(self, stage: str, function: str) -> OwnNumber:
        """What a function sees of itself at a stage."""
        nothing = np.zeros(BUCKETS)
        hits = self.complaints.get((stage, function), nothing)
        share = shares(hits[None], self.signals.get(stage, nothing)[None])[0]
        counts = self.counts.get((stage, function))
        if counts is None or not counts.due:
            state = judged(share, self.usual_complaints, higher=False)
            return OwnNumber(function, None, share, round(hits.sum()), self.usual_complaints, state)
        target = self.targets.get((stage, function))
        reference = target if target is not None else self.usual_reliability or 0.0
        result = counts.result()
        return OwnNumber(function, result, share, round(hits.sum()), reference, judged(result, reference, higher=True))

    def card(self, function: str, rows: Iterable[StageScore]) -> FunctionScore:
        """A function's numbers over all the stages that it touches."""
        own = tuple((row.stage, one) for row in rows for one in row.functions if one.function == function)
        nothing = np.zeros(BUCKETS)
        hits = sum((self.complaints.get((stage.id, function), nothing) for stage, _own in own), nothing)
        base = sum((self.signals.get(stage.id, nothing) for stage, _own in own), nothing)
        counts = [self.counts[stage.id, function] for stage, _own in own if (stage.id, function) in self.counts]
        measured = _added(*counts).result() if counts else None
        department = self.departments.get(function)
        return FunctionScore(function, department, measured, shares(hits[None], base[None])[0], round(hits.sum()), own)


def _scores(selection: Selection, metric: MetricDefinition) -> tuple[dict[str, Result], Result]:
    where = every(selection.filter(), parse("stage is not null"))
    whole = estimate(metric.name, where=where, since=selection.since, until=selection.until)
    average = next((row.result for row in whole.rows), NoVerdict("no_answers", _("Nobody has scored it yet.")))
    return _by_stage(selection, metric.name), average


def _by_stage(selection: Selection, metric: str) -> dict[str, Result]:
    answer = estimate(metric, by=("stage",), where=selection.filter(), since=selection.since, until=selection.until)
    return {row.group["stage"] or "": row.result for row in answer.rows}


def _complaints(
    selection: Selection, known: Taxonomy, names: Mapping[str, str]
) -> tuple[dict[str, Array], dict[tuple[str, str], Array]]:
    """Signals by stage, and negative ones naming any cause of a function by (stage, function), each by bucket.

    A signal counts once for a function however many of its causes it names, and once for every function.
    """
    said = every(selection.filter(), Filter(Among(Term("text", "kind"), SAID)), parse("stage is not null"))
    days = selection.since, selection.until
    record = company_record()
    signals: dict[str, Array] = defaultdict(lambda: np.zeros(BUCKETS))
    for row in record.ask(Sums(("stage", "bucket"), said, *days)).rows:
        signals[row.group["stage"] or ""][int(row.group["bucket"] or 0)] += row.n
    complaints: dict[tuple[str, str], Array] = defaultdict(lambda: np.zeros(BUCKETS))
    for found in record.ask(CauseSets(("stage", "bucket"), every(said, parse("negative")), *days)):
        causes = filter(None, (known.cause(known.resolve(cause)) for cause in found.causes))
        failing = [cause for cause in causes if cause.demand != "value"]
        for function in {names[one] for cause in failing for one in cause.departments if one in names}:
            complaints[found.group["stage"] or "", function][int(found.group["bucket"] or 0)] += found.n
    return signals, complaints


def _by_name(parts: Mapping[str, Counts], names: Mapping[str, str]) -> dict[str, Counts]:
    """Counts by the company's own department; what several of its parts answer for together counts once."""
    found: dict[str, Counts] = {}
    for department, counts in parts.items():
        name = names.get(department, department)
        found[name] = counts if found.get(name) in (None, counts) else found[name] + counts
    return found


def _added(*counts: Counts | None) -> Counts:
    total: Counts | None = None
    for one in counts:
        if one is not None:
            total = one if total is None else total + one
    return total or Counts()


def _target(before: float | None, target: float | None, *, first: bool) -> float | None:
    """The strictest of several targets; none as soon as one standard has none."""
    if first or before is None or target is None:
        return target if first else None
    return max(before, target)
