"""The editor of a survey's draft: its outline beside one form, each edit saved at once and undone with one press."""

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.forms import edition_seen
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import Refused
from headwater.listening.forms import survey_fields as fields
from headwater.listening.forms import surveys as forms
from headwater.listening.models import Survey, SurveyVersion
from headwater.listening.surveys import conditions, editing, logo_files, logos, queries, services, timing, wording
from headwater.listening.surveys.answer_pages import LOGO_HEIGHT, LOGO_WIDTH
from headwater.listening.surveys.document import SCALES, Document, Question
from headwater.listening.surveys.texts import Text, number_of, place, short, translations

CHANGING = ["GET", "HEAD", "POST"]


@require_http_methods(CHANGING)
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """The survey as a whole: its words, whose answers they are, its brand."""
    who, survey, row, document = _opened(request, name)
    refused = None
    if request.method == "POST":
        try:
            values = forms.settings_from(request.POST, document)
            if sent := forms.logo_from(request.FILES):
                values["brand"]["logo"] = logos.keep(who, sent)
            changed = editing.change_settings(document, values)
            return _saved(request, who, survey, changed, _("the texts"), reverse("listening:survey_edit", args=[name]))
        except Refused as error:
            refused = error
    parts = (("title", _("Title")), ("intro", _("Introduction")), ("thanks", _("Thanks, at the end")),
             ("privacy", _("What happens with the answers (privacy text)")))  # fmt: skip
    shown = [fields.words(document, part, label, getattr(document, part)) for part, label in parts]
    logo = logo_files.shown(document.brand.logo, LOGO_WIDTH, LOGO_HEIGHT)
    return _page(request, "settings", survey, row, document, at="", refused=refused, fields=shown, logo=logo)


@require_http_methods(CHANGING)
def edit_question(request: HttpRequest, name: str, question_id: str) -> HttpResponse:
    """One question: its words, answers, scale, place, and when it is shown."""
    who, survey, row, document = _opened(request, name)
    question = editing.question_of(document, question_id)
    refused = None
    if request.method == "POST":
        try:
            post = forms.rearranged(request.POST, request.POST.get("do", ""))
            changed = editing.change_question(document, forms.question_from(post, document, question))
            here = reverse("listening:survey_edit_question", args=[name, question_id])
            what = _("question %d") % number_of(document, question_id)
            return _saved(request, who, survey, changed, what, here)
        except Refused as error:
            refused = error
    return _page(
        request,
        "question",
        survey,
        row,
        document,
        at=f"question:{question_id}",
        refused=refused,
        **_question_fields(document, question),
    )


@require_http_methods(CHANGING)
def edit_page(request: HttpRequest, name: str, page_id: str) -> HttpResponse:
    """One page: its title, when it is shown, and where it leads."""
    who, survey, row, document = _opened(request, name)
    page = editing.page_of(document, page_id)
    number = document.pages.index(page) + 1
    refused = None
    if request.method == "POST":
        try:
            changed = editing.change_page(document, forms.page_from(request.POST, document, page))
            here = reverse("listening:survey_edit_page", args=[name, page_id])
            return _saved(request, who, survey, changed, _("page %d") % number, here)
        except Refused as error:
            refused = error
    after = _first_asked(document, number)
    context = {
        "number": number,
        "fields": [fields.words(document, "title", _("Title of the page (optional)"), page.title)],
        "rule": fields.rule(document, page.show_if, "show_if"),
        "askable": fields.askable_keys(_askable_before_page(document, number)),
        "before": page.questions[0].id if page.questions else (after or ""),
        "jumps": fields.jumps(document, page),
        "targets": fields.targets(document, page),
        "askable_after": fields.askable_keys(conditions.askable(document, after)),
        "before_after": after or "",
    }
    return _page(request, "page", survey, row, document, at=f"page:{page_id}", refused=refused, **context)


@require_http_methods(CHANGING)
def edit_languages(request: HttpRequest, name: str) -> HttpResponse:
    """The survey's languages and what is not translated yet."""
    who, survey, row, document = _opened(request, name)
    refused = None
    if request.method == "POST":
        acts = {"add": editing.add_language, "remove": editing.remove_language, "lead": editing.lead_language}
        act, language = acts.get(request.POST.get("do", "")), request.POST.get("language", "")
        try:
            if act is not None:
                here = reverse("listening:survey_edit_languages", args=[name])
                return _saved(request, who, survey, act(document, language), _("the languages"), here)
        except Refused as error:
            refused = error
    listed = [
        {
            "code": one.language,
            "name": forms.language_name(one.language),
            "done": one.done,
            "total": one.total,
            "missing": [_linked(survey, document, text) for text in one.missing],
        }
        for one in translations(document)
    ]
    offered = [(code, forms.language_name(code)) for code in forms.LANGUAGES if code not in document.languages]
    return _page(
        request,
        "languages",
        survey,
        row,
        document,
        at="languages",
        refused=refused,
        translations=listed,
        offered=offered,
    )


@require_POST
def do(request: HttpRequest, name: str) -> HttpResponse:
    """One press in the outline: add, move, duplicate, delete, undo."""
    who, survey, _row, document = _opened(request, name)
    if request.POST.get("do") == "undo":
        return undo(request, name)
    at = request.POST.get("at", "")
    try:
        changed, what, at = _done(request, document, at)
    except Refused as refused:
        if refused.code != editing.FORBIDDEN:
            raise
        messages.error(request, refused.message)
        return redirect(_address(survey, document, at))
    return _saved(request, who, survey, changed, what, _address(survey, changed, at))


def _done(request: HttpRequest, document: Document, at: str) -> tuple[Document, str, str]:
    """The survey after a press in the outline, what changed in words, and where to go on."""
    act, _colon, target = request.POST.get("do", "").partition(":")
    if act == "add_page":
        changed, id = editing.add_page(document)
        what, at = _("a new page"), f"page:{id}"
    elif act == "add":
        kind = forms.kind_of(request.POST.get(f"kind:{target}", "open"))
        changed, id = editing.add_question(document, kind, target)
        what, at = _("a new question"), f"question:{id}"
    elif act == "place":
        question_id, page_id, index = (*target.split(":"), "", "")[:3]
        changed = editing.place_question(document, question_id, page_id, int(index) if index.isdecimal() else 0)
        what = _("the place of question %d") % number_of(document, question_id)
    else:
        return _pressed(document, act, target, at)
    return changed, what, at


@require_POST
def undo(request: HttpRequest, name: str) -> HttpResponse:
    """Take back the last edit of the draft."""
    who = person(request)
    survey = queries.survey_of(who, name)
    services.undo(who, survey, edition_seen(request.POST))
    messages.success(request, _("The last edit is taken back."))
    return redirect("listening:survey_edit", name)


@require_GET
def condition(request: HttpRequest, name: str) -> HttpResponse:
    """One condition once its question is chosen: the tests and answers that it can be compared with."""
    _who, survey, _row, document = _opened(request, name)
    asked, before = request.GET.get("name", ""), request.GET.get("before", "")
    if not re.fullmatch(r"[a-z0-9_:]{1,60}", asked):
        raise Refused("survey.no_edit", _("There is no edit “%s”. Reload the page.") % asked[:60], "name")
    key = request.GET.get(f"{asked}:question", "")
    shown = {
        "survey": survey,
        "condition": fields.condition_of(document, asked, key),
        "askable": fields.askable_keys(conditions.askable(document, before or None)),
        "before": before,
    }
    return render(request, "listening/survey_editor_condition.html", shown)


def _opened(request: HttpRequest, name: str) -> tuple[Person, Survey, SurveyVersion | None, Document]:
    who = person(request)
    require(who, "edit", "surveys")
    survey = queries.survey_of(who, name)
    draft = queries.draft(survey)
    row, document = draft or (None, queries.latest(survey)[1])
    return who, survey, row, document


def _saved(
    request: HttpRequest, who: Person, survey: Survey, document: Document, what: str, address: str
) -> HttpResponse:
    """Keep the edit and say so, with the way back; the edition the page showed guards what others did meanwhile."""
    before = queries.draft(survey)
    row = services.save(who, survey, document, edition_seen(request.POST) if before else None, what=what)
    if before is None or before[0].edition != row.edition:
        undo_address = reverse("listening:survey_undo", args=[survey.name])
        messages.success(request, _("Saved: %s.") % what, extra_tags=f"undo={undo_address}")
    return redirect(address)


def _page(
    request: HttpRequest,
    part: str,
    survey: Survey,
    row: SurveyVersion | None,
    document: Document,
    *,
    at: str,
    refused: Refused | None = None,
    **context: Any,
) -> HttpResponse:
    missing = sum(len(one.missing) for one in translations(document))
    asked = len(document.questions)
    length = wording.minutes(timing.minutes(document, document.languages[0]).estimate)
    sentence = ngettext(
        "%(n)d question; answering takes %(time)s.", "%(n)d questions; answering takes %(time)s.", asked
    )
    shown = {
        "survey": survey,
        "document": document,
        "edition": row.edition if row else 0,
        "steps": row.steps.exists() if row else False,
        "sentence": sentence % {"n": asked, "time": length} if asked else _("Nothing is asked yet: add a question."),
        "outline": fields.outline(document),
        "kinds": fields.kinds(),
        "several": len(document.languages) > 1,
        "missing": missing,
        "at": at,
        "tab": "edit",
        "may_edit": True,
        "refused": refused,
    }
    template = f"listening/survey_editor_{part}.html"
    return render(request, template, shown | context, status=refused.status if refused else 200)


def _question_fields(document: Document, question: Question) -> dict[str, Any]:
    scales = fields.scales(question)
    anchors, points = fields.scale_words(document, question) if scales else ([], [])
    return {
        "question": question,
        "number": number_of(document, question.id),
        "fields": fields.question_words(document, question),
        "pipes": fields.pipes(document, question.id, queries.known_attributes()),
        "scales": scales,
        "scale": question.scale or SCALES.get(question.kind, ""),
        "anchors": anchors,
        "points": points,
        "points_used": bool(question.points),
        "options": fields.options(document, question) if question.kind in ("single", "multiple") else None,
        "rows": fields.rows(document, question) if question.kind == "matrix" else None,
        "places": fields.places(),
        "place": fields.place_value(question.stage, question.moment),
        "rule": fields.rule(document, question.show_if, "show_if"),
        "askable": fields.askable_keys(conditions.askable(document, question.id)),
        "before": question.id,
    }


def _askable_before_page(document: Document, number: int) -> list[conditions.Asked]:
    earlier = {one.id for page in document.pages[: number - 1] for one in page.questions}
    return [one for one in conditions.askable(document, None) if one.question.id in earlier]


def _first_asked(document: Document, after: int) -> str | None:
    """The first question after this many pages; None when there is none."""
    return next((one.id for page in document.pages[after:] for one in page.questions), None)


def _pressed(document: Document, act: str, target: str, at: str) -> tuple[Document, str, str]:
    """The survey after a press on a page or question, what changed in words, and where to go on."""
    kind, _colon, id = target.partition(":")
    by = {"up": -1, "down": 1}.get(act, 0)
    if kind == "page":
        what = _("page %d") % ([one.id for one in document.pages].index(editing.page_of(document, id).id) + 1)
        if by:
            return editing.move_page(document, id, by), _("the place of %s") % what, at
        if act == "copy":
            changed, new = editing.duplicate_page(document, id)
            return changed, _("a copy of %s") % what, f"page:{new}"
        if act == "remove":
            return editing.remove_page(document, id), _("%s is taken out") % what, ""
    if kind == "question":
        what = f"“{short(document, editing.question_of(document, id), length=40)}”"
        if by:
            return editing.move_question(document, id, by), _("the place of %s") % what, at
        if act == "copy":
            changed, new = editing.duplicate_question(document, id)
            return changed, _("a copy of %s") % what, f"question:{new}"
        if act == "remove":
            asking = len(editing.dependents(document, {id}))
            also = (
                ngettext("%d condition that asked for it too", "%d conditions that asked for it too", asking) % asking
            )
            gone = _("%s is taken out") % what
            return editing.remove_question(document, id), f"{gone} ({also})" if asking else gone, ""
    raise Refused("survey.no_edit", _("There is no edit “%s”. Reload the page.") % f"{act}:{target}"[:60], "do")


def _address(survey: Survey, document: Document, at: str) -> str:
    """Where the editor goes on: the part it was at, where that still is."""
    kind, _colon, id = at.partition(":")
    if kind == "question" and document.question(id):
        return reverse("listening:survey_edit_question", args=[survey.name, id])
    if kind == "page" and any(one.id == id for one in document.pages):
        return reverse("listening:survey_edit_page", args=[survey.name, id])
    if kind == "languages":
        return reverse("listening:survey_edit_languages", args=[survey.name])
    return reverse("listening:survey_edit", args=[survey.name])


def _linked(survey: Survey, document: Document, text: Text) -> tuple[str, str, str]:
    at = f"question:{text.question}" if text.question else f"page:{text.page}" if text.page else ""
    words = document.in_language(text.words, document.languages[0])
    return _address(survey, document, at), place(document, text), words[:80]
