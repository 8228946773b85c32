"""People, one person, one's own settings, and the invitation to choose a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from headwater.base import outbox
from headwater.base import people as services
from headwater.base.accounts import person
from headwater.base.forms import AddPersonForm, OwnSettingsForm, PasswordForm, PersonForm, show_refusal
from headwater.base.models import Person
from headwater.base.permissions import ROLES, allows, require
from headwater.base.queries import people_found
from headwater.base.refusals import Refused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PAGE = 50


def people(request: HttpRequest) -> HttpResponse:
    """Find people by name, address, title or site."""
    require(person(request), "view", "people")
    text, closed = request.GET.get("q", "")[:100].replace("\x00", ""), "closed" in request.GET
    may_manage = allows(person(request), "manage", "people")
    page = Paginator(people_found(text, closed=closed and may_manage), PAGE).get_page(request.GET.get("page"))
    rows = [{"person": row, "roles": [str(ROLES[role]) for role in row.roles if role in ROLES]} for row in page]
    shown = {"page": page, "rows": rows, "q": text, "closed": closed, "may_manage": may_manage}
    return render(request, "base/people.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Add someone and show the link with which they choose a password."""
    require(person(request), "manage", "people")
    form = AddPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                added = services.add_person(person(request), **form.cleaned_data)
                link = services.invite(person(request), added)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return _invited(request, added, link)
    return render(request, "base/person_add.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, person_id: int) -> HttpResponse:
    """One person: what is known of them and what they may do."""
    require(person(request), "manage", "people")
    shown = get_object_or_404(Person, pk=person_id)
    initial = {name: getattr(shown, name) for name in services.CHANGEABLE}
    form = PersonForm(request.POST or None, initial={**initial, "roles": shown.roles})
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        roles = given.pop("roles")
        try:
            with transaction.atomic():
                services.change_person(person(request), shown, **given)
                if set(roles) != set(shown.roles):
                    services.change_roles(person(request), shown, roles)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("%s is saved.") % shown.name)
            return redirect("people")
    return render(request, "base/person.html", {"form": form, "shown": shown}, status=400 if form.errors else 200)


@require_POST
def invite(request: HttpRequest, person_id: int) -> HttpResponse:
    """Give a person a new link to choose a password."""
    shown = get_object_or_404(Person, pk=person_id)
    return _invited(request, shown, services.invite(person(request), shown))


@require_POST
def close(request: HttpRequest, person_id: int) -> HttpResponse:
    """Close an account."""
    shown = get_object_or_404(Person, pk=person_id)
    services.deactivate(person(request), shown)
    messages.success(request, _("The account of %s is closed.") % shown.name)
    return redirect("people")


@require_POST
def open_again(request: HttpRequest, person_id: int) -> HttpResponse:
    """Open a closed account again."""
    shown = get_object_or_404(Person, pk=person_id)
    services.reactivate(person(request), shown)
    messages.success(request, _("The account of %s is open again.") % shown.name)
    return redirect("person", person_id)


@require_http_methods(["GET", "HEAD", "POST"])
def own_settings(request: HttpRequest) -> HttpResponse:
    """What people change about themselves."""
    me = person(request)
    form = OwnSettingsForm(request.POST or None, initial={name: getattr(me, name) for name in services.OWN})
    if request.method == "POST" and form.is_valid():
        try:
            services.change_person(me, me, **form.cleaned_data)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Your settings are saved."))
            return redirect("own_settings")
    return render(request, "base/own_settings.html", {"form": form}, status=400 if form.errors else 200)


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, person_id: int, token: str) -> HttpResponse:
    """Choose a first password, and be signed in."""
    invited = services.invited_person(person_id, token)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            signed_in = services.choose_password(person_id, token, form.cleaned_data["password"])
        except Refused as refused:
            show_refusal(form, refused)
        else:
            login(request, signed_in, backend="allauth.account.auth_backends.AuthenticationBackend")
            return redirect("/")
    return render(
        request, "base/invitation.html", {"form": form, "invited": invited}, status=400 if form.errors else 200
    )


def _invited(request: HttpRequest, invited: Person, link: str) -> HttpResponse:
    shown: dict[str, Any] = {"invited": invited, "link": link, "mail_leaves": outbox.is_configured()}
    return render(request, "base/invited.html", shown)
