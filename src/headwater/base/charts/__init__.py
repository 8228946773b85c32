"""Charts: Vega-Lite specifications as plain dicts, one theme from the tokens, one picture for page, mail and PDF."""

from headwater.base.charts.flows import CauseFlow, causes_river, joint_name
from headwater.base.charts.render import ChartError, png, svg
from headwater.base.charts.series import (
    Bin,
    Part,
    Point,
    Row,
    Spec,
    histogram,
    interval_rank,
    share_bars,
    stacked_bar,
    trend,
)
from headwater.base.charts.theme import theme

__all__ = [
    "Bin",
    "CauseFlow",
    "ChartError",
    "Part",
    "Point",
    "Row",
    "Spec",
    "causes_river",
    "histogram",
    "interval_rank",
    "joint_name",
    "png",
    "share_bars",
    "stacked_bar",
    "svg",
    "theme",
    "trend",
]
