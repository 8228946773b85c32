"""The river's page, and the same figures as a file."""

import csv
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from headwater.base.accounts import person
from headwater.base.permissions import allows, require
from headwater.insight.audit import calibration_state
from headwater.insight.river import WIDTHS, River, Width, river
from headwater.insight.river_charts import river_list, river_picture, stage_names
from headwater.insight.river_happened import river_happened
from headwater.insight.river_wording import (
    departure_note,
    evidence_names,
    fewer_note,
    river_note,
    river_sentence,
    symptom_names,
    width_names,
    width_note,
)
from headwater.insight.selection import Selection
from headwater.insight.selection_bar import bar
from headwater.journey.queries import taxonomy
from headwater.metrics.access import require_askable


def river_page(request: HttpRequest) -> HttpResponse:
    """From departments and causes through stages to what customers did."""
    selection, width = _asked(request)
    happened = request.GET.get("evidence") == "happened"
    found = river_happened(selection) if happened else river(selection, width=width)
    sentence = river_sentence(found, selection)
    widths = [one for one in WIDTHS if one != "money" or allows(person(request), "view", "finance")]
    shown = {
        "width": width,
        "evidence": found.evidence,
        "evidences": list(evidence_names().items()),
        "sentence": sentence,
        "note": river_note(found),
        "width_note": width_note(found),
        "departure_note": departure_note(found),
        "fewer_note": fewer_note(found),
        "widths": [(one, width_names()[one]) for one in widths],
        "picture": river_picture(found, selection, sentence),
        "river": river_list(found, selection),
        "unpriced": [symptom_names()[one] for one in found.unpriced],
        "stages": _stages(found, selection),
        "bar": bar(selection),
        "query": selection.query(width=width),
        "calibration": calibration_state(),
    }
    return render(request, "insight/river.html", shown)


def river_file(request: HttpRequest) -> HttpResponse:
    """Every stream by stage and symptom, as CSV."""
    selection, width = _asked(request)
    found = river(selection, width=width)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="river.csv"'
    writer = csv.writer(answer)
    writer.writerow(["beginning", "kind", "departments", "stage", "symptom", width])
    for stream in found.streams:
        for (stage, symptom), value in stream.flows.items():
            departments = " + ".join(stream.departments)
            writer.writerow([stream.key, stream.kind, departments, stage, symptom, round(value, 4)])
    return answer


def _asked(request: HttpRequest) -> tuple[Selection, Width]:
    me = person(request)
    require(me, "view", "figures")
    given = request.GET
    selection = Selection.read(where=given.get("where", ""), since=given.get("since", ""), until=given.get("until", ""))
    require_askable(request.user, (), selection.filter())
    width: Width = next((one for one in WIDTHS if one == given.get("width")), "acts")
    if width == "money":
        require(me, "view", "finance")
    return selection, width


def _stages(found: River, selection: Selection) -> list[dict[str, Any]]:
    names = stage_names(taxonomy())
    return [
        {
            "name": name,
            "href": selection.query(stage=stage) if stage else "",
            "value": found.of(stage=stage),
            "upstream": sum(one.of(stage=stage) for one in found.streams if one.kind == "failure"),
        }
        for stage, name in names.items()
        if found.of(stage=stage)
    ]
