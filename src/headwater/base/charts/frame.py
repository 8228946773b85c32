"""What the everyday charts share: their data, their frame, their axes, the table under them.

Values come in the unit named (see ``base.figures``). Every drawn value carries its words in the reader's locale, so
nothing but the ticks of an axis is formatted in the browser. Styles and colours are the theme's, named by meaning.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.utils.translation import gettext as _

from headwater.base import figures

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
Meaning = Literal["harm", "customer", "us", "better", "waiting", "doubt"]
Spec = dict[str, Any]
Values = list[dict[str, Any]]
TOOLTIP: Spec = {"field": "tooltip", "type": "nominal"}
HREF: Spec = {"field": "href", "type": "nominal"}
TEXT: Spec = {"field": "text", "type": "nominal"}


@dataclass(frozen=True, slots=True)
class Point:
    """One moment of a trend; no estimate leaves a gap."""

    at: date
    estimate: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A named estimate. ``ranked`` is False below the minimum base: then it stands last, dashed, in no order."""

    name: str
    estimate: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    ranked: bool = True
    href: str = ""


def chart(
    description: str,
    height: float,
    values: Values,
    layers: Sequence[Spec],
    table: tuple[list[str], list[list[Any]]],
) -> Spec:
    """A specification as wide as its container: layers over common values, with its figures as a table."""
    columns, rows = table
    return {
        "$schema": SCHEMA,
        "description": description,
        "width": "container",
        "height": height,
        "padding": {"left": 0, "right": 10, "top": 6, "bottom": 5},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": values},
        "layer": list(layers),
        "usermeta": {"figures": {"columns": columns, "rows": rows}},
    }


def scaled(value: float | None, unit: str) -> float | None:
    """What is drawn: shares in per cent, the rest as it is."""
    return None if value is None else round(value * 100, 4) if unit == "share" else value


def drawn(name: str, row: Point | Row, unit: str) -> Spec:
    """An estimate as a chart's data: where it stands, and its words."""
    words = [f"{name}: {figures.measure(row.estimate, unit)}", figures.interval(row.low, row.high, unit)]
    if row.n is not None:
        words.append(figures.base_size(row.n))
    return {
        "estimate": scaled(row.estimate, unit),
        "low": scaled(row.low, unit),
        "high": scaled(row.high, unit),
        "text": figures.measure(row.estimate, unit),
        "tooltip": " · ".join(word for word in words if word),
    }


def quantity(field: str, unit: str, domain: Sequence[float], **axis: Any) -> Spec:
    """A quantitative channel with a quiet axis."""
    label = f"datum.label + '{figures.THIN}%'" if unit in ("share", "%") else "datum.label"
    return {
        "field": field,
        "type": "quantitative",
        "axis": {"title": None, "labelExpr": label, "tickCount": 5, **axis},
        "scale": {"domain": list(domain), "zero": False},
    }


def from_zero(values: Iterable[float | None], unit: str) -> list[float]:
    """The scale of bars: from 0, so that a length is a length."""
    high = max((value for value in values if value is not None), default=0.0) or 1.0
    return [0.0, min(100.0, high * 1.06) if unit in ("share", "%") else high * 1.06]


def close(values: Iterable[float | None], unit: str) -> list[float]:
    """The scale of points and lines: close around what is there, so that intervals can be seen; shares stay 0…100."""
    there = [value for value in values if value is not None] or [0.0, 1.0]
    room = (max(there) - min(there)) * 0.1 or 1.0
    ends = [min(there) - room, max(there) + room]
    return [max(0.0, ends[0]), min(100.0, ends[1])] if unit in ("share", "%") else ends


def ends_of(values: Values) -> list[float | None]:
    """Every end of what is drawn."""
    return [row[end] for row in values for end in ("estimate", "low", "high")]


def estimates(heading: str, rows: Iterable[tuple[Any, Point | Row]], unit: str) -> tuple[list[str], list[list[Any]]]:
    """The table under a chart of estimates."""
    cells = [
        [
            name,
            figures.measure(row.estimate, unit),
            figures.interval(row.low, row.high, unit),
            figures.measure(row.n, "count"),
        ]
        for name, row in rows
    ]
    return [heading, _("Estimate"), _("95 % interval"), _("Answers")], cells
