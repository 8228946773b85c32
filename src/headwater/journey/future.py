"""The journey to come beside today's: edited as a draft, published, and each difference carried or openly dropped."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base import versions
from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.journey import edits, queries
from headwater.journey.differences import Difference, Kind, differences
from headwater.journey.documents import read, written
from headwater.journey.models import FutureDecision, FutureJourney
from headwater.journey.seen import require_unchanged
from headwater.journey.services import edited
from headwater.journey.taxonomy import Item, Moment, Stage, Taxonomy

NAME_LENGTH, REASON_LENGTH, LINK_LENGTH = 120, 1000, 500
_is_address = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True, slots=True)
class Step:
    """One difference between today and the journey to come, and what was decided about it (None: nothing yet)."""

    key: str
    difference: Difference
    decision: FutureDecision | None


@dataclass(frozen=True, slots=True)
class Future:
    """The journey to come: ``version`` 0 before it is first published; ``is_draft`` when edits wait to be published."""

    taxonomy: Taxonomy
    version: int
    is_draft: bool
    steps: tuple[Step, ...]

    @property
    def undecided(self) -> tuple[Step, ...]:
        """The differences that nobody carries and nobody dropped."""
        return tuple(step for step in self.steps if step.decision is None)

    @property
    def carried(self) -> int:
        """How many differences an initiative carries."""
        return self._count(FutureDecision.What.CARRIED)

    @property
    def dropped(self) -> int:
        """How many differences were dropped with a reason."""
        return self._count(FutureDecision.What.DROPPED)

    def _count(self, what: str) -> int:
        return sum(step.decision is not None and step.decision.what == what for step in self.steps)


@dataclass(frozen=True, slots=True)
class Pair:
    """A stage, or a moment, of today beside itself as it is to be; None where it is not there."""

    today: Stage | Moment | None
    to_come: Stage | Moment | None
    what: str = ""
    inside: tuple["Pair", ...] = ()


def future(*, edited: bool) -> Future | None:
    """The journey to come, as published or (``edited``) with the edits that wait; None before there is one."""
    draft = versions.draft(FutureJourney) if edited else None
    published = versions.published(FutureJourney)
    row = draft or published
    if row is None:
        return None
    to_come = read(row.content)
    decided = {decision.difference: decision for decision in FutureDecision.objects.select_related("owner")}
    found = differences(queries.published(), to_come)
    steps = tuple(Step(key_of(one), one, decided.get(key_of(one))) for one in found)
    return Future(to_come, (published.version or 0) if published else 0, draft is not None, steps)


def key_of(difference: Difference) -> str:
    """What names a difference, so that a decision holds while its details change: ``moment:pay:changed``."""
    return f"{difference.kind}:{difference.id}:{difference.what}"


def side_by_side(today: Taxonomy, to_come: Taxonomy) -> tuple[Pair, ...]:
    """Stages and their moments of both, in the order to come, with what is given up where it stands today."""
    what = {(one.kind, one.id): one.what for one in differences(today, to_come)}
    pairs = []
    for stage_id in _merged([stage.id for stage in today.stages], [stage.id for stage in to_come.stages]):
        before, after = today.moments_of(stage_id), to_come.moments_of(stage_id)
        inside = tuple(
            Pair(
                today.moment(key) if key in {one.id for one in before} else None,
                to_come.moment(key) if key in {one.id for one in after} else None,
                what.get(("moment", key), ""),
            )
            for key in _merged([one.id for one in before], [one.id for one in after])
        )
        pairs.append(Pair(today.stage(stage_id), to_come.stage(stage_id), what.get(("stage", stage_id), ""), inside))
    return tuple(pairs)


def step_of(key: str) -> Step:
    """One difference from today's, by its key. Raises ``NotFound``."""
    found = future(edited=True)
    for step in found.steps if found else ():
        if step.key == key:
            return step
    message = _("The journey to come does not differ from today's in %s (any more). Reload the page.")
    raise NotFound("future.no_difference", message % key[:140])


def item_of(kind: Kind, item_id: str) -> Item:
    """One item of the journey to come as it is edited. Raises ``NotFound``."""
    found = future(edited=True)
    if found is None:
        raise NotFound("future.none", _("There is no journey to come yet. Begin it as a copy of today's."))
    return edits.find(found.taxonomy, kind, item_id)


def start_future(person: Person | None) -> None:
    """Begin the journey to come as a copy of today's; refused (409) when there is one already."""
    require(person, "edit", "taxonomy")
    today = queries.published()
    if not today.version:
        raise Refused("future.no_today", _("Publish today's journey first; the one to come begins as its copy."))
    with transaction.atomic():
        if FutureJourney.objects.exists():
            raise Conflict("future.exists", _("There is a journey to come already. Edit that one."))
        row = versions.start_draft(FutureJourney, person)
        versions.save_draft(row, written(today), edition=row.edition)
        record_history(person, "future.started", "future:draft", {"version": today.version})


def add_item(person: Person | None, kind: Kind, values: Mapping[str, Any]) -> Item:
    """Add an item to the journey to come."""
    return _edit(person, "future.added", partial(edits.added, kind=kind, values=values))


def change_item(
    person: Person | None, kind: Kind, item_id: str, values: Mapping[str, Any], *, seen: str | None = None
) -> Item:
    """Set fields of an item of the journey to come. ``seen`` is its fingerprint (``services.fingerprint``) when the
    person opened it; refused (409) when someone else changed that item since."""

    def edit(now: Taxonomy) -> tuple[Taxonomy, Item]:
        old = edits.find(now, kind, item_id)
        new, item = edits.changed(now, kind, item_id, values)
        if item != old:
            require_unchanged(seen, edited(old), code="future.changed_meanwhile", name=old.name)
        return new, item

    return _edit(person, "future.changed", edit)


def move_item(person: Person | None, kind: Kind, item_id: str, by: int) -> Item:
    """Move an item of the journey to come among its siblings."""

    def edit(now: Taxonomy) -> tuple[Taxonomy, Item]:
        return edits.moved(now, kind, item_id, by), edits.find(now, kind, item_id)

    return _edit(person, "future.moved", edit)


def remove_item(person: Person | None, kind: Kind, item_id: str) -> Item:
    """Leave an item out of the journey to come; refused while others there use it."""

    def edit(now: Taxonomy) -> tuple[Taxonomy, Item]:
        return edits.removed(now, kind, item_id, Taxonomy(0)), edits.find(now, kind, item_id)

    return _edit(person, "future.removed", edit)


def publish_future(person: Person | None) -> int:
    """Have everyone see the journey to come as it is edited now; returns its version."""
    require(person, "publish", "taxonomy")
    with transaction.atomic():
        row = versions.draft(FutureJourney)
        if row is None:
            raise Refused("future.no_draft", _("There are no edits of the journey to come to publish."))
        row = versions.publish(row, person)
        record_history(person, "future.published", f"future:{row.version}", {"version": row.version})
        return row.version or 0


def discard_future(person: Person | None) -> None:
    """Throw away the edits of the journey to come that were not published."""
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        row = versions.draft(FutureJourney)
        if row is not None:
            versions.discard_draft(row)
            record_history(person, "future.discarded", "future:draft", {})


def carry(
    person: Person | None, key: str, initiative: str, *, owner: Person | None = None, link: str = ""
) -> FutureDecision:
    """Say which initiative carries a difference, who owns it, and where it is followed (a web address)."""
    require(person, "edit", "taxonomy")
    initiative, link = " ".join(initiative.replace("\0", " ").split()), link.strip()
    if not 3 <= len(initiative) <= NAME_LENGTH:
        message = _("Name the initiative that carries it, in 3 to %d characters.")
        raise Refused("future.initiative", message % NAME_LENGTH, "initiative")
    if link:
        _check_link(link)
    if owner is not None and not owner.is_active:
        raise Refused("future.owner", _("The account of %s is closed; choose someone else.") % owner.name, "owner")
    values = {"what": FutureDecision.What.CARRIED, "initiative": initiative, "owner": owner, "link": link, "reason": ""}
    return _decide(person, key, values, "future.carried")


def drop(person: Person | None, key: str, reason: str) -> FutureDecision:
    """Say openly that a difference will not be made, and why."""
    require(person, "edit", "taxonomy")
    reason = " ".join(reason.replace("\0", " ").split())
    if not 3 <= len(reason) <= REASON_LENGTH:
        message = _("Say why it is dropped, in 3 to %d characters.")
        raise Refused("future.reason", message % REASON_LENGTH, "reason")
    values = {"what": FutureDecision.What.DROPPED, "initiative": "", "owner": None, "link": "", "reason": reason}
    return _decide(person, key, values, "future.dropped")


def reopen(person: Person | None, key: str) -> None:
    """Take back what was decided about a difference."""
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        step = step_of(key)
        if FutureDecision.objects.filter(difference=key).delete()[0]:
            record_history(person, "future.reopened", f"future:{key}", {"name": step.difference.name})


def _edit(person: Person | None, code: str, edit: Callable[[Taxonomy], tuple[Taxonomy, Item]]) -> Item:
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        if not FutureJourney.objects.exists():
            raise Refused("future.none", _("There is no journey to come yet. Begin it as a copy of today's."))
        row = versions.start_draft(FutureJourney, person)
        now = read(row.content)
        new, item = edit(now)
        if new != now:
            content = written(new)
            read(content)
            versions.save_draft(row, content, edition=row.edition)
            record_history(person, code, "future:draft", {"name": item.name})
    return item


def _decide(person: Person | None, key: str, values: dict[str, Any], code: str) -> FutureDecision:
    with transaction.atomic():
        step = step_of(key)
        old = FutureDecision.objects.select_for_update().filter(difference=key).first()
        if old and all(getattr(old, name) == value for name, value in values.items()):
            return old
        values = values | {"decided_by": person, "decided_at": timezone.now()}
        row, _new = FutureDecision.objects.update_or_create(difference=key, defaults=values)
        data = {"name": step.difference.name, "initiative": row.initiative, "reason": row.reason}
        record_history(person, code, f"future:{key}", data)
    return row


def _check_link(link: str) -> None:
    try:
        _is_address(link)
    except ValidationError:
        message = _("“%s” is no web address. Write one that begins with https://.")
        raise Refused("future.link", message % link[:80], "link") from None
    if len(link) > LINK_LENGTH:
        raise Refused("future.link", _("The address has more than %d characters.") % LINK_LENGTH, "link")


def _merged(today: list[str], to_come: list[str]) -> list[str]:
    """The ids to come, with those given up after what stands before them today."""
    order = list(to_come)
    for place, key in enumerate(today):
        if key not in order:
            before = next((other for other in reversed(today[:place]) if other in order), None)
            order.insert(order.index(before) + 1 if before is not None else 0, key)
    return order
