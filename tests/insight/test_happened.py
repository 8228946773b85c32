"""Causes that happened: what followed from events, beside what customers say."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from django.test import Client

from headwater.base.models import Person
from headwater.insight.demand_wording import happened_sentence
from headwater.insight.happened import happened
from headwater.insight.selection import Selection
from headwater.insight.windows import window_of, window_sentence
from headwater.journey.queries import draft, taxonomy
from headwater.record import Record
from headwater.science import Estimate, NoVerdict
from tests.insight.conftest import Write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey"), pytest.mark.reads_record]

FIRST = date(2026, 1, 1)
LATE, BROKEN = "delivery_late", "damage_reported"


def signal(number: int, customer: int, day: int, what: str) -> dict[str, Any]:
    on = FIRST + timedelta(days=day)
    kind = {"contact": "contact", "low": "survey"}.get(what, "event")
    return {
        "record_id": str(number),
        "kind": kind,
        "event": what if kind == "event" else None,
        "text": "words" if kind == "contact" else None,
        "customer_id": f"c{customer}",
        "occurred_at": datetime.combine(on, time(12)),
        "local_date": on,
        **({"metric": "csat", "score": 1.0, "scale": "1-5", "score_band": -1} if what == "low" else {}),
        "attributes": {"region": "North" if customer % 2 else "South"},
    }


@pytest.fixture
def lived(write: Write) -> None:
    """2,000 customers over three months: 200 late (half call within a week), 100 broken (a tenth), 2 % call anyway."""
    rng = np.random.default_rng(5)
    rows: list[dict[str, Any]] = []

    def tell(customer: int, day: int, what: str) -> None:
        rows.append(signal(len(rows), customer, day, what))

    for customer in range(2_000):
        tell(customer, 0, "order_placed")
        if rng.random() < 0.06:
            tell(customer, int(rng.integers(1, 80)), "contact")
    for customer in range(200):
        day = int(rng.integers(1, 70))
        tell(customer, day, LATE)
        if customer % 2:
            tell(customer, day + int(rng.integers(0, 7)), "contact")
            tell(customer, day + 1, "low")
    for customer in range(500, 600):
        day = int(rng.integers(1, 70))
        tell(customer, day, BROKEN)
        if customer % 10 == 0:
            tell(customer, day + 2, "contact")
    write(rows)


def test_what_followed_from_an_event_is_found_beyond_what_would_have_come_anyhow(lived: None) -> None:
    found = happened()
    late, broken = found.of("delivery_late"), found.of("damaged")
    assert late is not None
    assert broken is not None
    assert (late.customers, broken.customers) == (200, 100)
    assert isinstance(late.outcomes, Estimate)
    assert isinstance(broken.outcomes, Estimate)
    assert late.outcomes.low < 100 < late.outcomes.high
    assert broken.outcomes.low < 10 < broken.outcomes.high


def test_parts_and_what_is_not_attributed_add_up_to_all_contacts(lived: None) -> None:
    found = happened()
    assert isinstance(found.unattributed, Estimate)
    parts = [row.part.estimate for row in found.rows if isinstance(row.part, Estimate)]
    assert sum(parts) + found.unattributed.estimate == pytest.approx(1)


def test_who_stayed_silent_is_counted(lived: None) -> None:
    late = happened().of("delivery_late")
    assert late is not None
    assert isinstance(late.spoke_up, Estimate)
    assert late.spoke_up.estimate == pytest.approx(0.5, abs=0.06)
    assert late.silent == late.customers - round(late.customers * late.spoke_up.estimate)


def test_low_scores_have_their_own_answer_and_segments_may_be_compared_within(lived: None) -> None:
    late = happened(outcome="low_score", adjust="region").of("delivery_late")
    assert late is not None
    assert isinstance(late.part, Estimate)
    assert late.part.estimate == pytest.approx(1, abs=0.05)


def test_the_sentence_says_share_interval_and_who_was_silent(lived: None) -> None:
    sentence = happened_sentence(happened())
    assert "contacts followed from something that had happened" in sentence
    assert "stayed silent" in sentence


def test_days_between_event_and_contact_justify_the_window(lived: None) -> None:
    cause = taxonomy().cause("delivery_late")
    assert cause is not None
    window = window_of(cause)
    assert window is not None
    days = dict(zip(window.counts.lags.tolist(), window.counts.outcomes.sum(axis=1).tolist(), strict=True))
    assert sum(n for day, n in days.items() if 0 <= day < 7) >= 100
    assert sum(n for day, n in days.items() if day < 0) < 20
    assert window.measured in (5, 6)
    assert "Contacts return to their usual level" in window_sentence(window)
    assert window.differs


def test_a_window_is_taken_over_into_the_draft_by_who_may(
    lived: None, person_with: Callable[..., Person], client: Client
) -> None:
    client.force_login(person_with("employee"))
    assert client.post("/causes/delivery_late/window").status_code == 403
    assert draft() is None
    client.force_login(person_with("cx_team"))
    assert "Take over a window" in client.get("/causes/delivery_late").content.decode()
    assert client.post("/causes/delivery_late/window").status_code == 302
    kept = draft()
    assert kept is not None
    found = kept.taxonomy.cause("delivery_late")
    assert found is not None
    assert found.lag_days in (5, 6)
    assert client.post("/causes/praise/window").status_code == 400
    assert client.post("/causes/nothing/window").status_code == 404


def test_who_left_is_counted_where_the_record_knows_last_days(lived: None, record: Record) -> None:
    before = happened().of("delivery_late")
    assert before is not None
    assert isinstance(before.left, NoVerdict)
    ids = [f"c{number}" for number in range(40)] + [f"c{number}" for number in range(1000, 1200)]
    until = pa.array([FIRST + timedelta(days=75)] * len(ids), pa.date32())
    record.put_customers(pa.table({"customer_id": ids, "until": until}))
    late = happened().of("delivery_late")
    assert late is not None
    assert isinstance(late.left, Estimate)
    assert late.departed == 40
    assert late.complained + late.silent == late.customers == 200


def test_a_cause_is_told_whole(lived: None, person_with: Callable[..., Person], client: Client) -> None:
    client.force_login(person_with("executive"))
    page = client.get("/causes/delivery_late", {"adjust": "region"}).content.decode()
    for said in ("The silent majority", "Stayed silent", "of the same region", "What was tried", "Nothing yet"):
        assert said in page, said
    assert "What those contacts cost" in page
    answer = client.get("/api/v1/causes/delivery_late?adjust=region").json()
    assert answer["suffering"]["suffered"] == 200
    assert answer["window"]["measured"] in (5, 6)
    assert client.get("/api/v1/causes/nothing").status_code == 404
    client.force_login(person_with("employee"))
    assert "What those contacts cost" not in client.get("/causes/delivery_late").content.decode()
    assert client.get("/causes/nothing").status_code == 404


def test_what_is_adjusted_for_is_chosen(lived: None, person_with: Callable[..., Person], client: Client) -> None:
    client.force_login(person_with("employee"))
    plain = client.get("/demand").content.decode()
    assert "a segment was not adjusted for" in plain
    assert "Month and region" in plain
    assert "the same month and the same region" in client.get("/demand?adjust=region").content.decode()
    assert "a segment was not adjusted for" in client.get("/demand?adjust=unheard").content.decode()


def test_a_cause_that_happened_to_a_handful_is_named_and_not_compared(write: Write) -> None:
    write([signal(number, number, 0, "order_placed") for number in range(100)])
    write([signal(200 + number, number, 5, LATE) for number in range(3)])
    found = happened()
    assert [cause.id for cause in found.too_rare] == ["delivery_late"]
    assert isinstance(found.total, NoVerdict)


def test_few_contacts_give_no_verdict_and_still_say_to_whom_it_happened(write: Write) -> None:
    write([signal(number, number, 0, "order_placed") for number in range(300)])
    write([signal(500 + number, number, 5, LATE) for number in range(60)])
    found = happened()
    assert isinstance(found.total, NoVerdict)
    assert [row.customers for row in found.rows] == [60]
    assert "too few" in happened_sentence(found)


def test_without_events_nothing_is_claimed(write: Write) -> None:
    write([signal(1, 1, 0, "contact")])
    assert happened().rows == ()


def test_the_page_shows_it_to_colleagues_and_words_stay_guarded(
    lived: None, person_with: Callable[..., Person], client: Client
) -> None:
    client.force_login(person_with("employee"))
    page = client.get("/demand").content.decode()
    assert happened_sentence(happened()).split(".")[0] in page


def test_a_filter_narrows_the_contacts(lived: None) -> None:
    assert happened(Selection.read(where="channel = 'phone'")).n == 0


def test_low_scores_have_a_view_of_their_own(lived: None, person_with: Callable[..., Person], client: Client) -> None:
    client.force_login(person_with("employee"))
    page = client.get("/demand", {"outcome": "low_score"}).content.decode()
    assert "low scores followed from something that had happened" in page
    assert "Contacts that said so" not in page


def test_months_of_which_the_record_knows_nothing_put_nobody_at_risk(lived: None) -> None:
    wide = happened(Selection(since=date(1990, 1, 1), until=date(2300, 12, 31)))
    whole = happened()
    assert (wide.since, wide.until) == (whole.since, whole.until)
    assert (wide.total, wide.rows) == (whole.total, whole.rows)
    assert happened(Selection(since=date(9999, 12, 31))).rows == ()
