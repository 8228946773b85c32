"""Webhooks: the address that takes messages in, and the pages of those that go out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base import refusals
from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.listening.connections import endpoints, receiving
from headwater.listening.forms.connections import EndpointForm, ReplayForm
from headwater.listening.models import WebhookDelivery, WebhookEndpoint

PAGE = 50


@csrf_exempt  # a program without a session; its signature says who it is
@login_not_required
@require_POST
def receive(request: HttpRequest, name: str) -> HttpResponse:
    """Take a signed message; 200 when its rows are durable."""
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > receiving.MAX_BODY:
            raise _too_large()
        body = request.read(receiving.MAX_BODY + 1)
        if len(body) > receiving.MAX_BODY:
            raise _too_large()
        taken = receiving.receive(name, dict(request.headers), body)
    except RequestDataTooBig:
        return refusals.problem_response(refusals.problem(_too_large()))
    except Refused as refused:
        return refusals.problem_response(refusals.problem(refused))
    return JsonResponse({"rows": taken.rows, "set_aside": taken.set_aside, "repeated": taken.repeated})


def _too_large() -> Refused:
    message = _("A message has at most %d MB.") % (receiving.MAX_BODY >> 20)
    return Refused("message_too_large", message, status=413)


@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest) -> HttpResponse:
    """Who is told of what, and the form for another."""
    who = person(request)
    form, made, secret = EndpointForm(), None, ""
    if request.method == "POST":
        form = EndpointForm(request.POST)
        if form.is_valid():
            try:
                made, secret = endpoints.create(who, **form.cleaned_data)
                form = EndpointForm()
            except Refused as refused:
                show_refusal(form, refused)
    found = endpoints.endpoints(who)
    shown = {
        "endpoints": found,
        "sentence": _overview(found),
        "form": form,
        "made": made,
        "secret": secret,
        "may_manage": allows(who, "manage", "connections"),
    }
    return render(request, "listening/webhooks.html", shown, status=422 if form.errors else 200)


def _overview(found: list[WebhookEndpoint]) -> str:
    if not found:
        return _("No other system is told anything yet.")
    if not any(one.state == WebhookEndpoint.State.ACTIVE for one in found):
        return _("No system is told anything at the moment.")
    active = sum(one.state == WebhookEndpoint.State.ACTIVE for one in found)
    text = ngettext("%d system is told what happens", "%d systems are told what happens", active) % active
    failing = sum(one.failing_since is not None for one in found)
    return ngettext("%(text)s; %(n)d does not answer.", "%(text)s; %(n)d do not answer.", failing) % {
        "text": text, "n": failing} if failing else f"{text}."  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """One endpoint: its events, and the log of its messages."""
    who = person(request)
    endpoint = endpoints.endpoint_of(who, pk)
    form = EndpointForm(initial={"title": endpoint.title, "url": endpoint.url, "events": endpoint.events})
    if request.method == "POST":
        form = EndpointForm(request.POST)
        if form.is_valid():
            try:
                endpoints.change(who, endpoint, **form.cleaned_data)
                messages.success(request, _("Saved."))
                return redirect("listening:webhook", pk)
            except Refused as refused:
                show_refusal(form, refused)
    return _page(request, endpoint, form=form, status=422 if form.errors else 200)


def _page(request: HttpRequest, endpoint: WebhookEndpoint, *, status: int = 200, **more: Any) -> HttpResponse:
    who = person(request)
    state = request.GET.get("state", "")
    now = timezone.now()
    shown: dict[str, Any] = {
        "endpoint": endpoint,
        "sentence": _sentence(endpoint),
        "page": Paginator(endpoints.deliveries(who, endpoint, state), PAGE).get_page(request.GET.get("page")),
        "state": state,
        "states": WebhookDelivery.State.choices,
        "replay": ReplayForm(initial={"since": now - timedelta(days=1), "until": now}),
        "may_manage": allows(who, "manage", "connections"),
        "form": EndpointForm(initial={"title": endpoint.title, "url": endpoint.url, "events": endpoint.events}),
    }
    return render(request, "listening/webhook.html", shown | more, status=status)


def _sentence(endpoint: WebhookEndpoint) -> str:
    if endpoint.state == WebhookEndpoint.State.DISABLED:
        return _("“%s” did not answer for days and is switched off.") % endpoint.title
    if endpoint.state == WebhookEndpoint.State.PAUSED:
        return _("“%s” rests: what happens meanwhile is not sent.") % endpoint.title
    if endpoint.failing_since:
        return _("“%s” does not take its messages; they are tried again.") % endpoint.title
    return _("“%s” takes its messages.") % endpoint.title


@require_GET
def delivery(request: HttpRequest, pk: int, delivery_id: int) -> HttpResponse:
    """One message: what was sent, and every try."""
    who = person(request)
    endpoint = endpoints.endpoint_of(who, pk)
    found = endpoints.delivery_of(who, endpoint, delivery_id)
    shown = {"endpoint": endpoint, "delivery": found, "may_manage": allows(who, "manage", "connections")}
    return render(request, "listening/webhook_delivery.html", shown)


@require_POST
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Test an endpoint, let it rest, switch it on, give it a new secret, send messages again, remove it."""
    who = person(request)
    require(who, "manage", "connections")
    endpoint = endpoints.endpoint_of(who, pk)
    if action == "test":
        endpoints.send_test(who, endpoint)
        messages.success(request, _("A test message is on its way; the log below says how it went."))
    elif action in ("start", "pause"):
        endpoints.set_state(who, endpoint, active=action == "start")
    elif action == "secret":
        return _page(request, endpoint, secret=endpoints.replace_secret(who, endpoint))
    elif action == "remove":
        endpoints.remove(who, endpoint)
        messages.success(request, _("“%s” is removed, with its log.") % endpoint.title)
        return redirect("listening:webhooks")
    return redirect("listening:webhook", pk)


@require_POST
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one message, or those of a time, again."""
    who = person(request)
    endpoint = endpoints.endpoint_of(who, pk)
    one = request.POST.get("delivery", "")
    if one.isdecimal():
        chosen = WebhookDelivery.objects.filter(pk=endpoints.delivery_of(who, endpoint, int(one[:18])).pk)
        sent = endpoints.replay(who, endpoint, chosen)
    else:
        form = ReplayForm(request.POST)
        if not form.is_valid():
            return _page(request, endpoint, replay=form, status=422)
        given = form.cleaned_data
        sent = endpoints.replay_range(who, endpoint, given["since"], given["until"], failed_only=not given["all"])
    messages.success(request, ngettext("%d message is sent again.", "%d messages are sent again.", sent) % sent)
    return redirect("listening:webhook", pk)
