"""The metrics API: the stable shape, tokens, refusals."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from headwater.base.models import Person
from headwater.base.tokens import create_token
from headwater.record import Record
from tests.metrics.conftest import Write, answers

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.metrics.addresses")]


@pytest.fixture
def caller(analyst: Person) -> Client:
    _, token = create_token(None, analyst, "dashboard", ["view:figures"])
    return Client(headers={"Authorization": f"Bearer {token}"})


def answer(caller: Client, address: str, status: int = 200) -> Any:
    response = caller.get(address)
    assert response.status_code == status, response.content
    return response.json()


def test_a_metric_in_its_own_unit(caller: Client, write: Write) -> None:
    write(answers("nps", {9: 15, 8: 10, 3: 5}, channel="chat", local_date=date(2026, 1, 31)))
    found = answer(caller, "/api/v1/metrics/nps?by=channel&by=month&where=channel+%3D+'chat'&since=2026-01-01")
    assert found["metric"] == "nps"
    assert found["definition"]["scale"] == {"low": 0, "high": 10, "low_max": 6, "top_min": 9}
    [row] = found["rows"]
    assert row == {
        "group": {"channel": "chat", "month": "2026-01-01"},
        "estimate": pytest.approx(33.3333, abs=1e-3),
        "low": pytest.approx(4.29808, abs=1e-3),
        "high": pytest.approx(56.6553, abs=1e-3),
        "n": 30,
    }


def test_no_verdict_has_empty_figures_and_the_reason(caller: Client, record: Record) -> None:
    [row] = answer(caller, "/api/v1/metrics/ces")["rows"]
    assert row == {
        "group": {},
        "estimate": None,
        "low": None,
        "high": None,
        "n": 0,
        "no_verdict": "Nobody has answered yet.",
    }


def test_every_metric_is_listed(caller: Client, record: Record) -> None:
    names = [definition["name"] for definition in answer(caller, "/api/v1/metrics")]
    assert names == ["nps", "csat", "ces", "rating", "share_negative", "volume", "contact_rate"]


@pytest.mark.parametrize(
    ("address", "status", "code", "detail"),
    [
        ("npx", 404, "metric_unknown", "Choose from: nps"),
        ("nps?by=colour", 400, "dimension_unknown", "colour"),
        ("nps?where=channel", 400, "bad_filter", "comparison is expected"),
        ("nps?since=soon", 422, "invalid_input", "since"),
        ("nps?" + "&".join(f"by=d{number}" for number in range(11)), 422, "invalid_input", "at most 10"),
    ],
)
def test_a_refusal_is_a_problem(
    caller: Client, record: Record, address: str, status: int, code: str, detail: str
) -> None:
    problem = answer(caller, f"/api/v1/metrics/{address}", status)
    assert problem["code"] == code
    assert detail in problem["detail"]


def test_a_stranger_and_a_token_without_the_scope_see_nothing(analyst: Person, record: Record) -> None:
    assert Client().get("/api/v1/metrics/nps").status_code == 401
    _, token = create_token(None, analyst, "importer", ["import:signals"])
    other = Client(headers={"Authorization": f"Bearer {token}"})
    for address in ("/api/v1/metrics", "/api/v1/metrics/nps"):
        assert other.get(address).status_code == 403
