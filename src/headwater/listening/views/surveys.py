"""Surveys: the list, a new one, one survey's page, its versions, and what opens, closes and exports it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.forms import edition_seen, show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import NotFound, Refused
from headwater.listening.forms.surveys import NewSurveyForm, language_name
from headwater.listening.surveys import defaults, exchange, queries, reading, services, wording
from headwater.listening.surveys.differences import differences
from headwater.listening.surveys.document import Document, direction
from headwater.listening.surveys.texts import translations

FORMATS = {"yaml": (exchange.as_yaml, "application/yaml"), "json": (exchange.as_json, "application/json")}


@require_GET
def surveys(request: HttpRequest) -> HttpResponse:
    """Every survey with its state and answers; when there is none, what to begin with."""
    who = person(request)
    archived = "archived" in request.GET
    found = queries.surveys(who, archived=archived)
    shown = {
        "surveys": [(one, wording.state_name(one.state)) for one in found],
        "sentence": wording.list_sentence(found),
        "templates": defaults.TEMPLATES,
        "archived": archived,
        "may_edit": allows(who, "edit", "surveys"),
    }
    return render(request, "listening/surveys.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def new_survey(request: HttpRequest) -> HttpResponse:
    """Make a survey from a template, a file, or an empty page."""
    who = person(request)
    require(who, "edit", "surveys")
    given = {"template": request.GET.get("template", ""), "title": _suggested(request.GET.get("template", ""))}
    form = NewSurveyForm(request.POST or None, request.FILES or None, initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            document = form.document()
            values = form.cleaned_data
            if document is None:
                made = services.create(
                    who, values["title"], language=values["language"], template=values["template"] or None
                )
            else:
                made = services.create_from(who, document, values["title"])
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("“%s” is a draft now. Nobody is asked before you publish it.") % made.title)
            return redirect("listening:survey_edit", made.name)
    return render(request, "listening/surveys_new.html", {"form": form}, status=400 if form.errors else 200)


@require_GET
def survey(request: HttpRequest, name: str) -> HttpResponse:
    """One survey: where it stands, what it asks, and where to go on."""
    who = person(request)
    found = queries.survey_of(who, name)
    summary = queries.summary_of(found)
    draft, current = queries.draft(found), queries.published_or_none(found)
    shown = current or draft
    document = shown[1] if shown else None
    changes = differences(current[1], draft[1]) if current and draft else ()
    may_edit = allows(who, "edit", "surveys")
    context: dict[str, Any] = {
        "survey": found,
        "summary": summary,
        "state": wording.state_name(summary.state),
        "sentence": wording.survey_sentence(summary),
        "document": document,
        "draft": draft[0] if draft else None,
        "version": current[0] if current else None,
        "changes": changes,
        "may_edit": may_edit,
        "tab": "survey",
        "languages": [language_name(one) for one in document.languages] if document else [],
        "missing": sum(len(one.missing) for one in translations(document)) if document else 0,
    }
    return render(request, "listening/surveys_one.html", context)


@require_GET
def versions(request: HttpRequest, name: str) -> HttpResponse:
    """Every published version, what it changed, and how many answered that wording; what the draft would change."""
    who = person(request)
    found = queries.survey_of(who, name)
    draft = queries.draft(found)
    listed = queries.versions_of(found)
    context = {
        "survey": found,
        "versions": listed,
        "draft": draft[0] if draft else None,
        "changes": differences(listed[0].document, draft[1]) if draft and listed else (),
        "may_edit": allows(who, "edit", "surveys"),
        "tab": "versions",
    }
    return render(request, "listening/surveys_versions.html", context)


@require_GET
def version(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """The wording that the answers of one version were given to."""
    found = queries.survey_of(person(request), name)
    row, document = queries.version_of(found, number)
    language = request.GET.get("language", "")
    if language not in document.languages:
        language = document.languages[0]
    context = {
        "survey": found,
        "row": row,
        "number": number,
        "answers": queries.answers_of(row),
        "document": document,
        "wording": reading.wording_of(document, language),
        "language": language,
        "direction": direction(language),
        "languages": [(one, language_name(one)) for one in document.languages],
        "tab": "versions",
    }
    return render(request, "listening/surveys_version.html", context)


@require_GET
def export(request: HttpRequest, name: str, format: str) -> HttpResponse:
    """The survey as a file: the draft, or what is published, or one version."""
    found = queries.survey_of(person(request), name)
    if format not in FORMATS:
        raise NotFound("survey.no_format", _("Surveys are exported as yaml or json, not as “%s”.") % format)
    number = request.GET.get("version", "")
    document = queries.version_of(found, int(number))[1] if number.isdecimal() else queries.latest(found)[1]
    return _file(found.name, document, format)


@require_POST
def change_state(request: HttpRequest, name: str, act: str) -> HttpResponse:
    """Close, open again, archive or bring back."""
    who = person(request)
    found = queries.survey_of(who, name)
    acts = {
        "close": (services.close, _("“%s” takes no answers any more."), "reopen"),
        "reopen": (services.reopen, _("“%s” takes answers again."), "close"),
        "archive": (services.archive, _("“%s” is archived. Its answers stay."), "unarchive"),
        "unarchive": (services.unarchive, _("“%s” is back."), "archive"),
    }
    if act not in acts:
        raise NotFound("survey.no_state", _("A survey cannot be made “%s”.") % act)
    change, said, back = acts[act]
    change(who, found)
    address = reverse("listening:survey_state", args=[name, back])
    messages.success(request, said % found.title, extra_tags=f"undo={address}")
    return redirect("listening:survey", name)


@require_POST
def duplicate(request: HttpRequest, name: str) -> HttpResponse:
    """Make a new survey of what this one asks."""
    who = person(request)
    made = services.duplicate(who, queries.survey_of(who, name))
    messages.success(request, _("“%s” is a draft now.") % made.title)
    return redirect("listening:survey_edit", made.name)


@require_POST
def discard(request: HttpRequest, name: str) -> HttpResponse:
    """Throw the draft away."""
    who = person(request)
    found = queries.survey_of(who, name)
    services.discard(who, found, edition_seen(request.POST))
    messages.success(request, _("The draft of “%s” is gone.") % found.title)
    return redirect("listening:survey", name) if found.pk else redirect("listening:surveys")


def _file(name: str, document: Document, format: str) -> HttpResponse:
    write, kind = FORMATS[format]
    answer = HttpResponse(write(document), content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.{format}"'
    return answer


def _suggested(template: str) -> str:
    return next((str(one.title) for one in defaults.TEMPLATES if one.name == template), "")
