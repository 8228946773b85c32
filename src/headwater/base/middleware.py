"""What happens around every request: sign-in, local time, refusals and the page-view log."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING, Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation

from headwater.base import pageviews, refusals
from headwater.base.company import company

if TYPE_CHECKING:
    from collections.abc import Callable


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page needs a signed-in person unless its view says otherwise; the API signs its callers in itself."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., Any],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if refusals.is_api(request):
            return None
        answer: HttpResponseBase | None = super().process_view(request, view_func, view_args, view_kwargs)
        if answer is not None and getattr(request, "htmx", False):
            # A fragment cannot show the sign-in page: send the whole page there.
            redirected = HttpResponse(status=204)
            redirected["HX-Redirect"] = reverse("account_login")
            return redirected
        return answer


class LocalMiddleware:
    """Show times and words as this person reads them: their time zone and language, else the company's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        zone = language = ""
        if request.user.is_authenticated:
            zone, language = request.user.time_zone, request.user.language
            if not zone:
                ours = company()
                zone = ours.time_zone if ours else ""
        try:
            timezone.activate(zoneinfo.ZoneInfo(zone or "UTC"))
            if language:
                translation.activate(language)
            return self.get_response(request)
        finally:
            timezone.deactivate()


class RefusalMiddleware:
    """Turn ``Refused`` into an answer the caller can read, and every error of the API into a problem."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if refusals.is_api(request) and response.status_code >= 400:
            content_type = response.get("Content-Type", "")
            if "json" not in content_type:
                problem = refusals.problem_response(refusals.problem_details(response.status_code))
                if "Allow" in response:
                    problem["Allow"] = response["Allow"]
                return problem
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, refusals.Refused):
            return refusals.response(request, exception)
        return None


class PageViewMiddleware:
    """Log whole pages that a signed-in person opened; never fragments, the API or static files.

    Nor pages for everybody: who opened a survey to answer it, colleagues too, is nobody's business.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        match, person_id = request.resolver_match, request.user.pk
        is_ours = match is not None and getattr(match.func, "login_required", True)
        if match is not None and is_ours and person_id is not None and self._is_page(request, response):
            pageviews.note(person_id, "/" + match.route)
        return response

    @staticmethod
    def _is_page(request: HttpRequest, response: HttpResponseBase) -> bool:
        return (
            request.method == "GET"
            and response.status_code == 200
            and not getattr(request, "htmx", False)
            and not refusals.is_api(request)
            and response.get("Content-Type", "").startswith("text/html")
        )
