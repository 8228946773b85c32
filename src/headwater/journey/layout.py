"""A taxonomy laid out as a map: journeys, their stages left to right, and under each what belongs there."""

from collections.abc import Mapping
from dataclasses import dataclass

from headwater.journey.taxonomy import Cause, Journey, Moment, Stage, Taxonomy, Touchpoint


@dataclass(frozen=True, slots=True)
class PlacedMoment:
    """A moment with its touchpoints and, by department name, what each does there."""

    moment: Moment
    touchpoints: tuple[Touchpoint, ...]
    does: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PlacedCause:
    """A cause with the names of the departments that can change it, each once."""

    cause: Cause
    departments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A stage with all that lies under it; ``touchpoints`` are those in no particular moment."""

    stage: Stage
    moments: tuple[PlacedMoment, ...]
    touchpoints: tuple[Touchpoint, ...]
    causes: tuple[PlacedCause, ...]

    @property
    def parent(self) -> str:
        """The parent by which a moment is placed under this stage."""
        return self.stage.id


@dataclass(frozen=True, slots=True)
class Lane:
    """One journey with its columns; ``journey`` is None where a taxonomy names no journeys."""

    journey: Journey | None
    columns: tuple[Column, ...]

    @property
    def id(self) -> str:
        """The journey's id, empty where there is none: the parent by which a stage is placed here."""
        return self.journey.id if self.journey else ""


def lanes(taxonomy: Taxonomy, names: Mapping[str, str]) -> tuple[Lane, ...]:
    """Every journey of a taxonomy as a lane; ``names`` says how each department is called here."""
    journeys: tuple[Journey | None, ...] = taxonomy.journeys or (None,)
    return tuple(
        Lane(
            journey,
            tuple(_column(taxonomy, stage, names) for stage in taxonomy.stages_of(journey.id if journey else None)),
        )
        for journey in journeys
    )


def placed_cause(cause: Cause, names: Mapping[str, str]) -> PlacedCause:
    """A cause with who can change it: each department once, though two of a pack may be mapped onto it."""
    return PlacedCause(cause, tuple(dict.fromkeys(names.get(key, key) for key in cause.departments)))


def _column(taxonomy: Taxonomy, stage: Stage, names: Mapping[str, str]) -> Column:
    moments = tuple(
        PlacedMoment(
            moment,
            taxonomy.touchpoints_of(stage.id, moment.id),
            tuple((names.get(part.department, part.department), part.does) for part in moment.contributions),
        )
        for moment in taxonomy.moments_of(stage.id)
    )
    causes = tuple(placed_cause(cause, names) for cause in taxonomy.causes_of(stage.id))
    return Column(stage, moments, taxonomy.touchpoints_of(stage.id), causes)
