"""Packs: what ships is deep enough, what is written is read back, what is wrong is refused with its place."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.base.models import Person
from headwater.base.refusals import Refused
from headwater.journey import queries, services
from headwater.journey.commands import packs
from headwater.journey.packs import PACKS, Pack, load_pack, pack_of, pack_schema, pack_text, read_pack


@pytest.mark.parametrize("name", PACKS)
def test_a_shipped_pack_is_deep_enough_to_start_from(name: str) -> None:
    pack = load_pack(name)
    assert pack.name == name
    assert 5 <= len(pack.stages) <= 7
    assert 10 <= len(pack.moments) <= 20
    assert 10 <= len([cause for cause in pack.causes if cause.demand != "value"]) <= 20
    assert 6 <= len(pack.departments) <= 12
    assert {cause.demand for cause in pack.causes} == {"failure", "service", "value"}
    for cause in pack.causes:
        assert len(cause.examples) >= 8, cause.id
        assert cause.departments, cause.id
        assert cause.stages, cause.id
        assert cause.description, cause.id
    for moment in pack.moments:
        assert moment.contributions, moment.id
    assert len([touchpoint for touchpoint in pack.touchpoints if touchpoint.where]) >= 7
    for stage in pack.stages:
        assert pack.taxonomy().moments_of(stage.id), stage.id
        assert pack.taxonomy().causes_of(stage.id), stage.id


@pytest.mark.parametrize("name", PACKS)
def test_no_phrase_stands_for_two_causes(name: str) -> None:
    seen: dict[str, str] = {}
    for cause in load_pack(name).causes:
        for phrase in cause.examples:
            assert seen.setdefault(phrase.casefold(), cause.id) == cause.id, phrase


@pytest.mark.parametrize("name", PACKS)
def test_every_department_and_event_has_one_use_at_least(name: str) -> None:
    pack = load_pack(name)
    used = {department for cause in pack.causes for department in cause.departments}
    assert used == {department.id for department in pack.departments}
    events = [event for cause in pack.causes for event in cause.events]
    assert len(events) == len(set(events))


@pytest.mark.parametrize("name", PACKS)
def test_what_is_written_is_read_back(name: str) -> None:
    assert read_pack(pack_text(load_pack(name))) == load_pack(name)


NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=80).filter(
    lambda text: bool(text.strip()) and text == text.strip()
)


@settings(max_examples=25, deadline=None)
@given(NAMES, st.lists(NAMES.filter(lambda text: len(text) > 1), max_size=20), st.integers(0, 365), st.booleans())
def test_any_words_survive_a_pack_file(name: str, phrases: list[str], lag: int, retired: bool) -> None:
    content = _smallest()
    cause = {"id": "late", "name": name, "examples": phrases, "lag_days": lag, "retired": retired, "stages": ["one"]}
    pack = read_pack(yaml.safe_dump({**content, "causes": [cause]}))
    assert read_pack(pack_text(pack)) == pack
    assert pack.causes[0].name == name
    assert pack.causes[0].examples == tuple(phrases)


def _smallest(**changes: Any) -> dict[str, Any]:
    content: dict[str, Any] = {
        "schema": 1,
        "name": "small",
        "version": 1,
        "title": "Small",
        "description": "",
        "stages": [{"id": "one", "name": "One"}],
        "moments": [],
        "causes": [],
        "departments": [],
    }
    return content | changes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": 2}, "schema 2"),
        ({"stages": []}, "stages"),
        ({"stages": [{"id": "One", "name": "One"}]}, "stages.0.id"),
        ({"stages": [{"id": "one", "name": "One"}, {"id": "one", "name": "Two"}]}, "more than one stage"),
        ({"stages": [{"id": "one", "name": "x" * 81}]}, "at most 80"),
        ({"stages": [{"id": "one", "name": "One", "colour": "red"}]}, "colour"),
        ({"causes": [{"id": "late", "name": "Late", "stages": ["two"]}]}, "'two'|two"),
        ({"causes": [{"id": "late", "name": "Late", "departments": ["nobody"]}]}, "nobody"),
        ({"causes": [{"id": "late", "name": "Late", "merged_into": "late"}]}, "merged into itself"),
        ({"causes": [{"id": "late", "name": "Late", "merged_into": "gone"}]}, "does not exist"),
        ({"causes": [{"id": "late", "name": "Late", "demand": "chaos"}]}, "chaos"),
        ({"causes": [{"id": "late", "name": "Late", "lag_days": 999}]}, "lag_days"),
        ({"causes": [{"id": "late", "name": True}]}, "causes.0.name"),
        ({"causes": [{"id": f"cause_{number}", "name": "Late"} for number in range(501)]}, "causes"),
        ({"moments": [{"id": "pay", "name": "Pay", "stage": "two"}]}, "two"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        read_pack(yaml.safe_dump(_smallest(**changes)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "schema: [",
        "schema: 1\nschema: 1\n",
        "a: &a [1]\nb: [*a, *a]\n",
        "!!python/object/apply:os.system ['true']",
        "? {a: 1}\n: 2\n",
        "? [a, b]\n: 2\n",
        "[" * 5_000,
        "\x00",
        "schema: 1\n" + "x" * 1_000_001,
    ],
)
def test_a_hostile_file_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(Refused):
        read_pack(text)


def test_an_unknown_pack_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refused, match="retail, airline"):
        load_pack("bakery")


@pytest.mark.django_db  # the parts of other subjects are read for it
def test_a_taxonomy_becomes_a_pack_with_a_checked_header() -> None:
    taxonomy = load_pack("retail").taxonomy(3)
    assert pack_of(taxonomy, name="ours", title="Ours").version == 3
    with pytest.raises(Refused, match="name"):
        pack_of(taxonomy, name="Our Shop!", title="Ours")


def test_the_schema_knows_every_field_of_a_pack() -> None:
    schema = pack_schema()
    assert set(schema["properties"]) >= {field.name for field in fields(Pack)} - {"sections"}
    assert "position" not in schema["$defs"]["Stage"]["properties"]
    assert schema["$defs"]["Cause"]["additionalProperties"] is False
    json.dumps(schema)


@pytest.mark.django_db
def test_the_command_line_lists_exports_and_imports(editor: Person, tmp_path: Path) -> None:
    services.apply_pack(editor, load_pack("retail"))
    runner = CliRunner()
    assert "insurance" in runner.invoke(packs, []).output
    rows = json.loads(runner.invoke(packs, ["list", "--json"]).output)["rows"]
    assert [row["name"] for row in rows] == list(PACKS)
    assert json.loads(runner.invoke(packs, ["schema"]).output) == pack_schema()
    file = tmp_path / "ours.yaml"
    assert runner.invoke(packs, ["export", str(file), "--name", "ours"]).exit_code == 0
    file.write_text(file.read_text().replace("Goods arrive damaged", "Broken on arrival"))
    said = runner.invoke(packs, ["import", str(file), "--dry-run"]).output
    assert "~ cause damaged: Broken on arrival (name)" in said
    assert queries.draft() is None
    assert "Version 2" in runner.invoke(packs, ["import", str(file), "--publish"]).output
    assert runner.invoke(packs, ["export", "--pack", "airline"]).output == pack_text(load_pack("airline"))


@pytest.mark.django_db
def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(packs, ["import", str(tmp_path / "nothing.yaml")])
    assert isinstance(result.exception, Refused)
    assert "nothing.yaml" in result.exception.message
