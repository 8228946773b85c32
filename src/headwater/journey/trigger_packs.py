"""Triggers and reliability standards in a pack file: passed on without owners, findings and figures, brought in as
drafts. What names a customer or reads words stays at home."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from headwater.journey import standard_edits, standards, trigger_rules, triggers
from headwater.journey.documents import checked
from headwater.journey.models import Standard, Trigger
from headwater.journey.packs import SectionDifference
from headwater.journey.standards import Definition
from headwater.journey.taxonomy import Name, Taxonomy, Words
from headwater.journey.trigger_rules import Rule
from headwater.metrics.access import IDENTITIES, WORDS
from headwater.record.filters import NAMED, Filter

if TYPE_CHECKING:
    from headwater.base.models import Person

Place = Annotated[str, Field(max_length=60)]
TRIGGER_FIELDS = ("name", "description", "stage", "moment", "action", "grace_days", "wait_hours", "rule")
STANDARD_FIELDS = ("name", "description", "moment", "method", "definition", "departments", "giver", "taker", "target")
TRIGGERS, STANDARDS = _("Triggers"), _("Reliability standards")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class PackTrigger:
    """A trigger as a pack holds it."""

    name: Name
    rule: Rule
    description: Words = ""
    stage: Place = ""
    moment: Place = ""
    action: Literal["case", "thank_you", "recognition"] = "case"
    grace_days: Annotated[int, Field(ge=0, le=triggers.MAX_GRACE_DAYS)] = 7
    wait_hours: Annotated[int, Field(ge=0, le=triggers.MAX_WAIT_HOURS)] = 0


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class PackStandard:
    """A reliability standard as a pack holds it."""

    name: Name
    moment: Place
    method: Literal["kept", "right", "series"]
    definition: Definition = Definition()
    description: Words = ""
    departments: Annotated[tuple[Place, ...], Field(max_length=40)] = ()
    giver: Place = ""
    taker: Place = ""
    target: Annotated[float | None, Field(gt=0, le=1)] = None


_TRIGGERS: TypeAdapter[Any] = TypeAdapter(Annotated[list[PackTrigger], Field(max_length=triggers.MAX_TRIGGERS)])
_STANDARDS: TypeAdapter[Any] = TypeAdapter(
    Annotated[list[PackStandard], Field(max_length=standard_edits.MAX_STANDARDS)]
)


def export_triggers(taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """The triggers that are not retired; without those that ask with a survey, which is this company's own."""
    rows = Trigger.objects.exclude(state=Trigger.State.RETIRED).exclude(action=Trigger.Action.SURVEY)
    kept = (row for row in rows if not _singles_out(trigger_rules.read_rule(row.rule).filters()))
    return [_sparse(row, TRIGGER_FIELDS, {"grace_days": 7, "action": "case"}) for row in kept]


def export_standards(taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """The standards that are not retired."""
    rows = Standard.objects.filter(retired=False)
    kept = (row for row in rows if not _singles_out(standards.read_definition(row.definition).filters().values()))
    return [_sparse(row, STANDARD_FIELDS, {}) for row in kept]


def preview_triggers(content: Any, taxonomy: Taxonomy) -> Iterable[SectionDifference]:
    """What importing these triggers would bring or change."""
    known = {row.name: _values(row, TRIGGER_FIELDS) for row in Trigger.objects.all()}
    return _differences(_read_triggers(content), known, TRIGGERS)


def preview_standards(content: Any, taxonomy: Taxonomy) -> Iterable[SectionDifference]:
    """What importing these standards would bring or change."""
    known = {row.name: _values(row, STANDARD_FIELDS) for row in Standard.objects.all()}
    return _differences(_read_standards(content), known, STANDARDS)


def apply_triggers(person: Person | None, content: Any, taxonomy: Taxonomy) -> int:
    """Bring triggers in: new ones as drafts, those of the same name changed; returns how many."""
    rows = _read_triggers(content)
    known = {row.name: row.pk for row in Trigger.objects.exclude(state=Trigger.State.RETIRED)}
    for values in rows:
        if values["name"] in known:
            triggers.change_trigger(person, known[values["name"]], values, known=taxonomy)
        else:
            triggers.create_trigger(person, values, known=taxonomy)
    return len(rows)


def apply_standards(person: Person | None, content: Any, taxonomy: Taxonomy) -> int:
    """Bring standards in, those of the same name changed; returns how many."""
    rows = _read_standards(content)
    known = {row.name: row.pk for row in Standard.objects.all()}
    for values in rows:
        if values["name"] in known:
            standard_edits.change_standard(person, known[values["name"]], values, known=taxonomy)
        else:
            standard_edits.create_standard(person, values, known=taxonomy)
    return len(rows)


def _read_triggers(content: Any) -> list[dict[str, Any]]:
    rows: list[PackTrigger] = checked(_TRIGGERS, content, "pack.invalid")
    for row in rows:
        row.rule.pattern()
    return [
        {**{name: getattr(row, name) for name in TRIGGER_FIELDS}, "rule": trigger_rules.written(row.rule)}
        for row in rows
    ]


def _read_standards(content: Any) -> list[dict[str, Any]]:
    rows: list[PackStandard] = checked(_STANDARDS, content, "pack.invalid")
    return [
        {
            **{name: getattr(row, name) for name in STANDARD_FIELDS},
            "definition": standards.written(row.definition),
            "departments": list(row.departments),
        }
        for row in rows
    ]


def _differences(
    rows: Iterable[Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]], title: Any
) -> list[SectionDifference]:
    found: list[SectionDifference] = []
    for row in rows:
        before = known.get(row["name"])
        if before is None:
            found.append(SectionDifference("added", row["name"], "", title))
        elif what := [name for name, value in row.items() if before[name] != value]:
            found.append(SectionDifference("changed", row["name"], ", ".join(what), title))
    return found


def _values(row: Trigger | Standard, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _sparse(row: Trigger | Standard, names: Iterable[str], usual: Mapping[str, Any]) -> dict[str, Any]:
    values = _values(row, names)
    return {name: value for name, value in values.items() if value not in ("", None, [], {}, 0, usual.get(name))}


def _singles_out(filters: Iterable[Filter]) -> bool:
    """Whether a filter names a customer or reads words."""
    named = {term.name for one in filters for term in one.terms() if term.kind not in NAMED}
    return bool(named & (IDENTITIES | WORDS))
