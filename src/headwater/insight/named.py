"""What has a name and a page of its own: what the search in the page's head finds. Rooms above add theirs here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a name and a page of its own; ``kind`` is what it is, in a word."""

    kind: str
    name: str
    href: str
    note: str = ""


offered: list[str] = []


def offer(dotted: str) -> None:
    """Let a room above be found: ``function(person) -> Iterable[Named]`` of all that this person may see by name.

    By dotted name, in ``apps.ready``, so that nothing is imported early.
    """
    if dotted not in offered:
        offered.append(dotted)
