"""Where customers can be reached: brought in by people and programs, counted, and looked up one at a time."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.company import known_time_zones
from headwater.base.history import record_history
from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.listening.models import Addressee
from headwater.listening.personal import holding_off, pseudonyms
from headwater.listening.personal.rules import rules

if TYPE_CHECKING:
    from headwater.base.models import Person

COLUMNS: Final = ("customer_id", "email", "name", "language", "time_zone")
MOST_BYTES: Final = 50_000_000
MOST_ROWS: Final = 500_000
MOST_AT_ONCE: Final = 10_000
"""Rows that a program sends in one request."""
SHOWN: Final = 20
LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_BATCH: Final = 1_000
_LENGTHS: Final = {"customer_id": 500, "email": 254, "name": 120, "language": 35, "time_zone": 64}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that was not taken: its number, counted from 1 below the header, and why."""

    row: int
    message: str


@dataclass(slots=True)
class Received:
    """What became of rows: how many customers are new, changed, or known just so; the first rows that were wrong."""

    added: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    wrong: list[Wrong] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many addressees there are, and what is known of them."""

    customers: int
    with_email: int
    bounced: int
    languages: tuple[tuple[str, int], ...]
    time_zones: tuple[tuple[str, int], ...]


def counts(person: Person | None) -> Counts:
    """Count the addressees; addresses themselves are shown to nobody here."""
    require(person, "view", "surveys")
    rows = Addressee.objects.order_by()
    most: dict[str, tuple[tuple[str, int], ...]] = {}
    for name in ("language", "time_zone"):
        most[name] = tuple(rows.values_list(name).annotate(n=Count("pk")).order_by("-n", name)[:12])
    bounced = rows.filter(bounced_at__isnull=False).count()
    reached = rows.exclude(email="").filter(bounced_at__isnull=True).count()
    return Counts(rows.count(), reached, bounced, most["language"], most["time_zone"])


def addressee_of(person: Person | None, customer_id: str) -> Addressee:
    """Where one customer is reached, for those who may see customers. Raises NotFound."""
    require(person, "view", "customers")
    names = pseudonyms.spellings(customer_id.strip())
    found = Addressee.objects.filter(customer_id__in=names).first() if "\x00" not in customer_id else None
    if found is None:
        raise NotFound("addressee.unknown", _("No address of “%s” is known.") % customer_id[:80], "customer_id")
    return found


def remove(person: Person | None, customer_id: str) -> None:
    """Forget the address of one customer."""
    require(person, "import", "signals")
    with transaction.atomic():
        gone, _rows = Addressee.objects.filter(customer_id__in=pseudonyms.spellings(customer_id)).delete()
        if gone:
            record_history(person, "addressees.received", "addressees", {"changed": 1})


def receive_file(person: Person | None, content: bytes) -> Received:
    """Take a CSV file (comma, semicolon or tab; UTF-8) with the column customer_id and others of ``COLUMNS``."""
    require(person, "import", "signals")
    if len(content) > MOST_BYTES:
        message = _("The file has %(size)d MB; at most %(most)d MB are read. Divide it.")
        values = {"size": len(content) // 1_000_000, "most": MOST_BYTES // 1_000_000}
        raise Refused("addressees.too_large", message % values, "file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = _("The file is not UTF-8: byte %d cannot be read. Save it as CSV in UTF-8.")
        raise Refused("addressees.encoding", message % (error.start + 1), "file") from error
    return receive(person, _rows(text))


def _rows(text: str) -> Iterator[Mapping[str, Any]]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=delimiter)
    names = [name.strip().casefold().replace(" ", "_") for name in reader.fieldnames or ()]
    if "customer_id" not in names or "email" not in names:
        message = _("The file needs the columns customer_id and email; it has: %s.")
        raise Refused("addressees.columns", message % (", ".join(names)[:200] or _("none")), "file")
    unknown = sorted(set(names) - set(COLUMNS) - {""})
    if unknown:
        message = _("The column %(name)s is not kept here. Take it out; these are: %(known)s.")
        values = {"name": unknown[0][:60], "known": ", ".join(COLUMNS)}
        raise Refused("addressees.columns", message % values, "file")
    reader.fieldnames = names
    yield from reader


def receive(person: Person | None, rows: Iterable[Mapping[str, Any]]) -> Received:
    """Keep addresses; of two rows about a customer the later counts, and what is known just so changes nothing."""
    require(person, "import", "signals")
    found = Received()
    with transaction.atomic():
        known_as, erased = pseudonyms.known_as(rules()), holding_off.gate()
        batch: dict[str, dict[str, str]] = {}
        for number, row in enumerate(rows, start=1):
            if number > MOST_ROWS:
                raise Refused("addressees.too_many", _("More than %d rows. Divide the file.") % MOST_ROWS, "file")
            try:
                values = _checked(row)
            except ValueError as error:
                found.refused += 1
                if len(found.wrong) < SHOWN:
                    found.wrong.append(Wrong(number, str(error)))
                continue
            values["customer_id"] = known_as(values["customer_id"])
            if erased and erased([values["customer_id"]]):
                found.refused += 1
                if len(found.wrong) < SHOWN:
                    found.wrong.append(Wrong(number, holding_off.words()))
                continue
            batch[values["customer_id"]] = values
            if len(batch) >= _BATCH:
                _keep(batch, found)
                batch = {}
        _keep(batch, found)
        if found.added or found.changed:
            record_history(person, "addressees.received", "addressees", {"changed": found.added + found.changed})
    return found


def _keep(batch: Mapping[str, Mapping[str, str]], found: Received) -> None:
    known = {row.customer_id: row for row in Addressee.objects.filter(customer_id__in=list(batch))}
    others = COLUMNS[1:]
    changed = []
    for customer_id, values in batch.items():
        before = known.get(customer_id)
        if before is None:
            found.added += 1
        elif all(getattr(before, name) == values[name] for name in others):
            found.same += 1
            continue
        else:
            found.changed += 1
        row = Addressee(**values, changed_at=timezone.now())
        if before is not None and before.email == values["email"]:
            row.bounced_at, row.soft_bounces = before.bounced_at, before.soft_bounces
        changed.append(row)
    Addressee.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["customer_id"],
        update_fields=[*others, "bounced_at", "soft_bounces", "changed_at"],
    )


def _checked(row: Mapping[str, Any]) -> dict[str, str]:
    """The row as it is kept. Raises ValueError with what is wrong, and the value."""
    values = {name: " ".join(str(row.get(name) or "").split()) for name in COLUMNS}
    for name, most in _LENGTHS.items():
        if len(values[name]) > most or "\x00" in values[name]:
            raise ValueError(_("%(name)s is longer than %(most)d characters.") % {"name": name, "most": most})
    if not values["customer_id"]:
        raise ValueError(_("There is no customer_id."))
    if values["email"]:
        try:
            validate_email(values["email"])
        except ValidationError:
            raise ValueError(_("“%s” is no e-mail address.") % values["email"][:80]) from None
    if values["language"] and not LANGUAGE.fullmatch(values["language"]):
        raise ValueError(_("“%s” is no language; write it like en or pt-BR.") % values["language"])
    if values["time_zone"] and values["time_zone"] not in known_time_zones():
        raise ValueError(_("“%s” is no time zone; write it like Europe/Paris.") % values["time_zone"])
    return values
