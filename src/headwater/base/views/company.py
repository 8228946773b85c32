"""Start your company, and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from headwater.base.accounts import person
from headwater.base.company import change_company, company, ensure_company, first_departments, pack_choices
from headwater.base.company import start_company as start
from headwater.base.forms import CompanyForm, StartForm, show_refusal
from headwater.base.permissions import require
from headwater.base.refusals import Refused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
def start_company(request: HttpRequest) -> HttpResponse:
    """Ask for what a company begins with, and begin."""
    require(person(request), "manage", "company")
    packs = {choice.name: choice for choice in pack_choices()}
    form = StartForm(request.POST or None, packs=list(packs.values()), initial={"time_zone": "UTC"})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        departments = first_departments(given["departments"].splitlines(), packs.get(given["pack"]))
        settings = {key: given[key] for key in ("name", "time_zone", "currency", "pack")}
        try:
            started = start(person(request), departments=departments, **settings)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("%s has started. Load your first file.") % started.name)
            return redirect("/")
    return render(request, "base/start.html", {"form": form, "ours": company()}, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """The company's name, time zone and currency."""
    require(person(request), "manage", "company")
    ours = ensure_company()
    initial = {"name": ours.name, "time_zone": ours.time_zone, "currency": ours.currency}
    form = CompanyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_company(person(request), **form.cleaned_data)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("The company’s settings are saved."))
            return redirect("company")
    return render(request, "base/company.html", {"form": form, "ours": ours}, status=400 if form.errors else 200)
