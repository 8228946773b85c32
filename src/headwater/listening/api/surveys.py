"""Surveys for other programs: list, get, create, replace the draft, check, publish, close and export."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, File, Path, Query, Router, Schema, UploadedFile

from headwater.base.accounts import person
from headwater.base.problems import REFUSALS
from headwater.listening.surveys import check, exchange, logos, queries, services
from headwater.listening.surveys.findings import Finding
from headwater.listening.surveys.logo_files import MOST_BYTES

router = Router(tags=["surveys"])
Name = Annotated[str, Path(max_length=60, pattern=r"^[-a-zA-Z0-9_]+$")]
FORMATS = {"yaml": (exchange.as_yaml, "application/yaml"), "json": (exchange.as_json, "application/json")}


class SurveyIn(Schema):
    """A new survey: from a document, else from a template, else one empty page."""

    title: str = Field("", max_length=200)
    name: str | None = Field(None, max_length=50, description="Its name in addresses; made from the title by itself.")
    language: str = Field("en", max_length=35)
    template: str | None = Field(None, max_length=40)
    document: dict[str, Any] | None = Field(None, description="A survey as `export` writes it, `schema: 1`.")


class SurveyDraftIn(Schema):
    """A whole document in place of the draft; `edition` is the one it was read at."""

    document: dict[str, Any]
    edition: int = Field(ge=0, le=2**31 - 1)


class SurveyPublishIn(Schema):
    """`edition` is the draft's that was read; `confirmed` says that the check's warnings are meant so."""

    edition: int = Field(ge=0, le=2**31 - 1)
    confirmed: bool = False


class SurveyListed(Schema):
    """One survey. `version` is the number of what is answered now; null before the first."""

    name: str
    title: str
    state: Literal["draft", "open", "closed", "archived"]
    source: str
    version: int | None
    has_draft: bool
    answers: int
    last_answer: datetime | None


class SurveyShown(SurveyListed):
    """With what it asks: the draft where there is one, else what is published. `edition` is null without a draft."""

    edition: int | None
    document: dict[str, Any]


class SurveyLogoKept(Schema):
    """A logo that is kept, by the name that documents give it."""

    logo: str


class SurveyFinding(Schema):
    """One thing that the check found. `phrase` is the part of `words` that is meant; `mended` other words for it."""

    code: str
    severity: Literal["error", "warning", "note"]
    question: str
    page: str
    language: str
    words: str
    phrase: str
    why: str
    mended: str | None


@router.get("/surveys", response={200: list[SurveyListed], **REFUSALS}, summary="List surveys")
def list_surveys(request: HttpRequest, archived: bool = False) -> list[SurveyListed]:
    """Every survey, newest first; archived ones only when asked for."""
    return [SurveyListed(**_listed(one)) for one in queries.surveys(person(request), archived=archived)]


@router.post("/surveys", response={201: SurveyShown, **REFUSALS}, summary="Create a survey")
def create_survey(request: HttpRequest, body: SurveyIn) -> tuple[int, SurveyShown]:
    """Make a survey with a draft. Nobody is asked before it is published."""
    who = person(request)
    if body.document is not None:
        document = exchange.read_content(body.document)
        made = services.create_from(who, document, body.title, name=body.name)
    else:
        made = services.create(who, body.title, language=body.language, template=body.template, name=body.name)
    return 201, _shown(request, made.name)


@router.get("/surveys/{name}", response={200: SurveyShown, **REFUSALS}, summary="Get one survey")
def get_survey(request: HttpRequest, name: Name) -> SurveyShown:
    """One survey with the document of its draft, else of what is published."""
    return _shown(request, name)


@router.put("/surveys/{name}/draft", response={200: SurveyShown, **REFUSALS}, summary="Replace the draft")
def replace_survey_draft(request: HttpRequest, name: Name, body: SurveyDraftIn) -> SurveyShown:
    """Replace the draft; refused (409) when somebody changed it after `edition`. Without a draft, 0 begins one."""
    who = person(request)
    survey = queries.survey_of(who, name)
    services.save(who, survey, exchange.read_content(body.document), body.edition)
    return _shown(request, name)


@router.post("/survey-logos", response={201: SurveyLogoKept, **REFUSALS}, summary="Keep a logo")
def keep_survey_logo(request: HttpRequest, file: Annotated[UploadedFile, File()]) -> tuple[int, SurveyLogoKept]:
    """Keep a PNG or JPEG of at most 200,000 bytes; the name in the answer goes into a document's `brand.logo`."""
    return 201, SurveyLogoKept(logo=logos.keep(person(request), file.read(MOST_BYTES + 1)))


@router.get("/surveys/{name}/check", response={200: list[SurveyFinding], **REFUSALS}, summary="Check a survey")
def check_survey(request: HttpRequest, name: Name) -> list[SurveyFinding]:
    """What the check before launch finds in the draft, else in what is published."""
    document = queries.latest(queries.survey_of(person(request), name))[1]
    return [_finding(one) for one in check.check(document, queries.known(document))]


@router.post("/surveys/{name}/publish", response={200: SurveyShown, **REFUSALS}, summary="Publish the draft")
def publish_survey(request: HttpRequest, name: Name, body: SurveyPublishIn) -> SurveyShown:
    """Make the draft what is answered from now on. Refused (409) on the check's errors, and on its warnings until
    they are confirmed."""
    who = person(request)
    services.publish(who, queries.survey_of(who, name), body.edition, confirmed=body.confirmed)
    return _shown(request, name)


@router.post("/surveys/{name}/close", response={200: SurveyShown, **REFUSALS}, summary="Close a survey")
def close_survey(request: HttpRequest, name: Name) -> SurveyShown:
    """Take no more answers. Closing what is closed changes nothing."""
    who = person(request)
    services.close(who, queries.survey_of(who, name))
    return _shown(request, name)


@router.get("/surveys/{name}/export", response={200: None, **REFUSALS}, summary="Export a survey as a file")
def export_survey(
    request: HttpRequest,
    name: Name,
    format: Literal["yaml", "json"] = "yaml",
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> HttpResponse:
    """The draft, else what is published, or one version, as the file that `create` and the page take in."""
    survey = queries.survey_of(person(request), name)
    document = queries.version_of(survey, version)[1] if version else queries.latest(survey)[1]
    write, kind = FORMATS[format]
    return HttpResponse(write(document), content_type=f"{kind}; charset=utf-8")


def _listed(one: queries.SurveySummary) -> dict[str, Any]:
    return {
        "name": one.survey.name,
        "title": one.survey.title,
        "state": one.state,
        "source": one.survey.source,
        "version": one.version,
        "has_draft": one.has_draft,
        "answers": one.answers,
        "last_answer": one.last_answer,
    }


def _shown(request: HttpRequest, name: str) -> SurveyShown:
    survey = queries.survey_of(person(request), name)
    draft = queries.draft(survey)
    document = queries.latest(survey)[1]
    edition = draft[0].edition if draft else None
    return SurveyShown(**_listed(queries.summary_of(survey)), edition=edition, document=exchange.written(document))


def _finding(one: Finding) -> SurveyFinding:
    return SurveyFinding(
        code=one.code,
        severity=one.severity,
        question=one.question,
        page=one.page,
        language=one.language,
        words=one.words,
        phrase=one.phrase,
        why=one.why,
        mended=one.mend.words if one.mend else None,
    )
