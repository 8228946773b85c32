"""Everything the strategy check and the decision test read, as one frozen value: rules are pure functions of it.

``None`` where a tuple could stand means that nothing is known about it (no record, no journey, no list begun); a rule
then says that it cannot judge instead of passing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from headwater.strategy.strategy import Outcome, Strategy

MeasureKind = Literal["what", "how"]
ReadinessState = Literal["open", "under_way", "done", "set_aside"]
Dimension = Literal["segment", "region", "language"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A reading: its value in the measure's unit with its interval's ends, None where it has none."""

    value: float
    low: float | None = None
    high: float | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class MeasureFacts:
    """One measure. ``segments`` are the filter expressions it is restricted to; none: it covers every customer.

    ``is_survey`` says that it is a score that customers or colleagues gave in answer to a question; ``latest`` is the
    newest reading, ``unit`` how its figures are written (``base.figures``) and ``unit_name`` what people call the unit.
    ``started`` is the day it was begun here, from which on it has time to become complete and to be looked at.
    """

    id: str
    name: str
    kind: MeasureKind
    outcomes: tuple[str, ...] = ()
    is_survey: bool = False
    segments: tuple[str, ...] = ()
    baseline: float | None = None
    target: float | None = None
    target_date: date | None = None
    started: date | None = None
    owner: str = ""
    question: str = ""
    decision: str = ""
    signed_by: tuple[str, ...] = ()
    latest: Figure | None = None
    unit: str = ""
    unit_name: str = ""
    last_looked_at: date | None = None


@dataclass(frozen=True, slots=True)
class DepartmentFacts:
    """A department of the company: ``known_as`` are the journey's names for it, ``people`` those it has itself."""

    id: str
    name: str
    people: int = 0
    parent: str | None = None
    known_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PeopleGroup:
    """Colleagues of one level or site: how many, in which departments (None: in no department)."""

    name: str
    people: Mapping[str | None, int]

    @property
    def size(self) -> int:
        return sum(self.people.values())


@dataclass(frozen=True, slots=True)
class ContributionFacts:
    """What one of the journey's departments does at a moment, in one sentence."""

    department: str
    moment: str
    does: str


@dataclass(frozen=True, slots=True)
class CustomerGroup:
    """Customers with one value of a dimension of the record. ``share`` is of the customer base, 0…1."""

    dimension: Dimension
    term: str
    value: str
    customers: int
    share: float
    signals: int


@dataclass(frozen=True, slots=True)
class ReadinessFacts:
    """One question of the readiness list with its answer. ``says_yes`` belongs to yes-or-no questions alone."""

    key: str
    title: str
    owner: str = ""
    due: date | None = None
    state: ReadinessState = "open"
    has_evidence: bool = False
    is_yes_no: bool = False
    says_yes: bool | None = None


@dataclass(frozen=True, slots=True)
class JourneyStage:
    """A stage in the customers' own words."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class JourneyMoment:
    """A moment of truth and the stage it belongs to."""

    id: str
    name: str
    stage: str


@dataclass(frozen=True, slots=True)
class JourneyCause:
    """A cause with its share of negative signals (0…1) and that share's interval, None where there is no verdict."""

    id: str
    name: str
    stages: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    share: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class PinFacts:
    """A chart pinned to a board, with what it is there for."""

    id: int
    board: int
    board_name: str
    title: str
    question: str = ""
    decision: str = ""
    owner: str = ""
    outcome: str = ""
    measure: str = ""
    pinned: date | None = None
    last_looked_at: date | None = None


@dataclass(frozen=True)
class StrategyFacts:
    """What is known on one day about one strategy, draft or published."""

    strategy: Strategy
    today: date
    measures: tuple[MeasureFacts, ...] = ()
    departments: tuple[DepartmentFacts, ...] | None = None
    levels: tuple[PeopleGroup, ...] = ()
    sites: tuple[PeopleGroup, ...] = ()
    contributions: tuple[ContributionFacts, ...] | None = None
    stages: tuple[JourneyStage, ...] = ()
    moments: tuple[JourneyMoment, ...] = ()
    causes: tuple[JourneyCause, ...] = ()
    groups: tuple[CustomerGroup, ...] | None = None
    readiness: tuple[ReadinessFacts, ...] | None = None
    pins: tuple[PinFacts, ...] = ()
    minimum_base: int = 30

    @cached_property
    def measures_of(self) -> dict[str, tuple[MeasureFacts, ...]]:
        """The measures under each outcome, by its id; an outcome without any has an empty tuple."""
        return {
            outcome.id: tuple(measure for measure in self.measures if outcome.id in measure.outcomes)
            for outcome in self.strategy.outcomes
        }

    def moments_of(self, outcome: Outcome) -> frozenset[str]:
        """The moments an outcome is about: those it names, else all of the stages it or its causes name."""
        if outcome.moments:
            return frozenset(outcome.moments)
        stages = set(outcome.stages)
        if not stages:
            stages = {stage for cause in self.causes if cause.id in outcome.causes for stage in cause.stages}
        return frozenset(moment.id for moment in self.moments if moment.stage in stages)
