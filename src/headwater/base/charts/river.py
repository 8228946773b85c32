"""The river: departments → causes → stages → what customers did next, as a Vega-Lite specification.

Vega-Lite has no mark for flows, so the bands are areas along points that ``layout`` computes. What is not attributed,
and the part of a cause that lies beyond its interval's low end, is hatched with lines. Labels stand beside and on the
nodes; nothing needs a legend to be read.
"""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from headwater.base.charts.frame import HREF, SCHEMA, TOOLTIP, Spec
from headwater.base.charts.layout import Band, Layout, Link, Node, PlacedNode, edges, hatch, place
from headwater.base.charts.theme import LINE

WIDTH = 1180
HEAD = 30
FLOW_HEIGHT = 320.0
SLOT_PADDING = 8.0
MOST_LINES = 2
BAR = 7
DIMMED = 0.16
TOGETHER = " + "


@dataclass(frozen=True, slots=True)
class Measures:
    """Pixels that a river of so many columns keeps for words: of the outer columns beside them, of the others on
    their plates; ``shares`` of the rest go to the stretches between, ``characters`` fit into a line of each column."""

    rooms: tuple[int, ...]
    shares: tuple[float, ...]
    characters: tuple[int, ...]

    @property
    def flowing(self) -> str:
        """The width that is left for the flows, as an expression."""
        return f"(width - {sum(self.rooms)})"


MEASURES = {
    3: Measures((204, 236, 222), (0.42, 0.58), (29, 31, 30)),
    4: Measures((178, 214, 132, 158), (0.3, 0.4, 0.3), (25, 28, 16, 21)),
}


def river(
    nodes: Sequence[Node],
    links: Sequence[Link],
    *,
    description: str,
    headings: Sequence[str] = (),
    figures: Mapping[str, Any] | None = None,
    selected: str = "",
    height: float = FLOW_HEIGHT,
) -> Spec:
    """The river as a specification.

    Args:
        nodes: departments, causes, perhaps stages, and outcomes; each with its label, a note, and where it leads.
        links: the flows between them, in one unit; a node is as high as its flows together.
        description: the picture in words, for those who do not see it.
        headings: what each column shows.
        figures: ``columns`` and ``rows`` of the table under the picture.
        selected: the key of the cause that stands out while the pointer chooses no other.
        height: pixels for the whole flow; small nodes and gaps add to it.

    Raises:
        ValueError: a flow that is negative, or leads elsewhere than to a node of the next column.
    """
    columns = max([3, *(node.column + 1 for node in nodes)])
    slots = {node.key: _lines(node, columns) * LINE + SLOT_PADDING for node in nodes}
    placed = place(nodes, links, height=height, slots=slots)
    layers = [*_flows(placed), *_nodes(placed), *_words(placed), *_headings(headings, columns)]
    return {
        "$schema": SCHEMA,
        "description": description,
        "width": "container",
        "height": round(placed.height + HEAD, 1),
        "padding": 0,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "params": [{"name": "lit", "value": [selected] if selected else []}],
        "encoding": _scales(placed.height, columns),
        "layer": layers,
        "usermeta": {"width": WIDTH, "figures": dict(figures or {})},
    }


def _scales(height: float, columns: int) -> Spec:
    """Across: fixed room for labels and plates, the flows share the rest. Down: one unit is one pixel."""
    measures = MEASURES[columns]
    fixed, flowing = float(measures.rooms[0]), 0.0
    across: list[Spec] = [{"expr": f"{fixed:g}"}]
    for share, room in zip(measures.shares, measures.rooms[1:], strict=True):
        flowing += share
        across.append({"expr": f"{fixed:g} + {flowing:g} * {measures.flowing}"})
        fixed += room
        across.append({"expr": f"{fixed:g} + {flowing:g} * {measures.flowing}"})
    across.pop()
    domain = list(range(len(across)))
    return {
        "x": {"type": "quantitative", "axis": None, "scale": {"domain": domain, "range": across, "zero": False}},
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
    chosen = "!length(lit) || test(regexp(',(' + join(lit, '|') + '),'), datum.causes)"
    return {"condition": {"test": chosen, "value": 1}, "value": DIMMED}


def _length(placed: Layout, band: Band) -> float:
    """The band's length in pixels at the reference width, for an even hatch."""
    measures = MEASURES[placed.columns]
    return (WIDTH - sum(measures.rooms)) * measures.shares[int(band.start + 1) // 2]


def _joined_keys(causes: Iterable[str]) -> str:
    """Causes as the test of what is lit reads them."""
    return f",{','.join(causes)},"


def _flows(placed: Layout) -> Iterable[Spec]:
    names = {node.node.key: node.node for node in placed.nodes}
    plain = [band for band in placed.bands if not band.link.doubtful]
    yield _areas("left_flows", placed, [b for b in plain if b.start == 0], names, "harm-soft")
    yield _areas("right_flows", placed, [b for b in plain if b.start != 0], names, "customer-soft")
    doubtful = [band for band in placed.bands if band.link.doubtful]
    yield _areas("doubtful_flows", placed, doubtful, names, "unknown")
    yield _hatches(placed, doubtful, "doubt")
    unsure = [b.lower_part(min(b.link.unsure, 1.0)) for b in plain if b.link.unsure > 0 and b.start == 0]
    yield _areas("unsure_flows", placed, unsure, names, "veil")
    yield _hatches(placed, unsure, "unsure-hatch")


def _areas(name: str, placed: Layout, bands: Sequence[Band], names: Mapping[str, Node], style: str) -> Spec:
    return {
        "name": name,
        "data": {"values": [_area(placed, number, band, names) for number, band in enumerate(bands)]},
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


def _area(placed: Layout, number: int, band: Band, names: Mapping[str, Node]) -> dict[str, Any]:
    across, upper, lower = band.outline()
    source, target = names[band.link.source], names[band.link.target]
    causes = placed.causes_in(band)
    about = names[causes[0]] if len(causes) == 1 else target
    note = band.link.note or about.note
    return {
        "flow": number,
        "cause": causes[0],
        "causes": _joined_keys(causes),
        "lights": list(causes),
        "x": across,
        "y": upper,
        "y2": lower,
        "href": band.link.href or about.href or None,
        "tooltip": f"{source.name} → {target.name}" + (f" · {note}" if note else ""),
    }


def _hatches(placed: Layout, bands: Sequence[Band], style: str) -> Spec:
    values = [
        {**line, "causes": _joined_keys(placed.causes_in(band))}
        for band in bands
        for line in hatch(band, _length(placed, band))
    ]
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
    last = placed.columns - 1
    for column in range(placed.columns):
        mine = [node for node in placed.nodes if node.node.column == column]
        known = [node for node in mine if not node.node.doubtful]
        unknown = [node for node in mine if node.node.doubtful]
        begins, ends = edges(column, placed.columns)
        if begins != ends:
            yield _plates(placed, known, "plate", (begins, ends))
            yield _plates(placed, unknown, "unknown-plate", (begins, ends))
        offsets = (-BAR, 0) if column == 0 else (0, BAR)
        style = "harm" if column == 0 else "customer" if column == last else "us"
        yield _bar(placed, known, begins, style, offsets)
        yield _bar(placed, unknown, begins, "doubt", offsets)


def name_lines(node: Node, columns: int = 3) -> list[str]:
    """A node's name in lines that fit beside its bar.

    Departments that share a cause stand one under the other; where there is no room for all, the first stands for them
    with how many more there are (the tooltip and the table name each).
    """
    room = MEASURES[columns].characters[node.column]
    parts = node.name.split(TOGETHER)
    lines = [line for part in _joined(parts) for line in _wrapped(part, room)]
    if len(lines) > MOST_LINES and len(parts) > 1:
        lines = _wrapped(f"{parts[0]} {_('+ %(count)s more') % {'count': len(parts) - 1}}", room)
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1]}…"]


def _joined(parts: Sequence[str]) -> list[str]:
    return [*(f"{part} +" for part in parts[:-1]), parts[-1]]


def _wrapped(text: str, room: int) -> list[str]:
    return textwrap.wrap(text, room, break_long_words=False) or [text]


def _lines(node: Node, columns: int) -> int:
    return len(name_lines(node, columns)) + bool(node.note)


def _plates(placed: Layout, nodes: Sequence[PlacedNode], style: str, across: tuple[float, float]) -> Spec:
    """What the words of a cause or a stage stand on, between what flows in and what flows out."""
    x, x2 = across
    values = [
        _row(placed, n, x=x, x2=x2, y=round(n.slot_top, 2), y2=round(n.slot_top + n.slot_height, 2)) for n in nodes
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
    """Each node's name and under it its note: beside the bar, for a cause or a stage on its plate."""
    columns, rooms = placed.columns, MEASURES[placed.columns].rooms
    for column in range(columns):
        x = edges(column, columns)[0]
        align, shift, room = (
            ("right", -BAR - 9, rooms[0] - 18) if column == 0 else ("left", BAR + 9, rooms[column] - 18)
        )
        names, notes = [], []
        for node in (n for n in placed.nodes if n.node.column == column):
            lines = name_lines(node.node, columns)
            first = node.middle - (_lines(node.node, columns) - 1) * LINE / 2
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


def _headings(headings: Sequence[str], columns: int) -> Iterable[Spec]:
    for column, text in enumerate(headings):
        align, shift = ("right", -BAR - 9) if column == 0 else ("left", 0)
        if text:
            yield {
                "data": {"values": [{"x": edges(column, columns)[0], "y": -HEAD + 8, "text": text}]},
                "mark": {"type": "text", "style": "words-small", "align": align, "dx": shift},
                "encoding": _at(text={"field": "text", "type": "nominal"}),
            }
