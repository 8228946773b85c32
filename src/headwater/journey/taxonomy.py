"""Where trouble starts, as one frozen value: stages, moments, causes and the departments that can change them.

The same dataclasses serve the code, a pack file and a published version in the database, so there is one definition
of what a stage or a cause is. Texts that come from outside are checked by :func:`headwater.journey.documents.read`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,59}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=600)]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]
Phrases = Annotated[tuple[Phrase, ...], Field(max_length=80)]
Slugs = Annotated[tuple[Slug, ...], Field(max_length=40)]

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
class Stage:
    """A part of the journey in the customer's own words. ``position`` counts from 0, left to right."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Slug
    name: Name
    description: Words = ""
    examples: Phrases = ()
    position: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of truth within a stage: one that must not fail, or one that may delight."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Slug
    name: Name
    stage: Slug
    description: Words = ""
    examples: Phrases = ()
    kind: MomentKind = "must_not_fail"


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


@dataclass(frozen=True)
class Taxonomy:
    """Stages left to right, moments and causes in the order people gave them, and the departments they name.

    ``version`` 0 is a taxonomy that was never published: a pack as it comes.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    version: int
    stages: Annotated[tuple[Stage, ...], Field(max_length=20)] = ()
    moments: Annotated[tuple[Moment, ...], Field(max_length=200)] = ()
    causes: Annotated[tuple[Cause, ...], Field(max_length=500)] = ()
    departments: Annotated[tuple[Department, ...], Field(max_length=100)] = ()

    @cached_property
    def _causes(self) -> dict[str, Cause]:
        return {cause.id: cause for cause in self.causes}

    @property
    def active_causes(self) -> tuple[Cause, ...]:
        """The causes that new words may be given: neither retired nor merged into another."""
        return tuple(cause for cause in self.causes if cause.active)

    def stage(self, stage_id: str) -> Stage | None:
        """The stage with this id, or None."""
        return next((stage for stage in self.stages if stage.id == stage_id), None)

    def moment(self, moment_id: str) -> Moment | None:
        """The moment with this id, or None."""
        return next((moment for moment in self.moments if moment.id == moment_id), None)

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
