"""The metrics pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from headwater.base.permissions import require
from headwater.base.refusals import Refused
from headwater.metrics.access import require_askable
from headwater.metrics.estimates import definition_of, read_filter
from headwater.metrics.forms import MetricForm
from headwater.metrics.queries import Asked, metric_page, metrics_overview, overview_sentence
from headwater.metrics.rules import DIMENSIONS


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Every metric with its definition and its figure over the whole record."""
    require(request.user, "view", "figures")
    pages = metrics_overview()
    return render(request, "metrics/metrics.html", {"pages": pages, "sentence": overview_sentence(pages)})


@require_safe
def metric(request: HttpRequest, name: str) -> HttpResponse:
    """One metric by what was chosen; a choice that cannot be read stands in its field, with the reason."""
    require(request.user, "view", "figures")
    form = MetricForm(request.GET)
    context: dict[str, object] = {"form": form, "definition": definition_of(name), "dimensions": DIMENSIONS}
    if not form.is_valid():
        return render(request, "metrics/metric.html", context, status=400)
    asked = Asked(**form.cleaned_data)
    if form.says_nothing():
        return redirect(f"{request.path}?{asked.query()}".rstrip("?"))
    context["asked"] = asked
    try:
        require_askable(request.user, [asked.by], read_filter(asked.where))
        page = metric_page(name, asked)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return render(request, "metrics/metric.html", context, status=refused.status)
    return render(request, "metrics/metric.html", {**context, "page": page})
