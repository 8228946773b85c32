"""Programs send signals: durable when acknowledged, judged row by row, counted once."""

import json
from typing import Any

import pytest
from django.test import Client

from headwater.base.models import Company, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Refused
from headwater.base.tokens import create_token
from headwater.listening import inbox, services
from headwater.listening.models import InboxBatch
from headwater.metrics.store import company_record
from headwater.record.keys import signal_key
from headwater.record.questions import SignalRow, Size


def signals() -> int:
    return int(company_record().ask(Size()).signals)


def test_received_signals_reach_the_record(ours: Company) -> None:
    rows = [
        {
            "record_id": "1",
            "text": "Late again",
            "score": 2,
            "metric": "nps",
            "occurred_at": "2024-01-02T10:00:00+01:00",
        },
        {
            "record_id": 2,
            "event": "delivery_late",
            "subject_id": "o1",
            "kind": "event",
            "attributes": {"country": "DE"},
        },
        {"text": "no id and no date"},
    ]
    results = services.receive_signals(rows, source="shop", person=None)
    assert [(one.index, one.state) for one in results] == [(0, "received"), (1, "received"), (2, "received")]
    assert results[1].record_id == "2"
    assert inbox.waiting() == 3
    inbox.flush()
    services.receive_signals(rows, source="shop", person=None)
    inbox.flush()
    assert signals() == 3


def test_a_row_is_the_same_alone_and_in_company(ours: Company) -> None:
    """What other rows of a batch say more changes neither the id made from a row's content nor its content hash."""
    day = "2024-01-02T10:00:00Z"
    plain: dict[str, Any] = {"text": "Late again", "occurred_at": day}
    full = {**plain, "channel": "mail", "score": 2, "metric": "nps", "attributes": {"country": "DE"}}
    named = {**plain, "record_id": "7"}
    services.receive_signals([plain], source="shop", person=None)
    services.receive_signals([named], source="shop", person=None)
    inbox.flush()
    services.receive_signals([full, plain], source="shop", person=None)
    services.receive_signals([{**full, "record_id": "8"}, named], source="shop", person=None)
    inbox.flush()
    assert signals() == 4
    kept = company_record().ask(SignalRow(signal_key("shop", "7")))
    assert kept is not None
    assert kept.revision == 1


def test_one_bad_row_does_not_stop_the_others(ours: Company) -> None:
    rows: list[dict[str, Any]] = [
        {"record_id": "1", "score": 12, "metric": "nps"},
        {"record_id": "2", "text": "fine"},
        {"record_id": "3", "colour": "red"},
        {"record_id": "4"},
        {"record_id": "5", "text": "old", "occurred_at": "0999-01-01T00:00:00Z"},
        {"record_id": "6", "score": 8, "metric": "rating", "scale": "1-10"},
        {"record_id": "7", "score": 8, "metric": "rating", "scale": "1-8"},
    ]
    results = services.receive_signals(rows, source="shop", person=None)
    assert [one.code for one in results] == [
        "score_out_of_scale", None, "invalid_input", "nothing_said", "date_out_of_range", None, "score_out_of_scale",
    ]  # fmt: skip
    assert "12" in (results[0].message or "")
    assert InboxBatch.objects.get().rows == 2


def test_nothing_is_acknowledged_that_is_not_stored(ours: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(inbox, "put", full)
    with pytest.raises(Refused) as caught:
        services.receive_signals([{"text": "x"}], source="shop", person=None)
    assert caught.value.code == "disk_full"


def test_who_may_not_import_may_not_send(ours: Company, employee: Person) -> None:
    with pytest.raises(NotAllowed):
        services.receive_signals([{"text": "x"}], source="shop", person=employee)


@pytest.fixture
def token(analyst: Person) -> str:
    return str(create_token(analyst, analyst, "shop", ["import:signals"])[1])


def post(token: str, body: object) -> Any:
    content = body if isinstance(body, str) else json.dumps(body)
    return Client().post(
        "/api/v1/signals", content, content_type="application/json", headers={"Authorization": f"Bearer {token}"}
    )


def test_the_api_answers_for_each_row(ours: Company, token: str) -> None:
    answer = post(token, {"source": "shop", "signals": [{"record_id": "1", "text": "good"}, {"record_id": "2"}]})
    assert answer.status_code == 200
    assert (answer.json()["received"], answer.json()["refused"]) == (1, 1)
    assert answer.json()["rows"][1]["code"] == "nothing_said"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"source": "shop", "signals": []}, 422),
        ({"source": "shop", "signals": [{"text": "x"}] * 1001}, 422),
        ({"signals": [{"text": "x"}]}, 422),
        ({"source": "!!!", "signals": [{"text": "x"}]}, 400),
        ("not json", 400),
    ],
)
def test_the_api_refuses_what_is_no_batch(ours: Company, token: str, body: object, status: int) -> None:
    assert post(token, body).status_code == status


def test_the_api_knows_no_strangers(ours: Company) -> None:
    assert post("hw_wrong", {"source": "shop", "signals": [{"text": "x"}]}).status_code == 401


def test_imports_can_be_read_by_api(ours: Company, token: str, scores: Any) -> None:
    services.import_file(scores)
    headers = {"Authorization": f"Bearer {token}"}
    listed = Client().get("/api/v1/imports", headers=headers)
    assert listed.status_code == 200
    one = Client().get(f"/api/v1/imports/{listed.json()[0]['id']}", headers=headers).json()
    assert (one["accepted"], one["state"], one["file"]) == (100, "done", "scores.csv")
    assert Client().get("/api/v1/imports/99999", headers=headers).status_code == 404


def test_what_is_wrong_is_named_as_the_sender_wrote_it(ours: Company, token: str) -> None:
    answer = post(token, {"source": "shop", "signals": "none"})
    assert answer.json()["errors"][0]["where"] == "signals"
    assert "body" not in answer.json()["detail"]
    assert post(token, {"source": "shop", "signals": [{"text": "a"}, "b"]}).json()["errors"][0]["where"] == "signals[1]"
    row = post(token, {"source": "shop", "signals": [{"text": "a"}, {"score": "many", "metric": "nps"}]}).json()[
        "rows"
    ][1]
    assert row["message"].startswith("signals[1].score: ")
    limit = Client().get("/api/v1/imports?limit=0", headers={"Authorization": f"Bearer {token}"})
    assert limit.json()["errors"][0]["where"] == "limit"
