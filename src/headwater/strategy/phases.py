"""The phases of the programme and what shows that each is reached. Pure rules over :class:`RoadmapFacts`.

A phase may be entered when the evidence of the one before it is met, and left when its own is. The programme stands in
the first phase whose evidence is not all met; what is met in later ones already is shown, and counts when reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.base.figures import count_of, measure
from headwater.journey.moments import FEWEST, MOST

SOURCES: Final = 3
FRESH_DAYS: Final = 30
HISTORY_DAYS: Final = 365
HEARD: Final = 2 / 3
KNOWN_CUSTOMER: Final = 0.5
KNOWN_CAUSE: Final = 0.5
HALF: Final = 0.5
DECIDED_WITHIN: Final = 30


@dataclass(frozen=True, slots=True)
class RoadmapFacts:
    """What the rules read. Pairs are (how many, of how many). ``reliability_falls`` names moments whose reliability
    fell beyond the intervals of both quarters; None while no moment has a standard that was due in both."""

    today: date
    signals: int = 0
    with_customer: int = 0
    history_days: int = 0
    mission: bool = False
    outcomes: int = 0
    outcomes_with_money: int = 0
    stages: int = 0
    stages_settled: int = 0
    truths: int = 0
    truths_with_leader: int = 0
    truths_with_contributions: int = 0
    fresh_kinds: tuple[str, ...] = ()
    cells: int = 0
    cells_heard: int = 0
    negatives: int = 0
    negatives_with_cause: int = 0
    truths_with_standard: int = 0
    truths_with_guidepost: int = 0
    reliability_falls: tuple[str, ...] | None = None
    measures: int = 0
    measures_signed: int = 0
    measures_on_path: int = 0
    readiness: int = 0
    readiness_settled: int = 0
    requests_late: int = 0
    requests: int = 0
    pay_on_score: bool | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether evidence is met, None where nothing can be said yet, and the figure that says so."""

    met: bool | None
    shown: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """A piece of evidence: what has to be true, and the page where one makes it true (a url name)."""

    key: str
    title: Any
    judge: Callable[[RoadmapFacts], Judged]
    place: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of the programme, from left to right."""

    key: str
    title: Any
    aim: Any
    criteria: tuple[Criterion, ...]


State = Literal["met", "here", "ahead"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A criterion as it is judged now; ``faded``: it was met in an earlier month and is not now."""

    criterion: Criterion
    judged: Judged
    faded: bool = False


@dataclass(frozen=True, slots=True)
class PhaseStanding:
    """A phase with its evidence: ``met`` (all of it and of the phases before), ``here``, or ``ahead``."""

    phase: Phase
    state: State
    evidence: tuple[Evidence, ...]

    @property
    def met(self) -> int:
        return sum(one.judged.met is True for one in self.evidence)

    @property
    def may_be_left(self) -> bool:
        """Whether all of its own evidence is met."""
        return self.met == len(self.evidence)

    @property
    def faded(self) -> tuple[Evidence, ...]:
        return tuple(one for one in self.evidence if one.faded)


def standings(facts: RoadmapFacts, met_before: Mapping[str, bool]) -> tuple[PhaseStanding, ...]:
    """Judge every phase. ``met_before`` says of each criterion whether it was ever met in an earlier month."""
    found: list[PhaseStanding] = []
    reached = True
    for phase in PHASES:
        evidence = tuple(_evidence(criterion, facts, met_before) for criterion in phase.criteria)
        whole = all(one.judged.met for one in evidence)
        state: State = "met" if reached and whole else "here" if reached else "ahead"
        reached = reached and whole
        found.append(PhaseStanding(phase, state, evidence))
    return tuple(found)


def maturity(found: Iterable[PhaseStanding]) -> int:
    """How many phases are met one after the other from the first: 0 to 5."""
    return sum(one.state == "met" for one in found)


def _evidence(criterion: Criterion, facts: RoadmapFacts, met_before: Mapping[str, bool]) -> Evidence:
    judged = criterion.judge(facts)
    return Evidence(criterion, judged, faded=judged.met is not True and met_before.get(criterion.key, False))


def _share(part: int, whole: int, least: float) -> Judged:
    """At least a share; nothing to be a share of is not met."""
    return Judged(whole > 0 and part / whole >= least, count_of(part, whole))


def _all(part: int, whole: int) -> Judged:
    return Judged(0 < whole == part, count_of(part, whole))


def _yes(met: bool, yes: str, no: str) -> Judged:
    return Judged(met, yes if met else no)


def _truths(facts: RoadmapFacts) -> Judged:
    words = _("%(n)s chosen; %(fewest)d to %(most)d matter most")
    return Judged(
        FEWEST <= facts.truths <= MOST, words % {"n": measure(facts.truths, "count"), "fewest": FEWEST, "most": MOST}
    )


def _fresh(facts: RoadmapFacts) -> Judged:
    return Judged(len(facts.fresh_kinds) >= SOURCES, ", ".join(facts.fresh_kinds) or _("none"))


def _reliability(facts: RoadmapFacts) -> Judged:
    if facts.reliability_falls is None:
        return Judged(None, _("no standard was due in both quarters yet"))
    return Judged(
        not facts.reliability_falls,
        _("falls: %s") % ", ".join(facts.reliability_falls) if facts.reliability_falls else _("falls at no moment"),
    )


def _requests(facts: RoadmapFacts) -> Judged:
    if not facts.requests:
        return Judged(None, _("nobody has asked for anything yet"))
    return Judged(not facts.requests_late, _("%d wait longer") % facts.requests_late)


def _pay(facts: RoadmapFacts) -> Judged:
    if facts.pay_on_score is None:
        return Judged(None, _("nobody has said"))
    return _yes(not facts.pay_on_score, _("none does"), _("somebody’s does"))


def _history(facts: RoadmapFacts) -> Judged:
    return Judged(facts.history_days >= HISTORY_DAYS, _("%s days") % measure(facts.history_days, "count"))


PHASES: Final = (
    Phase(
        "honour",
        gettext_lazy("Honour customers as assets"),
        gettext_lazy("We know who our customers are, what becomes of them, and what that is worth."),
        (
            Criterion(
                "customers_known",
                gettext_lazy("Half of all signals or more belong to a customer we know"),
                lambda facts: _share(facts.with_customer, facts.signals, KNOWN_CUSTOMER),
                "listening:imports",
            ),
            Criterion("history", gettext_lazy("The record goes back a year"), _history, "listening:imports"),
            Criterion(
                "mission",
                gettext_lazy("A mission for the customer experience is published"),
                lambda facts: _yes(facts.mission, _("published"), _("not yet")),
                "strategy",
            ),
            Criterion(
                "money",
                gettext_lazy("An outcome says what it is worth in money"),
                lambda facts: Judged(
                    facts.outcomes_with_money > 0, count_of(facts.outcomes_with_money, facts.outcomes)
                ),
                "strategy",
            ),
        ),
    ),
    Phase(
        "align",
        gettext_lazy("Align"),
        gettext_lazy("All departments see one journey, in the customer’s words, and the moments that matter."),
        (
            Criterion(
                "journey_agreed",
                gettext_lazy("Every stage is agreed by the departments it touches"),
                lambda facts: _all(facts.stages_settled, facts.stages),
                "journey",
            ),
            Criterion("truths", gettext_lazy("10 to 20 moments of truth are chosen"), _truths, "journey"),
            Criterion(
                "leaders",
                gettext_lazy("Each has an accountable leader"),
                lambda facts: _all(facts.truths_with_leader, facts.truths),
                "journey",
            ),
            Criterion(
                "contributions",
                gettext_lazy("Each says what the departments do there"),
                lambda facts: _all(facts.truths_with_contributions, facts.truths),
                "journey",
            ),
        ),
    ),
    Phase(
        "listen",
        gettext_lazy("Listen"),
        gettext_lazy("Every stage is heard, through more than surveys, and what is said is understood."),
        (
            Criterion(
                "sources",
                gettext_lazy("Three kinds of source or more spoke in the last 30 days"),
                _fresh,
                "listening:sources",
            ),
            Criterion(
                "grid",
                gettext_lazy("Two thirds of the listening grid or more are heard"),
                lambda facts: _share(facts.cells_heard, facts.cells, HEARD),
                "listening:sources",
            ),
            Criterion(
                "causes",
                gettext_lazy("A cause is known for half of what customers complain of"),
                lambda facts: _share(facts.negatives_with_cause, facts.negatives, KNOWN_CAUSE),
                "causes",
            ),
        ),
    ),
    Phase(
        "reliable",
        gettext_lazy("Reliable and remarkable"),
        gettext_lazy("What must not fail holds, people may act, and only then do we delight."),
        (
            Criterion(
                "standards",
                gettext_lazy("Half of the moments of truth or more have a reliability standard"),
                lambda facts: _share(facts.truths_with_standard, facts.truths, HALF),
                "journey",
            ),
            Criterion(
                "reliability",
                gettext_lazy("Reliability falls at no moment, quarter on quarter"),
                _reliability,
                "journey",
            ),
            Criterion(
                "guideposts",
                gettext_lazy("Half of the moments of truth or more have guideposts"),
                lambda facts: _share(facts.truths_with_guidepost, facts.truths, HALF),
                "guideposts",
            ),
        ),
    ),
    Phase(
        "lead",
        gettext_lazy("Lead as one company"),
        gettext_lazy("Leaders answer for the same measures, and the company is ready to carry it."),
        (
            Criterion(
                "signed",
                gettext_lazy("Every measure is signed off by a leader"),
                lambda facts: _all(facts.measures_signed, facts.measures),
                "measures",
            ),
            Criterion(
                "on_path",
                gettext_lazy("Half of the measures or more are on their path"),
                lambda facts: _share(facts.measures_on_path, facts.measures, HALF),
                "measures",
            ),
            Criterion(
                "readiness",
                gettext_lazy("Every readiness question is settled"),
                lambda facts: _all(facts.readiness_settled, facts.readiness),
                "readiness",
            ),
            Criterion(
                "requests", gettext_lazy("No request waits longer than 30 days for a decision"), _requests, "requests"
            ),
            Criterion("pay", gettext_lazy("Nobody’s pay depends on a survey score"), _pay, "readiness"),
        ),
    ),
)
BY_KEY: Final = {phase.key: phase for phase in PHASES}
CRITERIA: Final = {criterion.key: criterion for phase in PHASES for criterion in phase.criteria}
