"""Guideposts: the page for a phone, the fragments other pages show, and the editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.company import company
from headwater.base.forms import edition_seen, show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.journey.queries import taxonomy
from headwater.strategy import guideposts as services
from headwater.strategy import trial_results, trials
from headwater.strategy.forms.guideposts import FindForm, GuidepostForm, initial_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_GET
def guideposts(request: HttpRequest) -> HttpResponse:
    """Every moment's guideposts, searched by words and stage; made for a phone."""
    me = person(request)
    require(me, "view", "strategy")
    form = FindForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {"q": "", "stage": ""}
    may_edit = allows(me, "edit", "strategy")
    found = services.placed(text=wanted["q"], stage=wanted["stage"], written_only=not may_edit)
    everything = services.current().guideposts
    shown = {
        "found": found,
        "wanted": wanted,
        "stages": taxonomy().stages,
        "sentence": _sentence(len(everything), len(taxonomy().moments)),
        "may_edit": may_edit,
        "may_publish": allows(me, "publish", "strategy"),
        "draft": services.draft() if may_edit else None,
        "names": {moment.id: moment.name for moment in taxonomy().moments},
        "currency": _currency(),
        "tried": trial_results.tried(trials.tried_with(row, ("guideposts",))) if (row := services.row_now()) else (),
    }
    return render(request, "strategy/guideposts.html", shown)


@require_GET
def for_moment(request: HttpRequest, moment_id: str) -> HttpResponse:
    """The guideposts of one moment, as a fragment that pages of other rooms load."""
    require(person(request), "view", "strategy")
    moment = services.moment_of(moment_id)
    one = services.Placed(moment, taxonomy().stage(moment.stage), services.guideposts_of(moment_id))
    shown = {
        "found": [one] if one.guidepost else [],
        "currency": _currency(),
        "moment": moment if "empty" in request.GET else None,
        "may_edit": allows(person(request), "edit", "strategy"),
    }
    return render(request, "strategy/guideposts_for.html", shown)


@require_GET
def at_stage(request: HttpRequest, stage_id: str) -> HttpResponse:
    """The guideposts of a stage's moments, where the moment itself is not known; a fragment."""
    require(person(request), "view", "strategy")
    shown = {"found": services.at_stage(stage_id), "currency": _currency(), "folded": True}
    return render(request, "strategy/guideposts_for.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, moment_id: str) -> HttpResponse:
    """Write the guideposts of one moment into the draft."""
    me = person(request)
    require(me, "edit", "strategy")
    moment, draft = services.moment_of(moment_id), services.draft()
    now = draft.guideposts.of(moment_id) if draft else services.guideposts_of(moment_id)
    rows = max(6, len(now.may) + 2) if now else 6
    initial = initial_of(now, draft.edition if draft else 0)
    form = GuidepostForm(request.POST or None, rows=rows, currency=_currency(), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_guidepost(me, moment_id, form.values(), seen=form.cleaned_data["seen"])
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("“%s” is in the draft. Publish it when it was tried.") % moment.name)
            return redirect("guideposts")
    stage = taxonomy().stage(moment.stage)
    shown = {"form": form, "moment": moment, "stage": stage, "limit_title": form.limit_title}
    return render(request, "strategy/guidepost_edit.html", shown, status=400 if form.errors else 200)


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Make the draft count."""
    published = services.publish(person(request), seen=edition_seen(request.POST))
    messages.success(request, _("Version %d of the guideposts is published; everyone sees it now.") % published.version)
    return redirect("guideposts")


@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    """Throw the draft away."""
    services.discard(person(request), seen=edition_seen(request.POST))
    messages.success(request, _("The draft of the guideposts is discarded."))
    return redirect("guideposts")


def _sentence(written: int, moments: int) -> str:
    if not moments:
        return _("The journey has no moments yet, so there is nothing to guide.")
    if not written:
        return _("No moment has guideposts yet.")
    words = ngettext(
        "%(written)d of %(moments)d moments has guideposts: what we always do, never do, and may do unasked.",
        "%(written)d of %(moments)d moments have guideposts: what we always do, never do, and may do unasked.",
        written,
    )
    return words % {"written": written, "moments": moments}


def _currency() -> str:
    ours = company()
    return ours.currency if ours else ""
