"""Other systems are told what happened: signed, once it is committed, again until they answer, with a log."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from headwater.base import worker
from headwater.base.models import HistoryEntry, Job, OutboxMail, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Refused
from headwater.listening import inbox, services
from headwater.listening.connections import delivering, endpoints, hooks
from headwater.listening.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from tests.listening.servers import Elsewhere, elsewhere

pytestmark = pytest.mark.usefixtures("ours")


@pytest.fixture(autouse=True)
def _this_machine_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_CONNECT_PRIVATE", "127.0.0.1")


@pytest.fixture
def lead(db: None) -> Person:
    return Person.objects.create(email="lead@example.com", name="Lead", roles=["cx_team"])


@pytest.fixture
def listener() -> Iterator[Elsewhere]:
    with elsewhere(lambda asked: (204, {}, b"")) as system:
        yield system


@pytest.fixture
def told(lead: Person, listener: Elsewhere) -> tuple[WebhookEndpoint, str]:
    return endpoints.create(lead, title="Chat", url=f"{listener.url}/hook", events=["alert.raised", "signals.received"])


def emit(number: int = 1) -> int:
    with transaction.atomic():
        return hooks.emit("alert.raised", {"id": number})


def send(now: datetime | None = None) -> int:
    context: Any = type("Context", (), {"progress": lambda *_args: None})()
    return delivering.send_due(context, now=now)


def test_a_message_arrives_signed_as_the_standard_says(told: tuple[WebhookEndpoint, str], listener: Elsewhere) -> None:
    assert emit() == 1
    worker.run_due()
    (asked,) = listener.asked
    assert (asked.method, asked.path) == ("POST", "/hook")
    message = Webhook(told[1]).verify(asked.body, asked.headers)
    assert (message["type"], message["data"]) == ("alert.raised", {"id": 1})
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("delivered", 1)
    assert asked.headers["webhook-id"] == delivery.message_id


def test_what_is_not_committed_is_not_told(told: tuple[WebhookEndpoint, str]) -> None:
    with transaction.atomic():
        hooks.emit("alert.raised", {"id": 1})
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()
    assert not Job.objects.filter(name=hooks.TASK).exists()


def test_only_who_wants_an_event_hears_of_it(told: tuple[WebhookEndpoint, str], lead: Person) -> None:
    with transaction.atomic():
        assert hooks.emit("survey.completed", {"survey": "x"}) == 0
    endpoints.set_state(lead, told[0], active=False)
    assert emit() == 0
    with pytest.raises(ValueError, match="register the event"):
        hooks.emit("case.opened", {})


def test_arrivals_are_told_by_ids_and_counts_alone(told: tuple[WebhookEndpoint, str], lead: Person) -> None:
    rows = [
        {"record_id": f"r{n}", "occurred_at": "2024-03-01T10:00:00Z", "text": f"The words {n}", "customer_id": f"c{n}"}
        for n in range(150)
    ]
    services.receive_signals(rows, source="shop", person=lead)
    inbox.flush()
    data = json.loads(WebhookDelivery.objects.get().payload)["data"]
    assert (data["count"], data["by_source"]) == (150, [{"source": "shop", "kind": "survey", "count": 150}])
    assert len(data["first"]) == 100
    assert set(data["first"][0]) == {"source", "record_id"}
    assert not data["all_named"]
    services.receive_signals(rows, source="shop", person=lead)
    inbox.flush()
    assert WebhookDelivery.objects.count() == 1  # nothing of it was new


def test_a_failure_is_tried_again_over_three_days_and_then_given_up(
    told: tuple[WebhookEndpoint, str], listener: Elsewhere
) -> None:
    listener.answer = lambda asked: (500, {"Set-Cookie": "s=1", "X-Why": "oh"}, b"broken")
    emit()
    begun = now = timezone.now()
    waits = []
    for _attempt in range(len(delivering.PAUSES) + 1):
        send(now)
        delivery = WebhookDelivery.objects.get()
        waits.append((delivery.next_try_at - now).total_seconds())
        now = max(now, delivery.next_try_at)
    assert delivery.state == "failed"
    assert len(listener.asked) == len(delivering.PAUSES) + 1
    assert len({asked.headers["webhook-id"] for asked in listener.asked}) == 1
    assert all(pause <= waited <= pause * 1.2 for pause, waited in zip(delivering.PAUSES, waits, strict=False))
    assert timedelta(days=3) < now - begun < timedelta(days=4)
    tried = WebhookAttempt.objects.first()
    assert tried is not None
    assert tried.status == 500
    assert "X-Why: oh" in tried.response_head
    assert "broken" in tried.response_head
    assert "Set-Cookie" not in tried.response_head
    assert "webhook-signature: v1," in tried.request_head


def test_an_endpoint_that_fails_for_days_is_switched_off_and_its_owner_told(
    told: tuple[WebhookEndpoint, str], listener: Elsewhere, lead: Person
) -> None:
    listener.answer = lambda asked: (500, {}, b"")
    emit()
    now = timezone.now()
    send(now)
    emit(2)
    send(now + timedelta(days=6))
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.state == "disabled"
    assert OutboxMail.objects.get().to == lead.email
    assert emit(3) == 0
    endpoints.set_state(lead, endpoint, active=True)
    listener.answer = lambda asked: (200, {}, b"")
    assert send(now + timedelta(days=12)) == 2
    assert not WebhookDelivery.objects.exclude(state="delivered").exists()


def test_one_that_says_it_is_gone_is_switched_off_at_once(
    told: tuple[WebhookEndpoint, str], listener: Elsewhere
) -> None:
    listener.answer = lambda asked: (410, {}, b"")
    emit()
    send()
    assert WebhookEndpoint.objects.get().state == "disabled"


def test_messages_are_sent_again_with_the_ids_they_had(
    told: tuple[WebhookEndpoint, str], listener: Elsewhere, lead: Person
) -> None:
    for number in range(3):
        emit(number)
    worker.run_due()
    first = [asked.headers["webhook-id"] for asked in listener.asked]
    WebhookDelivery.objects.filter(message_id=first[0]).update(state="failed")
    now = timezone.now()
    day = timedelta(days=1)
    assert endpoints.replay_range(lead, told[0], now - day, now + day) == 1
    worker.run_due()
    assert [asked.headers["webhook-id"] for asked in listener.asked[3:]] == first[:1]
    assert endpoints.replay_range(lead, told[0], now - day, now + day, failed_only=False) == 3
    assert endpoints.replay_range(lead, told[0], now - 2 * day, now - day, failed_only=False) == 0
    assert HistoryEntry.objects.filter(code="webhook.replayed").count() == 2


def test_a_slow_endpoint_does_not_hold_up_the_others(lead: Person, listener: Elsewhere) -> None:
    with elsewhere(lambda asked: (503, {}, b"")) as broken:
        endpoints.create(lead, title="Broken", url=f"{broken.url}/", events=["alert.raised"])
        endpoints.create(lead, title="Chat", url=f"{listener.url}/hook", events=["alert.raised"])
        for number in range(4):
            emit(number)
        assert send() == 4
        assert len(broken.asked) == 1


def test_a_redirect_is_a_failure_and_leads_nowhere(told: tuple[WebhookEndpoint, str], listener: Elsewhere) -> None:
    listener.answer = lambda asked: (307, {"Location": "http://169.254.169.254/"}, b"")
    emit()
    assert send() == 0
    assert WebhookAttempt.objects.get().status == 307


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254/x", "https://192.168.1.1/", "http://93.184.216.34/", "ftp://a/"]
)
def test_an_endpoint_inside_or_in_the_clear_is_refused(lead: Person, url: str) -> None:
    with pytest.raises(Refused):
        endpoints.create(lead, title="Inside", url=url, events=["alert.raised"])
    assert not WebhookEndpoint.objects.exists()


def test_one_that_moved_inside_later_is_not_reached(
    told: tuple[WebhookEndpoint, str], listener: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEADWATER_CONNECT_PRIVATE")
    emit()
    assert send() == 0
    assert not listener.asked
    assert "HEADWATER_CONNECT_PRIVATE" in WebhookAttempt.objects.get().error


def test_the_secret_is_shown_once_and_kept_encrypted(
    told: tuple[WebhookEndpoint, str], lead: Person, client: Client
) -> None:
    endpoint, secret = told
    assert secret.encode() not in bytes(endpoint.secret)
    client.force_login(lead)
    page = client.get(f"/webhooks/{endpoint.pk}")
    assert page.status_code == 200
    assert secret not in page.content.decode()
    again = client.post(f"/webhooks/{endpoint.pk}/secret").content.decode()
    assert "whsec_" in again
    assert secret not in again
    assert secret not in json.dumps([one.data for one in HistoryEntry.objects.all()])


def test_only_who_manages_connections_may_change_them(told: tuple[WebhookEndpoint, str], analyst: Person) -> None:
    assert endpoints.endpoints(analyst)
    for act in (
        lambda: endpoints.create(analyst, title="x", url="https://example.com", events=["alert.raised"]),
        lambda: endpoints.send_test(analyst, told[0]),
        lambda: endpoints.replace_secret(analyst, told[0]),
        lambda: endpoints.remove(analyst, told[0]),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_the_page_shows_the_log_and_sends_a_test(
    told: tuple[WebhookEndpoint, str], listener: Elsewhere, lead: Person, client: Client
) -> None:
    client.force_login(lead)
    pk = told[0].pk
    assert client.post(f"/webhooks/{pk}/test").status_code == 302
    worker.run_due()
    assert "webhook.test" in client.get(f"/webhooks/{pk}").content.decode()
    delivery = WebhookDelivery.objects.get()
    shown = client.get(f"/webhooks/{pk}/deliveries/{delivery.pk}").content.decode()
    assert "HTTP 204" in shown
    assert delivery.message_id in shown
    made = client.post("/webhooks", {"title": "More", "url": f"{listener.url}/b", "events": ["alert.raised"]})
    assert "whsec_" in made.content.decode()
    assert client.post(f"/webhooks/{pk}/replay", {"delivery": delivery.pk}).status_code == 302
    worker.run_due()
    assert len(listener.asked) == 2


def test_every_event_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "use" / "webhooks.md").read_text()
    missing = [name for name in [*hooks.events(), hooks.TEST] if f"`{name}`" not in page]
    assert not missing
