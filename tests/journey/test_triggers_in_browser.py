"""A trigger made in a real browser, its preview following the form; the pages light and dark, wide and narrow."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.base.worker import run_due
from headwater.journey import services, standard_edits, triggers
from headwater.journey.models import Trigger
from headwater.journey.packs import load_pack
from headwater.listening import inbox
from headwater.listening.services import receive_signals
from headwater.metrics.store import close_company_record
from tests.browser import Reader

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.journey.urls")]


@pytest.fixture
def company(home: Any, editor: Person, reader: Reader) -> Iterator[None]:
    """Orders that promise a time; every third comes late, every fifth not at all."""
    close_company_record()
    ensure_company(name="Ours", time_zone="UTC")
    services.apply_pack(editor, load_pack("retail"))
    now, rows = datetime.now(UTC), []
    for number in range(60):
        placed = now - timedelta(days=number + 4)
        common = {"kind": "event", "customer_id": f"c{number % 7}", "subject_id": f"o{number}"}
        due = (placed + timedelta(days=2)).strftime("%Y-%m-%d %H:%M:%S")
        rows.append({**common, "record_id": f"p{number}", "event": "order_placed", "occurred_at": placed.isoformat(),
                     "attributes": {"promised": due}})  # fmt: skip
        if number % 5:
            came = placed + timedelta(days=3 if number % 3 == 0 else 1)
            rows.append(
                {**common, "record_id": f"d{number}", "event": "order_delivered", "occurred_at": came.isoformat()}
            )
    receive_signals(rows, source="shop", person=None)
    inbox.flush()
    reader.sign_in(editor)
    yield
    close_company_record()


def test_a_rule_is_made_and_activated(company: None, reader: Reader) -> None:
    page = reader.open("/journey/triggers/new")
    page.get_by_label("Something that was not followed").check()
    page.locator("[name=first]").select_option("event = 'order_placed'")
    page.locator("[name=second]").select_option("event = 'order_delivered'")
    page.locator("[name=promised]").select_option("promised")
    page.locator("[name=per]").select_option("subject")
    page.get_by_text("It would have fired 28 times").wait_for()
    assert page.locator(".week-bars rect").count() >= 13
    page.locator("[name=name]").fill("Order not delivered by the promised date")
    page.get_by_role("button", name="Keep as a draft").click()
    page.get_by_role("button", name="Activate").click()
    page.get_by_role("button", name="Pause").wait_for()
    run_due()
    trigger = Trigger.objects.get()
    assert (trigger.state, trigger.firings.count()) == ("active", 28)


def test_the_pages_are_read_by_everyone(company: None, reader: Reader, editor: Person) -> None:
    rule = {
        "kind": "not_followed", "first": "event = 'order_placed'", "second": "event = 'order_delivered'",
        "promised": "promised", "per": "subject",
    }  # fmt: skip
    made = triggers.create_trigger(editor, {"name": "Late", "rule": rule, "moment": "promised_day"})
    triggers.activate_trigger(editor, made.pk)
    run_due()
    definition = {"promise": rule["first"], "receipt": rule["second"], "promised": "promised"}
    values = {"name": "In time", "moment": "promised_day", "method": "kept", "definition": definition, "target": 0.9}
    standard = standard_edits.create_standard(editor, {**values, "giver": "warehouse", "taker": "delivery"})
    paths = ["/journey/triggers", f"/journey/triggers/{made.pk}", f"/journey/triggers/{made.pk}/edit"]
    paths += ["/journey/triggers/firings?state=", "/journey/standards", f"/journey/standards/{standard.pk}"]
    paths += [f"/journey/standards/{standard.pk}/edit", "/journey/breaches"]
    assert reader.sweep(*paths) == {}
