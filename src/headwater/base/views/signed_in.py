"""Who asks: every page of this room is for someone signed in, which the sign-in middleware has seen to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.base.models import Person
from headwater.base.refusals import Refused

if TYPE_CHECKING:
    from django.http import HttpRequest


def person(request: HttpRequest) -> Person:
    """Return the signed-in person of a request."""
    if not isinstance(request.user, Person):
        raise Refused("signed_out", "Sign in first.", status=401)
    return request.user
