"""The listening grid: stages by ears, with what would tell most next."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from headwater.base.accounts import person
from headwater.base.permissions import allows, require
from headwater.insight.listening_grid import MORE, MOST_MORE, Cell, Grid, GridRow, listening_grid
from headwater.insight.listening_grid_wording import (
    ear_name,
    ear_note,
    grid_sentence,
    points,
    suggestion_sentence,
    width,
)
from headwater.insight.selection import Selection
from headwater.insight.selection_bar import bar
from headwater.insight.views.causes import selection_of
from headwater.metrics.queries import unit_of
from headwater.record.questions import HEARD

FILTERS = {
    "asked": "kind = 'survey' and not author in ('agent', 'employee')",
    "volunteered": "kind in ('contact', 'review', 'social') and not author in ('agent', 'employee')",
    "front_line": "author in ('agent', 'employee') and kind != 'event'",
}
SHADES = (0.02, 0.1, 0.25)
SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell with its address and its shade, 0 to 3: the more customers are heard, the darker."""

    cell: Cell
    name: str
    href: str
    width: str

    @property
    def shade(self) -> int:
        return sum(self.cell.share >= bound for bound in SHADES)


@require_GET
def listening_grid_page(request: HttpRequest) -> HttpResponse:
    """Through which ears each stage is heard, where nobody listens, and the best data to get next."""
    me = person(request)
    require(me, "view", "figures")
    selection = selection_of(request)
    found = listening_grid(selection, more=_more(request))
    shown = {
        "found": found,
        "sentence": grid_sentence(found),
        "ears": [(ear_name(ear), ear_note(ear)) for ear in HEARD],
        "rows": [(row, _cells(row, selection), _width(row, found)) for row in found.rows],
        "blind": _blind(found),
        "unplaced": _cells(found.unplaced, selection),
        "suggestions": [(one, suggestion_sentence(one, found.metric)) for one in found.suggestions[:SUGGESTED]],
        "more": found.suggestions[0].more if found.suggestions else MORE,
        "unit": unit_of(found.metric),
        "may_import": allows(me, "import", "signals"),
        "bar": bar(selection),
        "query": selection.query(),
    }
    return render(request, "insight/listening_grid.html", shown)


def _blind(found: Grid) -> list[tuple[str, list[str]]]:
    """Each ear with the stages at which nobody listens by it."""
    stages = {ear: [stage.name for stage, cell in found.blind if cell.ear == ear] for ear in HEARD}
    return [(ear_name(ear), names) for ear, names in stages.items() if names]


def _cells(row: GridRow, selection: Selection) -> list[Shown]:
    return [_shown(cell, row, selection) for cell in row.cells]


def _shown(cell: Cell, row: GridRow, selection: Selection) -> Shown:
    where = FILTERS.get(cell.ear, "")
    stage: dict[str, Any] = {"stage": row.stage.id} if row.stage else {}
    narrowed = selection.with_where(where if row.stage else f"{where} and stage is null")
    href = reverse("verbatims") + narrowed.query(**stage) if where and cell.n else ""
    half = cell.half_width
    return Shown(cell, ear_name(cell.ear), href, points(half) if half is not None else "")


def _width(row: GridRow, found: Grid) -> str:
    for one in found.suggestions:
        if one.stage == row.stage and one.before is not None:
            return width(one.before, found.metric)
    return ""


def _more(request: HttpRequest) -> int:
    given = request.GET.get("more", "")
    return min(max(int(given), 1), MOST_MORE) if given.isascii() and given.isdecimal() and len(given) < 9 else MORE
