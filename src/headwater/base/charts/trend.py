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
    Values,
    chart,
    close,
    drawn,
    ends_of,
    estimates,
    quantity,
)


def trend(
    points: Sequence[Point],
    *,
    description: str,
    unit: str = "",
    meaning: Meaning = "customer",
    height: float = 200,
    path: Sequence[Point] = (),
) -> Spec:
    """A line in a band that is its interval. Gaps stay gaps; the last value is named.

    Args:
        points: in any order, one for each moment.
        description: the picture in words, for those who do not see it.
        unit: of the estimates, see ``base.figures``.
        meaning: whose colour it has.
        height: in pixels, without the axis.
        path: the corners of a dashed line to a target, which its last point is.
    """
    ordered = sorted(points, key=lambda point: point.at)
    names = [formats.date_format(point.at) for point in ordered]
    values = [
        {"at": point.at.isoformat(), **drawn(name, point, unit)} for name, point in zip(names, ordered, strict=True)
    ]
    known = [row for row in values if row["estimate"] is not None]
    x: Spec = {"field": "at", "type": "temporal", "axis": {"title": None, "tickCount": 6, "labelOverlap": True}}
    aims = [{"at": point.at.isoformat(), **drawn(_("Target"), point, unit)} for point in path]
    y = quantity("estimate", unit, close([*ends_of(values), *ends_of(aims)], unit))
    line: Spec = {"type": "line", "style": meaning, "interpolate": "monotone", "strokeWidth": 2.25}
    dot: Spec = {"type": "point", "style": meaning, "filled": True, "size": 36, "opacity": 1}
    last: Spec = {"type": "text", "style": "words-strong", "align": "right", "dy": -16}
    layers: list[Spec] = [
        *_path(aims, x, y),
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


def _path(aims: Values, x: Spec, y: Spec) -> list[Spec]:
    """The dashed way to a target, and the target at its end, named."""
    if not aims:
        return []
    line: Spec = {"type": "line", "style": "us", "strokeDash": [5, 4], "strokeWidth": 1.5}
    target: Spec = {"type": "point", "style": "us", "filled": False, "size": 70, "shape": "diamond", "opacity": 1}
    falls = len(aims) > 1 and aims[-1]["estimate"] < aims[-2]["estimate"]
    # On the side of the target where its line is not.
    name: Spec = {"type": "text", "style": "words", "align": "right", "dx": 4, "dy": 15 if falls else -13}
    words = {"value": f"{_('Target')} {aims[-1]['text']}"}
    return [
        {"data": {"values": aims}, "mark": line, "encoding": {"x": x, "y": y}},
        {"data": {"values": aims[-1:]}, "mark": target, "encoding": {"x": x, "y": y, "tooltip": TOOLTIP}},
        {"data": {"values": aims[-1:]}, "mark": name, "encoding": {"x": x, "y": y, "text": words}},
    ]
