"""What docs/use says of the journey and of packs is so."""

import re
from pathlib import Path

from headwater.journey.moments import FEWEST, MOST
from headwater.journey.packs import read_pack
from headwater.journey.services import MAX_STEPS
from headwater.journey.touchpoints import DAYS
from tests.journey.urls import api

DOCS = Path(__file__).parents[2] / "docs" / "use"
OURS = ("/taxonomy", "/moments", "/agreement", "/touchpoints", "/future")


def test_every_operation_is_listed() -> None:
    said = set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE) /api/v1(/[^`?]*)[^`]*`", (DOCS / "journey.md").read_text()))
    paths = api.get_openapi_schema(path_prefix="")["paths"]
    there = {
        (method.upper(), path) for path, operations in paths.items() for method in operations if path.startswith(OURS)
    }
    assert said == there


def test_the_pack_in_the_text_can_be_imported() -> None:
    text = (DOCS / "packs.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    pack = read_pack(example)
    assert pack.touchpoints[0].moment == pack.moments[0].id
    assert pack.moments[0].contributions


def test_the_numbers_in_the_text_are_those_of_the_code() -> None:
    text = (DOCS / "journey.md").read_text()
    for said in (f"up to {MAX_STEPS}", f"{FEWEST} to {MOST} moments", f"last {DAYS} days"):
        assert said in text, said
