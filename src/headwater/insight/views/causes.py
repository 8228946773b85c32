"""Pages of insight: causes, one cause, verbatims, one verbatim, a customer, the audit queue."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from headwater.base.accounts import person
from headwater.base.permissions import allows, require
from headwater.insight import audit, charts, corrections, queries
from headwater.insight.causes import causes
from headwater.insight.selection import Selection
from headwater.insight.selection_bar import bar
from headwater.insight.verbatims import note_look, one_verbatim, timeline
from headwater.insight.wording import causes_sentence
from headwater.journey.queries import taxonomy
from headwater.listening.personal.vault import has_original
from headwater.metrics.access import require_askable


def selection_of(request: HttpRequest, *, reads_words: bool = False) -> Selection:
    """The selection that the address bar holds, if this person may ask it."""
    given = request.GET
    selection = Selection.read(where=given.get("where", ""), since=given.get("since", ""), until=given.get("until", ""))
    require_askable(request.user, (), selection.filter(), reads_words=reads_words)
    return selection


def causes_page(request: HttpRequest) -> HttpResponse:
    """Every cause that customers named, with its share, trend, stages and departments."""
    require(person(request), "view", "figures")
    selection = selection_of(request)
    answer = causes(selection, trends=True)
    shown = {
        "answer": answer,
        "sentence": causes_sentence(answer),
        "calibration": audit.calibration_state(),
        "bar": bar(selection),
        "query": selection.query(),
        "chart": charts.cause_shares(answer.complaints, selection) if answer.complaints else None,
    }
    return render(request, "insight/causes.html", shown)


def verbatim_page(request: HttpRequest, signal_key: str) -> HttpResponse:
    """One customer's words, what was understood, and the form that corrects it."""
    me = person(request)
    return render(request, "insight/verbatim.html", _verbatim(me, queries.read_key(signal_key)))


def _verbatim(me: Any, signal_key: int) -> dict[str, Any]:
    known = taxonomy()
    row = one_verbatim(me, signal_key)
    note_look(me, "one", [row])
    labels = corrections.effective_labels(signal_key)
    return {
        "row": row,
        "shown": queries.shown_signal(row, known, labels),
        "labels": labels,
        "fields": queries.label_fields(known, labels),
        "known": known,
        "may_correct": allows(me, "correct", "labels", words_of="department"),
        "may_see_original": allows(me, "view", "originals") and has_original(signal_key),
        "may_see_customer": allows(me, "view", "customers") and bool(row.customer_id),
    }


@require_POST
def correct(request: HttpRequest, signal_key: str) -> HttpResponse:
    """Correct one label; it shows at once."""
    me = person(request)
    key = queries.read_key(signal_key)
    field = request.POST.get("field", "")
    corrections.correct_label(
        me, one_verbatim(me, key).signal_key, field, queries.read_value(field, request.POST.getlist("value"))
    )
    if request.headers.get("HX-Request"):
        return render(request, "insight/verbatim_labels.html", _verbatim(me, key))
    messages.success(request, _("Corrected. No model will change it back."))
    return redirect("verbatim", signal_key=key)


def customer_page(request: HttpRequest, customer_id: str) -> HttpResponse:
    """What one customer said and lived through, newest first."""
    known = taxonomy()
    rows = timeline(person(request), customer_id)
    note_look(person(request), "timeline", rows)
    return render(
        request,
        "insight/customer.html",
        {"customer_id": customer_id, "rows": [queries.shown_signal(row, known) for row in rows]},
    )


def audit_page(request: HttpRequest) -> HttpResponse:
    """The audit queue: random verbatims for people to label, and what the labels are worth so far."""
    me = person(request)
    require(me, "correct", "labels")
    known = taxonomy()
    item = audit.next_item(me)
    row = one_verbatim(me, item.signal_key) if item else None
    shown = {
        "calibration": audit.calibration_state(),
        "item": item,
        "row": row,
        "fields": queries.label_fields(known, None),
        "known": known,
        "shares": queries.shown_shares(known),
    }
    return render(request, "insight/audit.html", shown)


@require_POST
def draw(request: HttpRequest) -> HttpResponse:
    """Draw random verbatims into the audit queue."""
    drawn = audit.draw_audit(person(request), 50)
    messages.success(request, _("Drew %d verbatims at random.") % len(drawn))
    return redirect("audit")


@require_POST
def label_item(request: HttpRequest, item_id: int) -> HttpResponse:
    """Keep what a person says about a drawn verbatim."""
    values = {field: queries.read_value(field, request.POST.getlist(field)) for field in queries.AUDITED_FIELDS}
    audit.label_audit_item(person(request), item_id, values)
    return redirect("audit")
