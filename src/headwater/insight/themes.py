"""Themes: what customers say that no cause fits, and what people make of it: a cause, part of one, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.permissions import allows, require
from headwater.base.queue import enqueue
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.insight.models import Theme, ThemeSearch
from headwater.insight.themes_finding import FIND
from headwater.insight.verbatims import readable
from headwater.journey import services
from headwater.journey.queries import draft, edited, taxonomy
from headwater.metrics.store import company_record
from headwater.record.questions import Signal, SignalRows
from headwater.science import rate_ratio
from headwater.science.results import Estimate, NoVerdict, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.base.models import Job, Person

REASON_LENGTH: Final = 1_000
NAME_LENGTH: Final = 80
PHRASE_LENGTH: Final = 300
SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Themes:
    """Groups that no cause fits, those that sound like a known cause, what customers like, and what was decided."""

    new: tuple[Theme, ...]
    near: tuple[Theme, ...]
    liked: tuple[Theme, ...]
    decided: tuple[Theme, ...]
    search: ThemeSearch | None


def themes(person: Person | None) -> Themes:
    """Every theme; what grows surely comes first, then what most customers complain of or get in touch about."""
    require(person, "view", "figures")
    rows = list(Theme.objects.select_related("decided_by"))
    open_rows = sorted(
        (row for row in rows if row.state == Theme.State.NEW and row.gone_at is None),
        key=lambda row: (not grows(row), -max(row.negative, row.contacts), -row.size, row.pk),
    )
    troubles = [row for row in open_rows if not _liked(row)]
    return Themes(
        new=tuple(row for row in troubles if not _known(row.nearest_cause))[:SHOWN],
        near=tuple(row for row in troubles if _known(row.nearest_cause))[:SHOWN],
        liked=tuple(row for row in open_rows if _liked(row))[:SHOWN],
        decided=tuple(row for row in rows if row.state != Theme.State.NEW),
        search=ThemeSearch.objects.first(),
    )


def growth(row: Theme) -> Result:
    """How many times as frequent among comments it is in the last four weeks as in the twelve before."""
    found = rate_ratio(row.now, row.now_of, row.earlier, row.earlier_of)
    return found if isinstance(found, NoVerdict) else found.result


def grows(row: Theme) -> bool:
    """Whether it surely became more frequent."""
    found = growth(row)
    return isinstance(found, Estimate) and found.low > 1


def words_of(person: Person | None, rows: Sequence[Theme], most: int) -> dict[int, tuple[Signal, ...]]:
    """Typical comments of each theme by its key, as far as this person may read them."""
    keys = tuple(sorted({key for row in rows for key in row.typical[:most]}))
    if not keys or not allows(person, "view", "verbatims", words_of="department"):
        return {}
    found = {one.signal_key: one for one in readable(person, company_record().ask(SignalRows(keys)))}
    return {row.pk: tuple(found[key] for key in row.typical[:most] if key in found) for row in rows}


def look_again(person: Person | None) -> Job:
    """Ask for a new search now."""
    require(person, "manage", "models")
    return enqueue(FIND, {"again": True}, unique_key=FIND, requested_by=person)


def promote_theme(person: Person | None, pk: int, name: str = "", *, edition: int | None = None) -> Theme:
    """Make a theme a cause of the journey, with its typical comments as examples.

    Where nothing else waits in the draft and this person may publish, it is published at once and everything is
    labelled again; else it waits in the draft. Twice is once. Refuses (409) when somebody decided since ``edition``
    was seen.
    """
    require(person, "edit", "taxonomy")
    require(person, "view", "verbatims")
    with transaction.atomic():
        row = _opened(pk)
        if row.state == Theme.State.PROMOTED and not row.joined:
            return row
        _refuse_outdated(row, edition)
        at_once = _nothing_waits() and allows(person, "publish", "taxonomy")
        values = {
            "name": (name.strip() or row.name.replace(" · ", ", ").capitalize())[:NAME_LENGTH],
            "description": "",
            "examples": _examples(person, row),
            "stages": [row.stage] if edited().stage(row.stage) else [],
        }
        cause = services.add_item(person, "cause", values)
        _decide(person, row, Theme.State.PROMOTED, cause=cause.id)
        record_history(person, "theme.promoted", _subject(row), {"name": row.name, "cause": cause.name})
        if at_once:
            services.publish_draft(person)
    return row


def join_theme(person: Person | None, pk: int, cause_id: str, *, edition: int | None = None) -> Theme:
    """Say that a theme is a cause that the journey has: its typical comments become examples of that cause."""
    require(person, "edit", "taxonomy")
    require(person, "view", "verbatims")
    with transaction.atomic():
        row = _opened(pk)
        if row.state == Theme.State.PROMOTED and row.cause == cause_id:
            return row
        _refuse_outdated(row, edition)
        cause = edited().cause(cause_id)
        if cause is None or not cause.active:
            raise Refused("cause_unknown", _("There is no cause “%s” to join.") % cause_id[:60], "cause")
        at_once = _nothing_waits() and allows(person, "publish", "taxonomy")
        more = [one for one in _examples(person, row) if one not in cause.examples]
        services.change_item(person, "cause", cause.id, {"examples": [*cause.examples, *more][:80]})
        _decide(person, row, Theme.State.PROMOTED, cause=cause.id, joined=True)
        record_history(person, "theme.promoted", _subject(row), {"name": row.name, "cause": cause.name})
        if at_once and draft() is not None:
            services.publish_draft(person)
    return row


def undo_promotion(person: Person | None, pk: int) -> Theme:
    """Take it back: the cause goes from the draft, or is retired where it was published; examples leave the cause."""
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        row = _opened(pk)
        if row.state != Theme.State.PROMOTED:
            raise Conflict(
                "theme_not_promoted", _("“%s” was not made a cause, so there is nothing to take back.") % row.name
            )
        at_once = _nothing_waits() and allows(person, "publish", "taxonomy")
        cause = edited().cause(row.cause)
        if cause is not None and row.joined:
            given = set(_examples(person, row))
            left = [one for one in cause.examples if one not in given]
            services.change_item(person, "cause", cause.id, {"examples": left})
        elif cause is not None and taxonomy().cause(row.cause) is not None:
            services.retire_cause(person, row.cause)
        elif cause is not None:
            services.remove_item(person, "cause", row.cause)
        record_history(person, "theme.promotion_undone", _subject(row), {"name": row.name})
        _decide(person, row, Theme.State.NEW)
        if at_once and (waiting := draft()) is not None and waiting.differences:
            services.publish_draft(person)
    return row


def dismiss_theme(person: Person | None, pk: int, reason: str, *, edition: int | None = None) -> Theme:
    """Say that a theme is none, and why; it stays dismissed when it is found again."""
    require(person, "edit", "taxonomy")
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH or "\x00" in reason:
        message = _("Say why, in 1 to %d characters: who comes later reads it.")
        raise Refused("theme_reason", message % REASON_LENGTH, "reason")
    with transaction.atomic():
        row = _opened(pk)
        if (row.state, row.reason) == (Theme.State.DISMISSED, reason):
            return row
        _refuse_outdated(row, edition)
        if row.state == Theme.State.PROMOTED:
            raise Conflict("theme_promoted", _("“%s” was made a cause. Take that back first.") % row.name)
        _decide(person, row, Theme.State.DISMISSED, reason=reason)
        record_history(person, "theme.dismissed", _subject(row), {"name": row.name, "reason": reason})
    return row


def restore_theme(person: Person | None, pk: int) -> Theme:
    """Bring a dismissed theme back."""
    require(person, "edit", "taxonomy")
    with transaction.atomic():
        row = _opened(pk)
        if row.state != Theme.State.DISMISSED:
            raise Conflict("theme_not_dismissed", _("“%s” is not dismissed.") % row.name)
        _decide(person, row, Theme.State.NEW)
        record_history(person, "theme.restored", _subject(row), {"name": row.name})
    return row


def _examples(person: Person | None, row: Theme) -> list[str]:
    """The typical comments as phrases that teach a cause, each once."""
    found = words_of(person, [row], len(row.typical)).get(row.pk, ())
    texts = (" ".join((one.text or "").split())[:PHRASE_LENGTH].strip() for one in found)
    return list(dict.fromkeys(text for text in texts if len(text) >= 2))


def _known(cause_id: str) -> bool:
    """Whether it is a cause of something that fails; a question or praise is no answer to what a group is about."""
    cause = taxonomy().cause(cause_id) if cause_id else None
    return cause is not None and cause.active and cause.demand != "value"


def _liked(row: Theme) -> bool:
    return row.positive > row.size / 2


def _nothing_waits() -> bool:
    waiting = draft()
    return waiting is None or not waiting.differences


def _opened(pk: int) -> Theme:
    row = Theme.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise NotFound("theme_unknown", _("There is no theme %s.") % pk)
    return row


def _refuse_outdated(row: Theme, edition: int | None) -> None:
    if edition is not None and edition != row.edition:
        message = _("Somebody decided about “%s” after you opened the page. Reload it to see what.")
        raise Conflict("theme_changed_meanwhile", message % row.name)


def _decide(
    person: Person | None, row: Theme, state: str, *, cause: str = "", joined: bool = False, reason: str = ""
) -> None:
    row.state, row.cause, row.joined, row.reason = state, cause, joined, reason
    row.decided_by, row.decided_at = person, timezone.now()
    row.edition += 1
    row.save()


def _subject(row: Theme) -> str:
    return f"theme:{row.pk}"
