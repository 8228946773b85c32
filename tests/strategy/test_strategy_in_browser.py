"""A strategy in a real browser: from nothing to a published one with a measure, and readable for everyone."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.record import Record
from headwater.strategy import agreement, drafting, measuring, readings
from headwater.strategy.readings import Figure, GivenReading
from headwater.strategy.strategy import Strategy
from tests.browser import Reader
from tests.metrics.conftest import empty_record, record

__all__ = ["empty_record", "record"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def leader(person_with: Callable[..., Person]) -> Person:
    return person_with("executive", "cx_team")


@pytest.fixture
def writing(reader: Reader, leader: Person, record: Record) -> Reader:
    ensure_company(name="Test", currency="EUR", pack="retail")
    reader.sign_in(leader)
    return reader


def save(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def follow(page: Page, link: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=link, exact=True).first.click()


def test_a_strategy_is_written_agreed_published_and_measured(writing: Reader, leader: Person) -> None:
    page = writing.open("/strategy")
    follow(page, "Write the strategy")
    page.get_by_label("Mission for the customer experience").fill("Parcels come on the day we said.")
    save(page, "Save statements")
    follow(page, "Add a business goal")
    page.get_by_label("Name").fill("More customers order again")
    save(page, "Add to the draft")
    follow(page, "Add an outcome")
    page.get_by_label("What will be different for customers").fill("Nine of ten parcels come on the promised day.")
    page.get_by_label("Leads to the business goal").select_option("More customers order again")
    page.get_by_label("Money it should move in a year").fill("400000")
    save(page, "Add to the draft")
    follow(page, "Add an issue under it")
    page.get_by_label("What goes wrong for customers").fill("Parcels come late")
    save(page, "Add to the draft")
    save(page, "Undo")
    assert page.get_by_text("Parcels come late").count() == 0
    follow(page, "Read what changes, and ask leaders to agree")
    page.get_by_label(leader.name).check()
    save(page, "Ask them")
    page.get_by_label("I agree").check()
    save(page, "Send my answer")
    save(page, "Publish this strategy")
    assert "EUR\u00a0400,000 more revenue a year" in page.locator("h1").inner_text()

    page.goto(page.url.replace("/strategy", "/measures"))
    follow(page, "Start a measure")
    page.get_by_label("Which question does it answer?").fill("How is the team?")
    page.get_by_label("What does a leader do when it moves?").fill("The roster is changed.")
    page.get_by_label("Who answers for it?").select_option(leader.name)
    save(page, "Start this measure")
    assert "has no reading yet" in page.locator("h1").inner_text()


@pytest.fixture
def written(writing: Reader, leader: Person, small: Strategy) -> Reader:
    drafting.replace_draft(leader, small, source="a test")
    agreement.publish(leader, override="a test")
    drafting.change_statements(leader, {"vision": "The shop that neighbours name first."})
    agreement.propose(leader, [leader.pk])
    values = {
        "name": "Health of the team",
        "question": "How is the team?",
        "decision": "The roster is changed.",
        "owner": leader.pk,
        "kind": "how",
        "outcomes": ["on_time"],
        "source": "typed",
        "definition": {"scale": "0-10"},
        "baseline": 5,
        "target": 8,
        "start_date": "2026-01-01",
        "target_date": "2026-12-31",
    }
    made = measuring.start_measure(leader, values)
    for month in (1, 2, 3):
        given = GivenReading(date(2026, month, 1), Figure(5 + month / 2, 4.6 + month / 2, 5.4 + month / 2, 30))
        readings.give_reading(leader, made.slug, given)
    return writing


PAGES = (
    "/strategy",
    "/strategy/edit",
    "/strategy/edit/outcome/on_time",
    "/strategy/draft",
    "/strategy/versions",
    "/strategy/versions/1",
    "/measures",
    "/measures/health-of-the-team",
    "/measures/health-of-the-team/edit",
)


def test_the_pages_fit_and_are_readable_for_everyone(written: Reader) -> None:
    assert written.sweep(*PAGES) == {}
