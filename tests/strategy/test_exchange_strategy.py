"""A strategy and its measures leave and arrive: as files, on the command line, through the API, within packs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Refused
from headwater.base.tokens import create_token
from headwater.journey.taxonomy import Cause, Stage, Taxonomy
from headwater.record import Record
from headwater.strategy import agreement, drafting, exchange, measure_packs, measures, measuring, strategies
from headwater.strategy.commands import measures_command, strategy_group
from headwater.strategy.models import Measure, StrategyVersion
from headwater.strategy.strategy import Strategy
from tests.metrics.conftest import empty_record, record

__all__ = ["empty_record", "record"]
pytestmark = pytest.mark.django_db
Made = Callable[..., Person]
PARTS = ("vision", "mission", "success", "values", "goals", "outcomes", "issues")


@pytest.fixture(autouse=True)
def _company(record: Record) -> None:
    ensure_company(name="Test", currency="EUR")


@pytest.fixture
def published(editor: Person, small: Strategy) -> Strategy:
    drafting.replace_draft(editor, small, source="a test")
    return agreement.publish(editor, override="a test")


def api(person: Person, *scopes: str) -> Client:
    token = create_token(None, person, "test", list(scopes))[1]
    return Client(headers={"Authorization": f"Bearer {token}"})


# Files and the command line


def test_a_file_holds_the_whole_strategy(small: Strategy) -> None:
    assert exchange.read_strategy(exchange.strategy_text(small)) == Strategy(0, **_parts(small))


def _parts(strategy: Strategy) -> dict[str, Any]:
    return {name: getattr(strategy, name) for name in PARTS}


def test_a_strategy_is_exported_changed_and_imported(published: Strategy, tmp_path: Path) -> None:
    file = tmp_path / "strategy.yaml"
    run = CliRunner().invoke
    assert run(strategy_group, ["export", str(file)]).exit_code == 0
    file.write_text(file.read_text().replace("We speak plainly", "We say it plainly"))
    shown = run(strategy_group, ["import", str(file), "--dry-run"]).output
    assert "~ value We say it plainly (name)" in shown
    assert strategies.draft() is None
    assert "1 changes are in the draft" in run(strategy_group, ["import", str(file)]).output
    assert "We say it plainly" in run(strategy_group, ["export"]).output or strategies.draft() is not None
    assert json.loads(run(strategy_group, ["show", "--json"]).output)["version"] == 1
    assert "Under no outcome: The app logs out" in run(strategy_group, ["show"]).output
    assert json.loads(run(strategy_group, ["schema"]).output)["title"] == "Headwater strategy"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "begins with “schema: 1”"),
        ("schema: 7\n", "this one has 7"),
        ("schema: 1\nvission: x\n", "vission"),
        ("schema: 1\nmission: &a x\nvision: *a\n", "aliases"),
        ("schema: 1\nmission: a\nmission: b\n", "given twice"),
        ("{", "can be read"),
        ("schema: 1\noutcomes: [{id: one, text: x, year: 9}]\n", "outcomes.0.year"),
        ("schema: 1\nmission: " + "x" * 500_001, "500000 bytes"),
    ],
)
def test_a_file_that_is_no_strategy_is_refused(text: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        exchange.read_strategy(text)


def test_a_file_is_previewed_on_its_page_and_made_the_draft(
    editor: Person, published: Strategy, client: Client, tmp_path: Path
) -> None:
    client.force_login(editor)
    text = exchange.strategy_text(published).replace("We speak plainly", "We say it plainly")
    file = tmp_path / "strategy.yaml"
    file.write_text(text)
    with file.open("rb") as opened:
        page = client.post(reverse("preview_strategy_file"), {"file": opened}).content.decode()
    assert "<ins>say it</ins>" in page
    assert not StrategyVersion.objects.filter(state="draft").exists()
    assert client.post(reverse("import_strategy_file"), {"text": text}).status_code == 302
    assert StrategyVersion.objects.filter(state="draft").exists()
    assert client.post(reverse("preview_strategy_file")).status_code == 400


def test_measures_are_listed_on_the_command_line(editor: Person) -> None:
    given = {"question": "How is the team?", "decision": "The roster is changed.", "owner": editor.pk}
    measuring.start_measure(editor, given)
    rows = json.loads(CliRunner().invoke(measures_command, ["--json"]).output)
    assert [(row["slug"], row["standing"], row["value"]) for row in rows] == [("how-is-the-team", "no_reading", None)]
    assert "1 measure is kept" in CliRunner().invoke(measures_command).output


# The API


def test_a_strategy_is_written_and_published_through_the_api(editor: Person, person_with: Made) -> None:
    leader = person_with("executive")
    mine = api(editor, "view:strategy", "edit:strategy", "publish:strategy")
    theirs = api(leader, "view:strategy", "agree:strategy")
    address = "/api/v1/strategy/draft"
    assert mine.get(address).status_code == 404
    made = _post(mine, f"{address}/goal", {"fields": {"name": "More customers order again"}})
    outcome = {"text": "Parcels come on the day.", "year": 1, "goal": made["id"]}
    item = _post(mine, f"{address}/outcome", {"fields": outcome})
    patched = mine.patch(
        f"{address}/outcome/{item['id']}", {"fields": {"year": 2}, "seen": item["edition"]}, "application/json"
    )
    assert patched.status_code == 200
    late = mine.patch(
        f"{address}/outcome/{item['id']}", {"fields": {"year": 3}, "seen": item["edition"]}, "application/json"
    )
    assert (late.status_code, late.json()["code"]) == (409, "strategy.changed_meanwhile")
    asked = _post(mine, f"{address}/ask", {"leaders": [leader.pk]})
    assert asked["state"] == "proposed"
    agreed = _post(theirs, f"{address}/answer", {"edition": asked["edition"], "answer": "agrees"})
    assert agreed["state"] == "agreed"
    assert _post(mine, f"{address}/publish", {})["version"] == 1
    answer = theirs.get("/api/v1/strategy").json()
    assert [one["year"] for one in answer["outcomes"]] == [2]
    assert theirs.get("/api/v1/strategy/versions").json()[0]["override_reason"] == ""


def _post(client: Client, address: str, body: dict[str, Any]) -> Any:
    answer = client.post(address, body, "application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_api_refuses_strangers_and_wrong_roles(person_with: Made, published: Strategy) -> None:
    assert Client().get("/api/v1/strategy").status_code == 401
    employee = api(person_with("employee"), "view:strategy", "view:measures")
    assert employee.get("/api/v1/strategy").json()["version"] == 1
    assert employee.get("/api/v1/strategy/draft").status_code == 403
    body = {"fields": {"name": "Mine"}}
    assert employee.post("/api/v1/strategy/draft/goal", body, "application/json").status_code == 403
    assert employee.post("/api/v1/measures", {"question": "x"}, "application/json").status_code == 403


def test_a_measure_is_kept_through_the_api(editor: Person) -> None:
    mine = api(editor, "view:measures", "edit:measures")
    body = {
        "question": "How is the team?",
        "decision": "The roster is changed.",
        "owner": editor.pk,
        "source": "imported",
        "definition": {"scale": "0-10"},
    }
    made = _post(mine, "/api/v1/measures", body)
    assert made["standing"] == "no_reading"
    address = f"/api/v1/measures/{made['slug']}"
    given = [{"day": "2026-01-31", "value": 6.5, "low": 6, "high": 7, "n": 30}]
    rows = mine.post(f"{address}/readings", given, "application/json").json()
    assert rows == {"accepted": 1, "corrected": 0, "repeated": 0}
    assert mine.post(f"{address}/readings", given, "application/json").json()["repeated"] == 1
    wrong = mine.post(f"{address}/readings", [{"day": "2026-02-01", "value": 60}], "application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "reading.scale")
    listed = mine.get(f"{address}/readings").json()
    assert [(row["period"], row["value"], row["superseded"]) for row in listed] == [("2026-01-01", 6.5, False)]
    changed = mine.patch(address, {"target": 8, "seen": made["edition"]}, "application/json").json()
    assert changed["target"] == 8
    assert mine.patch(address, {"target": 9, "seen": made["edition"]}, "application/json").status_code == 409


# Packs


def test_a_pack_takes_questions_along_and_no_people(editor: Person) -> None:
    given = {
        "question": "How was the wait?",
        "decision": "We add a carrier.",
        "owner": editor.pk,
        "source": "record",
        "definition": {"metric": "csat", "where": "stage = 'wait'"},
        "baseline": 0.6,
    }
    measuring.start_measure(editor, given)
    rows = measure_packs.export(Taxonomy(1))
    assert "owner" not in rows[0]
    assert "baseline" not in rows[0]
    assert list(measure_packs.preview(rows, Taxonomy(1))) == []
    Measure.objects.all().delete()
    assert [one.name for one in measure_packs.preview(rows, Taxonomy(1))] == ["How was the wait"]
    assert measure_packs.apply(editor, rows, Taxonomy(1)) == 1
    assert measure_packs.apply(editor, rows, Taxonomy(1)) == 0
    view = measures.measures()[0]
    assert view.definition.metric == "csat"
    assert "owner" in [one.code for one in view.missing]


@pytest.mark.parametrize(
    "content", ["text", [{"name": "x"}], [{"name": "x", "question": "y", "decision": "z", "owner": "someone"}]]
)
def test_a_pack_with_other_content_is_refused(content: object, editor: Person) -> None:
    with pytest.raises(Refused):
        measure_packs.apply(editor, content, Taxonomy(1))


def test_a_pack_brings_measures_in_for_those_who_may(person_with: Made) -> None:
    with pytest.raises(NotAllowed):
        measure_packs.apply(person_with("employee"), [], Taxonomy(1))


# From a cause to an issue


def test_an_issue_begins_on_the_page_of_its_cause(
    editor: Person, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Taxonomy(1, (Stage("wait", "I wait"),), causes=(Cause("late", "Delivery late", stages=("wait",)),))
    for module in ("views.strategy", "drafting", "pictures", "issues"):
        monkeypatch.setattr(f"headwater.strategy.{module}.taxonomy", lambda: known)
    client.force_login(editor)
    away = client.get(reverse("issue_from_page"), {"address": "/causes/late"})
    assert away["Location"] == reverse("add_strategy_item", args=["issue"]) + "?cause=late"
    page = client.get(away["Location"]).content.decode()
    assert "Delivery late" in page
    posted = client.post(away["Location"], {"text": "Parcels come late", "causes": ["late"]})
    assert posted.status_code == 302
    draft = strategies.draft()
    assert draft is not None
    assert draft.strategy.strays[0].causes == ("late",)
    assert "Parcels come late" in client.get(reverse("strategy_edit")).content.decode()
