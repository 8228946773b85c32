"""Triggers and standards in a pack file: passed on whole, brought in as drafts, nobody named."""

from typing import Any

import pytest
import yaml

from headwater.base.models import Person
from headwater.base.refusals import Refused
from headwater.journey import services, standard_edits, triggers
from headwater.journey.models import Standard, Trigger
from headwater.journey.packs import load_pack, pack_text, read_pack

pytestmark = pytest.mark.django_db
RULE = {"kind": "within", "first": "kind = 'contact'", "n": 3, "hours": 720}
DEFINITION = {"promise": "event = 'a'", "receipt": "event = 'b'", "hours": 2}


@pytest.fixture
def text(editor: Person) -> str:
    """The pack of a company with a trigger, one that singles out a customer, and a standard."""
    services.apply_pack(editor, load_pack("retail"))
    triggers.create_trigger(editor, {"name": "Third contact", "moment": "pay", "rule": RULE, "wait_hours": 5})
    alone = {"kind": "first", "first": "customer_id = 'c1'"}
    Trigger.objects.create(name="One customer", rule=alone)  # kept before such rules were refused
    values = {"name": "In two hours", "moment": "pay", "method": "kept", "definition": DEFINITION, "target": 0.9}
    standard_edits.create_standard(editor, {**values, "departments": ["finance"]})
    return pack_text(services.export_pack(editor, "ours", "Ours"))


def test_triggers_and_standards_travel_without_customers(text: str, editor: Person) -> None:
    content = yaml.safe_load(text)
    assert content["triggers"] == [
        {"name": "Third contact", "stage": "order", "moment": "pay", "wait_hours": 5, "rule": RULE}
    ]
    assert [one["name"] for one in content["standards"]] == ["In two hours"]
    assert "c1" not in text
    assert editor.name not in text


def test_they_arrive_as_drafts_once(text: str, editor: Person) -> None:
    Trigger.objects.all().delete()
    Standard.objects.all().delete()
    pack = read_pack(text)
    found = {(one.what, one.name) for one in services.preview_pack_sections(editor, pack)}
    assert {("added", "Third contact"), ("added", "In two hours")} <= found
    for _again in range(2):
        services.import_pack(editor, pack)
    trigger = Trigger.objects.get()
    assert (trigger.state, trigger.rule, trigger.edition) == ("draft", RULE, 1)
    assert Standard.objects.get().definition == DEFINITION
    assert not [
        one for one in services.preview_pack_sections(editor, pack) if one.name in ("Third contact", "In two hours")
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"triggers": "none"},
        {"triggers": [{"name": "x", "rule": RULE | {"first": "colour = 1"}}]},
        {"triggers": [{"name": "x", "rule": RULE, "moment": "nowhere"}]},
        {"triggers": [{"name": "x", "rule": RULE | {"n": 10**9}}]},
        {"standards": [{"name": "x", "moment": "pay", "method": "kept", "definition": {"promise": "event = 'a'"}}]},
    ],
)
def test_what_cannot_be_read_brings_nothing(text: str, editor: Person, wrong: dict[str, Any]) -> None:
    Trigger.objects.all().delete()
    Standard.objects.all().delete()
    content = yaml.safe_load(text) | {"triggers": [], "standards": []} | wrong
    with pytest.raises(Refused):
        services.import_pack(editor, read_pack(yaml.safe_dump(content)))
    assert not Trigger.objects.exists()
    assert not Standard.objects.exists()
