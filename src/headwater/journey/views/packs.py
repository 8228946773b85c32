"""The pages of packs: those that come with Headwater, taking our own along, importing one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from headwater.base.accounts import person
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.journey import queries, services
from headwater.journey.forms.taxonomy import ExportForm, ImportForm
from headwater.journey.packs import PACKS, load_pack, pack_text, read_pack


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


def _yaml(name: str, text: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.yaml"'
    return answer
