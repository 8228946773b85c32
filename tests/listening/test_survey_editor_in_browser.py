"""The editor and the check in a browser: within the screen, accessible; an answer inserted, a question dragged."""

import pytest

from headwater.base.models import Company, Person
from headwater.listening.surveys import queries, services
from tests.browser import Reader, overflow, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_survey_is_edited_with_pointer_and_menu(reader: Reader, ours: Company, analyst: Person) -> None:
    survey = services.create(analyst, "After delivery", template="delivery")
    reader.sign_in(analyst)
    base = f"/surveys/{survey.name}"
    for path, width, theme in ((f"{base}/check", 390, "dark"), (f"{base}/preview", 1440, "light"),
                               (f"{base}/edit/questions/delivery_went", 390, "light")):  # fmt: skip
        page = reader.open(path, width=width, theme=theme)  # type: ignore[arg-type]
        assert not violations(page), path
        assert overflow(page) == 0, path
        page.close()
    page = reader.open(f"{base}/edit/questions/delivery_why", width=1440)
    page.get_by_text("Insert an answer").click()
    page.get_by_role("button", name="1. How satisfied").first.click()
    page.locator("select[name='show_if:0:question']").select_option("csat_delivery")
    page.locator("select[name='show_if:0:test']").select_option("at_most")
    page.get_by_label("3 · Neither").check()
    page.get_by_role("button", name="Save", exact=True).last.click()
    page.get_by_text("Saved: question 3").wait_for()
    question = queries.latest(survey)[1].question("delivery_why")
    assert question is not None
    assert question.text["en"].endswith("{{csat_delivery|…}}")
    assert question.show_if is not None
    assert question.show_if.conditions[0].values == ("3",)
    page.locator("[data-question=delivery_why]").drag_to(page.locator("[data-question=csat_delivery]"))
    page.get_by_text("It cannot stand there").wait_for()
    assert [one.id for one in queries.latest(survey)[1].questions][-1] == "delivery_why"
