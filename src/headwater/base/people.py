"""People: who works here, what they may do, and how they get in."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.company import known_time_zones
from headwater.base.history import record_history
from headwater.base.models import Company, Department, Person
from headwater.base.outbox import put_mail
from headwater.base.permissions import ROLES, require
from headwater.base.refusals import Conflict, NotFound, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PEOPLE: Final = 200_000
CHANGEABLE: Final = ("name", "title", "department", "manager", "site", "level", "language", "time_zone")
OWN: Final = ("name", "language", "time_zone")


class _InvitationTokens(PasswordResetTokenGenerator):
    """Links to choose a password: signed, good for three days, dead as soon as a password was chosen."""

    key_salt = "headwater.base.people.invitation"


_invitations = _InvitationTokens()


def add_person(
    actor: Person | None,
    email: str,
    name: str,
    roles: Iterable[str],
    *,
    department: Department | None = None,
    is_sample: bool = False,
) -> Person:
    """Add someone, without a password yet: :func:`invite` gives them a link to choose one.

    People who belong to the sample company are marked, and go when it is cleared.
    """
    require(actor, "manage", "people")
    with transaction.atomic():
        if Person.objects.count() >= MAX_PEOPLE:
            raise Refused("too_many_people", _("There are %d people already.") % MAX_PEOPLE)
        email, name = _free_email(email), _clean_name(name)
        person = Person(email=email, name=name, roles=_known_roles(roles), department=department, is_sample=is_sample)
        person.set_unusable_password()
        person.save()
        _record(actor, "person.added", person, email=email)
    return person


def invite(actor: Person | None, person: Person) -> str:
    """Put a mail with a link to choose a password into the outbox, and return the link."""
    require(actor, "manage", "people")
    if not person.is_active:
        raise Refused("account_closed", _("The account of %s is closed; open it again first.") % person.name)
    path = reverse("invitation", args=[person.pk, _invitations.make_token(person)])
    link = settings.PUBLIC_URL + path
    company = Company.objects.first()
    subject = _("Your account at %s") % (company.name if company else "Headwater")
    text = _("Hello %(name)s,\n\nopen this link within three days to choose your password:\n\n%(link)s\n")
    with transaction.atomic():
        put_mail(person.email, subject, text % {"name": person.name, "link": link})
        _record(actor, "person.invited", person)
    return link


def invited_person(person_id: int, token: str) -> Person:
    """Return whom an invitation link is for. Refuses (404) a link that is wrong, used or too old."""
    person = Person.objects.filter(pk=person_id, is_active=True).first()
    if person is None or not _invitations.check_token(person, token):
        raise NotFound(
            "invitation_over", _("This link was used already or is older than three days. Ask for a new one.")
        )
    return person


def choose_password(person_id: int, token: str, password: str) -> Person:
    """Set the password that an invited person chose; the link then works no more."""
    with transaction.atomic():
        Person.objects.select_for_update().filter(pk=person_id).first()
        person = invited_person(person_id, token)
        _set_password(person, password)
        _record(person, "person.password_chosen", person)
    return person


def change_roles(actor: Person | None, person: Person, roles: Iterable[str]) -> None:
    """Replace the person's roles. The last administrator stays one."""
    require(actor, "manage", "people")
    with transaction.atomic():
        wanted = _known_roles(roles)
        if "administrator" not in wanted:
            _keep_an_administrator(person)
        person.roles = wanted
        person.save(update_fields=["roles"])
        shown = ", ".join(str(ROLES[role]) for role in wanted) or _("none")
        _record(actor, "person.roles_changed", person, roles=shown)


def change_person(actor: Person | None, person: Person, **fields: Any) -> None:
    """Change what is known of a person: any of :data:`CHANGEABLE`; of oneself :data:`OWN` without any role."""
    if actor is None or actor.pk != person.pk or not set(fields) <= set(OWN):
        require(actor, "manage", "people")
    unknown = set(fields) - set(CHANGEABLE)
    if unknown:
        raise ValueError(f"change_person does not change {sorted(unknown)}")
    with transaction.atomic():
        changed = [name for name, value in fields.items() if getattr(person, name) != value]
        if not changed:
            return
        for name in changed:
            setattr(person, name, _checked(person, name, fields[name]))
        person.save(update_fields=changed)
        _record(actor, "person.changed", person, fields=", ".join(changed))


def deactivate(actor: Person | None, person: Person) -> None:
    """Close an account: sessions and tokens end at once, what the person did stays."""
    require(actor, "manage", "people")
    if actor is not None and actor.pk == person.pk:
        raise Refused("own_account", _("You cannot close your own account; another administrator can."))
    with transaction.atomic():
        _keep_an_administrator(person)
        person.is_active = False
        person.save(update_fields=["is_active"])
        person.tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
        _record(actor, "person.deactivated", person)


def reactivate(actor: Person | None, person: Person) -> None:
    """Open a closed account again, with its old password and no tokens."""
    require(actor, "manage", "people")
    with transaction.atomic():
        person.is_active = True
        person.save(update_fields=["is_active"])
        _record(actor, "person.reactivated", person)


def create_first_administrator(email: str, password: str | None = None, *, name: str = "") -> tuple[Person, str]:
    """Create the first administrator and return them with the password, random unless given: print it once.

    Refuses (409) when there is an administrator already, so that set-up can never open a second door.
    """
    with transaction.atomic():
        if administrators().exists():
            message = _("There is an administrator already. Use the command to reset a password if it is lost.")
            raise Conflict("administrator_exists", message, "email")
        person = Person(email=_free_email(email), name=name or _("Administrator"), roles=["administrator", "cx_team"])
        password = password or new_password()
        _set_password(person, password)
        _record(None, "person.added", person, email=person.email)
    return person, password


def reset_password(email: str) -> str:
    """Give a person a new random password and return it; for the command line, whose user owns the data anyway."""
    with transaction.atomic():
        person = Person.objects.filter(email__iexact=email.strip()).first()
        if person is None:
            raise NotFound("person_unknown", _("Nobody here has the address “%s”.") % email, "email")
        password = new_password()
        _set_password(person, password)
        _record(None, "person.password_reset", person)
    return password


def new_password() -> str:
    """Return a random password of 100 bits in five readable groups."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _letter in range(4)) for _group in range(5))
    return "-".join(groups)


def administrators() -> Any:
    """Return the active administrators as a query set."""
    # A role never contains a quote, so this matches the JSON list's element on both databases.
    return Person.objects.filter(is_active=True, roles__icontains='"administrator"')


def _keep_an_administrator(person: Person) -> None:
    """Refuse to lose the last administrator; the rows stay locked so that two cannot leave at once."""
    others = administrators().select_for_update().exclude(pk=person.pk)
    if person.has_role("administrator") and not list(others):
        raise Refused(
            "last_administrator", _("%s is the last administrator. Make someone else one first.") % person.name
        )


def _set_password(person: Person, password: str) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Refused("password_weak", " ".join(error.messages), "password") from None
    person.set_password(password)
    person.save()


def _free_email(email: str) -> str:
    email = Person.objects.normalize_email(email.strip()).lower()
    try:
        validate_email(email)
    except ValidationError:
        message = _("“%s” is no e-mail address. Write it as name@example.com.")
        raise Refused("mail_address", message % email[:100], "email") from None
    if len(email) > 254:
        raise Refused("mail_address", _("An e-mail address has at most 254 characters."), "email")
    if Person.objects.filter(email__iexact=email).exists():
        raise Conflict("person_exists", _("Someone with the address %s is here already.") % email, "email")
    return email


def _clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 120 or "\x00" in name:
        raise Refused("name_missing", _("Write a name of 1 to 120 characters."), "name")
    return name


def _known_roles(roles: Iterable[str]) -> list[str]:
    wanted = set(roles)
    unknown = sorted(wanted - set(ROLES))
    if unknown:
        message = _("There is no role “%(role)s”. Choose from: %(roles)s.")
        raise Refused("role_unknown", message % {"role": unknown[0], "roles": ", ".join(ROLES)}, "roles")
    return [role for role in ROLES if role in wanted]


def _checked(person: Person, field: str, value: Any) -> Any:
    if field == "name":
        return _clean_name(value)
    if field == "time_zone" and value and value not in known_time_zones():
        message = _("There is no time zone “%s”. Write one like Europe/Paris.")
        raise Refused("time_zone_unknown", message % value, "time_zone")
    if field == "language" and value and value not in dict(settings.LANGUAGES):
        raise Refused("language_unknown", _("The pages are not translated into “%s” yet.") % value, "language")
    if field == "manager" and value is not None and value.pk == person.pk:
        raise Refused("own_manager", _("Nobody is their own manager."), "manager")
    longest = getattr(Person._meta.get_field(field), "max_length", None)
    if isinstance(value, str) and longest and len(value) > longest:
        message = _("“%(start)s…” is too long: at most %(most)d characters.")
        raise Refused("too_long", message % {"start": value[:40], "most": longest}, field)
    return value


def _record(actor: Person | None, code: str, person: Person, **data: str) -> None:
    record_history(actor, code, f"person:{person.pk}", {"name": person.name, **data})
