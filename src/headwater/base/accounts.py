"""Who is asking: people sign in with a password through allauth, programs with a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from django.utils.translation import gettext as _
from ninja.security import HttpBearer, SessionAuth

from headwater.base.models import Person
from headwater.base.outbox import put_mail
from headwater.base.refusals import Refused
from headwater.base.tokens import person_for_token

if TYPE_CHECKING:
    from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up is closed: people are added by an administrator. Mail goes through the outbox."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        message = self.render_mail(template_prefix, email, context)
        put_mail(email, message.subject, message.body)


def person(request: HttpRequest) -> Person:
    """Return the signed-in person of a request; the sign-in middleware has seen to it that there is one."""
    if not isinstance(request.user, Person):
        raise Refused("signed_out", _("Sign in first."), status=401)
    return request.user


class TokenAuth(HttpBearer):
    """``Authorization: Bearer hw_…``: signs in as the token's person, narrowed to the token's scopes."""

    def authenticate(self, request: HttpRequest, token: str) -> Person | None:
        person = person_for_token(token)
        if person is not None:
            request.user = person
        return person


class PageAuth(SessionAuth):
    """A signed-in browser; what changes something needs the CSRF token of our own pages too."""

    def __call__(self, request: HttpRequest) -> Any:
        # Without a session there is nothing to forge, and a caller without credentials is told just that.
        if not request.user.is_authenticated or "Authorization" in request.headers:
            return None
        return super().__call__(request)


AUTH: Final = [TokenAuth(), PageAuth()]
