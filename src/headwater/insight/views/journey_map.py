"""The journey, left to right, as everyone reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from headwater.base.accounts import person
from headwater.base.permissions import allows, require
from headwater.insight.journey_map import JourneyMap, MapStage, journey_map, months
from headwater.insight.journey_map_wording import map_note, map_sentence
from headwater.insight.listening_grid_wording import ear_name
from headwater.insight.selection import Selection
from headwater.insight.selection_bar import bar
from headwater.insight.views.causes import selection_of
from headwater.metrics.queries import unit_of
from headwater.metrics.rules import why_not
from headwater.science.results import Estimate, NoVerdict

TALL = 28.0
LEAST_POINTS = 3


@dataclass(frozen=True, slots=True)
class Spark:
    """The course of a stage's negative share as points of a drawing 100 wide: a line, and its interval as a band."""

    line: str
    band: str
    newest: float
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Shown:
    """A stage of the map with its drawing and its addresses."""

    at: MapStage
    query: str
    spark: Spark | None
    blind: tuple[str, ...]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.at, name)

    @property
    def message(self) -> str:
        return why_not(self.at.result) if isinstance(self.at.result, NoVerdict) else ""

    @property
    def scale(self) -> float:
        """The end of the bars under this stage: the highest bound drawn."""
        bounds = [hurt.share.high for hurt in self.at.card.causes if isinstance(hurt.share, Estimate)]
        return max(bounds, default=1.0)


@require_GET
def journey_page(request: HttpRequest) -> HttpResponse:
    """The map: stages left to right with their figures, words, causes, moments of truth and who agrees."""
    me = person(request)
    require(me, "view", "taxonomy")
    require(me, "view", "figures")
    selection = selection_of(request)
    found = journey_map(me, selection, request.GET.get("journey", ""))
    shown = {
        "found": found,
        "stages": _stages(found, selection),
        "sentence": map_sentence(found),
        "note": map_note(found),
        "unit": unit_of(found.metric),
        "may_edit": allows(me, "edit", "taxonomy"),
        "bar": bar(selection),
        "query": selection.query(),
    }
    return render(request, "insight/journey_map.html", shown)


def _stages(found: JourneyMap, selection: Selection) -> list[Shown]:
    scale = months(found.stages)
    shares = [point.share for one in found.stages for point in one.trend]
    top = max((share.high for share in shares if isinstance(share, Estimate)), default=1.0)
    return [
        Shown(one, selection.query(stage=one.stage.id), spark(one, scale, top), tuple(map(ear_name, one.blind)))
        for one in found.stages
    ]


def spark(stage: MapStage, scale: Sequence[date], top: float) -> Spark | None:
    """Draw a stage's negative share over the months of the whole map, up to ``top``, so that stages can be compared;
    None where there are too few months to see a course."""
    points = [(point, point.share) for point in stage.trend if isinstance(point.share, Estimate)]
    if len(points) < LEAST_POINTS:
        return None
    place = {month: 100 * number / max(len(scale) - 1, 1) for number, month in enumerate(scale)}

    def at(month: date, share: float) -> str:
        return f"{place[month]:.1f},{TALL * (1 - min(share / top, 1.0)):.1f}"

    highs = [at(point.start, share.high) for point, share in points]
    lows = [at(point.start, share.low) for point, share in reversed(points)]
    line = [at(point.start, share.estimate) for point, share in points]
    first, last = points[0][0].start, points[-1][0].start
    return Spark(" ".join(line), " ".join(highs + lows), points[-1][1].estimate, first, last)
