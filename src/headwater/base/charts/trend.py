"""An estimate over time."""

from collections.abc import Sequence

from django.utils import formats
from django.utils.translation import gettext as _

from headwater.base.charts.frame import (
    TEXT,
    TOOLTIP,
    Meaning,
    Point,
    Spec,
    chart,
    close,
    drawn,
    ends_of,
    estimates,
    quantity,
)


def trend(
    points: Sequence[Point], *, description: str, unit: str = "", meaning: Meaning = "customer", height: float = 200
) -> Spec:
    """A line in a band that is its interval. Gaps stay gaps; the last value is named.

    Args:
        points: in any order, one for each moment.
        description: the picture in words, for those who do not see it.
        unit: of the estimates, see ``base.figures``.
        meaning: whose colour it has.
        height: in pixels, without the axis.
    """
    ordered = sorted(points, key=lambda point: point.at)
    names = [formats.date_format(point.at) for point in ordered]
    values = [
        {"at": point.at.isoformat(), **drawn(name, point, unit)} for name, point in zip(names, ordered, strict=True)
    ]
    known = [row for row in values if row["estimate"] is not None]
    x: Spec = {"field": "at", "type": "temporal", "axis": {"title": None, "tickCount": 6, "labelOverlap": True}}
    y = quantity("estimate", unit, close(ends_of(values), unit))
    line: Spec = {"type": "line", "style": meaning, "interpolate": "monotone", "strokeWidth": 2.25}
    dot: Spec = {"type": "point", "style": meaning, "filled": True, "size": 36, "opacity": 1}
    last: Spec = {"type": "text", "style": "words-strong", "align": "right", "dy": -16}
    layers: list[Spec] = [
        {
            "mark": {"type": "area", "style": f"{meaning}-soft", "interpolate": "monotone"},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
        },
        {"mark": line, "encoding": {"x": x, "y": y}},
        {"mark": dot, "encoding": {"x": x, "y": y, "tooltip": TOOLTIP}},
        {"data": {"values": known[-1:]}, "mark": last, "encoding": {"x": x, "y": y, "text": TEXT}},
    ]
    spec = chart(description, height, values, layers, estimates(_("Time"), zip(names, ordered, strict=True), unit))
    return {**spec, "padding": {**spec["padding"], "top": 16}}
