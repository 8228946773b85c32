"""The API for webhooks out: who is told of what, the log, and sending again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, cast

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from headwater.base.models import Person
from headwater.base.problems import REFUSALS
from headwater.listening.connections import endpoints, hooks
from headwater.listening.models import WebhookDelivery, WebhookEndpoint

router = Router(tags=["webhooks"])

Key = Annotated[int, Field(ge=1, le=2**63 - 1)]
MOST_LISTED = 200


class WebhookIn(Schema):
    """Where to send which events."""

    title: Annotated[str, Field(min_length=1, max_length=120)]
    url: Annotated[str, Field(min_length=8, max_length=1000)]
    events: Annotated[list[Annotated[str, Field(max_length=60)]], Field(min_length=1, max_length=50)]


class WebhookOut(Schema):
    """Who is told of what. `secret` is there once, when it was made."""

    id: int
    title: str
    url: str
    events: list[str]
    state: str
    failing_since: datetime | None
    last_error: str
    secret: str | None = None


class WebhookEvent(Schema):
    """An event by its name, and what it means."""

    name: str
    meaning: str


class WebhookTry(Schema):
    """One try of a message."""

    at: datetime
    status: int | None
    error: str
    milliseconds: int
    request_head: str
    response_head: str


class WebhookMessageOut(Schema):
    """A message and how far it is; `tries` only where one message is asked for."""

    id: int
    message_id: str
    event: str
    state: str
    attempts: int
    created_at: datetime
    next_try_at: datetime | None
    payload: str
    tries: list[WebhookTry] = []


class WebhookReplay(Schema):
    """Which messages are sent again: those given up in this time, or all of them."""

    since: AwareDatetime
    until: AwareDatetime
    all: bool = False


class WebhookReplayed(Schema):
    """How many messages are sent again."""

    messages: int


@router.get("/webhooks/events", response={200: list[WebhookEvent], **REFUSALS}, summary="List events")
def list_events(request: HttpRequest) -> list[WebhookEvent]:
    """Every event that can be listened to."""
    return [WebhookEvent(name=name, meaning=meaning) for name, meaning in hooks.events().items()]


@router.get("/webhooks", response={200: list[WebhookOut], **REFUSALS}, summary="List webhooks")
def list_webhooks(request: HttpRequest) -> list[WebhookOut]:
    """Everyone who is told."""
    return [_out(one) for one in endpoints.endpoints(_person(request))]


@router.post("/webhooks", response={201: WebhookOut, **REFUSALS}, summary="Make a webhook")
def make_webhook(request: HttpRequest, body: WebhookIn) -> tuple[int, WebhookOut]:
    """The answer holds the secret that messages are signed with, this once."""
    made, secret = endpoints.create(_person(request), title=body.title, url=body.url, events=body.events)
    return 201, _out(made, secret)


@router.get("/webhooks/{pk}", response={200: WebhookOut, **REFUSALS}, summary="Get a webhook")
def get_webhook(request: HttpRequest, pk: Key) -> WebhookOut:
    """How it stands."""
    return _out(_found(request, pk))


@router.put("/webhooks/{pk}", response={200: WebhookOut, **REFUSALS}, summary="Change a webhook")
def change_webhook(request: HttpRequest, pk: Key, body: WebhookIn) -> WebhookOut:
    """Its name, address and events."""
    found = _found(request, pk)
    endpoints.change(_person(request), found, title=body.title, url=body.url, events=body.events)
    return _out(_found(request, pk))


@router.delete("/webhooks/{pk}", response={204: None, **REFUSALS}, summary="Remove a webhook")
def remove_webhook(request: HttpRequest, pk: Key) -> tuple[int, None]:
    """Its log goes with it."""
    endpoints.remove(_person(request), _found(request, pk))
    return 204, None


@router.post("/webhooks/{pk}/state/{state}", response={200: WebhookOut, **REFUSALS}, summary="Switch it on or off")
def switch_webhook(request: HttpRequest, pk: Key, state: Literal["active", "paused"]) -> WebhookOut:
    """What waited while it was off is sent when it is on again."""
    endpoints.set_state(_person(request), _found(request, pk), active=state == "active")
    return _out(_found(request, pk))


@router.post("/webhooks/{pk}/test", response={202: WebhookMessageOut, **REFUSALS}, summary="Send a test message")
def test_webhook(request: HttpRequest, pk: Key) -> tuple[int, WebhookMessageOut]:
    """A message of the type `webhook.test`; its own entry in the log says how it went."""
    return 202, _message(endpoints.send_test(_person(request), _found(request, pk)))


@router.post("/webhooks/{pk}/replay", response={202: WebhookReplayed, **REFUSALS}, summary="Send messages again")
def replay_webhook(request: HttpRequest, pk: Key, body: WebhookReplay) -> tuple[int, WebhookReplayed]:
    """Each keeps its id."""
    sent = endpoints.replay_range(
        _person(request), _found(request, pk), body.since, body.until, failed_only=not body.all
    )
    return 202, WebhookReplayed(messages=sent)


@router.get("/webhooks/{pk}/messages", response={200: list[WebhookMessageOut], **REFUSALS}, summary="List its messages")
def list_messages(
    request: HttpRequest,
    pk: Key,
    state: Literal["", "waiting", "delivered", "failed"] = "",
    before: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None,
) -> list[WebhookMessageOut]:
    """The latest 200; `before` is the id to go on from."""
    found = endpoints.deliveries(_person(request), _found(request, pk), state)
    found = found.filter(pk__lt=before) if before else found
    return [_message(one) for one in found[:MOST_LISTED]]


@router.get("/webhooks/{pk}/messages/{message}", response={200: WebhookMessageOut, **REFUSALS}, summary="Get a message")
def get_message(request: HttpRequest, pk: Key, message: Key) -> WebhookMessageOut:
    """What was sent, and every try."""
    one = endpoints.delivery_of(_person(request), _found(request, pk), message)
    out = _message(one)
    out.tries = [
        WebhookTry(
            at=tried.at,
            status=tried.status,
            error=tried.error,
            milliseconds=tried.milliseconds,
            request_head=tried.request_head,
            response_head=tried.response_head,
        )
        for tried in one.tries.all()
    ]
    return out


def _person(request: HttpRequest) -> Person:
    """Who calls: the API's sign-in lets nobody else through."""
    return cast("Person", request.user)


def _found(request: HttpRequest, pk: int) -> WebhookEndpoint:
    return endpoints.endpoint_of(_person(request), pk)


def _out(one: WebhookEndpoint, secret: str = "") -> WebhookOut:
    return WebhookOut(
        id=one.pk,
        title=one.title,
        url=one.url,
        events=one.events,
        state=one.state,
        failing_since=one.failing_since,
        last_error=one.last_error,
        secret=secret or None,
    )


def _message(one: WebhookDelivery) -> WebhookMessageOut:
    return WebhookMessageOut(
        id=one.pk,
        message_id=one.message_id,
        event=one.event,
        state=one.state,
        attempts=one.attempts,
        created_at=one.created_at,
        next_try_at=one.next_try_at if one.state == WebhookDelivery.State.WAITING else None,
        payload=one.payload,
    )
