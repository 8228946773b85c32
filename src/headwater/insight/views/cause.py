"""The page of one cause, and the button that takes over its measured window."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from headwater.base.accounts import person
from headwater.base.models import Person
from headwater.base.permissions import allows, require
from headwater.base.refusals import NotFound
from headwater.insight import charts, queries
from headwater.insight.alerts_wording import rising
from headwater.insight.audit import calibration_state
from headwater.insight.cause_story import CauseStory, cause_story, cost_of_contacts
from headwater.insight.cause_wording import scores_sentence
from headwater.insight.finance import figures
from headwater.insight.river_wording import money
from headwater.insight.segments import segments
from headwater.insight.selection import Selection
from headwater.insight.selection_bar import bar
from headwater.insight.windows import take_over_window, window_sentence
from headwater.insight.wording import cause_sentence
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Cause
from headwater.metrics.access import require_askable
from headwater.metrics.queries import unit_of
from headwater.science.results import Estimate


def cause_page(request: HttpRequest, cause_id: str) -> HttpResponse:
    """One cause: how much, since when, what it costs, whom it struck silently, who can change it, in whose words."""
    me = person(request)
    require(me, "view", "figures")
    given = request.GET
    selection = Selection.read(where=given.get("where", ""), since=given.get("since", ""), until=given.get("until", ""))
    cause, compared = _cause(cause_id), segments(given.get("adjust", ""))
    require_askable(request.user, compared.dimension, selection.filter())
    story = cause_story(me, selection, cause, adjust=compared.chosen)
    shown = {
        "cause": cause,
        "alerts": rising(cause_id),
        "story": story,
        "figures": story.figures,
        "sentence": " ".join([cause_sentence(story.figures), *scores_sentence(story)]),
        "unit": unit_of(story.scores.metric) if story.scores else "",
        "before": story.happening,
        "segments": compared,
        "cost": _cost(me, story),
        "window": story.window,
        "window_sentence": window_sentence(story.window) if story.window else "",
        "lags": charts.cause_lags(story.window) if story.window else None,
        "may_edit": allows(me, "edit", "taxonomy"),
        "trend": charts.cause_trend(story.figures),
        "bar": bar(selection),
        "query": selection.query(),
        "calibration": calibration_state(),
        "verbatims": queries.typical_verbatims(me, selection, cause_id),
        "verbatims_address": reverse("verbatims") + selection.query(cause=cause_id, negative="yes"),
    }
    return render(request, "insight/cause.html", shown)


@require_POST
def take_over(request: HttpRequest, cause_id: str) -> HttpResponse:
    """Put the measured window into the draft of the journey."""
    days = take_over_window(person(request), _cause(cause_id).id)
    said = _("The draft of the journey now has a window of %d days. It counts once the draft is published.")
    messages.success(request, said % days)
    return redirect("cause", cause_id=cause_id)


def _cause(cause_id: str) -> Cause:
    cause = taxonomy().cause(cause_id)
    if cause is None:
        raise NotFound("cause_unknown", _("There is no cause “%s” in the journey.") % cause_id[:60])
    return cause


def _cost(me: Person, story: CauseStory) -> dict[str, Any] | None:
    """What its contacts cost, in words; None for those who may not see finance's figures."""
    if not allows(me, "view", "finance"):
        return None
    found, currency = cost_of_contacts(story), figures().currency
    if not isinstance(found, Estimate):
        return {"message": found.message}
    return {
        "sum": money(found.estimate, currency),
        "range": f"{money(found.low, currency)} – {money(found.high, currency)}",
        "assumptions": found.assumptions,
    }
