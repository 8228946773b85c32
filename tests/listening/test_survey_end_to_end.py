"""A survey from the editor to the Forest: made, sent to 200 customers, answered on phones without JavaScript."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from playwright.sync_api import Browser, Page

from headwater.base import worker
from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.journey.packs import load_pack
from headwater.journey.services import apply_pack
from headwater.listening import inbox
from headwater.listening.models import Addressee, Invitation, Mailing, Survey
from headwater.metrics.store import close_company_record, company_record
from headwater.record.questions import Size
from tests.browser import PHONE, Reader
from tests.listening.mail_sink import Sink, part, sink, token_in

__all__ = ["sink"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CUSTOMERS = 200
SCORES = (5, 5, 4, 2, 1, 5)
"""What those who answer think of their delivery, from 1 to 5."""


def test_a_survey_is_made_sent_answered_on_a_phone_and_seen(
    reader: Reader, chromium: Browser, client: Client, sink: Sink, settings: LazySettings, home: Path
) -> None:
    close_company_record()
    ensure_company(name="Ours", time_zone="UTC")
    apply_pack(None, load_pack("retail"))
    settings.PUBLIC_URL = reader.address
    Addressee.objects.bulk_create(
        Addressee(customer_id=f"c{n}", email=f"c{n}@example.com", name=f"Name {n}") for n in range(CUSTOMERS)
    )
    lead = Person.objects.create(email="lead@example.com", name="Lead", roles=["cx_team"])
    reader.sign_in(lead)
    client.force_login(lead)
    before = client.get("/").content.decode()

    survey = make_survey(reader)
    send(reader, survey)
    assert len(sink.mails) == CUSTOMERS
    assert {one["To"] for one in sink.mails} == {f"c{n}@example.com" for n in range(CUSTOMERS)}

    phones = chromium.new_context(viewport={"width": PHONE, "height": 800}, java_script_enabled=False)
    for number, score in enumerate(SCORES):
        answer(phones.new_page(), part(sink.to(f"c{number}@example.com"), "html"), score)
    phones.close()

    worker.run_due()
    inbox.flush()
    # A score and words of each who answered, and that each was invited.
    assert company_record().ask(Size()).signals == CUSTOMERS + 2 * len(SCORES)
    assert Invitation.objects.filter(state=Invitation.State.SPENT).count() == len(SCORES)
    results = reader.open(f"/surveys/{survey.name}/results").locator("h1").inner_text()
    assert f"{len(SCORES)} responses" in results
    assert "67" in results  # four of six are satisfied
    progress = reader.open(f"/surveys/{survey.name}/send").locator("h1").inner_text()
    assert f"{len(SCORES)} of {CUSTOMERS} customers asked answered" in progress
    mailing = Mailing.objects.get()
    token = token_in(sink.to("c9@example.com"))
    tabs = ("", "/edit", "/check", "/preview", "/versions", "/send", f"/send/{mailing.pk}", "/links", "/results")
    pages = (f"/surveys/{survey.name}{tab}" for tab in tabs)
    theirs = ("/surveys", "/addressees", "/surveys/contact-limits", f"/s/{token}", f"/u/{token}")
    assert reader.sweep(*pages, *theirs) == {}
    forest = reader.open("/")
    assert forest.locator("h1").inner_text() not in before
    assert forest.locator("a[href^='/stages/receive'], .stages").first.is_visible()
    close_company_record()


def make_survey(reader: Reader) -> Survey:
    """Begin with a template, word its first question anew, place it on the journey, check it, and publish it."""
    page = reader.open("/surveys/new")
    page.get_by_label("Title").fill("Your delivery")
    page.locator("input[name=template][value=delivery]").check()
    page.locator("form button").last.click()
    page.wait_for_url("**/edit**")
    survey = Survey.objects.get()
    page.goto(f"{reader.address}/surveys/{survey.name}/edit/questions/csat_delivery")
    page.locator("[name^='text']").first.fill("How satisfied are you with the delivery of your order?")
    page.locator("button[name=do][value=save]").last.click()
    page.goto(f"{reader.address}/surveys/{survey.name}/check")
    if page.locator("input[name=confirmed]").count():
        page.locator("input[name=confirmed]").check()
    page.get_by_role("button", name="Publish").click()
    page.wait_for_load_state("networkidle")
    return survey


def send(reader: Reader, survey: Survey) -> None:
    """Prepare a mailing to everybody at any hour, start it, and let the queue do the rest."""
    page = reader.open(f"/surveys/{survey.name}/send")
    page.get_by_role("button", name="Prepare mailing").click()
    page.wait_for_url("**/send/*")
    for day in range(7):
        page.locator(f"input[name=weekdays][value='{day}']").check()
    page.locator("input[name=opens]").fill("0")
    page.locator("input[name=closes]").fill("24")
    page.get_by_role("button", name="Keep this plan").click()
    page.get_by_text(f"would ask {CUSTOMERS} customers").wait_for()
    page.get_by_role("button", name="Start asking").click()
    page.wait_for_load_state("networkidle")
    page.close()
    worker.run_due()


def answer(page: Page, mail: str, score: int) -> None:
    """Open the mail, choose the score in it, confirm it on the page, say why, and be thanked."""
    page.set_content(mail)
    link = page.get_by_role("link", name=str(score), exact=True).get_attribute("href")
    assert link is not None
    page.goto(link)
    assert page.locator(f"input[value='{score}']").first.is_checked()
    assert fits(page)
    page.locator("button[name=go][value=next]").click()
    page.locator("textarea").first.fill(f"The parcel came late, I give it {score}.")
    page.locator("button[name=go][value=next]").click()
    assert page.locator("form").count() == 0
    page.close()


def fits(page: Page) -> bool:
    """Whether the page fits its window; without scripts only its boxes can be asked."""
    box = page.locator("main").bounding_box()
    return box is not None and box["x"] + box["width"] <= PHONE
