"""Changes of the journey: each checks the permission, edits the draft, and writes its history in one transaction."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from headwater.base import versions
from headwater.base.history import record_history
from headwater.base.models import Company, Person
from headwater.base.permissions import require
from headwater.base.queue import enqueue
from headwater.base.refusals import Conflict, Refused
from headwater.journey import edits, rules
from headwater.journey.differences import Difference, Kind, differences
from headwater.journey.documents import read, written
from headwater.journey.models import (
    AgreementDecider,
    FutureDecision,
    FutureJourney,
    MomentLeader,
    StageAnswer,
    StageAsking,
    TaxonomyStep,
    TaxonomyVersion,
)
from headwater.journey.packs import Pack, SectionDifference, apply_sections, load_pack, pack_of, preview_sections
from headwater.journey.seen import digests, require_unchanged
from headwater.journey.taxonomy import Item, Taxonomy

MAX_STEPS = 50
"""How many edits of a draft can be taken back."""
RELABEL = "insight.relabel"
ASK_HEADS = "journey.ask_heads"
KEPT: tuple[type[Model], ...] = (
    TaxonomyVersion,
    MomentLeader,
    StageAnswer,
    StageAsking,
    AgreementDecider,
    FutureJourney,
    FutureDecision,
)


def add_item(person: Person | None, kind: Kind, values: Mapping[str, Any]) -> Item:
    """Add a stage, moment, cause or department to the draft; returns it with the id made from its name."""
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        row, now = _opened(person)
        new, item = edits.added(now, kind, values)
        _saved(row, new)
        _record(person, "added", kind, item)
    return item


def change_item(
    person: Person | None, kind: Kind, item_id: str, values: Mapping[str, Any], *, seen: str | None = None
) -> Item:
    """Set fields of an item in the draft. ``seen`` is its :func:`fingerprint` when the person opened it.

    Refuses (409) when someone else changed that item since.
    """
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        row, now = _opened(person)
        old = edits.find(now, kind, item_id)
        new, item = edits.changed(now, kind, item_id, values)
        if item != old:
            require_unchanged(seen, edited(old), code="taxonomy.changed_meanwhile", name=old.name)
            _saved(row, new)
            what = ", ".join(key for key, value in asdict(item).items() if value != asdict(old)[key])
            _record(person, "changed", kind, item, what=what, old=old.name)
    return item


def move_item(person: Person | None, kind: Kind, item_id: str, by: int) -> None:
    """Move an item among its siblings in the draft: later by a positive number of places, earlier by a negative."""
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        row, now = _opened(person)
        new = edits.moved(now, kind, item_id, by)
        if new != now:
            _saved(row, new)
            _record(person, "moved", kind, edits.find(new, kind, item_id))


def place_item(person: Person | None, kind: Kind, item_id: str, parent: str, index: int) -> None:
    """Put an item under a parent of the draft, as number ``index`` of what is there; see :func:`edits.placed`."""
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        row, now = _opened(person)
        new = edits.placed(now, kind, item_id, parent, index)
        if new != now:
            _saved(row, new)
            _record(person, "moved", kind, edits.find(new, kind, item_id))


def remove_item(person: Person | None, kind: Kind, item_id: str) -> None:
    """Remove an item from the draft; refused while others use it, and for causes that were ever published."""
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        row, now = _opened(person)
        item = edits.find(now, kind, item_id)
        _saved(row, edits.removed(now, kind, item_id, _published()))
        _record(person, "removed", kind, item)


def merge_cause(person: Person | None, cause_id: str, into_id: str) -> None:
    """Have a cause count as another in the draft, its example phrases included."""
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        row, now = _opened(person)
        _saved(row, edits.merged(now, cause_id, into_id))
        into = edits.find(now, "cause", into_id)
        _record(person, "merged", "cause", edits.find(now, "cause", cause_id), into=into.name)


def retire_cause(person: Person | None, cause_id: str, *, retire: bool = True) -> None:
    """Give a cause to no new words any more, or again (``retire`` false); its past figures stay."""
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        row, now = _opened(person)
        new = edits.retired(now, cause_id, retire)
        if new != now:
            _saved(row, new)
            _record(person, "retired" if retire else "restored", "cause", edits.find(new, "cause", cause_id))


def publish_draft(person: Person | None, *, seen: int | None = None) -> Taxonomy:
    """Make the draft count: it gets the next version number, and where labels depend on what changed, everything is
    labelled again in the background.

    ``seen`` is the edition that the person read: refuses (409) when someone edited the draft since.
    """
    require(person, "publish", "taxonomy")
    with transaction.atomic():
        row = versions.draft(TaxonomyVersion)
        if row is None:
            raise Refused("taxonomy.no_draft", _("There is no draft to publish. Change something first."))
        versions.require_seen(row, seen)
        changes = differences(_published(), read(row.content))
        if not changes:
            raise Refused("taxonomy.no_changes", _("The draft says the same as what is published. Discard it."))
        return _published_now(row, person, len(changes))


def undo_edit(person: Person | None, edition: int | None = None) -> tuple[Difference, ...]:
    """Take back the last edit of the draft; returns what that changed in it.

    ``edition`` is the draft's when the person saw it: an edit that someone made since is not taken back (409).
    """
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        row = versions.draft(TaxonomyVersion)
        step = row.steps.first() if row else None
        if row is None or step is None:
            raise Refused("taxonomy.nothing_to_undo", _("There is no edit of this draft left to undo."))
        if edition is not None and edition != row.edition:
            message = _(
                "Someone changed the draft after you opened it. Reload the page to see what undo would take back."
            )
            raise Conflict("taxonomy.changed_meanwhile", message)
        undone = differences(read(row.content), read(step.content))
        versions.save_draft(row, step.content, edition=row.edition)
        step.delete()
        names = ", ".join(difference.name for difference in undone[:5])
        record_history(person, "taxonomy.undone", "taxonomy:draft", {"names": names})
    return undone


def discard_draft(person: Person | None, *, seen: int | None = None) -> None:
    """Throw the draft away; what is published stays. ``seen`` is as for :func:`publish_draft`."""
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        row = versions.draft(TaxonomyVersion)
        if row is None:
            return
        changes = len(differences(_published(), read(row.content)))
        versions.discard_draft(row, seen=seen)
        record_history(person, "taxonomy.draft_discarded", "taxonomy:draft", {"changes": changes})


def apply_pack(person: Person | None, pack: Pack) -> Taxonomy:
    """Start from a pack: its taxonomy is published at once, in place of any draft. Causes it lacks are retired."""
    require(person, "publish", "taxonomy")
    with transaction.atomic():
        row, _now = _opened(person)
        published = _published()
        row = _saved(row, edits.adopted(published, pack.taxonomy()))
        record_history(person, "taxonomy.pack_applied", "taxonomy:pack", _pack_data(pack))
        apply_sections(person, pack, read(row.content))
        changes = differences(published, read(row.content))
        if not changes:
            versions.discard_draft(row)
            return published
        return _published_now(row, person, len(changes))


def preview_pack(person: Person | None, pack: Pack) -> tuple[Difference, ...]:
    """What importing this pack would change, compared with what is published; nothing is written."""
    require(person, "edit", "taxonomy")
    published = _published()
    return differences(published, edits.adopted(published, pack.taxonomy()))


def import_pack(person: Person | None, pack: Pack) -> tuple[Difference, ...]:
    """Make a pack the draft, in place of an earlier draft; returns what publishing it would change.

    What the pack holds beside the journey (see :func:`packs.add_section`) is brought in at once.
    """
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        row, _now = _opened(person)
        published = _published()
        new = edits.adopted(published, pack.taxonomy())
        _saved(row, new)
        record_history(person, "taxonomy.pack_imported", "taxonomy:pack", _pack_data(pack))
        apply_sections(person, pack, new)
        return differences(published, new)


def preview_pack_sections(person: Person | None, pack: Pack) -> tuple[SectionDifference, ...]:
    """What the parts of a pack beside the journey would bring; nothing is written."""
    require(person, "edit", "taxonomy")
    return preview_sections(pack, edits.adopted(_published(), pack.taxonomy()))


def export_pack(person: Person | None, name: str, title: str, description: str = "") -> Pack:
    """The published taxonomy as a pack to pass on, without departments' own names, merged and retired causes kept."""
    require(person, "view", "taxonomy")
    published = _published()
    if not published.version:
        raise Refused("taxonomy.none", _("No journey has been published yet, so there is nothing to export."))
    return pack_of(published, name=name, title=title, description=description)


def start(person: Person | None, company: Company) -> None:
    """Called when a company starts: publish the pack it chose."""
    if company.pack:
        apply_pack(person, load_pack(company.pack))


def clear() -> None:
    """Called when the sample company is cleared: everything this room keeps goes with it."""
    for model in KEPT:
        model._default_manager.all().delete()


def fingerprint(item: Item) -> str:
    """What someone sees who opens an item, by which a form notices that someone else changed it meanwhile."""
    return digests(edited(item))


def edited(item: Item) -> dict[str, Any]:
    """The fields of an item that its form changes."""
    return {key: value for key, value in asdict(item).items() if key != "position"}


def _published() -> Taxonomy:
    row = versions.published(TaxonomyVersion)
    return read(row.content, row.version or 0) if row else Taxonomy(0)


def _opened(person: Person | None) -> tuple[TaxonomyVersion, Taxonomy]:
    row = versions.start_draft(TaxonomyVersion, person)
    return row, read(row.content)


def _saved(row: TaxonomyVersion, new: Taxonomy) -> TaxonomyVersion:
    """Keep the draft, unless its parts contradict each other or it grew past what a document may hold."""
    content = written(new)
    read(content)
    # What an edit can be taken back to; a draft that began empty has nothing to go back to.
    if row.content:
        TaxonomyStep.objects.create(row=row, edition=row.edition, content=row.content)
        TaxonomyStep.objects.filter(row=row, edition__lt=row.edition - MAX_STEPS).delete()
    return versions.save_draft(row, content, edition=row.edition)


def _published_now(row: TaxonomyVersion, person: Person | None, changes: int) -> Taxonomy:
    before = versions.published(TaxonomyVersion)
    row = versions.publish(row, person)
    row.steps.all().delete()
    row.labels_as = row.version
    if before is not None and rules.labelling_parts(read(before.content)) == rules.labelling_parts(read(row.content)):
        row.labels_as = before.labels_as
    row.save(update_fields=["labels_as"])
    data = {"version": row.version, "changes": changes}
    record_history(person, "taxonomy.published", f"taxonomy:{row.version}", data)
    enqueue(ASK_HEADS, {}, unique_key=ASK_HEADS, requested_by=person)
    if row.labels_as == row.version:
        enqueue(RELABEL, {"taxonomy_version": row.version}, unique_key=RELABEL, requested_by=person)
    return read(row.content, row.version or 0)


def _record(person: Person | None, done: str, kind: Kind, item: Item, **data: str) -> None:
    subject = "pack_department" if kind == "department" else kind
    record_history(person, f"{subject}.{done}", f"{subject}:{item.id}", {"name": item.name, **data})


def _pack_data(pack: Pack) -> dict[str, Any]:
    return {"name": pack.name, "title": pack.title, "version": pack.version}
