"""How every API of this product says no: problem details (RFC 9457), documented and sent alike.

The API root calls ``install(api)``; an operation documents its refusals with ``response={200: Answer, **REFUSALS}``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Field, Schema
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError

from headwater.base import refusals

if TYPE_CHECKING:
    from ninja import NinjaAPI

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


def install(api: NinjaAPI) -> None:
    """Have the API answer every refusal and error with a problem."""
    api.exception_handler(refusals.Refused)(_refused)
    api.exception_handler(ValidationError)(_invalid)
    api.exception_handler(AuthenticationError)(_unknown_caller)
    api.exception_handler(AuthorizationError)(_http_error)
    api.exception_handler(HttpError)(_http_error)
    api.exception_handler(Http404)(_not_found)
    api.exception_handler(RequestDataTooBig)(_too_large)


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    return refusals.problem_response(refusals.problem(error))


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    errors = [
        {"where": where(*_as_written(item["loc"])), "message": str(item["msg"])} for item in error.errors[:MAX_ERRORS]
    ]
    first = errors[0] if errors else {"where": "", "message": ""}
    body = refusals.problem_details(422, f"{first['where']}: {first['message']}")
    return refusals.problem_response({**body, "code": "invalid_input", "errors": errors})


def where(*parts: str | int) -> str:
    """A place in the input as the caller would write it: ``signals[0].score``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")


def _as_written(place: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Without what only this program knows: that it is the body or the query, and what its code calls the body."""
    inner = place[2:] if place[0] == "body" else place[1:]
    return inner or place[:1]


def _unknown_caller(request: HttpRequest, error: Any) -> HttpResponse:
    detail = "Send a token that is in use: Authorization: Bearer hw_…"
    response = refusals.problem_response(refusals.problem_details(401, detail))
    response["WWW-Authenticate"] = 'Bearer realm="headwater"'
    return response


def _http_error(request: HttpRequest, error: Any) -> HttpResponse:
    return refusals.problem_response(refusals.problem_details(error.status_code, str(error)))


def _too_large(request: HttpRequest, error: Any) -> HttpResponse:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    detail = f"The body is larger than {most:,} bytes; send it in several requests, or as a file."
    return refusals.problem_response(refusals.problem_details(413, detail))


def _not_found(request: HttpRequest, error: Any) -> HttpResponse:
    return refusals.problem_response(refusals.problem_details(404))
