"""Guideposts: what holds at each moment, edited as a draft, published, and found by who needs them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from headwater.base import versions
from headwater.base.departments import departments_of
from headwater.base.history import record_history
from headwater.base.models import Department, Person, Versioned
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.journey.queries import taxonomy
from headwater.strategy.guidepost_documents import (
    Change,
    Guidepost,
    Guideposts,
    changes,
    lines,
    read,
    read_one,
    written,
)
from headwater.strategy.models import GuidepostsVersion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.journey.taxonomy import Moment, Stage, Taxonomy

FOR_A_PERSON = 6


@dataclass(frozen=True, slots=True)
class Draft:
    """The draft as it stands, what it changes, and its edition."""

    guideposts: Guideposts
    changes: tuple[Change, ...]
    edition: int
    row: GuidepostsVersion


@dataclass(frozen=True, slots=True)
class Placed:
    """A moment with its stage and its guideposts; None where nobody has written any."""

    moment: Moment
    stage: Stage | None
    guidepost: Guidepost | None


def current() -> Guideposts:
    """The published guideposts; before the first are published empty ones of version 0. Cached by version."""
    row = GuidepostsVersion.objects.filter(state=Versioned.State.PUBLISHED).values_list("pk", "version", "published_at")
    found: Any = row.first()
    return _read((found[0], found[1], str(found[2]))) if found else Guideposts()


def row_now() -> int | None:
    """The row of the published version, by which trials know it; None before the first is published."""
    found = versions.published(GuidepostsVersion)
    return found.pk if found else None


def draft() -> Draft | None:
    """The draft, while there is one."""
    row = versions.draft(GuidepostsVersion)
    if row is None:
        return None
    now = read(row.content)
    return Draft(now, changes(current(), now), row.edition, row)


def guideposts_of(moment_id: str) -> Guidepost | None:
    """The published guideposts of a moment; None where there are none."""
    return current().of(moment_id)


def placed(*, text: str = "", stage: str = "", written_only: bool = False) -> tuple[Placed, ...]:
    """The moments in the order of the journey with their published guideposts.

    ``text`` narrows to those whose name, stage or lines contain each of its words; ``stage`` to one stage.
    """
    known, now = taxonomy(), current()
    found = [Placed(moment, known.stage(moment.stage), now.of(moment.id)) for moment in _in_order(known)]
    words = text.casefold().split()[:8]
    return tuple(
        one
        for one in found
        if (not stage or one.moment.stage == stage)
        and (one.guidepost is not None or not written_only)
        and all(word in _words(one) for word in words)
    )


def at_stage(stage_id: str) -> tuple[Placed, ...]:
    """The moments of one stage that have published guideposts."""
    return placed(stage=stage_id, written_only=True)


def for_person(person: Person) -> tuple[Placed, ...]:
    """The guideposts of the moments to which this person's departments contribute, a handful at most."""
    rows = Department.objects.filter(pk__in=departments_of(person))
    ours = {name for row in rows for name in row.pack_departments}
    mine = [
        one
        for one in placed(written_only=True)
        if ours & {contribution.department for contribution in one.moment.contributions}
    ]
    return tuple(mine[:FOR_A_PERSON])


def change_guidepost(
    person: Person | None, moment_id: str, values: Mapping[str, Any], *, seen: int | None = None
) -> Draft:
    """Write the guideposts of one moment into the draft: ``always``, ``never`` (lines) and ``may`` (text, limit).

    ``seen`` is the draft's edition when the person opened it (0 without a draft); refuses (409) when someone else
    changed this moment's guideposts since.
    """
    require(person, "edit", "strategy")
    moment = moment_of(moment_id)
    new = read_one({**values, "moment": moment.id})
    with transaction.atomic():
        row = versions.start_draft(GuidepostsVersion, person)
        now = read(row.content)
        if now.of(moment.id) != (new if not new.is_empty else None):
            if seen is not None and seen != row.edition:
                raise _meanwhile(moment)
            row = versions.save_draft(row, written(now.with_guidepost(new)), edition=row.edition)
            data = {"name": moment.name, "lines": len(lines(new))}
            record_history(person, "guideposts.changed", f"moment:{moment.id}", data)
    return Draft(read(row.content), changes(current(), read(row.content)), row.edition, row)


def publish(person: Person | None, *, seen: int | None = None) -> Guideposts:
    """Make the draft count: employees see it from now on.

    ``seen`` is the edition that the person read: refuses (409) when someone edited the draft since.
    """
    require(person, "publish", "strategy")
    with transaction.atomic():
        row = versions.draft(GuidepostsVersion)
        if row is None:
            raise Refused("guideposts.no_draft", _("There is no draft to publish. Change a guidepost first."))
        changed = changes(current(), read(row.content))
        if not changed:
            raise Refused("guideposts.no_changes", _("The draft says the same as what is published. Discard it."))
        row = versions.publish(row, person, seen=seen)
        data = {"version": row.version, "moments": len(changed)}
        record_history(person, "guideposts.published", "guideposts", data)
    return read(row.content, row.version or 0)


def discard(person: Person | None, *, seen: int | None = None) -> None:
    """Throw the draft away; what is published stays. ``seen`` is as for :func:`publish`."""
    require(person, "edit", "strategy")
    with transaction.atomic():
        row = versions.draft(GuidepostsVersion)
        if row is None:
            return
        data = {"moments": len(changes(current(), read(row.content)))}
        versions.discard_draft(row, seen=seen)
        record_history(person, "guideposts.draft_discarded", "guideposts", data)


def moment_of(moment_id: str) -> Moment:
    """A moment of the published journey; refuses (404) any other."""
    found = taxonomy().moment(moment_id)
    if found is None:
        raise NotFound("moment_unknown", _("There is no moment “%s” in the journey.") % moment_id[:60])
    return found


def clear() -> None:
    """Forget every version; run when the sample company is cleared."""
    GuidepostsVersion.objects.all().delete()


@lru_cache(maxsize=2)
def _read(identity: tuple[int, int, str]) -> Guideposts:
    return read(GuidepostsVersion.objects.only("content").get(pk=identity[0]).content, identity[1])


def _in_order(known: Taxonomy) -> list[Moment]:
    return [moment for stage in known.stages for moment in known.moments_of(stage.id)]


def _words(one: Placed) -> str:
    texts = [one.moment.name, one.stage.name if one.stage else "", *(text for _kind, text in lines(one.guidepost))]
    return " ".join(texts).casefold()


def _meanwhile(moment: Moment) -> Conflict:
    message = _(
        "Someone else changed the guideposts after you opened “%s”. Reload the page and make your change again."
    )
    return Conflict("guideposts_changed", message % moment.name)
