"""Alerts: a rise becomes one alert, in its customers' words, and people say what became of it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from headwater.base.departments import add_department, set_head
from headwater.base.models import OutboxMail, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Conflict, Refused
from headwater.insight.alerts import (
    BY_DESIGN,
    alerts,
    answer_alert,
    false_alarm_rate,
    open_alerts,
    undo_answer,
    weeks_of,
)
from headwater.insight.alerts_days import last_closed_day
from headwater.insight.alerts_watching import watch_for_changes, watched_series
from headwater.insight.alerts_wording import subject_of
from headwater.insight.models import Alert, AlertWatch
from headwater.record.keys import signal_key
from headwater.science import Estimate, NoVerdict
from tests.insight.conftest import Label, Write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey")]

DAYS, RISE = 140, 120
UNTIL = timezone.localdate() - timedelta(days=2)
FIRST = UNTIL - timedelta(days=DAYS - 1)


def said(number: int, day: int, **more: Any) -> dict[str, Any]:
    on = FIRST + timedelta(days=day)
    noon = datetime(on.year, on.month, on.day, 12)
    words = {"kind": "contact", "text": f"The parcel {number} came a whole week late.", "sentiment": "negative"}
    return {"record_id": str(number), **words, "local_date": on, "occurred_at": noon, **more}


@pytest.fixture
def risen(write: Write, label: Label) -> None:
    """Twelve complaints a day, two of them late deliveries; from day 120 on four of them."""
    random, rows, labels = np.random.default_rng(1), [], {}
    for day in range(DAYS):
        late = int(random.poisson(2 if day < RISE else 6))
        for place in range(late + 10):
            number = len(rows)
            rows.append(said(number, day))
            named = "delivery_late" if place < late else "damaged" if place % 2 else "rude"
            labels[str(number)] = {"causes": [named] if named != "rude" else [], "stage": "wait"}
    write(rows)
    label(labels)


def test_a_rise_is_one_alert_with_its_size_and_its_beginning(risen: None) -> None:
    assert watch_for_changes() == 1
    (row,) = Alert.objects.all()
    assert (row.kind, row.cause, row.stage, row.state) == ("cause", "delivery_late", "wait", "new")
    assert abs((row.since - (FIRST + timedelta(days=RISE))).days) <= 3
    assert row.noticed_on >= row.since
    # Two of twelve before, six of sixteen since: 2.25 times the share of what was said.
    assert row.low < 2.25 < row.high
    assert row.low > 1
    assert row.until is None
    assert row.score >= 1000
    named = {signal_key("test", str(number)) for number in range(10_000)}
    assert row.examples
    assert set(row.examples) <= named


def test_what_happens_more_often_is_noticed_where_hardly_anybody_says_so(write: Write) -> None:
    """Ten orders a day; one in twenty comes late, from day 100 on one in two and a half."""
    random, rows = np.random.default_rng(3), []
    for day in range(DAYS):
        late = int(random.poisson(0.5 if day < 100 else 4))
        for place in range(10 + late):
            event = "order_placed" if place < 10 else "delivery_late"
            more = {"kind": "event", "event": event, "text": None, "sentiment": None}
            rows.append(said(len(rows), day, customer_id=f"c{len(rows)}", **more))
    write(rows)
    assert watch_for_changes() == 1
    row = Alert.objects.get()
    assert (row.kind, row.cause, row.metric, row.stage) == ("happened", "delivery_late", "", "")
    assert abs((row.since - (FIRST + timedelta(days=100))).days) <= 7
    assert row.low < 8 < row.high
    assert "as events show it" in subject_of(row)
    last = weeks_of(row)[-2]
    assert last.of == last.seen + 70
    with_growth = [said(90_000 + number, 110 + number % 30, kind="event", event="order_placed") for number in range(9)]
    write(with_growth)
    AlertWatch.objects.update(seen_as="")
    assert watch_for_changes() == 0


def test_looking_again_changes_nothing_and_late_data_move_the_same_alert(
    risen: None, write: Write, label: Label
) -> None:
    watch_for_changes()
    before = Alert.objects.get()
    assert watch_for_changes() == 0
    AlertWatch.objects.update(seen_as="")
    assert watch_for_changes() == 0
    answer_alert(None, before.pk, "watching")
    write([said(90_000 + number, RISE - 1) for number in range(6)])
    label({str(90_000 + number): {"causes": ["delivery_late"], "stage": "wait"} for number in range(6)})
    assert watch_for_changes() == 0
    after = Alert.objects.get()
    assert after.pk == before.pk
    assert after.state == "watching"
    assert after.seen >= before.seen


def test_a_rise_that_new_labels_take_away_says_so_and_is_no_longer_open(risen: None, label: Label) -> None:
    watch_for_changes()
    (row,) = Alert.objects.all()
    count = watched_series(UNTIL)
    assert count is not None
    label({str(number): {"causes": [], "stage": "wait"} for number in range(4_000)})
    assert watch_for_changes() == 0
    row.refresh_from_db()
    assert row.unseen_at is not None
    assert open_alerts() == ()
    assert alerts(None).unseen == (row,)


def test_a_low_score_at_a_stage_is_watched_too(write: Write, label: Label) -> None:
    random = np.random.default_rng(2)
    rows = []
    for day in range(DAYS):
        for _place in range(8):
            low = random.random() < (0.2 if day < RISE else 0.6)
            rows.append(said(len(rows), day, kind="survey", metric="csat", score=1.0 if low else 5.0, stage="wait"))
    write(rows)
    assert watch_for_changes() == 1
    (row,) = Alert.objects.all()
    assert (row.kind, row.metric, row.stage) == ("score", "csat", "wait")
    assert row.low < 3 < row.high


def test_only_days_that_are_over_are_watched(write: Write) -> None:
    assert last_closed_day() is None
    assert watch_for_changes() == 0
    today = timezone.localdate()
    write([{"record_id": "x", "kind": "contact", "text": "words", "local_date": today}])
    assert last_closed_day() == today - timedelta(days=1)
    assert watched_series(today) is None  # one day is no history


def test_the_page_says_whether_days_are_missing_or_nobody_has_looked_yet(
    write: Write, person_with: Callable[..., Person], client: Client
) -> None:
    client.force_login(person_with("employee"))
    write([said(0, DAYS - 1)])
    short = client.get("/alerts").content.decode()
    assert "Not enough days yet" in short
    write([said(1, 0)])
    waiting = client.get("/alerts").content.decode()
    assert "Nobody has looked for what rises yet" in waiting
    assert "Not enough days yet" not in waiting
    watch_for_changes()
    looked = client.get("/alerts").content.decode()
    assert "Nobody has looked" not in looked
    assert "Not looked at yet" not in looked


def test_owners_are_told_once(risen: None, person_with: Callable[..., Person]) -> None:
    department = add_department(None, "Warehouse", pack_departments=["logistics", "warehouse", "carrier", "delivery"])
    head = person_with("manager", department=department)
    set_head(None, department, head)
    cause = watched_series(UNTIL)
    assert cause is not None
    from headwater.journey.queries import taxonomy

    late = taxonomy().cause("delivery_late")
    assert late is not None
    department.pack_departments = [late.departments[0]]
    department.save()
    watch_for_changes()
    AlertWatch.objects.update(seen_as="")
    watch_for_changes()
    mails = OutboxMail.objects.filter(to=head.email)
    expected = 1 if (timezone.localdate() - Alert.objects.get().noticed_on).days <= 14 else 0
    assert mails.count() == expected


@pytest.fixture
def alert(db: None) -> Alert:
    """One that was noticed."""
    day = date(2026, 10, 1)
    return Alert.objects.create(
        kind="cause", cause="delivery_late", stage="wait", began_on=day, since=day, noticed_on=day,
        rise=2.0, low=1.4, high=2.8, seen=80, expected=40.0, score=5_000.0,
    )  # fmt: skip


def test_people_say_what_became_of_it_and_can_take_it_back(alert: Alert, person_with: Callable[..., Person]) -> None:
    lead = person_with("cx_team")
    answered = answer_alert(lead, alert.pk, "known", "The strike; over on Monday.", edition=0)
    assert (answered.state, answered.decided_by) == ("known", lead)
    again = answer_alert(lead, alert.pk, "known", "The strike; over on Monday.", edition=0)
    assert again.edition == answered.edition == 1
    with pytest.raises(Conflict, match="known"):
        answer_alert(lead, alert.pk, "looked_at", edition=0)
    assert undo_answer(lead, alert.pk, edition=1).state == "new"
    with pytest.raises(Conflict, match="no answer"):
        undo_answer(lead, alert.pk)


def test_what_is_known_or_false_needs_a_reason_and_answers_are_those_there_are(alert: Alert) -> None:
    for state, reason in (
        ("false_alarm", " "),
        ("known", ""),
        ("gone", "x"),
        ("known", "x" * 1_001),
        ("known", "\x00"),
    ):
        with pytest.raises(Refused):
            answer_alert(None, alert.pk, state, reason)


def test_managers_answer_for_what_their_departments_can_change(
    alert: Alert, person_with: Callable[..., Person]
) -> None:
    from headwater.journey.queries import taxonomy

    late = taxonomy().cause("delivery_late")
    assert late is not None
    ours = add_department(None, "Ours", pack_departments=[late.departments[0]])
    theirs = add_department(None, "Theirs")
    assert answer_alert(person_with("manager", department=ours), alert.pk, "looked_at").state == "looked_at"
    for other in (person_with("manager", department=theirs), person_with("employee", department=ours)):
        with pytest.raises(NotAllowed):
            answer_alert(other, alert.pk, "watching")


def test_false_alarms_that_people_mark_adjust_the_rate_shown(alert: Alert) -> None:
    assert isinstance(false_alarm_rate(), NoVerdict)
    AlertWatch.objects.create(watched_from=date(2025, 10, 1), watched_until=date(2026, 9, 30), series=12)
    quiet = false_alarm_rate()
    assert isinstance(quiet, Estimate)
    assert quiet.estimate == pytest.approx(BY_DESIGN / 2)  # a year by design, a year without any
    answer_alert(None, alert.pk, "false_alarm", "A test of the new form.")
    marked = false_alarm_rate()
    assert isinstance(marked, Estimate)
    assert marked.estimate == pytest.approx((BY_DESIGN + 1) / 2)
    assert marked.low < marked.estimate < marked.high


def test_the_pages_open_and_answer(alert: Alert, person_with: Callable[..., Person], client: Client) -> None:
    assert client.get("/alerts").status_code == 302
    client.force_login(person_with("employee"))
    page = client.get("/alerts").content.decode()
    assert "2.00 times" in page
    one = client.get(f"/alerts/{alert.pk}").content.decode()
    assert "Keep this answer" not in one
    assert client.post(f"/alerts/{alert.pk}/answer", {"state": "looked_at"}).status_code == 403
    assert client.get("/alerts/999999").status_code == 404
    client.force_login(person_with("cx_team"))
    assert client.post(f"/alerts/{alert.pk}/answer", {"state": "false_alarm", "seen": "0"}).status_code == 400
    assert client.post(f"/alerts/{alert.pk}/answer", {"state": "looked_at", "seen": "0"}).status_code == 302
    assert client.post(f"/alerts/{alert.pk}/answer?undo=1&seen=1").status_code == 302
    assert Alert.objects.get().state == "new"
    assert "delivery" in client.get("/alerts.csv").content.decode().lower()
