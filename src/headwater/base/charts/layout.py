"""Where a river's nodes and bands stand. Pure geometry: columns of nodes, bands between them, all widths to one scale.

Down the page the unit is a pixel. Across, nodes of column 0 stand at 0, the plates of column 1 reach from 1 to 2, those
of column 2 from 3 to 4 and so on; nodes of the last column stand at its number alone. The drawing decides how many
pixels each stretch gets.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

FEWEST_COLUMNS = 3
GAP = 10.0
SAMPLES = 13
HATCH_EVERY = 8.0
HATCH_STEP = 2.5


@dataclass(frozen=True, slots=True)
class Node:
    """A department (column 0), a cause (1), perhaps a stage (2), or what customers did next (the last column).

    ``doubtful``: not attributed. ``rest``: what is too small to stand alone, taken together.
    """

    key: str
    name: str
    column: int
    note: str = ""
    href: str = ""
    doubtful: bool = False
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A flow between nodes of neighbouring columns. ``unsure``: the share of it beyond the interval's low end, 0…1.

    ``causes``: whose flow it is, where neither end is a cause. ``href`` and ``note``: where it leads and what is said
    of it, where that is not what is said of its cause.
    """

    source: str
    target: str
    value: float
    unsure: float = 0.0
    doubtful: bool = False
    causes: tuple[str, ...] = ()
    href: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlacedNode:
    """A node with the top of its slot, the top of its bar, and their heights in pixels."""

    node: Node
    value: float
    slot_top: float
    slot_height: float
    top: float
    height: float

    @property
    def middle(self) -> float:
        """Where its label stands."""
        return self.slot_top + self.slot_height / 2


@dataclass(frozen=True, slots=True)
class Band:
    """A link as drawn: from ``top_from`` to ``top_to``, everywhere ``height`` pixels high."""

    link: Link
    start: float
    end: float
    top_from: float
    top_to: float
    height: float

    def top(self, across: float) -> float:
        """The upper edge at ``across`` (0 at the start, 1 at the end): Perlin's smoother step, level at both ends."""
        eased = across**3 * (across * (across * 6 - 15) + 10)
        return self.top_from + (self.top_to - self.top_from) * eased

    def outline(self) -> tuple[list[float], list[float], list[float]]:
        """Points along the band: across, upper edge, lower edge."""
        steps = [0.0, 1.0] if abs(self.top_from - self.top_to) < 0.05 else [i / (SAMPLES - 1) for i in range(SAMPLES)]
        across = [round(self.start + (self.end - self.start) * step, 4) for step in steps]
        upper = [round(self.top(step), 2) for step in steps]
        return across, upper, [round(edge + self.height, 2) for edge in upper]

    def lower_part(self, share: float) -> "Band":
        """The lowest ``share`` of this band."""
        cut = self.height * (1 - share)
        return replace(self, top_from=self.top_from + cut, top_to=self.top_to + cut, height=self.height * share)


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything placed; ``height`` is that of the tallest column."""

    nodes: tuple[PlacedNode, ...]
    bands: tuple[Band, ...]
    height: float
    scale: float
    columns: int = FEWEST_COLUMNS

    def causes_of(self, node: Node) -> list[str]:
        """The keys of the causes that a node stands for: itself, or those that flow from or to it."""
        if node.column == 1:
            return [node.key]
        touching = (band for band in self.bands if node.key in (band.link.source, band.link.target))
        return list(dict.fromkeys(cause for band in touching for cause in self.causes_in(band)))

    def causes_in(self, band: Band) -> tuple[str, ...]:
        """The keys of the causes whose flow a band is."""
        if band.link.causes:
            return band.link.causes
        return (band.link.target,) if band.start == 0 else (band.link.source,)


def edges(column: int, columns: int) -> tuple[float, float]:
    """Where the nodes of a column begin and end across; at the outer columns they are bars without a width."""
    begins = max(2.0 * column - 1, 0.0)
    return begins, begins + (0 < column < columns - 1)


def flow(key: str, links: Sequence[Link]) -> float:
    """What passes a node: the larger of what comes in and what goes out."""
    return max(
        sum(link.value for link in links if link.target == key), sum(link.value for link in links if link.source == key)
    )


def place(nodes: Sequence[Node], links: Sequence[Link], *, height: float, slots: Mapping[str, float]) -> Layout:
    """Place a river. ``height``: pixels for the whole flow; ``slots``: the least height of a node's slot, by key.

    Raises:
        ValueError: a link that names no node, or does not lead to the next column, or carries a negative flow.
    """
    _check(nodes, links)
    carried = [link for link in links if link.value > 0]
    count = max([FEWEST_COLUMNS, *(node.column + 1 for node in nodes)])
    columns = _ordered(nodes, carried, count)
    whole = max((sum(flow(node.key, carried) for node in column) for column in columns), default=0.0)
    scale = height / whole if whole else 0.0
    stacked = [_stack(column, carried, scale, slots) for column in columns]
    tallest = max((_bottom(column) for column in stacked), default=0.0)
    placed = tuple(node for column in stacked for node in _spread(column, tallest))
    return Layout(placed, tuple(_bands(placed, carried, scale, count)), tallest, scale, count)


def _check(nodes: Sequence[Node], links: Sequence[Link]) -> None:
    column = {node.key: node.column for node in nodes}
    for link in links:
        if link.source not in column or link.target not in column:
            raise ValueError(f"the flow from {link.source!r} to {link.target!r} names a node that is not there")
        if column[link.target] != column[link.source] + 1:
            raise ValueError(f"the flow from {link.source!r} to {link.target!r} does not lead to the next column")
        if link.value < 0:
            raise ValueError(f"the flow from {link.source!r} to {link.target!r} is negative: {link.value}")


def _ordered(nodes: Sequence[Node], links: Sequence[Link], count: int) -> list[list[Node]]:
    """Causes by size, then the rest, then what is not attributed.

    Departments stand by where their flows meet the causes, so that few cross; later columns keep the order given.
    """
    causes = [node for node in nodes if node.column == 1]
    causes.sort(key=lambda node: (node.doubtful, node.rest, -flow(node.key, links)))
    rank = {node.key: position for position, node in enumerate(causes)}

    def centre(node: Node) -> float:
        met = [
            (rank[end], link.value)
            for link in links
            for end in (link.source, link.target)
            if end in rank and node.key in (link.source, link.target)
        ]
        weight = sum(value for _, value in met)
        return sum(position * value for position, value in met) / weight if weight else float(len(rank))

    departments = sorted((node for node in nodes if node.column == 0), key=lambda node: (node.doubtful, centre(node)))
    later = ([node for node in nodes if node.column == column] for column in range(2, count))
    return [departments, causes, *later]


def _stack(column: Sequence[Node], links: Sequence[Link], scale: float, slots: Mapping[str, float]) -> list[PlacedNode]:
    placed: list[PlacedNode] = []
    top = 0.0
    for node in column:
        value = flow(node.key, links)
        bar = value * scale
        slot = max(bar, slots.get(node.key, 0.0))
        placed.append(PlacedNode(node, value, top, slot, top + (slot - bar) / 2, bar))
        top += slot + GAP
    return placed


def _bottom(column: Sequence[PlacedNode]) -> float:
    return column[-1].slot_top + column[-1].slot_height if column else 0.0


def _spread(column: Sequence[PlacedNode], height: float) -> Iterable[PlacedNode]:
    """Use the room that a shorter column leaves: as much between its nodes as above and below them."""
    spare = (height - _bottom(column)) / (len(column) + 1) if column else 0.0
    between = min(spare, 44.0)
    around = (height - _bottom(column) - between * (len(column) - 1)) / 2
    for position, node in enumerate(column):
        shift = around + between * position
        yield replace(node, slot_top=node.slot_top + shift, top=node.top + shift)


def _bands(placed: Sequence[PlacedNode], links: Sequence[Link], scale: float, columns: int) -> Iterable[Band]:
    """Bands leave and reach each node in the order of the nodes at their other end, so they do not twist."""
    at = {node.node.key: node for node in placed}
    order = sorted(links, key=lambda link: (at[link.source].top, at[link.target].top))
    leaves = {key: node.top for key, node in at.items()}
    reached: dict[int, float] = {}
    arrives = dict(leaves)
    for link in sorted(links, key=lambda link: (at[link.target].top, at[link.source].top)):
        reached[id(link)] = arrives[link.target]
        arrives[link.target] += link.value * scale
    for link in order:
        column = at[link.source].node.column
        begins, ends = edges(column, columns)[1], edges(column + 1, columns)[0]
        yield Band(link, begins, ends, leaves[link.source], reached[id(link)], link.value * scale)
        leaves[link.source] += link.value * scale


def hatch(band: Band, length: float) -> list[dict[str, float]]:
    """Slanted lines that fill a band, as ``x, y, x2, y2``; ``length`` is the band's length in pixels where it is drawn.

    The lines are y = c + slope·x and lean against the band's own slope, so they never run along it. Each is followed in
    small steps and kept where it lies between the band's edges.
    """
    if band.height < 0.5:
        return []
    slope = 1.0 if band.top_to < band.top_from else -1.0
    steps = max(int(length / HATCH_STEP), 2)
    edges = [(length * i / steps, band.top(i / steps)) for i in range(steps + 1)]
    offset = min(top - slope * x for x, top in edges) + HATCH_EVERY / 2
    last = max(top - slope * x for x, top in edges) + band.height
    lines: list[dict[str, float]] = []
    while offset < last:
        inside = [top <= offset + slope * x <= top + band.height for x, top in edges]
        for begin, end in _runs(inside):
            ends = [(edges[i][0], offset + slope * edges[i][0]) for i in (begin, end)]
            lines.append(_line(band, length, *ends))
        offset += HATCH_EVERY
    return lines


def _runs(inside: Sequence[bool]) -> Iterable[tuple[int, int]]:
    """First and last position of each run of trues that is longer than one."""
    begin = None
    for position, value in enumerate([*inside, False]):
        if value and begin is None:
            begin = position
        elif not value and begin is not None:
            if position - 1 > begin:
                yield begin, position - 1
            begin = None


def _line(band: Band, length: float, begin: tuple[float, float], end: tuple[float, float]) -> dict[str, float]:
    def across(x: float) -> float:
        return round(band.start + (band.end - band.start) * x / length, 4)

    return {"x": across(begin[0]), "y": round(begin[1], 2), "x2": across(end[0]), "y2": round(end[1], 2)}
