"""What every API of this product shares: who is calling, and how it says no.

The API root does ``api = NinjaAPI(auth=AUTH)`` and ``install(api)``; an operation documents its refusals with
``response={200: Answer, **REFUSALS}``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Field, Schema
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError
from ninja.security import HttpBearer, SessionAuth

from headwater.base import refusals
from headwater.base.tokens import person_for_token

if TYPE_CHECKING:
    from ninja import NinjaAPI

    from headwater.base.models import Person

MAX_ERRORS: Final = 20


class InputError(Schema):
    """One thing wrong with the input: where it is and what is wrong with it."""

    where: str
    message: str


class Problem(Schema):
    """Why the request was refused (RFC 9457). ``code`` is stable and meant for programs."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    errors: list[InputError] = Field(default_factory=list)


#: The refusals that any operation may answer with.
REFUSALS: Final[dict[int, type[Problem]]] = dict.fromkeys((400, 401, 403, 404, 409, 413, 422, 429), Problem)


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


def install(api: NinjaAPI) -> None:
    """Have the API answer every refusal and error with a problem."""
    api.exception_handler(refusals.Refused)(_refused)
    api.exception_handler(ValidationError)(_invalid)
    api.exception_handler(AuthenticationError)(_unknown_caller)
    api.exception_handler(AuthorizationError)(_http_error)
    api.exception_handler(HttpError)(_http_error)
    api.exception_handler(Http404)(_not_found)


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    return refusals.problem_response(refusals.problem(error))


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    errors = [
        {"where": ".".join(str(part) for part in item["loc"]), "message": str(item["msg"])}
        for item in error.errors[:MAX_ERRORS]
    ]
    first = errors[0] if errors else {"where": "", "message": ""}
    body = refusals.problem_details(422, f"{first['where']}: {first['message']}")
    return refusals.problem_response({**body, "code": "invalid_input", "errors": errors})


def _unknown_caller(request: HttpRequest, error: Any) -> HttpResponse:
    detail = "Send a token that is in use: Authorization: Bearer hw_…"
    response = refusals.problem_response(refusals.problem_details(401, detail))
    response["WWW-Authenticate"] = 'Bearer realm="headwater"'
    return response


def _http_error(request: HttpRequest, error: Any) -> HttpResponse:
    return refusals.problem_response(refusals.problem_details(error.status_code, str(error)))


def _not_found(request: HttpRequest, error: Any) -> HttpResponse:
    return refusals.problem_response(refusals.problem_details(404))
