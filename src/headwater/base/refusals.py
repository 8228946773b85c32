"""The one way to say no, and its three mouths: a page, the API and the command line."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

PROBLEM_TYPE: Final = "application/problem+json"
EXIT_STATUS: Final = 2


class Refused(Exception):
    """What was asked cannot be done. ``message`` says what was wrong, with the value, and what to do instead.

    ``code`` is stable and meant for programs, ``message`` is a translated sentence for people, ``field`` names the
    input it is about. Subclasses and callers may choose another 4xx ``status``.
    """

    status: int = 400

    def __init__(self, code: str, message: str, field: str | None = None, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = str(message)
        self.field = field
        if status is not None:
            self.status = status
        if not 400 <= self.status <= 499:
            raise ValueError(f"a refusal has a 4xx status, not {self.status}")

    def __reduce__(self) -> tuple[Any, ...]:
        """From one process to another, whatever arguments a subclass is made with."""
        return _again, (type(self), self.args), self.__dict__


def _again(kind: type[Refused], args: tuple[Any, ...]) -> Refused:
    made = kind.__new__(kind)
    made.args = args
    return made


class NotFound(Refused):
    """What was asked for does not exist, or the person may not know that it does."""

    status = 404


class Conflict(Refused):
    """Someone else changed it in the meantime, or it exists already."""

    status = 409


def problem(refused: Refused) -> dict[str, Any]:
    """Return the problem details (RFC 9457) of a refusal, with its ``code`` and ``field`` as extension members."""
    answer = problem_details(refused.status, refused.message)
    answer["code"] = refused.code
    if refused.field:
        answer["field"] = refused.field
    return answer


def problem_details(status: int, detail: str = "") -> dict[str, Any]:
    """Return problem details (RFC 9457) for an HTTP status; the detail defaults to the status's description."""
    known = HTTPStatus(status)
    code = known.phrase.lower().replace(" ", "_")
    return {
        "type": "about:blank",
        "title": known.phrase,
        "status": status,
        "detail": detail or known.description,
        "code": code,
    }


def problem_response(body: dict[str, Any]) -> JsonResponse:
    """Return problem details as a response with their own status and content type."""
    return JsonResponse(body, status=body["status"], content_type=PROBLEM_TYPE)


def is_api(request: HttpRequest) -> bool:
    """Say whether the request is for a program: everything under ``/api/``."""
    return request.path_info.startswith("/api/")


def response(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Return the refusal as this request can read it: a problem, a line to put into the page, or a page of its own."""
    if is_api(request):
        return problem_response(problem(refused))
    if getattr(request, "htmx", False):
        answer = render(request, "base/refusal_line.html", {"refused": refused}, status=refused.status)
        # Shown where every page shows what happened; what the person had filled in stays as it is.
        answer["HX-Retarget"] = "#toasts"
        answer["HX-Reswap"] = "beforeend"
        answer["HX-Push-Url"] = "false"
        return answer
    return render(request, "base/refused.html", {"refused": refused}, status=refused.status)


def line(refused: Refused) -> str:
    """Return the refusal as one line for a terminal; the command then ends with :data:`EXIT_STATUS`."""
    return f"{refused.field}: {refused.message}" if refused.field else refused.message
