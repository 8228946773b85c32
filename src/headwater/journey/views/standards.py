"""The pages of reliability: the moments and their standards, one standard, what is broken now."""

from datetime import UTC, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base import charts, figures
from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.journey import queries, standard_edits, standards
from headwater.journey.forms.standards import SeriesForm, StandardForm, initial_of
from headwater.journey.models import Standard
from headwater.journey.taxonomy import Taxonomy
from headwater.journey.trigger_rules import duration
from headwater.science import Estimate

DAYS = 365
SHOWN = 50


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Every moment with a standard: how reliable it was in the last year, and what each department contributes."""
    who = person(request)
    require(who, "view", "triggers")
    known = queries.taxonomy()
    until = standards.as_of().date()
    answers = standards.reliability(None, until - timedelta(days=DAYS - 1), until)
    order = {moment.id: place for place, moment in enumerate(known.moments)}
    moments = [
        _moment(known, moment_id, answers[moment_id])
        for moment_id in sorted(answers, key=lambda one: (order.get(one, len(order)), one))
    ]
    context = {
        "moments": moments,
        "sentence": _overview(known, answers),
        "until": until,
        "handoffs": [
            _handoff(known, reading) for one in answers.values() for reading in one.readings if reading.standard.taker
        ],
        "retired": [one for one in standard_edits.all_standards(who) if one.retired],
        "may_edit": allows(who, "edit", "triggers"),
        "has_journey": bool(known.moments),
    }
    return render(request, "journey/standards.html", context)


def _overview(known: Taxonomy, answers: dict[str, standards.ReliabilityAnswer]) -> str:
    sure = {moment: one.result for moment, one in answers.items() if isinstance(one.result, Estimate)}
    if not sure:
        return _("Nothing says yet how reliable the moments of the journey are.")
    worst = min(sure, key=lambda moment: sure[moment].estimate)
    result = sure[worst]
    data = {
        "name": _name(known, worst),
        "share": figures.measure(result.estimate, "share"),
        "interval": figures.interval(result.low, result.high, "share"),
    }
    return _("“%(name)s” goes right %(share)s of the time (%(interval)s).") % data


def _name(known: Taxonomy, moment_id: str) -> str:
    moment = known.moment(moment_id)
    return moment.name if moment else moment_id


def _moment(known: Taxonomy, moment_id: str, answer: standards.ReliabilityAnswer) -> dict[str, Any]:
    moment = known.moment(moment_id)
    stage = known.stage(moment.stage) if moment else None
    return {
        "id": moment_id,
        "name": _name(known, moment_id),
        "stage": stage.name if stage else "",
        "answer": answer,
        "result": answer.result if isinstance(answer.result, Estimate) else None,
        "why": "" if isinstance(answer.result, Estimate) else answer.result.message,
        "trend": trend(answer.months) if len(answer.months) > 1 else None,
        "readings": [_reading(one) for one in answer.readings],
        "departments": [
            (known.department_name(name), result if isinstance(result, Estimate) else None)
            for name, result in answer.by_department.items()
        ],
    }


def _reading(one: standards.Reading) -> dict[str, Any]:
    result = one.result
    return {
        "standard": one.standard,
        "counts": one.counts,
        "result": result if isinstance(result, Estimate) else None,
        "why": "" if isinstance(result, Estimate) else result.message,
        "verdict": _verdict(one.standard, result) if isinstance(result, Estimate) else None,
    }


def _verdict(standard: Standard, result: Estimate) -> tuple[str, str] | None:
    """Whether the target is met, from the interval and not from the point."""
    if standard.target is None:
        return None
    if result.low >= standard.target:
        return "yes", _("meets its target")
    if result.high < standard.target:
        return "no", _("misses its target")
    return "waiting", _("cannot tell yet")


def _handoff(known: Taxonomy, one: standards.Reading) -> dict[str, Any]:
    return {
        **_reading(one),
        "giver": known.department_name(one.standard.giver),
        "taker": known.department_name(one.standard.taker),
    }


def trend(months: tuple[standards.Month, ...]) -> charts.Spec:
    """The share that went right, by month."""
    points = []
    for one in months:
        result = one.result
        if isinstance(result, Estimate):
            points.append(charts.Point(one.month, result.estimate, result.low, result.high, result.n))
        else:
            points.append(charts.Point(one.month, None, n=one.counts.due))
    return charts.trend(points, unit="share", description=_("Share that went right, by month"), height=120)


@require_GET
def one_standard(request: HttpRequest, pk: int) -> HttpResponse:
    """One standard: its share over time, and what broke it lately."""
    who = person(request)
    standard = standard_edits.standard_of(who, pk)
    known = queries.taxonomy()
    reading = standards.reading(standard)
    shown = _reading(reading)
    context = {
        "standard": standard,
        "sentence": _sentence(standard, reading),
        "shown": shown,
        "chart": trend(reading.months) if len(reading.months) > 1 else None,
        "moment": _name(known, standard.moment),
        "definition": _definition(standard.definition),
        "accountable": [known.department_name(one) for one in standards.accountable(standard)],
        "departments": [
            (known.department_name(name), counts.result()) for name, counts in sorted(reading.departments.items())
        ],
        "series_form": SeriesForm() if standard.method == Standard.Method.SERIES else None,
        "breaches": _breaches(who, pk) if standard.method == Standard.Method.KEPT else None,
        "may_edit": allows(who, "edit", "triggers"),
    }
    return render(request, "journey/standard.html", context)


def _definition(content: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """What a standard counts, part by part, as people read it."""
    names = {
        "promise": _("The promise"),
        "receipt": _("What keeps it"),
        "hours": _("Within"),
        "promised": _("By the time promised in"),
        "called_off": _("What calls it off"),
        "told": _("How the customer is told"),
        "happened": _("It happened"),
        "right": _("And went right"),
    }
    shown = []
    for name, title in names.items():
        if value := content.get(name):
            plain = duration(value) if name == "hours" else value if name == "promised" else ""
            shown.append((title, {"plain": plain, "filter": str(value)}))
    return shown


def _sentence(standard: Standard, reading: standards.Reading) -> str:
    result = reading.result
    if not isinstance(result, Estimate):
        return _("“%(name)s”: no verdict yet.") % {"name": standard.name}
    return _("“%(name)s” was kept %(share)s of the time (%(interval)s).") % {
        "name": standard.name,
        "share": figures.measure(result.estimate, "share"),
        "interval": figures.interval(result.low, result.high, "share"),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form of a new standard."""
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of a standard that is there."""
    return _form(request, standard_edits.standard_of(person(request), pk))


def _form(request: HttpRequest, standard: Standard | None) -> HttpResponse:
    who = person(request)
    require(who, "edit", "triggers")
    status = 200
    if request.method == "POST":
        form = StandardForm(request.POST)
        status = 422
        if form.is_valid():
            try:
                if standard is None:
                    kept = standard_edits.create_standard(who, form.values())
                else:
                    given = {**form.values(), "description": standard.description}
                    seen = request.POST.get("seen") or None
                    kept = standard_edits.change_standard(who, standard.pk, given, seen=seen)
                messages.success(request, _("Saved."))
                return redirect("standard", kept.pk)
            except Refused as refused:
                status = refused.status
                show_refusal(form, refused)
    else:
        form = StandardForm(initial=initial_of(standard) if standard else {"moment": request.GET.get("moment", "")})
    seen = request.POST.get("seen") or (standard_edits.fingerprint_of(standard) if standard else "")
    context = {"form": form, "standard": standard, "seen": seen}
    return render(request, "journey/standard_form.html", context, status=status)


@require_POST
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop measuring by a standard, or take it up again."""
    retires = request.POST.get("retire", "1") != "0"
    standard_edits.retire_standard(person(request), pk, retire=retires)
    messages.success(request, _("It is retired.") if retires else _("It counts again."))
    return redirect("standards")


@require_POST
def upload_series(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the days of a CSV file into a series."""
    who = person(request)
    require(who, "edit", "triggers")
    form = SeriesForm(request.POST, request.FILES)
    try:
        if not form.is_valid():
            raise Refused("no_file", _("Choose a file first."), "file")
        days = standard_edits.import_series(who, pk, standard_edits.read_series(form.text()))
        messages.success(request, ngettext("%d day is in the series.", "%d days are in the series.", days) % days)
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("standard", pk)


@require_GET
def breaches(request: HttpRequest) -> HttpResponse:
    """What is broken now, the longest overdue first; the list asks again by itself."""
    who = person(request)
    require(who, "view", "triggers")
    context = {"found": _breaches(who), "poll": True}
    template = "journey/standard_breach_list.html" if request.headers.get("HX-Request") else "journey/breaches.html"
    return render(request, template, context)


def _breaches(who: Any, pk: int | None = None) -> dict[str, Any]:
    found = standards.breaches(SHOWN, standard_id=pk)
    knows = allows(who, "view", "customers")
    known = queries.taxonomy()
    return {
        "list": found,
        "sentence": _breach_sentence(found),
        "at": found.at.replace(tzinfo=UTC),
        "may_see_customers": knows,
        "rows": [
            {
                "standard": one.standard,
                "accountable": [known.department_name(name) for name in standards.accountable(one.standard)],
                "customer_id": (one.breach.customer_id or "") if knows else "",
                "subject_id": (one.breach.subject_id or "") if knows else "",
                "deadline": one.breach.deadline.replace(tzinfo=UTC),
                "overdue": overdue(one.hours),
                "is_open": one.is_open,
                "told": one.breach.told_at is not None,
                "tells": bool(one.standard.definition.get("told")),
            }
            for one in found.rows
        ],
    }


def _breach_sentence(found: standards.BreachList) -> str:
    if not found.open and not found.closed:
        return _("No promise of the last %d days is broken.") % found.days
    said = ngettext("%s promise is broken and still open", "%s promises are broken and still open", found.open)
    more = ngettext("%s more was kept too late", "%s more were kept too late", found.closed)
    late = _("%s in the last %d days") % (more % figures.measure(found.closed, "count"), found.days)
    return f"{said % figures.measure(found.open, 'count')}; {late}."


def overdue(hours: float) -> str:
    """``3 days``, ``5 hours``, ``20 minutes``."""
    if hours >= 48:
        days = round(hours / 24)
        return ngettext("%d day", "%d days", days) % days
    if hours >= 1:
        return ngettext("%d hour", "%d hours", round(hours)) % round(hours)
    minutes = max(1, round(hours * 60))
    return ngettext("%d minute", "%d minutes", minutes) % minutes
