"""One item of the journey: what it says, the form that changes it in the draft, and how it may end."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.models import Person
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.journey import edits, moments, queries, services
from headwater.journey.differences import Kind
from headwater.journey.forms.moments import LeaderForm
from headwater.journey.forms.taxonomy import FORMS, ItemForm, MergeForm, initial_of
from headwater.journey.taxonomy import Cause, Item, Moment, Taxonomy, Touchpoint
from headwater.journey.views.map import changed


@require_http_methods(["GET", "HEAD", "POST"])
def add_item(request: HttpRequest, kind: Kind) -> HttpResponse:
    """Add an item of any kind."""
    who = person(request)
    require(who, "edit", "taxonomy")
    stage = request.GET.get("stage", "")
    given = {"stage": stage, "place": stage, "stages": request.GET.getlist("stage"), "demand": "failure"}
    form = FORMS[kind](request.POST or None, taxonomy=_shown(who), initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            item = services.add_item(who, kind, form.values())
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return changed(request, _("%s is added to the draft.") % item.name, f"{kind}-{item.id}")
    return _item_page(request, {"kind": kind, "form": form, "title": _adding(kind)})


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, kind: Kind, item_id: str) -> HttpResponse:
    """One item: what it says, and for editors the form that changes it in the draft."""
    who = person(request)
    require(who, "view", "taxonomy")
    taxonomy = _shown(who)
    found = edits.find(taxonomy, kind, item_id)
    may_edit = allows(who, "edit", "taxonomy")
    context: dict[str, Any] = {"kind": kind, "item": found, "title": found.name, "may_edit": may_edit}
    if not may_edit:
        require(who, "edit" if request.method == "POST" else "view", "taxonomy")
        return _item_page(request, context | _facts(taxonomy, found))
    form = _item_form(request, taxonomy, kind, found)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_item(who, kind, item_id, form.values(), seen=form.cleaned_data["seen"] or None)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return changed(request, _("%s is saved in the draft.") % form.cleaned_data["name"], f"{kind}-{item_id}")
    return _item_page(request, context | {"form": form} | _ends(taxonomy, found, who))


@require_POST
def remove_item(request: HttpRequest, kind: Kind, item_id: str) -> HttpResponse:
    """Remove an item from the draft."""
    services.remove_item(person(request), kind, item_id)
    return changed(request, _("It is removed from the draft."))


@require_POST
def merge_cause(request: HttpRequest, item_id: str) -> HttpResponse:
    """Merge a cause into another."""
    services.merge_cause(person(request), item_id, request.POST.get("into", ""))
    return changed(request, _("The causes are merged in the draft."))


@require_POST
def retire_cause(request: HttpRequest, item_id: str) -> HttpResponse:
    """Retire a cause, or bring it back."""
    retire = request.POST.get("retire") != "0"
    services.retire_cause(person(request), item_id, retire=retire)
    return changed(request, _("The cause is retired in the draft.") if retire else _("The cause is back in the draft."))


@require_POST
def retire_touchpoint(request: HttpRequest, item_id: str) -> HttpResponse:
    """Retire a touchpoint, or bring it back."""
    retire = request.POST.get("retire") != "0"
    services.change_item(person(request), "touchpoint", item_id, {"retired": retire})
    said = _("The touchpoint is retired in the draft.") if retire else _("The touchpoint is back in the draft.")
    if request.POST.get("back") != "touchpoints":
        return changed(request, said, f"touchpoint-{item_id}")
    messages.success(request, said, extra_tags=f"undo={reverse('undo_journey_edit')}")
    return redirect("touchpoints")


@require_POST
def lead_moment(request: HttpRequest, item_id: str) -> HttpResponse:
    """Name the leader who answers for a moment; counts at once."""
    who = person(request)
    require(who, "publish", "taxonomy")
    form = LeaderForm(request.POST)
    if not form.is_valid():
        raise Refused("moment.leader_unknown", _("There is no such person any more. Choose another."), "leader")
    leader = form.cleaned_data["leader"]
    moments.set_leader(who, item_id, leader)
    said = _("%s answers for this moment now.") % leader.name if leader else _("Nobody answers for this moment now.")
    return changed(request, said, f"moment-{item_id}")


def _shown(who: Person) -> Taxonomy:
    """What a person sees: those who edit see the draft when there is one."""
    return queries.edited() if allows(who, "edit", "taxonomy") else queries.taxonomy()


def _item_form(request: HttpRequest, taxonomy: Taxonomy, kind: Kind, found: Item) -> ItemForm:
    given = initial_of(found) | {"seen": services.fingerprint(found)}
    return FORMS[kind](request.POST or None, taxonomy=taxonomy, initial=given)


def _ends(taxonomy: Taxonomy, found: Item, who: Person) -> dict[str, Any]:
    """What can be done to an item beside changing it: who leads it, and how it may end."""
    if isinstance(found, Moment) and allows(who, "publish", "taxonomy"):
        return {"removable": True, "leader": LeaderForm(initial={"leader": moments.leader_of(found.id)})}
    if isinstance(found, Touchpoint):
        return {"removable": True, "touchpoint": found}
    if not isinstance(found, Cause):
        return {"removable": True}
    others = [cause for cause in taxonomy.active_causes if cause.id != found.id]
    removable = queries.taxonomy().cause(found.id) is None
    return {"merge": MergeForm(others=others) if found.active else None, "removable": removable, "cause": found}


def _facts(taxonomy: Taxonomy, found: Item) -> dict[str, Any]:
    """What those who only read see of an item beside its name and description."""
    names = queries.department_names(taxonomy)
    if isinstance(found, Moment):
        does = [(names.get(part.department, part.department), part.does) for part in found.contributions]
        return {"moment": found, "does": does, "led_by": moments.leader_of(found.id)}
    if not isinstance(found, Cause):
        return {}
    stages = [stage.name for stage in taxonomy.stages if stage.id in found.stages]
    return {"cause": found, "stages": stages, "departments": queries.named(taxonomy, found.departments)}


def _adding(kind: Kind) -> str:
    return {
        "journey": _("Add a journey"),
        "stage": _("Add a stage"),
        "touchpoint": _("Add a touchpoint"),
        "moment": _("Add a moment"),
        "cause": _("Add a cause"),
        "department": _("Add a department"),
    }[kind]


def _item_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The item's own page, or within the map its form alone."""
    form = context.get("form")
    status = 422 if form is not None and form.errors else 200
    if not getattr(request, "htmx", False):
        return render(request, "journey/item.html", context, status=status)
    answer = render(request, "journey/item_body.html", context | {"in_map": True}, status=status)
    answer["HX-Retarget"] = "#editor-body"
    answer["HX-Reswap"] = "innerHTML"
    return answer
