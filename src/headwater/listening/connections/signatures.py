"""Whether a message comes from who it says: pure functions of its headers, its bytes, the secret and the clock.

Standard Webhooks (https://www.standardwebhooks.com) by the package of the same name, and the header schemes of others
(GitHub, Zendesk, Stripe, Typeform, Shopify), which are all an HMAC over the body, with or without a time before it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from standardwebhooks.webhooks import Webhook

from headwater.base.refusals import Refused
from headwater.listening.connections.options import WebhookOptions
from headwater.listening.connections.paging_rules import moment

MAX_ID = 200
MOST_SIGNATURES = 10

PRESETS: dict[str, dict[str, str]] = {
    "standard": {"scheme": "standard"},
    "github": {
        "scheme": "hmac",
        "header": "X-Hub-Signature-256",
        "prefix": "sha256=",
        "id_header": "X-GitHub-Delivery",
    },
    "zendesk": {
        "scheme": "hmac",
        "header": "X-Zendesk-Webhook-Signature",
        "encoding": "base64",
        "signed": "timestamp+body",
        "timestamp_header": "X-Zendesk-Webhook-Signature-Timestamp",
        "id_header": "X-Zendesk-Webhook-Invocation-Id",
    },
    "stripe": {
        "scheme": "hmac",
        "header": "Stripe-Signature",
        "prefix": "v1=",
        "signed": "timestamp.body",
        "timestamp_header": "Stripe-Signature",
    },
    "typeform": {"scheme": "hmac", "header": "Typeform-Signature", "encoding": "base64", "prefix": "sha256="},
}
"""How well-known senders sign, as they document it."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A message that is from its sender: its id, by which it is known when it comes again."""

    message_id: str


class Forged(Refused):
    """The message does not prove who sent it."""

    status = 401


def verified(options: WebhookOptions, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Verified:
    """The message, if its signature is right and its time is near. Raises Forged. Compares in constant time."""
    given = {name.casefold(): value for name, value in headers.items()}
    if options.scheme == "standard":
        return _standard(options, secret, given, body, now)
    text = given.get(options.header.casefold(), "")
    if not text:
        raise Forged("not_signed", _("The header %s, which carries the signature, is missing.") % options.header)
    signed = body
    if options.signed != "body":
        stamp = _timestamp(options, given)
        _require_near(stamp, options.tolerance_s, now)
        signed = stamp.encode() + (b"." if options.signed == "timestamp.body" else b"") + body
    expected = hmac.new(secret.encode(), signed, getattr(hashlib, options.algorithm)).digest()
    right = [hmac.compare_digest(expected, one) for one in _signatures(options, text)]
    if not any(right):
        raise _wrong()
    own = given.get(options.id_header.casefold(), "") if options.id_header else ""
    return Verified(own[:MAX_ID] or hashlib.sha256(signed).hexdigest())


def _standard(options: WebhookOptions, secret: str, given: Mapping[str, str], body: bytes, now: datetime) -> Verified:
    own, stamp, texts = (given.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (own and stamp and texts):
        raise Forged("not_signed", _("The headers webhook-id, webhook-timestamp and webhook-signature are needed."))
    at = _require_near(stamp, options.tolerance_s, now)
    try:
        expected = Webhook(secret).sign(own, at.replace(tzinfo=None), body.decode())
    except (ValueError, RuntimeError) as error:
        raise _wrong() from error
    right = [hmac.compare_digest(expected.encode(), one.encode()) for one in texts.split(" ")[:MOST_SIGNATURES]]
    if not any(right):
        raise _wrong()
    return Verified(own[:MAX_ID])


def _signatures(options: WebhookOptions, text: str) -> list[bytes]:
    """The signatures of a header, decoded: one, or several in a list, each after the prefix."""
    parts = [part.strip() for part in text.split(",")] if options.prefix else [text.strip()]
    chosen = [part.removeprefix(options.prefix) for part in parts if part.startswith(options.prefix)]
    return [one for one in (_decoded(options.encoding, part) for part in chosen[:MOST_SIGNATURES]) if one is not None]


def _decoded(encoding: str, text: str) -> bytes | None:
    try:
        return bytes.fromhex(text) if encoding == "hex" else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None


def _timestamp(options: WebhookOptions, given: Mapping[str, str]) -> str:
    text = given.get(options.timestamp_header.casefold(), "")
    if options.timestamp_header.casefold() == options.header.casefold():
        text = next((part.strip()[2:] for part in text.split(",") if part.strip().startswith("t=")), "")
    return text


def _require_near(stamp: str, tolerance: int, now: datetime) -> datetime:
    at = moment(stamp)
    if at is None:
        raise Forged("no_time", _("The message does not say when it was sent."))
    if abs((now - at).total_seconds()) > tolerance:
        message = _("The message was sent at %(at)s; only %(tolerance)d seconds either way are taken.")
        data = {"at": at.astimezone(UTC).isoformat(timespec="seconds"), "tolerance": tolerance}
        raise Forged("too_old", message % data)
    return at


def _wrong() -> Forged:
    return Forged("wrong_signature", _("The signature is not right: check that both sides have the same secret."))
