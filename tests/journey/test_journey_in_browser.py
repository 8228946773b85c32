"""The journey in a real browser: edited in place, moved by keyboard, readable for everyone."""

import pytest
from playwright.sync_api import Page

from headwater.base.models import Department, Person
from headwater.journey import services
from headwater.journey.packs import load_pack
from tests.browser import Reader

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.journey.urls"),
]


@pytest.fixture
def editing(reader: Reader, editor: Person) -> Reader:
    services.apply_pack(editor, load_pack("retail"))
    services.merge_cause(editor, "missing_item", "wrong_item")
    Department.objects.create(name="Lorries", head=editor, pack_departments=["delivery"])
    reader.sign_in(editor)
    return reader


def test_a_cause_is_changed_in_place_and_the_focus_returns_to_it(editing: Reader) -> None:
    page = editing.open("/journey/edit")
    page.get_by_role("link", name="Edit Delivery is later than promised").click()
    form = page.locator("#editor")
    form.get_by_label("Name", exact=True).fill("Delivery is too late")
    form.get_by_role("button", name="Save in the draft").click()
    changed = page.get_by_role("button", name="Delivery is too late", exact=True)
    changed.wait_for()
    assert changed.evaluate("name => name === document.activeElement")
    assert not form.is_visible()
    page.get_by_text("3 changes are not yet published.").wait_for()


def test_a_name_is_changed_where_it_stands(editing: Reader) -> None:
    page = editing.open("/journey/edit")
    page.get_by_role("button", name="I pay", exact=True).click()
    field = page.get_by_label("New name of I pay")
    field.and_(page.locator(":focus")).wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="I pay", exact=True).and_(page.locator(":focus")).wait_for()
    page.keyboard.press("Enter")
    field.fill("I pay once")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="I pay once").and_(page.locator(":focus")).wait_for()
    page.keyboard.press("Control+z")
    page.get_by_role("button", name="I pay", exact=True).wait_for()
    assert "Taken back" in page.locator("#map-said").inner_text()


def test_a_moment_is_added_where_it_is_missing(editing: Reader) -> None:
    page = editing.open("/journey/edit")
    page.locator("#stage-wait").get_by_role("button", name="Add a moment").click()
    page.get_by_label("Name", exact=True).fill("I change the day")
    page.keyboard.press("Enter")
    page.locator("#stage-wait #moment-i_change_the_day").wait_for()


def order_of(page: Page, stage: str) -> list[str]:
    return page.locator(f"#stage-{stage} .moment").evaluate_all("items => items.map(item => item.id)")


def test_arrow_keys_move_a_moment_down_and_across_and_say_where_it_is(editing: Reader) -> None:
    page = editing.open("/journey/edit")
    handle = page.locator("#handle-moment-find_product")
    handle.focus()
    for key, where in (
        ("ArrowDown", "2 of 3 in “I look around"),
        ("ArrowRight", "2 of 4 in “I order"),
        ("ArrowUp", "1 of 4"),
    ):
        page.keyboard.press(key)
        page.locator("#map-said", has_text=where).wait_for(state="attached")
        handle.and_(page.locator(":focus")).wait_for()
    assert order_of(page, "order")[0] == "moment-find_product"
    stage = page.locator("#handle-stage-wait")
    stage.focus()
    page.keyboard.press("ArrowLeft")
    page.locator("#map-said", has_text="“I wait for it” is 2 of 7").wait_for(state="attached")


def test_a_moment_is_dragged_to_another_stage(editing: Reader) -> None:
    page = editing.open("/journey/edit")
    handle = page.locator("#handle-moment-pay").bounding_box()
    target = page.locator("#moment-promised_day").bounding_box()
    assert handle is not None
    assert target is not None
    page.mouse.move(handle["x"] + 8, handle["y"] + 8)
    page.mouse.down()
    page.mouse.move(target["x"] + 40, target["y"] + 10)
    page.mouse.move(target["x"] + 40, target["y"] + 4)
    page.locator("#stage-wait .drop-here").wait_for(state="attached")
    with page.expect_response("**/place"):
        page.mouse.up()
    page.locator("#map-said", has_text="“I pay” is 2 of 3").wait_for(state="attached")
    assert order_of(page, "wait") == ["moment-follow_parcel", "moment-pay", "moment-promised_day"]


def test_a_drag_that_is_given_up_moves_nothing(editing: Reader) -> None:
    page = editing.open("/journey/edit")
    before = order_of(page, "wait")
    handle = page.locator("#handle-moment-follow_parcel").bounding_box()
    assert handle is not None
    page.mouse.move(handle["x"] + 8, handle["y"] + 8)
    page.mouse.down()
    page.mouse.move(handle["x"] + 8, handle["y"] + 120)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert page.locator(".drop-here, .dragged").count() == 0
    assert order_of(page, "wait") == before


ADDRESSES = (
    "/journey/edit",
    "/journey/draft",
    "/journey/packs",
    "/journey/cause/damaged",
    "/journey/moment/pay",
    "/journey/agreement",
    "/journey/agreement/wait",
    "/journey/future",
    "/journey/touchpoints",
    "/journey/departments",
)


def test_every_page_is_accessible_and_fits(editing: Reader, editor: Person) -> None:
    editor.roles = ["cx_team", "administrator"]
    editor.save()
    assert editing.sweep(*ADDRESSES) == {}
