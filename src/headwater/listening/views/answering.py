"""The pages that customers answer on: no sign-in, no script, no session; a cookie only once an answer has begun."""

from __future__ import annotations

import re
from typing import Any, Final

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from headwater.listening.surveys import answer_pages, answering, colours, logos
from headwater.listening.surveys.answer_words import words_of
from headwater.listening.surveys.document import END, SCORED
from headwater.listening.surveys.logo_files import TYPES
from headwater.listening.surveys.posted import field_name
from headwater.listening.surveys.tokens import new_token

COOKIE: Final = "answer"
KEPT_SECONDS: Final = 30 * 86_400
MOST_BYTES: Final = 1 << 20
RESUME: Final = re.compile(r"[A-Za-z0-9_-]{16,64}(\.[1-9][0-9]{0,2})?")
LANGUAGE: Final = re.compile(r"[A-Za-z0-9-]{2,35}")


@login_not_required
@csrf_exempt
def answer(request: HttpRequest, token: str, page_id: str = "") -> HttpResponse:
    """One page of a survey: shown by GET, kept by POST. GET and HEAD change nothing."""
    try:
        if request.method == "POST":
            return _keep(request, token, page_id)
        if request.method in ("GET", "HEAD"):
            return _show(request, token, page_id)
    except answering.Shut as shut:
        return _shut(request, token, shut)
    return HttpResponse(status=405, headers={"Allow": "GET, HEAD, POST"})


def _show(request: HttpRequest, token: str, page_id: str) -> HttpResponse:
    resume = _resume(request.COOKIES.get(COOKIE, ""))
    found = answering.visit(token, _visitor(request, resume, request.GET.get("lang", "")))
    if found.is_done:
        if request.GET.get("again") and found.link is not None:
            return _page(request, answering.anew(found), resume=_following(resume))
        return _thanks(found)
    return _page(request, found, page_id, resume=resume or new_token())


def _page(request: HttpRequest, found: answering.Visit, page_id: str = "", *, resume: str) -> HttpResponse:
    page = found.page(page_id)
    if page is None:
        raise answering.Shut("not_open", found.document, found.language)
    answers = found.answers | _preselected(request, found)
    begun = found.response is not None and not page_id
    by_browser = found.link is not None or found.document.anonymous
    asked = answer_pages.of_visit(
        found, page, answers, is_begun=begun, resume=resume if by_browser else ""
    )  # fmt: skip
    return _private(HttpResponse(answer_pages.draw(asked)))


def _keep(request: HttpRequest, token: str, page_id: str) -> HttpResponse:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise answering.Shut("too_large", language=next(iter(_accepted(request)), "en"))
    cookie = _resume(request.COOKIES.get(COOKIE, ""))
    resume = _held(cookie, _resume(request.POST.get("resume", ""))) or new_token()
    found = answering.visit(token, _visitor(request, resume, request.POST.get("lang", "")))
    posted = {name: request.POST.getlist(name) for name in request.POST}
    go = "back" if request.POST.get("go") == "back" else "next"
    kept = answering.keep(found, page_id, posted, go=go)
    if kept.errors:
        return _wrong(found, kept, resume)
    by_browser = found.link is not None or found.document.anonymous
    response = HttpResponse(status=303, headers={"Location": f"/s/{token}/{kept.go_to}"})
    if by_browser and cookie != resume:
        _set_cookie(response, token, resume)
    return _private(response)


def _wrong(found: answering.Visit, kept: answering.Kept, resume: str) -> HttpResponse:
    """The page again, with everything that was filled in and what to change."""
    page = found.page(kept.go_to)
    if page is None:
        raise Http404
    by_browser = found.link is not None or found.document.anonymous
    asked = answer_pages.of_visit(
        found, page, kept.answers, kept.errors, resume=resume if by_browser else ""
    )  # fmt: skip
    return _private(HttpResponse(answer_pages.draw(asked), status=422))


def _thanks(found: answering.Visit) -> HttpResponse:
    words = words_of(found.language)
    own = answer_pages.thanks(found.document, found.language, found.answers, found.attributes)
    text = own or words["thanks"]
    if found.response is not None and found.response.state == answering.State.PARTIAL:
        text = words["counted_partly"]
    again = f"/s/{found.token}?again=1" if found.link is not None else ""
    drawn = answer_pages.draw_message(
        words, text, found.document, found.language, note=words["thanks_closed"], again=again
    )  # fmt: skip
    return _private(HttpResponse(drawn))


def _shut(request: HttpRequest, token: str, shut: answering.Shut) -> HttpResponse:
    """Why nothing can be answered here, in the visitor's language."""
    # Who has just sent an anonymous answer is thanked: nothing is left by which the page could know them.
    just_sent = shut.code == "spent" and request.path_info.endswith(f"/{END}")
    words, language = words_of(shut.language), shut.language
    text = words["thanks"] if just_sent else shut.message
    if just_sent and shut.document is not None:
        text = answer_pages.thanks(shut.document, language, {}, {}) or text
    if shut.code == "spent" and request.method == "POST":
        return _private(HttpResponse(status=303, headers={"Location": f"/s/{token}/{END}"}))
    retry = request.get_full_path() if shut.code == "full" and request.method != "POST" else ""
    drawn = answer_pages.draw_message(words, text, shut.document, language, retry=retry)
    response = HttpResponse(drawn, status=200 if just_sent else shut.status)
    if shut.code == "full":
        response["Retry-After"] = "3600"
    return _private(response)


def _preselected(request: HttpRequest, found: answering.Visit) -> dict[str, Any]:
    """An answer that a mail's link names: shown as chosen, kept only when the visitor sends the page."""
    question = found.document.question(request.GET.get("q", "")[:40])
    value = request.GET.get("v", "")[:40]
    if question is None or question.id in found.answers:
        return {}
    page = found.page()
    if page is None or all(one.id != question.id for one in page.questions):
        return {}
    if question.kind not in (*SCORED, "single", "multiple"):
        return {}
    return answering.preselected(page, question.id, {field_name(question.id): [value]}, found.document)


def _visitor(request: HttpRequest, resume: str, chosen: str) -> answering.Visitor:
    chosen = chosen if LANGUAGE.fullmatch(chosen) else ""
    return answering.Visitor(resume, _address(request), _accepted(request), chosen)


def _accepted(request: HttpRequest) -> tuple[str, ...]:
    header = request.headers.get("Accept-Language", "")[:500]
    return tuple(one for one, _weight in parse_accept_lang_header(header) if one != "*")


def _address(request: HttpRequest) -> str:
    """Where the visitor is on the network, counted with and never stored: behind a proxy, the one it names."""
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return ""


def _resume(text: str) -> str:
    return text if RESUME.fullmatch(text) else ""


def _held(cookie: str, form: str) -> str:
    """The token that counts: the browser's own, so that two tabs are one answer, but for a form to answer once more."""
    if not cookie or not form:
        return form or cookie
    mine, _dot, number = cookie.partition(".")
    theirs, _dot, following = form.partition(".")
    return form if theirs == mine and int(following or 0) > int(number or 0) else cookie


def _following(resume: str) -> str:
    mine, _dot, number = resume.partition(".")
    return f"{mine}.{int(number or 0) + 1}" if int(number or 0) < 999 else new_token()


def _set_cookie(response: HttpResponse, token: str, resume: str) -> None:
    response.set_cookie(
        COOKIE, resume, max_age=KEPT_SECONDS, path=f"/s/{token}", httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    # Django logs what is refused with its address and the time: who opened an invitation when is nobody's business.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


@login_not_required
@require_safe
def survey_colour(request: HttpRequest, colour: str) -> HttpResponse:
    """A brand's colour as a style sheet, made fit to read in light and dark."""
    response = HttpResponse(colours.stylesheet(f"#{colour}"), content_type="text/css")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@login_not_required
@require_safe
def survey_logo(request: HttpRequest, name: str) -> HttpResponse:
    """A brand's logo, for pages and mails; nothing in it may run, whatever opens it."""
    response = HttpResponse(logos.content_of(name), content_type=TYPES[name.rpartition(".")[2]])
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
