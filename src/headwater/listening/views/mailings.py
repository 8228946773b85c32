"""Sending a survey: its mailings, one mailing's plan and progress, the contact limits, addresses, and leaving."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.forms import edition_seen, show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import NotFound, Refused
from headwater.listening.forms.mailings import AddresseesForm, LimitsForm, NewMailingForm, PlanForm
from headwater.listening.models import Mailing, Survey
from headwater.listening.surveys import (
    addressees,
    audience,
    contacts,
    mail,
    mailing_wording,
    mailings,
    personal_links,
    queries,
    unsubscribe,
)
from headwater.listening.surveys.document import direction

WHAT: dict[str, unsubscribe.What] = {"survey": "survey", "email": "email", "all": "all"}
MOST_DIGITS = 9
ACTS = {"start", "pause", "resume", "cancel", "delete", "test"}


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, name: str) -> HttpResponse:
    """The mailings of a survey, and a new one."""
    who = person(request)
    survey = queries.survey_of(who, name)
    may_send = allows(who, "send", "surveys")
    form = NewMailingForm(request.POST or None)
    if request.method == "POST":
        require(who, "send", "surveys")
        if form.is_valid():
            try:
                given = form.cleaned_data
                seed = {"sample": {"seed": secrets.randbelow(2**31)}}
                made = mailings.create(who, survey, given["title"], seed, channel=given["channel"])
                return redirect("listening:mailing", survey.name, made.pk)
            except Refused as refused:
                show_refusal(form, refused)
    found = [(one, mailings.progress_of(one)) for one in mailings.mailings_of(who, survey)]
    shown = {
        "survey": survey,
        "tab": "send",
        "may_edit": allows(who, "edit", "surveys"),
        "may_send": may_send,
        "is_open": queries.state_of(survey) == "open",
        "mailings": found,
        "sentence": mailing_wording.send_sentence(found),
        "form": form,
        "addressees": addressees.counts(who),
    }
    return render(request, "listening/mailings.html", shown, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def mailing(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """One mailing: its plan while it is a draft, what starting it would do, and how far it came."""
    who = person(request)
    survey, found = _found(request, name, pk)
    plan = mailings.plan_of(found)
    _version, document = queries.latest(survey)
    form = PlanForm(document, plan, request.POST or None)
    if request.method == "POST":
        require(who, "send", "surveys")
        if form.is_valid():
            try:
                mailings.change(who, found, form.plan(plan.sample.seed), edition=edition_seen(request.POST))
                messages.success(request, _("Kept."))
                return redirect("listening:mailing", survey.name, found.pk)
            except Refused as refused:
                if refused.status not in (400, 403):
                    raise
                form.show(refused)
    may_send = allows(who, "send", "surveys")
    shown = {
        **_shown(request, survey, found),
        "form": form,
        "suggested": _suggested(request, survey, plan) if may_send else None,
        "preview": mailings.preview(who, found) if may_send and found.state == Mailing.State.DRAFT else None,
        "preview_counts": [],
    }
    if shown["preview"]:
        shown["preview_counts"] = mailing_wording.left_out_rows(shown["preview"].left_out)
        shown["preview_sentence"] = mailing_wording.preview_sentence(shown["preview"])
    bad = request.method == "POST"
    return render(request, "listening/mailing.html", shown, status=400 if bad else 200)


def _found(request: HttpRequest, name: str, pk: int) -> tuple[Survey, Mailing]:
    who = person(request)
    survey = queries.survey_of(who, name)
    return survey, mailings.mailing_of(who, survey, pk)


def _shown(request: HttpRequest, survey: Survey, found: Mailing) -> dict[str, Any]:
    who = person(request)
    progress = mailings.progress_of(found)
    return {
        "survey": survey,
        "tab": "send",
        "mailing": found,
        "progress": progress,
        "sentence": mailing_wording.mailing_sentence(found, progress),
        "left_out": mailing_wording.left_out_rows(progress.left_out),
        "states": mailing_wording.state_rows(progress),
        "may_send": allows(who, "send", "surveys"),
        "may_edit": allows(who, "edit", "surveys"),
        "may_export": allows(who, "export", "customers"),
        "is_draft": found.state == Mailing.State.DRAFT,
        "is_live": found.state == Mailing.State.RUNNING,
        "is_open": queries.state_of(survey) == "open",
        "trigger": found.trigger,
    }


def _suggested(request: HttpRequest, survey: Survey, plan: Any) -> dict[str, Any]:
    """How many to ask for the interval that the reader wants."""
    _version, document = queries.latest(survey)
    metric = audience.first_metric(document)
    if metric is None:
        return {}
    default = mailing_wording.default_width(metric[0])
    try:
        wanted = float(request.GET.get("width", "") or default)
    except ValueError:
        wanted = default
    wanted = wanted if audience.NARROWEST <= wanted <= audience.WIDEST else default
    size = audience.size_of(plan.audience)
    return {
        "width": wanted,
        "sentence": mailing_wording.suggested_sentence(
            audience.suggested(survey, document, wanted, size.with_address), metric[0]
        ),
    }


@require_GET
def progress(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """How far a mailing came, asked again while it runs."""
    survey, found = _found(request, name, pk)
    return render(request, "listening/mailing_progress.html", _shown(request, survey, found))


@require_GET
def count_audience(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """How many customers an audience has, while it is being written."""
    who = person(request)
    require(who, "send", "surveys")
    _survey, found = _found(request, name, pk)
    given = {one: request.GET.get(one, "") for one in ("customers", "signals")}
    days = request.GET.get("days", "")
    plan = {
        **mailings.plan_of(found).model_dump(mode="json"),
        "audience": {
            **given,
            "days": int(days) if days.isdecimal() and len(days) <= MOST_DIGITS else None,
            "without": "without" in request.GET,
        },
    }
    try:
        chosen = mailings.read_plan(who, plan)
        said = mailing_wording.size_sentence(audience.size_of(chosen.audience))
    except Refused as refused:
        said = refused.message
    return render(request, "listening/mailing_count.html", {"said": said})


@require_POST
def act(request: HttpRequest, name: str, pk: int, action: str) -> HttpResponse:
    """Start, pause, let go on, cancel, delete, or send a test."""
    who = person(request)
    survey, found = _found(request, name, pk)
    if action not in ACTS:
        raise NotFound("mailing.act", _("There is nothing called “%s” to do here.") % action[:40])
    if action == "delete":
        mailings.delete_draft(who, found)
        return redirect("listening:survey_send", survey.name)
    if action == "test":
        address = mailings.send_test(who, found, request.POST.get("language", ""))
        messages.success(request, _("A test is on its way to %s.") % address)
    elif action == "start":
        mailings.start(who, found, edition=edition_seen(request.POST))
        messages.success(request, _("It has begun."))
    else:
        {"pause": mailings.pause, "resume": mailings.resume, "cancel": mailings.cancel}[action](who, found)
    return redirect("listening:mailing", survey.name, found.pk)


@require_GET
def show_mail(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """The mail as a customer gets it, by itself: it brings its own styles, and nothing else may run in it."""
    require(person(request), "send", "surveys")
    _survey, found = _found(request, name, pk)
    plan = mailings.plan_of(found)
    composed = mailings.written(found, plan, request.GET.get("language", ""), reminder="reminder" in request.GET)
    response = HttpResponse(composed.html)
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; sandbox"
    return response


@require_POST
def links_file(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """The personal links of a mailing as CSV; those customers are asked by it."""
    survey, found = _found(request, name, pk)
    response = HttpResponse(personal_links.export(person(request), found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{survey.name}-links.csv"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def contact_limits(request: HttpRequest) -> HttpResponse:
    """How often a customer may be asked, over all surveys and channels."""
    who = person(request)
    require(who, "view", "surveys")
    row = contacts.limits()
    form = LimitsForm(request.POST or None, initial={name: getattr(row, name) for name in contacts.BOUNDS})
    if request.method == "POST":
        require(who, "send", "surveys")
        if form.is_valid():
            try:
                contacts.change_limits(who, form.cleaned_data, edition=edition_seen(request.POST))
                messages.success(request, _("These limits count from now on."))
                return redirect("listening:contact_limits")
            except Refused as refused:
                if refused.status == 403:
                    raise
                show_refusal(form, refused)
    shown = {
        "form": form,
        "limits": row,
        "sentence": mailing_wording.limits_sentence(row),
        "may_send": allows(who, "send", "surveys"),
    }
    return render(request, "listening/contact_limits.html", shown, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def addressees_page(request: HttpRequest) -> HttpResponse:
    """How many customers can be reached, a file of addresses, and one customer's own."""
    who = person(request)
    require(who, "view", "surveys")
    form, received, status = AddresseesForm(request.POST or None, request.FILES or None), None, 200
    if request.method == "POST":
        require(who, "import", "signals")
        if form.is_valid():
            try:
                received = addressees.receive_file(who, form.cleaned_data["file"].read())
            except Refused as refused:
                if refused.status == 403:
                    raise
                show_refusal(form, refused)
        status = 400 if form.errors else 200
    counted = addressees.counts(who)
    shown = {
        "form": form if form.errors else AddresseesForm(),
        "received": received,
        "counts": counted,
        "sentence": mailing_wording.addressees_sentence(counted),
        "may_import": allows(who, "import", "signals"),
        "may_see": allows(who, "view", "customers"),
        **_one(request),
    }
    return render(request, "listening/addressees.html", shown, status=status)


def _one(request: HttpRequest) -> dict[str, Any]:
    """The addressee that is looked for, for those who may see customers."""
    wanted = request.GET.get("customer", "")[:500]
    if not wanted:
        return {}
    try:
        return {"wanted": wanted, "addressee": addressees.addressee_of(person(request), wanted)}
    except NotFound as missing:
        return {"wanted": wanted, "missing": missing.message}


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponseBase:
    """What a customer wants no more. Looking changes nothing; mail programs leave by one POST (RFC 8058)."""
    found = unsubscribe.standing(token)
    if request.method == "POST":
        what = request.POST.get("what", "")
        if request.POST.get("List-Unsubscribe") == "One-Click":
            unsubscribe.leave(token, "email")
            return HttpResponse(status=204)
        if what == "undo":
            found = unsubscribe.come_back(token)
        elif what in WHAT:
            found = unsubscribe.leave(token, WHAT[what])
    document = found.document
    language = mail.language_of(document, found.invitation.language)
    with translation.override(language):
        shown = {
            "language": language,
            "direction": direction(language),
            "title": _("Surveys you are sent"),
            "brand": document.brand.name,
            "colour": (document.brand.colour or "").lstrip("#"),
            "survey": document.in_language(document.title, language),
            "standing": found,
            "was_asked": request.method == "POST",
        }
        response = render(request, "listening/mailing_leave.html", shown)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response
