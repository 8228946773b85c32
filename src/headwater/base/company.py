"""The company this installation serves: its start, its settings, and what upper rooms hang on them.

A room registers in its ``apps.py``, by dotted name so that nothing is imported early::

    def ready(self) -> None:
        company.on_clear("headwater.journey.services.clear")
        company.on_start("headwater.journey.services.start")
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from headwater.base.departments import add_department
from headwater.base.history import record_history
from headwater.base.models import Company, Department, HistoryEntry, Job, OutboxMail, PageView, Person
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NAME_LENGTH: Final = 120
_CURRENCY = re.compile(r"^[A-Z]{3}$")
_on_clear: list[str] = []
_on_start: list[str] = []
_packs: list[str] = []


@dataclass(frozen=True, slots=True)
class PackChoice:
    """A journey pack as "Start your company" offers it; ``departments`` are (id, name) pairs."""

    name: str
    title: str
    departments: tuple[tuple[str, str], ...] = ()


@cache
def known_time_zones() -> frozenset[str]:
    """Return the names of all time zones; read once, as there are hundreds of files."""
    return frozenset(zoneinfo.available_timezones())


def company() -> Company | None:
    """Return the company; None before the first start."""
    return Company.objects.first()


def on_clear(function: str) -> None:
    """Register ``function()``, called inside the transaction that clears the sample company.

    It removes what its room keeps about the sample, tables and files, and must be repeatable: when the process is
    killed in the middle the sample company is still there, with less in it, and clearing starts again.
    """
    _add(_on_clear, function)


def on_start(function: str) -> None:
    """Register ``function(person, company)``, called inside the transaction that starts the company."""
    _add(_on_start, function)


def offer_packs(function: str) -> None:
    """Register ``function() -> Iterable[PackChoice]``: the journey packs to choose from."""
    _add(_packs, function)


def pack_choices() -> list[PackChoice]:
    """Return the journey packs that the rooms above offer."""
    return [choice for function in _packs for choice in _imported(function)()]


def ensure_company(
    *, name: str = "", time_zone: str = "UTC", currency: str = "EUR", pack: str = "", is_sample: bool = False
) -> Company:
    """Return the company; the first time, make it, empty and with these settings."""
    existing = company()
    if existing is not None:
        return existing
    name, time_zone, currency = _checked(name or _("Our company"), time_zone, currency)
    try:
        with transaction.atomic():
            return Company.objects.create(
                name=name, time_zone=time_zone, currency=currency, pack=pack, is_sample=is_sample
            )
    except IntegrityError:  # another process made it at the same moment
        return Company.objects.get()


def start_company(
    person: Person | None,
    *,
    name: str,
    time_zone: str,
    currency: str,
    pack: str,
    departments: Iterable[tuple[str, Sequence[str]]] = (),
) -> Company:
    """Start one's own company: clear the sample, if there is one, and everything it brought, in one transaction.

    ``departments`` are (name, pack departments mapped onto it). Refuses (409) when a company of one's own has been
    started already: starting again would throw its record away.
    """
    require(person, "manage", "company")
    name, time_zone, currency = _checked(name, time_zone, currency)
    choices = [choice.name for choice in pack_choices()]
    if pack and choices and pack not in choices:
        message = _("There is no journey pack “%(pack)s”. Choose from: %(packs)s.")
        raise Refused("pack_unknown", message % {"pack": pack, "packs": ", ".join(choices)}, "pack")
    with transaction.atomic():
        before = Company.objects.select_for_update().first()
        if before is not None and before.pack and not before.is_sample:
            message = _("%s was started already. To begin again, use an empty data folder (HEADWATER_HOME).")
            raise Conflict("company_started", message % before.name)
        if before is not None and before.is_sample:
            _clear_sample(person)
        started, _made = Company.objects.update_or_create(
            singleton=True,
            defaults={
                "name": name,
                "time_zone": time_zone,
                "currency": currency,
                "pack": pack,
                "is_sample": False,
                "started_at": timezone.now(),
            },
        )
        for department, mapped in departments:
            add_department(person, department, pack_departments=mapped)
        record_history(person, "company.started", "company", {"name": name, "pack": pack, "time_zone": time_zone})
        for function in _on_start:
            _imported(function)(person, started)
    return started


def change_company(person: Person | None, *, name: str, time_zone: str, currency: str) -> Company:
    """Change the company's settings. Days already in the record keep the dates of the time zone they arrived in."""
    require(person, "manage", "company")
    name, time_zone, currency = _checked(name, time_zone, currency)
    with transaction.atomic():
        ours = Company.objects.select_for_update().get()
        wanted = {"name": name, "time_zone": time_zone, "currency": currency}
        changed = [field for field, value in wanted.items() if getattr(ours, field) != value]
        if changed:
            Company.objects.filter(pk=ours.pk).update(**wanted)
            record_history(person, "company.changed", "company", {"fields": ", ".join(changed), **wanted})
    ours.refresh_from_db()
    return ours


def first_departments(names: Iterable[str], pack: PackChoice | None) -> list[tuple[str, tuple[str, ...]]]:
    """Return the departments to begin with, each with the pack's departments it stands for.

    A name that the pack uses is mapped onto the pack's department; without any names the pack's own are taken.
    """
    offered = pack.departments if pack else ()
    by_name = {title.casefold(): id for id, title in offered}
    chosen = [" ".join(name.split()) for name in names if name.strip()] or [title for _id, title in offered]
    unique = {name.casefold(): name for name in chosen}
    return [(name, (by_name[key],) if key in by_name else ()) for key, name in unique.items()]


def _clear_sample(person: Person | None) -> None:
    """Remove everything the sample company brought: each room its own, then this room's; real people stay."""
    for function in reversed(_on_clear):
        _imported(function)()
    Job.objects.filter(state=Job.State.RUNNING).update(cancel_requested=True)
    Job.objects.exclude(state=Job.State.RUNNING).delete()
    PageView.objects.all().delete()
    # What was done to the sample is no part of the real company's history; who was let in is.
    HistoryEntry.objects.exclude(code__startswith="person.").exclude(code__startswith="token.").delete()
    Person.objects.update(department=None)
    Department.objects.update(parent=None, head=None)
    Department.objects.all().delete()
    gone = Person.objects.filter(is_sample=True)
    OutboxMail.objects.filter(to__in=gone.values("email")).delete()
    gone.delete()
    record_history(person, "company.sample_cleared", "company", {})


def _checked(name: str, time_zone: str, currency: str) -> tuple[str, str, str]:
    name, currency = " ".join(name.split()), currency.strip().upper()
    if not name or len(name) > NAME_LENGTH or "\x00" in name:
        raise Refused("name_missing", _("Write the company's name, at most %d characters.") % NAME_LENGTH, "name")
    if time_zone not in known_time_zones():
        message = _("There is no time zone “%s”. Write one like Europe/Paris.")
        raise Refused("time_zone_unknown", message % time_zone[:60], "time_zone")
    if not _CURRENCY.match(currency):
        message = _("“%s” is no currency code. Write its three letters, like EUR.")
        raise Refused("currency_unknown", message % currency[:20], "currency")
    return name, time_zone, currency


def _add(functions: list[str], function: str) -> None:
    if function not in functions:
        functions.append(function)


def _imported(function: str) -> Callable[..., Any]:
    found: Callable[..., Any] = import_string(function)
    return found
