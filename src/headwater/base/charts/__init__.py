"""Charts: Vega-Lite specifications as plain dicts, one theme from the tokens, one picture for page, mail and PDF."""

from headwater.base.charts.flows import CauseFlow, Words, causes_river, joint_name
from headwater.base.charts.frame import Point, Row, Spec
from headwater.base.charts.parts import Bin, Part, histogram, stacked_bar
from headwater.base.charts.rank import interval_rank, share_bars
from headwater.base.charts.render import ChartError, png, svg
from headwater.base.charts.theme import theme
from headwater.base.charts.trend import trend

__all__ = [
    "Bin",
    "CauseFlow",
    "ChartError",
    "Part",
    "Point",
    "Row",
    "Spec",
    "Words",
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
