"""Editing the journey: a draft that people change and publish, with permissions and history."""

from collections.abc import Callable
from typing import Any

import pytest

from headwater.base.models import HistoryEntry, Job, Person
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.journey import queries, services
from headwater.journey.differences import Kind
from headwater.journey.models import TaxonomyVersion
from headwater.journey.packs import load_pack
from headwater.journey.taxonomy import Cause

pytestmark = pytest.mark.django_db


def codes() -> list[str]:
    return list(HistoryEntry.objects.order_by("id").values_list("code", flat=True))


def test_without_a_published_version_the_taxonomy_is_empty() -> None:
    assert queries.taxonomy().version == 0
    assert queries.taxonomy().causes == ()
    assert queries.draft() is None


def test_applying_a_pack_publishes_it_and_asks_for_labels(editor: Person) -> None:
    published = services.apply_pack(editor, load_pack("retail"))
    assert published.version == 1
    assert queries.taxonomy().causes == load_pack("retail").causes
    assert queries.draft() is None
    assert codes() == ["taxonomy.pack_applied", "taxonomy.published"]
    assert Job.objects.get(name="insight.relabel").payload == {"taxonomy_version": 1}


def test_applying_the_same_pack_again_changes_nothing(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    assert services.apply_pack(editor, load_pack("retail")).version == 1
    assert TaxonomyVersion.objects.count() == 1


def test_another_pack_keeps_the_causes_that_figures_hang_on_as_retired(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    services.apply_pack(editor, load_pack("airline"))
    now = queries.taxonomy()
    kept = now.cause("delivery_late")
    assert kept is not None
    assert kept.retired
    assert kept not in now.active_causes
    assert {cause.id for cause in now.active_causes} == {cause.id for cause in load_pack("airline").causes}


def test_an_edit_waits_in_the_draft_until_it_is_published(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    services.change_item(editor, "cause", "delivery_late", {"name": "Too late"})
    before = queries.taxonomy().cause("delivery_late")
    assert before is not None
    assert before.name != "Too late"
    draft = queries.draft()
    assert draft is not None
    assert [(difference.what, difference.id) for difference in draft.differences] == [("changed", "delivery_late")]
    assert services.publish_draft(editor).version == 2
    after = queries.taxonomy().cause("delivery_late")
    assert after is not None
    assert after.name == "Too late"
    assert Job.objects.filter(name="insight.relabel").count() == 1


@pytest.mark.parametrize(
    ("kind", "item", "values", "relabels"),
    [
        ("cause", "delivery_late", {"lag_days": 30, "departments": ["marketing"]}, False),
        ("moment", "promised_day", {"truth": True}, False),
        ("cause", "delivery_late", {"examples": ["it came a week late"]}, True),
        ("moment", "promised_day", {"name": "It is here on the day they promised"}, True),
        ("stage", "wait", {"description": "Until it is here."}, True),
    ],
)
def test_only_what_labels_depend_on_asks_for_a_relabelling(
    editor: Person, kind: Kind, item: str, values: dict[str, Any], relabels: bool
) -> None:
    services.apply_pack(editor, load_pack("retail"))
    Job.objects.all().delete()
    services.change_item(editor, kind, item, values)
    version = services.publish_draft(editor).version
    assert Job.objects.filter(name="insight.relabel").exists() is relabels
    assert queries.labels_version() == (version if relabels else version - 1)
    services.change_item(editor, "cause", "delivery_late", {"lag_days": 31})
    services.publish_draft(editor)
    assert queries.labels_version() == (version if relabels else version - 1)


def test_a_retired_cause_asks_for_a_relabelling(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    Job.objects.all().delete()
    services.retire_cause(editor, "delivery_late")
    assert queries.labels_version() == 1
    services.publish_draft(editor)
    assert Job.objects.filter(name="insight.relabel").exists()
    assert queries.labels_version() == 2


def test_a_discarded_draft_leaves_what_is_published(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    services.retire_cause(editor, "damaged")
    services.discard_draft(editor)
    assert queries.draft() is None
    assert queries.taxonomy() == load_pack("retail").taxonomy(1)
    assert codes()[-1] == "taxonomy.draft_discarded"


def test_a_new_cause_gets_an_id_from_its_name(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    first = services.add_item(editor, "cause", {"name": "Gift wrap – forgotten!", "stages": ["receive"]})
    assert first.id == "gift_wrap_forgotten"
    with pytest.raises(Refused) as refused:
        services.add_item(editor, "cause", {"name": "gift wrap – Forgotten!"})
    assert refused.value.code == "cause.name_taken"


def test_an_unpublished_cause_can_be_removed_and_a_published_one_only_retired(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    added = services.add_item(editor, "cause", {"name": "Gift wrap forgotten"})
    services.remove_item(editor, "cause", added.id)
    with pytest.raises(Refused, match="Retire it"):
        services.remove_item(editor, "cause", "damaged")
    services.retire_cause(editor, "damaged")
    services.publish_draft(editor)
    assert "damaged" not in {cause.id for cause in queries.taxonomy().active_causes}


def test_a_merged_cause_counts_as_the_other_and_gives_it_its_phrases(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    services.merge_cause(editor, "missing_item", "wrong_item")
    services.publish_draft(editor)
    now = queries.taxonomy()
    into = now.cause("wrong_item")
    assert into is not None
    assert now.resolve("missing_item") == "wrong_item"
    assert "screws missing" in into.examples
    with pytest.raises(Refused, match="already"):
        services.merge_cause(editor, "wrong_item", "missing_item")


def test_two_people_editing_the_same_cause_do_not_overwrite_each_other(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    seen = services.fingerprint(load_pack("retail").causes[0])
    cause = load_pack("retail").causes[0].id
    services.change_item(editor, "cause", cause, {"description": "First."}, seen=seen)
    with pytest.raises(Conflict, match="description"):
        services.change_item(editor, "cause", cause, {"description": "Second."}, seen=seen)
    services.change_item(editor, "cause", cause, {"description": "First."}, seen=seen)  # the same, sent twice
    services.change_item(editor, "cause", "damaged", {"description": "Another one."})


def test_moving_stays_among_siblings(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    services.move_item(editor, "moment", "read_description", -1)
    services.move_item(editor, "stage", "wait", 1)
    services.move_item(editor, "stage", "choose", -1)
    draft = queries.draft()
    assert draft is not None
    assert [moment.id for moment in draft.taxonomy.moments_of("choose")][:2] == ["read_description", "find_product"]
    order = [stage.id for stage in draft.taxonomy.stages]
    assert order == ["choose", "order", "receive", "wait", "use", "send_back", "get_help"]
    assert [stage.position for stage in draft.taxonomy.stages] == list(range(7))
    assert {(difference.kind, difference.what) for difference in draft.differences} == {
        ("stage", "moved"),
        ("moment", "moved"),
    }


def test_a_used_stage_is_not_removed(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    with pytest.raises(Refused, match="still used"):
        services.remove_item(editor, "stage", "wait")


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("cause", {"name": ""}, "name"),
        ("cause", {"name": "x" * 81}, "name"),
        ("cause", {"name": "Late", "lag_days": 4000}, "lag_days"),
        ("cause", {"name": "Late", "demand": "chaos"}, "demand"),
        ("cause", {"name": "Late", "examples": ["a" * 301]}, "examples"),
        ("cause", {"name": "Late", "examples": ["phrase"] * 81}, "examples"),
        ("moment", {"name": "Somewhere"}, "stage"),
    ],
)
def test_bad_input_is_refused_at_its_field(editor: Person, kind: Any, values: dict[str, Any], field: str) -> None:
    services.apply_pack(editor, load_pack("retail"))
    with pytest.raises(Refused) as refused:
        services.add_item(editor, kind, values)
    assert refused.value.field == field
    assert queries.draft() is None


def test_what_names_something_missing_is_refused(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    with pytest.raises(Refused, match="nowhere"):
        services.add_item(editor, "cause", {"name": "New", "stages": ["nowhere"]})
    with pytest.raises(NotFound):
        services.change_item(editor, "cause", "no_such_cause", {"name": "New"})
    with pytest.raises(Refused, match="merged_into"):
        services.change_item(editor, "cause", "damaged", {"merged_into": "wrong_item"})


def test_publishing_without_changes_is_refused(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    with pytest.raises(Refused, match="no draft"):
        services.publish_draft(editor)
    services.change_item(editor, "cause", "damaged", {"name": "Broken on arrival"})
    services.change_item(editor, "cause", "damaged", {"name": "Goods arrive damaged"})
    with pytest.raises(Refused, match="same"):
        services.publish_draft(editor)


@pytest.mark.parametrize("roles", [(), ("employee",), ("manager",), ("executive",), ("hr",)])
def test_those_who_may_not_edit_are_refused(editor: Person, person_with: Callable[..., Person], roles: Any) -> None:
    services.apply_pack(editor, load_pack("retail"))
    stranger = person_with(*roles)
    for attempt in (
        lambda: services.add_item(stranger, "stage", {"name": "New"}),
        lambda: services.change_item(stranger, "cause", "damaged", {"name": "New"}),
        lambda: services.move_item(stranger, "cause", "damaged", 1),
        lambda: services.remove_item(stranger, "moment", "pay"),
        lambda: services.merge_cause(stranger, "damaged", "wrong_item"),
        lambda: services.retire_cause(stranger, "damaged"),
        lambda: services.publish_draft(stranger),
        lambda: services.discard_draft(stranger),
        lambda: services.undo_edit(stranger),
        lambda: services.place_item(stranger, "moment", "pay", "wait", 0),
        lambda: services.import_pack(stranger, load_pack("airline")),
        lambda: services.preview_pack(stranger, load_pack("airline")),
        lambda: services.apply_pack(stranger, load_pack("airline")),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.status == 403
    assert queries.draft() is None


def test_an_analyst_edits_but_does_not_publish(editor: Person, person_with: Callable[..., Person]) -> None:
    services.apply_pack(editor, load_pack("retail"))
    analyst = person_with("analyst")
    services.change_item(analyst, "cause", "damaged", {"name": "Broken on arrival"})
    with pytest.raises(Refused) as refused:
        services.publish_draft(analyst)
    assert refused.value.status == 403


def test_an_imported_pack_is_a_draft_with_a_readable_difference(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    preview = services.preview_pack(editor, load_pack("airline"))
    assert queries.draft() is None
    assert services.import_pack(editor, load_pack("airline")) == preview
    assert queries.taxonomy().version == 1
    whats = {(difference.kind, difference.what) for difference in preview}
    assert {("cause", "added"), ("cause", "changed"), ("stage", "removed")} <= whats


def test_what_is_exported_can_be_imported_unchanged(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    services.merge_cause(editor, "missing_item", "wrong_item")
    services.publish_draft(editor)
    pack = services.export_pack(editor, "our_shop", "Our shop")
    assert pack.version == 2
    assert services.preview_pack(editor, pack) == ()


def test_departments_carry_the_name_of_the_companys_own(editor: Person) -> None:
    from headwater.base.models import Department

    services.apply_pack(editor, load_pack("retail"))
    assert queries.taxonomy().department_name("digital") == "Webshop and app"
    Department.objects.create(name="Online", pack_departments=["digital"])
    assert queries.taxonomy().department_name("digital") == "Online"
    assert queries.taxonomy().department_name("unheard_of") == "unheard_of"


def test_clearing_the_sample_forgets_its_versions(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    assert queries.taxonomy().version == 1
    services.clear()
    assert queries.taxonomy().causes == ()
    services.apply_pack(editor, load_pack("airline"))
    assert queries.taxonomy().cause("luggage_lost") == load_pack("airline").taxonomy().cause("luggage_lost")
    assert isinstance(queries.taxonomy().causes[0], Cause)


def test_the_last_edits_are_taken_back_one_by_one(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    services.change_item(editor, "moment", "pay", {"name": "I pay once"})
    services.place_item(editor, "moment", "pay", "wait", 0)
    assert queries.edited().moments_of("wait")[0].id == "pay"
    assert {difference.id for difference in services.undo_edit(editor)} == {"pay", "payment_page"}
    assert queries.edited().moment("pay").stage == "order"  # type: ignore[union-attr]
    services.undo_edit(editor)
    assert queries.edited() == load_pack("retail").taxonomy(1)
    with pytest.raises(Refused, match="no edit"):
        services.undo_edit(editor)
    assert codes()[-1] == "taxonomy.undone"


def test_undo_takes_back_nothing_that_was_done_meanwhile(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    services.change_item(editor, "moment", "pay", {"name": "I pay once"})
    draft = queries.draft()
    assert draft is not None
    services.change_item(editor, "moment", "pay", {"name": "I pay twice"})
    with pytest.raises(Conflict):
        services.undo_edit(editor, draft.edition)
    assert queries.edited().moment("pay").name == "I pay twice"  # type: ignore[union-attr]


def test_what_is_published_cannot_be_undone(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))
    services.change_item(editor, "moment", "pay", {"name": "I pay once"})
    services.publish_draft(editor)
    with pytest.raises(Refused, match="no edit"):
        services.undo_edit(editor)
    services.change_item(editor, "moment", "pay", {"name": "I pay"})
    services.discard_draft(editor)
    with pytest.raises(Refused, match="no edit"):
        services.undo_edit(editor)
