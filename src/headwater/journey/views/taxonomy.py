"""The pages of the journey: the map with its who, the draft, and packs."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.models import Person
from headwater.base.permissions import allows, require
from headwater.base.refusals import NotFound, Refused
from headwater.journey import edits, queries, services
from headwater.journey.differences import Kind
from headwater.journey.forms.taxonomy import FORMS, ExportForm, ImportForm, ItemForm, MergeForm, initial_of
from headwater.journey.packs import PACKS, load_pack, pack_text, read_pack
from headwater.journey.taxonomy import Cause, Item, Taxonomy


@require_GET
def journey(request: HttpRequest) -> HttpResponse:
    """The map: stages left to right, each with its moments and the causes that hurt it."""
    require(person(request), "view", "taxonomy")
    return render(request, "journey/journey.html", _map(request))


@require_http_methods(["GET", "HEAD", "POST"])
def add_item(request: HttpRequest, kind: str) -> HttpResponse:
    """Add a stage, moment, cause or department."""
    who, known = person(request), _kind(kind)
    require(who, "edit", "taxonomy")
    given = {"stage": request.GET.get("stage"), "stages": request.GET.getlist("stage"), "demand": "failure"}
    form = FORMS[known](request.POST or None, taxonomy=_shown(who), initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            item = services.add_item(who, known, form.values())
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return _done(request, _("%s is added to the draft.") % item.name, f"{known}-{item.id}")
    return _item_page(request, {"kind": known, "form": form, "title": _adding(known)})


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, kind: str, item_id: str) -> HttpResponse:
    """One item: what it says, and for editors the form that changes it in the draft."""
    who, known = person(request), _kind(kind)
    require(who, "view", "taxonomy")
    taxonomy = _shown(who)
    found = edits.find(taxonomy, known, item_id)
    may_edit = allows(who, "edit", "taxonomy")
    context: dict[str, Any] = {"kind": known, "item": found, "title": found.name, "may_edit": may_edit}
    if not may_edit:
        require(who, "edit" if request.method == "POST" else "view", "taxonomy")
        return _item_page(request, context | _facts(taxonomy, found))
    form = _item_form(request, taxonomy, known, found)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_item(who, known, item_id, form.values(), seen=form.cleaned_data["seen"] or None)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return _done(request, _("%s is saved in the draft.") % form.cleaned_data["name"], f"{known}-{item_id}")
    return _item_page(request, context | {"form": form} | _ends(taxonomy, found))


@require_POST
def move_item(request: HttpRequest, kind: str, item_id: str) -> HttpResponse:
    """Move an item one place earlier or later among its siblings."""
    by = 1 if request.POST.get("by") == "1" else -1
    services.move_item(person(request), _kind(kind), item_id, by)
    # In place, the focus stays on the button, so that the next press moves the item on.
    return _done(request, "", f"{kind}-{item_id}", focus=False)


@require_POST
def remove_item(request: HttpRequest, kind: str, item_id: str) -> HttpResponse:
    """Remove an item from the draft."""
    services.remove_item(person(request), _kind(kind), item_id)
    return _done(request, _("It is removed from the draft."))


@require_POST
def merge_cause(request: HttpRequest, item_id: str) -> HttpResponse:
    """Merge a cause into another."""
    services.merge_cause(person(request), item_id, request.POST.get("into", ""))
    return _done(request, _("The causes are merged in the draft."))


@require_POST
def retire_cause(request: HttpRequest, item_id: str) -> HttpResponse:
    """Retire a cause, or bring it back."""
    retire = request.POST.get("retire") != "0"
    services.retire_cause(person(request), item_id, retire=retire)
    return _done(request, _("The cause is retired in the draft.") if retire else _("The cause is back in the draft."))


@require_GET
def draft(request: HttpRequest) -> HttpResponse:
    """What publishing the draft would change, item by item."""
    who = person(request)
    require(who, "edit", "taxonomy")
    context = {"draft": queries.draft(), "may_publish": allows(who, "publish", "taxonomy")}
    return render(request, "journey/draft.html", context)


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Publish the draft."""
    published = services.publish_draft(person(request))
    said = _("Version %d of the journey is published. What customers said is being read again with it.")
    messages.success(request, said % published.version)
    return redirect("journey")


@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    """Discard the draft."""
    services.discard_draft(person(request))
    messages.success(request, _("The draft is discarded."))
    return redirect("journey")


@require_GET
def packs(request: HttpRequest) -> HttpResponse:
    """Packs: those that come with Headwater, export of our journey, import of a file."""
    who = person(request)
    require(who, "view", "taxonomy")
    context = {
        "packs": [load_pack(name) for name in PACKS],
        "published": queries.taxonomy(),
        "versions": queries.published_versions(),
        "export": ExportForm(),
        "upload": ImportForm(),
        "may_edit": allows(who, "edit", "taxonomy"),
    }
    return render(request, "journey/packs.html", context)


@require_GET
def export_pack(request: HttpRequest) -> HttpResponse:
    """The published journey as a pack file."""
    form = ExportForm(request.GET)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise Refused("pack.header", str(errors[0]), field)
    pack = services.export_pack(person(request), form.cleaned_data["name"], form.cleaned_data["title"])
    return _yaml(pack.name, pack_text(pack))


@require_GET
def shipped_pack(request: HttpRequest, name: str) -> HttpResponse:
    """A pack that comes with Headwater, as a file."""
    require(person(request), "view", "taxonomy")
    return _yaml(name, pack_text(load_pack(name)))


@require_POST
def preview_pack(request: HttpRequest) -> HttpResponse:
    """What a pack would change: of an uploaded file, or of one that comes with Headwater."""
    who = person(request)
    require(who, "edit", "taxonomy")
    if name := request.POST.get("name"):
        text = pack_text(load_pack(name))
    else:
        form = ImportForm(request.POST, request.FILES)
        if not form.is_valid():
            raise Refused("pack.missing", _("Choose a pack file (YAML) first."), "file")
        text = form.text()
    pack = read_pack(text)
    differences, others = services.preview_pack(who, pack), services.preview_pack_sections(who, pack)
    context = {"pack": pack, "text": text, "differences": differences, "others": others, "draft": queries.draft()}
    context["changes"] = len(differences) + len(others)
    return render(request, "journey/pack_preview.html", context)


@require_POST
def import_pack(request: HttpRequest) -> HttpResponse:
    """Make a previewed pack the draft."""
    differences = services.import_pack(person(request), read_pack(request.POST.get("text", "")))
    count = len(differences)
    said = ngettext("The pack is the draft now, with %d change.", "The pack is the draft now, with %d changes.", count)
    messages.success(request, said % count)
    return redirect("journey_draft")


def _kind(kind: str) -> Kind:
    for known in FORMS:
        if kind == known:
            return known
    raise NotFound(
        "taxonomy.kind", _("There are journeys, stages, moments, touchpoints, causes and departments, no %s.") % kind
    )


def _shown(who: Person) -> Taxonomy:
    """What a person sees: those who edit see the draft when there is one."""
    draft = queries.draft() if allows(who, "edit", "taxonomy") else None
    return draft.taxonomy if draft else queries.taxonomy()


def _map(request: HttpRequest, focus: str = "") -> dict[str, Any]:
    who = person(request)
    may_edit = allows(who, "edit", "taxonomy")
    draft = queries.draft() if may_edit else None
    published = queries.taxonomy()
    taxonomy = draft.taxonomy if draft else published
    names = queries.department_names(taxonomy)
    return {
        "taxonomy": taxonomy,
        "failures": [cause for cause in taxonomy.active_causes if cause.demand != "value"],
        "stages": [
            {
                "stage": stage,
                "moments": taxonomy.moments_of(stage.id),
                "causes": [_with_departments(cause, names) for cause in taxonomy.causes_of(stage.id)],
            }
            for stage in taxonomy.stages
        ],
        "nowhere": [_with_departments(cause, names) for cause in taxonomy.active_causes if not cause.stages],
        "inactive": [
            {"cause": cause, "into": taxonomy.cause(taxonomy.resolve(cause.id)) if cause.merged_into else None}
            for cause in taxonomy.causes
            if not cause.active
        ],
        "departments": [
            {"department": department, "name": names[department.id]} for department in taxonomy.departments
        ],
        "published": published,
        "draft": draft if draft and draft.differences else None,
        "changed": {f"{difference.kind}-{difference.id}" for difference in draft.differences} if draft else set(),
        "may_edit": may_edit,
        "may_publish": allows(who, "publish", "taxonomy"),
        "focus": focus,
    }


def _with_departments(cause: Cause, names: Mapping[str, str]) -> dict[str, Any]:
    """A cause with who can change it: each of our departments once, though two of the pack may be mapped onto it."""
    return {"cause": cause, "departments": list(dict.fromkeys(names.get(key, key) for key in cause.departments))}


def _item_form(request: HttpRequest, taxonomy: Taxonomy, kind: Kind, found: Item) -> ItemForm:
    given = initial_of(found) | {"seen": services.fingerprint(found)}
    return FORMS[kind](request.POST or None, taxonomy=taxonomy, initial=given)


def _ends(taxonomy: Taxonomy, found: Item) -> dict[str, Any]:
    """What can be done to an item beside changing it: how it may end."""
    if not isinstance(found, Cause):
        return {"removable": True}
    others = [cause for cause in taxonomy.active_causes if cause.id != found.id]
    removable = queries.taxonomy().cause(found.id) is None
    return {"merge": MergeForm(others=others) if found.active else None, "removable": removable, "cause": found}


def _facts(taxonomy: Taxonomy, found: Item) -> dict[str, Any]:
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


def _done(request: HttpRequest, said: str, where: str = "", *, focus: bool = True) -> HttpResponse:
    """After a change: the map again, in place or as a page, where the person was."""
    if getattr(request, "htmx", False):
        return render(request, "journey/journey.html#map", _map(request, where if focus else ""))
    if said:
        messages.success(request, said)
    answer = redirect("journey")
    if where:
        answer["Location"] += f"#{where}"
    return answer


def _yaml(name: str, text: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.yaml"'
    return answer
