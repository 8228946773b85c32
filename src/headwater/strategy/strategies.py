"""What the strategy is now, what its draft would make of it, and what it was."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from headwater.base import versions
from headwater.base.models import Versioned
from headwater.base.refusals import NotFound
from headwater.strategy.differences import Difference, differences
from headwater.strategy.documents import read
from headwater.strategy.models import StrategyVersion
from headwater.strategy.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Draft:
    """The draft as it stands: the strategy it would publish, and how that differs from what is published."""

    strategy: Strategy
    differences: tuple[Difference, ...]
    edition: int
    row: StrategyVersion


def current() -> Strategy:
    """The published strategy; before the first is published an empty one of version 0. Cached by version."""
    identity = _published_identity()
    return _read(identity) if identity else Strategy(0)


def draft() -> Draft | None:
    """The draft, when one is being edited."""
    row = versions.draft(StrategyVersion)
    if row is None:
        return None
    published = current()
    edited = read(row.content, published.version)
    return Draft(edited, differences(published, edited), row.edition, row)


def published_versions(limit: int = 100) -> list[StrategyVersion]:
    """The published versions, newest first, without their contents."""
    rows = StrategyVersion.objects.filter(version__isnull=False).select_related("published_by")
    return list(rows.defer("content").order_by("-version")[:limit])


def published_version(version: int) -> StrategyVersion:
    """The version with this number. Raises ``NotFound``."""
    row = StrategyVersion.objects.filter(version=version).select_related("published_by").first()
    if row is None:
        raise NotFound("strategy.no_version", _("No version %d of the strategy was ever published.") % version)
    return row


def strategy_of(version: int) -> Strategy:
    """The strategy as it was published under this number. Raises ``NotFound``."""
    return read(published_version(version).content, version)


Identity = tuple[int, int, str]


def _published_identity() -> Identity | None:
    """What tells one published version from any other, also after the sample was cleared and numbers began again."""
    row = StrategyVersion.objects.filter(state=Versioned.State.PUBLISHED).values_list("pk", "version", "published_at")
    found: Any = row.first()
    return (found[0], found[1], found[2].isoformat()) if found else None


@lru_cache(maxsize=4)
def _read(identity: Identity) -> Strategy:
    row = StrategyVersion.objects.only("content").get(pk=identity[0])
    return read(row.content, identity[1])
