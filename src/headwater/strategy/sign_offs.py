"""Named leaders sign a measure off: what it measures, its baseline, target and path, on a date."""

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.outbox import put_mail
from headwater.base.permissions import allows, require
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.strategy.agreement import Due
from headwater.strategy.models import Measure, SignOff

MAX_ASKED = 30


def leaders() -> list[Person]:
    """Everyone who may be asked to sign a measure off, by name."""
    return [person for person in Person.objects.filter(is_active=True) if may_sign(person)]


def may_sign(person: Person) -> bool:
    """Whether this person may sign a measure that they are asked about."""
    return allows(person, "sign", "measures", words_of="own")


def live(measure: Measure) -> tuple[SignOff, ...]:
    """Those asked about the measure as it is now: signed where ``at`` is set."""
    return tuple(measure.sign_offs.filter(withdrawn=None).select_related("person"))


def due_for(person: Person) -> tuple[Due, ...]:
    """The measures that this person has still to sign."""
    mine = SignOff.objects.filter(person=person, at=None, withdrawn=None, measure__retired_at=None)
    return tuple(
        Due(
            _("Sign off the measure “%s”") % one.measure.name,
            reverse("measure", args=[one.measure.slug]),
            one.asked_at,
        )
        for one in mine.select_related("measure")
    )


def ask(person: Person | None, slug: str, leader_ids: Sequence[int]) -> tuple[SignOff, ...]:
    """Ask leaders to sign a measure off; who was asked about it as it is now is not asked again."""
    require(person, "edit", "measures")
    with transaction.atomic():
        measure = _measure(slug)
        asked = _named_leaders(leader_ids)
        already = {one.person_id for one in live(measure)}
        if len(already | {one.pk for one in asked}) > MAX_ASKED:
            raise Refused("measure.too_many_asked", _("At most %d people can be asked.") % MAX_ASKED, "leaders")
        new = [one for one in asked if one.pk not in already]
        _ask(person, measure, new)
        if new:
            data = {"name": measure.name, "names": ", ".join(one.name for one in new)}
            record_history(person, "measure.sign_off_asked", f"measure:{slug}", data)
        return live(measure)


def sign(person: Person, slug: str, definition_seen: int) -> SignOff:
    """Sign a measure off, as it was when its edition was ``definition_seen``. Signing twice counts once.

    Refuses (409) when the measure was changed since: the signature would be to another measure.
    """
    require(person, "sign", "measures", words_of="own")
    with transaction.atomic():
        measure = _measure(slug)
        mine = measure.sign_offs.select_for_update().filter(person=person, withdrawn=None).first()
        if mine is None:
            raise Refused("measure.not_asked", _("You were not asked to sign “%s” off.") % measure.name, status=403)
        if measure.edition != definition_seen:
            message = _("“%s” was changed after you opened it. Read it again, then sign.")
            raise Conflict("measure.other_edition", message % measure.name)
        if mine.at is None:
            mine.at, mine.definition_edition = timezone.now(), measure.definition_edition
            mine.save(update_fields=["at", "definition_edition"])
            record_history(person, "measure.signed_off", f"measure:{slug}", {"name": measure.name})
        return mine


def withdraw(person: Person | None, measure: Measure) -> None:
    """Withdraw what was signed, because the measure changed, and ask the same leaders again; called in a change."""
    asked = list(live(measure))
    if not asked:
        return
    signed = [one for one in asked if one.at is not None]
    measure.sign_offs.filter(pk__in=[one.pk for one in asked]).update(withdrawn=timezone.now())
    _ask(person, measure, [one.person for one in asked], mail_to={one.person_id for one in signed})
    if signed:
        data = {"name": measure.name, "names": ", ".join(one.person.name for one in signed)}
        record_history(person, "measure.sign_off_withdrawn", f"measure:{measure.slug}", data)


def _measure(slug: str) -> Measure:
    measure = Measure.objects.filter(slug=slug).first()
    if measure is None:
        raise NotFound("measure.not_found", _("There is no measure “%s”.") % slug[:60])
    return measure


def _named_leaders(ids: Sequence[int]) -> list[Person]:
    if not ids:
        raise Refused("measure.nobody_asked", _("Choose at least one leader to ask."), "leaders")
    keys = [key for key in ids if 0 < key < 2**63][: MAX_ASKED + 1]
    found = {person.pk: person for person in Person.objects.filter(pk__in=keys, is_active=True)}
    for identity in ids:
        if identity not in found:
            message = _("There is no person %s who could be asked. Reload the page.")
            raise Refused("measure.person_unknown", message % identity, "leaders")
        if not may_sign(found[identity]):
            message = _("%s has no role that signs measures off. Choose an executive or a department manager.")
            raise Refused("measure.may_not_sign", message % found[identity].name, "leaders")
    return list(found.values())


def _ask(person: Person | None, measure: Measure, people: Sequence[Person], mail_to: set[int] | None = None) -> None:
    """Keep that these people are asked, and write to them (or only to those in ``mail_to``)."""
    SignOff.objects.bulk_create(
        SignOff(measure=measure, person=one, asked_by=person, definition_edition=measure.definition_edition)
        for one in people
    )
    subject = _("Please sign off the measure “%s”") % measure.name
    text = _(
        "Hello %(name)s,\n\n%(who)s asks you to read how “%(measure)s” is measured, and to sign it off:\n\n%(link)s\n"
    )
    link = settings.PUBLIC_URL + reverse("measure", args=[measure.slug])
    who = person.name if person else "Headwater"
    for one in people:
        if mail_to is None or one.pk in mail_to:
            values = {"name": one.name, "who": who, "measure": measure.name, "link": link}
            put_mail(one.email, subject, text % values)
