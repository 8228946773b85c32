"""The moments of truth: which were chosen, who answers for each, and what each department does there."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.journey import edits, queries, services
from headwater.journey.models import MomentLeader
from headwater.journey.taxonomy import Moment, Taxonomy

FEWEST, MOST = 10, 20
"""How many moments a company can mean when it says that these matter most."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How many moments are chosen, and whether that is too few or too many to mean anything."""

    chosen: int
    possible: int

    @property
    def warning(self) -> str:
        """What is wrong with the number chosen, as a sentence; empty when it is between 10 and 20."""
        if self.chosen > MOST:
            message = _(
                "%(chosen)d moments are chosen, more than %(most)d: when everything matters most, nothing does."
            )
            return message % {"chosen": self.chosen, "most": MOST}
        if self.chosen < FEWEST:
            message = _(
                "%(chosen)d moments are chosen, fewer than %(fewest)d: part of the journey has none to guard it."
            )
            return message % {"chosen": self.chosen, "fewest": FEWEST}
        return ""


def choice(taxonomy: Taxonomy) -> Choice:
    """How many of a taxonomy's moments are chosen as moments of truth."""
    return Choice(len(taxonomy.truths), len(taxonomy.moments))


def leaders() -> dict[str, Person]:
    """The accountable leader of each moment that has one, by the moment's id; those who left are not among them."""
    rows = MomentLeader.objects.filter(person__is_active=True).select_related("person__department")
    return {row.moment: row.person for row in rows}


def leader_of(moment_id: str) -> Person | None:
    """The accountable leader of a moment; None while nobody is named."""
    return leaders().get(moment_id)


def moments_led_by(person: Person) -> tuple[Moment, ...]:
    """The published moments that this person answers for, in the order of the journey."""
    led = set(MomentLeader.objects.filter(person=person).values_list("moment", flat=True))
    return tuple(moment for moment in queries.taxonomy().moments if moment.id in led)


def choose_moment(person: Person | None, moment_id: str, chosen: bool) -> Moment:
    """Choose a moment as a moment of truth in the draft, or let go of it; choosing twice changes nothing."""
    changed = services.change_item(person, "moment", moment_id, {"truth": chosen})
    assert isinstance(changed, Moment)  # noqa: S101 (for the type checker)
    return changed


def contribute(person: Person | None, moment_id: str, department: str, does: str) -> Moment:
    """Say in the draft, in one sentence, what a department does at a moment; an empty sentence takes it out."""
    require(person, "edit", "taxonomy")
    moment = edits.find(queries.edited(), "moment", moment_id)
    assert isinstance(moment, Moment)  # noqa: S101 (for the type checker)
    does = " ".join(does.split())
    parts = {part.department: part.does for part in moment.contributions} | {department: does}
    values = [{"department": key, "does": what} for key, what in parts.items() if what]
    changed = services.change_item(
        person, "moment", moment_id, {"contributions": values}, seen=services.fingerprint(moment)
    )
    assert isinstance(changed, Moment)  # noqa: S101 (for the type checker)
    return changed


def set_leader(person: Person | None, moment_id: str, leader: Person | None) -> None:
    """Name the person who answers for a moment, or nobody (None). Counts at once: it is no part of the draft."""
    require(person, "publish", "taxonomy")
    moment = queries.edited().moment(moment_id) or queries.taxonomy().moment(moment_id)
    if moment is None:
        message = _("There is no moment %s in the journey. Reload the page.")
        raise NotFound("moment.unknown", message % moment_id[:60], "moment")
    if leader is not None and not leader.is_active:
        message = _("The account of %s is closed; name someone else.")
        raise Refused("moment.leader_inactive", message % leader.name, "leader")
    with transaction.atomic():
        _lead(person, moment, leader)


def _lead(person: Person | None, moment: Moment, leader: Person | None) -> None:
    row = MomentLeader.objects.select_for_update().filter(moment=moment.id).first()
    if (row.person if row else None) == leader:
        return
    MomentLeader.objects.filter(moment=moment.id).delete()
    if leader is None:
        record_history(person, "moment.leader_removed", f"moment:{moment.id}", {"name": moment.name})
        return
    MomentLeader.objects.create(moment=moment.id, person=leader)
    data = {"name": moment.name, "leader": leader.name}
    record_history(person, "moment.leader_named", f"moment:{moment.id}", data)
