"""Moments, scorecards, line of sight, grid and map in a real browser: quiet, accessible, on any screen, by keyboard."""

from collections.abc import Callable

import pytest

from headwater.base.company import ensure_company
from headwater.base.models import Department, Person
from headwater.journey.queries import edited
from tests.browser import PHONE, Reader
from tests.insight.conftest import Label, Write, complaint

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("journey"),
]


@pytest.fixture
def lead(reader: Reader, person_with: Callable[..., Person], write: Write, label: Label) -> Reader:
    """A CX lead reads a company with complaints, scores and events."""
    ensure_company(name="Test company", pack="retail")
    write([complaint(number, text=f"my parcel number {number} came a week late, again") for number in range(60)])
    label({str(number): {"causes": ["delivery_late"], "stage": "wait"} for number in range(50)})
    rows = []
    for n in range(160):
        who = {"customer_id": f"c{n}"}
        late = n < 60
        rows.append({**who, "record_id": f"e{n}", "kind": "event", "event": "delivery_late" if late else "delivered"})
        rows.append({**who, "record_id": f"n{n}", "metric": "nps", "score": 3 if late else 9})
        rows.append({**who, "record_id": f"s{n}", "metric": "csat", "score": 2 if n % 3 else 5, "stage": "wait"})
    write(rows)
    delivery = Department.objects.create(name="Delivery", pack_departments=["delivery"])
    reader.sign_in(person_with("cx_team", department=delivery))
    return reader


def test_every_page_is_accessible_and_within_the_screen(lead: Reader) -> None:
    sight = f"/departments/{Department.objects.get().pk}/line-of-sight"
    pages = ("/journey", "/journey/moments", "/scorecards", "/listening-grid", sight, "/line-of-sight")
    assert lead.sweep(*pages, "/journey/moments/promised_day", "/search?q=delivery") == {}


def test_a_moment_is_chosen_in_place_by_keyboard(lead: Reader) -> None:
    page = lead.open("/journey/moments")
    page.locator("#choose-promised_day").focus()
    page.keyboard.press("Enter")
    page.locator("#choose-promised_day[aria-pressed=true]").wait_for()
    page.get_by_text("1 moment of truth chosen").wait_for()
    assert [moment.id for moment in edited().truths] == ["promised_day"]


def test_the_slash_key_finds_a_cause_and_opens_it(lead: Reader) -> None:
    page = lead.open("/journey")
    page.keyboard.press("/")
    page.keyboard.type("later than pro")
    page.locator("#search-found a").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/causes/delivery_late")


# Frame by frame, as the page draws; a string that the page itself would evaluate is refused by its content policy.
WAIT_UNTIL_ALL_IS_SEEN = """strip => new Promise(done => {
    let frames = 0;
    const look = () => {
        const more = Number(getComputedStyle(strip).getPropertyValue("--more"));
        if (more < 0.1 || ++frames > 600) done(more < 0.1);
        else requestAnimationFrame(look);
    };
    look();
})"""


def test_the_map_scrolls_on_a_phone_and_says_that_there_is_more(lead: Reader) -> None:
    page = lead.open("/journey", width=PHONE)
    strip = page.locator(".read-map")
    more = "strip => Number(getComputedStyle(strip).getPropertyValue('--more'))"
    assert strip.evaluate(more) > 0.9
    strip.focus()
    strip.evaluate("strip => strip.scrollTo({ left: strip.scrollWidth, behavior: 'instant' })")
    assert strip.evaluate(WAIT_UNTIL_ALL_IS_SEEN)
