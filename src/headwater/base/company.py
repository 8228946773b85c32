"""The company this installation serves, and what upper rooms hang on its beginning and end.

A room registers in its ``apps.py``, by dotted name so that nothing is imported early::

    def ready(self) -> None:
        company.on_clear("headwater.journey.services.clear")
        company.on_start("headwater.journey.services.start")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string

from headwater.base.models import Company

if TYPE_CHECKING:
    from headwater.base.models import Person

_on_clear: list[str] = []
_on_start: list[str] = []
_packs: list[str] = []


@dataclass(frozen=True, slots=True)
class PackChoice:
    """A journey pack as "Start your company" offers it; ``departments`` are (id, name) pairs."""

    name: str
    title: str
    departments: tuple[tuple[str, str], ...] = ()


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


def clear_sample() -> None:
    """Have every room remove what it keeps about the sample company; the caller holds the transaction."""
    for function in reversed(_on_clear):
        _imported(function)()


def announce_start(person: Person | None, started: Company) -> None:
    """Tell every room that the company has started; the caller holds the transaction."""
    for function in _on_start:
        _imported(function)(person, started)


def _add(functions: list[str], function: str) -> None:
    if function not in functions:
        functions.append(function)


def _imported(function: str) -> Callable[..., Any]:
    found: Callable[..., Any] = import_string(function)
    return found
