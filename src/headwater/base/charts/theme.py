"""One theme for every chart, made from the tokens, as a Vega-Lite ``config``.

A specification names no colour: its marks name a style below (``"style": "harm"``) or a colour by its token in an
expression (``{"expr": "clay"}``). So the same specification serves the light and the dark page, mail and PDF.
"""

from functools import cache
from typing import Any

from headwater.base.charts.tokens import colours, fonts

SIZE = 13
SMALL = 12
LINE = 16.5
TRANSLUCENT = {False: 0.26, True: 0.3}


@cache
def theme(dark: bool = False) -> dict[str, Any]:
    """The Vega-Lite config of the light or the dark theme."""
    ink = colours(dark)
    return {
        "background": None,
        "font": fonts()["sans"],
        "params": [{"name": name.replace("-", "_"), "value": value} for name, value in sorted(ink.items())],
        "aria": False,
        "mark": {"aria": False},
        "view": {"stroke": None, "continuousHeight": 220},
        "axis": _axis(ink),
        "axisQuantitative": {"grid": True},
        "legend": {"labelColor": ink["ink-2"], "titleColor": ink["ink-3"], "labelFontSize": SMALL},
        "text": {"color": ink["ink"], "fontSize": SIZE, "baseline": "middle"},
        "title": {"color": ink["ink"], "font": fonts()["serif"], "fontWeight": 500, "fontSize": 18, "anchor": "start"},
        "range": {"category": [ink[name] for name in ("spruce", "water", "sand", "moss", "clay", "doubt")]},
        "style": _styles(ink, TRANSLUCENT[dark]),
    }


def _axis(ink: dict[str, str]) -> dict[str, Any]:
    return {
        "labelColor": ink["ink-2"],
        "titleColor": ink["ink-3"],
        "titleFontWeight": "normal",
        "labelFontSize": SMALL,
        "titleFontSize": SMALL,
        "gridColor": ink["line"],
        "grid": False,
        "domain": False,
        "ticks": False,
        "labelPadding": 8,
        "titlePadding": 12,
    }


def _styles(ink: dict[str, str], translucent: float) -> dict[str, Any]:
    """The marks' styles: one for each meaning (solid and translucent) and for the kinds of words."""
    styles: dict[str, Any] = {}
    for meaning, token in (
        ("harm", "clay"),
        ("customer", "water"),
        ("us", "spruce"),
        ("better", "moss"),
        ("waiting", "sand"),
        ("doubt", "doubt"),
    ):
        styles[meaning] = {"color": ink[token]}
        styles[f"{meaning}-soft"] = {"color": ink[token], "fillOpacity": translucent}
    words = {"color": ink["ink"], "fontSize": SIZE, "lineHeight": LINE}
    return styles | {
        "words": words,
        "words-strong": words | {"fontWeight": 600},
        "words-small": words | {"color": ink["ink-3"], "fontSize": SMALL},
        "plate": {"color": ink["spruce-soft"]},
        "unknown-plate": {"color": ink["surface"], "stroke": ink["doubt"], "strokeDash": [4, 3]},
        "veil": {"color": ink["surface"], "fillOpacity": 0.5},
        "unknown": {"color": ink["doubt-soft"], "fillOpacity": 0.6},
        "unsure-hatch": {"color": ink["clay"], "strokeOpacity": 0.35},
        "reference": {"color": ink["line-strong"], "strokeDash": [3, 3]},
    }
