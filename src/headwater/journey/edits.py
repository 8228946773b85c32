"""Edits of a taxonomy as pure functions: an old one in, a new one out, or a refusal that says why not."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from django.utils.translation import gettext as _
from pydantic import TypeAdapter

from headwater.base.refusals import NotFound, Refused
from headwater.journey.differences import PARTS, Kind
from headwater.journey.documents import arranged, checked
from headwater.journey.taxonomy import Cause, Department, Item, Journey, Moment, Stage, Taxonomy, Touchpoint

_ADAPTERS: dict[Kind, TypeAdapter[Any]] = {
    "journey": TypeAdapter(Journey),
    "stage": TypeAdapter(Stage),
    "moment": TypeAdapter(Moment),
    "touchpoint": TypeAdapter(Touchpoint),
    "cause": TypeAdapter(Cause),
    "department": TypeAdapter(Department),
}
WITHIN: tuple[Kind, ...] = ("stage", "moment", "touchpoint")
"""Kinds of items that lie within another."""
EDITABLE: dict[Kind, tuple[str, ...]] = {
    "journey": ("name", "description"),
    "stage": ("name", "description", "examples", "journey"),
    "moment": ("name", "stage", "description", "examples", "kind", "truth", "contributions"),
    "touchpoint": ("name", "stage", "moment", "channel", "description", "where", "retired"),
    "cause": ("name", "description", "examples", "departments", "stages", "demand", "events", "lag_days"),
    "department": ("name", "description"),
}


def find(taxonomy: Taxonomy, kind: Kind, item_id: str) -> Item:
    """The item with this id. Raises ``NotFound``."""
    items: Sequence[Item] = getattr(taxonomy, PARTS[kind])
    for item in items:
        if item.id == item_id:
            return item
    raise _not_found(kind, item_id)


def kind_name(kind: Kind) -> str:
    """What a kind of item is called on a page."""
    return {
        "journey": _("journey"),
        "stage": _("stage"),
        "moment": _("moment"),
        "touchpoint": _("touchpoint"),
        "cause": _("cause"),
        "department": _("department"),
    }[kind]


def added(taxonomy: Taxonomy, kind: Kind, values: Mapping[str, Any]) -> tuple[Taxonomy, Item]:
    """The taxonomy with a new item at the end, its id made from its name, and the item."""
    items: tuple[Item, ...] = getattr(taxonomy, PARTS[kind])
    identity = free_id(str(values.get("name", "")), {item.id for item in items})
    item = _item(kind, {**_editable(kind, values), "id": identity})
    _refuse_same_name(kind, item, items)
    return _with(taxonomy, kind, (*items, item)), item


def changed(taxonomy: Taxonomy, kind: Kind, item_id: str, values: Mapping[str, Any]) -> tuple[Taxonomy, Item]:
    """The taxonomy with some fields of an item set to these values, and the item as it is then.

    What lies within an item goes with it: the touchpoints of a moment to its new stage.
    """
    old = find(taxonomy, kind, item_id)
    known = {key: value for key, value in asdict(old).items() if key != "position"}
    item = _item(kind, {**known, **_editable(kind, values)})
    items: tuple[Item, ...] = getattr(taxonomy, PARTS[kind])
    _refuse_same_name(kind, item, [other for other in items if other.id != item_id])
    new = _with(taxonomy, kind, tuple(item if other.id == item_id else other for other in items))
    if isinstance(item, Moment) and isinstance(old, Moment) and item.stage != old.stage:
        new = replace(new, touchpoints=tuple(_following(touchpoint, item) for touchpoint in new.touchpoints))
    return new, item


def moved(taxonomy: Taxonomy, kind: Kind, item_id: str, by: int) -> Taxonomy:
    """The taxonomy with an item ``by`` places later among its siblings (earlier when negative), at the ends at most.

    Siblings are the stages of one journey, the moments of one stage, the touchpoints of one stage or moment.
    """
    if kind == "journey":
        taxonomy = _settled(taxonomy)
    item = find(taxonomy, kind, item_id)
    here = [sibling.id for sibling in siblings(taxonomy, kind, item)].index(item_id)
    return _inserted(taxonomy, kind, item, max(0, here + by))


def placed(taxonomy: Taxonomy, kind: Kind, item_id: str, parent: str, index: int) -> Taxonomy:
    """The taxonomy with an item under another parent, as number ``index`` (from 0) of what is there; at most the last.

    The parent of a stage is a journey, of a moment a stage, of a touchpoint ``stage`` or ``stage/moment``. Items of
    other kinds have none: ``parent`` is "".
    """
    values = parent_values(kind, parent) if kind in WITHIN else {}
    new, item = changed(taxonomy, kind, item_id, values) if values else (taxonomy, find(taxonomy, kind, item_id))
    if kind == "journey":
        new = _settled(new)
    return _inserted(new, kind, item, index)


def parent_values(kind: Kind, parent: str) -> dict[str, Any]:
    """The fields that put an item under a parent."""
    if kind == "stage":
        return {"journey": parent or None}
    if kind == "cause":
        return {"stages": [parent]} if parent else {}
    if kind == "moment":
        return {"stage": parent}
    if kind == "touchpoint":
        stage, _slash, moment = parent.partition("/")
        return {"stage": stage, "moment": moment or None}
    return {}


def siblings(taxonomy: Taxonomy, kind: Kind, item: Item) -> list[Item]:
    """The items in whose order this one stands, itself included."""
    return [other for other in getattr(taxonomy, PARTS[kind]) if _parent(taxonomy, other) == _parent(taxonomy, item)]


def removed(taxonomy: Taxonomy, kind: Kind, item_id: str, published: Taxonomy) -> Taxonomy:
    """The taxonomy without an item. A cause that was ever published is retired instead: figures hang on its id.

    The touchpoints of a moment stay at its stage.
    """
    item = find(taxonomy, kind, item_id)
    if isinstance(item, Cause):
        if published.cause(item_id) is not None:
            message = _("%s has been published, so figures hang on it. Retire it, or merge it into another cause.")
            raise Refused("cause.published", message % item.name)
        if any(other.merged_into == item_id for other in taxonomy.causes):
            message = _("Other causes were merged into %s. Merge those elsewhere first.")
            raise Refused("cause.merged_into", message % item.name)
    users = _users(taxonomy, kind, item_id)
    if users:
        message = _("%(name)s is still used by %(users)s. Move those first.")
        raise Refused(f"{kind}.used", message % {"name": item.name, "users": ", ".join(users[:5])})
    if kind == "journey":
        taxonomy = _settled(taxonomy)
    if kind == "moment":
        loose = (replace(one, moment=None) if one.moment == item_id else one for one in taxonomy.touchpoints)
        taxonomy = replace(taxonomy, touchpoints=tuple(loose))
    items: tuple[Item, ...] = getattr(taxonomy, PARTS[kind])
    if kind == "stage" and len(items) == 1:
        raise Refused("stage.last", _("%s is the only stage; a journey needs at least one.") % item.name)
    without = _with(taxonomy, kind, tuple(other for other in items if other.id != item_id))
    if kind == "journey":
        # Its stages, when it was the only one, belong to no journey again.
        left = {journey.id for journey in without.journeys}
        stages = (stage if stage.journey in left else replace(stage, journey=None) for stage in without.stages)
        without = replace(without, stages=tuple(stages))
    return without


def merged(taxonomy: Taxonomy, cause_id: str, into_id: str) -> Taxonomy:
    """The taxonomy with one cause counted as another from now on; its example phrases go with it."""
    cause, into = _cause(taxonomy, cause_id), _cause(taxonomy, into_id)
    if taxonomy.resolve(into_id) == cause_id:
        message = _("%(into)s counts as %(name)s already, so it cannot be the other way round.")
        raise Refused("cause.merge_circle", message % {"into": into.name, "name": cause.name}, "into")
    if not into.active:
        raise Refused(
            "cause.inactive", _("%s is retired or merged itself; choose an active cause.") % into.name, "into"
        )
    room = 80 - len(into.examples)
    phrases = tuple(phrase for phrase in cause.examples if phrase not in into.examples)[: max(0, room)]
    receiving = replace(into, examples=into.examples + phrases)
    gone = replace(cause, merged_into=into_id)
    causes = tuple({cause_id: gone, into_id: receiving}.get(other.id, other) for other in taxonomy.causes)
    return replace(taxonomy, causes=causes)


def retired(taxonomy: Taxonomy, cause_id: str, retire: bool = True) -> Taxonomy:
    """The taxonomy with a cause that new words are no longer given, or (``retire`` false) are given again."""
    cause = replace(_cause(taxonomy, cause_id), retired=retire)
    if not retire:
        cause = replace(cause, merged_into=None)
    return replace(taxonomy, causes=tuple(cause if other.id == cause_id else other for other in taxonomy.causes))


def adopted(current: Taxonomy, pack: Taxonomy) -> Taxonomy:
    """A pack in place of the current taxonomy; causes it lacks are kept, retired, since figures hang on them."""
    stages = {stage.id for stage in pack.stages}
    departments = {department.id for department in pack.departments}
    have = {cause.id for cause in pack.causes}
    kept = tuple(
        replace(
            cause,
            retired=True,
            merged_into=cause.merged_into if cause.merged_into in have else None,
            stages=tuple(stage for stage in cause.stages if stage in stages),
            departments=tuple(department for department in cause.departments if department in departments),
        )
        for cause in current.causes
        if cause.id not in have
    )
    return replace(pack, version=current.version, causes=pack.causes + kept)


def free_id(name: str, taken: set[str]) -> str:
    """A stable id made from a name: lower-case ASCII words joined by ``_``, numbered when taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:50].strip("_")
    if not re.match(r"[a-z][a-z0-9_]", base):
        base = f"item_{base}".rstrip("_")
    identity, number = base, 2
    while identity in taken:
        identity, number = f"{base}_{number}", number + 1
    return identity


def _not_found(kind: Kind, item_id: str) -> NotFound:
    message = _("There is no %(kind)s %(id)s in this version of the journey. Reload the page.")
    return NotFound("taxonomy.not_found", message % {"kind": kind_name(kind), "id": item_id})


def _cause(taxonomy: Taxonomy, cause_id: str) -> Cause:
    cause = taxonomy.cause(cause_id)
    if cause is None:
        raise _not_found("cause", cause_id)
    return cause


def _editable(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(values) - set(EDITABLE[kind])
    if unknown:
        message = _("A %(kind)s has no field %(fields)s that can be edited.")
        raise Refused("taxonomy.field", message % {"kind": kind_name(kind), "fields": ", ".join(sorted(unknown))})
    return dict(values)


def _item(kind: Kind, values: Mapping[str, Any]) -> Item:
    item: Item = checked(_ADAPTERS[kind], values, f"{kind}.invalid")
    return item


def _refuse_same_name(kind: Kind, item: Item, others: Sequence[Item]) -> None:
    """Two items of the same name could not be told apart on a page; retired causes no longer stand in the way."""
    for other in others:
        if _in_different_places(item, other):
            continue
        if other.name.casefold() == item.name.casefold():
            message = _("There is a %(kind)s called %(name)s already. Choose another name.")
            raise Refused(f"{kind}.name_taken", message % {"kind": kind_name(kind), "name": other.name}, "name")


def _in_different_places(item: Item, other: Item) -> bool:
    """Whether a reader meets the two apart: at different stages, or one of them no longer in use."""
    if isinstance(other, Cause):
        return not other.active
    if isinstance(other, Touchpoint) and other.retired:
        return True
    return (
        isinstance(item, Moment | Touchpoint) and isinstance(other, Moment | Touchpoint) and item.stage != other.stage
    )


def _users(taxonomy: Taxonomy, kind: Kind, item_id: str) -> list[str]:
    """The names of what would name something missing without this item."""
    if kind == "journey":
        return [stage.name for stage in taxonomy.stages_of(item_id)] if len(taxonomy.journeys) > 1 else []
    if kind == "stage":
        inside: tuple[Moment | Touchpoint, ...] = (*taxonomy.moments, *taxonomy.touchpoints)
        names = [item.name for item in inside if item.stage == item_id]
        return names + [cause.name for cause in taxonomy.causes if item_id in cause.stages]
    if kind == "department":
        names = [cause.name for cause in taxonomy.causes if item_id in cause.departments]
        return names + [
            moment.name for moment in taxonomy.moments if item_id in {part.department for part in moment.contributions}
        ]
    return []


def _following(touchpoint: Touchpoint, moment: Moment) -> Touchpoint:
    return replace(touchpoint, stage=moment.stage) if touchpoint.moment == moment.id else touchpoint


def _settled(taxonomy: Taxonomy) -> Taxonomy:
    """The taxonomy with every stage naming its journey, so that another order of the journeys moves none of them."""
    return replace(
        taxonomy, stages=tuple(replace(stage, journey=taxonomy.journey_of(stage)) for stage in taxonomy.stages)
    )


def _parent(taxonomy: Taxonomy, item: Item) -> tuple[str | None, ...]:
    if isinstance(item, Stage):
        return (taxonomy.journey_of(item),)
    if isinstance(item, Moment):
        return (item.stage,)
    if isinstance(item, Touchpoint):
        return (item.stage, item.moment, "retired" if item.retired else None)
    return ()


def _inserted(taxonomy: Taxonomy, kind: Kind, item: Item, index: int) -> Taxonomy:
    """The taxonomy with an item as number ``index`` of its siblings; the order of all others stays as it is."""
    items: list[Item] = [other for other in getattr(taxonomy, PARTS[kind]) if other.id != item.id]
    others = [other for other in siblings(taxonomy, kind, item) if other.id != item.id]
    ids = [other.id for other in items]
    if not others:
        place = [other.id for other in getattr(taxonomy, PARTS[kind])].index(item.id)
    elif index < len(others):
        place = ids.index(others[index].id)
    else:
        place = ids.index(others[-1].id) + 1
    items.insert(place, item)
    return _with(taxonomy, kind, tuple(items))


def _with(taxonomy: Taxonomy, kind: Kind, items: tuple[Any, ...]) -> Taxonomy:
    parts: dict[str, Any] = {PARTS[kind]: arranged(items) if kind == "stage" else items}
    return replace(taxonomy, **parts)
