"""The readiness list and the page of one question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.permissions import require
from headwater.base.refusals import Refused
from headwater.strategy import evidence_files
from headwater.strategy import readiness as services
from headwater.strategy.forms.readiness import FileForm, ItemForm, MilestoneForm, initial_of
from headwater.strategy.readiness_questions import Item, Standing

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_GET
def readiness(request: HttpRequest) -> HttpResponse:
    """Every question with its owner, date, state and evidence, and what is overdue."""
    require(person(request), "view", "strategy")
    today = timezone.localdate()
    items = services.items()
    standing = Standing.of(items, today)
    shown = {
        "rows": [{"item": item, "overdue": item.is_overdue(today)} for item in items if not item.question.is_yes_no],
        "warnings": [item for item in items if item.question.is_yes_no],
        "standing": standing,
        "sentence": sentence(standing),
        "may_edit": services.may_edit(person(request)),
        "mine": services.due_for(person(request)),
    }
    return render(request, "strategy/readiness.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, key: str) -> HttpResponse:
    """One question: who sees to it, how far it is, and what it should show on the way."""
    me = person(request)
    require(me, "view", "strategy")
    shown = services.item(key)
    form = _form(request, shown)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_item(me, key, form.values(), seen=form.cleaned_data["seen"])
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("“%s” is saved.") % shown.question.title)
            return redirect("readiness")
    return render(
        request, "strategy/readiness_item.html", _item(request, shown, form), status=400 if form.errors else 200
    )


@require_POST
def add_milestone(request: HttpRequest, key: str) -> HttpResponse:
    """Add a milestone or a quick win."""
    form = MilestoneForm(request.POST)
    if not form.is_valid():
        raise Refused("milestone_text", _("Write the milestone in 1 to 200 characters, and its day as a date."), "text")
    given = form.cleaned_data
    services.add_milestone(person(request), key, given["text"], due=given["due"], is_quick_win=given["is_quick_win"])
    return redirect(reverse("readiness_item", args=[key]) + "#milestones")


@require_POST
def milestone(request: HttpRequest, milestone_id: int) -> HttpResponse:
    """Say that a milestone is reached (or not yet), or remove it: ``do`` is ``reach``, ``reopen`` or ``remove``."""
    me, do = person(request), request.POST.get("do", "")
    if do == "remove":
        changed = services.remove_milestone(me, milestone_id)
    elif do in ("reach", "reopen"):
        changed = services.reach_milestone(me, milestone_id, reached=do == "reach")
    else:
        raise Refused("unknown_action", _("“%s” cannot be done to a milestone.") % do[:20], "do")
    return redirect(reverse("readiness_item", args=[changed.key]) + "#milestones")


@require_POST
def add_file(request: HttpRequest, key: str) -> HttpResponse:
    """Attach a file as evidence."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > evidence_files.MAX_BYTES + (1 << 20):
        raise Refused("file_too_large", _("A file may have %d MB at most.") % (evidence_files.MAX_BYTES >> 20), "file")
    sent = request.FILES.get("file")
    if sent is None or isinstance(sent, list):
        raise Refused("no_file", _("Choose a file first; it must not be empty."), "file")
    services.attach_file(person(request), key, sent)
    return redirect(reverse("readiness_item", args=[key]) + "#evidence")


@require_GET
def file(request: HttpRequest, file_id: int) -> FileResponse:
    """Download a file; a browser never shows it, whatever it says it is."""
    kept = services.evidence_file(person(request), file_id)
    response = FileResponse(
        evidence_files.path_of(kept.stored).open("rb"),
        as_attachment=True,
        filename=kept.name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
def remove_file(request: HttpRequest, file_id: int) -> HttpResponse:
    """Remove a file."""
    changed = services.remove_file(person(request), file_id)
    return redirect(reverse("readiness_item", args=[changed.key]) + "#evidence")


def sentence(standing: Standing) -> str:
    """What the list says first."""
    if not standing.owned and not standing.settled:
        return _("Nobody owns any of the %d questions yet.") % standing.total
    owned = ngettext("%(owned)d of %(total)d has an owner", "%(owned)d of %(total)d have an owner", standing.owned)
    overdue = ngettext("%(overdue)d is overdue", "%(overdue)d are overdue", standing.overdue)
    late = overdue if standing.overdue else _("none is overdue")
    words = _("%(owned)s; %(late)s.") % {"owned": owned, "late": late}
    return words % {"owned": standing.owned, "total": standing.total, "overdue": standing.overdue}


def _form(request: HttpRequest, shown: Item) -> ItemForm:
    may_edit = services.may_edit(person(request))
    return ItemForm(request.POST or None, item=shown, may_edit=may_edit, initial=initial_of(shown))


def _item(request: HttpRequest, shown: Item, form: ItemForm) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "item": shown,
        "form": form,
        "milestones": [{"one": one, "overdue": one.is_overdue(today)} for one in shown.milestones],
        "milestone_form": MilestoneForm(auto_id="milestone_%s"),
        "file_form": FileForm(auto_id="file_%s"),
        "may_answer": services.may_answer(person(request), shown),
        "overdue": shown.is_overdue(today),
    }
