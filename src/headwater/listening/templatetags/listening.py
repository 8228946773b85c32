"""How this room's pages write things."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from headwater.listening.editing import FIELD_TITLES

register = template.Library()


@register.filter
def at(row: dict[str, Any], name: str) -> Any:
    """A value of a row; nothing where it has none."""
    value = row.get(name)
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else value


@register.filter
def field_title(name: str) -> Any:
    """A field in words."""
    title: str = str(FIELD_TITLES.get(name, name))
    return title.split(":")[0]


@register.filter
def visible(delimiter: str) -> str:
    """A delimiter that can be read."""
    names = {",": _("commas"), ";": _("semicolons"), "\t": _("tabs"), "|": _("bars")}
    return names.get(delimiter, repr(delimiter))


@register.filter
def written(formats: Any) -> str:
    """Time formats as one field."""
    return formats if isinstance(formats, str) else (formats or ("iso",))[0]
