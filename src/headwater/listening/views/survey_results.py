"""What a survey found: all its questions, one of them by segment and over time, and the figures as files."""

import csv
import io
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from headwater.base.accounts import person
from headwater.base.permissions import allows
from headwater.base.refusals import NotFound
from headwater.journey.queries import taxonomy
from headwater.listening.downloads import escaped
from headwater.listening.surveys import results_charts, results_exports, results_segments
from headwater.listening.surveys import results_wording as wording
from headwater.listening.surveys.funnel import Funnel, link_counts
from headwater.listening.surveys.results import QuestionResults, Results, ScoreResult, View, document_of_all, results
from headwater.listening.surveys.results_counts import attribute_of, choosing
from headwater.listening.surveys.results_protection import SMALLEST
from headwater.metrics.queries import unit_of
from headwater.metrics.rules import group_name
from headwater.record.filters import equals

MOST_CAUSES = 5


@require_GET
def survey_results(request: HttpRequest, name: str) -> HttpResponse:
    """How many answered, and each question by its kind, with intervals."""
    me = person(request)
    found = results(me, name, view_of(request))
    shown = {
        "survey": found.survey,
        "tab": "results",
        "may_edit": allows(me, "edit", "surveys"),
        "found": found,
        "sentence": wording.results_sentence(found),
        "note": wording.results_note(found),
        "changed": wording.compared_sentence(found) if found.view.against else "",
        "waves": waves_of(found),
        "funnel": funnel_rows(found.funnel),
        "losses": [(wording.loss_name(loss), n) for loss, n in found.funnel.losses if n],
        "unknowable": wording.unknowable(anonymous=found.document.anonymous),
        "links": link_counts(found.survey),
        "questions": [question_shown(found, one) for one in found.questions],
        "smallest": SMALLEST,
        "response_href": response_href(found),
        "may_export": allows(me, "export", "signals") and not found.document.anonymous,
    }
    return render(request, "listening/survey_results.html", shown)


@require_GET
def survey_question(request: HttpRequest, name: str, key: str) -> HttpResponse:
    """One scale of a survey: by segment, over time, and the words beside it."""
    me = person(request)
    view = view_of(request)
    found = results(me, name, view)
    scale = results_segments.scale_of(document_of_all(found.survey), key)
    score = next((s for one in found.questions for s in one.scores if s.of.key == key), None)
    unit = unit_of(scale.definition)
    shown = {
        "survey": found.survey,
        "tab": "results",
        "may_edit": allows(me, "edit", "surveys"),
        "found": found,
        "score": score,
        "unit": unit,
        "ends": (scale.definition.lowest, scale.definition.highest),
        "sentence": wording.score_sentence(score) if score else "",
        "spread": results_charts.spread(score) if score else None,
        "verbatims": verbatims_href(str(equals("source", found.survey.source))),
        "smallest": SMALLEST,
        "query": query_of(view),
    }
    # In an anonymous survey what is shown of one wave is not split further.
    if score and score.n and not (found.document.anonymous and view.wave):
        over_time = results_segments.trend(me, found.survey, key, view)
        shown |= {"trend": results_charts.over_time(over_time, unit), "breaks": over_time.breaks}
        shown |= split_of(request, found, key)
    return render(request, "listening/survey_results_question.html", shown)


def split_of(request: HttpRequest, found: Results, key: str) -> dict[str, Any]:
    """A scale by the dimension that the address names, else by the first that is offered."""
    document, titles = document_of_all(found.survey), titles_of(found)
    offered = [one for one in results_segments.dimensions(found.survey, document) if one != f"attribute:{key}"]
    by = request.GET.get("by", "")[:80] or offered[0]
    segments = results_segments.segments(person(request), found.survey, key, by, found.view)
    by_name, names = wording.dimension_name(by, titles), names_of(found, by)
    return {
        "segments": segments,
        "segments_chart": results_charts.segments(segments, by_name, names),
        "segment_rows": segment_rows(segments, names),
        "dimensions": [(one, wording.dimension_name(one, titles)) for one in offered],
        "by": by,
        "by_name": by_name,
    }


@require_GET
def survey_words(request: HttpRequest, name: str, key: str) -> HttpResponse:
    """What words answer a question: their causes with the way down to each, and the newest of them."""
    me, view = person(request), view_of(request)
    found = results(me, name, view)
    if not any(one.id == key and one.words and not one.withheld for one in found.questions):
        raise NotFound("survey.no_words", _("No words to show answer “%s”.") % key[:80], "question")
    said, known = results_segments.spoken(me, found.survey, key, view), taxonomy()
    causes = [
        {
            "name": named.name if (named := known.cause(cause)) else cause,
            "n": n,
            "share": share,
            "href": f"/causes/{cause}?{urlencode({'where': said.where})}",
        }
        for cause, n, share in said.causes[:MOST_CAUSES]
    ]
    return render(request, "listening/survey_results_words.html", {"causes": causes, "newest": said.newest})


@require_GET
def survey_results_file(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """The figures as CSV: one line for each scale and option."""
    found = results(person(request), name, view_of(request))
    out = io.StringIO()
    writer = csv.writer(out)
    for line in results_exports.figures(found):
        writer.writerow([escaped(str(cell)) for cell in line])
    return csv_answer(["\ufeff" + out.getvalue()], f"{name}-results.csv")


@require_GET
def survey_responses_file(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """Every answer as CSV, one line a signal; for those who may export signals."""
    return csv_answer(_lines(results_exports.responses(person(request), name)), f"{name}-responses.csv")


def _lines(rows: Iterable[list[str]]) -> Iterable[str]:
    yield "\ufeff"
    for row in rows:
        out = io.StringIO()
        csv.writer(out).writerow([escaped(cell) for cell in row])
        yield out.getvalue()


def csv_answer(lines: Iterable[str], file_name: str) -> StreamingHttpResponse:
    """Lines of CSV as a file to download."""
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return answer


def view_of(request: HttpRequest) -> View:
    """The waves that the address names."""
    return View(request.GET.get("wave", "")[:40], request.GET.get("against", "")[:40])


def query_of(view: View) -> str:
    """The waves as a query string, ``?`` included."""
    text = urlencode({name: value for name, value in (("wave", view.wave), ("against", view.against)) if value})
    return f"?{text}" if text else ""


def waves_of(found: Results) -> dict[str, Any]:
    """The waves to choose from, and to compare with."""
    shown = [(wave, n) for wave, n in found.waves.items() if wave in found.shown]
    return {
        "all": shown,
        "others": [wave for wave, _n in shown if wave != found.view.wave],
        "many": len(found.waves) > 1,
    }


def funnel_rows(found: Funnel) -> list[dict[str, Any]]:
    """The steps of the funnel with the length of their bars."""
    most = max((one.n or 0 for one in found.steps), default=0) or 1
    return [
        {"name": wording.step_name(one.step), "n": one.n, "share": one.share, "of": (one.n or 0) / most}
        for one in found.steps
    ]


def question_shown(found: Results, one: QuestionResults) -> dict[str, Any]:
    """One question with its pictures and the way down from it."""
    hrefs = {score.of.key: score_href(found, score) for score in one.scores}
    single = one.scores[0] if len(one.scores) == 1 and one.question.kind != "matrix" else None
    return {
        "of": one,
        "single": single,
        "unit": unit_of(one.scores[0].of.definition) if one.scores else "share",
        "href": hrefs[single.of.key] if single else choice_href(found, one),
        "spread": results_charts.spread(single) if single else None,
        "options": results_charts.options(one) if one.n and one.options else None,
        "matrix": results_charts.matrix(one, hrefs) if one.question.kind == "matrix" else None,
        "rows": [(score, hrefs[score.of.key], difference_of(score)) for score in one.scores],
        "choices": [(option, difference_of(option)) for option in one.options],
        "said_href": said_href(found, one) if one.words and not one.withheld else "",
        "words_href": words_href(found, one) if one.words else "",
    }


def said_href(found: Results, one: QuestionResults) -> str:
    """Where the causes and newest words of a question are: a part of the page that may come later."""
    return reverse("listening:survey_words", args=[found.survey.name, one.id]) + query_of(View(found.view.wave))


def difference_of(one: Any) -> str:
    """What the other wave's figure differs by, in words."""
    if one.compared is None:
        return ""
    definition = one.of.definition if isinstance(one, ScoreResult) else None
    return wording.difference_words(definition, one.compared.difference)


def score_href(found: Results, score: ScoreResult) -> str:
    """The page of one scale, of the same waves."""
    return reverse("listening:survey_question", args=[found.survey.name, score.of.key]) + query_of(
        View(found.view.wave)
    )


def choice_href(found: Results, one: QuestionResults) -> str:
    """The page of a choice question, of the same waves; "" for other kinds."""
    if not one.options:
        return ""
    return reverse("listening:survey_choice", args=[found.survey.name, one.id]) + query_of(View(found.view.wave))


def words_href(found: Results, one: QuestionResults) -> str:
    """The words that answer a question."""
    return verbatims_href(str(results_segments.filter_of(found.survey, one.id, found.view.wave)))


def verbatims_href(where: str) -> str:
    """Customers' words, narrowed; an address, because the page is a room above."""
    return f"/verbatims?{urlencode({'where': where})}"


def response_href(found: Results) -> str:
    """Response weighted to the customer base; an address, because the page is a room above."""
    return f"/response?{urlencode({'where': str(equals('attribute:survey', found.survey.name))})}"


def titles_of(found: Results) -> dict[str, str]:
    """The words of the questions behind attributes."""
    return {
        attribute_of(one): found.document.in_language(one.text, found.document.languages[0])
        for one in choosing(found.document)
    }


def names_of(found: Results, by: str) -> dict[str, str]:
    """The words of the options behind an attribute's values."""
    document, wanted = found.document, by.removeprefix("attribute:")
    return {
        option.id: document.in_language(option.text, document.languages[0])
        for question in choosing(document)
        if attribute_of(question) == wanted
        for option in question.options
    }


def segment_rows(segments: results_segments.Segments, names: dict[str, str]) -> list[dict[str, Any]]:
    """Segments with what sets them apart, in words."""
    definition = segments.compared.definition
    return [
        {
            "name": names.get(group.value or "") or group_name(segments.by, group.value),
            "of": group,
            "difference": wording.difference_words(definition, group.difference),
        }
        for group in segments.compared.groups
    ]
