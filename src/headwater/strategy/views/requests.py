"""Requests: the list, the form, and the one-page answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.insight.queries import typical_verbatims
from headwater.journey.queries import taxonomy
from headwater.strategy import requests as services
from headwater.strategy import trace_charts
from headwater.strategy.forms.requests import CorrectForm, DeclineForm, LinkForm, RequestForm, initial_of
from headwater.strategy.models import Request
from headwater.strategy.outcome_fit import fits
from headwater.strategy.strategies import current
from headwater.strategy.trace_wording import cost_sentence, owners, trace_sentence

if TYPE_CHECKING:
    from django.http import HttpRequest

    from headwater.base.models import Person
    from headwater.strategy.tracing import Trace

PAGE = 25
SHOWN_CAUSES = 3


@require_GET
def requests(request: HttpRequest) -> HttpResponse:
    """The requests this person may see, newest first, each with what was found."""
    rows = services.requests_of(person(request))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [{"row": row, "sentence": _answer_of(row)} for row in page],
        "sentence": _list_sentence(rows.count(), rows.filter(state=Request.State.ANSWERED).count()),
    }
    return render(request, "strategy/requests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """File a request."""
    me = person(request)
    require(me, "file", "requests", words_of="own")
    form = RequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            filed = services.file_request(me, form.cleaned_data["text"], sent=form.cleaned_data["sent"])
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return redirect("request", filed.pk)
    return render(request, "strategy/request_new.html", {"form": form}, status=400 if form.errors else 200)


@require_GET
def one(request: HttpRequest, request_id: int) -> HttpResponse:
    """The one-page answer: where this really starts."""
    me = person(request)
    row = services.request_of(me, request_id)
    return render(request, "strategy/request.html", _context(me, row))


@require_GET
def progress(request: HttpRequest, request_id: int) -> HttpResponse:
    """The waiting line while a request is traced; once it is, the browser loads the answer."""
    row = services.request_of(person(request), request_id)
    if row.state != Request.State.FILED:
        answer = HttpResponse(status=204)
        answer["HX-Refresh"] = "true"
        return answer
    return render(request, "strategy/request_waiting.html", {"row": row})


@require_POST
def correct(request: HttpRequest, request_id: int) -> HttpResponse:
    """Say what a request is really about."""
    form = CorrectForm(request.POST, known=taxonomy())
    if not form.is_valid():
        raise Refused("request_about", _("Choose from the causes, stages and departments of the journey."), "causes")
    services.correct_request(person(request), request_id, **form.cleaned_data)
    messages.success(request, _("Traced again from what you said it is about."))
    return redirect("request", request_id)


@require_POST
def link(request: HttpRequest, request_id: int) -> HttpResponse:
    """Make a request part of an outcome."""
    services.link_request(person(request), request_id, request.POST.get("outcome", ""))
    messages.success(request, _("It is part of the strategy now; whoever filed it is told."))
    return redirect("request", request_id)


@require_POST
def decline(request: HttpRequest, request_id: int) -> HttpResponse:
    """Decline a request."""
    services.decline_request(person(request), request_id, request.POST.get("reason", ""))
    messages.success(request, _("Declined; whoever filed it reads the reason."))
    return redirect("request", request_id)


def _answer_of(row: Request) -> str:
    trace = services.trace_of(row)
    return trace_sentence(trace) if trace else ""


def _list_sentence(filed: int, undecided: int) -> str:
    if not filed:
        return _("Nobody has asked for anything to be fixed yet.")
    first = ngettext("%(n)d request was filed", "%(n)d requests were filed", filed) % {"n": filed}
    if not undecided:
        return _("%s; each is part of the strategy or declined with a reason.") % first
    waiting = ngettext("%(n)d waits for a decision", "%(n)d wait for a decision", undecided) % {"n": undecided}
    return _("%(first)s; %(waiting)s.") % {"first": first, "waiting": waiting}


def _context(me: Person, row: Request) -> dict[str, Any]:
    trace, about = services.trace_of(row), services.understanding_of(row)
    may_answer = allows(me, "answer", "requests")
    shown: dict[str, Any] = {"row": row, "trace": trace, "about": about, "may_answer": may_answer}
    if trace is None:
        return shown | {"sentence": _("“%s” is being traced.") % row.text[:160]}
    strategy = current()
    found = fits(strategy, trace, about)
    shown |= {
        "sentence": trace_sentence(trace),
        "kinds": [{"one": one, "name": trace_charts.KINDS[one.kind]} for one in trace.kinds],
        "kinds_chart": trace_charts.kinds(trace),
        "causes_chart": trace_charts.cause_bars(trace.causes, trace.selection.query()),
        "trend": trace_charts.upstream_trend(trace),
        "causes": [{"one": one, "owners": owners(one.departments)} for one in trace.causes],
        "query": trace.selection.query(),
        "may_see_cost": allows(me, "view", "finance"),
        "cost": cost_sentence(trace.cost) if trace.cost else "",
        "words": _words(me, trace),
        "best": found[0] if found else None,
        "fits": found,
        "outcome": next((one for one in strategy.outcomes if one.id == row.outcome), None),
        "has_outcomes": bool(strategy.outcomes),
    }
    if may_answer:
        shown |= {
            "correct_form": CorrectForm(known=taxonomy(), initial=initial_of(about)),
            "link_form": LinkForm(outcomes=strategy.outcomes, fits=found, initial={"outcome": row.outcome or None}),
            "decline_form": DeclineForm(initial={"reason": row.reason}),
        }
    return shown


def _words(me: Person, trace: Trace) -> list[dict[str, Any]]:
    """Typical words for each of the largest failures, from those this person may read."""
    failures = [cause for cause in trace.causes if cause.demand != "value"][:SHOWN_CAUSES]
    words = [(cause, typical_verbatims(me, trace.selection, cause.id)) for cause in failures]
    return [{"cause": cause, "verbatim": found[0]} for cause, found in words if found]
