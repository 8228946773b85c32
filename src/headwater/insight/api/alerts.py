"""Alerts for programs: what rises, and what became of it."""

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from headwater.base.accounts import person
from headwater.base.problems import REFUSALS
from headwater.insight.alerts import alerts, answer_alert, one_alert
from headwater.insight.alerts_wording import alert_sentence
from headwater.insight.api.figures import Figure, figure
from headwater.insight.models import Alert

router = Router(tags=["insight"])


class AlertRow(Schema):
    """``rise`` (``low``, ``high``) is how many times as frequent as before; ``score`` how many days such evidence takes
    to come about by chance, of all series together. ``unseen``: the record no longer shows it."""

    id: int
    kind: Literal["cause", "score", "happened"]
    cause: str
    metric: str
    stage: str
    sentence: str
    since: date
    noticed_on: date
    until: date | None
    rise: float
    low: float
    high: float
    seen: int
    expected: float
    score: float
    state: str
    reason: str
    decided_at: datetime | None
    unseen: bool
    edition: int


class AlertsAnswer(Schema):
    """``false_alarms_a_year``: of all series together, by design and by what people marked."""

    rows: list[AlertRow]
    series: int
    watched_until: date | None
    false_alarms_a_year: Figure


class AlertDecision(Schema):
    """``reason`` is needed for ``known`` and ``false_alarm``; ``edition`` is the alert's when it was read."""

    state: Literal["looked_at", "known", "watching", "false_alarm"]
    reason: str = Field("", max_length=1_000)
    edition: int | None = Field(None, ge=0, le=2**31 - 1)


@router.get("/alerts", response={200: AlertsAnswer, **REFUSALS}, operation_id="list_alerts")
def list_alerts(request: HttpRequest) -> dict[str, Any]:
    """Every alert of late, those that wait for an answer first."""
    found = alerts(person(request))
    return {
        "rows": [_row(row) for row in (*found.open, *found.answered, *found.unseen)],
        "series": found.watch.series if found.watch else 0,
        "watched_until": found.watch.watched_until if found.watch else None,
        "false_alarms_a_year": figure(found.false_alarms),
    }


@router.get("/alerts/{alert_id}", response={200: AlertRow, **REFUSALS}, operation_id="get_alert")
def get_alert(request: HttpRequest, alert_id: int) -> dict[str, Any]:
    """One alert."""
    return _row(one_alert(person(request), alert_id))


@router.put("/alerts/{alert_id}", response={200: AlertRow, **REFUSALS}, operation_id="answer_alert")
def put_alert(request: HttpRequest, alert_id: int, decision: AlertDecision) -> dict[str, Any]:
    """Say what became of an alert."""
    return _row(answer_alert(person(request), alert_id, decision.state, decision.reason, decision.edition))


def _row(row: Alert) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in AlertRow.model_fields if name not in ("sentence", "unseen")}
    return {**kept, "sentence": alert_sentence(row), "unseen": row.unseen_at is not None}
