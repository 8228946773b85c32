"""Where trouble starts, as one frozen value: journeys, stages, moments, touchpoints, causes and who can change them.

The same dataclasses serve the code, a pack file and a published version in the database, so there is one definition
of what a stage or a cause is. Texts that come from outside are checked by :func:`headwater.journey.documents.read`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,59}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=600)]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]
Phrases = Annotated[tuple[Phrase, ...], Field(max_length=80)]
Slugs = Annotated[tuple[Slug, ...], Field(max_length=40)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=300)]
Where = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]

Demand = Literal["failure", "value", "service"]
MomentKind = Literal["must_not_fail", "may_delight"]

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Department:
    """A department as a pack names it; a company maps it onto one of its own."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Slug
    name: Name
    description: Words = ""


@dataclass(frozen=True, slots=True)
class Journey:
    """One way through the company that a customer knows by name: buying, moving house, making a claim."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Slug
    name: Name
    description: Words = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a journey in the customer's own words. ``position`` counts from 0, left to right.

    A stage without ``journey`` belongs to the first one, or to the only one there is.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Slug
    name: Name
    description: Words = ""
    examples: Phrases = ()
    position: int = 0
    journey: Slug | None = None


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one department does at a moment, in one sentence."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    department: Slug
    does: Sentence


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment within a stage: one that must not fail, or one that may delight.

    ``truth``: chosen as one of the 10 to 20 moments of truth that matter most. ``contributions`` say which departments
    deliver it and what each does; the leader who answers for it is a person and so stands in a table, not here.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Slug
    name: Name
    stage: Slug
    description: Words = ""
    examples: Phrases = ()
    kind: MomentKind = "must_not_fail"
    truth: bool = False
    contributions: Annotated[tuple[Contribution, ...], Field(max_length=20)] = ()


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """Where a customer meets us: a page, a letter, a call, a counter; within a stage, perhaps within one moment.

    ``where`` is the filter expression that finds its signals in the record; empty while there is no data for it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Slug
    name: Name
    stage: Slug
    moment: Slug | None = None
    channel: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    description: Words = ""
    where: Where = ""
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """What goes wrong (or is wanted) upstream. Its id is stable: figures of all years hang on it.

    ``departments`` can change it together. ``demand`` says what contacts with this cause are: ``failure`` (something
    upstream failed), ``service`` (service itself failed) or ``value`` (the customer wanted it). ``events`` show that
    it happened; words within ``lag_days`` after such an event are taken to speak of it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Slug
    name: Name
    description: Words = ""
    examples: Phrases = ()
    departments: Slugs = ()
    stages: Slugs = ()
    demand: Demand = "failure"
    events: Slugs = ()
    lag_days: Annotated[int, Field(ge=0, le=365)] = 14
    merged_into: Slug | None = None
    retired: bool = False

    @property
    def active(self) -> bool:
        """Whether new words may be given this cause."""
        return not self.retired and self.merged_into is None


Item: TypeAlias = Journey | Stage | Moment | Touchpoint | Cause | Department
Journeys = Annotated[tuple[Journey, ...], Field(max_length=12)]
Stages = Annotated[tuple[Stage, ...], Field(max_length=60)]
Moments = Annotated[tuple[Moment, ...], Field(max_length=200)]
Touchpoints = Annotated[tuple[Touchpoint, ...], Field(max_length=400)]
Causes = Annotated[tuple[Cause, ...], Field(max_length=500)]
Departments = Annotated[tuple[Department, ...], Field(max_length=100)]


@dataclass(frozen=True)
class Taxonomy:
    """Journeys, stages left to right, moments, touchpoints, causes, and the departments they name.

    All in the order that people gave them.

    ``version`` 0 is a taxonomy that was never published: a pack as it comes.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    version: int
    stages: Stages = ()
    moments: Moments = ()
    causes: Causes = ()
    departments: Departments = ()
    journeys: Journeys = ()
    touchpoints: Touchpoints = ()

    @cached_property
    def _causes(self) -> dict[str, Cause]:
        return {cause.id: cause for cause in self.causes}

    @property
    def active_causes(self) -> tuple[Cause, ...]:
        """The causes that new words may be given: neither retired nor merged into another."""
        return tuple(cause for cause in self.causes if cause.active)

    @property
    def truths(self) -> tuple[Moment, ...]:
        """The moments of truth that people chose, in order."""
        return tuple(moment for moment in self.moments if moment.truth)

    def journey(self, journey_id: str) -> Journey | None:
        """The journey with this id, or None."""
        return next((journey for journey in self.journeys if journey.id == journey_id), None)

    def journey_of(self, stage: Stage) -> str | None:
        """The id of the journey that a stage belongs to: its own, else the first; None when there are none."""
        return stage.journey or (self.journeys[0].id if self.journeys else None)

    def stages_of(self, journey_id: str | None) -> tuple[Stage, ...]:
        """The stages of one journey, left to right; of None those that belong to no journey."""
        return tuple(stage for stage in self.stages if self.journey_of(stage) == journey_id)

    def stage(self, stage_id: str) -> Stage | None:
        """The stage with this id, or None."""
        return next((stage for stage in self.stages if stage.id == stage_id), None)

    def moment(self, moment_id: str) -> Moment | None:
        """The moment with this id, or None."""
        return next((moment for moment in self.moments if moment.id == moment_id), None)

    def touchpoint(self, touchpoint_id: str) -> Touchpoint | None:
        """The touchpoint with this id, retired ones too, or None."""
        return next((touchpoint for touchpoint in self.touchpoints if touchpoint.id == touchpoint_id), None)

    def cause(self, cause_id: str) -> Cause | None:
        """The cause with this id as it stands, merged and retired ones too, or None."""
        return self._causes.get(cause_id)

    def department(self, department_id: str) -> Department | None:
        """The department with this id, or None."""
        return next((department for department in self.departments if department.id == department_id), None)

    def department_name(self, department_id: str) -> str:
        """The name of a department; an id that is not known stays itself, so that old figures keep their label."""
        department = self.department(department_id)
        return department.name if department else department_id

    def resolve(self, cause_id: str) -> str:
        """The id under which a cause counts today: merges followed to their end; an unknown id stays itself."""
        seen = {cause_id}
        while (cause := self._causes.get(cause_id)) is not None and cause.merged_into is not None:
            cause_id = cause.merged_into
            if cause_id in seen:
                break
            seen.add(cause_id)
        return cause_id

    def moments_of(self, stage_id: str) -> tuple[Moment, ...]:
        """The moments of one stage, in order."""
        return tuple(moment for moment in self.moments if moment.stage == stage_id)

    def causes_of(self, stage_id: str) -> tuple[Cause, ...]:
        """The active causes that hurt (or are wanted) at one stage, in order."""
        return tuple(cause for cause in self.active_causes if stage_id in cause.stages)

    def touchpoints_of(self, stage_id: str, moment_id: str | None = None) -> tuple[Touchpoint, ...]:
        """The touchpoints in use of one moment, or (without ``moment_id``) those of the stage that have no moment."""
        return tuple(
            touchpoint
            for touchpoint in self.touchpoints
            if touchpoint.stage == stage_id and touchpoint.moment == moment_id and not touchpoint.retired
        )

    def departments_of(self, stage_id: str) -> tuple[str, ...]:
        """The departments that touch a stage, by what they do at its moments or can change of its causes."""
        named = [part.department for moment in self.moments_of(stage_id) for part in moment.contributions]
        named += [department for cause in self.causes_of(stage_id) for department in cause.departments]
        return tuple(dict.fromkeys(named))
