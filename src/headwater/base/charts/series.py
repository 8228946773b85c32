"""Builders of the everyday charts. Each returns a Vega-Lite specification with its figures as a table in ``usermeta``.

Values come in the unit named (see ``base.figures``); every drawn value carries its words, in the reader's locale, so
nothing is formatted in the browser. Styles and colours are the theme's, named by meaning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.utils import formats
from django.utils.translation import gettext as _

from headwater.base import figures

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
ROW = 34
Meaning = Literal["harm", "customer", "us", "better", "waiting", "doubt"]
Spec = dict[str, Any]


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


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole, with its meaning."""

    name: str
    value: float
    meaning: Meaning = "customer"
    href: str = ""


@dataclass(frozen=True, slots=True)
class Bin:
    """A histogram's bin, from ``start`` up to but without ``end``."""

    start: float
    end: float
    count: float


def _chart(description: str, height: float, layers: list[Spec], columns: list[str], rows: list[list[Any]]) -> Spec:
    return {
        "$schema": SCHEMA,
        "description": description,
        "width": "container",
        "height": height,
        "padding": {"left": 0, "right": 4, "top": 6, "bottom": 5},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "layer": layers,
        "usermeta": {"figures": {"columns": columns, "rows": rows}},
    }


def _scaled(value: float | None, unit: str) -> float | None:
    """What is drawn: shares in per cent, the rest as it is."""
    return None if value is None else round(value * 100, 4) if unit == "share" else value


def _said(name: str, row: Point | Row, unit: str) -> str:
    parts = [f"{name}: {figures.measure(row.estimate, unit)}", figures.interval(row.low, row.high, unit)]
    return " · ".join(part for part in [*parts, figures.base_size(row.n) if row.n is not None else ""] if part)


def _axis(unit: str, **more: Any) -> Spec:
    label = f"datum.label + '{figures.THIN}%'" if unit in ("share", "%") else "datum.label"
    return {"title": None, "labelExpr": label, "tickCount": 5, **more}


def _from_zero(values: Sequence[float | None], unit: str) -> list[float]:
    """The scale of bars: from 0, so that a length is a length."""
    high = max((value for value in values if value is not None), default=1.0)
    return [0.0, min(100.0, high * 1.06) if unit in ("share", "%") else high * 1.06]


def _close(values: Sequence[float | None], unit: str) -> list[float]:
    """The scale of points and lines: close around what is there, so that intervals can be seen; shares stay 0…100."""
    there = [value for value in values if value is not None] or [0.0, 1.0]
    low, high = min(there), max(there)
    room = (high - low) * 0.1 or 1.0
    ends = [low - room, high + room]
    return [max(0.0, ends[0]), min(100.0, ends[1])] if unit in ("share", "%") else ends


def _estimates(
    columns: list[str], rows: Sequence[tuple[Any, Point | Row]], unit: str
) -> tuple[list[str], list[list[Any]]]:
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
    return [*columns, _("Estimate"), _("95 % interval"), _("Answers")], cells


def trend(
    points: Sequence[Point], *, unit: str = "", description: str, meaning: Meaning = "customer", height: float = 200
) -> Spec:
    """An estimate over time: a line in a band that is its interval; the last value is named, gaps stay gaps."""
    values = [
        {
            "at": point.at.isoformat(),
            "estimate": _scaled(point.estimate, unit),
            "low": _scaled(point.low, unit),
            "high": _scaled(point.high, unit),
            "tooltip": _said(formats.date_format(point.at), point, unit),
        }
        for point in sorted(points, key=lambda point: point.at)
    ]
    domain = _close([value for row in values for value in (row["estimate"], row["low"], row["high"])], unit)  # type: ignore[misc]
    known = [row for row in values if row["estimate"] is not None]
    x: Spec = {"field": "at", "type": "temporal", "axis": {"title": None, "tickCount": 6, "labelOverlap": True}}
    y: Spec = {
        "field": "estimate",
        "type": "quantitative",
        "axis": _axis(unit),
        "scale": {"domain": domain, "zero": False, "nice": True},
    }
    tooltip: Spec = {"field": "tooltip", "type": "nominal"}
    band: Spec = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}
    layers: list[Spec] = [
        {"mark": {"type": "area", "style": f"{meaning}-soft", "interpolate": "monotone"}, "encoding": band},
        {
            "mark": {"type": "line", "style": meaning, "interpolate": "monotone", "strokeWidth": 2.25},
            "encoding": {"x": x, "y": y},
        },
        {
            "mark": {"type": "point", "style": meaning, "filled": True, "size": 36, "opacity": 1},
            "encoding": {"x": x, "y": y, "tooltip": tooltip},
        },
    ]
    if known:
        last = {**known[-1], "text": figures.measure(points_by_date(points)[known[-1]["at"]], unit)}
        layers.append(
            {
                "data": {"values": [last]},
                "mark": {"type": "text", "style": "words-strong", "align": "right", "dy": -16},
                "encoding": {"x": x, "y": y, "text": {"field": "text", "type": "nominal"}},
            }
        )
    rows = [(formats.date_format(point.at), point) for point in sorted(points, key=lambda point: point.at)]
    spec = _chart(description, height, layers, *_estimates([_("Time")], rows, unit))
    return {**spec, "data": {"values": values}, "padding": {"left": 0, "right": 12, "top": 16, "bottom": 5}}


def points_by_date(points: Sequence[Point]) -> dict[Any, float | None]:
    """Estimates by their ISO date."""
    return {point.at.isoformat(): point.estimate for point in points}


def interval_rank(
    rows: Sequence[Row],
    *,
    unit: str = "",
    description: str,
    heading: str = "",
    meaning: Meaning = "customer",
    reference: float | None = None,
    ascending: bool = False,
) -> Spec:
    """Groups by their estimate, each with its interval; groups below the minimum base stand last, dashed, unranked."""
    ranked = [row for row in rows if row.ranked and row.estimate is not None]
    ranked.sort(key=lambda row: row.estimate or 0.0, reverse=not ascending)
    ordered = [*ranked, *sorted((row for row in rows if row not in ranked), key=lambda row: row.name)]
    values = [
        {
            "name": row.name,
            "estimate": _scaled(row.estimate, unit),
            "low": _scaled(row.low, unit),
            "high": _scaled(row.high, unit),
            "text": figures.measure(row.estimate, unit) if row.ranked else _("too few"),
            "tooltip": _said(row.name, row, unit),
            "href": row.href or None,
            "ranked": row.ranked,
        }
        for row in ordered
    ]
    ends = [value for row in values for value in (row["estimate"], row["low"], row["high"], _scaled(reference, unit))]
    domain = _close(ends, unit)  # type: ignore[arg-type]
    names: Spec = {
        "field": "name",
        "type": "nominal",
        "sort": [row.name for row in ordered],
        "axis": {"title": None, "labelLimit": 180, "labelFontSize": 13},
        "scale": {"domain": [row.name for row in ordered]},
    }
    x: Spec = {
        "field": "estimate",
        "type": "quantitative",
        "axis": _axis(unit, orient="top"),
        "scale": {"domain": domain, "zero": False},
    }
    tooltip: Spec = {"field": "tooltip", "type": "nominal"}
    href: Spec = {"field": "href", "type": "nominal"}
    sure, unsure = [{"filter": "datum.ranked"}], [{"filter": "!datum.ranked"}]
    span: Spec = {"y": names, "x": {**x, "field": "low"}, "x2": {"field": "high"}, "tooltip": tooltip}
    layers: list[Spec] = [
        {
            "transform": sure,
            "mark": {"type": "bar", "style": f"{meaning}-soft", "height": 8, "cornerRadius": 4},
            "encoding": span,
        },
        {
            "transform": unsure,
            "mark": {"type": "rule", "style": "doubt", "strokeDash": [4, 3], "strokeWidth": 1.5},
            "encoding": span,
        },
        {
            "transform": sure,
            "mark": {"type": "point", "style": meaning, "filled": True, "size": 110, "opacity": 1},
            "encoding": {"y": names, "x": x, "tooltip": tooltip, "href": href},
        },
        {
            "transform": unsure,
            "mark": {"type": "point", "style": "doubt", "filled": False, "size": 90, "opacity": 1, "strokeWidth": 1.5},
            "encoding": {"y": names, "x": x, "tooltip": tooltip, "href": href},
        },
    ]
    if reference is not None:
        layers.insert(
            0,
            {
                "data": {"values": [{"x": _scaled(reference, unit)}]},
                "mark": {"type": "rule", "style": "reference"},
                "encoding": {"x": {"field": "x", "type": "quantitative"}},
            },
        )
    table = [({"text": row.name, "href": row.href}, row) for row in ordered]
    spec = _chart(description, ROW * max(len(ordered), 1), layers, *_estimates([heading or _("Group")], table, unit))
    return {**spec, "data": {"values": values}}


def share_bars(
    rows: Sequence[Row], *, unit: str = "share", description: str, heading: str = "", meaning: Meaning = "harm"
) -> Spec:
    """Shares as bars, largest first: solid to the interval's low end, faint to its high end, a line at the estimate."""
    ordered = sorted(rows, key=lambda row: (not row.ranked, -(row.estimate or 0.0)))
    values = [
        {
            "name": row.name,
            "zero": 0,
            "sure": _scaled(row.estimate if row.low is None else row.low, unit),
            "estimate": _scaled(row.estimate, unit),
            "high": _scaled(row.estimate if row.high is None else row.high, unit),
            "text": figures.measure(row.estimate, unit),
            "tooltip": _said(row.name, row, unit),
            "href": row.href or None,
        }
        for row in ordered
    ]
    domain = _from_zero([row["high"] for row in values], unit)  # type: ignore[misc]
    names: Spec = {
        "field": "name",
        "type": "nominal",
        "sort": [row.name for row in ordered],
        "axis": {"title": None, "labelLimit": 200, "labelFontSize": 13},
    }
    common: Spec = {
        "y": names,
        "tooltip": {"field": "tooltip", "type": "nominal"},
        "href": {"field": "href", "type": "nominal"},
    }

    def x(field: str) -> Spec:
        return {
            "field": field,
            "type": "quantitative",
            "axis": None,
            "scale": {"domain": [domain[0], domain[1] * 1.12]},
        }

    bar = {"type": "bar", "height": 14}
    layers: list[Spec] = [
        {"mark": {**bar, "style": f"{meaning}-soft"}, "encoding": {**common, "x": x("sure"), "x2": {"field": "high"}}},
        {"mark": {**bar, "style": meaning}, "encoding": {**common, "x": x("zero"), "x2": {"field": "sure"}}},
        {
            "mark": {"type": "tick", "style": meaning, "thickness": 2, "size": 20},
            "encoding": {**common, "x": x("estimate")},
        },
        {
            "mark": {"type": "text", "style": "words-strong", "align": "left", "dx": 8},
            "encoding": {**common, "x": x("high"), "text": {"field": "text", "type": "nominal"}},
        },
    ]
    table = [({"text": row.name, "href": row.href}, row) for row in ordered]
    spec = _chart(description, ROW * max(len(ordered), 1), layers, *_estimates([heading or _("Group")], table, unit))
    return {**spec, "data": {"values": values}}


COLOURS: dict[Meaning, str] = {
    "harm": "clay",
    "customer": "water",
    "us": "spruce",
    "better": "moss",
    "waiting": "sand_2",
    "doubt": "doubt_soft",
}


def stacked_bar(parts: Sequence[Part], *, description: str, heading: str = "", height: float = 30) -> Spec:
    """One whole and its parts in the order given, each named under its piece where there is room for words."""
    whole = sum(part.value for part in parts) or 1.0
    values: list[Spec] = []
    start = 0.0
    for part in parts:
        share = part.value / whole
        values.append(
            {
                "name": part.name,
                "start": start,
                "end": start + share,
                "meaning": part.meaning,
                "href": part.href or None,
                "text": figures.measure(share, "share"),
                "share": share,
                "tooltip": f"{part.name}: {figures.measure(share, 'share')} ({figures.measure(part.value, 'count')})",
            }
        )
        start += share
    meanings = list(dict.fromkeys(part.meaning for part in parts))
    x: Spec = {"field": "start", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1], "nice": False}}
    tooltip: Spec = {"field": "tooltip", "type": "nominal"}
    layers: list[Spec] = [
        {
            "mark": {"type": "rect", "y": 0, "y2": height, "cornerRadius": 2, "xOffset": 1, "x2Offset": -1},
            "encoding": {
                "x": x,
                "x2": {"field": "end"},
                "color": {
                    "field": "meaning",
                    "type": "nominal",
                    "legend": None,
                    "scale": {"domain": meanings, "range": [{"expr": COLOURS[meaning]} for meaning in meanings]},
                },
                "tooltip": tooltip,
                "href": {"field": "href", "type": "nominal"},
            },
        },
        *(
            {
                "transform": [{"filter": f"datum.share * width > length(datum.{field}) * 7"}],
                "mark": {"type": "text", "style": style, "align": "left", "y": height + shift, "dx": 2},
                "encoding": {"x": x, "text": {"field": field, "type": "nominal"}, "tooltip": tooltip},
            }
            for field, style, shift in (("name", "words", 16), ("text", "words-small", 33))
        ),
    ]
    rows: list[list[Any]] = [
        [
            {"text": part.name, "href": part.href},
            figures.measure(part.value / whole, "share"),
            figures.measure(part.value, "count"),
        ]
        for part in parts
    ]
    spec = _chart(description, height + 44, layers, [heading or _("Part"), _("Share"), _("Count")], rows)
    return {**spec, "data": {"values": values}}


def histogram(
    bins: Sequence[Bin],
    *,
    description: str,
    heading: str = "",
    unit: str = "",
    meaning: Meaning = "customer",
    height: float = 180,
) -> Spec:
    """How often which value: neighbouring bars from bin to bin."""
    values = [
        {
            "start": _scaled(item.start, unit),
            "end": _scaled(item.end, unit),
            "count": item.count,
            "tooltip": f"{figures.interval(item.start, item.end, unit)}: {figures.measure(item.count, 'count')}",
        }
        for item in bins
    ]
    layers: list[Spec] = [
        {
            "mark": {"type": "rect", "style": meaning, "cornerRadius": 1.5, "xOffset": 0.75, "x2Offset": -0.75},
            "encoding": {
                "x": {
                    "field": "start",
                    "type": "quantitative",
                    "axis": _axis(unit, grid=False),
                    "scale": {"zero": False, "nice": False},
                },
                "x2": {"field": "end"},
                "y": {"field": "count", "type": "quantitative", "axis": {"title": None, "tickCount": 4}},
                "y2": {"datum": 0},
                "tooltip": {"field": "tooltip", "type": "nominal"},
            },
        }
    ]
    rows: list[list[Any]] = [
        [figures.interval(item.start, item.end, unit), figures.measure(item.count, "count")] for item in bins
    ]
    spec = _chart(description, height, layers, [heading or _("From – to"), _("Count")], rows)
    return {**spec, "data": {"values": values}}
