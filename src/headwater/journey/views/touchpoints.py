"""The page of touchpoints: which of them the record knows anything of."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from headwater.base.accounts import person
from headwater.base.permissions import allows, require
from headwater.journey.touchpoints import DAYS, TouchpointList, touchpoint_list


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Every touchpoint with its signals of the last 90 days, those suggested to retire first."""
    who = person(request)
    require(who, "view", "taxonomy")
    may_edit = allows(who, "edit", "taxonomy")
    found = touchpoint_list(edited=may_edit)
    context = {"found": found, "sentence": _sentence(found), "may_edit": may_edit, "days": DAYS}
    return render(request, "journey/touchpoints.html", context)


def _sentence(found: TouchpointList) -> str:
    every, suggested = len(found.uses), len(found.suggested)
    if not every:
        return _("The journey has no touchpoints in use yet.")
    if not suggested:
        said = ngettext("The record hears of %d touchpoint.", "The record hears of all %d touchpoints.", every)
        return said % every
    said = ngettext(
        "The record hears nothing of the %(every)d touchpoint.",
        "The record hears nothing of %(suggested)d of %(every)d touchpoints.",
        every,
    )
    return said % {"suggested": suggested, "every": every}
