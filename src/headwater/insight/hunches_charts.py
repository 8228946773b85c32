"""The calibration picture: what was said against what came true."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from headwater.base import figures
from headwater.base.charts.frame import TOOLTIP, Spec, chart
from headwater.science.forecasts import ReliabilityBin
from headwater.science.results import Estimate

HEIGHT = 240


def calibration_chart(bins: Sequence[ReliabilityBin]) -> Spec | None:
    """One point a bin with its interval; on the dashed line what was said and what came true agree."""
    rows = [(one, one.happened) for one in bins if isinstance(one.happened, Estimate)]
    if not rows:
        return None
    values = [
        {
            "said": one.said * 100,
            "estimate": found.estimate * 100,
            "low": found.low * 100,
            "high": found.high * 100,
            "tooltip": _("said %(said)s: %(true)s came true (%(range)s), %(n)s")
            % {
                "said": figures.measure(one.said, "share"),
                "true": figures.measure(found.estimate, "share"),
                "range": figures.interval(found.low, found.high, "share"),
                "n": figures.base_size(one.n),
            },
        }
        for one, found in rows
    ]
    per_cent = f"datum.label + '{figures.THIN}%'"
    scale: Spec = {"domain": [0, 100]}
    x: Spec = {
        "field": "said",
        "type": "quantitative",
        "axis": {"title": _("How sure"), "labelExpr": per_cent, "tickCount": 5},
        "scale": scale,
    }
    y: Spec = {
        "field": "estimate",
        "type": "quantitative",
        "axis": {"title": _("Came true"), "labelExpr": per_cent, "tickCount": 5},
        "scale": scale,
    }
    ends = [{"said": end, "estimate": end} for end in (0, 100)]
    layers: list[Spec] = [
        {"data": {"values": ends}, "mark": {"type": "line", "style": "reference"}, "encoding": {"x": x, "y": y}},
        {
            "mark": {"type": "rule", "style": "customer", "strokeWidth": 2},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "tooltip": TOOLTIP},
        },
        {
            "mark": {"type": "point", "style": "customer", "filled": True, "size": 90, "opacity": 1},
            "encoding": {"x": x, "y": y, "tooltip": TOOLTIP},
        },
    ]
    table = (
        [_("How sure"), _("Said on average"), _("Came true"), _("95 % interval"), _("Hunches")],
        [
            [
                f"{figures.interval(one.low, one.high, 'share')} %",
                figures.measure(one.said, "share"),
                figures.measure(found.estimate, "share"),
                figures.interval(found.low, found.high, "share"),
                figures.measure(one.n, "count"),
            ]
            for one, found in rows
        ],
    )
    return chart(_("How often hunches came true, by how sure their writers were"), HEIGHT, values, layers, table)
