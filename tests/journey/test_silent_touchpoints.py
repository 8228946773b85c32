"""Touchpoints that nothing shows are named, retired and brought back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.journey import queries, services
from headwater.journey.packs import pack_of
from headwater.journey.taxonomy import Taxonomy
from headwater.journey.touchpoints import TouchpointUse, touchpoint_list
from headwater.listening import inbox
from headwater.listening.services import receive_signals
from headwater.metrics.store import close_company_record

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.journey.urls")]
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _ours(home: Any, editor: Person, small: Taxonomy) -> Iterator[None]:
    close_company_record()
    ensure_company(name="Ours", time_zone="UTC")
    services.apply_pack(editor, pack_of(small, name="small", title="Small"))
    add = {"alive": "event = 'paid'", "silent": "event = 'faxed'", "blind": "", "old": "event = 'posted'"}
    for name, where in add.items():
        services.add_item(editor, "touchpoint", {"name": name, "stage": "order", "where": where})
    services.publish_draft(editor)
    yield
    close_company_record()


def send(editor: Person, *events: tuple[str, int]) -> None:
    """Events by name and age in days."""
    rows = [
        {
            "record_id": f"{name}-{days}",
            "kind": "event",
            "event": name,
            "occurred_at": (NOW - timedelta(days=days)).isoformat(),
            "customer_id": f"c-{days}",
        }
        for name, days in events
    ]
    assert {row.state for row in receive_signals(rows, source="shop", person=editor)} == {"received"}
    inbox.flush()


def uses() -> dict[str, TouchpointUse]:
    return {use.touchpoint.id: use for use in touchpoint_list(edited=True).uses}


def test_what_had_no_signal_in_90_days_is_suggested(editor: Person) -> None:
    send(editor, ("paid", 0), ("paid", 89), ("paid", 91), ("posted", 200))
    found = uses()
    assert {key: use.signals for key, use in found.items()} == {"alive": 2, "silent": 0, "old": 0, "blind": None}
    suggested = [use.touchpoint.id for use in touchpoint_list(edited=True).suggested]
    assert suggested == ["blind", "silent", "old"]


def test_where_nothing_came_at_all_silence_says_nothing(editor: Person) -> None:
    assert [use.touchpoint.id for use in touchpoint_list(edited=True).suggested] == ["blind"]


def test_a_silent_one_is_retired_and_brought_back(client: Client, editor: Person) -> None:
    send(editor, ("paid", 0))
    client.force_login(editor)
    page = client.get("/journey/touchpoints").content.decode()
    assert "The record hears nothing of 3 of 4 touchpoints." in page
    back = {"back": "touchpoints"}
    answer = client.post("/journey/touchpoint/silent/retire", back)
    assert answer["Location"] == "/journey/touchpoints"
    page = client.get("/journey/touchpoints").content.decode()
    assert "nothing of 2 of 3" in page
    assert "/journey/edit/undo" in page
    client.post("/journey/touchpoint/silent/retire", back | {"retire": "0"})
    assert "silent" in uses()
    client.post("/journey/edit/undo")
    assert queries.edited().touchpoint("silent").retired  # type: ignore[union-attr]


def test_everyone_sees_those_that_are_published(client: Client, editor: Person, person_with: Any) -> None:
    services.change_item(editor, "touchpoint", "silent", {"retired": True})
    client.force_login(person_with("employee"))
    page = client.get("/journey/touchpoints").content.decode()
    assert "silent" in page
    assert "Retire" not in page
    assert client.post("/journey/touchpoint/blind/retire").status_code == 403
    rows = client.get("/api/v1/touchpoints").json()
    assert {row["id"]: row["signals"] for row in rows} == {"alive": 0, "silent": 0, "blind": None, "old": 0}


def test_a_filter_that_names_words_or_people_is_refused(client: Client, editor: Person) -> None:
    client.force_login(editor)
    given = {"name": "alive", "place": "order", "where": "text like '%refund%'"}
    answer = client.post("/journey/touchpoint/alive", given)
    assert answer.status_code == 422
    assert "names text" in answer.content.decode()
