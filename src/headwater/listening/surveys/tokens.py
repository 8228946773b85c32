"""Tokens that open an answering page, and the only forms of them that are stored."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Final

from django.conf import settings

BYTES: Final = 18
"""144 bits: 24 characters in an address, none of them padding."""
LINK_BYTES: Final = 24
"""32 characters: a link's token is told from an invitation's by its length, so that either is looked up once."""
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")


def new_token() -> str:
    """A random token, safe in an address."""
    return secrets.token_urlsafe(BYTES)


def new_link_token() -> str:
    """A random token of a link that anybody may answer through."""
    return secrets.token_urlsafe(LINK_BYTES)


def is_of_link(token: str) -> bool:
    """Whether this is the token of a link, by its length."""
    return len(token) > 4 * BYTES // 3


def hashed(token: str) -> str:
    """What is kept of a token: SHA-256 in hex. Tokens are random, so that no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def keyed(purpose: str, text: str) -> str:
    """A hash that nobody can make, or try out, without this installation's key: HMAC-SHA-256, 128 bits in hex.

    For what is guessed easily, such as an address on the network. ``purpose`` keeps hashes for different uses apart.
    """
    key = f"{purpose}:{settings.SECRET_KEY}".encode()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]
