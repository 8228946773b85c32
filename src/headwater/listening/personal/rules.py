"""How this installation treats personal data: the rules in force, and changing them."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, Refused
from headwater.listening.models import (
    Consent,
    ErasedCustomer,
    ErasureRequest,
    PersonalDataRules,
    PseudonymousSource,
    Redacted,
    RetentionRule,
    VaultEntry,
    VaultKey,
    WordsLook,
)
from headwater.listening.pipeline.national_ids import COUNTRIES

DAYS = {
    "upload_days": (1, 90),
    "set_aside_days": (1, 365),
    "original_days": (1, 3_650),
    "look_days": (30, 3_650),
}
"""The fewest and the most days that each of them may be set to."""
SWITCHES = ("addresses", "vault", "pseudonyms")


def rules() -> PersonalDataRules:
    """The rules in force; the defaults where nobody decided anything."""
    return PersonalDataRules.objects.first() or PersonalDataRules()


def change_rules(person: Person | None, edition: int, **wanted: Any) -> PersonalDataRules:
    """Change some rules; what arrives from now on is treated by them.

    Args:
        edition: the rules as they were seen; refused where somebody changed them since.
        wanted: fields of PersonalDataRules.
    """
    require(person, "manage", "personal_data")
    for name, value in wanted.items():
        _check(name, value)
    with transaction.atomic():
        PersonalDataRules.objects.get_or_create(singleton=True)
        row = PersonalDataRules.objects.select_for_update().get()
        if row.edition != edition:
            raise Conflict("rules_changed", _("Somebody changed these rules meanwhile. Look at them and try again."))
        changed = [name for name, value in wanted.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, wanted[name])
        if changed:
            row.edition += 1
            row.save()
            data = {"changed": ", ".join(f"{name} {_shown(wanted[name])}" for name in changed)}
            record_history(person, "personal_data.rules_changed", "personal_data", data)
    return row


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("on") if value else _("off")
    return ", ".join(value) or "–" if isinstance(value, list) else str(value)


def _check(name: str, value: Any) -> None:
    if name in DAYS:
        fewest, most = DAYS[name]
        if not isinstance(value, int) or not fewest <= value <= most:
            message = _("%(days)s days are not between %(fewest)s and %(most)s.")
            raise Refused("bad_days", message % {"days": value, "fewest": fewest, "most": most}, field=name)
    elif name == "countries":
        _check_among(name, value, COUNTRIES)
    elif name == "consent_needed":
        _check_among(name, value, tuple(Consent.Purpose.values))
    elif name not in SWITCHES or not isinstance(value, bool):
        raise Refused("unknown_rule", _("There is no rule “%s”.") % name[:40], field=name)


def _check_among(name: str, values: Any, known: tuple[str, ...]) -> None:
    unknown = [str(one) for one in values if one not in known] if isinstance(values, list) else [str(values)]
    if unknown:
        message = _("“%(given)s” is none of %(known)s.")
        raise Refused("unknown_value", message % {"given": unknown[0][:40], "known": ", ".join(known)}, field=name)


def clear() -> None:
    """Forget everything about personal data: the sample company ends. The caller holds the transaction."""
    for model in (
        Consent,
        ErasedCustomer,
        ErasureRequest,
        PseudonymousSource,
        Redacted,
        RetentionRule,
        VaultEntry,
        VaultKey,
        WordsLook,
    ):
        model._default_manager.all().delete()
    PersonalDataRules.objects.all().delete()
