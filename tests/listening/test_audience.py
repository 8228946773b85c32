"""How many to ask, who is drawn, and where customers are reached."""

from datetime import datetime
from math import sqrt
from typing import Any

import pyarrow as pa
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Company, HistoryEntry, Person
from headwater.base.refusals import Refused
from headwater.listening import inbox
from headwater.listening.models import Addressee
from headwater.listening.surveys import addressees, audience
from headwater.listening.surveys.mailing_rules import Plan
from headwater.listening.surveys.sampling import answers_needed, divided, half_width_of, nps_variance, suggest
from headwater.metrics.store import company_record
from headwater.science.results import Estimate
from tests.listening.mail_sink import some_addressees

# --- how many


def test_the_size_is_cochran_s_with_the_finite_population() -> None:
    """The textbook's 384 for a share of a half, ± 5 %; of a population of 1,000 it is 278 (Krejcie and Morgan 1970)."""
    assert answers_needed(0.05, 0.25, 10**9) == 385
    assert answers_needed(0.05, 0.25, 1_000) == 278
    assert answers_needed(0.05, 0.25, 100) == 80


@given(st.floats(0.01, 0.5), st.floats(0.01, 1), st.integers(2, 10**6))
def test_so_many_answers_give_at_most_the_width_that_is_wanted(width: float, variance: float, population: int) -> None:
    n = answers_needed(width, variance, population)
    assert 1 <= n <= population
    assert half_width_of(n, variance, population) <= width * 1.001
    if n > 1:
        assert half_width_of(n - 1, variance, population) >= width * 0.999


def test_an_nps_varies_at_most_by_one() -> None:
    assert nps_variance() == 1
    assert nps_variance(0.5, 0.2) == pytest.approx(0.7 - 0.3**2)


def test_how_many_to_ask_follows_from_who_answered() -> None:
    answered = Estimate(0.2, 0.15, 0.26, 200, "Wilson score interval")
    found = suggest(0.05, 0.25, 10_000, answered)
    assert (found.answers, found.ask, found.attainable) == (370, 1850, True)
    few = suggest(0.01, 0.25, 1_000, None)
    assert (few.ask, few.attainable, few.response) == (1_000, False, 0.15)
    assert few.half_width == pytest.approx(1.96 * sqrt(0.25 / 150 * 850 / 999), rel=1e-3)


@given(st.integers(0, 500), st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 100), max_size=8))
def test_a_sample_is_divided_without_rest_and_beyond_no_stratum(size: int, strata: dict[str, int]) -> None:
    for allocation in ("proportional", "equal"):
        given_ = divided(size, strata, allocation)
        assert sum(given_.values()) == min(size, sum(strata.values()))
        assert all(given_[name] <= n for name, n in strata.items())


def test_allocations() -> None:
    assert divided(10, {"a": 60, "b": 30, "c": 10}) == {"a": 6, "b": 3, "c": 1}
    assert divided(10, {"a": 60, "b": 30, "c": 2}, "equal") == {"a": 4, "b": 4, "c": 2}


# --- who


def test_everybody_is_drawn_in_the_same_order_as_the_record_draws(ours: Company) -> None:
    ids = some_addressees(7)
    people = [{"customer_id": one, "attributes": [("plan", "plus")]} for one in ids]
    company_record().put_customers(
        pa.Table.from_pylist(
            people,
            schema=pa.schema([("customer_id", pa.string()), ("attributes", pa.map_(pa.string(), pa.string()))]),
        )
    )
    everybody = Plan.model_validate({"sample": {"seed": 9}, "segment": "plan"})
    chosen = Plan.model_validate(
        {"audience": {"customers": "attribute:plan = 'plus'"}, "sample": {"seed": 9}, "segment": "plan"}
    )
    first, second = (next(iter(audience.pages(plan))) for plan in (everybody, chosen))
    assert [(one.customer_id, one.draw, dict(one.attributes)) for one in first] == [
        (one.customer_id, one.draw, dict(one.attributes)) for one in second
    ]
    later = [one.customer_id for page in audience.pages(everybody, first[2].draw) for one in page]
    assert later == [one.customer_id for one in first[3:]]


def test_an_audience_is_counted_with_those_who_can_be_reached(ours: Company) -> None:
    some_addressees(2)
    at = datetime(2026, 1, 2, 12)
    rows: list[dict[str, Any]] = [
        {"source": "s", "record_id": str(n), "kind": "event", "event": "delivered", "occurred_at": at,
         "received_at": at, "local_date": at.date(), "customer_id": f"c{n}"}
        for n in range(5)
    ]  # fmt: skip
    inbox.put(pa.Table.from_pylist(rows))
    inbox.flush()
    plan = Plan.model_validate({"audience": {"signals": "event = 'delivered'"}})
    size = audience.size_of(plan.audience)
    assert (size.customers, size.with_address, size.exact) == (5, 2, True)


def test_words_and_single_customers_make_no_audience(ours: Company, analyst: Person) -> None:
    for signals in ("text like '%refund%' and customer_id = 'c1'", "customer_id = 'c1'"):
        plan = Plan.model_validate({"audience": {"signals": signals}})
        with pytest.raises(Refused):
            audience.require_usable(analyst, plan.audience)
    with pytest.raises(Refused, match="attribute"):
        audience.require_usable(None, Plan.model_validate({"audience": {"customers": "stage = 'pay'"}}).audience)


# --- where they are reached

FILE = """Customer ID;Email;Name;Language;Time zone
c1;a@example.com;Ann;en;Europe/Paris
c2;nobody;;;
c3;c@example.com;;xx1;
"""


def test_a_file_of_addresses_is_kept_once(ours: Company, analyst: Person) -> None:
    found = addressees.receive_file(analyst, FILE.encode())
    assert (found.added, found.refused) == (1, 2)
    assert [(one.row, "nobody" in one.message or "xx1" in one.message) for one in found.wrong] == [(2, True), (3, True)]
    again = addressees.receive_file(analyst, FILE.replace(";Ann;", ";Anna;").encode())
    assert (again.added, again.changed, again.same) == (0, 1, 0)
    assert addressees.receive_file(analyst, FILE.replace(";Ann;", ";Anna;").encode()).same == 1
    row = Addressee.objects.get()
    assert (row.customer_id, row.email, row.name, row.time_zone) == ("c1", "a@example.com", "Anna", "Europe/Paris")
    assert HistoryEntry.objects.filter(code="addressees.received").count() == 2


@pytest.mark.parametrize("content", [b"id,mail\n1,a@example.com\n", b"customer_id,email,phone\n", b"\xff\xfe", b""])
def test_a_file_that_is_none_is_refused(ours: Company, analyst: Person, content: bytes) -> None:
    with pytest.raises(Refused):
        addressees.receive_file(analyst, content)


def test_addresses_are_shown_to_nobody_who_may_not_see_customers(
    ours: Company, analyst: Person, employee: Person, client: Client
) -> None:
    some_addressees(3)
    client.force_login(analyst)
    sent = client.post("/addressees", {"file": SimpleUploadedFile("a.csv", FILE.encode())})
    assert sent.status_code == 200
    assert "c0@example.com" not in sent.content.decode()
    assert "c0@example.com" in client.get("/addressees", {"customer": "c0"}).content.decode()
    client.force_login(employee)
    assert client.get("/addressees").status_code == 200
    assert client.get("/addressees", {"customer": "c0"}).status_code == 403
    assert client.post("/addressees", {"file": SimpleUploadedFile("a.csv", FILE.encode())}).status_code == 403
    client.logout()
    assert client.get("/addressees").status_code == 302
