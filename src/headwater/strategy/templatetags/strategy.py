"""What the templates of this room show: names of what differs between two strategies."""

from django import template
from django.utils.translation import gettext as _

from headwater.strategy.definitions import in_words, read
from headwater.strategy.differences import Difference
from headwater.strategy.measure_wording import period_name
from headwater.strategy.measures import MeasureView
from headwater.strategy.models import DefinitionEdition, Reading

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


@register.simple_tag
def reading_period(view: MeasureView, reading: Reading) -> str:
    """The month or week of a reading."""
    return period_name(view.measure, reading)


@register.simple_tag
def definition_words(row: DefinitionEdition) -> str:
    """One edition of a measure's definition as a person would say it."""
    return in_words(read(row.content.get("definition", {})), row.content.get("unit", ""))
