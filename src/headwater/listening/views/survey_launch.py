"""Before a survey goes out: how it looks on a phone and a desktop, what the check finds, and publishing."""

from csp.decorators import csp_replace, csp_update
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from headwater.base.accounts import person
from headwater.base.forms import edition_seen
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.listening.forms.surveys import language_name
from headwater.listening.surveys import answer_pages, check, queries, services, timing, wording
from headwater.listening.surveys.document import END, Document, direction
from headwater.listening.surveys.findings import Finding
from headwater.listening.surveys.texts import place_of

SELF = "'self'"


@require_GET
def check_page(request: HttpRequest, name: str) -> HttpResponse:
    """What the check finds, each with its phrase, the reason, and a mended wording where there is one."""
    who = person(request)
    survey = queries.survey_of(who, name)
    draft = queries.draft(survey)
    document = queries.latest(survey)[1]
    found = check.check(document, queries.known(document))
    length = timing.minutes(document, document.languages[0])
    shown = {
        "survey": survey,
        "draft": draft[0] if draft else None,
        "edition": draft[0].edition if draft else 0,
        "findings": [_shown(survey.name, document, one) for one in found],
        "errors": sum(one.severity == "error" for one in found),
        "warnings": sum(one.severity == "warning" for one in found),
        "sentence": wording.check_sentence(found),
        "length": wording.minutes(length.estimate),
        "low": round(length.low, 1),
        "high": round(length.high, 1),
        "may_edit": allows(who, "edit", "surveys"),
        "tab": "check",
    }
    return render(request, "listening/surveys_check.html", shown)


@require_POST
def mend(request: HttpRequest, name: str) -> HttpResponse:
    """Take over one mended wording."""
    who = person(request)
    require(who, "edit", "surveys")
    survey = queries.survey_of(who, name)
    document = queries.latest(survey)[1]
    changed, found = check.mended(document, request.POST.get("finding", ""), queries.known(document))
    edition = edition_seen(request.POST) if queries.draft(survey) else None
    services.save(who, survey, changed, edition, what=wording.finding_name(found.code))
    address = reverse("listening:survey_undo", args=[name])
    messages.success(request, _("Mended: %s.") % wording.finding_name(found.code), extra_tags=f"undo={address}")
    return redirect("listening:survey_check", name)


@require_POST
def publish(request: HttpRequest, name: str) -> HttpResponse:
    """Publish the draft; warnings have to be confirmed."""
    who = person(request)
    survey = queries.survey_of(who, name)
    try:
        row = services.publish(who, survey, edition_seen(request.POST), confirmed="confirmed" in request.POST)
    except Refused as refused:
        if refused.status == 403:
            raise
        messages.error(request, refused.message)
        return redirect("listening:survey_check", name)
    messages.success(request, _("Version %d is published. It is what customers read from now on.") % (row.version or 0))
    return redirect("listening:survey", name)


@require_GET
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def preview(request: HttpRequest, name: str) -> HttpResponse:
    """The survey as customers would see it, on a phone and on a desktop, page by page, in each language."""
    who = person(request)
    survey = queries.survey_of(who, name)
    row, document = queries.latest(survey)
    language, page_id = _chosen(request, document)
    pages = [(one.id, _("Page %d") % number) for number, one in enumerate(document.pages, start=1)]
    shown = {
        "survey": survey,
        "row": row,
        "language": language,
        "languages": [(one, language_name(one)) for one in document.languages],
        "page_id": page_id,
        "pages": [*pages, (END, _("Thanks"))],
        "frame": f"{reverse('listening:survey_preview_frame', args=[name])}?language={language}&page={page_id}",
        "may_edit": allows(who, "edit", "surveys"),
        "tab": "preview",
    }
    return render(request, "listening/surveys_preview.html", shown)


@require_GET
@xframe_options_sameorigin
@csp_replace({"frame-ancestors": [SELF]})  # type: ignore[arg-type]
def preview_frame(request: HttpRequest, name: str) -> HttpResponse:
    """One answering page of the draft, drawn as for customers; nothing can be sent from it."""
    document = queries.latest(queries.survey_of(person(request), name))[1]
    language, page_id = _chosen(request, document)
    answer = HttpResponse(answer_pages.preview_page(document, page_id, language, {}))
    answer["Cache-Control"] = "no-store"
    return answer


def _chosen(request: HttpRequest, document: Document) -> tuple[str, str]:
    """Language and page of the address, else the survey's first ones."""
    language = request.GET.get("lang") or request.GET.get("language", "")
    page_id = request.GET.get("page", "")
    known = {one.id for one in document.pages} | {END}
    first = document.pages[0].id if document.pages else END
    return (
        language if language in document.languages else document.languages[0],
        page_id if page_id in known else first,
    )


def _shown(name: str, document: Document, found: Finding) -> dict[str, object]:
    """One finding as the page shows it: the words with the phrase apart, and where to change it."""
    at = found.words.find(found.phrase) if found.phrase else -1
    before, phrase, after = found.words, "", ""
    if at >= 0:
        before, phrase, after = found.words[:at], found.phrase, found.words[at + len(found.phrase) :]
    address = reverse("listening:survey_edit", args=[name])
    if found.question:
        address = reverse("listening:survey_edit_question", args=[name, found.question])
    elif found.page:
        address = reverse("listening:survey_edit_page", args=[name, found.page])
    elif found.code == "missing_translation":
        address = reverse("listening:survey_edit_languages", args=[name])
    return {
        "found": found,
        "name": wording.finding_name(found.code),
        "place": place_of(document, found.question, found.page),
        "before": before,
        "phrase": phrase,
        "after": after,
        "direction": direction(found.language or document.languages[0]),
        "address": address,
    }
