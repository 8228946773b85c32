"""The pages of personal data: its rules, what was taken out, consent, retention, erasure, and one customer's part."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.charts import Row, share_bars
from headwater.base.forms import show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.listening.downloads import looks_csv
from headwater.listening.forms.personal import (
    ConsentForm,
    CustomerForm,
    LetBackForm,
    ReasonForm,
    RetentionForm,
    RulesForm,
)
from headwater.listening.personal import (
    consent,
    crypto,
    erasing,
    exporting,
    holding_off,
    looks,
    overview,
    retention,
    rewrapping,
    rules,
    vault,
)


@require_GET
def personal_data(request: HttpRequest) -> HttpResponse:
    """What is kept how long, what was taken out, the vault, erasures, consent, and who looked."""
    return _page(request)


def _page(request: HttpRequest, status: int = 200, **forms_given: forms.Form) -> HttpResponse:
    me = person(request)
    found = overview.overview(me)
    bars = [Row(name, count) for _kind, name, count in found.taken_out]
    shown: dict[str, Any] = {
        "found": found,
        "sentence": overview.sentence(found),
        "over": [(one, overview.rule_words(one.rule)) for one in found.over],
        "chart": share_bars(bars, description=_("What was taken out, by kind"), unit="count", meaning="customer")
        if bars
        else None,
        "looks": [(one, str(overview.WAY_NAMES.get(one.way, one.way))) for one in found.looks],
        "may_manage": allows(me, "manage", "personal_data"),
        "may_erase": allows(me, "erase", "customers"),
        "rules_form": RulesForm.of(found.rules),
        "retention_form": RetentionForm(),
        "customer_form": CustomerForm(),
        "let_back_form": LetBackForm(),
        **forms_given,
    }
    return render(request, "listening/personal_data.html", shown, status=status)


@require_POST
def change_rules(request: HttpRequest) -> HttpResponse:
    """Change the rules; what arrives from now on is treated by them."""
    form = RulesForm(request.POST)
    if form.is_valid():
        given = dict(form.cleaned_data)
        try:
            rules.change_rules(person(request), given.pop("edition"), **given)
        except Refused as refused:
            _shown_at(form, refused)
        else:
            messages.success(request, _("What arrives from now on is treated by these rules."))
            return redirect("listening:personal_data")
    return _page(request, 400, rules_form=form)


@require_POST
def set_retention(request: HttpRequest) -> HttpResponse:
    """Set how long something is kept."""
    form = RetentionForm(request.POST)
    if form.is_valid():
        try:
            retention.set_rule(person(request), **form.cleaned_data)
        except Refused as refused:
            _shown_at(form, refused)
        else:
            messages.success(request, _("The rule is kept. The next nightly run lets go of what is over."))
            return redirect("listening:personal_data")
    return _page(request, 400, retention_form=form)


@require_POST
def remove_retention(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Remove a rule."""
    retention.remove_rule(person(request), rule_id)
    messages.success(request, _("The rule is removed."))
    return redirect("listening:personal_data")


@require_POST
def add_key(request: HttpRequest) -> HttpResponse:
    """Put a new key before the others; what they sealed is sealed anew."""
    rewrapping.new_key(person(request))
    said = _("A new key encrypts from now on, and what earlier ones sealed is sealed anew. Keep a copy of %s.")
    messages.success(request, said % crypto.KEY_FILE)
    return redirect("listening:personal_data")


@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    """Ask for a customer to be erased everywhere."""
    form = CustomerForm(request.POST)
    if not form.is_valid():
        return _page(request, 400, customer_form=form)
    erasing.ask_erasure(person(request), form.cleaned_data["customer_id"])
    messages.success(request, _("The customer is being erased. This page says when the old files are gone."))
    return redirect(reverse("listening:personal_data") + "#erasures")


@require_POST
def let_back(request: HttpRequest) -> HttpResponse:
    """Take an erased customer off the list of those who are refused on arrival."""
    form = LetBackForm(request.POST)
    if form.is_valid():
        try:
            holding_off.let_back(person(request), **form.cleaned_data)
        except Refused as refused:
            if refused.status == 403:
                raise
            show_refusal(form, refused)
        else:
            messages.success(request, _("What arrives about this customer from now on is kept again."))
            return redirect(reverse("listening:personal_data") + "#erasures")
    return _page(request, 400, let_back_form=form)


@require_GET
def erasures(request: HttpRequest) -> HttpResponse:
    """The part of the page that changes while customers are erased."""
    found = overview.overview(person(request))
    return render(request, "listening/personal_erasures.html", {"found": found})


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Everything that is kept of one customer, as a zip."""
    form = CustomerForm(request.POST)
    if not form.is_valid():
        return _page(request, 400, customer_form=form)
    packed = exporting.export_customer(person(request), form.cleaned_data["customer_id"])
    return HttpResponse(
        packed,
        content_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="customer.zip"', "Cache-Control": "no-store"},
    )


@require_GET
def looks_download(request: HttpRequest) -> HttpResponse:
    """Who looked at customers' words, as CSV."""
    require(person(request), "view", "personal_data")
    return HttpResponse(
        looks_csv(looks.looks(person(request), limit=10_000)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="who-looked.csv"'},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def customer(request: HttpRequest) -> HttpResponse:
    """One customer's consent, who read their words, their own copy, and their erasure; part of the timeline's page."""
    me = person(request)
    form = ConsentForm(request.POST or None)
    name = consent.require_customer(request.POST.get("customer_id") or request.GET.get("customer", ""))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        line = consent.Given(
            name, given["channel"], given["purpose"], given["is_given"], timezone.now(), given["wording"]
        )
        consent.record_consent(me, [line], origin="page")
        messages.success(request, _("What the customer said is in the ledger and counts from now on."))
        return redirect("customer", name)
    standing, ledger = consent.standing_of(me, name)
    seen = _looks(me, name)
    shown = {
        "customer_id": name,
        "sentence": overview.customer_sentence(standing, [one for one, _way in seen]),
        "standing": standing,
        "ledger": ledger,
        "form": form if request.method == "POST" else ConsentForm(initial={"customer_id": name, "channel": "email"}),
        "looks": seen,
        "may_record": allows(me, "import", "signals"),
        "may_export": allows(me, "export", "customers"),
        "may_erase": allows(me, "erase", "customers"),
    }
    template = "listening/personal_customer.html"
    return render(request, f"{template}#part" if request.headers.get("HX-Request") else template, shown)


def _looks(me: Any, name: str) -> list[tuple[looks.Look, str]]:
    if not allows(me, "view", "history"):
        return []
    return [(one, str(overview.WAY_NAMES.get(one.way, one.way))) for one in looks.looks(me, customer_id=name, limit=20)]


@require_http_methods(["GET", "HEAD", "POST"])
def original(request: HttpRequest, signal_key: str) -> HttpResponse:
    """The words of one signal before redaction, once a reason is given; the history says who looked and why."""
    me = person(request)
    require(me, "view", "originals")
    form, words = ReasonForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            words = vault.view_original(me, _key(signal_key), form.cleaned_data["reason"])
        except Refused as refused:
            if refused.status != 400:
                raise
            _shown_at(form, refused)
    shown = {"form": form, "words": words, "signal_key": signal_key}
    answer = render(request, "listening/personal_original.html", shown)
    answer["Cache-Control"] = "no-store"
    return answer


def _key(text: str) -> int:
    plain = text.removeprefix("-")
    return int(text) if plain.isascii() and plain.isdigit() and len(plain) < 20 else 0


def _shown_at(form: forms.Form, refused: Refused) -> None:
    """What a person can mend stands in the form; the page of refusals says that they may not, or that it is gone."""
    if refused.status not in (400, 409):
        raise refused
    show_refusal(form, refused)
