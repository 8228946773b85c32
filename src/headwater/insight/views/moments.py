"""The page on which people choose the moments of truth, with what the record says of each."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from headwater.base import charts
from headwater.base.accounts import person
from headwater.base.models import Person
from headwater.base.permissions import allows, require
from headwater.insight.moment_page import moment_page
from headwater.insight.moments import MomentRanking, MomentRow, moment_ranking
from headwater.insight.moments_wording import (
    labels_note,
    moment_note,
    moment_sentence,
    ranking_note,
    ranking_sentence,
)
from headwater.insight.selection import Selection
from headwater.insight.selection_bar import bar
from headwater.insight.views.causes import selection_of
from headwater.journey import moments as journey_moments
from headwater.journey.queries import department_names, edited, taxonomy
from headwater.metrics.queries import unit_of
from headwater.metrics.rules import why_not
from headwater.science.results import Estimate, NoVerdict

DRAWN = 12


@dataclass(frozen=True, slots=True)
class Shown:
    """A moment with what people decided about it; ``loss`` is the effect as a change for the worse."""

    row: MomentRow
    chosen: bool
    leader: Person | None
    words_address: str

    @property
    def loss(self) -> dict[str, Any]:
        effect = self.row.effect
        if isinstance(effect, NoVerdict):
            return {"message": why_not(effect)}
        return {"estimate": -effect.estimate, "low": -effect.high, "high": -effect.low}

    @property
    def source(self) -> str:
        """What shows who passed: touchpoints, words, or both."""
        if not self.row.customers:
            return _("nothing shows it yet")
        if self.row.measured:
            return _("how often: from operations")
        if not self.row.traced:
            return _("from words alone")
        return _("from touchpoints") if self.row.traced == self.row.customers else _("from touchpoints and words")


@require_GET
def moments_page(request: HttpRequest) -> HttpResponse:
    """Every moment, ranked by what goes with it, to choose the 10 to 20 that matter most."""
    me = person(request)
    require(me, "view", "figures")
    selection = selection_of(request)
    found = moment_ranking(selection)
    may_choose = allows(me, "edit", "taxonomy")
    known = edited() if may_choose else taxonomy()
    chosen = {moment.id for moment in known.truths}
    leaders = journey_moments.leaders()
    rows = [_shown(row, chosen, leaders, selection) for row in found.rows]
    ranked = len(found.ranked)
    shown = {
        "found": found,
        "ranked": rows[:ranked],
        "unranked": rows[ranked:],
        "sentence": ranking_sentence(found),
        "note": ranking_note(found),
        "labels_note": labels_note(found),
        "chart": _chart(found, selection),
        "unit": unit_of(found.outcome) if found.outcome.kind != "nps" else "",
        "score_unit": unit_of(found.metric),
        "choice": journey_moments.choice(known),
        "may_choose": may_choose,
        "bar": bar(selection),
        "query": selection.query(),
    }
    return render(request, "insight/moments.html", shown)


@require_GET
def one_moment(request: HttpRequest, moment_id: str) -> HttpResponse:
    """One moment: how it goes, what is promised and by whom, what holds there, and customers' words."""
    me = person(request)
    require(me, "view", "figures")
    selection = selection_of(request)
    found = moment_page(me, moment_id, selection)
    leaders = {moment_id: found.leader} if found.leader else {}
    names = department_names(taxonomy())
    measured = found.row.reliability.by_department if found.row.reliability else {}
    shown = {
        "found": found,
        "sentence": moment_sentence(found),
        "note": moment_note(found),
        "shown": _shown(found.row, set(), leaders, selection),
        "by_department": [(names.get(one, one), result) for one, result in measured.items()],
        "unit": unit_of(found.ranking.outcome) if found.ranking.outcome.kind != "nps" else "",
        "score_unit": unit_of(found.ranking.metric),
        "may_edit": allows(me, "edit", "taxonomy"),
        "bar": bar(selection),
        "query": selection.query(),
    }
    return render(request, "insight/moment.html", shown)


@require_POST
def choose(request: HttpRequest, moment_id: str) -> HttpResponse:
    """Choose a moment as a moment of truth in the draft, or let go of it."""
    me = person(request)
    chosen = request.POST.get("chosen") == "yes"
    moment = journey_moments.choose_moment(me, moment_id, chosen)
    if request.headers.get("HX-Request"):
        shown = {"moment": moment, "chosen": chosen, "choice": journey_moments.choice(edited()), "swap": True}
        return render(request, "insight/moment_choice.html", shown)
    said = _("“%s” is a moment of truth in the draft.") if chosen else _("“%s” is no moment of truth in the draft.")
    messages.success(request, said % moment.name)
    return redirect("moments")


def _shown(row: MomentRow, chosen: set[str], leaders: dict[str, Person], selection: Selection) -> Shown:
    words = selection.with_where(f"moment = '{row.moment.id}'").query()
    return Shown(row, row.moment.id in chosen, leaders.get(row.moment.id), reverse("verbatims") + words)


def _chart(found: MomentRanking, selection: Selection) -> dict[str, Any] | None:
    rows = [
        charts.Row(
            row.moment.name,
            row.weight.estimate,
            row.weight.low,
            row.weight.high,
            n=row.customers,
            href=reverse("verbatims") + selection.with_where(f"moment = '{row.moment.id}'").query(),
        )
        for row in found.ranked[:DRAWN]
        if isinstance(row.weight, Estimate)
    ]
    if len(rows) < 2:
        return None
    description = _("%(metric)s over all customers that goes with each moment going wrong, with 95 %% intervals")
    unit = "" if found.outcome.kind == "nps" else unit_of(found.outcome)
    return charts.interval_rank(
        rows,
        unit=unit,
        description=description % {"metric": found.outcome.title},
        heading=_("Moment"),
        meaning="harm",
        reference=0.0,
    )
