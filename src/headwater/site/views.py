"""Pages composed of several rooms: the Forest, one's own page, and what tells a supervisor that the server answers."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.base import refusals
from headwater.base.accounts import person
from headwater.base.figures import measure
from headwater.base.permissions import require
from headwater.insight import audit
from headwater.insight.alerts_wording import rising
from headwater.insight.assets_wording import assets_strip
from headwater.insight.forest import Forest, StageCard, forest
from headwater.insight.queries import typical_verbatims
from headwater.insight.river_charts import river_list, river_picture
from headwater.insight.selection import Selection
from headwater.insight.selection_bar import bar
from headwater.insight.wording import forest_note, forest_sentence
from headwater.metrics.access import require_askable
from headwater.metrics.queries import unit_of
from headwater.metrics.rules import why_not
from headwater.science.results import Estimate, NoVerdict
from headwater.site.yours import first_page, yours


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A stage's card with its words."""

    card: StageCard
    query: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.card, name)

    @property
    def scale(self) -> float:
        """The end of the bars under this stage: the highest bound drawn."""
        return max((hurt.share.high for hurt in self.card.causes if isinstance(hurt.share, Estimate)), default=1.0)

    @property
    def message(self) -> str:
        return why_not(self.card.result) if isinstance(self.card.result, NoVerdict) else ""

    @property
    def facts(self) -> str:
        words = {
            "rises": _("%(volume)s signals, %(negatives)s negative and rising ↑"),
            "falls": _("%(volume)s signals, %(negatives)s negative and falling ↓"),
            "steady": _("%(volume)s signals, %(negatives)s negative"),
        }[self.card.change]
        return words % {
            "volume": measure(self.card.volume, "count"),
            "negatives": measure(self.card.negatives, "count"),
        }


def forest_page(request: HttpRequest) -> HttpResponse:
    """The Forest: one page, from whose figures everyone walks down to a customer's words."""
    me = person(request)
    require(me, "view", "figures")
    given = request.GET
    selection = Selection.read(where=given.get("where", ""), since=given.get("since", ""), until=given.get("until", ""))
    require_askable(me, (), selection.filter())
    found = forest(selection)
    shown: dict[str, Any] = {"alerts": rising(), "forest": found}
    if found.span.signals:
        shown |= _shown(found, selection) | {"assets": assets_strip()}
        shown["words"] = next(iter(typical_verbatims(me, selection, found.top.cause.id)), None) if found.top else None
    return render(request, "site/forest.html", shown)


def yours_page(request: HttpRequest) -> HttpResponse:
    """A person's own page: what waits for them, and how their work reaches the customer."""
    me = person(request)
    require(me, "view", "figures")
    return render(request, "site/yours.html", {"yours": yours(me)})


def first_page_of(request: HttpRequest) -> HttpResponse:
    """Where signing in leads: executives and the CX team to the whole, everyone else to their own page."""
    return redirect(first_page(person(request)))


def _shown(found: Forest, selection: Selection) -> dict[str, Any]:
    sentence = forest_sentence(found)
    return {
        "sentence": sentence,
        "note": forest_note(found),
        "bar": bar(selection),
        "query": selection.query(),
        "unit": unit_of(found.metric),
        "picture": river_picture(found.river, selection, sentence),
        "river": river_list(found.river, selection),
        "cards": [ShownCard(card, selection.query(stage=card.stage.id)) for card in found.stages],
        "calibration": audit.calibration_state(),
    }


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say so on a page of ours when nothing is at an address."""
    message = _("There is nothing at %s. It may have been removed, or the address has a slip in it.")
    return refusals.response(request, refusals.NotFound("not_found", message % request.path[:200]))


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the server and its database answer."""
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return HttpResponse("ok\n", content_type="text/plain")
