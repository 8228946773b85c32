"""Boards and what is pinned to them: who sees which, and every change with its history."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import NotAllowed, allows, require
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.strategy.models import Board, Pin
from headwater.strategy.pinnable import pinned_page
from headwater.strategy.strategies import current

MOST_BOARDS = 40
MOST_PINS = 24
LENGTHS = {"title": 160, "question": 300, "decision": 600}


def boards_of(person: Person) -> QuerySet[Board]:
    """The boards a person sees: their own and the shared ones."""
    require(person, "view", "boards")
    return Board.objects.filter(Q(shared=True) | Q(owner=person)).select_related("owner")


def board_of(person: Person, board_id: int) -> Board:
    """One board. Refuses (404) one that is somebody else's own: that it exists is no one's business."""
    found = boards_of(person).filter(pk=board_id).first()
    if found is None:
        raise NotFound("board.not_found", _("There is no board %d that you can see.") % board_id)
    return found


def pins_of(board: Board) -> list[Pin]:
    """The charts on a board, in order, without those that were stopped."""
    return list(board.pins.filter(stopped_at=None).select_related("owner", "board"))


def pin_of(person: Person, pin_id: int) -> Pin:
    """One pinned chart, also one that was stopped. Refuses (404) one on a board that this person cannot see."""
    found = Pin.objects.select_related("board", "owner").filter(pk=pin_id, board__in=boards_of(person)).first()
    if found is None:
        raise NotFound("pin.not_found", _("There is no pinned chart %d that you can see.") % pin_id)
    return found


def may_edit(person: Person, board: Board) -> bool:
    """Whether this person may change a board: its owner, or who may edit the company's boards if it is shared."""
    if board.owner_id == person.pk:
        return allows(person, "edit", "boards", words_of="own")
    return board.shared and allows(person, "edit", "boards")


def add_board(person: Person, name: str, *, shared: bool = False) -> Board:
    """Begin a board. The same name twice is the same board."""
    require(person, "edit", "boards", words_of="company" if shared else "own")
    name = _clean("name", name, 80)
    with transaction.atomic():
        existing = Board.objects.filter(owner=person, name=name).first()
        if existing is not None:
            return existing
        if Board.objects.filter(owner=person).count() >= MOST_BOARDS:
            raise Refused("board.too_many", _("You have %d boards already; remove one first.") % MOST_BOARDS)
        try:
            with transaction.atomic():
                board = Board.objects.create(owner=person, name=name, shared=shared)
        except IntegrityError:  # the same request at the same moment
            return Board.objects.get(owner=person, name=name)
        _record(person, "board.added", board)
    return board


def change_board(person: Person, board_id: int, *, name: str, shared: bool) -> Board:
    """Rename a board, share it with everyone or take it back."""
    with transaction.atomic():
        board = _locked(person, board_id)
        name = _clean("name", name, 80)
        if shared and not board.shared:
            require(person, "edit", "boards")
        if (name, shared) == (board.name, board.shared):
            return board
        if Board.objects.filter(owner=board.owner, name=name).exclude(pk=board.pk).exists():
            raise Conflict("board.name_taken", _("There is a board “%s” already.") % name, "name")
        board.name, board.shared = name, shared
        board.save(update_fields=["name", "shared"])
        _record(person, "board.changed", board)
    return board


def remove_board(person: Person, board_id: int) -> None:
    """Remove a board with nothing on it; a board with charts is emptied first, chart by chart, with a way back."""
    with transaction.atomic():
        board = _locked(person, board_id)
        if board.pins.filter(stopped_at=None).exists():
            raise Conflict("board.not_empty", _("“%s” has charts. Remove them first.") % board.name)
        _record(person, "board.removed", board)
        board.delete()


def pin(
    person: Person,
    board_id: int,
    address: str,
    *,
    title: str = "",
    question: str = "",
    decision: str = "",
    owner: Person | None = None,
    outcome: str = "",
) -> Pin:
    """Pin the chart of a page to a board. The same page pinned twice is one chart."""
    page = pinned_page(person, address)
    with transaction.atomic():
        board = _locked(person, board_id)
        there = board.pins.filter(address=page.address, stopped_at=None).first()
        if there is not None:
            return there
        if board.pins.filter(stopped_at=None).count() >= MOST_PINS:
            message = _("“%(name)s” has %(most)d charts; nobody reads more. Remove one, or begin another board.")
            raise Refused("board.full", message % {"name": board.name, "most": MOST_PINS})
        last = board.pins.aggregate(last=Max("position"))["last"]
        made = Pin.objects.create(
            board=board,
            address=page.address,
            position=0 if last is None else last + 1,
            pinned_by=person,
            **_cleaned(title=title or page.title, question=question, decision=decision),
            owner=_present(owner),
            outcome=_outcome(outcome),
        )
        _record_pin(person, "pin.added", made)
    return made


def change_pin(person: Person, pin_id: int, **values: Any) -> Pin:
    """Change title, question, decision, owner or outcome of a pinned chart."""
    unknown = set(values) - {"title", "question", "decision", "owner", "outcome"}
    if unknown:
        raise ValueError(f"change_pin does not change {sorted(unknown)}")
    with transaction.atomic():
        row = _locked_pin(person, pin_id)
        given: dict[str, Any] = _cleaned(**{key: value for key, value in values.items() if key in LENGTHS})
        if given.get("title") == "":
            raise Refused("pin.title", _("A chart needs a title."), "title")
        if "owner" in values:
            given["owner"] = _present(values["owner"])
        if "outcome" in values:
            given["outcome"] = _outcome(values["outcome"], before=row.outcome)
        changed = [key for key, value in given.items() if getattr(row, key) != value]
        if changed:
            for key in changed:
                setattr(row, key, given[key])
            row.save(update_fields=changed)
            _record_pin(person, "pin.changed", row, what=", ".join(changed))
    return row


def move_pin(person: Person, pin_id: int, by: int) -> None:
    """Move a chart among those of its board: later by a positive number of places, earlier by a negative."""
    with transaction.atomic():
        row = _locked_pin(person, pin_id)
        order = [one.pk for one in pins_of(row.board)]
        if row.pk not in order:
            return
        before = order.index(row.pk)
        after = max(0, min(len(order) - 1, before + by))
        if after == before:
            return
        order.insert(after, order.pop(before))
        for position, pk in enumerate(order):
            Pin.objects.filter(pk=pk).update(position=position)
        _record_pin(person, "pin.moved", row)


def stop_pin(person: Person, pin_id: int, reason: str) -> Pin:
    """Take a chart off its board, with the reason; it can be brought back."""
    with transaction.atomic():
        row = _locked_pin(person, pin_id)
        if row.stopped_at is None:
            row.stopped_at, row.stopped_reason = timezone.now(), _clean("reason", reason, 300)
            row.save(update_fields=["stopped_at", "stopped_reason"])
            _record_pin(person, "pin.stopped", row, reason=row.stopped_reason)
    return row


def restore_pin(person: Person, pin_id: int) -> Pin:
    """Bring a chart back that was taken off its board."""
    with transaction.atomic():
        row = _locked_pin(person, pin_id)
        if row.stopped_at is not None:
            row.stopped_at, row.stopped_reason = None, ""
            row.save(update_fields=["stopped_at", "stopped_reason"])
            _record_pin(person, "pin.restored", row)
    return row


def clear() -> None:
    """Called when the sample company is cleared."""
    Board.objects.all().delete()


def _locked(person: Person, board_id: int) -> Board:
    board = Board.objects.select_for_update().filter(pk=board_of(person, board_id).pk).first()
    if board is None or not may_edit(person, board):
        message = _("This board belongs to somebody else. Begin one of your own and pin the chart there.")
        raise NotAllowed("not_allowed", message)
    return board


def _locked_pin(person: Person, pin_id: int) -> Pin:
    row = pin_of(person, pin_id)
    _locked(person, row.board_id)
    return row


def _clean(field: str, text: str, most: int) -> str:
    text = " ".join(text.split())
    if not text or "\x00" in text:
        raise Refused(f"{field}_missing", _("Write a few words here."), field)
    if len(text) > most:
        message = _("The text has %(length)d characters; at most %(most)d are kept.")
        raise Refused("too_long", message % {"length": len(text), "most": most}, field)
    return text


def _cleaned(**texts: str) -> dict[str, str]:
    return {field: _clean(field, text, LENGTHS[field]) if text.strip() else "" for field, text in texts.items()}


def _present(owner: Person | None) -> Person | None:
    if owner is not None and not owner.is_active:
        raise Refused("owner_left", _("The account of %s is closed; choose someone else.") % owner.name, "owner")
    return owner


def _outcome(outcome: str, *, before: str = "") -> str:
    """The id of an outcome of the published strategy; what a chart named before may stay."""
    if outcome and outcome != before and current().outcome(outcome) is None:
        raise Refused("outcome_unknown", _("The strategy has no outcome “%s”.") % outcome[:60], "outcome")
    return outcome


def _record(person: Person, code: str, board: Board, **data: str) -> None:
    record_history(person, code, f"board:{board.pk}", {"name": board.name, **data})


def _record_pin(person: Person, code: str, row: Pin, **data: str) -> None:
    record_history(person, code, f"pin:{row.pk}", {"title": row.title, "board": row.board.name, **data})
