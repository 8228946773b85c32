"""The page /style: every component drawn, in both themes, on phone and wide screen, without a complaint."""

from html import unescape
from itertools import product
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import expect

import headwater.base
from headwater.site.style import GROUPS
from tests.browser import BY_LOOK, PHONE, WIDE, Reader, Theme, overflow, violations

COMPONENTS = Path(headwater.base.__file__).parent / "templates" / "cotton"
EXAMPLES = [example for group in GROUPS for example in group.examples]


@pytest.mark.django_db
def test_a_stranger_sees_every_component_with_the_lines_that_made_it(client: Client) -> None:
    page = unescape(client.get("/style").content.decode())
    for example in EXAMPLES:
        assert example.name in page
        assert example.source in page


def test_every_component_is_shown() -> None:
    shown = "".join(example.source for example in EXAMPLES)
    components = {file.stem.replace("_", "-") for file in COMPONENTS.glob("*.html")}
    within = {"icon", "mark"}  # parts of other components and of the shell
    assert {name for name in components - within if f"<c-{name}" not in shown} == set()


@pytest.mark.browser
@pytest.mark.django_db
def test_the_page_is_accessible_and_fits_in_both_themes_on_phone_and_wide_screen(reader: Reader) -> None:
    page = reader.open("/style")
    themes: tuple[Theme, ...] = ("light", "dark")
    assert violations(page) == []
    for theme, width in product(themes, (WIDE, PHONE)):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator(f"[data-chart]:not([data-drawn={theme}])")).to_have_count(0)
        assert violations(page, *BY_LOOK) == [], (theme, width)
        assert overflow(page) == 0, (theme, width)


@pytest.mark.browser
@pytest.mark.django_db
def test_the_reader_chooses_the_theme_and_it_stays(reader: Reader) -> None:
    page = reader.open("/style", theme="light")
    chart = page.locator("#trend [data-chart]")
    expect(chart).to_have_attribute("data-drawn", "light")
    page.locator(".account summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(chart).to_have_attribute("data-drawn", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(chart).to_have_attribute("data-drawn", "dark")


@pytest.mark.browser
@pytest.mark.django_db
def test_the_river_lights_the_cause_under_the_pointer_and_leads_to_it(reader: Reader) -> None:
    page = reader.open("/style")
    river = page.locator("#river [data-chart]")
    flows = river.locator(".left_flows_marks path")
    expect(flows.nth(1)).to_have_attribute("opacity", "1")
    flows.first.hover()
    expect(flows.first).to_have_attribute("opacity", "1")
    expect(flows.nth(1)).not_to_have_attribute("opacity", "1")
    expect(page.locator("#vg-tooltip-element")).to_contain_text("Delivered late")
    flows.first.click()
    expect(page).to_have_url(page.url.split("#")[0] + "#river")


@pytest.mark.browser
@pytest.mark.django_db
def test_on_a_phone_the_river_is_a_list_of_causes(reader: Reader) -> None:
    page = reader.open("/style", width=PHONE)
    river = page.locator("#river")
    expect(river.locator(".chart-canvas")).to_be_hidden()
    expect(river.get_by_role("link", name="Delivered late").first).to_be_visible()


@pytest.mark.browser
@pytest.mark.django_db
def test_the_keyboard_reaches_the_content_and_the_menu(reader: Reader) -> None:
    page = reader.open("/account/login/")
    page.locator("body").press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    menu = page.locator(".account")
    menu.locator("summary").press("Enter")
    expect(menu.locator(".panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.locator(".panel")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
