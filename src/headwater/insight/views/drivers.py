"""The page about what drives an outcome, and its figures as a file."""

import csv
import io
from typing import Any, get_args

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from headwater.base.accounts import person
from headwater.base.permissions import require
from headwater.insight.drivers import Analysis, DriversAsked, analyse
from headwater.insight.drivers_charts import MEANINGS, importance_chart, performance_chart
from headwater.insight.drivers_columns import FORMS, Candidate, Form
from headwater.insight.drivers_rows import DriverRow, Quadrant
from headwater.insight.drivers_segments import SegmentDrivers, by_segment
from headwater.insight.drivers_wording import (
    drivers_note,
    drivers_sentence,
    form_name,
    importance_words,
    kind_name,
    missing_words,
    outcome_unit,
    quadrant_name,
    refusal_words,
    segments_words,
)
from headwater.insight.selection import Selection
from headwater.insight.selection_bar import bar
from headwater.insight.views.causes import selection_of
from headwater.listening.downloads import escaped
from headwater.metrics.access import require_askable
from headwater.metrics.store import company_record
from headwater.record.questions import AttributeNames
from headwater.science.results import Estimate, Result

SEGMENT_COLUMNS = ("channel", "language", "source", "kind")
SEGMENT_ATTRIBUTES = 12


@require_GET
def drivers_page(request: HttpRequest) -> HttpResponse:
    """What an outcome goes together with: importance, performance, asymmetry, by segment."""
    selection, asked, analysis, segments = _answer(request)
    shown: dict[str, Any] = {
        "analysis": analysis,
        "asked": asked,
        "sentence": drivers_sentence(analysis),
        "note": drivers_note(analysis),
        "bar": bar(selection, _kept(request)),
        "query": selection.query(),
    }
    return render(
        request, "insight/drivers.html", shown | (_drawn(analysis, asked, segments, selection) if analysis else {})
    )


@require_GET
def drivers_file(request: HttpRequest) -> HttpResponse:
    """The drivers as CSV; cells that look like formulas are made harmless."""
    _selection, _asked, analysis, segments = _answer(request)
    out = io.StringIO()
    writer = csv.writer(out)
    for cells in _table(analysis, segments) if analysis else []:
        writer.writerow([escaped(cell) for cell in cells])
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="drivers.csv"'
    return answer


def _answer(
    request: HttpRequest,
) -> tuple[Selection, DriversAsked, Analysis | None, tuple[SegmentDrivers, ...]]:
    require(person(request), "view", "figures")
    selection, asked = selection_of(request), _asked(request)
    named = [f"attribute:{one.partition(':')[2]}" for one in asked.drivers if one.startswith("number:")]
    require_askable(request.user, [*named, *([asked.by] if asked.by else [])], selection.filter())
    analysis = analyse(selection, asked)
    segments = by_segment(selection, analysis, asked.by) if analysis and asked.by else ()
    return selection, asked, analysis, segments


def _asked(request: HttpRequest) -> DriversAsked:
    given = request.GET
    form: Form = next((one for one in FORMS if one == given.get("form")), "score")
    chosen = tuple(one[:300] for one in given.getlist("driver") if one.strip())
    return DriversAsked(
        given.get("outcome", "").strip(), form, chosen, given.get("missing") == "complete", given.get("by", "").strip()
    )


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """What the address says beside the selection."""
    names = ("outcome", "form", "missing", "by", "driver")
    return [(name, value) for name in names for value in request.GET.getlist(name) if value]


def _href(candidate: Candidate, selection: Selection) -> str:
    """Where a driver leads: to its figures over time, or to the words of those it happened to."""
    if not candidate.path:
        return ""
    return candidate.path + (selection.with_where(candidate.narrows) if candidate.narrows else selection).query()


def _drawn(
    analysis: Analysis, asked: DriversAsked, segments: tuple[SegmentDrivers, ...], selection: Selection
) -> dict[str, Any]:
    names = {row.candidate.id: row.candidate.name for row in analysis.rows}
    used = set(names)
    shown: dict[str, Any] = {
        "unit": outcome_unit(analysis),
        "forms": [(form, form_name(form)) for form in get_args(Form)] if analysis.form != "again" else [],
        "choosable": [*((row.candidate, True) for row in analysis.rows), *_others(analysis, used)],
        "dimensions": _dimensions(),
        "refusal": refusal_words(analysis.refused, complete=analysis.complete) if analysis.refused else None,
    }
    if not analysis.rows:
        return shown
    return shown | {
        "importance": importance_chart(analysis),
        "importance_words": importance_words(analysis),
        "against": performance_chart(analysis),
        "rows": [
            (row, _href(row.candidate, selection), quadrant_name(row.quadrant), MEANINGS[row.quadrant])
            for row in analysis.rows
        ],
        "quadrants": _quadrants(analysis.rows),
        "asymmetries": [
            (row, row.asymmetry, kind_name(row.asymmetry.kind)) for row in analysis.rows if row.asymmetry is not None
        ],
        "missing": missing_words(analysis),
        "segments": _by_driver(analysis, segments),
        "segment_names": [one for one in segments if one.weights],
        "segments_words": segments_words(segments, names) if segments else "",
        "segments_refused": [one for one in segments if one.refused],
    }


def _others(analysis: Analysis, used: set[str]) -> list[tuple[Any, bool]]:
    return [(one.candidate, False) for one in analysis.left_out if one.candidate.id not in used]


def _dimensions() -> list[str]:
    names = company_record().ask(AttributeNames(SEGMENT_ATTRIBUTES + 1))
    found = [f"attribute:{one.value}" for one in names if one.value and one.value != "question"]
    return [*found[:SEGMENT_ATTRIBUTES], *SEGMENT_COLUMNS]


def _quadrants(rows: tuple[DriverRow, ...]) -> list[tuple[str, str, list[str]]]:
    """The places of the picture that hold drivers, with their names: what the picture says without the picture."""
    found: dict[Quadrant, list[str]] = {quadrant: [] for quadrant in MEANINGS}
    for row in rows:
        if isinstance(row.performance, Estimate):
            found[row.quadrant].append(row.candidate.name)
    return [(quadrant_name(one), MEANINGS[one], names) for one, names in found.items() if names]


def _by_driver(analysis: Analysis, segments: tuple[SegmentDrivers, ...]) -> list[tuple[DriverRow, list[Any]]]:
    """One row a driver, one weight a segment."""
    weighed = [{one.driver: one for one in segment.weights} for segment in segments if segment.weights]
    if not weighed:
        return []
    return [(row, [weights.get(row.candidate.id) for weights in weighed]) for row in analysis.rows]


def _table(analysis: Analysis, segments: tuple[SegmentDrivers, ...]) -> list[list[str]]:
    head = [_("Driver"), _("Kind"), _("Place"), _("Answered"), _("Base")]
    figures = {
        "importance": _("Importance"),
        "performance": _("Performance"),
        "worse": _("Outcome where it went badly"),
        "better": _("Outcome where it went well"),
        "effect": _("Difference"),
    }
    for title in figures.values():
        head += [title, _("%s low") % title, _("%s high") % title]
    weighed = [segment for segment in segments if segment.weights]
    head += [_("Importance for %s") % segment.value for segment in weighed]
    lines = [head]
    for place, row in enumerate(analysis.rows):
        line = [row.candidate.name, row.candidate.kind, quadrant_name(row.quadrant), f"{row.answered:.4f}", str(row.n)]
        for name in figures:
            line += _cells(getattr(row, name))
        lines.append(line + [_cells(segment.weights[place].importance)[0] for segment in weighed])
    return lines


def _cells(result: Result) -> list[str]:
    if isinstance(result, Estimate):
        return [f"{value:.6g}" for value in (result.estimate, result.low, result.high)]
    return ["", "", ""]
