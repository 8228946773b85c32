"""The roadmap: the five phases left to right, each with its evidence and its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import NotFound, Refused
from headwater.strategy import roadmap as services
from headwater.strategy.forms.roadmap import PlanForm
from headwater.strategy.phases import PHASES

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_GET
def roadmap(request: HttpRequest) -> HttpResponse:
    """Where the programme stands, by evidence read from the record."""
    me = person(request)
    require(me, "view", "strategy")
    found = services.roadmap()
    shown = {"roadmap": found, "sentence": sentence(found), "may_edit": allows(me, "edit", "strategy")}
    return render(request, "strategy/roadmap.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def phase(request: HttpRequest, key: str) -> HttpResponse:
    """One phase: its evidence over time, and its plan."""
    me = person(request)
    require(me, "view", "strategy")
    found = next((one for one in services.roadmap().phases if one.standing.phase.key == key), None)
    if found is None:
        raise NotFound("phase_unknown", _("There is no phase “%s”.") % key[:40])
    plan = found.plan
    initial = {"seen": plan.edition, "starts": plan.starts, "ends": plan.ends, "owner": plan.owner}
    form = PlanForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in services.PLANNED}
        try:
            services.plan_phase(me, key, given, seen=form.cleaned_data["seen"])
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("“%s” is planned.") % found.standing.phase.title)
            return redirect("roadmap")
    evidence = [{"one": one, "months": services.months(one.criterion.key)[-12:]} for one in found.standing.evidence]
    shown = {"phase": found, "evidence": evidence, "form": form, "may_edit": allows(me, "edit", "strategy")}
    return render(request, "strategy/phase.html", shown, status=400 if form.errors else 200)


def sentence(found: services.Roadmap) -> str:
    """Where the programme stands, in one sentence."""
    if found.here is None:
        return _("The evidence of all %d phases is met.") % len(PHASES)
    standing = found.here.standing
    missing = len(standing.evidence) - standing.met
    words = ngettext(
        "The programme is in “%(phase)s”: one piece of evidence is missing before it can go on.",
        "The programme is in “%(phase)s”: %(missing)d of %(all)d pieces of evidence are missing before it can go on.",
        missing,
    )
    return words % {"phase": standing.phase.title, "missing": missing, "all": len(standing.evidence)}
