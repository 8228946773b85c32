"""What was tried against a cause, as the rooms above say: requests, issues, outcomes, and what they commission."""

from dataclasses import dataclass

from django.utils.module_loading import import_string

from headwater.base.models import Person

_offered: list[str] = []


@dataclass(frozen=True, slots=True)
class Tried:
    """One thing that was begun because of a cause: what it is in a word, its text, where it is, how it stands."""

    kind: str
    text: str
    href: str
    state: str = ""


def offer_tried(dotted: str) -> None:
    """Let a room above say what was tried: ``function(person, cause_id) -> Iterable[Tried]`` of what they may see.

    By dotted name, in ``apps.ready``, so that nothing is imported early.
    """
    if dotted not in _offered:
        _offered.append(dotted)


def tried_against(person: Person | None, cause_id: str) -> tuple[Tried, ...]:
    """What the rooms above say was tried against this cause, as far as this person may see it."""
    return tuple(one for dotted in _offered for one in import_string(dotted)(person, cause_id))
