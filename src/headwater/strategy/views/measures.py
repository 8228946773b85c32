"""The pages of measures: the list, one measure, its form with a live preview, its readings and sign-offs."""

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
from headwater.base.refusals import Conflict, Refused
from headwater.strategy import (
    measure_charts,
    measure_wording,
    measures,
    measuring,
    readings,
    sight,
    sign_offs,
    strategies,
)
from headwater.strategy.forms.measures import (
    DefinitionForm,
    MeasureForm,
    ReadingFileForm,
    ReadingForm,
    SignOffForm,
    initial_of,
)
from headwater.strategy.measures import MeasureView
from headwater.strategy.models import Measure
from headwater.strategy.reading_files import period_day, read_csv
from headwater.strategy.readings import GivenReading
from headwater.strategy.strategy import Strategy


@require_GET
def all_measures(request: HttpRequest) -> HttpResponse:
    """Every measure with its last reading, its path, and whether it is on it."""
    who = person(request)
    require(who, "view", "measures")
    found = measures.measures()
    chosen = {name: request.GET.get(name, "")[:80] for name in ("kind", "outcome", "standing")}
    shown = [view for view in found if measures.matches(view, **chosen)]
    context = {
        "views": [{"view": view, "drawn": measure_charts.spark(view)} for view in shown],
        "sentence": measure_wording.sentence(found),
        "all": found,
        "chosen": chosen,
        "standings": measure_wording.standings(),
        "outcomes": strategies.current().outcomes,
        "retired": measures.measures(retired=True),
        "may_edit": allows(who, "edit", "measures"),
    }
    return render(request, "strategy/measures.html", context)


@require_GET
def measure(request: HttpRequest, slug: str) -> HttpResponse:
    """One measure: its question, its path, what a leader does when it moves, and every reading."""
    who = person(request)
    require(who, "view", "measures")
    page = _page(request, who, slug)
    sight.note_look(who, f"measure:{slug}")
    return page


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Start a measure: a question, an owner and a decision suffice."""
    who = person(request)
    require(who, "edit", "measures")
    outcome = request.GET.get("outcome", "")
    form = _form(request, {"outcomes": [outcome] if outcome else [], "direction": "higher", "path": "straight"})
    if request.method == "POST" and form.is_valid():
        try:
            made = measuring.start_measure(who, form.measure_values())
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("“%s” is started. Past months are read in the background.") % made.name)
            return redirect("measure", slug=made.slug)
    return _form_page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a measure."""
    who = person(request)
    require(who, "edit", "measures")
    view = measures.measure(slug)
    form = _form(request, initial_of(view.measure, view.definition))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            measuring.change_measure(who, slug, form.measure_values(), seen=given["seen"], reason=given["reason"])
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("“%s” is saved.") % view.measure.name)
            return redirect("measure", slug=slug)
    return _form_page(request, form, view)


@require_GET
def preview(request: HttpRequest) -> HttpResponse:
    """What the record says now of a definition that is being written."""
    who = person(request)
    require(who, "edit", "measures")
    form = DefinitionForm(request.GET)
    found: Any = None
    refusal = ""
    if form.is_valid() and form.cleaned_data["metric"]:
        try:
            found = readings.previewed(who, form.definition(), request.GET.get("every", "month"))
        except Refused as refused:
            refusal = refused.message
    return render(request, "strategy/measure_preview.html", {"found": found, "refusal": refusal})


@require_POST
def retire(request: HttpRequest, slug: str) -> HttpResponse:
    """Retire a measure, or take it up again."""
    measuring.retire_measure(person(request), slug, retire=request.POST.get("retire") != "0")
    return redirect("measure", slug=slug)


@require_POST
def give_reading(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep a figure that a person typed."""
    who = person(request)
    require(who, "view", "measures")
    form = ReadingForm(request.POST)
    if form.is_valid():
        given = GivenReading(form.cleaned_data["day"], form.figure(), form.cleaned_data["reason"])
        try:
            readings.give_reading(who, slug, given)
        except Conflict as refused:
            show_refusal(form, refused)
        except Refused as refused:
            if refused.status != 400:
                raise
            show_refusal(form, refused)
        else:
            messages.success(request, _("The figure is kept."))
            return redirect("measure", slug=slug)
    return _page(request, who, slug, reading_form=form)


@require_POST
def import_readings(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep the readings of a CSV file: all of them or none."""
    who = person(request)
    require(who, "view", "measures")
    form = ReadingFileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            received = readings.receive_readings(who, slug, read_csv(form.text()))
        except Refused as refused:
            if refused.status not in (400, 409):
                raise
            form.add_error("file", refused.message)
        else:
            count = received.accepted + received.corrected
            said = ngettext("%d reading is kept.", "%d readings are kept.", count)
            messages.success(request, said % count)
            return redirect("measure", slug=slug)
    return _page(request, who, slug, file_form=form)


@require_POST
def compute_again(request: HttpRequest, slug: str) -> HttpResponse:
    """Read a past period again, with a reason."""
    try:
        period = period_day(request.POST.get("period", ""))
    except ValueError:
        raise Refused("reading.period", _("Choose one of the periods in the table."), "period") from None
    readings.compute_again(person(request), slug, period, request.POST.get("reason", ""))
    messages.success(request, _("The period is read again; the earlier reading stays in the table."))
    return redirect("measure", slug=slug)


@require_POST
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask leaders to sign the measure off."""
    who = person(request)
    require(who, "edit", "measures")
    form = SignOffForm(request.POST, leaders=sign_offs.leaders())
    if form.is_valid():
        sign_offs.ask(who, slug, form.cleaned_data["leaders"])
        messages.success(request, _("They are asked, by mail and on their first page."))
        return redirect("measure", slug=slug)
    return _page(request, who, slug, sign_off_form=form)


@require_POST
def sign(request: HttpRequest, slug: str) -> HttpResponse:
    """Sign the measure off as it was read."""
    edition = request.POST.get("edition", "")
    seen = int(edition) if edition.isascii() and edition.isdigit() and len(edition) < 9 else 0
    sign_offs.sign(person(request), slug, seen)
    messages.success(request, _("Thank you: it is signed off, with today’s date."))
    return redirect("measure", slug=slug)


def _page(request: HttpRequest, who: Person, slug: str, **forms: Any) -> HttpResponse:
    view = measures.measure(slug)
    owns = view.measure.owner_id == who.pk
    may_edit = allows(who, "edit", "measures")
    given = view.measure.source in (Measure.Source.TYPED, Measure.Source.IMPORTED)
    asked = [one.person_id for one in view.sign_offs]
    context = {
        "view": view,
        "sentence": measure_wording.measure_sentence(view),
        "note": measure_wording.reading_note(view),
        "chart": measure_charts.chart(view),
        "rows": measures.reading_rows(view),
        "history": measures.history_of(view) if allows(who, "view", "history") else (),
        "definitions": list(view.measure.definitions.select_related("by")),
        "verbatims_address": measures.verbatims_address(view),
        "may_edit": may_edit,
        "mine": next((one for one in view.sign_offs if one.person_id == who.pk and one.at is None), None),
        "reading_form": ReadingForm() if given and (may_edit or owns) else None,
        "file_form": ReadingFileForm() if given and (may_edit or owns) else None,
        "sign_off_form": SignOffForm(leaders=[one for one in sign_offs.leaders() if one.pk not in asked]),
    }
    status = 422 if any(form.errors for form in forms.values()) else 200
    return render(request, "strategy/measure.html", context | forms, status=status)


def _form(request: HttpRequest, initial: dict[str, Any]) -> MeasureForm:
    people = list(Person.objects.filter(is_active=True))
    return MeasureForm(request.POST or None, strategy=_strategy(), people=people, initial=initial)


def _strategy() -> Strategy:
    """The strategy whose outcomes can be chosen: those of the draft too."""
    found = strategies.draft()
    return found.strategy if found else strategies.current()


def _form_page(request: HttpRequest, form: MeasureForm, view: MeasureView | None) -> HttpResponse:
    context = {"form": form, "view": view}
    return render(request, "strategy/measure_form.html", context, status=422 if form.errors else 200)
