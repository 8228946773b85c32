"""What the rooms above put into the one pack file: read, previewed, applied and passed on, without anybody's name."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.test import Client

from headwater.base.models import Department, Person
from headwater.base.refusals import Refused
from headwater.journey import moments, packs, services
from headwater.journey.packs import SectionDifference, load_pack, pack_schema, pack_text, read_pack
from headwater.journey.taxonomy import Taxonomy

pytestmark = pytest.mark.django_db
APPLIED: list[Any] = []


def export_signs(taxonomy: Taxonomy) -> list[str]:
    return [stage.name for stage in taxonomy.stages]


def preview_signs(content: Any, taxonomy: Taxonomy) -> list[SectionDifference]:
    if not isinstance(content, list):
        raise Refused("signs.invalid", "Signs are a list.")
    return [SectionDifference("added", str(sign), taxonomy.stages[0].id) for sign in content]


def apply_signs(person: Person | None, content: Any, taxonomy: Taxonomy) -> int:
    preview_signs(content, taxonomy)
    APPLIED.append(content)
    return len(content)


@pytest.fixture(autouse=True)
def _signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "_sections", {})
    here = "tests.journey.test_pack_sections"
    packs.add_section(
        "signs",
        title="Signs",
        export=f"{here}.export_signs",
        preview=f"{here}.preview_signs",
        apply=f"{here}.apply_signs",
    )
    APPLIED.clear()


def with_signs(signs: object) -> str:
    return pack_text(load_pack("software")) + yaml.safe_dump({"signs": signs})


def test_a_section_is_exported_previewed_and_applied(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    text = pack_text(services.export_pack(editor, "ours", "Ours"))
    assert yaml.safe_load(text)["signs"][0] == "I look around and choose"
    pack = read_pack(text)
    assert services.preview_pack(editor, pack) == ()
    assert services.preview_pack_sections(editor, pack)[0].title == "Signs"
    assert APPLIED == []
    services.import_pack(editor, pack)
    (applied,) = APPLIED
    assert applied == export_signs(load_pack("retail").taxonomy())


def test_a_section_that_cannot_be_read_stops_the_whole_import(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    with pytest.raises(Refused, match="a list"):
        services.import_pack(editor, read_pack(with_signs({"a": 1})))
    from headwater.journey import queries

    assert queries.draft() is None


@pytest.mark.parametrize("key", ["sings", "sections"])
def test_a_section_nobody_registered_is_refused(key: str) -> None:
    with pytest.raises(Refused, match=key):
        read_pack(pack_text(load_pack("software")) + yaml.safe_dump({key: {"a": 1}}))


def test_the_schema_names_each_section() -> None:
    assert pack_schema()["properties"]["signs"] == {"title": "Signs"}
    assert "sections" not in pack_schema()["properties"]


@pytest.mark.urls("tests.journey.urls")
def test_the_preview_page_shows_what_a_section_brings(client: Client, editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    client.force_login(editor)
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("pack.yaml", with_signs(["Mind the step"]).encode())
    page = client.post("/journey/packs/preview", {"file": file}).content.decode()
    assert "Mind the step" in page
    assert "Signs" in page


def test_nobody_is_named_in_what_is_passed_on(editor: Person, person_with: Callable[..., Person]) -> None:
    services.apply_pack(editor, load_pack("retail"))
    leader = person_with("manager")
    Department.objects.create(name="Our very own warehouse", head=leader, pack_departments=["warehouse"])
    moments.set_leader(editor, "promised_day", leader)
    moments.choose_moment(editor, "promised_day", True)
    services.publish_draft(editor)
    text = pack_text(services.export_pack(editor, "ours", "Ours"))
    assert "promised_day" in text
    for person in Person.objects.all():
        assert person.name not in text
        assert person.email not in text
    assert "Our very own warehouse" not in text
