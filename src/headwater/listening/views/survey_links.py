"""Links that anybody may answer through: all of a survey, one with its code and its web snippet."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.listening.forms.survey_links import NewLinkForm, SnippetForm
from headwater.listening.models import SurveyLink
from headwater.listening.surveys import links, qr, queries, snippet
from headwater.listening.surveys.answer_words import name_of
from headwater.listening.surveys.answering import address
from headwater.listening.surveys.document import Document, direction
from headwater.listening.surveys.funnel import link_counts


@require_http_methods(["GET", "HEAD", "POST"])
def survey_links(request: HttpRequest, name: str) -> HttpResponse:
    """All links of a survey with what came through them, and a form for a new one."""
    me = person(request)
    survey = queries.survey_of(me, name)
    form = NewLinkForm(request.POST or None)
    if request.method == "POST":
        require(me, "send", "surveys")
        if form.is_valid():
            given = form.cleaned_data
            try:
                made = links.create_link(me, survey, given["title"], given["kind"], given["attributes"])
            except Refused as refused:
                show_refusal(form, refused)
            else:
                messages.success(request, _("“%s” can be answered through now.") % made.title)
                return redirect("listening:survey_link", survey.name, made.pk)
    counted = link_counts(survey)
    shown = {
        "survey": survey,
        "tab": "links",
        "may_edit": allows(me, "edit", "surveys"),
        "may_send": allows(me, "send", "surveys"),
        "links": counted,
        "sentence": _links_sentence([one.link for one in counted], sum(one.completed for one in counted)),
        "is_open": queries.state_of(survey) == "open",
        "form": form,
    }
    return render(request, "listening/survey_links.html", shown, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def survey_link(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """One link: its address, its code, its snippet, and what came through it."""
    me = person(request)
    survey = queries.survey_of(me, name)
    link = links.link_of(me, survey, pk)
    is_snippet = link.kind == SurveyLink.Kind.WEB
    form = (
        SnippetForm(request.POST or None, initial=SnippetForm.shown(snippet.settings_of(link))) if is_snippet else None
    )
    if request.method == "POST" and form is not None:
        require(me, "edit", "surveys")
        if form.is_valid() and _set(request, link, form):
            return redirect("listening:survey_link", survey.name, link.pk)
    level = qr.level_of(request.GET.get("level", ""))
    found = queries.published_or_none(survey)
    shown = {
        "survey": survey,
        "link": link,
        "tab": "links",
        "may_edit": allows(me, "edit", "surveys"),
        "may_send": allows(me, "send", "surveys"),
        "counts": next(one for one in link_counts(survey) if one.link.pk == link.pk),
        "address": address(link.token),
        "level": level,
        "levels": [(one, _level_words(one)) for one in qr.LEVELS],
        "form": form,
        "tag": snippet_tag(link),
        "home": settings.PUBLIC_URL,
        "script_bytes": len(snippet.script(link, found[1], "")) if found and is_snippet else 0,
        "sentence": _link_sentence(link),
    }
    return render(request, "listening/survey_links_one.html", shown, status=400 if form and form.errors else 200)


def _set(request: HttpRequest, link: SurveyLink, form: SnippetForm) -> bool:
    try:
        snippet.change_settings(person(request), link, form.settings())
    except Refused:
        return False
    messages.success(request, _("The snippet shows as set from its next page view on."))
    return True


@require_POST
def change_link(request: HttpRequest, name: str, pk: int, action: str) -> HttpResponse:
    """Close a link, or open it again."""
    me = person(request)
    link = links.link_of(me, queries.survey_of(me, name), pk)
    if action == "close":
        links.close_link(me, link)
        messages.success(request, _("“%s” takes no more answers.") % link.title)
    else:
        links.reopen_link(me, link)
        messages.success(request, _("“%s” takes answers again.") % link.title)
    return redirect("listening:survey_link", name, link.pk)


@require_GET
def link_code(request: HttpRequest, name: str, pk: int, form: str) -> HttpResponse:
    """The QR code of a link, as SVG or PNG."""
    me = person(request)
    link = links.link_of(me, queries.survey_of(me, name), pk)
    level, where = qr.level_of(request.GET.get("level", "")), address(link.token)
    made, kind = (qr.svg(where, level), "image/svg+xml") if form == "svg" else (qr.png(where, level), "image/png")
    answer = HttpResponse(made, content_type=kind)
    if "download" in request.GET:
        answer["Content-Disposition"] = f'attachment; filename="{name}-{link.pk}.{form}"'
    return answer


@require_GET
def link_sheet(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """The QR code to print, with a line in each language of the survey."""
    me = person(request)
    survey = queries.survey_of(me, name)
    link = links.link_of(me, survey, pk)
    _row, document = queries.published(survey)
    shown = {
        "survey": survey,
        "link": link,
        "tab": "links",
        "may_edit": allows(me, "edit", "surveys"),
        "level": qr.level_of(request.GET.get("level", "")),
        "address": address(link.token),
        "asks": _asks(document),
    }
    return render(request, "listening/survey_links_sheet.html", shown)


def _asks(document: Document) -> list[dict[str, str]]:
    """The survey's title in each of its languages."""
    found = [(one, document.title.get(one, "")) for one in document.languages]
    return [
        {"language": one, "name": name_of(one), "dir": direction(one), "words": words} for one, words in found if words
    ]


def snippet_tag(link: SurveyLink) -> str:
    """The one tag that a host page loads."""
    return f'<script async src="{settings.PUBLIC_URL}/snippet/{link.token}.js"></script>'


def _links_sentence(found: list[SurveyLink], completed: int) -> str:
    open_now = sum(one.closed_at is None for one in found)
    if not found:
        return _("Nobody can answer by link yet.")
    values: dict[str, Any] = {"open": open_now, "all": len(found), "n": f"{completed:,}"}
    return _("%(open)s of %(all)s links take answers; %(n)s came through them.") % values


def _link_sentence(link: SurveyLink) -> str:
    if link.closed_at:
        return _("“%s” is closed.") % link.title
    return {
        SurveyLink.Kind.OPEN: _("Whoever has the address of “%s” can answer."),
        SurveyLink.Kind.QR: _("Whoever scans “%s” can answer."),
        SurveyLink.Kind.WEB: _("Visitors of your pages are asked through “%s”."),
    }[SurveyLink.Kind(link.kind)] % link.title


def _level_words(level: qr.Level) -> str:
    return {
        "L": _("L: 7 % may be damaged; on a screen"),
        "M": _("M: 15 %; on paper"),
        "Q": _("Q: 25 %; on a counter, under a thumb"),
        "H": _("H: 30 %; outdoors, or with a sign over it"),
    }[level]
