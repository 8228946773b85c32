"""The metrics pages: what they say, what they show, who may see them, what they refuse."""

from datetime import date

import pytest
from django.test import Client

from headwater.base.models import Person
from headwater.record import Record
from tests.metrics.conftest import Write, answers

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.metrics.addresses")]


def page(signed_in: Client, address: str, status: int = 200) -> str:
    response = signed_in.get(address)
    assert response.status_code == status, response.content.decode()[:2000]
    return " ".join(response.content.decode().split())


@pytest.fixture
def stores(write: Write) -> None:
    write(answers("nps", {10: 30, 1: 10}, channel="web", local_date=date(2026, 1, 5)))
    write(answers("nps", {10: 10, 1: 30}, channel="phone", local_date=date(2026, 2, 5)))
    write(answers("nps", {1: 4}, channel="fax", local_date=date(2026, 2, 6)))


def test_the_list_opens_with_what_it_found(signed_in: Client, stores: None) -> None:
    text = page(signed_in, "/metrics")
    assert "Net Promoter Score is −5 (" in text
    assert text.count("</section>") == 7
    assert 'href="/metrics/contact_rate"' in text


def test_the_list_of_an_empty_record_says_what_to_do(signed_in: Client, record: Record) -> None:
    text = page(signed_in, "/metrics")
    assert "No score has arrived yet; load a file" in text
    assert "Nobody has answered yet." in text


def test_a_metric_by_group_says_which_differ_and_which_are_too_few(signed_in: Client, stores: None) -> None:
    text = page(signed_in, "/metrics/nps?by=channel")
    assert "Net Promoter Score is −5 (" in text
    assert "from −50 for “Phone” to +50 for “Web”." in text
    assert "Groups with fewer than 30 answers are shown, but not ranked." in text
    assert text.index(">Phone</a>") < text.index(">Web</a>") < text.index(">Fax</a>")
    assert "too few to rank" in text


def test_a_group_is_a_link_to_itself_with_the_period_kept(signed_in: Client, stores: None) -> None:
    text = page(signed_in, "/metrics/nps?by=channel&since=2026-02-01")
    address = "/metrics/nps?where=channel+%3D+%27phone%27&amp;since=2026-02-01"
    assert address in text
    assert "Net Promoter Score is −50 (" in page(signed_in, address.replace("&amp;", "&"))


def test_over_time_has_its_figures_as_a_table(signed_in: Client, stores: None) -> None:
    text = page(signed_in, "/metrics/nps")
    assert "Net Promoter Score over time, with 95 % intervals" in text
    assert "Jan. 1, 2026" in text
    assert "+50" in text


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("by=colour", "“colour”"),
        ("where=colour+%3D+1", "no column “colour”"),
        ("since=yesterday", "Enter a valid date."),
        ("since=2026-02-02&until=2026-02-01", "before it begins"),
        ("by=" + "x" * 201, "at most 200 characters"),
    ],
)
def test_what_cannot_be_read_stands_in_its_field(signed_in: Client, record: Record, query: str, reason: str) -> None:
    text = page(signed_in, f"/metrics/nps?{query}", 400)
    assert reason in text
    assert 'role="alert"' in text
    assert "Definition" in text


def test_an_address_says_only_what_was_chosen(signed_in: Client, record: Record) -> None:
    response = signed_in.get("/metrics/nps?by=stage&where=&since=&until=2026-02-01")
    assert (response.status_code, response["Location"]) == (302, "/metrics/nps?by=stage&until=2026-02-01")
    assert signed_in.get("/metrics/nps?by=")["Location"] == "/metrics/nps"


def test_an_unknown_metric_is_not_found(signed_in: Client, record: Record) -> None:
    assert "There is no metric “npx”" in page(signed_in, "/metrics/npx", 404)


def test_what_a_group_is_called_is_escaped(signed_in: Client, write: Write) -> None:
    write(answers("nps", {9: 40}, channel="<script>alert(1)</script>"))
    assert "<script>alert(1)" not in page(signed_in, "/metrics/nps?by=channel")


def test_no_style_or_script_stands_in_the_page(signed_in: Client, stores: None) -> None:
    text = page(signed_in, "/metrics/nps?by=channel")
    assert " style=" not in text
    assert "<style" not in text
    assert "onclick" not in text


def test_a_stranger_signs_in_first(record: Record) -> None:
    response = Client().get("/metrics/nps")
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")


def test_a_person_without_a_role_sees_no_figures(db: None, record: Record) -> None:
    person = Person(email="guest@example.com", name="Guest", roles=[])
    person.set_unusable_password()
    person.save()
    guest = Client()
    guest.force_login(person)
    for address in ("/metrics", "/metrics/nps"):
        assert guest.get(address).status_code == 403


def test_pages_only_read(signed_in: Client, record: Record) -> None:
    assert signed_in.post("/metrics/nps").status_code == 405
