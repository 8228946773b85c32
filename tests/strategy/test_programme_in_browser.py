"""The programme in a real browser: light and dark, phone and wide screen, without a violation or a complaint."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from headwater.base.models import Person
from headwater.strategy import discovery, drafting, guideposts, readiness, requests, trials
from tests.browser import PHONE, Reader, overflow, violations
from tests.insight.conftest import Label, Write, complaint, empty_record, journey, label, record, write

__all__ = ["empty_record", "journey", "label", "record", "write"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = (
    "/strategy/readiness",
    "/strategy/readiness/training",
    "/requests",
    "/requests/new",
    "/requests/{request}",
    "/strategy/roadmap",
    "/strategy/roadmap/align",
    "/guideposts",
    "/guideposts/edit/promised_day",
    "/strategy/trials",
    "/strategy/trials/new",
    "/strategy/trials/{trial}",
    "/strategy/discovery",
    "/strategy/discovery/observe",
    "/strategy/discovery/discuss",
    "/strategy/discovery/learn",
)


@pytest.fixture
def programme(journey: None, write: Write, label: Label, person_with: Callable[..., Person]) -> dict[str, Any]:
    """A little of everything."""
    editor = person_with("cx_team", "executive")
    day = date(2026, 3, 2)
    write(
        [complaint(number, local_date=day + timedelta(days=number), customer_id=f"c{number}") for number in range(60)]
    )
    label({str(number): {"causes": ["delivery_late"], "stage": "wait"} for number in range(40)})
    yesterday = timezone.localdate() - timedelta(days=1)
    readiness.change_item(editor, "training", {"owner": editor, "due": yesterday, "answer": "Two evenings a month."})
    readiness.add_milestone(editor, "training", "The first evening", due=yesterday, is_quick_win=True)
    readiness.change_item(editor, "pay_on_score", {"says_yes": True})
    guideposts.change_guidepost(editor, "promised_day", {"always": ["Name the day."], "never": ["Send them away."]})
    guideposts.publish(editor)
    guideposts.change_guidepost(editor, "promised_day", {"may": [{"text": "Send it anew.", "limit": 50}]})
    drafting.change_statements(editor, {"mission": "Every order comes on the day we said."})
    trial = trials.start_trial(editor, "mission", closes_on=timezone.localdate() + timedelta(days=7))
    row = requests.file_request(editor, "Fix the customer service department, we get too many calls.")
    requests.answer_filed()
    discovery.start(editor)
    discovery.choose(editor, ["delivery_late"])
    return {"editor": editor, "request": row.pk, "trial": trial.pk, "token": trial.links.all()[0].token}


def test_every_page_reads_well_and_harms_nobody(reader: Reader, programme: dict[str, Any]) -> None:
    reader.sign_in(programme["editor"])
    assert reader.sweep(*(path.format(**programme) for path in PAGES)) == {}


def test_a_stranger_answers_a_trial_with_the_keyboard(reader: Reader, programme: dict[str, Any]) -> None:
    page = reader.open(f"/try/{programme['token']}", width=PHONE)
    assert violations(page) == []
    assert overflow(page) == 0
    page.get_by_label("In your words").fill("It comes on the day.")
    for name in ("clear", "believable", "matters"):
        page.locator(f"input[name={name}]").first.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Send my answer").focus()
    page.keyboard.press("Enter")
    page.get_by_text("your answer is kept").wait_for()


def test_a_request_is_filed_and_decided_in_the_browser(reader: Reader, programme: dict[str, Any]) -> None:
    reader.sign_in(programme["editor"])
    page = reader.open("/requests/new")
    page.get_by_label("What should be fixed?").fill("Parcels come late and nobody tells the customers.")
    page.get_by_role("button", name="Find where it starts").click()
    page.get_by_text("Tracing it upstream").wait_for()
    requests.answer_filed()
    page.get_by_role("heading", name="Where it starts").wait_for()
    page.get_by_role("button", name="Decline with a reason").click()
    page.get_by_label("Why not").fill("It is on its way already.")
    page.get_by_role("button", name="Decline", exact=True).click()
    page.get_by_text("It is on its way already.").first.wait_for()
