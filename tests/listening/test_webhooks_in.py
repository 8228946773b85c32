"""A message of another system: taken when signed, durable when answered, and once however often it comes."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from headwater.base.models import Company, Person
from headwater.listening import inbox
from headwater.listening.connections import receiving, services
from headwater.listening.connections.options import WebhookOptions
from headwater.listening.connections.signatures import PRESETS, Forged, verified
from headwater.listening.models import Connection, ConnectionRun, Import, InboxBatch, SetAsideRow
from headwater.metrics.store import company_record
from headwater.record.questions import Size

SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes of secret stuff").decode()
MAPPING = """
version: 1
source: shop
emit:
  - kind: contact
    fields: {record_id: id, occurred_at: at, text: words}
"""
BODY = {"id": "m1", "at": "2024-03-01T10:00:00Z", "words": "Where is my parcel?"}
NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def lead(db: None) -> Person:
    return Person.objects.create(email="lead@example.com", name="Lead", roles=["cx_team"])


@pytest.fixture
def shop(ours: Company, lead: Person) -> Connection:
    """A webhook in use, signed as Standard Webhooks says."""
    made = services.create(lead, name="shop", kind="webhook", options={}, credentials={"secret": SECRET})
    services.keep_mapping(lead, made, MAPPING)
    services.start(lead, made)
    return made


def signed(body: bytes, own: str = "msg_1", at: datetime | None = None, secret: str = SECRET) -> dict[str, str]:
    at = at or datetime.now(UTC)
    signature = Webhook(secret).sign(own, at.replace(tzinfo=None), body.decode())
    stamp = str(int(at.timestamp()))
    return {"webhook-id": own, "webhook-timestamp": stamp, "webhook-signature": signature}


def send(body: Any, headers: dict[str, str] | None = None, name: str = "shop", own: str = "msg_1") -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = signed(raw, own) if headers is None else headers
    return Client(enforce_csrf_checks=True).post(f"/in/{name}", raw, content_type="application/json", headers=given)


def in_record() -> int:
    inbox.flush()
    return company_record().ask(Size()).signals


def test_a_signed_message_is_durable_when_it_is_answered(shop: Connection) -> None:
    answer = send(BODY)
    assert (answer.status_code, answer.json()) == (200, {"rows": 1, "set_aside": 0, "repeated": False})
    assert InboxBatch.objects.count() == 1
    assert in_record() == 1
    run = ConnectionRun.objects.get()
    assert (run.rows, run.day) == (1, datetime.now(UTC).date())
    assert Import.objects.get().state == "done"


def test_the_same_message_and_the_same_record_count_once(shop: Connection) -> None:
    assert send(BODY).json()["repeated"] is False
    assert send(BODY).json()["repeated"] is True  # the sender did not hear us
    assert send(BODY, own="msg_2").json()["rows"] == 1  # another message about the same record
    assert in_record() == 1
    arrival = Import.objects.get()
    assert (arrival.accepted, arrival.repeated) == (1, 1)


@pytest.mark.parametrize("case", ["changed", "other secret", "too old", "from the future", "no signature", "rubbish"])
def test_a_message_that_does_not_prove_its_sender_is_turned_away(shop: Connection, case: str) -> None:
    raw = json.dumps(BODY).encode()
    now = datetime.now(UTC).timestamp()
    headers = {
        "changed": signed(b'{"id": "m2"}'),
        "other secret": signed(raw, secret="whsec_" + base64.b64encode(b"x" * 32).decode()),
        "too old": signed(raw, at=datetime.fromtimestamp(now - 400, UTC)),
        "from the future": signed(raw, at=datetime.fromtimestamp(now + 400, UTC)),
        "no signature": {},
        "rubbish": {"webhook-id": "a", "webhook-timestamp": str(int(now)), "webhook-signature": "v1,\u00e9 v1"},
    }[case]
    answer = send(raw, headers)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert not InboxBatch.objects.exists()
    shop.refresh_from_db()
    assert shop.refused_because


def test_rows_that_cannot_be_mapped_are_set_aside_and_the_others_taken(shop: Connection) -> None:
    rows = [BODY, {**BODY, "id": "m2", "at": "yesterday"}, "no record", {**BODY, "id": "m3"}]
    assert send(rows).json() == {"rows": 4, "set_aside": 2, "repeated": False}
    assert in_record() == 2
    assert sorted(SetAsideRow.objects.values_list("code", flat=True)) == ["bad_date", "bad_json"]


def test_a_signed_message_that_is_no_json_is_kept_aside(shop: Connection) -> None:
    assert send(b"<xml/>").json() == {"rows": 1, "set_aside": 1, "repeated": False}
    assert SetAsideRow.objects.get().values == {"message": "<xml/>"}


def test_what_comes_before_the_mapping_waits_for_it(ours: Company, lead: Person) -> None:
    made = services.create(lead, name="shop", kind="webhook", options={}, credentials={"secret": SECRET})
    assert send(BODY).json()["set_aside"] == 1
    look = services.look(lead, made)
    assert look.rows[0]["words"] == BODY["words"]
    assert look.mapping is not None
    services.keep_mapping(lead, made, MAPPING)
    assert in_record() == 1
    assert not SetAsideRow.objects.filter(state="open").exists()


def test_limits_and_strangers(shop: Connection, lead: Person) -> None:
    assert send(BODY, name="nowhere").status_code == 404
    assert Client().get("/in/shop").status_code == 405
    assert send(b" " * (receiving.MAX_BODY + 1), {}).status_code == 413
    assert send([BODY] * (receiving.MAX_RECORDS + 1)).status_code == 413
    services.pause(lead, shop)
    assert send(BODY).status_code == 409
    assert not InboxBatch.objects.exists()


# --- how others sign


def hexed(secret: str, signed_part: bytes) -> str:
    return hmac.new(secret.encode(), signed_part, hashlib.sha256).hexdigest()


def based(secret: str, signed_part: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), signed_part, hashlib.sha256).digest()).decode()


SIGNERS: dict[str, Callable[[str, bytes], dict[str, str]]] = {
    "github": lambda secret, body: {"X-Hub-Signature-256": f"sha256={hexed(secret, body)}", "X-GitHub-Delivery": "d1"},
    "zendesk": lambda secret, body: {
        "X-Zendesk-Webhook-Signature": based(secret, b"2024-03-01T12:00:00Z" + body),
        "X-Zendesk-Webhook-Signature-Timestamp": "2024-03-01T12:00:00Z",
        "X-Zendesk-Webhook-Invocation-Id": "d1",
    },
    "stripe": lambda secret, body: {
        "Stripe-Signature": f"t=1709294400,v1={hexed(secret, b'1709294400.' + body)},v1=00,v0=11"
    },
    "typeform": lambda secret, body: {"Typeform-Signature": f"sha256={based(secret, body)}"},
}


@pytest.mark.parametrize("sender", SIGNERS)
def test_each_sender_is_known_by_its_own_signature(sender: str) -> None:
    options = WebhookOptions.model_validate(PRESETS[sender])
    headers = SIGNERS[sender]("s3cret", b"{}")
    message = verified(options, "s3cret", {name.lower(): text for name, text in headers.items()}, b"{}", NOW)
    assert message.message_id == ("d1" if options.id_header else message.message_id)
    assert message == verified(options, "s3cret", headers, b"{}", NOW)
    for body, secret in ((b"{ }", "s3cret"), (b"{}", "other")):
        with pytest.raises(Forged):
            verified(options, secret, headers, body, NOW)
    if options.signed != "body":
        with pytest.raises(Forged):
            verified(options, "s3cret", headers, b"{}", datetime(2024, 3, 1, 13, tzinfo=UTC))


def test_the_published_example_of_standard_webhooks_holds() -> None:
    """The test vector of the specification: https://github.com/standard-webhooks/standard-webhooks."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = datetime.fromtimestamp(1614265330, UTC)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert verified(WebhookOptions(), secret, headers, b'{"test": 2432232314}', at).message_id == headers["webhook-id"]


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text(max_size=40)))
def test_no_header_breaks_the_check(headers: dict[str, str]) -> None:
    with pytest.raises(Forged):
        verified(WebhookOptions(), SECRET, headers, b"{}", NOW)
