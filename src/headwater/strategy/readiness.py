"""Execution readiness: who sees to each question, by when, and what shows that it is in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import NotAllowed, allows, require
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.strategy import evidence_files
from headwater.strategy.models import EvidenceFile, ReadinessItem, ReadinessMilestone
from headwater.strategy.readiness_questions import BY_KEY, QUESTIONS, Evidence, Item, Milestone, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

ANSWER_LENGTH: Final = 4_000
MILESTONES: Final = 30
OWNERS_MAY: Final = frozenset({"state", "answer", "evidence_link", "says_yes"})
EDITORS_MAY: Final = OWNERS_MAY | {"owner", "due"}
_http = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True, slots=True)
class Due:
    """What waits for a person: an item, or one of its milestones. ``days`` until its date, negative when it passed."""

    item: Item
    text: str
    due: date
    days: int

    @property
    def is_overdue(self) -> bool:
        return self.days < 0

    @property
    def days_late(self) -> int:
        return -self.days


def items() -> tuple[Item, ...]:
    """Return every question with what is done about it, in the order of the questions."""
    rows = ReadinessItem.objects.select_related("owner").prefetch_related("milestones", "files")
    kept = {row.key: row for row in rows}
    return tuple(_item(kept[question.key]) if question.key in kept else Item(question) for question in QUESTIONS)


def item(key: str) -> Item:
    """Return one question with what is done about it; refuses (404) a key that is none."""
    return next(one for one in items() if one.key == _question(key))


def standing(today: date | None = None) -> Standing:
    """Return how far the list has come."""
    return Standing.of(items(), today or timezone.localdate())


def due_for(person: Person, *, today: date | None = None, within: int = 14) -> tuple[Due, ...]:
    """Return what ``person`` owns and is overdue or due ``within`` days, the oldest date first."""
    today = today or timezone.localdate()
    found: list[Due] = []
    for one in items():
        if one.owner is None or one.owner.pk != person.pk or one.is_settled:
            continue
        if one.due is not None:
            found.append(Due(one, str(one.question.title), one.due, (one.due - today).days))
        found += [
            Due(one, milestone.text, milestone.due, (milestone.due - today).days)
            for milestone in one.milestones
            if milestone.due is not None and milestone.reached_on is None
        ]
    return tuple(sorted((due for due in found if due.days <= within), key=lambda due: (due.due, due.text)))


def may_edit(person: Person | None) -> bool:
    """Say whether this person assigns owners and dates."""
    return allows(person, "edit", "strategy")


def may_answer(person: Person | None, one: Item) -> bool:
    """Say whether this person may say how far an item is: editors, and its owner for the item they own."""
    if may_edit(person):
        return True
    # A token carries what its scopes name, and none names an owner's own items.
    is_owner = person is not None and one.owner is not None and one.owner.pk == person.pk
    return is_owner and person is not None and person.token_scopes is None and allows(person, "view", "strategy")


def change_item(person: Person | None, key: str, values: Mapping[str, Any], *, seen: int | None = None) -> Item:
    """Set ``owner``, ``due``, ``state``, ``answer``, ``says_yes`` or ``evidence_link`` of an item.

    Its owner may set all but owner and date. ``seen`` is the edition the person opened: a change by someone else
    since then is a conflict (409), never overwritten.
    """
    with transaction.atomic():
        row = _opened(person, key)
        now = _item(row)
        given = {name: value for name, value in values.items() if getattr(row, name) != value}
        _require_fields(person, given)
        if not given:
            return now
        if seen is not None and seen != row.edition:
            message = _("Someone else changed “%s” after you opened it. Reload the page and make your change again.")
            raise Conflict("readiness_changed", message % now.question.title)
        for name, value in _checked(now, given).items():
            setattr(row, name, value)
        _require_reason(row)
        row.edition += 1
        row.changed_at = timezone.now()
        row.save()
        data = {"title": str(now.question.title), "fields": ", ".join(sorted(given)), "state": row.state}
        record_history(person, "readiness.changed", _subject(key), data)
        return _item(row)


def add_milestone(
    person: Person | None, key: str, text: str, *, due: date | None = None, is_quick_win: bool = False
) -> Item:
    """Add a milestone or quick win that the item should show; the same text twice stays one."""
    text = " ".join(text.split())
    if not text or len(text) > 200 or "\x00" in text:
        raise Refused("milestone_text", _("Write the milestone in 1 to 200 characters."), "text")
    with transaction.atomic():
        row = _opened(person, key)
        if row.milestones.count() >= MILESTONES:
            raise Refused("too_many_milestones", _("%d milestones are there already; remove one first.") % MILESTONES)
        defaults = {"due": due, "is_quick_win": is_quick_win}
        _made, is_new = ReadinessMilestone.objects.get_or_create(item=row, text=text, defaults=defaults)
        if is_new:
            record_history(person, "readiness.milestone_added", _subject(key), {"text": text, **_titled(row)})
        return _item(row)


def reach_milestone(person: Person | None, milestone_id: int, *, reached: bool = True) -> Item:
    """Say that a milestone is reached today, or (``reached`` false) that it is not yet."""
    with transaction.atomic():
        milestone = _milestone(milestone_id)
        row = _opened(person, milestone.item.key)
        if (milestone.reached_on is not None) != reached:
            milestone.reached_on = timezone.localdate() if reached else None
            milestone.save(update_fields=["reached_on"])
            code = "readiness.milestone_reached" if reached else "readiness.milestone_reopened"
            record_history(person, code, _subject(row.key), {"text": milestone.text, **_titled(row)})
        return _item(row)


def remove_milestone(person: Person | None, milestone_id: int) -> Item:
    """Remove a milestone."""
    with transaction.atomic():
        milestone = _milestone(milestone_id)
        row = _opened(person, milestone.item.key)
        milestone.delete()
        record_history(
            person, "readiness.milestone_removed", _subject(row.key), {"text": milestone.text, **_titled(row)}
        )
        return _item(row)


def attach_file(person: Person | None, key: str, sent: evidence_files.Upload) -> Item:
    """Keep a file that shows that the item is in place; the same file twice is kept once."""
    with transaction.atomic():
        row = _opened(person, key)
        if row.files.count() >= evidence_files.MOST:
            raise Refused("too_many_files", _("%d files are there already; remove one first.") % evidence_files.MOST)
        kept = evidence_files.keep(sent)
        try:
            with transaction.atomic():
                EvidenceFile.objects.create(
                    item=row,
                    stored=kept.stored,
                    name=kept.name,
                    size=kept.size,
                    digest=kept.digest,
                    uploaded_by=person,
                )
                record_history(person, "readiness.file_added", _subject(key), {"file": kept.name, **_titled(row)})
        except IntegrityError:  # this file is there already
            evidence_files.remove(kept.stored)
        except BaseException:
            evidence_files.remove(kept.stored)
            raise
        return _item(row)


def remove_file(person: Person | None, file_id: int) -> Item:
    """Remove a file; the last word on it stays in the history."""
    with transaction.atomic():
        file = _file(file_id)
        row = _opened(person, file.item.key)
        stored = file.stored
        file.delete()
        record_history(person, "readiness.file_removed", _subject(row.key), {"file": file.name, **_titled(row)})
        transaction.on_commit(lambda: evidence_files.remove(stored))
        return _item(row)


def evidence_file(person: Person | None, file_id: int) -> EvidenceFile:
    """Return a file's row for those who may see the strategy; refuses (404) one that is not there."""
    require(person, "view", "strategy")
    return _file(file_id)


def sweep_files() -> int:
    """Remove evidence files that no row names, left by a kill; return how many."""
    return evidence_files.sweep(list(EvidenceFile.objects.values_list("stored", flat=True)))


def clear() -> None:
    """Forget the list; run when the sample company is cleared, repeatable."""
    ReadinessItem.objects.all().delete()
    evidence_files.clear()


def _opened(person: Person | None, key: str) -> ReadinessItem:
    """The item's row, locked and made on first use, for someone who may answer it."""
    _question(key)
    row = ReadinessItem.objects.select_for_update().filter(key=key).first()
    if not may_answer(person, _item(row) if row is not None else Item(BY_KEY[key])):
        message = _("You may not change “%s”. Its owner and those who edit the strategy may.")
        raise NotAllowed("not_allowed", message % BY_KEY[key].title)
    if row is not None:
        return row
    made, _new = ReadinessItem.objects.select_for_update().get_or_create(key=key)
    return made


def _require_fields(person: Person | None, given: Mapping[str, Any]) -> None:
    unknown = set(given) - EDITORS_MAY
    if unknown:
        raise ValueError(f"a readiness item has no field {sorted(unknown)}")
    if not may_edit(person) and set(given) - OWNERS_MAY:
        raise NotAllowed("not_allowed", _("Only those who edit the strategy assign owners and dates."))


def _checked(now: Item, given: Mapping[str, Any]) -> dict[str, Any]:
    checked = dict(given)
    if "state" in checked and checked["state"] not in ReadinessItem.State.values:
        message = _("“%(state)s” is no state. Choose one of: %(states)s.")
        states = ", ".join(ReadinessItem.State.values)
        raise Refused("state_unknown", message % {"state": str(checked["state"])[:40], "states": states}, "state")
    if "answer" in checked:
        checked["answer"] = checked["answer"].strip()
        if len(checked["answer"]) > ANSWER_LENGTH or "\x00" in checked["answer"]:
            raise Refused("answer_too_long", _("Write at most %d characters.") % ANSWER_LENGTH, "answer")
    if checked.get("says_yes") is not None and not now.question.is_yes_no:
        raise Refused("not_yes_or_no", _("“%s” is not answered by yes or no.") % now.question.title, "says_yes")
    if checked.get("owner") is not None and not checked["owner"].is_active:
        message = _("The account of %s is closed; choose someone else.")
        raise Refused("owner_closed", message % checked["owner"].name, "owner")
    if link := checked.get("evidence_link"):
        try:
            _http(link.replace("\x00", " "))
        except ValidationError:
            message = _("“%s” is no address of a page. Write it with https:// in front.")
            raise Refused("link", message % link[:80], "evidence_link") from None
    return checked


def _require_reason(row: ReadinessItem) -> None:
    if row.state == ReadinessItem.State.SET_ASIDE and not row.answer:
        raise Refused("reason_missing", _("Say in the answer why this is not needed."), "answer")


def _question(key: str) -> str:
    if key not in BY_KEY:
        raise NotFound("question_unknown", _("There is no readiness question “%s”.") % key[:60])
    return key


def _milestone(milestone_id: int) -> ReadinessMilestone:
    found = ReadinessMilestone.objects.select_related("item").filter(pk=milestone_id).first()
    if found is None:
        raise NotFound("milestone_unknown", _("There is no milestone %s; it may have been removed.") % milestone_id)
    return found


def _file(file_id: int) -> EvidenceFile:
    found = EvidenceFile.objects.select_related("item").filter(pk=file_id).first()
    if found is None:
        raise NotFound("file_unknown", _("There is no file %s; it may have been removed.") % file_id)
    return found


def _subject(key: str) -> str:
    return f"readiness:{key}"


def _titled(row: ReadinessItem) -> dict[str, str]:
    return {"title": str(BY_KEY[row.key].title)}


def _item(row: ReadinessItem) -> Item:
    return Item(
        question=BY_KEY[row.key],
        owner=row.owner,
        due=row.due,
        state=row.state,  # type: ignore[arg-type]  # the database keeps the choices of the model
        answer=row.answer,
        says_yes=row.says_yes,
        evidence_link=row.evidence_link,
        files=tuple(Evidence(file.pk, file.name, file.size, file.uploaded_at) for file in row.files.all()),
        milestones=tuple(
            Milestone(one.pk, one.text, one.is_quick_win, one.due, one.reached_on) for one in row.milestones.all()
        ),
        edition=row.edition,
    )
