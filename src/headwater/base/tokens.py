"""API tokens: shown once when made, kept as a digest, narrowed to scopes, revocable."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import ApiToken, Person
from headwater.base.permissions import OBJECTS, require, widest_scope
from headwater.base.refusals import NotFound, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

MARK: Final = "hw"
MAX_TOKENS: Final = 50
USE_NOTED_EVERY: Final = timedelta(minutes=1)

#: What a token may be allowed to do, as ``action:object`` of the permission matrix.
SCOPES: Final = tuple(
    f"{action}:{object}"
    for object, actions in OBJECTS.items()
    if object not in ("tokens", "people", "outbox")  # a program never makes other ways in
    for action in actions
)


def create_token(
    actor: Person | None, person: Person, name: str, scopes: Iterable[str], *, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token that acts as ``person`` within ``scopes``; return the row and the token, which is not kept."""
    require(actor, "manage", "tokens", words_of="own" if actor is not None and actor.pk == person.pk else "company")
    wanted = _usable_scopes(person, scopes)
    name = " ".join(name.split())[:120]
    if not name:
        raise Refused("name_missing", _("Give the token a name that says which program uses it."), "name")
    if expires_at is not None and expires_at <= timezone.now():
        raise Refused("expired", _("The token would expire before it is made; choose a later date."), "expires_at")
    prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    text = f"{MARK}_{prefix}_{secret}"
    with transaction.atomic():
        if person.tokens.filter(revoked_at=None).count() >= MAX_TOKENS:
            raise Refused("too_many_tokens", _("%d tokens are in use already; revoke one first.") % MAX_TOKENS)
        token = ApiToken.objects.create(
            person=person, name=name, prefix=prefix, digest=_digest(text), scopes=wanted, expires_at=expires_at
        )
        data = {"name": name, "scopes": wanted, "person": person.name}
        record_history(actor, "token.created", f"token:{token.pk}", data)
    return token, text


def revoke_token(actor: Person | None, token: ApiToken) -> None:
    """End a token at once; its own person may, and administrators."""
    own = actor is not None and actor.pk == token.person_id
    require(actor, "manage", "tokens", words_of="own" if own else "company")
    with transaction.atomic():
        if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
            return
        record_history(actor, "token.revoked", f"token:{token.pk}", {"name": token.name})


def scopes_of(person: Person) -> list[str]:
    """Return the scopes that a token of this person may have."""
    return [scope for scope in SCOPES if widest_scope(person, *scope.split(":")) is not None]


def tokens_seen_by(person: Person) -> list[ApiToken]:
    """Return the tokens in use that this person may see: their own, or everyone's for an administrator."""
    rows = ApiToken.objects.filter(revoked_at=None).select_related("person")
    if widest_scope(person, "view", "tokens") != "company":
        rows = rows.filter(person=person)
    return list(rows)


def visible_token(person: Person, token_id: int) -> ApiToken:
    """Return one of those tokens; refuses (404) any other."""
    found = next((token for token in tokens_seen_by(person) if token.pk == token_id), None)
    if found is None:
        raise NotFound("token_unknown", _("There is no such token among those you can see."))
    return found


def person_for_token(text: str) -> Person | None:
    """Return whom a token signs in, narrowed to its scopes; None for one that is wrong, revoked or expired."""
    mark, _first, rest = text.partition("_")
    prefix, _second, secret = rest.partition("_")
    if mark != MARK or not secret or len(text) > 200 or not prefix.isalnum():
        return None
    token = ApiToken.objects.select_related("person").filter(prefix=prefix, revoked_at=None).first()
    if token is None or not hmac.compare_digest(token.digest, _digest(text)):
        return None
    now = timezone.now()
    if (token.expires_at is not None and token.expires_at <= now) or not token.person.is_active:
        return None
    if token.last_used_at is None or now - token.last_used_at > USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    token.person.token_scopes = frozenset(token.scopes)
    return token.person


def _digest(text: str) -> str:
    """A plain digest suffices: the token is 256 random bits, so there is nothing to guess."""
    return hashlib.sha256(text.encode()).hexdigest()


def _usable_scopes(person: Person, scopes: Iterable[str]) -> list[str]:
    wanted = sorted(set(scopes))
    if not wanted:
        raise Refused("scopes_missing", _("Choose at least one thing the token may do."), "scopes")
    for scope in wanted:
        if scope not in SCOPES:
            message = _("There is no scope “%(scope)s”. Choose from: %(scopes)s.")
            raise Refused("scope_unknown", message % {"scope": scope, "scopes": ", ".join(SCOPES)}, "scopes")
        action, _colon, object = scope.partition(":")
        if widest_scope(person, action, object) is None:
            message = _("%(name)s may not do “%(scope)s”, so a token of theirs may not either.")
            raise Refused("scope_beyond_roles", message % {"name": person.name, "scope": scope}, "scopes")
    return wanted
