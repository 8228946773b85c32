"""The pages and the API of connections: made step by step, tested, mapped, started; secrets never shown again."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base import worker
from headwater.base.models import Company, HistoryEntry, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Conflict, Refused
from headwater.base.tokens import create_token
from headwater.listening.connections import presets, services
from headwater.listening.connections.options import read_options
from headwater.listening.connections.schedule_rules import Schedule, next_run
from headwater.listening.models import Connection, ConnectionRun, Source
from headwater.listening.ready import ready_mappings
from headwater.metrics.store import company_record
from headwater.record.questions import Size, Verbatims
from tests.listening.servers import Asked, Elsewhere, elsewhere

SECRET = "a-very-secret-token"
TICKETS = [
    {
        "id": number,
        "created_at": f"2024-03-{number % 28 + 1:02d}T10:00:00Z",
        "comment": f"My parcel number {number} never arrived and nobody answers",
    }
    for number in range(30)
]


@pytest.fixture(autouse=True)
def _this_machine_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_CONNECT_PRIVATE", "127.0.0.1")


@pytest.fixture
def lead(ours: Company) -> Person:
    return Person.objects.create(email="lead@example.com", name="Lead", roles=["cx_team"])


@pytest.fixture
def desk() -> Iterator[Elsewhere]:
    def answer(asked: Asked) -> tuple[int, dict[str, str], Any]:
        allowed = asked.headers.get("Authorization") == f"Bearer {SECRET}"
        return (200, {}, {"tickets": TICKETS}) if allowed else (401, {}, {})

    with elsewhere(answer) as system:
        yield system


def form(desk: Elsewhere, **more: Any) -> dict[str, Any]:
    return {
        "name": "desk",
        "url": f"{desk.url}/t",
        "auth_kind": "bearer",
        "token": SECRET,
        "paging_kind": "none",
        **more,
    }


def test_a_connection_is_made_looked_at_and_started_on_its_pages(lead: Person, desk: Elsewhere, client: Client) -> None:
    client.force_login(lead)
    assert client.get("/connections").status_code == 200
    assert client.get("/connections/new").status_code == 200
    made = client.post("/connections/new/rest", form(desk))
    assert made["Location"] == "/connections/desk/mapping"
    assert Connection.objects.get().state == "draft"
    looked = client.post("/connections/desk/mapping", {"yaml": "", "ready": ""})
    page = looked.content.decode()
    assert "It works" in page
    assert "My parcel number" in page
    mapping = looked.context["yaml"]
    assert "record_id: id" in mapping
    kept = client.post("/connections/desk/mapping", {"yaml": mapping, "keep": "1"})
    assert kept["Location"] == "/connections/desk"
    worker.run_due()
    assert company_record().ask(Size()).signals == 30
    page = client.get("/connections/desk").content.decode()
    assert "desk brought 30 rows the last time." in page
    assert SECRET not in page
    assert client.post("/connections/desk/run").status_code == 302
    assert client.get("/connections/desk").context["job"] is not None
    client.post("/connections/desk/pause")
    assert "desk rests." in client.get("/connections/desk").content.decode()
    client.post("/connections/desk/remove")
    assert not Connection.objects.exists()
    assert Source.objects.filter(name="desk").exists()


def test_each_kind_has_its_form_and_refuses_in_words(lead: Person, client: Client) -> None:
    client.force_login(lead)
    for kind in ("database", "rest", "webhook", "folder"):
        assert client.get(f"/connections/new/{kind}").status_code == 200
        assert client.post(f"/connections/new/{kind}", {"name": ""}).status_code == 422
    assert client.get("/connections/new/carrier-pigeon").status_code == 404
    for preset in presets.PRESETS:
        assert client.get(f"/connections/new/rest?preset={preset.name}").status_code == 200
    wrong = client.post(
        "/connections/new/rest", {"name": "x", "url": "not an address", "auth_kind": "none", "paging_kind": "page"}
    )
    assert wrong.status_code == 422
    assert not Connection.objects.exists()


def test_a_webhook_shows_the_secret_it_was_given_once(lead: Person, client: Client) -> None:
    client.force_login(lead)
    page = client.post("/connections/new/webhook", {"name": "shop", "sender": "standard"}).content.decode()
    secret = page.partition("whsec_")[2].partition("<")[0]
    assert len(secret) == 44
    assert "/in/shop" in page
    assert secret not in client.get("/connections/shop").content.decode()


def test_credentials_appear_nowhere_again(lead: Person, desk: Elsewhere, client: Client) -> None:
    client.force_login(lead)
    client.post("/connections/new/rest", form(desk))
    made = Connection.objects.get()
    assert SECRET.encode() not in bytes(made.credentials or b"")
    assert SECRET not in json.dumps(made.options)
    edit = client.get("/connections/desk/edit").content.decode()
    assert SECRET not in edit
    assert "Kept, encrypted, and not shown" in edit
    changed = client.post("/connections/desk/edit", {**form(desk, token=""), "part": "options", "seen": made.edition})
    assert changed.status_code == 302
    assert services.look(lead, made).rows  # the token that was not written again is still there
    assert SECRET not in json.dumps([one.data for one in HistoryEntry.objects.all()])
    token = create_token(lead, lead, "test", ["view:connections", "manage:connections"])[1]
    answer = Client().get("/api/v1/connections/desk", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["credentials"] == ["token"]
    assert SECRET not in answer.content.decode()


def test_the_api_does_what_the_pages_do(lead: Person, desk: Elsewhere) -> None:
    token = create_token(lead, lead, "test", ["view:connections", "manage:connections"])[1]
    api = Client(headers={"Authorization": f"Bearer {token}"})

    def post(path: str, body: Any = None) -> Any:
        return api.post(f"/api/v1/{path}", json.dumps(body or {}), content_type="application/json")

    options = {"url": f"{desk.url}/t", "auth": {"kind": "bearer"}}
    made = post("connections", {"name": "desk", "kind": "rest", "options": options, "credentials": {"token": SECRET}})
    assert made.status_code == 201
    look = post("connections/desk/look").json()
    assert look["signals"] == 20
    mapped = api.put(
        "/api/v1/connections/desk/mapping", json.dumps({"mapping": look["mapping"]}), content_type="application/json"
    )
    assert mapped.json()["has_mapping"]
    assert post("connections/desk/start").json()["state"] == "active"
    worker.run_due()
    assert [one["rows"] for one in api.get("/api/v1/connections/desk/runs").json()] == [30]
    stale = api.patch(
        "/api/v1/connections/desk",
        json.dumps({"edition": 0, "schedule": {"every": "day", "n": 1, "at": "05:00"}}),
        content_type="application/json",
    )
    assert stale.status_code == 409
    assert post("connections/desk/pause").json()["state"] == "paused"
    assert api.delete("/api/v1/connections/desk").status_code == 204
    webhook = post("connections", {"name": "shop", "kind": "webhook"}).json()
    assert webhook["secret"].startswith("whsec_")


def test_who_may_only_look_changes_nothing(lead: Person, desk: Elsewhere, analyst: Person, employee: Person) -> None:
    options = {"url": f"{desk.url}/t"}
    made = services.create(lead, name="desk", kind="rest", options=options)
    for act in (services.start, services.pause, services.run_now, services.remove, services.look):
        with pytest.raises(NotAllowed):
            act(analyst, made)
    looking, stranger = Client(), Client()
    looking.force_login(analyst)
    assert looking.get("/connections/desk").status_code == 200
    assert looking.get("/connections/desk/mapping").status_code == 403
    assert looking.post("/connections/new/rest", form(desk, name="x")).status_code == 403
    stranger.force_login(employee)
    assert stranger.get("/connections").status_code == 403


def test_what_cannot_be_started_says_why(lead: Person, desk: Elsewhere) -> None:
    made = services.create(lead, name="desk", kind="rest", options={"url": f"{desk.url}/t"})
    with pytest.raises(Refused, match="no mapping"):
        services.start(lead, made)
    with pytest.raises(Conflict):
        services.run_now(lead, made)
    with pytest.raises(Conflict):
        services.create(lead, name="desk", kind="rest", options={"url": f"{desk.url}/t"})
    with pytest.raises(Refused, match="record’s id"):
        services.keep_mapping(lead, made, "version: 1\nsource: desk\nemit: [{kind: contact, fields: {text: comment}}]")
    for name in ("new", "", "!!!"):
        with pytest.raises(Refused):
            services.create(lead, name=name, kind="rest", options={"url": f"{desk.url}/t"})


def test_due_connections_are_put_into_the_queue_once(lead: Person, tmp_path: Path) -> None:
    made = services.create(lead, name="drop", kind="folder", options={})
    services.start(lead, made)
    worker.run_due()
    Connection.objects.update(next_run_at="2024-01-01T00:00Z")
    assert services.start_due() == 1
    assert services.start_due() == 0
    worker.run_due()
    assert ConnectionRun.objects.count() == 1  # of runs that brought nothing the last stays


def test_presets_are_options_that_hold_and_name_mappings_that_are_there() -> None:
    known = {one.name for one in ready_mappings()}
    for preset in presets.PRESETS:
        read_options("rest", preset.options)
        assert preset.ready in known


# --- schedules

zones = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe"])
moments = st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1))


@given(moments, zones, st.times(), st.integers(0, 30))
def test_the_next_run_is_later_and_within_its_interval(now: Any, zone: str, at: Any, failures: int) -> None:
    daily = Schedule(every="day", at=f"{at:%H:%M}")
    found = next_run(daily, now, zone, failures=failures)
    assert found is not None
    hours = (found - now).total_seconds() / 3600
    assert 0 < hours <= (6 if failures else 49)


def test_a_daily_run_keeps_its_time_of_day_through_summer_time() -> None:
    daily = Schedule(every="day", at="06:00")
    winter, summer = datetime(2024, 3, 30, 4, 30, tzinfo=UTC), datetime(2024, 3, 31, 3, 30, tzinfo=UTC)
    assert next_run(daily, winter, "Europe/Berlin") == datetime(2024, 3, 30, 5, 0, tzinfo=UTC)
    assert next_run(daily, summer, "Europe/Berlin") == datetime(2024, 3, 31, 4, 0, tzinfo=UTC)
    assert next_run(Schedule(), winter, "UTC", failures=3) is None


def test_a_database_form_becomes_a_connection(
    lead: Person, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_CONNECT_FOLDERS", str(tmp_path))
    file = tmp_path / "shop.sqlite"
    made = sqlite3.connect(file)
    made.execute("CREATE TABLE reviews AS SELECT 1 AS id, '2024-01-01' AS day, 4 AS stars, 'Good and quick' AS review")
    made.commit()
    made.close()
    client.force_login(lead)
    given_in = {
        "name": "shop",
        "engine": "sqlite",
        "database": str(file),
        "tls": "none",
        "query": "SELECT * FROM reviews",
    }
    assert client.post("/connections/new/database", given_in).status_code == 302
    page = client.post("/connections/shop/mapping", {}).content.decode()
    assert "Good and quick" in page
    client.post(
        "/connections/shop/edit",
        {"part": "every", "seen": 0, "schedule-every": "hours", "schedule-n": 2, "schedule-at": "06:00"},
    )
    assert Connection.objects.get().schedule["every"] == "hours"


@pytest.mark.parametrize(
    ("name", "file", "records", "key", "field"),
    [
        ("typeform", "typeform/example-form-responses.json", "items", "token", "response_id"),
        ("zendesk", "zendesk/tickets.json", "tickets", "_id", "record_id"),
    ],
)
def test_well_known_tools_are_read_with_their_ready_mapping(
    lead: Person, client: Client, shared: Path, name: str, file: str, records: str, key: str, field: str
) -> None:
    """Real answers of these tools, served page by page as their documentation says, become signals."""
    whole = json.loads((shared / "data" / "export_formats" / file).read_text())
    listed = whole[records] if isinstance(whole, dict) else whole
    preset = presets.preset_of(name)

    def answer(asked: Asked) -> tuple[int, dict[str, str], Any]:
        after = asked.query.get("cursor") or asked.query.get("before")
        return 200, {}, {records: [] if after else listed, "after_cursor": "x", "end_of_stream": bool(after)}

    with elsewhere(answer) as system:
        options = {**preset.options, "url": f"{system.url}/x", "requests_a_minute": 6000}
        made = services.create(lead, name=name, kind="rest", options=options, credentials={"token": "t"})
        look = services.look(lead, made, ready=preset.ready)
        assert look.mapping is not None
        services.keep_mapping(lead, made, look.mapping.to_yaml())
        services.start(lead, made)
        worker.run_due()
    made.refresh_from_db()
    assert made.last_error == ""
    run = ConnectionRun.objects.get()
    assert run.arrival is not None
    signals = company_record().ask(Verbatims(limit=500)).rows
    seen = {str(getattr(one, field)).partition(":")[0] for one in signals}
    there = {str(one[key]) for one in listed}
    assert seen == there if name == "zendesk" else seen and seen <= there
