"""Draft → published, one mechanism for every content that people agree on before it counts.

A model that extends ``models.Versioned`` has at most one draft and one published version, or one of each in every
``scope``: a survey's versions are no other survey's. A draft begins as a copy of the published content; saving it names
the edition it was read at, so that two editors cannot overwrite each other; publishing gives it the next number.
Permissions and history are the using service's; it holds the transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.models import Person, Versioned
from headwater.base.refusals import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping

V = TypeVar("V", bound=Versioned)
State = Versioned.State


def published(model: type[V], scope: str = "") -> V | None:
    """Return the version that counts now; None before the first is published."""
    return model._default_manager.filter(scope=scope, state=State.PUBLISHED).first()


def draft(model: type[V], scope: str = "") -> V | None:
    """Return the draft that is being edited; None when there is none."""
    return model._default_manager.filter(scope=scope, state=State.DRAFT).first()


def start_draft(model: type[V], person: Person | None, scope: str = "", **others: Any) -> V:
    """Return the draft, made as a copy of the published content when there is none; ``others`` are its other fields."""
    existing = draft(model, scope)
    if existing is not None:
        return existing
    current = published(model, scope)
    try:
        with transaction.atomic():
            content = current.content if current else {}
            return model._default_manager.create(scope=scope, content=content, created_by=person, **others)
    except IntegrityError:  # someone else began a draft at the same moment: it is shared
        return model._default_manager.get(scope=scope, state=State.DRAFT)


def save_draft(row: V, content: Mapping[str, Any], *, edition: int) -> V:
    """Replace the draft's content. Refuses (409) when it changed since ``edition`` was read, or is no draft now."""
    mine = type(row)._default_manager.filter(pk=row.pk, state=State.DRAFT, edition=edition)
    if not mine.update(content=dict(content), edition=F("edition") + 1):
        raise _meanwhile()
    row.refresh_from_db()
    return row


def publish(row: V, person: Person | None, *, seen: int | None = None) -> V:
    """Make the draft the version that counts, with the next number; the version before it is superseded.

    ``seen`` is the edition that the person read: refuses (409) when someone edited the draft since.
    """
    model = type(row)
    with transaction.atomic():
        mine = model._default_manager.select_for_update().filter(pk=row.pk, state=State.DRAFT)
        require_seen(mine.first(), seen)
        alike = model._default_manager.filter(scope=row.scope)
        list(alike.select_for_update().filter(state=State.PUBLISHED))
        last = alike.aggregate(last=Max("version"))["last"] or 0
        alike.filter(state=State.PUBLISHED).update(state=State.SUPERSEDED)
        mine.update(state=State.PUBLISHED, version=last + 1, published_at=timezone.now(), published_by=person)
    row.refresh_from_db()
    return row


def discard_draft(row: V, *, seen: int | None = None) -> None:
    """Throw the draft away; what is published stays. ``seen`` is as for :func:`publish`."""
    with transaction.atomic():
        mine = type(row)._default_manager.select_for_update().filter(pk=row.pk, state=State.DRAFT)
        row_now = mine.first()
        if row_now is not None:
            require_seen(row_now, seen)
        mine.delete()


def require_seen(row: Versioned | None, seen: int | None) -> None:
    """Refuse (409) a draft that is gone, or that was edited since the edition ``seen``."""
    if row is None:
        raise Conflict("draft_published", _("This draft was published or discarded already. Reload the page."))
    if seen is not None and seen != row.edition:
        raise _meanwhile()


def _meanwhile() -> Conflict:
    message = _("Someone else changed this draft after you opened it. Reload the page and make your change again.")
    return Conflict("draft_changed", message)
