"""The journey in the browser: the map, editing in place, the draft, packs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from headwater.base.models import Person
from headwater.journey import queries, services
from headwater.journey.packs import load_pack, pack_text

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.journey.urls")]
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def signed_in(client: Client, editor: Person) -> Client:
    services.apply_pack(editor, load_pack("retail"))
    client.force_login(editor)
    return client


@pytest.fixture
def reader(person_with: Callable[..., Person], editor: Person) -> Client:
    services.apply_pack(editor, load_pack("retail"))
    client = Client()
    client.force_login(person_with("employee"))
    return client


def form_of(cause: str, **changes: Any) -> dict[str, Any]:
    found = load_pack("retail").taxonomy().cause(cause)
    assert found is not None
    given = {
        "name": found.name,
        "description": found.description,
        "examples": "\n".join(found.examples),
        "demand": found.demand,
        "stages": list(found.stages),
        "departments": list(found.departments),
        "events": "\n".join(found.events),
        "lag_days": found.lag_days,
    }
    return given | changes


def test_a_stranger_is_sent_to_sign_in(client: Client) -> None:
    for address in ("/journey/edit", "/journey/agreement", "/journey/future", "/journey/touchpoints", "/journey/packs"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert "/account/login/" in answer["Location"]


def test_an_empty_journey_says_what_to_do(client: Client, editor: Person) -> None:
    client.force_login(editor)
    assert "add the first stage" in client.get("/journey/edit").content.decode()


def test_the_map_shows_every_stage_moment_and_cause(signed_in: Client) -> None:
    shown = signed_in.get("/journey/edit").content.decode()
    taxonomy = queries.taxonomy()
    for name in [item.name for item in (*taxonomy.stages, *taxonomy.moments, *taxonomy.active_causes)]:
        assert name in shown
    assert "not yet published" not in shown


def test_an_employee_reads_what_is_published_and_edits_nothing(reader: Client, editor: Person) -> None:
    services.change_item(editor, "cause", "damaged", {"name": "Broken on arrival"})
    assert reader.get("/journey/edit").status_code == 403
    facts = reader.get("/journey/cause/damaged").content.decode()
    assert "Goods arrive damaged" in facts
    assert "dented corner" in facts
    assert '<form class="form"' not in facts
    moment = reader.get("/journey/moment/promised_day").content.decode()
    assert "Hands over on the day the promise was calculated with." in moment
    assert "Nobody yet" in moment


def test_an_edit_in_place_answers_with_the_map_and_the_draft_bar(signed_in: Client) -> None:
    form = signed_in.get("/journey/cause/damaged", **HTMX).content.decode()
    assert "<html" not in form
    answer = signed_in.post("/journey/cause/damaged", form_of("damaged", name="Broken on arrival"), **HTMX)
    shown = answer.content.decode()
    assert "<html" not in shown
    assert 'id="journey"' in shown
    assert "1 change is not yet published" in shown
    assert "Broken on arrival" in shown
    assert "autofocus" in shown


def test_a_form_that_was_sent_unchanged_makes_no_change(signed_in: Client) -> None:
    signed_in.post("/journey/cause/damaged", form_of("damaged"))
    draft = queries.draft()
    assert draft is None or draft.differences == ()


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(signed_in: Client) -> None:
    answer = signed_in.post("/journey/cause/damaged", form_of("damaged", examples="x" * 301), **HTMX)
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#editor-body"
    assert "at most 300" in answer.content.decode()
    assert "x" * 301 in answer.content.decode()


def test_without_scripts_everything_works_by_pages(signed_in: Client) -> None:
    assert "<html" in signed_in.get("/journey/cause/add?stage=wait").content.decode()
    answer = signed_in.post("/journey/cause/add", form_of("damaged", name="Gift wrap forgotten"))
    assert answer["Location"] == "/journey/edit#cause-gift_wrap_forgotten"
    answer = signed_in.post("/journey/stage/wait/move", {"by": "1"})
    assert answer["Location"] == "/journey/edit"
    assert signed_in.post("/journey/cause/missing_item/merge", {"into": "wrong_item"}).status_code == 302
    assert signed_in.post("/journey/cause/damaged/retire").status_code == 302
    assert signed_in.post("/journey/moment/pay/remove").status_code == 302
    shown = signed_in.get("/journey/draft").content.decode()
    for word in ("Gift wrap forgotten", "moved", "merged into", "retired", "removed"):
        assert word in shown
    signed_in.post("/journey/draft/publish")
    assert queries.taxonomy().version == 2
    assert "counts as The wrong thing is sent" in signed_in.get("/journey/edit").content.decode()


def test_a_draft_can_be_thrown_away(signed_in: Client) -> None:
    signed_in.post("/journey/cause/damaged/retire")
    signed_in.post("/journey/draft/discard")
    assert queries.draft() is None
    assert "Nothing waits" in signed_in.get("/journey/draft").content.decode()


def test_an_edit_made_meanwhile_is_neither_published_nor_thrown_away_unseen(signed_in: Client) -> None:
    signed_in.post("/journey/cause/damaged/retire")
    shown = queries.draft()
    assert shown is not None
    assert f'name="seen" value="{shown.edition}"' in signed_in.get("/journey/draft").content.decode()
    signed_in.post("/journey/cause/wrong_item/retire")
    for address in ("/journey/draft/publish", "/journey/draft/discard"):
        assert signed_in.post(address, {"seen": shown.edition}).status_code == 409
    assert signed_in.post(f"/api/v1/taxonomy/publish?edition={shown.edition}").status_code == 409
    assert signed_in.delete(f"/api/v1/taxonomy/draft?edition={shown.edition}").status_code == 409
    assert queries.taxonomy().version == 1
    assert signed_in.post("/journey/draft/publish", {"seen": shown.edition + 1}).status_code == 302
    assert queries.taxonomy().version == 2


def test_those_who_may_not_edit_are_refused(reader: Client) -> None:
    for address in (
        "/journey/cause/add",
        "/journey/cause/damaged",
        "/journey/cause/damaged/move",
        "/journey/moment/pay/place",
        "/journey/moment/pay/rename",
        "/journey/moment/new",
        "/journey/moment/pay/leader",
        "/journey/touchpoint/shop/retire",
        "/journey/edit/undo",
        "/journey/cause/damaged/remove",
        "/journey/cause/damaged/merge",
        "/journey/cause/damaged/retire",
        "/journey/draft/publish",
        "/journey/draft/discard",
        "/journey/packs/preview",
        "/journey/packs/import",
    ):
        data = form_of("damaged") | {"into": "wrong_item", "name": "retail", "text": pack_text(load_pack("airline"))}
        data |= {"index": "0", "parent": "wait"}
        assert reader.post(address, data).status_code == 403, address
    for address in ("/journey/draft", "/journey/moment/pay/name", "/journey/moment/here"):
        assert reader.get(address).status_code == 403
    assert queries.draft() is None


def test_what_does_not_exist_is_not_found(signed_in: Client) -> None:
    assert signed_in.get("/journey/cause/nothing").status_code == 404
    assert signed_in.get("/journey/river/damaged").status_code == 404
    assert signed_in.get("/journey/packs/nothing.yaml").status_code == 400


def test_a_pack_is_exported_previewed_and_imported(signed_in: Client) -> None:
    assert "insurance" in signed_in.get("/journey/packs").content.decode().lower()
    exported = signed_in.get("/journey/packs/export", {"name": "our_shop", "title": "Our shop"})
    assert exported["Content-Disposition"] == 'attachment; filename="our_shop.yaml"'
    text = exported.content.decode().replace("Goods arrive damaged", "Broken on arrival")
    file = SimpleUploadedFile("our_shop.yaml", text.encode())
    preview = signed_in.post("/journey/packs/preview", {"file": file}).content.decode()
    assert "would change 1 thing" in preview
    assert queries.draft() is None
    signed_in.post("/journey/packs/import", {"text": text})
    draft = queries.draft()
    assert draft is not None
    assert [difference.id for difference in draft.differences] == ["damaged"]


def test_a_file_that_is_no_pack_says_why(signed_in: Client) -> None:
    for content, why in (
        (b"stages: [", "not a YAML file"),
        (b"schema: 7\n", "schema 7"),
        (b"\xff\xfe\x00binary", "not a YAML file"),
        (b"a: &a [x]\nb: *a\n", "aliases"),
    ):
        answer = signed_in.post("/journey/packs/preview", {"file": SimpleUploadedFile("pack.yaml", content)})
        assert answer.status_code == 400
        assert why in answer.content.decode()
    assert signed_in.post("/journey/packs/preview").status_code == 400


def test_the_api_gives_the_taxonomy_and_the_packs(signed_in: Client) -> None:
    found = signed_in.get("/api/v1/taxonomy").json()
    assert found["version"] == 1
    assert [stage["id"] for stage in found["stages"]] == [stage.id for stage in load_pack("retail").stages]
    packs = signed_in.get("/api/v1/packs").json()
    assert {pack["name"] for pack in packs} == {"retail", "airline", "telecom", "bank", "insurance", "software"}
    assert signed_in.get("/api/v1/packs/airline").json()["causes"]
    assert signed_in.get("/api/v1/packs/nothing").status_code == 400
    assert Client().get("/api/v1/taxonomy").status_code == 401
