"""Score integrity: the company's picture without names, one's own figures, and what a manager sees."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base import charts
from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.models import Person
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.insight import integrity as screens
from headwater.insight import integrity_incentives as incentives
from headwater.insight import integrity_wording as wording
from headwater.insight.forms.integrity import IncentiveForm, ReplyForm
from headwater.insight.integrity_agents import agents_in_data, colleague, match_agent
from headwater.insight.integrity_replies import replies_to, reply
from headwater.metrics.definitions import METRICS
from headwater.science.results import Estimate

BINS = 10


@require_http_methods(["GET", "HEAD", "POST"])
def integrity_page(request: HttpRequest) -> HttpResponse:
    """What hangs on a score, then how many agents and which branches stand out; without the name of any colleague."""
    me = person(request)
    if not allows(me, "view", "integrity"):
        require(me, "view", "integrity", words_of="own")
        return redirect("own_integrity")
    metric = _metric(request)
    form = IncentiveForm(request.POST or None)
    if request.method == "POST":
        require(me, "edit", "integrity")
        if form.is_valid() and _reviewed(request, metric, form):
            return redirect(f"{request.path}?metric={metric}")
    found, known = screens.integrity(me, metric), incentives.incentives_of(metric)
    shown = {
        "found": found,
        "sentence": wording.integrity_sentence(found, known),
        "note": wording.integrity_note(found),
        "incentives": known,
        "reviews": incentives.reviews_of(metric),
        "review": incentives.review_of(metric),
        "form": form,
        "may_review": allows(me, "edit", "integrity"),
        "may_match": allows(me, "manage", "people"),
        "leads": screens.leads_anybody(me),
        "branches": [(one, wording.reasons(one) if one.stands_out else []) for one in found.named_branches],
        "why_no_branches": wording.why_not(found.branches.verdict),
        "spread": wording.spread_words(found.agents),
        "picture": _histogram(found),
        "metrics": _metrics(),
        "metric": metric,
    }
    return render(request, "insight/integrity.html", shown, status=400 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_page(request: HttpRequest) -> HttpResponse:
    """One's own figures and one's replies; for those who lead others, whether a pattern waits."""
    me = person(request)
    metric = _metric(request)
    form = ReplyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reply(me, metric, request.POST.get("agent", "")[:120], form.cleaned_data["words"])
        except Refused as refused:
            if refused.status != 400:
                raise
            show_refusal(form, refused)
        else:
            messages.success(request, _("Your reply is kept beside the figures."))
            return redirect(f"{request.path}?metric={metric}")
    patterns = [_shown(one, own=True) for one in screens.own_patterns(me, metric)]
    leads = screens.leads_anybody(me)
    shown = {
        "patterns": patterns,
        "form": form,
        "metrics": _metrics(),
        "metric": metric,
        "title": METRICS[metric].title,
        "leads": leads,
        "led": screens.patterns_led(me, metric) if leads else (),
        "review": incentives.review_of(metric),
        "incentives": [one for one in incentives.incentives_of(metric) if one.hangs],
        "sees_company": allows(me, "view", "integrity"),
    }
    return render(request, "insight/integrity_own.html", shown, status=400 if form.errors else 200)


@never_cache
@require_GET
def pattern_page(request: HttpRequest, person_id: int) -> HttpResponse:
    """A colleague's pattern, for their manager alone."""
    me = person(request)
    metric = _metric(request)
    patterns = screens.pattern_shown(me, person_id, metric)
    shown = {
        "patterns": [_shown(one, own=False) for one in patterns],
        "name": patterns[0].person.name,
        "title": METRICS[metric].title,
        "review": incentives.review_of(metric),
        "incentives": [one for one in incentives.incentives_of(metric) if one.hangs],
    }
    return render(request, "insight/integrity_pattern.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def agents_page(request: HttpRequest) -> HttpResponse:
    """Which colleague an agent in the data is; no figure about anybody."""
    me = person(request)
    rows = agents_in_data(me)
    people = Person.objects.filter(is_active=True).order_by("name")[:2000]
    shown = {
        "rows": rows,
        "people": people,
        "nobody": sum(row.person is None for row in rows),
    }
    return render(request, "insight/integrity_agents.html", shown)


@require_POST
def match(request: HttpRequest) -> HttpResponse:
    """Say which colleague an agent is."""
    chosen = colleague(request.POST.get("email", "").replace("\x00", ""))
    agent = request.POST.get("agent", "")[:200]
    match_agent(person(request), agent, chosen)
    messages.success(request, _("Saved. Whoever it concerns is told by mail."))
    return redirect("integrity_agents")


def _reviewed(request: HttpRequest, metric: str, form: IncentiveForm) -> bool:
    try:
        incentives.review_incentive(person(request), metric, **form.cleaned_data)
    except Refused as refused:
        if refused.status != 400:
            raise
        show_refusal(form, refused)
        return False
    messages.success(request, _("Written down. It holds for a year."))
    return True


def _metric(request: HttpRequest) -> str:
    given = request.GET.get("metric", "")
    names = [name for name, _title in _metrics()]
    return given if given in names else names[0]


def _metrics() -> list[tuple[str, Any]]:
    """Survey scores: those that somebody is asked for about a colleague's work come first."""
    order = ("ces", "csat", "nps")
    return [(name, METRICS[name].title) for name in order]


def _shown(pattern: screens.Pattern, *, own: bool) -> dict[str, Any]:
    return {
        "pattern": pattern,
        "sentence": wording.pattern_sentence(pattern, own=own),
        "compared": wording.compared(pattern),
        "weeks": list(zip(pattern.weeks, pattern.unit.by_period, strict=True)),
        "picture": _weeks(pattern),
        "replies": replies_to(pattern),
    }


def _weeks(pattern: screens.Pattern) -> dict[str, Any]:
    points = [
        charts.Point(week, float(count)) for week, count in zip(pattern.weeks, pattern.unit.by_period, strict=True)
    ]
    return charts.trend(points, unit="count", description=_("Top scores by week"), height=120)


def _histogram(found: screens.Integrity) -> dict[str, Any] | None:
    """How the agents' shares of top scores are spread, without saying whose is which."""
    screen = found.agents.screen
    if screen is None:
        return None
    judged = [one.top_share for one in screen.units if one.p_value == one.p_value]
    shares = [one.estimate for one in judged if isinstance(one, Estimate)]
    counts = [0] * BINS
    for share in shares:
        counts[min(int(share * BINS), BINS - 1)] += 1
    bins = [charts.Bin(place / BINS, (place + 1) / BINS, count) for place, count in enumerate(counts)]
    description = _("Agents by their share of top scores; nobody is named")
    return charts.histogram(bins, unit="share", description=description, heading=_("Share of top scores"))
