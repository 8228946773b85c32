"""What differs between two strategies, part by part, with the words that went and came."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from typing import Any, Literal, TypeAlias

from headwater.strategy.strategy import BusinessGoal, Issue, Money, Outcome, Strategy, Value

Item: TypeAlias = Value | BusinessGoal | Outcome | Issue
Kind = Literal["value", "goal", "outcome", "issue"]
PARTS: dict[Kind, str] = {"value": "values", "goal": "goals", "outcome": "outcomes", "issue": "issues"}
STATEMENTS = ("vision", "mission", "success")
REFERENCES = {"goal": "goals", "values": "values", "outcome": "outcomes"}
"""Fields that name other items of the strategy, and where those are."""

_WORD = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class Span:
    """Some words of a text that stayed, went or came."""

    what: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field before and after; a text as the spans of its words, a list as what went and what came."""

    name: str
    before: Any
    after: Any
    spans: tuple[Span, ...] = ()
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """A statement that reads differently, or an item that is in only one of the two, differs, or stands elsewhere."""

    kind: Literal["statement", "value", "goal", "outcome", "issue"]
    id: str
    name: str
    what: Literal["added", "removed", "changed", "moved"]
    fields: tuple[FieldDifference, ...] = ()


def differences(old: Strategy, new: Strategy) -> tuple[Difference, ...]:
    """Every difference from ``old`` to ``new``, statements first; empty when they hold the same."""
    found: list[Difference] = []
    for name in STATEMENTS:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            what: Literal["added", "removed", "changed"] = "added" if not before else "changed" if after else "removed"
            found.append(Difference("statement", name, name, what, (_text(name, before, after),)))
    for kind, part in PARTS.items():
        found.extend(_part(kind, old, new, getattr(old, part), getattr(new, part)))
    return tuple(found)


def words(before: str, after: str) -> tuple[Span, ...]:
    """The words that stayed, went and came, in reading order; what went stands before what came in its place."""
    first, second = _WORD.findall(before), _WORD.findall(after)
    spans: list[Span] = []
    for what, i1, i2, j1, j2 in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if what == "equal":
            spans.append(Span("same", "".join(first[i1:i2])))
            continue
        if i1 < i2:
            spans.append(Span("removed", "".join(first[i1:i2])))
        if j1 < j2:
            spans.append(Span("added", "".join(second[j1:j2])))
    return tuple(spans)


def title(item: Item) -> str:
    """What an item is called in a list: its name, or for outcomes and issues what they say."""
    return item.name if isinstance(item, Value | BusinessGoal) else item.text


def _part(kind: Kind, old: Strategy, new: Strategy, was: Sequence[Item], now: Sequence[Item]) -> list[Difference]:
    before, after = {item.id: item for item in was}, {item.id: item for item in now}
    found = [Difference(kind, item.id, title(item), "removed") for item in was if item.id not in after]
    kept = [item.id for item in was if item.id in after]
    order = [item.id for item in now if item.id in before]
    stayed = _stayed(kept, order)
    for item in now:
        if item.id not in before:
            found.append(Difference(kind, item.id, title(item), "added"))
        elif changed := _fields(old, new, before[item.id], item):
            found.append(Difference(kind, item.id, title(item), "changed", changed))
        elif item.id not in stayed:
            found.append(Difference(kind, item.id, title(item), "moved"))
    return found


def _stayed(old: list[str], new: list[str]) -> set[str]:
    """The ids within runs that kept their order; the others are what a person would say was moved."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {key for block in blocks for key in old[block.a : block.a + block.size]}


def _fields(old: Strategy, new: Strategy, was: Item, now: Item) -> tuple[FieldDifference, ...]:
    found = []
    for field in fields(now):
        before, after = getattr(was, field.name), getattr(now, field.name)
        if before == after:
            continue
        before, after = _named(old, field.name, before), _named(new, field.name, after)
        if isinstance(after, tuple):
            removed = tuple(value for value in before if value not in after)
            added = tuple(value for value in after if value not in before)
            found.append(FieldDifference(field.name, before, after, (), removed, added))
        elif field.name in ("text", "name"):
            found.append(_text(field.name, before, after))
        else:
            found.append(FieldDifference(field.name, before, after))
    return tuple(found)


def _text(name: str, before: str, after: str) -> FieldDifference:
    return FieldDifference(name, before, after, words(before, after))


def _named(strategy: Strategy, field: str, value: Any) -> Any:
    """Ids of other items as the names they stand for; money as it is read."""
    if isinstance(value, Money):
        return f"{value.amount:,} {value.currency} ({value.kind})"
    known = {item.id: title(item) for item in getattr(strategy, REFERENCES[field])} if field in REFERENCES else {}
    if isinstance(value, tuple):
        return tuple(known.get(one, one) for one in value)
    return known.get(value, value) if isinstance(value, str) else value
