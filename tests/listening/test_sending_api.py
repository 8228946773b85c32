"""Customers are reached by programs as by people: the same rules, the same refusals."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from headwater.base.models import Company, Person
from headwater.listening.models import Addressee, ContactLimits, Invitation
from headwater.listening.surveys import draws
from tests.listening.mail_sink import a_survey
from tests.listening.test_mailings import ANYTIME

Call = Callable[..., Any]


@pytest.fixture
def call(ours: Company, client: Client) -> Call:
    """Call the API as somebody with a role: ``call("cx_team", "get", "/addressees", …)`` answers status and JSON."""

    def calls(role: str, method: str, path: str, data: Any = None) -> tuple[int, Any]:
        email = f"{role}@example.com"
        person, _made = Person.objects.get_or_create(email=email, defaults={"name": role, "roles": [role]})
        client.force_login(person)
        answer = getattr(client, method)(f"/api/v1{path}", data, content_type="application/json")
        return answer.status_code, answer.json() if "json" in answer["Content-Type"] else answer.content.decode()

    return calls


def test_addresses_are_brought_in_and_counted(call: Call) -> None:
    rows = [{"customer_id": "c1", "email": "c1@example.com", "language": "en"}, {"customer_id": "c2", "email": "no"}]
    status, found = call("cx_team", "post", "/addressees", {"addressees": rows})
    assert (status, found["added"], found["refused"]) == (200, 1, 1)
    assert found["wrong"][0]["row"] == 2
    assert call("employee", "get", "/addressees")[1] == {
        "customers": 1, "with_email": 1, "languages": {"en": 1}, "time_zones": {"": 1},
    }  # fmt: skip
    assert call("employee", "post", "/addressees", {"addressees": rows})[0] == 403
    assert Addressee.objects.count() == 1


def test_limits_are_read_and_changed_once(call: Call) -> None:
    status, limits = call("employee", "get", "/contact-limits")
    assert (status, limits["rest_days"], limits["edition"]) == (200, 30, 0)
    assert call("cx_team", "put", "/contact-limits", {**limits, "rest_days": 20})[1]["rest_days"] == 20
    assert call("cx_team", "put", "/contact-limits", {**limits, "rest_days": 5})[0] == 409
    assert call("analyst", "put", "/contact-limits", {**limits, "edition": 1})[0] == 403
    assert ContactLimits.objects.get().rest_days == 20


def test_a_mailing_is_prepared_previewed_started_and_cancelled(call: Call) -> None:
    survey = a_survey()
    Addressee.objects.create(customer_id="c1", email="c1@example.com")
    base = f"/surveys/{survey.name}/mailings"
    status, made = call("cx_team", "post", base, {"title": "By program", "plan": {"window": ANYTIME}})
    assert (status, made["state"], made["wave"]) == (200, "draft", 1)
    one = f"{base}/{made['id']}"
    assert call("cx_team", "get", f"{one}/preview")[1]["invited"] == 1
    changed = call("cx_team", "put", one, {"plan": {**made["plan"], "reminders": 0}, "edition": 0})[1]
    assert (changed["edition"], changed["plan"]["reminders"]) == (1, 0)
    assert call("cx_team", "post", f"{one}/start")[1]["state"] == "running"
    draws.draw(None, made["id"])
    assert call("employee", "get", base)[1][0]["states"] == {"planned": 1}
    assert call("cx_team", "post", f"{one}/cancel")[1]["states"] == {"withdrawn": 1}
    assert call("cx_team", "post", f"{one}/start")[0] == 400
    assert call("analyst", "post", base, {})[0] == 403
    assert call("cx_team", "get", f"{base}/999")[0] == 404


def test_personal_links_are_asked_for_by_post(call: Call) -> None:
    survey = a_survey()
    Addressee.objects.create(customer_id="c1", email="c1@example.com")
    base = f"/surveys/{survey.name}/mailings"
    made = call("cx_team", "post", base, {"channel": "link", "plan": {"window": ANYTIME}})[1]
    call("cx_team", "post", f"{base}/{made['id']}/start")
    draws.draw(None, made["id"])
    status, file = call("cx_team", "post", f"{base}/{made['id']}/links.csv", {})
    assert (status, len(file.splitlines())) == (200, 2)
    assert Invitation.objects.get().state == Invitation.State.SENT


@pytest.mark.parametrize("plan", [
    {"starts_at": "2099-01-01T10:00:00"}, {"segment": "a\x00"}, {"audience": {"signals": "x ="}}, {"unknown": 1},
])  # fmt: skip
def test_a_plan_that_cannot_be_is_refused_where_it_is_wrong(call: Call, plan: dict[str, Any]) -> None:
    status, problem = call("cx_team", "post", f"/surveys/{a_survey().name}/mailings", {"plan": plan})
    assert status == 422
    assert "plan" in str(problem)


def test_how_many_to_ask_is_said_with_what_it_rests_on(call: Call) -> None:
    survey = a_survey()
    Addressee.objects.bulk_create(Addressee(customer_id=f"c{n}", email=f"c{n}@example.com") for n in range(400))
    status, found = call("employee", "get", f"/surveys/{survey.name}/sample-size?half_width=50")
    assert (status, found["metric"], found["population"], found["attainable"]) == (200, "nps", 400, True)
    # 1.96² · 100² / 50² = 15.37; / (1 + 14.37 / 400) = 14.84; 15 / 0.15
    assert (found["answers"], found["ask"]) == (15, 100)
    assert "assumed" in found["words"]
