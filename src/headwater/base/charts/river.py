"""The river: departments → causes → what customers did next, as a Vega-Lite specification.

Vega-Lite has no mark for flows, so the bands are areas along points that ``layout`` computes. What is not attributed,
and the part of a cause that lies beyond its interval's low end, is hatched with lines. Labels stand beside and on the
nodes; nothing needs a legend to be read.
"""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from headwater.base.charts.frame import HREF, SCHEMA, TOOLTIP, Spec
from headwater.base.charts.layout import Band, Layout, Link, Node, PlacedNode, hatch, place
from headwater.base.charts.theme import LINE

LEFT, RIGHT, PLATE = 204, 222, 236
LEFT_SHARE = 0.42
WIDTH = 1180
HEAD = 30
FLOW_HEIGHT = 320.0
SLOT_PADDING = 8.0
CHARACTERS = (29, 31, 30)
MOST_LINES = 2
BAR = 7
DIMMED = 0.16
TOGETHER = " + "


def river(
    nodes: Sequence[Node],
    links: Sequence[Link],
    *,
    description: str,
    headings: tuple[str, str, str] = ("", "", ""),
    figures: Mapping[str, Any] | None = None,
    selected: str = "",
    height: float = FLOW_HEIGHT,
) -> Spec:
    """The river as a specification.

    Args:
        nodes: departments, causes and outcomes; each with its label, a note under it, and where it leads.
        links: the flows between them, in one unit; a node is as high as its flows together.
        description: the picture in words, for those who do not see it.
        headings: what each column shows.
        figures: ``columns`` and ``rows`` of the table under the picture.
        selected: the key of the cause that stands out while the pointer chooses no other.
        height: pixels for the whole flow; small nodes and gaps add to it.

    Raises:
        ValueError: a flow that is negative, or leads elsewhere than to a node of the next column.
    """
    placed = place(nodes, links, height=height, slots={node.key: _lines(node) * LINE + SLOT_PADDING for node in nodes})
    layers = [*_flows(placed), *_nodes(placed), *_words(placed), *_headings(headings)]
    return {
        "$schema": SCHEMA,
        "description": description,
        "width": "container",
        "height": round(placed.height + HEAD, 1),
        "padding": 0,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "params": [{"name": "lit", "value": [selected] if selected else []}],
        "encoding": _scales(placed.height),
        "layer": layers,
        "usermeta": {"width": WIDTH, "figures": dict(figures or {})},
    }


def _scales(height: float) -> Spec:
    """Across: fixed room for labels and plates, the flows share the rest. Down: one unit is one pixel."""
    rest = f"(width - {LEFT + RIGHT + PLATE})"
    middle = f"{LEFT} + {LEFT_SHARE} * {rest}"
    across = [{"expr": str(LEFT)}, {"expr": middle}, {"expr": f"{middle} + {PLATE}"}, {"expr": f"width - {RIGHT}"}]
    return {
        "x": {"type": "quantitative", "axis": None, "scale": {"domain": [0, 1, 2, 3], "range": across, "zero": False}},
        "y": {
            "type": "quantitative",
            "axis": None,
            "scale": {
                "domain": [-HEAD, round(height, 1)],
                "range": [0, {"expr": "height"}],
                "zero": False,
                "nice": False,
            },
        },
    }


def _at(x: str = "x", y: str = "y", **more: Any) -> Spec:
    return {"x": {"field": x, "type": "quantitative"}, "y": {"field": y, "type": "quantitative"}, **more}


def _lit() -> Spec:
    """Full where the chosen causes are, or none is chosen; else dimmed.

    The page's script sets ``lit`` to what the mark under the pointer ``lights``: a selection of Vega-Lite's own would
    hear one layer only.
    """
    return {"condition": {"test": "!length(lit) || indexof(lit, datum.cause) >= 0", "value": 1}, "value": DIMMED}


def _length(band: Band) -> float:
    """The band's length in pixels at the reference width, for an even hatch."""
    rest = WIDTH - LEFT - RIGHT - PLATE
    return rest * (LEFT_SHARE if band.start == 0 else 1 - LEFT_SHARE)


def _cause(band: Band) -> str:
    return band.link.target if band.start == 0 else band.link.source


def _flows(placed: Layout) -> Iterable[Spec]:
    names = {node.node.key: node.node for node in placed.nodes}
    plain = [band for band in placed.bands if not band.link.doubtful]
    yield _areas("left_flows", [b for b in plain if b.start == 0], names, "harm-soft")
    yield _areas("right_flows", [b for b in plain if b.start != 0], names, "customer-soft")
    doubtful = [band for band in placed.bands if band.link.doubtful]
    yield _areas("doubtful_flows", doubtful, names, "unknown")
    yield _hatches(doubtful, "doubt")
    unsure = [(b, b.lower_part(min(b.link.unsure, 1.0))) for b in plain if b.link.unsure > 0 and b.start == 0]
    yield _areas("unsure_flows", [part for _, part in unsure], names, "veil")
    yield _hatches([part for _, part in unsure], "unsure-hatch")


def _areas(name: str, bands: Sequence[Band], names: Mapping[str, Node], style: str) -> Spec:
    values = []
    for number, band in enumerate(bands):
        across, upper, lower = band.outline()
        source, target = names[band.link.source], names[band.link.target]
        cause = names[_cause(band)]
        values.append(
            {
                "flow": number,
                "cause": cause.key,
                "lights": [cause.key],
                "x": across,
                "y": upper,
                "y2": lower,
                "href": cause.href or None,
                "tooltip": f"{source.name} → {target.name}" + (f" · {cause.note}" if cause.note else ""),
            }
        )
    return {
        "name": name,
        "data": {"values": values},
        "transform": [{"flatten": ["x", "y", "y2"]}],
        "mark": {"type": "area", "style": style, "interpolate": "monotone"},
        "encoding": _at(
            y2={"field": "y2"},
            detail={"field": "flow", "type": "nominal"},
            opacity=_lit(),
            tooltip=TOOLTIP,
            href=HREF,
        ),
    }


def _hatches(bands: Sequence[Band], style: str) -> Spec:
    values = [{**line, "cause": _cause(band)} for band in bands for line in hatch(band, _length(band))]
    return {
        "data": {"values": values},
        "mark": {"type": "rule", "style": style, "strokeWidth": 1.4, "tooltip": None},
        "encoding": _at(x2={"field": "x2"}, y2={"field": "y2"}, opacity=_lit()),
    }


def _row(placed: Layout, node: PlacedNode, **more: Any) -> Spec:
    inner = node.node
    return {
        "lights": placed.causes_of(inner),
        "href": inner.href or None,
        "tooltip": f"{inner.name} · {inner.note}" if inner.note else inner.name,
        **more,
    }


def _bar(placed: Layout, nodes: Sequence[PlacedNode], x: float, style: str, offsets: tuple[int, int]) -> Spec:
    values = [_row(placed, n, x=x, y=round(n.top, 2), y2=round(n.top + n.height, 2)) for n in nodes]
    return {
        "data": {"values": values},
        "mark": {"type": "rect", "style": style, "cornerRadius": 2, "xOffset": offsets[0], "x2Offset": offsets[1]},
        "encoding": _at(
            x2={"field": "x"},
            y2={"field": "y2"},
            tooltip=TOOLTIP,
            href=HREF,
        ),
    }


def _nodes(placed: Layout) -> Iterable[Spec]:
    columns = [[n for n in placed.nodes if n.node.column == column] for column in range(3)]
    known = [[n for n in column if not n.node.doubtful] for column in columns]
    unknown = [[n for n in column if n.node.doubtful] for column in columns]
    yield _plates(placed, known[1], "plate")
    yield _plates(placed, unknown[1], "unknown-plate")
    yield _bar(placed, known[0], 0, "harm", (-BAR, 0))
    yield _bar(placed, known[1], 1, "us", (0, BAR))
    yield _bar(placed, known[2], 3, "customer", (0, BAR))
    yield _bar(placed, unknown[0], 0, "doubt", (-BAR, 0))
    yield _bar(placed, unknown[1], 1, "doubt", (0, BAR))
    yield _bar(placed, unknown[2], 3, "doubt", (0, BAR))


def name_lines(node: Node) -> list[str]:
    """A node's name in lines that fit beside its bar.

    Departments that share a cause stand one under the other; where there is no room for all, the first stands for them
    with how many more there are (the tooltip and the table name each).
    """
    room = CHARACTERS[node.column]
    parts = node.name.split(TOGETHER)
    lines = [line for part in _joined(parts) for line in _wrapped(part, room)]
    if len(lines) > MOST_LINES and len(parts) > 1:
        lines = _wrapped(f"{parts[0]} {_('+ %(count)s more') % {'count': len(parts) - 1}}", room)
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1]}…"]


def _joined(parts: Sequence[str]) -> list[str]:
    return [*(f"{part} +" for part in parts[:-1]), parts[-1]]


def _wrapped(text: str, room: int) -> list[str]:
    return textwrap.wrap(text, room, break_long_words=False) or [text]


def _lines(node: Node) -> int:
    return len(name_lines(node)) + bool(node.note)


def _plates(placed: Layout, nodes: Sequence[PlacedNode], style: str) -> Spec:
    """What a cause's words stand on, between what flows in and what flows out."""
    values = [
        _row(placed, n, x=1, x2=2, y=round(n.slot_top, 2), y2=round(n.slot_top + n.slot_height, 2)) for n in nodes
    ]
    return {
        "data": {"values": values},
        "mark": {"type": "rect", "style": style, "cornerRadius": 5},
        "encoding": _at(
            x2={"field": "x2"},
            y2={"field": "y2"},
            tooltip=TOOLTIP,
            href=HREF,
        ),
    }


def _words(placed: Layout) -> Iterable[Spec]:
    """Each node's name and under it its note: beside the bar, for a cause on its plate."""
    sides = (
        (0.0, "right", -BAR - 9, LEFT - 18),
        (1.0, "left", BAR + 9, PLATE - 24),
        (3.0, "left", BAR + 9, RIGHT - 16),
    )
    for column, (x, align, shift, room) in enumerate(sides):
        names, notes = [], []
        for node in (n for n in placed.nodes if n.node.column == column):
            lines = name_lines(node.node)
            first = node.middle - (_lines(node.node) - 1) * LINE / 2
            names.append(_row(placed, node, x=x, y=round(first, 2), text=lines))
            if node.node.note:
                notes.append(_row(placed, node, x=x, y=round(first + len(lines) * LINE, 2), text=node.node.note))
        for style, values in (("words", names), ("words-small", notes)):
            yield {
                "data": {"values": values},
                "mark": {"type": "text", "style": style, "align": align, "dx": shift, "limit": room},
                "encoding": _at(
                    text={"field": "text", "type": "nominal"},
                    tooltip=TOOLTIP,
                    href=HREF,
                ),
            }


def _headings(headings: tuple[str, str, str]) -> Iterable[Spec]:
    for text, x, align, shift in zip(headings, (0, 1, 3), ("right", "left", "left"), (-BAR - 9, 0, 0), strict=True):
        if text:
            yield {
                "data": {"values": [{"x": x, "y": -HEAD + 8, "text": text}]},
                "mark": {"type": "text", "style": "words-small", "align": align, "dx": shift},
                "encoding": _at(text={"field": "text", "type": "nominal"}),
            }
