"""Template tags behind the components: figures as people read them, and where to draw them."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.template.context import RequestContext
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString

from headwater.base import figures

register = template.Library()


@register.filter
def measure(value: object, unit: str = "") -> str:
    """A figure in its unit: ``0.614|measure:"share"`` → 61 %, ``23|measure:"nps"`` → +23."""
    return figures.measure(value, unit)


@register.filter
def plain(value: object) -> str:
    """A number for an attribute that a program reads: never with a thousands separator or a decimal comma."""
    return "" if value is None else str(value)


@register.simple_tag
def interval(low: object, high: object, unit: str = "") -> str:
    """The interval in words, without the unit: ``58 to 64``; empty when there is none."""
    return figures.interval(low, high, unit)


@register.simple_tag
def base_size(n: object) -> str:
    """How many answers stand behind a figure: ``n = 1,204``."""
    return figures.base_size(n)


@register.simple_tag
def count_of(done: object, total: object) -> str:
    """How far work has come: ``1,200 of 4,000``."""
    return figures.count_of(done, total)


@register.simple_tag
def whisker(  # one argument for each attribute of the component
    estimate: object, low: object, high: object, start: object, end: object, unit: str = "", target: object = ""
) -> dict[str, str] | None:
    """Positions of a whisker in per cent of its width, or None when there is nothing to draw."""
    return figures.whisker(estimate, low, high, figures.domain(start, end, unit), target)


@register.simple_tag
def bar(estimate: object, low: object, high: object, end: object, unit: str = "") -> dict[str, str] | None:
    """Lengths of a bar's sure and unsure part in per cent of its width, or None when there is nothing to draw."""
    return figures.bar(estimate, low, high, figures.domain(0, end, unit)[1])


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether a form field is one check box, which stands before its label."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def described(field: BoundField) -> SafeString:
    """The form control, tied to its help and to its errors for those who do not see them."""
    described_by = [f"{field.auto_id}_helptext"] if field.help_text else []
    if field.errors:
        described_by.append(f"{field.auto_id}_error")
    attributes: dict[str, str | bool] = {"aria-describedby": " ".join(described_by)} if described_by else {}
    if field.errors:
        attributes["aria-invalid"] = "true"
    return field.as_widget(attrs=attributes)


@register.simple_tag(takes_context=True)
def address(context: RequestContext, key: str, value: object) -> str:
    """This page's address with one parameter changed, so that every filter stays; an empty value takes it out."""
    query = context["request"].GET.copy()
    if value is None or value == "":
        query.pop(key, None)
    else:
        query[key] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag
def chart_json(spec: Mapping[str, Any]) -> SafeString:
    """The chart's specification for the page's script: data, not code, so the content policy lets it stand."""
    return json_script(spec)


@register.inclusion_tag("base/chart_figures.html")
def chart_table(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a chart as a table, from what its builder left under ``usermeta.figures``.

    ``columns`` and ``rows`` of text or ``{"text", "href"}``; the first ``words`` columns hold words, the rest figures.
    """
    shown: dict[str, Any] = spec.get("usermeta", {}).get("figures", {})
    words = shown.get("words", 1)
    columns = [{"name": name, "words": place < words} for place, name in enumerate(shown.get("columns", []))]
    rows = [list(zip(columns, row, strict=True)) for row in shown.get("rows", [])]
    return {"columns": columns, "rows": rows, "caption": spec.get("description", "")}


@register.simple_tag
def figure_cell(cell: object) -> SafeString | str:
    """One cell of a chart's table: text, or a link given as ``{"text", "href"}``."""
    if isinstance(cell, Mapping):
        return format_html('<a href="{}">{}</a>', cell["href"], cell["text"]) if cell.get("href") else str(cell["text"])
    return str(cell)
