"""Credentials of connections: encrypted at rest, written and never shown, kept out of every message."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping

from django.utils.translation import gettext as _

from headwater.base.refusals import Refused
from headwater.listening.connections.options import SECRETS, AnyOptions, WebhookOptions
from headwater.listening.models import Connection
from headwater.listening.personal import crypto

MAX_SECRET = 20_000
HIDDEN = "•••"
SHORTEST_HIDDEN = 4


def with_own_secret(options: AnyOptions, given: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """The credentials of a webhook with a secret of our own where none is given, and that secret, to be shown once."""
    if not isinstance(options, WebhookOptions) or given.get("secret"):
        return dict(given), ""
    secret = new_secret()
    return {**given, "secret": secret}, secret


def new_secret() -> str:
    """A secret as Standard Webhooks writes it: 32 random bytes."""
    return f"whsec_{base64.b64encode(os.urandom(32)).decode()}"


def sealed(kind: str, given: Mapping[str, str], before: bytes | memoryview | None = None) -> bytes | None:
    """Credentials to keep: those given, over those kept before. An empty one stays what it was. Raises Refused."""
    unknown = sorted(set(given) - set(SECRETS[kind]))
    if unknown:
        message = _("There is no credential “%(name)s” here; there is %(names)s.")
        raise Refused("bad_credential", message % {"name": unknown[0][:40], "names": ", ".join(SECRETS[kind]) or "—"},
                      "credentials")  # fmt: skip
    if any(len(secret) > MAX_SECRET for secret in given.values()):
        raise Refused("credential_too_long", _("A credential has at most %d characters.") % MAX_SECRET, "credentials")
    kept = {**_opened(before), **{name: secret for name, secret in given.items() if secret}}
    return crypto.encrypt(json.dumps(kept).encode()) if kept else None


def credentials_of(connection: Connection) -> dict[str, str]:
    """The credentials of a connection, in the clear: for a reader, never for an answer."""
    return _opened(connection.credentials)


def names_of(connection: Connection) -> tuple[str, ...]:
    """Which credentials are kept, by name."""
    return tuple(sorted(credentials_of(connection)))


def _opened(token: bytes | memoryview | None) -> dict[str, str]:
    if not token:
        return {}
    plain: dict[str, str] = json.loads(crypto.decrypt(bytes(token)))
    return plain


def without_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """A message of another system without the secrets that it may quote."""
    for secret in secrets.values():
        if len(secret) >= SHORTEST_HIDDEN:
            text = text.replace(secret, HIDDEN)
    return text
