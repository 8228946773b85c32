"""Words for the parts of a journey and what differs between two."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

from headwater.base.models import Person
from headwater.journey.agreement_rules import StageAgreement
from headwater.journey.differences import Kind
from headwater.journey.edits import kind_name as named
from headwater.journey.forms.taxonomy import DEMANDS, KINDS

register = template.Library()


@register.simple_tag
def item_key(kind: str, item_id: str) -> str:
    """What tells an item from every other on the page."""
    return f"{kind}-{item_id}"


@register.simple_tag
def agreement_of(agreements: Mapping[str, StageAgreement], stage_id: str) -> StageAgreement | None:
    """How the departments see a stage; None for one that is not published."""
    return agreements.get(stage_id)


@register.simple_tag
def leader_name(leaders: Mapping[str, Person], moment_id: str) -> str:
    """Who answers for a moment; empty while nobody does."""
    leader = leaders.get(moment_id)
    return leader.name if leader else ""


@register.filter
def kind_name(kind: Kind) -> str:
    """What a kind of item is called."""
    return named(kind)


@register.filter
def what_name(what: str) -> str:
    """What happened to an item."""
    return {"added": _("added"), "removed": _("removed"), "changed": _("changed"), "moved": _("moved")}[what]


@register.filter
def field_name(name: str) -> str:
    """What a field of an item is called."""
    names = {
        "name": _("name"),
        "description": _("description"),
        "examples": _("example phrases"),
        "departments": _("departments"),
        "stages": _("stages"),
        "stage": _("stage"),
        "journey": _("journey"),
        "moment": _("moment"),
        "channel": _("channel"),
        "where": _("filter"),
        "truth": _("moment of truth"),
        "contributions": _("what each department does"),
        "kind": _("kind"),
        "demand": _("why customers speak of it"),
        "events": _("events"),
        "lag_days": _("lag in days"),
        "merged_into": _("merged into"),
        "retired": _("retired"),
    }
    return names.get(name, name)


@register.filter
def choice_name(value: Any, field: str) -> Any:
    """What a chosen value is called where it stands for words; any other value as it is."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return dict({"demand": DEMANDS, "kind": KINDS}.get(field, ())).get(value, value)


@register.filter
def is_list(value: Any) -> bool:
    """Whether a field holds a list."""
    return isinstance(value, tuple)
