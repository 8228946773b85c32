"""Trials of drafts: the pages of those who try, and the open page of those who answer."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.company import company
from headwater.base.forms import show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.journey.queries import taxonomy
from headwater.strategy import guideposts, trial_answers
from headwater.strategy import trials as services
from headwater.strategy.forms.trials import AnswerForm, ChangeForm, TrialForm
from headwater.strategy.trial_results import difference, results, trial_sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from headwater.strategy.models import Trial, TrialLink

COOKIE: Final = "headwater_try"
COOKIE_AGE: Final = 200 * 24 * 3600
MOST_BYTES: Final = 64 * 1024
PAGE: Final = 25


@require_GET
def trials(request: HttpRequest) -> HttpResponse:
    """Every trial, newest first."""
    me = person(request)
    require(me, "view", "strategy")
    page = Paginator(services.trials(), PAGE).get_page(request.GET.get("page"))
    rows = [
        {"trial": trial, "open": services.is_open(trial), "answers": sum(link.answered for link in trial.links.all())}
        for trial in page
    ]
    count = services.open_trials().count()
    sentence = _("No draft is being tried.")
    if count:
        sentence = ngettext("%d draft is being tried.", "%d drafts are being tried.", count) % count
    shown = {"page": page, "rows": rows, "sentence": sentence, "may_edit": allows(me, "edit", "strategy")}
    return render(request, "strategy/trials.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Try a draft with customers and colleagues."""
    me = person(request)
    require(me, "edit", "strategy")
    draft = guideposts.draft()
    written = {one.moment for one in (draft.guideposts if draft else guideposts.current()).guideposts}
    moments = tuple(moment for moment in taxonomy().moments if moment.id in written)
    form = TrialForm(request.POST or None, moments=moments, initial={"kind": request.GET.get("kind", "")[:12]})
    if request.method == "POST" and form.is_valid():
        try:
            trial = services.start_trial(me, **form.cleaned_data)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return redirect("trial", trial.pk)
    return render(request, "strategy/trial_new.html", {"form": form}, status=400 if form.errors else 200)


@require_GET
def one(request: HttpRequest, trial_id: int) -> HttpResponse:
    """What a trial found, by audience."""
    me = person(request)
    require(me, "view", "strategy")
    trial = services.trial_of(trial_id)
    return render(request, "strategy/trial.html", _context(trial, may_edit=allows(me, "edit", "strategy")))


@require_POST
def close(request: HttpRequest, trial_id: int) -> HttpResponse:
    """End a trial before its day."""
    trial = services.close_trial(person(request), trial_id)
    messages.success(request, _("“%s” takes no more answers.") % trial.title)
    return redirect("trial", trial_id)


@require_POST
def keep_change(request: HttpRequest, trial_id: int) -> HttpResponse:
    """Keep what was changed after a trial."""
    services.keep_change(person(request), trial_id, request.POST.get("note", ""))
    messages.success(request, _("Kept with the version: what was tried, what was said, what changed."))
    return redirect("trial", trial_id)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """The open page: read a text, say what you think of it. No sign-in, no script needed, one answer a browser."""
    link = trial_answers.link_of(token)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise Refused("too_large", _("That is far more than the form can hold."), status=413)
    browser = request.COOKIES.get(COOKIE, "")[:64]
    try:
        trial_answers.require_open(link)
        form = AnswerForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            trial_answers.answer(link, form.cleaned_data, browser=browser, address=_address(request))
            return _hardened(redirect(request.path), browser)
    except trial_answers.Over as over:
        return _hardened(render(request, "strategy/trial_over.html", {"words": over.message}, status=over.status), "")
    if trial_answers.has_answered(link, browser):
        return _hardened(
            render(request, "strategy/trial_over.html", {"words": _("Thank you: your answer is kept.")}), ""
        )
    return _hardened(_form_page(request, link, form), browser or secrets.token_urlsafe(24))


def _form_page(request: HttpRequest, link: TrialLink, form: AnswerForm) -> HttpResponse:
    shown = {"form": form, "trial": link.trial, "audience": link.audience, "company": company()}
    return render(request, "strategy/trial_answer.html", shown, status=400 if form.errors else 200)


def _hardened(response: HttpResponse, browser: str) -> HttpResponse:
    """Keep an open page out of search engines; mark the browser.

    The address stays out of other sites by the policy of every page (same-origin); a stricter one would send the form
    without its origin, and the form would be refused.
    """
    response["X-Robots-Tag"] = "noindex, nofollow"
    if browser:
        response.set_cookie(
            COOKIE, browser, max_age=COOKIE_AGE, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    return response


def _address(request: HttpRequest) -> str:
    """Where a request comes from, as far as a proxy in front says truly; empty where that cannot be known."""
    try:
        return str(get_adapter(request).get_client_ip(request))
    except PermissionDenied:
        return ""


def _context(trial: Trial, *, may_edit: bool) -> dict[str, Any]:
    found = results(trial)
    links = [
        {"link": link, "address": settings.PUBLIC_URL + reverse("try", args=[link.token])} for link in trial.links.all()
    ]
    return {
        "trial": trial,
        "is_open": services.is_open(trial),
        "links": links if may_edit else [],
        "results": found,
        "sentence": trial_sentence(found),
        "may_edit": may_edit,
        "difference": difference(trial),
        "change_form": ChangeForm(initial={"note": trial.note}),
    }
