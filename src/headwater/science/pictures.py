"""Pictures of results as plain Vega-Lite specifications, without a colour: marks name styles.

The styles ("customer", "harm", "doubt", "words", …) are given their colours by whoever draws: Headwater's pages by
their theme, a notebook by Vega-Lite's defaults. A picture carries its text alternative (``description``) and its
figures as a table (``usermeta``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Spec = dict[str, Any]
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
WIDTH, HEIGHT, STEP = 420, 260, 26


class Picture(Spec):
    """A Vega-Lite specification: a plain dict, which a notebook shows drawn."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Spec:
        return {"application/vnd.vegalite.v6+json": dict(self), "text/plain": self["description"]}


@dataclass(frozen=True, slots=True)
class Span:
    """A named figure with its interval; without an estimate, ``words`` say why there is none."""

    name: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a line, with its interval; ``line`` names the line it belongs to."""

    x: float | str
    y: float
    low: float
    high: float
    line: str = ""


def whiskers(
    spans: Sequence[Span],
    *,
    description: str,
    reference: float | None = None,
    title: str = "",
    meaning: str = "customer",
) -> Picture:
    """Figures below each other, each a point on the bar of its interval."""
    values = [
        {"name": one.name, "estimate": one.estimate, "low": one.low, "high": one.high, "n": one.n, "words": one.words}
        for one in spans
    ]
    y: Spec = {"field": "name", "type": "nominal", "sort": None, "title": None}
    known: list[Spec] = [{"filter": "isValid(datum.estimate)"}]
    tooltip = [{"field": name} for name in ("name", "estimate", "low", "high", "n")]
    layers: list[Spec] = [
        {
            "transform": known,
            "mark": {"type": "bar", "style": f"{meaning}-soft", "height": 8, "cornerRadius": 4, "fillOpacity": 0.4},
            "encoding": {"y": y, "x": _quantity("low", title), "x2": {"field": "high"}, "tooltip": tooltip},
        },
        {
            "transform": known,
            "mark": {"type": "point", "style": meaning, "filled": True, "size": 90, "opacity": 1},
            "encoding": {"y": y, "x": _quantity("estimate", title), "tooltip": tooltip},
        },
        {
            "transform": [{"filter": "!isValid(datum.estimate)"}],
            "mark": {"type": "text", "style": "words-small", "align": "left"},
            "encoding": {"y": y, "x": {"value": 4}, "text": {"field": "words"}},
        },
    ]
    if reference is not None:
        layers.append(_rule("x", reference))
    rows = [[one.name, one.estimate, one.low, one.high, one.n] for one in spans]
    return _picture(description, layers, values, ["", "estimate", "low", "high", "n"], rows, height={"step": STEP})


def bands(
    points: Sequence[Point],
    *,
    description: str,
    x_title: str,
    y_title: str,
    steps: bool = False,
    reference: float | None = None,
    temporal: bool = False,
) -> Picture:
    """Lines over time or lag, each in the band of its interval."""
    values = [{"x": one.x, "y": one.y, "low": one.low, "high": one.high, "line": one.line} for one in points]
    x: Spec = {"field": "x", "type": "temporal" if temporal else "quantitative", "title": x_title}
    split: Spec = {"detail": {"field": "line"}}
    if len({one.line for one in points}) > 1:
        split = {"color": {"field": "line", "type": "nominal", "title": None, "sort": None}}
    shape = {"interpolate": "step-after"} if steps else {}
    layers: list[Spec] = [
        {
            "mark": {"type": "area", "style": "customer-soft", "fillOpacity": 0.25, **shape},
            "encoding": {"x": x, "y": _quantity("low", y_title), "y2": {"field": "high"}, **split},
        },
        {
            "mark": {"type": "line", "style": "customer", **shape},
            "encoding": {"x": x, "y": _quantity("y", y_title), **split},
        },
    ]
    if reference is not None:
        layers.append(_rule("y", reference))
    rows = [[one.line, one.x, one.y, one.low, one.high] for one in points]
    return _picture(description, layers, values, ["", x_title, y_title, "low", "high"], rows, height=HEIGHT)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A named point with an interval in both directions."""

    name: str
    x: Span
    y: Span


def crosses(points: Sequence[Crossing], *, description: str, x_title: str, y_title: str) -> Picture:
    """Named points in the plane, each with its interval across and up: importance against performance."""
    values = [
        {
            "name": one.name,
            "x": one.x.estimate,
            "x_low": one.x.low,
            "x_high": one.x.high,
            "y": one.y.estimate,
            "y_low": one.y.low,
            "y_high": one.y.high,
        }
        for one in points
        if one.x.estimate is not None and one.y.estimate is not None
    ]
    x, y = _quantity("x", x_title), _quantity("y", y_title)
    layers: list[Spec] = [
        {
            "mark": {"type": "rule", "style": "customer-soft", "strokeOpacity": 0.5, "strokeWidth": 2},
            "encoding": {"x": _quantity("x_low", x_title), "x2": {"field": "x_high"}, "y": y},
        },
        {
            "mark": {"type": "rule", "style": "customer-soft", "strokeOpacity": 0.5, "strokeWidth": 2},
            "encoding": {"x": x, "y": _quantity("y_low", y_title), "y2": {"field": "y_high"}},
        },
        {
            "mark": {"type": "point", "style": "customer", "filled": True, "size": 70, "opacity": 1},
            "encoding": {"x": x, "y": y, "tooltip": [{"field": name} for name in values[0]] if values else []},
        },
        {
            "mark": {"type": "text", "style": "words-small", "align": "left", "dx": 8, "dy": -8},
            "encoding": {"x": x, "y": y, "text": {"field": "name"}},
        },
    ]
    rows = [list(value.values()) for value in values]
    columns = ["", x_title, "low", "high", y_title, "low", "high"]
    return _picture(description, layers, values, columns, rows, height=HEIGHT)


def _quantity(field: str, title: str) -> Spec:
    return {"field": field, "type": "quantitative", "title": title or None, "scale": {"zero": False, "nice": True}}


def _rule(channel: str, at: float) -> Spec:
    mark = {"type": "rule", "style": "reference", "strokeDash": [3, 3]}
    return {
        "data": {"values": [{"at": at}]},
        "mark": mark,
        "encoding": {channel: {"field": "at", "type": "quantitative"}},
    }


def _picture(
    description: str, layers: list[Spec], values: list[Spec], columns: list[str], rows: list[list[Any]], *, height: Any
) -> Picture:
    return Picture(
        {
            "$schema": SCHEMA,
            "description": description,
            "width": WIDTH,
            "height": height,
            "data": {"values": values},
            "layer": layers,
            "usermeta": {"figures": {"columns": columns, "rows": rows}},
        }
    )
