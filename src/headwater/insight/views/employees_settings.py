"""The pages of HR: bringing employees' signals in, the rules that protect them, and how scores are made."""

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import NotFound, Refused
from headwater.insight import employees_releases, employees_scores
from headwater.insight.employees_scores import SCORES, Score
from headwater.insight.forms.employees import (
    AssessmentForm,
    EmployeeFileForm,
    EmployeeRulesForm,
    EraseRespondentForm,
    ScoreForm,
)
from headwater.insight.models import EmployeeDefinition
from headwater.listening import employee_mapping, employee_privacy, employee_signals
from headwater.listening.employee_mapping import TITLES, EmployeeMapping
from headwater.listening.employee_questions import AMOUNTS, title_of
from headwater.listening.models import EmployeeArrival, EmployeeSource


@require_http_methods(["GET", "HEAD", "POST"])
def arrivals_page(request: HttpRequest) -> HttpResponse:
    """What came in, and the place for the next file."""
    me = person(request)
    require(me, "import", "employee_signals")
    form = EmployeeFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            arrival = employee_signals.upload(me, form.cleaned_data["file"], form.cleaned_data["source"])
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return redirect("employee_arrival", arrival.pk)
    shown = {
        "form": form,
        "arrivals": employee_signals.arrivals(me),
        "absence": employee_privacy.assessment(),
    }
    return render(request, "insight/employee_arrivals.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def arrival_page(request: HttpRequest, arrival_id: int) -> HttpResponse:
    """One file: its mapping on real rows before it is taken, what became of it afterwards."""
    me = person(request)
    arrival = employee_signals.arrival_of(me, arrival_id)
    if arrival.state == EmployeeArrival.State.DONE:
        return render(request, "insight/employee_arrival.html", {"arrival": arrival})
    options, seen, sample = employee_mapping.look_into(Path(arrival.path))
    columns = tuple(one.name for one in seen)
    used = employee_mapping.from_yaml(arrival.mapping) if arrival.mapping else None
    refused: Refused | None = None
    if request.method == "POST":
        try:
            used = employee_mapping.from_choices(columns, request.POST, source=arrival.source.name, options=options)
            if "take" in request.POST:
                arrived = employee_signals.take(me, arrival, used)
                words = ngettext("%d new signal is in.", "%d new signals are in.", arrived.signals)
                messages.success(request, words % arrived.signals)
                return redirect("employee_arrival", arrival.pk)
        except Refused as error:
            refused = error
    shown = {"arrival": arrival, "refused": refused, **_mapped(request, arrival, used, columns, sample)}
    return render(request, "insight/employee_mapping.html", shown, status=refused.status if refused else 200)


def _mapped(
    request: HttpRequest,
    arrival: EmployeeArrival,
    used: EmployeeMapping | None,
    columns: tuple[str, ...],
    sample: tuple[dict[str, str | None], ...],
) -> dict[str, Any]:
    good, left = employee_signals.preview(person(request), arrival, used) if used is not None else ([], [])
    plain = (
        used.columns
        if used is not None
        else employee_mapping.proposed_columns(employee_mapping.look_into(Path(arrival.path))[1])
    )
    names = {one.id: one.name for one in employees_releases.units_now()}
    return {
        "used": used,
        "dates": used.dates if used is not None else "iso",
        "choices": [_choice(place, name, plain.get(name), sample) for place, name in enumerate(columns)],
        "titles": [*TITLES.items(), *((name, title_of(name)) for name in AMOUNTS)],
        "rows": [
            (
                names.get(one.department, ""),
                one,
                [(title_of(name), value) for name, (value, _scale) in one.values.items()],
            )
            for one in good
        ],
        "left": left,
        "pseudonymous": bool(used and used.named("respondent")),
    }


def _choice(place: int, name: str, one: Any, sample: tuple[dict[str, str | None], ...]) -> dict[str, Any]:
    """A column with what it becomes. Of who answered no value is shown."""
    becomes = "" if one is None else one.question if one.becomes == "amount" else one.becomes
    values = list(dict.fromkeys(str(row.get(name) or "")[:60] for row in sample if row.get(name)))[:3]
    return {
        "place": place,
        "name": name,
        "becomes": becomes,
        "question": one.question if one is not None and one.becomes == "answer" else "",
        "scale": f"{one.scale[0]:g}-{one.scale[1]:g}" if one is not None and one.scale else "",
        "samples": ["…"] if becomes in ("respondent", "comment") else values,
    }


@require_POST
def discard_arrival(request: HttpRequest, arrival_id: int) -> HttpResponse:
    """Take a file back; it is deleted."""
    me = person(request)
    employee_signals.discard(me, employee_signals.arrival_of(me, arrival_id))
    messages.success(request, _("The file is deleted; nothing of it was taken."))
    return redirect("employee_arrivals")


@require_http_methods(["GET", "HEAD", "POST"])
def rules_page(request: HttpRequest) -> HttpResponse:
    """The smallest group, how long signals stay, the privacy assessment, the scores, and erasure."""
    me = person(request)
    require(me, "manage", "employee_signals")
    ours, sources = employee_privacy.rules(), list(EmployeeSource.objects.values_list("name", flat=True))
    which = request.POST.get("form", "")
    forms: dict[str, Any] = {
        "rules": EmployeeRulesForm(request.POST if which == "rules" else None, rules=ours),
        "assessment": AssessmentForm(request.POST if which == "assessment" else None),
        "erase": EraseRespondentForm(request.POST if which == "erase" else None, sources=sources),
    }
    if which in forms and forms[which].is_valid():
        try:
            said = _done(request, which, forms[which].cleaned_data)
        except Refused as refused:
            if refused.status == 403:
                raise
            show_refusal(forms[which], refused)
        else:
            messages.success(request, said)
            return redirect("employee_rules")
    shown = {
        "rules": ours,
        "rules_form": forms["rules"],
        "assessment_form": forms["assessment"],
        "erase_form": forms["erase"] if sources else None,
        "in_force": employee_privacy.assessment(),
        "assessments": employee_privacy.assessments(me),
        "scores": [(employees_scores.definition(score), EmployeeDefinition.Score(score).label) for score in SCORES],
    }
    return render(request, "insight/employee_rules.html", shown)


def _done(request: HttpRequest, which: str, given: dict[str, Any]) -> str:
    me = person(request)
    if which == "rules":
        employee_privacy.change_rules(me, **given)
        return _("The rules are in force.")
    if which == "assessment":
        employee_privacy.record_assessment(me, **given)
        return _("The assessment is recorded; absence data may come in.")
    words = employees_releases.erase_respondent(me, given["source"], given["respondent"])
    return (
        ngettext("What they said is erased, with %d comment.", "What they said is erased, with %d comments.", words)
        % words
    )


@require_POST
def withdraw_assessment(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Withdraw a privacy assessment."""
    employee_privacy.withdraw_assessment(person(request), assessment_id)
    messages.success(request, _("The assessment is withdrawn; no absence data is shown or taken any more."))
    return redirect("employee_rules")


@require_http_methods(["GET", "HEAD", "POST"])
def score_page(request: HttpRequest, score: str) -> HttpResponse:
    """One score: which questions count, and every edition of it."""
    me = person(request)
    require(me, "view", "employee_signals", words_of="own")
    if score not in SCORES:
        raise NotFound("no_such_score", _("There is no score “%s”.") % score[:40])
    known: Score = score
    now = employees_scores.definition(known)
    form = ScoreForm(request.POST or None, definition=now, questions=employees_scores.known_questions())
    if request.method == "POST":
        require(me, "manage", "employee_signals")
        if form.is_valid():
            given = form.cleaned_data
            try:
                employees_scores.change_definition(me, known, form.items(), given["source"], edition=given["edition"])
            except Refused as refused:
                show_refusal(form, refused)
            else:
                messages.success(request, _("The score is defined anew, for every month shown."))
                return redirect("employee_score", score)
    shown = {
        "form": form,
        "now": now,
        "name": EmployeeDefinition.Score(score).label,
        "items": _items(now),
        "editions": [(one, _items(one)) for one in employees_scores.editions(known)],
        "may_manage": allows(me, "manage", "employee_signals"),
    }
    return render(request, "insight/employee_score.html", shown)


def _items(definition: employees_scores.ScoreDefinition) -> list[tuple[str, float, bool]]:
    return [(title_of(one.question), one.weight, one.reversed) for one in definition.items]
