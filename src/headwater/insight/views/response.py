"""Who was asked and who answered, and what the customer base would say."""

import csv
import io
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base import charts
from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.insight import response_wording as wording
from headwater.insight import weighting_margins as margins
from headwater.insight.forms.weighting import MarginForm
from headwater.insight.integrity_incentives import warnings_for
from headwater.insight.response import Response, dimensions, response
from headwater.insight.selection_bar import bar
from headwater.insight.views.causes import selection_of
from headwater.insight.weighting import WeightedMetric, weighted
from headwater.insight.weighting_wording import change_words, difference_words
from headwater.listening.downloads import escaped
from headwater.metrics.access import require_askable
from headwater.metrics.definitions import METRICS
from headwater.metrics.queries import unit_of
from headwater.science.results import Estimate


@require_GET
def response_page(request: HttpRequest) -> HttpResponse:
    """Response rates by a dimension, and a metric raw and weighted side by side."""
    me = person(request)
    found = _response(request)
    metric = request.GET.get("metric", "")
    scored = [name for name, definition in METRICS.items() if definition.scored]
    beside = weighted(metric if metric in scored else scored[0], found.selection)
    shown = {
        "found": found,
        "sentence": wording.response_sentence(found),
        "note": wording.response_note(found),
        "silence": wording.silence(found),
        "dimensions": [(name, wording.dimension_name(name)) for name in dimensions()],
        "dimension_name": wording.dimension_name(found.dimension),
        "picture": _picture(found),
        "metrics": [(name, METRICS[name].title) for name in scored],
        **_beside(beside),
        "incentives": warnings_for(beside.definition.name),
        "may_state": allows(me, "import", "signals"),
        "bar": bar(found.selection),
        "query": found.selection.query(),
    }
    return render(request, "insight/response.html", shown)


@require_GET
def response_file(request: HttpRequest) -> HttpResponse:
    """Response rates as CSV; cells that look like formulas are made harmless."""
    found = _response(request)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([found.dimension, "asked", "answered", "response_rate", "low", "high"])
    for row in found.rows:
        rate = row.rate if isinstance(row.rate, Estimate) else None
        figures = [rate.estimate, rate.low, rate.high] if rate else ["", "", ""]
        writer.writerow([escaped(row.segment), row.asked, row.answered, *figures])
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="response.csv"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def base_page(request: HttpRequest) -> HttpResponse:
    """The customer base by attribute, as the record has it or as an analyst states it."""
    me = person(request)
    require(me, "view", "figures")
    attribute = request.GET.get("attribute", "")[: margins.LONGEST]
    form = MarginForm(request.POST or None, request.FILES or None, initial={"attribute": attribute})
    if request.method == "POST":
        require(me, "import", "signals")
        if form.is_valid() and _stated(request, form):
            return redirect("customer_base")
    known = margins.margins_in_force()
    shown = {
        "form": form,
        "margins": known,
        "past": [one for margin in known for one in margins.history_of(margin.attribute)],
        "sentence": _base_sentence(known),
        "may_state": allows(me, "import", "signals"),
    }
    return render(request, "insight/customer_base.html", shown, status=400 if form.errors else 200)


@require_POST
def take_back(request: HttpRequest, attribute: str) -> HttpResponse:
    """Let the record's customers count again for an attribute."""
    margins.take_back_margin(person(request), attribute)
    messages.success(request, _("The record’s own customers count again for “%s”.") % attribute)
    return redirect("customer_base")


def _stated(request: HttpRequest, form: MarginForm) -> bool:
    try:
        row = margins.state_margin(person(request), **form.values())
    except Refused as refused:
        if refused.status != 400:
            raise
        show_refusal(form, refused)
        return False
    messages.success(request, _("Answers are weighted to “%s” as stated.") % row.attribute)
    return True


def _response(request: HttpRequest) -> Response:
    require(person(request), "view", "figures")
    selection = selection_of(request)
    dimension = request.GET.get("by", "")[:80]
    require_askable(request.user, (dimension,), selection.filter())
    return response(selection, dimension)


def _base_sentence(known: tuple[margins.Margin, ...]) -> str:
    if not known:
        return _("How the customers are spread is not known: load customers with attributes, or state it here.")
    names = ", ".join(wording.dimension_name(margin.attribute) for margin in known)
    return _("Answers can be brought to the customer base by %s.") % names


def _picture(found: Response) -> dict[str, Any] | None:
    rows = [
        charts.Row(row.segment, row.rate.estimate, row.rate.low, row.rate.high, row.asked)
        for row in found.rows
        if isinstance(row.rate, Estimate)
    ]
    if not rows or not isinstance(found.overall, Estimate):
        return None
    return charts.interval_rank(
        rows,
        unit="share",
        description=_("Share of those asked that answered, by segment; the line is the whole"),
        heading=wording.dimension_name(found.dimension),
        reference=found.overall.estimate,
        ascending=True,
    )


def _beside(found: WeightedMetric) -> dict[str, Any]:
    """The metric as answered and as the base would say it, with what pulls."""
    groups: dict[str, list[Any]] = {}
    for pull in found.pulls:
        groups.setdefault(pull.attribute, []).append((pull, change_words(found.definition, pull.pull)))
    return {
        "beside": found,
        "unit": unit_of(found.definition),
        "weighted_sentence": wording.weighted_sentence(found),
        "warnings": wording.warnings(found),
        "assumption": wording.assumption(),
        "pulls": [(wording.dimension_name(name), pulls) for name, pulls in groups.items()],
        "shift": difference_words(found.definition, found.shift) if isinstance(found.shift, Estimate) else "",
        "ends": (found.definition.lowest, found.definition.highest),
    }
