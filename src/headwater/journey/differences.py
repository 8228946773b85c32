"""What differs between two taxonomies, item by item and field by field, for people to read before they publish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from headwater.journey.taxonomy import Contribution, Item, Taxonomy

Kind = Literal["journey", "stage", "moment", "touchpoint", "cause", "department"]
REFERENCES = {
    "journey": "journeys",
    "stage": "stages",
    "stages": "stages",
    "moment": "moments",
    "departments": "departments",
    "contributions": "departments",
    "merged_into": "causes",
}
"""Fields that name other items, and where those are."""
PARTS: dict[Kind, str] = {
    "journey": "journeys",
    "stage": "stages",
    "moment": "moments",
    "touchpoint": "touchpoints",
    "cause": "causes",
    "department": "departments",
}


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field before and after: a text or number, or for lists what was taken out and what was put in.

    Items that a field refers to stand there by name.
    """

    name: str
    before: Any
    after: Any
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One item that is in only one of the two, differs between them, or stands at another place."""

    kind: Kind
    id: str
    name: str
    what: Literal["added", "removed", "changed", "moved"]
    fields: tuple[FieldDifference, ...] = ()


def differences(old: Taxonomy, new: Taxonomy) -> tuple[Difference, ...]:
    """Every difference from ``old`` to ``new``, journeys and stages first; empty when they hold the same."""
    names = {field: _names(old, part) | _names(new, part) for field, part in REFERENCES.items()}
    found: list[Difference] = []
    for kind, part in PARTS.items():
        found.extend(_part(kind, getattr(old, part), getattr(new, part), names))
    return tuple(found)


def _names(taxonomy: Taxonomy, part: str) -> dict[str, str]:
    return {item.id: item.name for item in getattr(taxonomy, part)}


def _part(
    kind: Kind, old: Sequence[Item], new: Sequence[Item], names: Mapping[str, Mapping[str, str]]
) -> list[Difference]:
    before = {item.id: item for item in old}
    after = {item.id: item for item in new}
    found = [Difference(kind, item.id, item.name, "removed") for item in old if item.id not in after]
    changed = {item.id: _fields(before[item.id], item, names) for item in new if item.id in before}
    # One that changed, its stage perhaps, says so already; the others are moved only against each other.
    same = {key for key, what in changed.items() if not what}
    moved = _moved([item.id for item in old if item.id in same], [item.id for item in new if item.id in same])
    for item in new:
        if item.id not in before:
            found.append(Difference(kind, item.id, item.name, "added"))
        elif changed[item.id]:
            found.append(Difference(kind, item.id, item.name, "changed", changed[item.id]))
        elif item.id in moved:
            found.append(Difference(kind, item.id, item.name, "moved"))
    return found


def _fields(old: Item, new: Item, names: Mapping[str, Mapping[str, str]]) -> tuple[FieldDifference, ...]:
    found = []
    for field in fields(new):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.name == "position" or before == after:
            continue
        known = names.get(field.name, {})
        before, after = _named(before, known), _named(after, known)
        if isinstance(after, tuple):
            removed = tuple(value for value in before if value not in after)
            added = tuple(value for value in after if value not in before)
            found.append(FieldDifference(field.name, before, after, removed, added))
        else:
            found.append(FieldDifference(field.name, before, after))
    return tuple(found)


def _named(value: Any, known: Mapping[str, str]) -> Any:
    """Ids as the names they stand for; a contribution as "who: what"."""
    if isinstance(value, tuple):
        return tuple(_named(one, known) for one in value)
    if isinstance(value, Contribution):
        return f"{known.get(value.department, value.department)}: {value.does}"
    return known.get(value, value) if isinstance(value, str) else value


def _moved(old: list[str], new: list[str]) -> set[str]:
    """The ids outside a longest run that kept its order: what a person would say was moved."""
    place = {key: index for index, key in enumerate(old)}
    runs: list[list[str]] = []
    for key in new:
        before = [run for run in runs if place[run[-1]] < place[key]]
        runs.append([*_longest(before), key])
    kept = set(_longest(runs))
    return {key for key in new if key not in kept}


def _longest(runs: list[list[str]]) -> list[str]:
    return max(runs, key=lambda run: len(run), default=[])
