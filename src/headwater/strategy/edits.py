"""Edits of a strategy as pure functions: an old one in, a new one out, or a refusal that says why not."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from django.utils.translation import gettext as _
from pydantic import TypeAdapter

from headwater.base.refusals import NotFound, Refused
from headwater.journey.documents import checked
from headwater.journey.edits import free_id
from headwater.strategy.differences import PARTS, STATEMENTS, Item, Kind, title
from headwater.strategy.documents import read, written
from headwater.strategy.strategy import BusinessGoal, Issue, Outcome, Strategy, Value

TYPES: dict[Kind, type[Item]] = {"value": Value, "goal": BusinessGoal, "outcome": Outcome, "issue": Issue}
EDITABLE: dict[Kind, tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(type_) if field.name != "id") for kind, type_ in TYPES.items()
}
_ADAPTERS: dict[Kind, TypeAdapter[Any]] = {kind: TypeAdapter(type_) for kind, type_ in TYPES.items()}


def find(strategy: Strategy, kind: Kind, item_id: str) -> Item:
    """The item with this id. Raises ``NotFound``."""
    items: Sequence[Item] = getattr(strategy, PARTS[kind])
    for item in items:
        if item.id == item_id:
            return item
    message = _("There is no %(kind)s %(id)s in this version of the strategy. Reload the page.")
    raise NotFound("strategy.not_found", message % {"kind": kind_name(kind), "id": item_id})


def kind_name(kind: Kind) -> str:
    """What a kind of item is called on a page."""
    return {"value": _("value"), "goal": _("business goal"), "outcome": _("outcome"), "issue": _("issue")}[kind]


def stated(strategy: Strategy, values: Mapping[str, Any]) -> Strategy:
    """The strategy with some of its statements (vision, mission, success) set to these texts."""
    if unknown := set(values) - set(STATEMENTS):
        message = _("A strategy has no statement %(fields)s. Choose from: %(names)s.")
        given = {"fields": ", ".join(sorted(unknown)), "names": ", ".join(STATEMENTS)}
        raise Refused("strategy.field", message % given)
    return read({**written(strategy), **values}, strategy.version)


def added(strategy: Strategy, kind: Kind, values: Mapping[str, Any]) -> tuple[Strategy, Item]:
    """The strategy with a new item at the end, its id made from what it says, and the item."""
    items: tuple[Item, ...] = getattr(strategy, PARTS[kind])
    words = str(values.get("name") or values.get("text") or "").split()
    identity = free_id(" ".join(words[:6]), {item.id for item in items})
    item = _item(kind, {**_editable(kind, values), "id": identity})
    _refuse_the_same(kind, item, items)
    return _with(strategy, kind, (*items, item)), item


def changed(strategy: Strategy, kind: Kind, item_id: str, values: Mapping[str, Any]) -> tuple[Strategy, Item]:
    """The strategy with some fields of an item set to these values, and the item as it is then."""
    old = find(strategy, kind, item_id)
    known = {field.name: getattr(old, field.name) for field in fields(old)}
    item = _item(kind, {**known, **_editable(kind, values)})
    items: tuple[Item, ...] = getattr(strategy, PARTS[kind])
    _refuse_the_same(kind, item, [other for other in items if other.id != item_id])
    return _with(strategy, kind, tuple(item if other.id == item_id else other for other in items)), item


def moved(strategy: Strategy, kind: Kind, item_id: str, by: int) -> Strategy:
    """The strategy with an item ``by`` places later among its siblings (earlier when negative), at the ends at most.

    Siblings of an outcome are the outcomes of its year; those of an issue hang under the same outcome.
    """
    item = find(strategy, kind, item_id)
    items: list[Item] = list(getattr(strategy, PARTS[kind]))
    siblings = [place for place, other in enumerate(items) if _group(other) == _group(item)]
    here = siblings.index(items.index(item))
    there = max(0, min(len(siblings) - 1, here + by))
    order = [items[place] for place in siblings]
    order.insert(there, order.pop(here))
    for place, sibling in zip(siblings, order, strict=True):
        items[place] = sibling
    return _with(strategy, kind, tuple(items))


def removed(strategy: Strategy, kind: Kind, item_id: str) -> Strategy:
    """The strategy without an item; what named it names it no longer, so that issues of an outcome become strays."""
    find(strategy, kind, item_id)
    items: tuple[Item, ...] = getattr(strategy, PARTS[kind])
    left = _with(strategy, kind, tuple(item for item in items if item.id != item_id))
    if kind == "outcome":
        issues = tuple(replace(one, outcome=None) if one.outcome == item_id else one for one in left.issues)
        return replace(left, issues=issues)
    if kind == "goal":
        outcomes = tuple(replace(one, goal=None) if one.goal == item_id else one for one in left.outcomes)
        return replace(left, outcomes=outcomes)
    if kind == "value":
        outcomes = tuple(
            replace(one, values=tuple(value for value in one.values if value != item_id)) for one in left.outcomes
        )
        return replace(left, outcomes=outcomes)
    return left


def _group(item: Item) -> object:
    return item.year if isinstance(item, Outcome) else item.outcome if isinstance(item, Issue) else None


def _editable(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(values) - set(EDITABLE[kind]):
        message = _("This is no field of a %(kind)s: %(fields)s. Choose from: %(names)s.")
        names = {"fields": ", ".join(sorted(unknown)), "names": ", ".join(EDITABLE[kind])}
        raise Refused("strategy.field", message % {"kind": kind_name(kind), **names})
    return dict(values)


def _item(kind: Kind, values: Mapping[str, Any]) -> Item:
    item: Item = checked(_ADAPTERS[kind], values, f"{kind}.invalid")
    return item


def _refuse_the_same(kind: Kind, item: Item, others: Sequence[Item]) -> None:
    """Two items that say the same could not be told apart on a page."""
    for other in others:
        if title(other).casefold() == title(item).casefold():
            message = _("There is a %(kind)s already that says “%(name)s”. Change that one, or say something else.")
            field = "name" if isinstance(item, Value | BusinessGoal) else "text"
            raise Refused(f"{kind}.there_already", message % {"kind": kind_name(kind), "name": title(other)}, field)


def _with(strategy: Strategy, kind: Kind, items: tuple[Any, ...]) -> Strategy:
    parts: dict[str, Any] = {PARTS[kind]: items}
    return replace(strategy, **parts)
