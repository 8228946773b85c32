"""The pages of insight in a real browser: drawn, quiet, accessible, within the screen, and three clicks deep."""

from collections.abc import Callable

import pytest

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.listening.connections import services as connections
from tests.browser import Reader
from tests.insight.conftest import Label, Write, complaint

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("journey"),
]

PAGES = ("/", "/causes", "/causes/delivery_late", "/drivers", "/verbatims", "/audit")


@pytest.fixture
def lead(reader: Reader, person_with: Callable[..., Person], write: Write, label: Label) -> Reader:
    """A CX lead reads a company with complaints about two causes, over three months."""
    ensure_company(name="Test company", pack="retail")
    write([complaint(number, text=f"my parcel number {number} came a week late, again") for number in range(60)])
    label(
        {
            str(number): {"causes": ["delivery_late" if number % 3 else "damaged"], "stage": "wait"}
            for number in range(50)
        }
    )
    reader.sign_in(person_with("cx_team"))
    return reader


def test_every_page_is_drawn_quietly_accessible_and_within_the_screen(lead: Reader) -> None:
    assert lead.sweep(*PAGES) == {}


def test_three_clicks_lead_to_one_customers_words(lead: Reader) -> None:
    page = lead.open("/")
    page.locator(".stages a[href^='/causes/delivery_late']").first.click()
    page.locator("figure.verbatim a").first.click()
    page.get_by_text("came a week late").first.wait_for()
    assert "/verbatims/" in page.url


def test_a_label_is_corrected_without_leaving_the_page(lead: Reader) -> None:
    page = lead.open("/verbatims")
    page.locator("figure.verbatim blockquote a").first.click()
    page.locator("#labels select").first.select_option("receive")
    page.get_by_role("button", name="Save stage").click()
    page.locator("option[value=receive][selected]").wait_for(state="attached")
    assert not lead.complaints


def test_the_pages_of_other_systems_and_of_personal_data_fit_and_are_accessible(
    reader: Reader, person_with: Callable[..., Person]
) -> None:
    ensure_company(name="Test company", pack="retail")
    connections.create(
        None, name="help-desk", kind="rest", options={"url": "https://192.0.2.1/api/v2/incremental/tickets/cursor.json"}
    )
    reader.sign_in(person_with("administrator"))
    pages = ("/connections", "/connections/help-desk", "/connections/new", "/webhooks", "/personal-data", "/addressees")
    assert reader.sweep(*pages) == {}
