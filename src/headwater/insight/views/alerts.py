"""The pages about alerts: what rises, in whose words, and what became of it."""

import csv
import io
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from headwater.base.accounts import person
from headwater.base.charts import Point, Row, interval_rank, trend
from headwater.base.forms import edition_seen
from headwater.insight import alerts as services
from headwater.insight.alerts_wording import alert_sentence, alerts_sentence, rarity, subject_of, watching_note
from headwater.insight.models import Alert
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.listening.downloads import escaped
from headwater.record.filters import equals

DRAWN = 12


@require_GET
def alerts_page(request: HttpRequest) -> HttpResponse:
    """What rises and waits for an answer, and what became of the rest."""
    me = person(request)
    found = services.alerts(me)
    words = services.words_of(me, found.open)
    shown = {
        "sentence": alerts_sentence(found),
        "note": watching_note(found),
        "open": [_shown(me, row, words) for row in found.open],
        "answered": [_shown(me, row, {}) for row in found.answered],
        "unseen": [_shown(me, row, {}) for row in found.unseen],
        "watch": found.watch,
        "can_watch": found.can_watch,
        "false_alarms": found.false_alarms,
        "picture": _picture(found.open),
    }
    return render(request, "insight/alerts.html", shown)


@require_GET
def alert_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One alert: how much, since when, how rare, in whose words; and the form that answers it."""
    me = person(request)
    row = services.one_alert(me, pk)
    shown = _shown(me, row, services.words_of(me, [row]))
    shown |= {"trend": _trend(row), "answers": services.ANSWERS, "choices": Alert.State.choices[1:]}
    return render(request, "insight/alert.html", shown)


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what became of an alert; with ``undo`` in the address, take the last answer back."""
    me, given = person(request), request.POST
    if request.GET.get("undo"):
        services.undo_answer(me, pk, edition_seen(request.GET))
        messages.success(request, _("Taken back."))
        return redirect("alert", pk=pk)
    row = services.answer_alert(me, pk, given.get("state", ""), given.get("reason", ""), edition_seen(given))
    undo = f"undo={reverse('answer_alert', args=[pk])}?undo=1&seen={row.edition}"
    messages.success(request, _("Answered: %s.") % row.get_state_display(), extra_tags=undo)
    return redirect("alerts")


@require_GET
def alerts_file(request: HttpRequest) -> HttpResponse:
    """Every alert as CSV; cells that look like formulas are made harmless."""
    found = services.alerts(person(request))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("Alert"), _("Since"), _("Until"), _("Times as frequent"), _("Low"), _("High"), _("State")])
    for row in (*found.open, *found.answered, *found.unseen):
        ends = row.since.isoformat(), row.until.isoformat() if row.until else ""
        figures = f"{row.rise:.2f}", f"{row.low:.2f}", f"{row.high:.2f}"
        writer.writerow([escaped(subject_of(row)), *ends, *figures, str(row.get_state_display())])
    answered = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answered["Content-Disposition"] = 'attachment; filename="alerts.csv"'
    return answered


def _shown(me: Any, row: Alert, words: dict[int, Any]) -> dict[str, Any]:
    selection = _selection(row)
    return {
        "alert": row,
        "subject": subject_of(row),
        "sentence": alert_sentence(row),
        "rarity": rarity(row),
        "words": words.get(row.pk, ()),
        "may_answer": services.may_answer(me, row),
        "cause_name": _cause_name(row),
        "verbatims": reverse("verbatims") + selection.query(cause=row.cause, stage=row.stage, negative="yes"),
    }


def _cause_name(row: Alert) -> str:
    cause = taxonomy().cause(row.cause) if row.cause else None
    return cause.name if cause else ""


def _selection(row: Alert) -> Selection:
    where = str(equals("metric", row.metric)) if row.metric else ""
    return Selection(where, row.since, row.until - timedelta(days=1) if row.until else None)


def _picture(rows: tuple[Alert, ...]) -> dict[str, Any] | None:
    drawn = [
        Row(subject_of(row), row.rise, row.low, row.high, n=row.seen, href=reverse("alert", args=[row.pk]))
        for row in rows[:DRAWN]
    ]
    description = _("How many times as frequent as before")
    return interval_rank(drawn, unit="ratio", description=description, meaning="harm", reference=1) if drawn else None


def _trend(row: Alert) -> dict[str, Any] | None:
    points = [Point(one.start, one.rate, one.low, one.high, n=one.seen) for one in services.weeks_of(row)]
    if len(points) < 2:
        return None
    description = _("Signals of the alert as a share of what was said, week by week")
    return trend(points, unit="share", description=description, meaning="harm")
