"""The page about the demand for contact: failure, service, value, unknown."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from headwater.base.accounts import person
from headwater.base.charts import Part, Point, Row, interval_rank, share_bars, stacked_bar, trend
from headwater.base.charts.frame import Meaning
from headwater.base.permissions import require
from headwater.insight.audit import calibration_state
from headwater.insight.demand import Demand, demand
from headwater.insight.demand_kinds import Kind
from headwater.insight.demand_wording import (
    demand_note,
    demand_sentence,
    happened_sentence,
    kind_name,
    reason_name,
    words_sentence,
)
from headwater.insight.first_contact import CHOICES, REPEAT_DAYS
from headwater.insight.happened import Happened, Outcome, happened
from headwater.insight.segments import segments
from headwater.insight.selection import Selection
from headwater.insight.selection_bar import bar
from headwater.insight.unsolved import WhyUnsolved, why_unsolved
from headwater.insight.unsolved_words import SpokenReason, WhyInWords
from headwater.metrics.access import require_askable
from headwater.science.results import Estimate, Result

FEWEST_READ = 30
MEANINGS: dict[Kind, Meaning] = {"failure": "harm", "service": "waiting", "value": "customer", "unknown": "doubt"}


def demand_page(request: HttpRequest) -> HttpResponse:
    """Of all contacts (or low scores), how many something upstream brought; by cause, place, stage and time."""
    require(person(request), "view", "figures")
    given = request.GET
    selection = Selection.read(where=given.get("where", ""), since=given.get("since", ""), until=given.get("until", ""))
    compared = segments(given.get("adjust", ""))
    require_askable(request.user, compared.dimension, selection.filter())
    outcome: Outcome = "low_score" if given.get("outcome") == "low_score" else "contact"
    days = next((one for one in CHOICES if str(one) == given.get("days")), REPEAT_DAYS)
    found, before = demand(selection, days=days), happened(selection, outcome=outcome, adjust=compared.chosen)
    said = {row.cause.id: row for row in found.causes}
    unsolved = why_unsolved(selection, days=days)
    shown = {
        "outcome": outcome,
        "happened": before,
        "happened_sentence": happened_sentence(before),
        "happened_rows": [(row, said.get(row.cause.id)) for row in before.rows],
        "happened_chart": _followed(before),
        "demand": found,
        "sentence": demand_sentence(found),
        "note": demand_note(found),
        "kinds": [(row, kind_name(row.kind)) for row in found.kinds],
        "picture": _kinds(found, selection),
        "places": _places(found),
        "trend": _trend(found),
        "answered": found.answered,
        "segments": compared,
        "unsolved": unsolved,
        "unsolved_reasons": [(one, reason_name(one.reason)) for one in unsolved.reasons] if unsolved else [],
        "unsolved_chart": _unsolved(unsolved),
        "in_words": words_sentence(unsolved.words) if unsolved and unsolved.words else "",
        "spoken_reasons": _spoken(unsolved.words) if unsolved and unsolved.words else [],
        "days_choices": CHOICES,
        "calibration": calibration_state(),
        "bar": bar(selection),
        "query": selection.query(),
    }
    return render(request, "insight/demand.html", shown)


def _kinds(found: Demand, selection: Selection) -> dict[str, Any]:
    contacts = selection.with_where("kind = 'contact'")
    unknown = contacts.with_where("cause is null")
    parts = [
        Part(
            kind_name(row.kind),
            row.n,
            MEANINGS[row.kind],
            "/verbatims" + (unknown if row.kind == "unknown" else contacts).query(),
        )
        for row in found.kinds
        if row.n
    ]
    return stacked_bar(parts, description=_("All contacts, by what made them necessary"), heading=_("Demand"))


def _places(found: Demand) -> dict[str, Any] | None:
    rows = [Row(", ".join(place.departments), *_bounds(place.share)) for place in found.places]
    return share_bars(rows, description=_("Share of all contacts that began in each place")) if rows else None


def _trend(found: Demand) -> dict[str, Any] | None:
    if len(found.trend) < 2:
        return None
    points = [Point(point.start, *_bounds(point.share), n=point.n) for point in found.trend]
    return trend(points, unit="share", description=_("Share of contacts that is failure demand"), meaning="harm")


def _followed(before: Happened) -> dict[str, Any] | None:
    rows = [
        Row(row.cause.name, *_bounds(row.part), n=row.customers, href=f"/causes/{row.cause.id}")
        for row in before.rows
        if isinstance(row.part, Estimate)
    ]
    description = (
        _("Share of contacts that followed from each cause")
        if before.outcome == "contact"
        else _("Share of low scores that followed from each cause")
    )
    return interval_rank(rows, description=description, unit="share", meaning="harm") if rows else None


def _unsolved(found: WhyUnsolved | None) -> dict[str, Any] | None:
    if found is None or not found.n:
        return None
    meanings: dict[str, Meaning] = {"upstream": "harm", "not_said": "doubt"}
    parts = [
        Part(reason_name(one.reason), one.n, meanings.get(one.reason, "waiting")) for one in found.reasons if one.n
    ]
    return stacked_bar(parts, description=_("Contacts that were not solved, by why"), heading=_("Why"))


def _spoken(words: WhyInWords) -> list[tuple[SpokenReason, str]]:
    """The table of what was read; with a few contacts the sentence says it all."""
    enough = words.trusted and words.read >= FEWEST_READ
    return [(one, reason_name(one.reason)) for one in words.reasons] if enough else []


def _bounds(result: Result) -> tuple[float | None, float | None, float | None]:
    if isinstance(result, Estimate):
        return result.estimate, result.low, result.high
    return None, None, None
