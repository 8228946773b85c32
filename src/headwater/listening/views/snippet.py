"""What a host page's snippet asks of us: its script, and a place to send answers. No session, no cookie until the
visitor goes on to the survey's own page."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from headwater.base.refusals import Refused
from headwater.listening.surveys import answer_pages, answering, queries, snippet
from headwater.listening.surveys.answer_words import words_of
from headwater.listening.surveys.document import END
from headwater.listening.views.answering import COOKIE, KEPT_SECONDS

KEY: Final = re.compile(r"[0-9a-f]{32}")
LANGUAGE: Final = re.compile(r"[A-Za-z0-9-]{2,35}")
MOST_BYTES: Final = 1 << 16
FRESH: Final = "public, max-age=300"


@login_not_required
@require_safe
def script(request: HttpRequest, token: str) -> HttpResponse:
    """The one script of a snippet, with its survey in the visitor's language inside."""
    link = snippet.snippet_link(token)
    if link is None:
        raise Http404
    made = snippet.NOTHING
    if link.closed_at is None and queries.state_of(link.survey) == "open":
        _row, document = queries.published(link.survey)
        made = snippet.script(link, document, *_languages(request))
    answer = HttpResponse(made, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = FRESH
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer["Vary"] = "Accept-Language"
    return answer


@login_not_required
@csrf_exempt
@require_http_methods(["POST", "OPTIONS"])
def answers(request: HttpRequest, token: str) -> HttpResponse:
    """Keep what a visitor answered on a host page. It is durable when this says so; sent twice, it counts once."""
    origin = request.headers.get("Origin", "")
    link = snippet.snippet_link(token)
    if link is None or not snippet.may_answer(link, origin):
        # Without a header that allows it, no page of another origin can read this.
        return JsonResponse({"message": "This page may not send answers."}, status=403)
    answer = HttpResponse(status=204) if request.method == "OPTIONS" else _kept(request, token)
    answer["Access-Control-Allow-Origin"] = origin
    answer["Access-Control-Allow-Methods"] = "POST"
    answer["Access-Control-Allow-Headers"] = "Content-Type"
    answer["Cache-Control"] = "no-store"
    answer["Vary"] = "Origin"
    return answer


def _kept(request: HttpRequest, token: str) -> HttpResponse:
    try:
        key, language, given, shown = _read(request)
        found = answering.visit(token, answering.Visitor(key, _address(request), (), language))
        posted = snippet.as_posted(given)
        kept = answering.keep(found, "", {**posted, "shown": shown} if shown else posted)
    except Refused as refused:
        return JsonResponse({"message": refused.message, "code": refused.code}, status=refused.status)
    if kept.errors:
        return JsonResponse({"message": words_of(found.language)["required_error"], "code": "answers"}, status=422)
    if kept.go_to != END:
        return JsonResponse({"next": f"{_home(request)}/snippet/{token}/continue/{key}"})
    thanks = answer_pages.thanks(found.document, found.language, kept.answers, found.attributes)
    return JsonResponse({"thanks": thanks})


def _read(request: HttpRequest) -> tuple[str, str, dict[str, Any], list[str]]:
    """The key, the language, the answers and the questions that were shown. Refuses what is no such thing."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise Refused("too_large", words_of("en")["too_large"], status=413)
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict) or not KEY.fullmatch(str(sent.get("key", ""))):
        raise Refused("bad_body", "Send a JSON object with a key of 32 hexadecimal digits.")
    given, shown = sent.get("answers"), sent.get("shown", [])
    if not isinstance(given, dict) or not isinstance(shown, list):
        raise Refused("bad_body", "“answers” is an object by question, “shown” a list of questions.")
    language = str(sent.get("language", ""))
    names = [str(one)[:40] for one in shown[:100]]
    return str(sent["key"]), language if LANGUAGE.fullmatch(language) else "", given, names


@login_not_required
@require_safe
def go_on(request: HttpRequest, token: str, key: str) -> HttpResponse:
    """Go on once with the answer that was begun on a host page: the survey's own page gets to know it by its cookie."""
    link = snippet.snippet_link(token) if KEY.fullmatch(key) else None
    if link is None:
        raise Http404
    answer = HttpResponse(status=303, headers={"Location": f"/s/{token}", "Cache-Control": "no-store"})
    new = snippet.handed_over(link, key) if request.method == "GET" else ""
    if not new:  # followed before: the browser that did so has its cookie
        return answer
    answer.set_cookie(
        COOKIE,
        new,
        max_age=KEPT_SECONDS,
        path=f"/s/{token}",
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return answer


def _home(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _languages(request: HttpRequest) -> tuple[str, ...]:
    """What the host page or else the visitor's browser asks for, the most wanted first."""
    chosen = request.GET.get("lang", "")
    header = request.headers.get("Accept-Language", "")[:500]
    accepted = tuple(one for one, _weight in parse_accept_lang_header(header) if one != "*")
    return (chosen, *accepted) if LANGUAGE.fullmatch(chosen) else accepted


def _address(request: HttpRequest) -> str:
    """Where the visitor is on the network, counted with and never stored."""
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return ""
