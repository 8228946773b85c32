"""Groups beside each other: as points with their intervals, or as bars with doubt."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from headwater.base.charts.frame import (
    HREF,
    TEXT,
    TOOLTIP,
    Meaning,
    Row,
    Spec,
    Values,
    chart,
    close,
    drawn,
    ends_of,
    estimates,
    from_zero,
    quantity,
    scaled,
)

ROW = 34
# A third of the chart for names, where the container is known (a picture has none).
NAME_ROOM = "max(110, min(280, (containerSize()[0] || 720) * 0.36))"
SURE = [{"filter": "datum.ranked"}]
UNSURE = [{"filter": "!datum.ranked"}]


def in_order(rows: Sequence[Row], *, ascending: bool = False) -> list[Row]:
    """The ranked rows by estimate; after them, by name, those that may not be ranked."""
    ranked = [row for row in rows if row.ranked and row.estimate is not None]
    ranked.sort(key=lambda row: row.estimate or 0.0, reverse=not ascending)
    return [*ranked, *sorted((row for row in rows if row not in ranked), key=lambda row: row.name)]


def interval_rank(
    rows: Sequence[Row],
    *,
    description: str,
    unit: str = "",
    heading: str = "",
    meaning: Meaning = "customer",
    reference: float | None = None,
    ascending: bool = False,
) -> Spec:
    """Points with their intervals. Groups below the minimum base stand last, hollow and dashed, in no order.

    Args:
        rows: the groups, in any order.
        description: the picture in words.
        unit: of the estimates, see ``base.figures``.
        heading: what the groups are, over the table's first column.
        meaning: whose colour they have.
        reference: a value to compare with, drawn as a dashed line.
        ascending: the smallest first.
    """
    ordered = in_order(rows, ascending=ascending)
    values = _values(ordered, unit)
    x = quantity("estimate", unit, close([*ends_of(values), scaled(reference, unit)], unit), orient="top")
    y = _names(ordered)
    span: Spec = {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}, "tooltip": TOOLTIP}
    spot: Spec = {"y": y, "x": x, "tooltip": TOOLTIP, "href": HREF}
    band: Spec = {"type": "bar", "style": f"{meaning}-soft", "height": 8, "cornerRadius": 4}
    dashes: Spec = {"type": "rule", "style": "doubt", "strokeDash": [4, 3], "strokeWidth": 1.5}
    dot: Spec = {"type": "point", "style": meaning, "filled": True, "size": 110, "opacity": 1}
    ring: Spec = {"type": "point", "style": "doubt", "filled": False, "size": 90, "opacity": 1, "strokeWidth": 1.5}
    line: Spec = {
        "data": {"values": [] if reference is None else [{"estimate": scaled(reference, unit)}]},
        "mark": {"type": "rule", "style": "reference"},
        "encoding": {"x": x},
    }
    layers: list[Spec] = [
        line,
        {"transform": SURE, "mark": band, "encoding": span},
        {"transform": UNSURE, "mark": dashes, "encoding": span},
        {"transform": SURE, "mark": dot, "encoding": spot},
        {"transform": UNSURE, "mark": ring, "encoding": spot},
    ]
    return _chart(ordered, description, values, layers, heading, unit)


def share_bars(
    rows: Sequence[Row], *, description: str, unit: str = "share", heading: str = "", meaning: Meaning = "harm"
) -> Spec:
    """Bars from 0, largest first: solid to the interval's low end, faint to its high end, a line at the estimate.

    Groups below the minimum base stand last and are faint throughout.
    """
    ordered = in_order(rows)
    values = [
        {
            **value,
            "zero": 0,
            "sure": (value["estimate"] if value["low"] is None else value["low"]) if value["ranked"] else 0,
            "high": value["estimate"] if value["high"] is None else value["high"],
        }
        for value in _values(ordered, unit)
    ]
    ends = from_zero((value["high"] for value in values), unit)
    room = [ends[0], ends[1] * 1.12]
    common: Spec = {"y": _names(ordered), "tooltip": TOOLTIP, "href": HREF}

    def x(field: str) -> Spec:
        return {"field": field, "type": "quantitative", "axis": None, "scale": {"domain": room}}

    bar: Spec = {"type": "bar", "height": 14}
    label: Spec = {"type": "text", "style": "words-strong", "align": "left", "dx": 8}
    layers: list[Spec] = [
        {"mark": {**bar, "style": f"{meaning}-soft"}, "encoding": {**common, "x": x("sure"), "x2": {"field": "high"}}},
        {"mark": {**bar, "style": meaning}, "encoding": {**common, "x": x("zero"), "x2": {"field": "sure"}}},
        {
            "mark": {"type": "tick", "style": meaning, "thickness": 2, "size": 20},
            "encoding": {**common, "x": x("estimate")},
        },
        {"mark": label, "encoding": {**common, "x": x("high"), "text": TEXT}},
    ]
    return _chart(ordered, description, values, layers, heading, unit)


def _values(rows: Sequence[Row], unit: str) -> Values:
    return [
        {"name": row.name, "href": row.href or None, "ranked": row.ranked, **drawn(row.name, row, unit)} for row in rows
    ]


def _names(rows: Sequence[Row]) -> Spec:
    names = [row.name for row in rows]
    axis: Spec = {"title": None, "labelLimit": {"expr": NAME_ROOM}, "labelFontSize": 13}
    return {"field": "name", "type": "nominal", "sort": names, "axis": axis, "scale": {"domain": names}}


def _chart(
    rows: Sequence[Row], description: str, values: Values, layers: Sequence[Spec], heading: str, unit: str
) -> Spec:
    table = estimates(heading or _("Group"), (({"text": row.name, "href": row.href}, row) for row in rows), unit)
    return chart(description, ROW * max(len(rows), 1), values, layers, table)
