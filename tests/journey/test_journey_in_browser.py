"""The journey in a real browser: edited in place, moved by keyboard, readable for everyone."""

from itertools import product

import pytest

from headwater.base.models import Person
from headwater.journey import services
from headwater.journey.packs import load_pack
from tests.browser import PHONE, WIDE, Reader, Theme, overflow, violations

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.journey.urls"),
]


@pytest.fixture
def editing(reader: Reader, editor: Person) -> Reader:
    services.apply_pack(editor, load_pack("retail"))
    services.merge_cause(editor, "missing_item", "wrong_item")
    reader.sign_in(editor)
    return reader


def test_a_cause_is_changed_in_place_and_the_focus_returns_to_it(editing: Reader) -> None:
    page = editing.open("/journey")
    page.get_by_role("link", name="Delivery is later than promised").click()
    form = page.locator("#editor")
    form.get_by_label("Name", exact=True).fill("Delivery is too late")
    form.get_by_role("button", name="Save in the draft").click()
    changed = page.get_by_role("link", name="Delivery is too late")
    changed.wait_for()
    assert changed.evaluate("link => link === document.activeElement")
    assert not form.is_visible()
    page.get_by_text("3 changes are not yet published.").wait_for()


def test_the_keyboard_moves_a_moment_and_keeps_its_button(editing: Reader) -> None:
    page = editing.open("/journey")
    button = page.locator("#move-moment-find_product-fall")
    first = page.locator("#stage-choose .items li").first
    button.focus()
    with page.expect_response("**/move"):
        page.keyboard.press("Enter")
    first.and_(page.locator("#moment-read_description")).wait_for()
    button.and_(page.locator(":focus")).wait_for()


@pytest.mark.parametrize("address", ["/journey", "/journey/draft", "/journey/packs", "/journey/cause/damaged"])
def test_a_page_is_accessible_and_fits(editing: Reader, address: str) -> None:
    page = editing.open(address)
    themes: tuple[Theme, ...] = ("light", "dark")
    for theme, width in product(themes, (WIDE, PHONE)):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page) == []
        assert overflow(page) == 0
