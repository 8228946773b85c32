"""The part ``measures`` of a pack: questions, decisions and definitions; no people, baselines, targets or readings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter

from headwater.base.models import Person
from headwater.journey.documents import checked
from headwater.journey.packs import SectionDifference
from headwater.journey.taxonomy import Taxonomy
from headwater.strategy import definitions, measuring
from headwater.strategy.models import Measure

FIELDS = ("name", "kind", "question", "decision", "source", "unit", "every")


@dataclass(frozen=True, slots=True)
class PackMeasure:
    """A measure as it is passed on."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    question: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    decision: Annotated[str, StringConstraints(min_length=1, max_length=600)]
    kind: Literal["what", "how", ""] = ""
    source: Literal["record", "typed", "imported", ""] = ""
    definition: Mapping[str, Any] | None = None
    unit: Annotated[str, StringConstraints(max_length=40)] = ""
    every: Literal["month", "week"] = "month"


_ROWS: TypeAdapter[tuple[PackMeasure, ...]] = TypeAdapter(Annotated[tuple[PackMeasure, ...], Field(max_length=100)])


def export(taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """The measures in use, as a pack passes them on."""
    rows = []
    for measure in Measure.objects.filter(retired_at=None):
        row = {name: getattr(measure, name) for name in FIELDS}
        row["definition"] = measure.definition
        rows.append({name: value for name, value in row.items() if value and (name, value) != ("every", "month")})
    return rows


def preview(content: object, taxonomy: Taxonomy) -> Iterable[SectionDifference]:
    """The measures that an import would start: those whose question is not asked here yet."""
    asked = {question.casefold() for question in Measure.objects.values_list("question", flat=True)}
    return [
        SectionDifference("added", one.name, one.question)
        for one in _read(content)
        if one.question.casefold() not in asked
    ]


def apply(person: Person | None, content: object, taxonomy: Taxonomy) -> int:
    """Start the measures of a pack, without owners; returns how many."""
    rows = _read(content)
    return measuring.bring_in_measures(
        person, [{**{name: getattr(one, name) for name in FIELDS}, "definition": one.definition or {}} for one in rows]
    )


def _read(content: object) -> Sequence[PackMeasure]:
    rows = checked(_ROWS, content, "pack.measures")
    for one in rows:
        definitions.read(one.definition or {})
    return rows
