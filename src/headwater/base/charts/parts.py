"""A whole and its parts, and how often which value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from headwater.base import figures
from headwater.base.charts.frame import HREF, TOOLTIP, Meaning, Spec, Values, chart, quantity, scaled

COLOURS: dict[Meaning, str] = {
    "harm": "clay",
    "customer": "water",
    "us": "spruce",
    "better": "moss",
    "waiting": "sand_2",
    "doubt": "doubt_soft",
}
WORDS_UNDER = 44


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


def stacked_bar(parts: Sequence[Part], *, description: str, heading: str = "", height: float = 30) -> Spec:
    """One bar of parts in the order given, each named under its piece where there is room for words.

    Args:
        parts: in one unit; they make the whole.
        description: the picture in words.
        heading: what the parts are, over the table's first column.
        height: of the bar, in pixels.
    """
    whole = sum(part.value for part in parts) or 1.0
    values = _stacked(parts, whole)
    meanings = list(dict.fromkeys(part.meaning for part in parts))
    colours: Spec = {"domain": meanings, "range": [{"expr": COLOURS[meaning]} for meaning in meanings]}
    x: Spec = {"field": "start", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1], "nice": False}}
    pieces: Spec = {
        "mark": {"type": "rect", "y": 0, "y2": height, "cornerRadius": 2, "xOffset": 1, "x2Offset": -1},
        "encoding": {
            "x": x,
            "x2": {"field": "end"},
            "color": {"field": "meaning", "type": "nominal", "legend": None, "scale": colours},
            "tooltip": TOOLTIP,
            "href": HREF,
        },
    }
    words: list[Spec] = [
        {
            "transform": [{"filter": "datum.share * width > length(datum.name) * 7"}],
            "mark": {"type": "text", "style": style, "align": "left", "y": height + shift, "dx": 2},
            "encoding": {"x": x, "text": {"field": field, "type": "nominal"}, "tooltip": TOOLTIP},
        }
        for field, style, shift in (("name", "words", 16), ("text", "words-small", 33))
    ]
    rows: list[list[Any]] = [
        [
            {"text": part.name, "href": part.href},
            figures.measure(part.value / whole, "share"),
            figures.measure(part.value, "count"),
        ]
        for part in parts
    ]
    table = ([heading or _("Part"), _("Share"), _("Count")], rows)
    return chart(description, height + WORDS_UNDER, values, [pieces, *words], table)


def _stacked(parts: Sequence[Part], whole: float) -> Values:
    values: Values = []
    start = 0.0
    for part in parts:
        share = part.value / whole
        said = figures.measure(share, "share")
        values.append(
            {
                "name": part.name,
                "start": start,
                "end": start + share,
                "share": share,
                "meaning": part.meaning,
                "href": part.href or None,
                "text": said,
                "tooltip": f"{part.name}: {said} ({figures.measure(part.value, 'count')})",
            }
        )
        start += share
    return values


def histogram(
    bins: Sequence[Bin],
    *,
    description: str,
    heading: str = "",
    unit: str = "",
    meaning: Meaning = "customer",
    height: float = 180,
) -> Spec:
    """Neighbouring bars from bin to bin; ``unit`` is that of the bins' ends, ``heading`` what they measure."""
    said = [(figures.interval(item.start, item.end, unit), figures.measure(item.count, "count")) for item in bins]
    values = [
        {
            "start": scaled(item.start, unit),
            "end": scaled(item.end, unit),
            "count": item.count,
            "tooltip": f"{between}: {count}",
        }
        for item, (between, count) in zip(bins, said, strict=True)
    ]
    ends = [scaled(end, unit) or 0.0 for item in bins for end in (item.start, item.end)] or [0.0, 1.0]
    bars: Spec = {
        "mark": {"type": "rect", "style": meaning, "cornerRadius": 1.5, "xOffset": 0.75, "x2Offset": -0.75},
        "encoding": {
            "x": quantity("start", unit, [min(ends), max(ends)], grid=False),
            "x2": {"field": "end"},
            "y": {"field": "count", "type": "quantitative", "axis": {"title": None, "tickCount": 4}},
            "y2": {"datum": 0},
            "tooltip": TOOLTIP,
        },
    }
    return chart(
        description, height, values, [bars], ([heading or _("From – to"), _("Count")], [list(r) for r in said])
    )
