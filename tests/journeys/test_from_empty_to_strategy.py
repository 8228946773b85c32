"""A new company in the browser alone: data, a strategy with a measure, an agreed journey, and a moment to watch."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect

from tests.browser import Reader
from tests.journeys.exports import Exports, write_exports

pytestmark = pytest.mark.browser

PATIENCE = 60_000
"""How long, in milliseconds, the browser waits for what the worker does in the background."""
LEADER, GOAL = "Managing director", "More customers order again"
OUTCOME = "By the end of year 1, 95 of 100 customers hold their parcel by the promised day."
PASSWORD = "a river runs to the sea"
DEPARTMENTS = {
    "Shop": ("Marketing", "Range and pricing", "Sourcing and quality", "Purchasing and stock", "Webshop and app",
             "Marketplace and sellers", "Payments and invoicing", "Customer service"),
    "Logistics": ("Warehouse and packing", "Delivery and carriers", "Returns"),
}  # fmt: skip


@dataclass(frozen=True)
class Served:
    """Where the product answers, and the first administrator's way in, as ``serve`` prints them."""

    address: str
    email: str
    password: str


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """``headwater serve`` on an empty folder, with its worker, as a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = {**os.environ, "HEADWATER_HOME": str(tmp_path / "home")}
    environment.pop("HEADWATER_DATABASE_URL", None)
    command = [sys.executable, "-u", "-m", "headwater", "serve", "--empty", "--port", port, "--processes", "1"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"Sign in as (\S+) with the password (\S+)", line):
            break
    else:
        pytest.fail(f"the server did not start: {said[-2000:]}")
    yield Served(f"http://127.0.0.1:{port}", found[1], found[2])
    process.terminate()
    process.communicate(timeout=60)


@pytest.fixture
def browsing(chromium: Browser, served: Served) -> Iterator[Reader]:
    """Browsers of several people; the test fails when one of them complained."""
    reading = Reader(chromium, served.address)
    yield reading
    reading.close()
    assert reading.complaints == []


@pytest.fixture
def exports(shared: Path, tmp_path: Path) -> Exports:
    return write_exports(shared / "data" / "olist_dev", tmp_path)


def press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).first.click()


def follow(page: Page, *links: str) -> None:
    """Follow links one after the other: a room, a page of it, what stands there."""
    for link in links:
        with page.expect_navigation():
            page.get_by_role("link", name=link, exact=True).first.click()


def account(page: Page, link: str) -> None:
    """Follow a link of the menu under one's own name."""
    page.locator("[data-menu] > summary").click()
    follow(page, link)


def fill(page: Page, label: str, text: str) -> None:
    page.locator("main").get_by_label(label).fill(text)


def choose(page: Page, label: str | re.Pattern[str], option: str) -> None:
    page.locator("main").get_by_label(label).select_option(option)


def tick(page: Page, *labels: str) -> None:
    for label in labels:
        page.locator("main").get_by_label(label, exact=True).check()


def says(page: Page, text: str) -> None:
    """The page says so in its first sentence; or will, where it follows what the worker does."""
    expect(page.locator("h1").first).to_contain_text(text, timeout=PATIENCE)


def reload_until(page: Page, place: Locator) -> None:
    """Read the page again until what the worker prepares is there."""
    for _attempt in range(PATIENCE // 1_000):
        try:
            place.wait_for(timeout=1_000)
        except TimeoutError:
            page.reload()
        else:
            return
    raise AssertionError(f"the page never showed {place}")


def sign_in(browsing: Reader, served: Served) -> Page:
    page = browsing.open("/")
    fill(page, "Email", served.email)
    page.locator("[name=password]").fill(served.password)
    press(page, "Sign in")
    return page


def start_company(page: Page) -> None:
    """From the first page: the company, its departments, and which of the pack's each of them is."""
    follow(page, "Start your company")
    fill(page, "Name of the company", "Vitrine")
    fill(page, "Currency", "BRL")
    tick(page, "Retail and e-commerce")
    fill(page, "First departments", "\n".join(DEPARTMENTS))
    press(page, "Start company")
    says(page, "Nothing has arrived yet")


def invite(page: Page, name: str, department: str, role: str) -> str:
    """Let someone in; returns the link that the page hands out."""
    account(page, "People")
    follow(page, "Add a person")
    fill(page, "Name", name)
    fill(page, "E-mail address", f"{name.replace(' ', '.')}@example.com")
    if department:
        choose(page, "Department (", department)
    tick(page, role)
    press(page, "Add and invite")
    return page.locator("main code").inner_text()


def head_of(department: str) -> str:
    return f"Head of {department.lower()}"


def let_people_in(page: Page) -> dict[str, str]:
    """A leader and the heads of the departments, with their links; each department knows its head and its work."""
    links = {LEADER: invite(page, LEADER, "", "Executive")}
    for department in DEPARTMENTS:
        links[head_of(department)] = invite(page, head_of(department), department, "Department manager")
        account(page, "Departments")
        follow(page, department)
        choose(page, "Head", head_of(department))
        press(page, "Save department")
    follow(page, "Which of them does what in the journey")
    for department, theirs in DEPARTMENTS.items():
        for one in theirs:
            choose(page, one, department)
    press(page, "Save departments")
    says(page, "Every department that the journey names is one of ours.")
    return links


def come_in(browsing: Reader, link: str) -> Page:
    """Follow an invitation in a browser of one's own."""
    page = browsing.open(link.removeprefix(browsing.address))
    fill(page, "Password", PASSWORD)
    press(page, "Choose password and sign in")
    return page


def load(page: Page, file: Path, signals: int) -> None:
    """Upload a file and import it as the proposal reads it; the day an order was promised for is kept with it."""
    follow(page, "Listening", "Imports")
    page.locator("main").get_by_label("File", exact=True).set_input_files(file)
    press(page, "Look at the file")
    press(page, "Import the file")
    says(page, f"{signals:,} new signals are in the record.")


def write_strategy(page: Page) -> None:
    follow(page, "Strategy", "Write the strategy")
    fill(page, "Mission for the customer experience", "Every order is there by the day we promised.")
    press(page, "Save statements")
    follow(page, "Add a business goal")
    fill(page, "Name", GOAL)
    press(page, "Add to the draft")
    follow(page, "Add an outcome")
    fill(page, "What will be different for customers", OUTCOME)
    choose(page, "Leads to the business goal", GOAL)
    press(page, "Add to the draft")
    follow(page, "Read what changes, and ask leaders to agree")
    tick(page, LEADER)
    press(page, "Ask them")


def agree_as_leader(page: Page) -> None:
    """From the leader's own page, where the question stands."""
    follow(page, "Your page")
    page.locator("main").get_by_role("link", name=re.compile("strategy", re.IGNORECASE)).first.click()
    tick(page, "I agree")
    press(page, "Send my answer")


def publish_strategy(page: Page) -> None:
    page.reload()
    press(page, "Publish this strategy")
    follow(page, "Strategy")
    expect(page.locator("main")).to_contain_text(OUTCOME)


def measure_stars(page: Page) -> None:
    """A measure that the record computes; its readings appear by themselves."""
    follow(page, "Measures", "Start a measure")
    fill(page, "Which question does it answer?", "How many stars do customers give us?")
    fill(page, "What does a leader do when it moves?", "Logistics goes through the late orders of the month.")
    choose(page, "Who answers for it?", "Administrator")
    page.get_by_text("What it belongs to").click()
    tick(page, "How we do it (subjective)", OUTCOME)
    page.get_by_text("How it is measured").click()
    tick(page, "Computed from the record")
    choose(page, "Metric", "Mean rating")
    page.get_by_text("The record says").wait_for()
    press(page, "Start this measure")


def read_measure(page: Page, exports: Exports) -> None:
    reading = page.locator("#readings tbody tr").first
    reload_until(page, reading)
    assert "April 2018" in reading.inner_text()
    stars, base = exports.april
    assert f"{stars:.2f}" in reading.inner_text()
    assert f"{base:,}" in reading.inner_text()


def agree_on_every_stage(page: Page) -> None:
    """As the head of a department: from one's own page to the list of all that waits, and one answer to each."""
    follow(page, "Your page")
    page.locator("main").get_by_role("link", name=re.compile(r"^Is “")).first.click()
    agreeing = page.locator("main").get_by_label("Yes, this is how we see it", exact=True)
    agreeing.first.wait_for()
    for one in agreeing.all():
        one.check()
    press(page, "Send my answers")
    expect(page.locator("main")).not_to_contain_text("Yours to answer")


def watch_for_late_orders(page: Page, exports: Exports) -> None:
    """The moment in the form; its preview counts what the files say; activated, it keeps them as history."""
    follow(page, "Journey", "Reliability", "Triggers", "Make the first trigger")
    tick(page, "Something that was not followed by something else in time")
    choose(page, re.compile("^Signals$"), "event = 'order_placed'")
    choose(page, re.compile("^Not followed by"), "event = 'order_delivered'")
    choose(page, "Or by the time promised in", "promised")
    choose(page, "Signals belong together by", "subject")
    page.get_by_text(f"It would have fired {exports.late:,} times").wait_for()
    fill(page, "Name", "Order not delivered by the promised date")
    choose(page, "Where in the journey", "moment:promised_day")
    press(page, "Keep as a draft")
    press(page, "Activate")
    reload_until(page, page.get_by_role("cell", name="Before its time").first)
    page.get_by_role("button", name="Pause").wait_for()


def test_a_new_company_goes_from_empty_to_a_strategy(served: Served, browsing: Reader, exports: Exports) -> None:
    page = sign_in(browsing, served)
    start_company(page)
    links = let_people_in(page)
    load(page, exports.orders, exports.events)
    load(page, exports.reviews, exports.words)

    write_strategy(page)
    leader = come_in(browsing, links[LEADER])
    agree_as_leader(leader)
    publish_strategy(page)
    measure_stars(page)
    measured = page.url

    for department in DEPARTMENTS:
        agree_on_every_stage(come_in(browsing, links[head_of(department)]))
    follow(page, "Journey")
    expect(page.locator("main")).to_contain_text("7 of 7 stages are agreed by every department")
    follow(page, "Agreement")
    says(page, "all 7 stages are settled")

    watch_for_late_orders(page, exports)
    page.goto(measured)
    read_measure(page, exports)
