"""The metrics pages in a real browser: drawn, accessible, usable by hand on a phone."""

from datetime import date

import pytest
from playwright.sync_api import expect

from headwater.base.models import Person
from tests.browser import PHONE, Reader
from tests.metrics.conftest import Write, answers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.metrics.addresses")]


@pytest.fixture
def at_desk(reader: Reader, analyst: Person, write: Write) -> Reader:
    """An analyst with answers of two channels in two months and of one channel with too few."""
    for month, (web, phone) in enumerate([(9.0, 3.0), (8.0, 7.0)], start=1):
        write(answers("nps", {web: 20, 5: 5}, channel="web", local_date=date(2026, month, 5)))
        write(answers("nps", {phone: 20, 9: 5}, channel="phone", local_date=date(2026, month, 5)))
    write(answers("nps", {2: 4}, channel="fax", local_date=date(2026, 2, 5)))
    reader.sign_in(analyst)
    return reader


def test_the_list_and_metrics_with_and_without_answers_are_accessible_and_fit(at_desk: Reader) -> None:
    assert at_desk.sweep("/metrics/nps?by=channel", "/metrics", "/metrics/ces") == {}


def test_choosing_by_hand_keeps_what_was_chosen_before(at_desk: Reader) -> None:
    page = at_desk.open("/metrics/nps", width=PHONE)
    page.locator("summary", has_text="By").click()
    page.get_by_role("link", name="channel", exact=True).click()
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("Filter", exact=False).last.fill("channel != 'fax'")
    page.get_by_role("button", name="Show these signals").click()
    expect(page).to_have_url(at_desk.address + "/metrics/nps?by=channel&where=channel+%21%3D+%27fax%27")
    expect(page.locator("h1")).to_contain_text("is 0 (−15 to +15); the groups cannot be told apart")
    page.locator("summary", has_text="Show the figures").first.click()
    page.get_by_role("link", name="Web", exact=True).first.click()
    expect(page.locator("h1")).to_contain_text("Net Promoter Score is")
    assert "web" in page.url
