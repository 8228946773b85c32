"""One choice question of a survey by segment: which share of each segment chose which option."""

import csv
import io
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from headwater.base.accounts import person
from headwater.base.permissions import allows
from headwater.listening.downloads import escaped
from headwater.listening.surveys import results_charts, results_exports
from headwater.listening.surveys import results_wording as wording
from headwater.listening.surveys.results import QuestionResults, Results, document_of_all, results
from headwater.listening.surveys.results_choices import ChoiceSegments, choice_of, choices_by
from headwater.listening.surveys.results_counts import attribute_of
from headwater.listening.surveys.results_protection import SMALLEST
from headwater.listening.surveys.results_segments import dimensions
from headwater.listening.views.survey_results import csv_answer, names_of, query_of, titles_of, view_of
from headwater.metrics.rules import group_name


@require_GET
def survey_choice(request: HttpRequest, name: str, key: str) -> HttpResponse:
    """A choice question: what was chosen, and by segment; one option at a time beside the whole table."""
    me, view = person(request), view_of(request)
    found = results(me, name, view)
    choice_of(document_of_all(found.survey), key)
    question = next((one for one in found.questions if one.id == key), None)
    shown: dict[str, Any] = {
        "survey": found.survey,
        "tab": "results",
        "may_edit": allows(me, "edit", "surveys"),
        "found": found,
        "question": question,
        "sentence": wording.choice_sentence(question) if question else "",
        "picture": results_charts.options(question) if question and question.n else None,
        "smallest": SMALLEST,
        "query": query_of(view),
    }
    if question and question.n and not (found.document.anonymous and view.wave):
        shown |= _split(request, found, question)
    return render(request, "listening/survey_results_choice.html", shown)


@require_GET
def survey_choice_file(request: HttpRequest, name: str, key: str) -> StreamingHttpResponse:
    """The shares of every segment and option as CSV."""
    found = results(person(request), name, view_of(request))
    by = _by(request, found, key)
    segments = choices_by(person(request), found.survey, key, by, found.view)
    out, names = io.StringIO(), names_of(found, by)
    writer = csv.writer(out)
    for line in results_exports.choices(segments, lambda value: _named(segments, value, names)):
        writer.writerow([escaped(str(cell)) for cell in line])
    return csv_answer(["\ufeff" + out.getvalue()], f"{name}-{key}.csv")


def _split(request: HttpRequest, found: Results, question: QuestionResults) -> dict[str, Any]:
    by = _by(request, found, question.id)
    titles, names = titles_of(found), names_of(found, by)
    segments = choices_by(person(request), found.survey, question.id, by, found.view)
    by_name, most = wording.dimension_name(by, titles), max(question.options, key=lambda one: one.n)
    known = dict(segments.options)
    option = request.GET.get("option", "")[:80]
    option = option if option in known else most.id
    rows = [(_named(segments, group.value, names), group, group.share_of(option)) for group in segments.groups]
    return {
        "segments": segments,
        "rows": [
            {"name": row, "of": group, "one": one, "difference": wording.difference_words(None, one.difference)}
            for row, group, one in rows
        ],
        "chart": results_charts.choice_segments(rows, by_name),
        "compared": wording.choice_segments_sentence(segments, [row for row, _group, _one in rows]),
        "dimensions": [(one, wording.dimension_name(one, titles)) for one in _offered(found, question.id)],
        "by": by,
        "by_name": by_name,
        "option": option,
        "option_text": known[option],
    }


def _named(segments: ChoiceSegments, value: str | None, names: dict[str, str]) -> str:
    return names.get(value or "") or group_name(segments.by, value)


def _by(request: HttpRequest, found: Results, key: str) -> str:
    return request.GET.get("by", "")[:80] or _offered(found, key)[0]


def _offered(found: Results, key: str) -> list[str]:
    """What the question can be looked at by: all but itself."""
    document = document_of_all(found.survey)
    itself = f"attribute:{attribute_of(choice_of(document, key))}"
    return [one for one in dimensions(found.survey, document) if one != itself]
