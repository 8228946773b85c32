"""The drivers as pictures: importance with its intervals, and importance against performance."""

from django.utils.translation import gettext as _

from headwater.base.charts import Row, interval_rank
from headwater.base.charts.frame import TOOLTIP, Spec, chart, quantity
from headwater.base.figures import interval, measure
from headwater.insight.drivers import Analysis
from headwater.insight.drivers_rows import DriverRow, Quadrant
from headwater.insight.drivers_wording import quadrant_name
from headwater.science.results import Estimate

MEANINGS: dict[Quadrant, str] = {
    "mend first": "harm",
    "keep up": "better",
    "watch": "waiting",
    "leave": "customer",
    "unsure": "doubt",
}
SHAPES: dict[Quadrant, str] = {
    "mend first": "triangle-down",
    "keep up": "circle",
    "watch": "square",
    "leave": "circle",
    "unsure": "diamond",
}


def importance_chart(analysis: Analysis) -> Spec:
    """Share of the differences in the outcome that goes with each driver, the largest first."""
    rows = [
        Row(row.candidate.name, row.importance.estimate, row.importance.low, row.importance.high, row.n)
        for row in analysis.rows
        if isinstance(row.importance, Estimate)
    ]
    description = _("How much of the differences in %s goes with each driver") % analysis.outcome.name
    return interval_rank(rows, unit="share", description=description, heading=_("Driver"))


def performance_chart(analysis: Analysis) -> Spec | None:
    """Importance (up) against performance (right), each with its interval; None below two drivers with both."""
    shown = [
        (row, importance, performance)
        for row in analysis.rows
        if isinstance(importance := row.importance, Estimate) and isinstance(performance := row.performance, Estimate)
    ]
    usual = analysis.usual
    if len(shown) < 2 or usual is None:
        return None
    values = [_point(*one) for one in shown]
    y = quantity("y", "share", _room(values, "y"), title=_("Importance"))
    x = quantity("x", "share", _room(values, "x"), title=_("Performance"))
    layers: list[Spec] = [*_middle(usual, x, y)]
    for quadrant, meaning in MEANINGS.items():
        layers += _marks(quadrant, meaning, x, y)
    description = _("Importance of each driver against how well it goes, with 95 % intervals")
    columns = [_("Driver"), _("Importance"), _("95 % interval"), _("Performance"), _("95 % interval"), _("Place")]
    return chart(description, 380, values, layers, (columns, [_cells(*one) for one in shown]))


def _point(row: DriverRow, importance: Estimate, performance: Estimate) -> Spec:
    doubt = interval(importance.low, importance.high, "share")
    words = [
        row.candidate.name,
        quadrant_name(row.quadrant),
        f"{_('importance')} {measure(importance.estimate, 'share')} ({doubt})",
        f"{_('performance')} {measure(performance.estimate, 'share')}",
    ]
    return {
        "name": row.candidate.name,
        "quadrant": row.quadrant,
        "tooltip": " · ".join(words),
        **{f"y{end}": round(100 * value, 3) for end, value in _ends(importance)},
        **{f"x{end}": round(100 * value, 3) for end, value in _ends(performance)},
    }


def _ends(result: Estimate) -> tuple[tuple[str, float], ...]:
    return ("", result.estimate), ("_low", result.low), ("_high", result.high)


def _cells(row: DriverRow, importance: Estimate, performance: Estimate) -> list[str]:
    return [
        row.candidate.name,
        measure(importance.estimate, "share"),
        interval(importance.low, importance.high, "share"),
        measure(performance.estimate, "share"),
        interval(performance.low, performance.high, "share"),
        quadrant_name(row.quadrant),
    ]


def _room(points: list[Spec], axis: str) -> list[float]:
    """Close around the points and their intervals."""
    values = [point[f"{axis}_{end}"] for point in points for end in ("low", "high")]
    room = (max(values) - min(values)) * 0.12 or 1.0
    return [max(0.0, min(values) - room), max(values) + room]


def _middle(usual: tuple[float, float], x: Spec, y: Spec) -> list[Spec]:
    """The lines where the quadrants meet: average importance and average performance."""
    rule: Spec = {"type": "rule", "style": "reference"}
    return [
        {"data": {"values": [{"y": 100 * usual[0]}]}, "mark": rule, "encoding": {"y": y}},
        {"data": {"values": [{"x": 100 * usual[1]}]}, "mark": rule, "encoding": {"x": x}},
    ]


def _marks(quadrant: Quadrant, meaning: str, x: Spec, y: Spec) -> list[Spec]:
    only: Spec = {"transform": [{"filter": f"datum.quadrant == '{quadrant}'"}]}
    line: Spec = {"type": "rule", "style": f"{meaning}-soft", "strokeOpacity": 0.45, "strokeWidth": 3}
    dot: Spec = {
        "type": "point",
        "style": meaning,
        "shape": SHAPES[quadrant],
        "filled": True,
        "size": 110,
        "opacity": 1,
    }
    name: Spec = {"type": "text", "style": "words-small", "align": "left", "dx": 9, "dy": -9, "limit": 150}
    words: Spec = {"field": "name", "type": "nominal"}
    named: list[Spec] = []
    if quadrant not in (
        "unsure",
        "leave",
    ):  # those lie close together in the middle; the words under the chart name them
        named.append({**only, "mark": name, "encoding": {"x": x, "y": y, "text": words, "tooltip": TOOLTIP}})
    return [
        {**only, "mark": line, "encoding": {"y": y, "x": {**x, "field": "x_low"}, "x2": {"field": "x_high"}}},
        {**only, "mark": line, "encoding": {"x": x, "y": {**y, "field": "y_low"}, "y2": {"field": "y_high"}}},
        {**only, "mark": dot, "encoding": {"x": x, "y": y, "tooltip": TOOLTIP}},
        *named,
    ]
