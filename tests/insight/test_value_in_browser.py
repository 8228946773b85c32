"""The sliders of the value page in a real browser: the money follows at once, and is what the server says."""

import pandas as pd
import pytest

from headwater.base.company import ensure_company
from tests.browser import Reader, overflow, violations
from tests.insight.test_value import PersonWith, defined, lived, money

__all__ = ["defined", "lived", "money"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("journey")]


def test_a_slider_moves_the_money_as_the_server_would(
    lived: pd.DataFrame, money: None, reader: Reader, person_with: PersonWith
) -> None:
    ensure_company(name="Test company", pack="retail")
    reader.sign_in(person_with("executive", "cx_team"))
    page = reader.open("/value?cause=delivery_late", width=390)
    before = page.locator("[data-total]").inner_text()
    page.locator("#s_margin").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    followed = [page.locator(one).inner_text() for one in ("[data-total]", "[data-total-ends]", "[data-part='0']")]
    assert followed[0] != before
    assert "fix=margin" in page.url
    page.reload()
    assert [
        page.locator(one).inner_text() for one in ("[data-total]", "[data-total-ends]", "[data-part='0']")
    ] == followed
    assert not violations(page)
    page.close()
    for path in ("/value?cause=delivery_late", "/finance", "/finance/margin", "/assets"):
        page = reader.open(path, width=390, theme="dark")
        assert (overflow(page), violations(page), reader.complaints) == (0, [], []), path
        page.close()
