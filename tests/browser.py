"""Pages in a real browser: Chromium without a window, light or dark, phone or wide screen, watched for complaints."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request

CHROMIUM = Path(os.environ.get("HEADWATER_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, WIDE = 390, 1440
Theme = Literal["light", "dark"]
BY_LOOK = ("color-contrast", "link-in-text-block", "scrollable-region-focusable")
"""The rules of axe whose verdict changes with a page's width and colours; the others ask what it is made of."""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
VIOLATIONS = """options => axe.run(options).then(found => found.violations.map(
    rule => `${rule.id} (${rule.nodes.length}): ${rule.nodes[0].html.slice(0, 160)}`))"""
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
PATIENCE = 120_000
"""Milliseconds: how fast the machine is says nothing of the pages."""
LOOKS = 2_000
"""So many times two frames a page may take to become quiet."""


@dataclass
class Reader:
    """Someone who reads pages: signed in or not; remembers every complaint of the browser's console."""

    browser: Browser
    address: str
    cookies: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)
    asked: set[Request] = field(default_factory=set)
    """What the page asked for and has no answer to yet."""

    def sign_in(self, person: Any) -> None:
        """Read as this person from the next page on."""
        client = Client()
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.cookies = [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.address}]

    def open(self, path: str, *, width: int = WIDE, theme: Theme = "light", reduced_motion: bool = True) -> Page:
        """Open a page and wait until it is quiet and every chart is drawn."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            reduced_motion="reduce" if reduced_motion else "no-preference",
        )
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        context.add_cookies(self.cookies)  # type: ignore[arg-type]
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"{path}: {error}"))
        page.on("request", self._ask)
        page.on("requestfinished", self._answered)
        page.on("requestfailed", self._answered)
        self.turn(page, path)
        return page

    def turn(self, page: Page, path: str) -> None:
        """Go on to another page in the same window; wait until it is quiet and every chart is drawn."""
        self.asked.clear()
        page.goto(self.address + path)
        self.settle(page)
        for chart in page.locator("[data-chart]").all():
            chart.locator("svg.marks").first.wait_for(state="attached")

    def settle(self, page: Page) -> None:
        """Wait until everything the page asked for was answered and drawn, and nothing was asked for since."""
        page.wait_for_load_state()
        page.evaluate(TWO_FRAMES)
        for _look in range(LOOKS):
            if not self.asked:
                return
            page.evaluate(TWO_FRAMES)
        raise AssertionError(f"{page.url} still waits for {sorted(request.url for request in self.asked)}")

    def sweep(self, *paths: str) -> dict[str, list[str]]:
        """What is wrong with each of these pages, wide in light and narrow in the dark; each is loaded once."""
        found: dict[str, list[str]] = {}
        page = self.open(paths[0])
        for path in paths:
            if path != paths[0]:
                self.turn(page, path)
            wrong = [*_unfit(page, WIDE, "light"), *_unfit(page, PHONE, "dark", BY_LOOK)]
            if wrong:
                found[path] = wrong
        return found

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.location.get('url', '')}: {message.text}")

    def _ask(self, request: Request) -> None:
        self.asked.add(request)

    def _answered(self, request: Request) -> None:
        self.asked.discard(request)

    def close(self) -> None:
        """Close every page."""
        for context in self.contexts:
            context.close()


def _unfit(page: Page, width: int, theme: Theme, rules: tuple[str, ...] = ()) -> list[str]:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    wider = overflow(page)
    found = [*violations(page, *rules), *([f"{wider} pixels too wide"] if wider > 0 else [])]
    return [f"{width} {theme}: {one}" for one in found]


def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds wrong with a page, by all its rules or by these, one line for each rule and its first place."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    chosen = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found: list[str] = page.evaluate(VIOLATIONS, {"resultTypes": ["violations"], **chosen})
    return found


def overflow(page: Page) -> int:
    """By how many pixels a page is wider than its window."""
    return int(page.evaluate(OVERFLOW))


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all tests of a process; the test is skipped, and says so, where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM} (install it, or set HEADWATER_CHROMIUM)")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def reader(chromium: Browser, live_server: Any) -> Iterator[Reader]:
    """A stranger with a browser; the test fails when the browser complained, of a content policy above all."""
    reading = Reader(chromium, live_server.url)
    yield reading
    reading.close()
    assert reading.complaints == []
