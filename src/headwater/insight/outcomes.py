"""Which outcomes a department serves, as the room above says: a line of sight ends with them."""

from dataclasses import dataclass

from django.utils.module_loading import import_string

from headwater.base.models import Department

_offered: list[str] = []


@dataclass(frozen=True, slots=True)
class Served:
    """An outcome of the strategy that the department's work serves, as the room above tells it."""

    name: str
    href: str
    note: str = ""


def offer_outcomes(dotted: str) -> None:
    """Let a room above say which outcomes a department serves: ``function(department) -> Iterable[Served]``.

    By dotted name, in ``apps.ready``, so that nothing is imported early.
    """
    if dotted not in _offered:
        _offered.append(dotted)


def outcomes_of(department: Department) -> tuple[Served, ...]:
    """The outcomes that the rooms above say this department serves."""
    return tuple(served for dotted in _offered for served in import_string(dotted)(department))
