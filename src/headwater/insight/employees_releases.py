"""Months of employees' signals, published one by one, and what has to be forgotten.

A month is published when it is over, as a whole, for everybody alike; then it stays as it is. Later answers restate it
only where the difference between the two cannot be traced to few people (the record decides). So neither who asks nor
when, nor what was kept from before, makes a difference that could be taken.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.departments import department_tree
from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import NotFound
from headwater.insight.models import EmployeeDefinition, EmployeeRelease
from headwater.listening import employee_signals
from headwater.listening.employee_privacy import assessment, rules
from headwater.listening.employee_questions import KINDS
from headwater.metrics.store import company_record
from headwater.record.questions import Published, TeamCell, TeamFigures, TeamMonths, TeamRelease, TeamWords

TASK: Final = employee_signals.RELEASE


@dataclass(frozen=True, slots=True)
class Unit:
    """A department as it was in a month; the company itself has the id ``""``."""

    id: str
    above: str
    name: str


def release_due() -> list[date]:
    """Publish every month that is over, and restate those of which enough is new; returns them."""
    today = timezone.localdate()
    months = [month for month, _arrival in company_record().ask(TeamMonths()) if month < today.replace(day=1)]
    return [month for month in months if _release(month)]


def _release(month: date) -> bool:
    """Publish or restate a month, once at a time: the row is locked, and a month is one row."""
    with transaction.atomic():
        row = EmployeeRelease.objects.select_for_update().filter(month=month).first()
        units = [Unit(*one) for one in row.units] if row else units_now()
        pairs = tuple((one.id, one.above) for one in units)
        minimum = max(rules().minimum, row.minimum if row else 0)
        kinds = tuple(kind for kind in KINDS if kind != "absence" or assessment() is not None)
        figures = {} if row is None else dict(row.figures)
        new = company_record().ask(TeamFigures(month, pairs, minimum, kinds, _before(figures)))
        new = tuple(one for one in new if _says_more(one, figures.get(one.metric)))
        words = row.words if row is not None else {}
        if not words:
            words = {unit: list(said) for unit, said in company_record().ask(TeamWords(month, pairs, minimum))}
        if not new and (row is None or words == row.words):
            return False
        figures |= {one.metric: _kept(one) for one in new}
        if row is None:
            plain = [[one.id, one.above, one.name] for one in units]
            row = EmployeeRelease(month=month, units=plain, edition=0)
        row.figures, row.words, row.minimum = figures, words, minimum
        row.edition, row.released_at = row.edition + 1, timezone.now()
        row.save()
        code = "employees.restated" if row.edition > 1 else "employees.published"
        record_history(None, code, f"employee_release:{month}", {"month": month.strftime("%Y-%m")})
    return True


def units_now() -> list[Unit]:
    """The departments of the company as they are."""
    branches = [branch.department for branch in department_tree()]
    return [Unit(str(one.pk), str(one.parent_id or ""), one.name) for one in branches]


def _before(figures: Mapping[str, Any]) -> tuple[Published, ...]:
    """What was published of each question; where nothing was, nothing can be compared with it."""
    return tuple(
        Published(metric, tuple(cells_of(kept).items()), kept["arrival"])
        for metric, kept in sorted(figures.items())
        if kept["cells"]
    )


def _says_more(release: TeamRelease, kept: Mapping[str, Any] | None) -> bool:
    return kept is None or bool(release.cells) or bool(kept["cells"])


def _kept(release: TeamRelease) -> dict[str, Any]:
    cells = {unit: [cell.n, cell.total, cell.squares, cell.low, cell.top] for unit, cell in release.cells}
    return {"kind": release.kind, "arrival": release.arrival, "cells": cells}


def cells_of(kept: Mapping[str, Any]) -> dict[str, TeamCell]:
    """The cells of a question as a release keeps them."""
    return {unit: TeamCell(*values) for unit, values in kept["cells"].items()}


def tidy() -> None:
    """Forget what is older than the rules allow: signals and months, and of younger months the words."""
    ours = rules()
    kept, words = (_months_ago(months) for months in (ours.months_kept, ours.months_of_words))
    company_record().forget_employee_signals(before=kept, words_before=words)
    EmployeeRelease.objects.filter(month__lt=kept).delete()
    EmployeeRelease.objects.filter(month__lt=words).exclude(words={}).update(words={})


def _months_ago(months: int) -> date:
    today = timezone.localdate()
    count = today.year * 12 + today.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def erase_respondent(person: Person | None, source: str, respondent: str) -> int:
    """Erase everything a colleague said through a source, for one who asks for it; returns how many comments went.

    Who it is is hashed anew and not kept. Published sums stay as they are: nobody can be found in them, and taking one
    person out would show who it was. Comments are taken out of what was published.
    """
    require(person, "manage", "employee_signals")
    if not respondent.strip():
        raise NotFound("no_respondent", _("Name the respondent to erase, as the source does."), "respondent")
    words = company_record().erase_employee_signals(employee_signals.ids_of(source, respondent))
    with transaction.atomic():
        _take_out(words)
        record_history(person, "employees.erased", "employees", {"source": source})
    return len(words)


def _take_out(words: Iterable[str]) -> None:
    gone = list(words)
    for row in EmployeeRelease.objects.select_for_update().exclude(words={}) if gone else ():
        before = {unit: list(said) for unit, said in row.words.items()}
        for said in row.words.values():
            for text in [one for one in gone if one in said]:
                said.remove(text)
                gone.remove(text)
        if row.words != before:
            row.save(update_fields=["words"])


def clear() -> None:
    """Forget what was published and every definition: the sample company ends. The caller holds the transaction."""
    EmployeeRelease.objects.all().delete()
    EmployeeDefinition.objects.all().delete()
