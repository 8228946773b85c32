"""The rooms in the page's head. A room registers its pages in ``apps.py``: ``navigation.add("journey", ...)``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import NoReverseMatch, reverse

from headwater.base.permissions import widest_scope

if TYPE_CHECKING:
    from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Room:
    """A place in the navigation: ``needs`` is the (action, object) without which it is not shown."""

    name: str
    title: Any
    url_name: str
    position: int
    needs: tuple[str, str]
    administration: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A room as one person sees it on one page."""

    name: str
    title: str
    url: str
    current: bool


_rooms: dict[str, Room] = {}


def add(
    name: str, title: Any, url_name: str, *, position: int, needs: tuple[str, str], administration: bool = False
) -> None:
    """Put a page into the navigation: ``title`` is lazily translated, lower positions come first."""
    _rooms[name] = Room(name, title, url_name, position, needs, administration)


def links(request: HttpRequest, *, administration: bool) -> list[Link]:
    """Return the places this person may go to, the one they are at marked as current."""
    found = [
        Link(room.name, str(room.title), url, False)
        for room in sorted(_rooms.values(), key=lambda room: room.position)
        if room.administration == administration
        and widest_scope(request.user, *room.needs) is not None
        and (url := _url(room))
    ]
    here = max((link for link in found if request.path.startswith(link.url)), key=lambda at: len(at.url), default=None)
    if here is None or (here.url == "/" and request.path != "/"):
        return found
    return [Link(link.name, link.title, link.url, link is here) for link in found]


def _url(room: Room) -> str | None:
    """The room's address; None in an installation that leaves its urls out."""
    try:
        return reverse(room.url_name)
    except NoReverseMatch:
        return None
