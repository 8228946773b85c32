"""What surveys found, for programs: figures with intervals, one scale by segment and over time, and links."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema

from headwater.base.accounts import person
from headwater.base.problems import REFUSALS
from headwater.listening.models import SurveyLink
from headwater.listening.surveys import links, queries, results_segments, snippet
from headwater.listening.surveys.answering import address
from headwater.listening.surveys.funnel import LinkCounts, link_counts
from headwater.listening.surveys.results import Compared, QuestionResults, Results, View, results
from headwater.listening.surveys.results_choices import ChoiceShare, choices_by
from headwater.science.results import Estimate, Result

router = Router(tags=["surveys"])
Name = Annotated[str, Path(max_length=60, pattern=r"^[-a-zA-Z0-9_]+$")]
Key = Annotated[str, Path(max_length=81, pattern=r"^[a-z0-9_:]+$", description="A question, or question:row.")]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]


class SurveyFigure(Schema):
    """A figure with its 95 % interval, or why there is none."""

    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    method: str = ""
    why_not: str = ""


class SurveyCompared(Schema):
    """The other wave's figure and the difference; `found`: more than chance makes, over all figures together."""

    before: SurveyFigure
    difference: SurveyFigure
    adjusted_p: float | None
    found: bool


class SurveyScale(Schema):
    """One scale. `spread`: answers by score, on the metric's own scale."""

    key: str
    text: str
    metric: str
    n: int
    result: SurveyFigure
    spread: dict[str, int]
    compared: SurveyCompared | None


class SurveyOption(Schema):
    id: str
    text: str
    n: int
    share: SurveyFigure
    compared: SurveyCompared | None


class SurveyQuestionResults(Schema):
    """`asked`: by the published version; `withheld`: too few answered an anonymous survey."""

    id: str
    kind: str
    text: str
    n: int
    words: int
    asked: bool
    withheld: bool
    scores: list[SurveyScale]
    options: list[SurveyOption]


class SurveyStep(Schema):
    """A step of the funnel; `n` is null where an anonymous survey keeps nothing to count."""

    step: str
    n: int | None
    share: SurveyFigure | None


class SurveyResults(Schema):
    """What a survey found. `withheld`: it is anonymous, and too few answered for anything to be shown."""

    survey: str
    anonymous: bool
    withheld: bool
    responses: int
    waves: dict[str, int]
    funnel: list[SurveyStep]
    losses: dict[str, int]
    response_rate: SurveyFigure
    questions: list[SurveyQuestionResults]


class SurveySegment(Schema):
    """One segment against all others."""

    segment: str | None
    n: int
    result: SurveyFigure
    difference: SurveyFigure
    adjusted_p: float | None
    found: bool


class SurveySegments(Schema):
    by: str
    metric: str
    hidden: int
    segments: list[SurveySegment]


class SurveyChoiceShare(Schema):
    """One option in one segment, against all other segments."""

    option: str
    n: int
    share: SurveyFigure
    difference: SurveyFigure
    adjusted_p: float | None
    found: bool


class SurveyChoiceSegment(Schema):
    """One segment; `compared` is false under the minimum base."""

    segment: str | None
    n: int
    compared: bool
    shares: list[SurveyChoiceShare]


class SurveyChoices(Schema):
    by: str
    options: dict[str, str]
    hidden: int
    segments: list[SurveyChoiceSegment]


class SurveyTrendPoint(Schema):
    """`wording` is one more for each change of the question's words."""

    start: date
    wording: int
    n: int
    result: SurveyFigure


class SurveyTrend(Schema):
    period: str
    points: list[SurveyTrendPoint]
    breaks: list[date]


class SurveyLinkIn(Schema):
    """A new link. `settings` are a web snippet's."""

    title: str = Field(min_length=1, max_length=120)
    kind: str = Field("open", max_length=4, description="open, qr or web")
    attributes: dict[str, str] = Field(default_factory=dict, max_length=20)
    settings: dict[str, Any] | None = None


class SurveyLinkOut(Schema):
    """A link with what came through it; how many saw it, nobody knows."""

    id: int
    title: str
    kind: str
    address: str
    attributes: dict[str, str]
    settings: dict[str, Any]
    begun: int
    completed: int
    partial: int
    created_at: datetime
    closed_at: datetime | None


class WavesAsked(Schema):
    """All waves together; or one; or one against another."""

    wave: str = Field("", max_length=40)
    against: str = Field("", max_length=40)

    def view(self) -> View:
        return View(self.wave, self.against)


class SegmentsAsked(Schema):
    by: str = Field(min_length=1, max_length=80, description="channel, language, stage or attribute:NAME")
    wave: str = Field("", max_length=40)


@router.get("/surveys/{name}/results", response={200: SurveyResults, **REFUSALS})
def get_survey_results(request: HttpRequest, name: Name, asked: Query[WavesAsked]) -> dict[str, Any]:
    """Return how many answered, and each question by its kind, with intervals."""
    return _results(results(person(request), name, asked.view()))


@router.get("/surveys/{name}/results/{key}/segments", response={200: SurveySegments, **REFUSALS})
def get_survey_segments(request: HttpRequest, name: Name, key: Key, asked: Query[SegmentsAsked]) -> dict[str, Any]:
    """Return a score by segment, each against all others, false discoveries held at 5 %."""
    me = person(request)
    found = results_segments.segments(me, queries.survey_of(me, name), key, asked.by, View(asked.wave))
    return {
        "by": found.by,
        "metric": found.compared.definition.name,
        "hidden": found.hidden,
        "segments": [
            {
                "segment": one.value,
                "n": one.n,
                "result": _figure(one.result),
                "difference": _figure(one.difference),
                "adjusted_p": one.adjusted_p,
                "found": one.found,
            }
            for one in found.compared.groups
        ],
    }


@router.get("/surveys/{name}/results/{key}/choices", response={200: SurveyChoices, **REFUSALS})
def get_survey_choices(request: HttpRequest, name: Name, key: Key, asked: Query[SegmentsAsked]) -> dict[str, Any]:
    """Return which share of each segment chose each option of a choice question, each against all others."""
    me = person(request)
    found = choices_by(me, queries.survey_of(me, name), key, asked.by, View(asked.wave))
    segments = [
        {"segment": one.value, "n": one.n, "compared": one.compared, "shares": [_share(part) for part in one.shares]}
        for one in found.groups
    ]
    return {"by": found.by, "options": dict(found.options), "hidden": found.hidden, "segments": segments}


@router.get("/surveys/{name}/results/{key}/trend", response={200: SurveyTrend, **REFUSALS})
def get_survey_trend(request: HttpRequest, name: Name, key: Key) -> dict[str, Any]:
    """Return a score over time, apart for each wording; `breaks` are the days on which the wording changed."""
    me = person(request)
    found = results_segments.trend(me, queries.survey_of(me, name), key, View())
    points = [
        {"start": one.start, "wording": one.wording, "n": one.n, "result": _figure(one.result)} for one in found.points
    ]
    return {"period": found.period, "points": points, "breaks": [day for day, _version in found.breaks]}


@router.get("/surveys/{name}/links", response={200: list[SurveyLinkOut], **REFUSALS})
def list_survey_links(request: HttpRequest, name: Name) -> list[dict[str, Any]]:
    """Return the links of a survey, newest first, with what came through them."""
    me = person(request)
    survey = queries.survey_of(me, name)
    links.links_of(me, survey)
    return [_link(one) for one in link_counts(survey)]


@router.post("/surveys/{name}/links", response={201: SurveyLinkOut, **REFUSALS})
def create_survey_link(request: HttpRequest, name: Name, body: SurveyLinkIn) -> tuple[int, dict[str, Any]]:
    """Make a link: open, for a QR code, or for a web snippet."""
    me = person(request)
    settings = snippet.read_settings(body.settings or {})
    link = links.create_link(me, queries.survey_of(me, name), body.title, body.kind, body.attributes)
    if body.settings is not None and link.kind == SurveyLink.Kind.WEB:
        snippet.change_settings(me, link, settings)
    return 201, _link(LinkCounts(link, 0, 0, 0))


@router.post("/surveys/{name}/links/{number}/close", response={200: SurveyLinkOut, **REFUSALS})
def close_survey_link(request: HttpRequest, name: Name, number: Number) -> dict[str, Any]:
    """Take no more answers through a link."""
    return _changed(request, name, number, close=True)


@router.post("/surveys/{name}/links/{number}/reopen", response={200: SurveyLinkOut, **REFUSALS})
def reopen_survey_link(request: HttpRequest, name: Name, number: Number) -> dict[str, Any]:
    """Take answers through a link again."""
    return _changed(request, name, number, close=False)


def _changed(request: HttpRequest, name: str, number: int, *, close: bool) -> dict[str, Any]:
    me = person(request)
    survey = queries.survey_of(me, name)
    link = links.link_of(me, survey, number)
    changed = links.close_link(me, link) if close else links.reopen_link(me, link)
    counted = next(one for one in link_counts(survey) if one.link.pk == changed.pk)
    return _link(counted)


def _link(one: LinkCounts) -> dict[str, Any]:
    link = one.link
    return {
        "id": link.pk,
        "settings": snippet.settings_of(link).model_dump(mode="json") if link.kind == SurveyLink.Kind.WEB else {},
        "address": address(link.token),
        "begun": one.begun,
        "completed": one.completed,
        "partial": one.partial,
        **{name: getattr(link, name) for name in ("title", "kind", "attributes", "created_at", "closed_at")},
    }


def _results(found: Results) -> dict[str, Any]:
    return {
        "survey": found.survey.name,
        "anonymous": found.document.anonymous,
        "withheld": found.withheld,
        "responses": found.responses,
        "waves": {wave: n for wave, n in found.waves.items() if wave in found.shown},
        "funnel": [
            {"step": one.step, "n": one.n, "share": _figure(one.share) if one.share else None}
            for one in found.funnel.steps
        ],
        "losses": dict(found.funnel.losses),
        "response_rate": _figure(found.funnel.rate),
        "questions": [_question(one) for one in found.questions],
    }


def _question(one: QuestionResults) -> dict[str, Any]:
    scores = [
        {
            "key": score.of.key,
            "text": score.text,
            "metric": score.of.definition.name,
            "n": score.n,
            "result": _figure(score.result),
            "spread": {f"{value:g}": n for value, n in score.spread},
            "compared": _compared(score.compared),
        }
        for score in one.scores
    ]
    options = [
        {
            "id": option.id,
            "text": option.text,
            "n": option.n,
            "share": _figure(option.share),
            "compared": _compared(option.compared),
        }
        for option in one.options
    ]
    said = {name: getattr(one, name) for name in ("id", "text", "n", "words", "asked", "withheld")}
    return {**said, "kind": one.question.kind, "scores": scores, "options": options}


def _share(one: ChoiceShare) -> dict[str, Any]:
    figures = {"share": _figure(one.share), "difference": _figure(one.difference)}
    return {"option": one.option, "n": one.n, **figures, "adjusted_p": one.adjusted_p, "found": one.found}


def _compared(one: Compared | None) -> dict[str, Any] | None:
    if one is None:
        return None
    figures = {"before": _figure(one.before), "difference": _figure(one.difference)}
    return {**figures, "adjusted_p": one.adjusted_p, "found": one.found}


def _figure(result: Result) -> dict[str, Any]:
    if isinstance(result, Estimate):
        return {name: getattr(result, name) for name in ("estimate", "low", "high", "n", "method")}
    return {"why_not": result.message, "n": result.n}
