"""The pages of the journey to come: beside today's, one item of it, and what carries each difference."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import NotFound, Refused
from headwater.journey import edits, queries
from headwater.journey import future as services
from headwater.journey.differences import Kind
from headwater.journey.forms.future import CarryForm, DropForm
from headwater.journey.forms.taxonomy import FORMS, initial_of
from headwater.journey.future import Future
from headwater.journey.services import fingerprint
from headwater.journey.taxonomy import Taxonomy


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Today beside the journey to come, and what carries each difference."""
    who = person(request)
    require(who, "view", "taxonomy")
    may_edit = allows(who, "edit", "taxonomy")
    found = services.future(edited=may_edit)
    context: dict[str, Any] = {
        "future": found,
        "sentence": _sentence(found),
        "pairs": services.side_by_side(queries.published(), found.taxonomy) if found else (),
        "may_edit": may_edit,
        "may_publish": allows(who, "publish", "taxonomy"),
        "started": queries.published().version > 0,
    }
    return render(request, "journey/future.html", context)


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begin the journey to come as a copy of today's."""
    services.start_future(person(request))
    messages.success(request, _("The journey to come begins as a copy of today's. Change it; today's stays as it is."))
    return redirect("future")


@require_http_methods(["GET", "HEAD", "POST"])
def add_item(request: HttpRequest, kind: Kind) -> HttpResponse:
    """Add an item to the journey to come."""
    who = person(request)
    require(who, "edit", "taxonomy")
    stage = request.GET.get("stage", "")
    given = {"stage": stage, "place": stage, "stages": [stage], "demand": "failure"}
    form = FORMS[kind](request.POST or None, taxonomy=_edited(), initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_item(who, kind, form.values())
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return redirect("future")
    context = {"form": form, "kind": kind, "title": _("Add to the journey to come")}
    return render(request, "journey/future_item.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, kind: Kind, item_id: str) -> HttpResponse:
    """Change an item of the journey to come."""
    who = person(request)
    require(who, "edit", "taxonomy")
    taxonomy = _edited()
    found = edits.find(taxonomy, kind, item_id)
    given = initial_of(found) | {"seen": fingerprint(found)}
    form = FORMS[kind](request.POST or None, taxonomy=taxonomy, initial=given)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.change_item(who, kind, item_id, form.values(), seen=form.cleaned_data["seen"] or None)
                return redirect("future")
            except Refused as refused:
                status = refused.status
                show_refusal(form, refused)
    context = {"form": form, "kind": kind, "item": found, "title": found.name}
    return render(request, "journey/future_item.html", context, status=status)


@require_POST
def move_item(request: HttpRequest, kind: Kind, item_id: str) -> HttpResponse:
    """Move an item of the journey to come one place."""
    services.move_item(person(request), kind, item_id, 1 if request.POST.get("by") == "1" else -1)
    return redirect("future")


@require_POST
def remove_item(request: HttpRequest, kind: Kind, item_id: str) -> HttpResponse:
    """Leave an item out of the journey to come."""
    gone = services.remove_item(person(request), kind, item_id)
    messages.success(request, _("“%s” is not part of the journey to come.") % gone.name)
    return redirect("future")


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Have everyone see the journey to come."""
    version = services.publish_future(person(request))
    messages.success(request, _("Version %d of the journey to come is published.") % version)
    return redirect("future")


@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    """Throw the unpublished edits away."""
    services.discard_future(person(request))
    messages.success(request, _("The edits are discarded."))
    return redirect("future")


@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, key: str) -> HttpResponse:
    """Have an initiative carry a difference, drop it with a reason, or take that back."""
    who = person(request)
    require(who, "edit", "taxonomy")
    step = services.step_of(key)
    what = request.POST.get("what", "")
    if what == "reopen":
        services.reopen(who, key)
        return redirect("future")
    decision = step.decision
    known = {"initiative": decision.initiative, "owner": decision.owner, "link": decision.link} if decision else {}
    carry = CarryForm(request.POST if what == "carry" else None, initial=known)
    drop = DropForm(request.POST if what == "drop" else None, initial={"reason": decision.reason if decision else ""})
    filled = {"carry": carry, "drop": drop}.get(what)
    if filled is not None and filled.is_valid():
        given = filled.cleaned_data
        try:
            if what == "carry":
                services.carry(who, key, given["initiative"], owner=given["owner"], link=given["link"])
            else:
                services.drop(who, key, given["reason"])
        except Refused as refused:
            show_refusal(filled, refused)
        else:
            return redirect("future")
    status = 422 if filled is not None and filled.errors else 200
    context = {"step": step, "carry": carry, "drop": drop}
    return render(request, "journey/future_decision.html", context, status=status)


def _edited() -> Taxonomy:
    found = services.future(edited=True)
    if found is None:
        raise NotFound("future.none", _("There is no journey to come yet. Begin it as a copy of today's."))
    return found.taxonomy


def _sentence(found: Future | None) -> str:
    if found is None:
        return _("There is no journey to come yet: only today's.")
    every, undecided = len(found.steps), len(found.undecided)
    if not every:
        return _("The journey to come is today's: nothing differs.")
    said = ngettext(
        "The journey to come differs from today's in %d thing",
        "The journey to come differs from today's in %d things",
        every,
    )
    if not undecided:
        return said % every + _("; each is carried by an initiative or was dropped.")
    open_ones = ngettext("; %d is undecided.", "; %d are undecided.", undecided)
    return said % every + open_ones % undecided
