"""The rooms in the page's head, and the pages of the room one is in.

The rooms follow the product's loop. A room of the code registers its pages in ``apps.py``:
``navigation.add("moments", _("Moments"), "moments", room="journey", ...)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from headwater.base.permissions import widest_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.http import HttpRequest

ROOMS: Final[dict[str, Any]] = {
    "forest": _("Forest"),
    "strategy": _("Strategy"),
    "journey": _("Journey"),
    "listening": _("Listening"),
    "insight": _("Insight"),
    "administration": _("Administration"),
}
ADMINISTRATION: Final = "administration"


@dataclass(frozen=True, slots=True)
class Page:
    """A place in the navigation: ``needs`` is the (action, object) without which it is not shown; at the addresses of
    ``also`` (url names) it is the current one too."""

    name: str
    title: Any
    url_name: str
    room: str
    position: int
    needs: tuple[str, str]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A page or room as one person sees it on one page."""

    name: str
    title: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Navigation:
    """What one person sees on one page. ``pages`` are those of the room they are in: empty when it has only one."""

    rooms: tuple[Link, ...] = ()
    pages: tuple[Link, ...] = ()
    room: str = ""
    administration: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class PageAction:
    """Something that can be done with the page one is on: ``pages`` are url names, the address is handed over."""

    title: Any
    url_name: str
    pages: frozenset[str]
    needs: tuple[str, str]


_pages: dict[str, Page] = {}
_actions: dict[str, PageAction] = {}


def add(
    name: str,
    title: Any,
    url_name: str,
    *,
    room: str,
    position: int,
    needs: tuple[str, str],
    also: tuple[str, ...] = (),
) -> None:
    """Put a page into a room of the navigation: ``title`` is lazily translated, lower positions come first. ``also``
    names further pages (by url name) that belong to it without standing in the navigation.

    Raises ``ValueError`` for a room that :data:`ROOMS` does not name.
    """
    if room not in ROOMS:
        raise ValueError(f"there is no room {room!r} in the navigation; rooms are {', '.join(ROOMS)}")
    _pages[name] = Page(name, title, url_name, room, position, needs, also)


def navigation(request: HttpRequest) -> Navigation:
    """Return the rooms and pages this person may go to, where they are marked as current."""
    found = [
        (page, url)
        for page in sorted(_pages.values(), key=lambda page: page.position)
        if widest_scope(request.user, *page.needs) is not None and (url := _url(page))
    ]
    here = _here(found, request.path)
    rooms: dict[str, Link] = {}
    for room in ROOMS:
        own = [(page, url) for page, url in found if page.room == room]
        if own and room != ADMINISTRATION:
            rooms[room] = Link(room, str(ROOMS[room]), own[0][1], here is not None and here.room == room)
    pages = tuple(_link(page, url, here) for page, url in found if here is not None and page.room == here.room)
    administration = tuple(_link(page, url, here) for page, url in found if page.room == ADMINISTRATION)
    shown = len(pages) > 1 and here is not None and here.room != ADMINISTRATION
    return Navigation(tuple(rooms.values()), pages if shown else (), here.room if here else "", administration)


def _here(found: Sequence[tuple[Page, str]], path: str) -> Page | None:
    """The page whose address begins the path, the longest one; the root is only itself."""
    addresses = [
        (page, address)
        for page, url in found
        for address in (url, *(_reversed(name) for name in page.also))
        if address is not None
    ]
    matching = [(len(url), page) for page, url in addresses if path == url or (url != "/" and path.startswith(url))]
    return max(matching, key=lambda match: match[0])[1] if matching else None


def _link(page: Page, url: str, here: Page | None) -> Link:
    return Link(page.name, str(page.title), url, page is here)


def _url(page: Page | PageAction) -> str | None:
    """The page's address; None in an installation that leaves its urls out."""
    return _reversed(page.url_name)


def _reversed(url_name: str) -> str | None:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


def offer(title: Any, url_name: str, *, pages: Iterable[str], needs: tuple[str, str]) -> None:
    """Offer something to do on pages of other rooms, by their url names; it is called with ``?address=``."""
    _actions[url_name] = PageAction(title, url_name, frozenset(pages), needs)


def actions(request: HttpRequest) -> list[tuple[str, str]]:
    """Return (title, address) of what this person may do with the page they are on."""
    match = request.resolver_match
    here = urlencode({"address": request.get_full_path()})
    return [
        (str(action.title), f"{url}?{here}")
        for action in _actions.values()
        if match is not None and match.url_name in action.pages
        if widest_scope(request.user, *action.needs) is not None
        if (url := _url(action))
    ]
