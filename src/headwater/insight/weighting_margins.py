"""The customer base, attribute by attribute: as the record's customers show it, or as an analyst states it."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import Refused
from headwater.insight.models import CustomerMargin
from headwater.metrics.singling import names_colleague
from headwater.metrics.store import company_record
from headwater.record.questions import CustomerAttributes, CustomerBase

MOST_LEVELS: Final = 40
MOST_MARGINS: Final = 3
LONGEST: Final = 60
MAX_BYTES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Margin:
    """How the base is spread over the levels of an attribute, in customers or in shares.

    ``stated`` is the row by which an analyst stated it, None where the record's own customers show it; ``unknown``
    customers of the record have no level.
    """

    attribute: str
    levels: Mapping[str, float]
    unknown: int = 0
    stated: CustomerMargin | None = None

    @property
    def shares(self) -> dict[str, float]:
        """Each level's share of the base whose level is known."""
        whole = sum(self.levels.values())
        return {level: value / whole for level, value in self.levels.items()} if whole else {}


def margin_of(attribute: str) -> Margin:
    """The margin in force for an attribute: what an analyst stated last, else the record's customers."""
    newest = CustomerMargin.objects.filter(attribute=attribute).select_related("entered_by").first()
    if newest is not None and newest.levels:
        return Margin(attribute, newest.levels, stated=newest)
    found = company_record().ask(CustomerBase(attribute))
    levels = {row.level: float(row.n) for row in found if row.level}
    return Margin(attribute, levels, sum(row.n for row in found if not row.level))


def margins_in_force() -> tuple[Margin, ...]:
    """Every attribute that answers can be weighted by: 2 to 40 levels; stated ones first, then the best known."""
    stated = sorted(set(CustomerMargin.objects.values_list("attribute", flat=True)))
    known = [row.level for row in company_record().ask(CustomerAttributes()) if row.level]
    names = [*stated, *(name for name in known if name not in stated)]
    found = (margin_of(name) for name in names if not names_colleague(name))
    return tuple(margin for margin in found if 2 <= len(margin.levels) <= MOST_LEVELS)


def history_of(attribute: str) -> list[CustomerMargin]:
    """Every edition of what was stated about an attribute, the newest first."""
    return list(CustomerMargin.objects.filter(attribute=attribute).select_related("entered_by"))


def state_margin(
    person: Person | None, attribute: str, levels: Mapping[str, float], *, source: str, stated_on: date
) -> CustomerMargin:
    """Put a margin into force. The same one sent twice is one edition."""
    require(person, "import", "signals")
    attribute, source = attribute.strip(), " ".join(source.split())
    _check_name(attribute)
    if not source:
        raise Refused(
            "source_missing", _("Say where these figures come from, so that others can check them."), "source"
        )
    kept = _checked(levels)
    with transaction.atomic():
        newest = CustomerMargin.objects.select_for_update().filter(attribute=attribute).first()
        same = newest is not None and (newest.levels, newest.source, newest.stated_on) == (kept, source, stated_on)
        if newest is not None and same:
            return newest
        made = CustomerMargin.objects.create(
            attribute=attribute,
            edition=newest.edition + 1 if newest else 1,
            levels=kept,
            source=source[:300],
            stated_on=stated_on,
            entered_by=person,
        )
        record_history(person, "margin.stated", f"margin:{attribute}", {"name": attribute, "levels": len(kept)})
    return made


def take_back_margin(person: Person | None, attribute: str) -> None:
    """Let the record's customers count again for an attribute. What was stated stays readable."""
    require(person, "import", "signals")
    with transaction.atomic():
        newest = CustomerMargin.objects.select_for_update().filter(attribute=attribute).first()
        if newest is None or not newest.levels:
            return
        CustomerMargin.objects.create(attribute=attribute, edition=newest.edition + 1, entered_by=person)
        record_history(person, "margin.taken_back", f"margin:{attribute}", {"name": attribute})


def read_levels(text: str) -> dict[str, float]:
    """Read levels from lines, a level and its customers or share: ``North; 1,204`` or a CSV file of two columns.

    Refuses a line that cannot be read, with the line. A first line without a number is taken for headings.
    """
    if len(text.encode()) > MAX_BYTES:
        raise Refused("too_long", _("This is longer than %d kB; a margin has at most 40 lines.") % 100, "levels")
    delimiter = next((mark for mark in ("\t", ";") if mark in text), ",")
    found: dict[str, float] = {}
    for number, line in enumerate(text.strip().splitlines()):
        row = _cells(line, delimiter)
        cells = [cell.strip() for cell in row if cell.strip()]
        if not cells:
            continue
        value = _number(cells[-1]) if len(cells) == 2 else None
        if value is None and number == 0:
            continue
        if value is None:
            message = _("“%(line)s” is no level with its number. Write one a line, such as North; 1204.")
            raise Refused("line_unreadable", message % {"line": line[:80]}, "levels")
        if cells[0] in found:
            raise Refused("level_twice", _("“%s” stands there twice; write each level once.") % cells[0][:60], "levels")
        found[cells[0]] = value
    return found


def clear() -> None:
    """Remove what was stated about the sample company's base."""
    CustomerMargin.objects.all().delete()


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]


def _number(text: str) -> float | None:
    plain = text.replace("%", "").replace(" ", "").replace("\N{NARROW NO-BREAK SPACE}", "")
    grouped = plain.replace(",", "") if plain.count(",") > 1 or plain[-4:-3] == "," else plain.replace(",", ".")
    try:
        value = float(grouped)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _check_name(attribute: str) -> None:
    if not attribute or len(attribute) > LONGEST or any(ord(letter) < 32 for letter in attribute):
        message = _("“%s” is no name of a customer attribute; write the one that your signals bear, such as region.")
        raise Refused("attribute_unknown", message % attribute[:LONGEST], "attribute")
    if names_colleague(attribute):
        message = _("“%s” names colleagues, not customers; choose an attribute of customers.")
        raise Refused("attribute_of_colleagues", message % attribute, "attribute")


def _checked(levels: Mapping[str, float]) -> dict[str, float]:
    if not 2 <= len(levels) <= MOST_LEVELS:
        message = _("A margin has 2 to %(most)d levels, not %(n)d.")
        raise Refused("levels", message % {"most": MOST_LEVELS, "n": len(levels)}, "levels")
    for name, value in levels.items():
        if not name.strip() or len(name) > 120 or "\x00" in name:
            raise Refused("level_name", _("“%s” is no name of a level.") % name[:60], "levels")
        if not math.isfinite(value) or value < 0 or value > 1e12:
            message = _("%(level)s has %(value)s; a number of customers or a share is 0 or more.")
            raise Refused("level_value", message % {"level": name[:60], "value": f"{value:g}"}, "levels")
    if sum(levels.values()) <= 0:
        raise Refused("level_value", _("All levels are 0; at least one needs customers."), "levels")
    return {name.strip(): float(value) for name, value in levels.items()}
