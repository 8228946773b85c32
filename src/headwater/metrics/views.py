"""The metrics pages."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.models import Person
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.metrics.access import require_askable
from headwater.metrics.cards import card_of, write_card
from headwater.metrics.estimates import definition_of, read_filter
from headwater.metrics.forms import CardForm, MetricForm
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
    context: dict[str, object] = {
        "form": form,
        "definition": definition_of(name),
        "dimensions": DIMENSIONS,
        "card": card_of(name),
        "may_edit": allows(person(request), "edit", "measures"),
    }
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


@require_http_methods(["GET", "HEAD", "POST"])
def metric_card(request: HttpRequest, name: str) -> HttpResponse:
    """Say who answers for a metric, and what a leader does when it moves."""
    me = person(request)
    require(me, "edit", "measures")
    card, definition = card_of(name), definition_of(name)
    form = CardForm(card, Person.objects.filter(is_active=True).order_by("name"), request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            write_card(me, name, owner=given["owner"], action=given["action"], seen=given["seen"])
        except Refused as refused:
            if refused.status not in (400, 409):
                raise
            show_refusal(form, refused)
        else:
            messages.success(request, _("Saved for %s.") % definition.title)
            return redirect("metric", name)
    return render(request, "metrics/card.html", {"form": form, "definition": definition, "card": card})
