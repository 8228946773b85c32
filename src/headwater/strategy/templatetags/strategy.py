"""What the templates of this room show: names of what differs between two strategies."""

from django import template
from django.utils.translation import gettext as _

from headwater.strategy.differences import Difference

register = template.Library()


@register.simple_tag
def difference_kind(difference: Difference) -> str:
    """What a difference is about: a statement by its name, an item by its kind."""
    return {
        "vision": _("vision"),
        "mission": _("mission"),
        "success": _("success statement"),
        "value": _("value"),
        "goal": _("business goal"),
        "outcome": _("outcome"),
        "issue": _("issue"),
    }[difference.id if difference.kind == "statement" else difference.kind]


@register.simple_tag
def field_name(name: str) -> str:
    """What a field of an item is called on its form."""
    return {
        "name": _("Name"),
        "text": _("Text"),
        "year": _("By the end of year"),
        "goal": _("Business goal"),
        "values": _("Values"),
        "money": _("Money"),
        "stages": _("Stages"),
        "moments": _("Moments"),
        "causes": _("Causes"),
        "segments": _("Customers"),
        "outcome": _("Outcome"),
    }.get(name, name)
