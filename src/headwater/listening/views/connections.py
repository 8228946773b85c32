"""The pages of connections: all of them, one, its form, its first rows and mapping, and what one can do with it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.forms import edition_seen, show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import NotFound, Refused
from headwater.listening.connections import queries, services, wording
from headwater.listening.connections.credentials import names_of, with_own_secret
from headwater.listening.connections.options import read_options
from headwater.listening.connections.presets import PRESETS, preset_of
from headwater.listening.connections.schedule_rules import in_words, read_schedule
from headwater.listening.forms.connections import FORMS, ConnectionForm, ScheduleForm, initial_of
from headwater.listening.models import Connection
from headwater.listening.ready import ready_mappings

KINDS = (
    (
        "database",
        gettext_lazy("Database query"),
        gettext_lazy("The rows of a SELECT, read on from where the last run ended."),
    ),
    (
        "rest",
        gettext_lazy("Paged REST API"),
        gettext_lazy("The records of a program that offers an API, page by page."),
    ),
    (
        "webhook",
        gettext_lazy("Webhook"),
        gettext_lazy("Another program sends its records here, signed, as they happen."),
    ),
    ("folder", gettext_lazy("Watched folder"), gettext_lazy("A file dropped into a folder is imported by itself.")),
)
ACTIONS = {
    "start": (services.start, gettext_lazy("It runs from now on.")),
    "pause": (services.pause, gettext_lazy("It rests. What it has read stays; it goes on from there.")),
    "run": (services.run_now, gettext_lazy("It is being read.")),
}


@require_GET
def connections(request: HttpRequest) -> HttpResponse:
    """Every connection: its state, its last and next run."""
    who = person(request)
    rows = queries.connections(who)
    shown = {
        "rows": [(one, in_words(read_schedule(one.connection.schedule))) for one in rows],
        "sentence": wording.overview([one.connection for one in rows]),
        "may_manage": allows(who, "manage", "connections"),
    }
    return render(request, "listening/connections.html", shown)


@require_GET
def new(request: HttpRequest) -> HttpResponse:
    """The kinds of connection to choose from, and well-known tools by name."""
    require(person(request), "manage", "connections")
    return render(request, "listening/connection_new.html", {"kinds": KINDS, "presets": PRESETS})


@require_http_methods(["GET", "HEAD", "POST"])
def new_kind(request: HttpRequest, kind: str) -> HttpResponse:
    """The form of a new connection of one kind."""
    who = person(request)
    require(who, "manage", "connections")
    if kind not in FORMS:
        raise NotFound("bad_kind", _("There is no kind of connection “%s”.") % kind[:40])
    preset = preset_of(request.GET["preset"]) if request.GET.get("preset") and kind == "rest" else None
    if request.method == "POST":
        form = FORMS[kind](request.POST)
        if form.is_valid():
            try:
                return _made(request, kind, form)
            except Refused as refused:
                _show(form, refused)
    else:
        initial = {**initial_of(kind, preset.options), "name": preset.name} if preset else {}
        form = FORMS[kind](initial=initial)
    shown = {
        "form": form,
        "kind": kind,
        "title": {one: title for one, title, _note in KINDS}[kind],
        "preset": preset,
    }
    return render(request, "listening/connection_form.html", shown, status=422 if form.errors else 200)


def _made(request: HttpRequest, kind: str, form: ConnectionForm) -> HttpResponse:
    secrets, secret = with_own_secret(read_options(kind, form.options()), form.secrets())
    made = services.create(
        person(request), name=form.cleaned_data["name"], kind=kind, options=form.options(), credentials=secrets
    )
    if kind == Connection.Kind.FOLDER:
        return redirect("listening:connection", made.name)
    if kind == Connection.Kind.WEBHOOK:
        return render(request, "listening/connection.html", _shown(request, made) | {"secret": secret})
    ready = preset_of(request.GET["preset"]).ready if request.GET.get("preset") else ""
    return redirect(reverse("listening:connection_mapping", args=[made.name]) + (f"?ready={ready}" if ready else ""))


def _show(form: ConnectionForm, refused: Refused) -> None:
    """Show a refusal at the field it is about: of nested options, the field named after both."""
    field = (refused.field or "").replace(".", "_")
    named = next((name for name in (field, field.partition("_")[0]) if name in form.fields), None)
    show_refusal(form, Refused(refused.code, refused.message, named))


@require_GET
def connection(request: HttpRequest, name: str) -> HttpResponse:
    """One connection: its state, its runs, its credentials by name, and what can be done."""
    found = queries.connection_of(person(request), name)
    return render(request, "listening/connection.html", _shown(request, found))


def _shown(request: HttpRequest, found: Connection) -> dict[str, Any]:
    who = person(request)
    runs = queries.runs_of(who, found)
    return {
        "connection": found,
        "runs": runs,
        "sentence": wording.sentence(found, runs[0] if runs else None),
        "schedule": in_words(read_schedule(found.schedule)),
        "where": wording.where(found),
        "credentials": names_of(found),
        "job": queries.job_of(found),
        "address": f"{settings.PUBLIC_URL}{reverse('listening:receive', args=[found.name])}",
        "may_manage": allows(who, "manage", "connections"),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """How a connection is reached, and when it runs."""
    who = person(request)
    require(who, "manage", "connections")
    found = queries.connection_of(who, name)
    form = FORMS[found.kind](initial=initial_of(found.kind, found.options), connection=found)
    planned = ScheduleForm(initial=found.schedule, prefix="schedule")
    if request.method == "POST" and "every" in request.POST.get("part", "every"):
        planned = ScheduleForm(request.POST, prefix="schedule")
        if planned.is_valid() and _changed(request, found, planned, schedule=planned.schedule()):
            return redirect("listening:connection", found.name)
    elif request.method == "POST":
        form = FORMS[found.kind](request.POST, connection=found)
        if form.is_valid() and _changed(request, found, form, options=form.options(), credentials=form.secrets()):
            return redirect("listening:connection", found.name)
    shown = {"connection": found, "form": form, "planned": planned}
    wrong = form.errors or planned.errors
    return render(request, "listening/connection_edit.html", shown, status=422 if wrong else 200)


def _changed(request: HttpRequest, found: Connection, form: Any, **what: Any) -> bool:
    """Keep a change; False when it was refused, which the form then says."""
    try:
        services.change(person(request), found, edition=edition_seen(request.POST), **what)
    except Refused as refused:
        _show(form, refused)
        return False
    messages.success(request, _("Saved."))
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def connection_mapping(request: HttpRequest, name: str) -> HttpResponse:
    """The test: the first rows, fetched when asked to, what the mapping makes of them, and keeping it."""
    who = person(request)
    require(who, "manage", "connections")
    found = queries.connection_of(who, name)
    text, ready = request.POST.get("yaml", ""), request.POST.get("ready", "")
    look, refused = None, None
    if request.method == "POST":
        try:
            if "keep" in request.POST:
                services.keep_mapping(who, found, text)
                if found.state == Connection.State.DRAFT:
                    services.start(who, found)
                messages.success(request, _("The mapping is kept, and the connection runs."))
                return redirect("listening:connection", found.name)
            look = services.look(who, found, "" if ready else text, ready)
        except Refused as error:
            refused = error
    shown = {
        "connection": found,
        "look": look,
        "refused": refused,
        "yaml": look.mapping.to_yaml() if look and look.mapping else text or found.source.mapping,
        "ready": ready_mappings(),
        "chosen": ready or request.GET.get("ready", ""),
        "heads": wording.heads(look),
    }
    return render(request, "listening/connection_mapping.html", shown, status=refused.status if refused else 200)


@require_POST
def act(request: HttpRequest, name: str, action: str) -> HttpResponse:
    """Start, pause or run a connection."""
    found = queries.connection_of(person(request), name)
    if action not in ACTIONS:
        raise NotFound("no_such_action", _("There is nothing like “%s” to do.") % action[:40])
    do, said = ACTIONS[action]
    do(person(request), found)
    messages.success(request, said)
    return redirect("listening:connection", found.name)


@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Remove a connection; what it brought stays."""
    found = queries.connection_of(person(request), name)
    services.remove(person(request), found)
    messages.success(request, _("%s is removed, with its credentials. What it brought stays.") % found.name)
    return redirect("listening:connections")
