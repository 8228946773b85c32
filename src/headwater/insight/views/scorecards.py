"""The two scorecards side by side, and as a file."""

import csv
import io

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from headwater.base.accounts import person
from headwater.base.permissions import require
from headwater.insight.scorecards import scorecards
from headwater.insight.scorecards_wording import scorecards_note, scorecards_sentence, table
from headwater.insight.selection_bar import bar
from headwater.insight.views.causes import selection_of
from headwater.listening.downloads import escaped
from headwater.metrics.queries import unit_of


@require_GET
def scorecards_page(request: HttpRequest) -> HttpResponse:
    """Across the experience beside down the silo, and what the second view hides."""
    require(person(request), "view", "figures")
    selection = selection_of(request)
    found = scorecards(selection)
    shown = {
        "found": found,
        "sentence": scorecards_sentence(found),
        "note": scorecards_note(found),
        "unit": unit_of(found.metric),
        "bar": bar(selection),
        "query": selection.query(),
    }
    return render(request, "insight/scorecards.html", shown)


@require_GET
def scorecards_file(request: HttpRequest) -> HttpResponse:
    """Both scorecards as CSV; cells that look like formulas are made harmless."""
    require(person(request), "view", "figures")
    out = io.StringIO()
    writer = csv.writer(out)
    for cells in table(scorecards(selection_of(request))):
        writer.writerow([escaped(cell) for cell in cells])
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="scorecards.csv"'
    return answer
