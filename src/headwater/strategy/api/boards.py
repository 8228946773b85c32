"""Boards and pinned charts for programs."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema
from ninja.params.functions import Path

from headwater.base.models import Person
from headwater.base.problems import REFUSALS
from headwater.base.refusals import NotFound
from headwater.strategy import boards
from headwater.strategy.models import Board, Pin

router = Router(tags=["boards"])
MAX_ID = 2**63 - 1
ROW = Path(..., ge=1, le=MAX_ID)


class BoardOut(Schema):
    id: int
    name: str
    shared: bool
    owner: str


class PinOut(Schema):
    """``address`` is the page the chart comes from, with its filters."""

    id: int
    board: int
    address: str
    title: str
    question: str
    decision: str
    owner: str | None
    outcome: str
    stopped: bool


class BoardWithPins(BoardOut):
    pins: list[PinOut]


class NewBoard(Schema):
    name: str = Field(min_length=1, max_length=80)
    shared: bool = False


class NewPin(Schema):
    """``owner`` is an e-mail address of somebody here, or null."""

    address: str = Field(min_length=1, max_length=2500)
    title: str = Field("", max_length=160)
    question: str = Field("", max_length=300)
    decision: str = Field("", max_length=600)
    owner: str | None = Field(None, max_length=254)
    outcome: str = Field("", max_length=60)


class PinChange(Schema):
    """What is given is changed, what is left out stays."""

    title: str | None = Field(None, min_length=1, max_length=160)
    question: str | None = Field(None, max_length=300)
    decision: str | None = Field(None, max_length=600)
    owner: str | None = Field(None, max_length=254)
    outcome: str | None = Field(None, max_length=60)


class Move(Schema):
    by: Literal[-1, 1]


class BoardReason(Schema):
    reason: str = Field(min_length=1, max_length=300)


@router.get("/boards", response={200: list[BoardOut], **REFUSALS}, operation_id="list_boards")
def list_boards(request: HttpRequest) -> list[dict[str, Any]]:
    """List the boards you see: your own and the shared ones."""
    person: Any = request.user
    return [_board(row) for row in boards.boards_of(person)]


@router.post("/boards", response={201: BoardOut, **REFUSALS}, operation_id="add_board")
def add_board(request: HttpRequest, given: NewBoard) -> tuple[int, dict[str, Any]]:
    """Begin a board; the same name twice is the same board."""
    person: Any = request.user
    return 201, _board(boards.add_board(person, given.name, shared=given.shared))


@router.get("/boards/{board_id}", response={200: BoardWithPins, **REFUSALS}, operation_id="get_board")
def get_board(request: HttpRequest, board_id: int = ROW) -> dict[str, Any]:
    """Return a board with its charts, in order."""
    person: Any = request.user
    row = boards.board_of(person, board_id)
    return {**_board(row), "pins": [_pin(one) for one in boards.pins_of(row)]}


@router.put("/boards/{board_id}", response={200: BoardOut, **REFUSALS}, operation_id="change_board")
def change_board(request: HttpRequest, given: NewBoard, board_id: int = ROW) -> dict[str, Any]:
    """Rename a board, share it or take it back."""
    person: Any = request.user
    return _board(boards.change_board(person, board_id, name=given.name, shared=given.shared))


@router.delete("/boards/{board_id}", response={204: None, **REFUSALS}, operation_id="remove_board")
def remove_board(request: HttpRequest, board_id: int = ROW) -> tuple[int, None]:
    """Remove an empty board."""
    person: Any = request.user
    boards.remove_board(person, board_id)
    return 204, None


@router.post("/boards/{board_id}/pins", response={201: PinOut, **REFUSALS}, operation_id="pin_chart")
def pin_chart(request: HttpRequest, given: NewPin, board_id: int = ROW) -> tuple[int, dict[str, Any]]:
    """Pin the chart of a page; the same page pinned twice is one chart."""
    person: Any = request.user
    values = given.dict(exclude={"address", "owner"})
    return 201, _pin(boards.pin(person, board_id, given.address, owner=_owner(given.owner), **values))


@router.patch("/pins/{pin_id}", response={200: PinOut, **REFUSALS}, operation_id="change_pin")
def change_pin(request: HttpRequest, given: PinChange, pin_id: int = ROW) -> dict[str, Any]:
    """Change title, question, decision, owner or outcome of a pinned chart."""
    person: Any = request.user
    values = {
        key: value for key, value in given.dict(exclude_unset=True).items() if value is not None or key == "owner"
    }
    if "owner" in values:
        values["owner"] = _owner(values["owner"])
    return _pin(boards.change_pin(person, pin_id, **values))


@router.post("/pins/{pin_id}/move", response={204: None, **REFUSALS}, operation_id="move_pin")
def move_pin(request: HttpRequest, given: Move, pin_id: int = ROW) -> tuple[int, None]:
    """Move a chart one place earlier or later on its board."""
    person: Any = request.user
    boards.move_pin(person, pin_id, given.by)
    return 204, None


@router.post("/pins/{pin_id}/stop", response={200: PinOut, **REFUSALS}, operation_id="stop_pin")
def stop_pin(request: HttpRequest, given: BoardReason, pin_id: int = ROW) -> dict[str, Any]:
    """Take a chart off its board, with the reason."""
    person: Any = request.user
    return _pin(boards.stop_pin(person, pin_id, given.reason))


@router.post("/pins/{pin_id}/restore", response={200: PinOut, **REFUSALS}, operation_id="restore_pin")
def restore_pin(request: HttpRequest, pin_id: int = ROW) -> dict[str, Any]:
    """Bring a chart back that was taken off its board."""
    person: Any = request.user
    return _pin(boards.restore_pin(person, pin_id))


def _owner(email: str | None) -> Person | None:
    if not email:
        return None
    found = Person.objects.filter(email__iexact=email, is_active=True).first() if "\x00" not in email else None
    if found is None:
        raise NotFound("person_unknown", _("Nobody here has the address “%s”.") % email[:80], "owner")
    return found


def _board(row: Board) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "shared": row.shared, "owner": row.owner.name}


def _pin(row: Pin) -> dict[str, Any]:
    return {
        "id": row.pk,
        "board": row.board_id,
        "address": row.address,
        "title": row.title,
        "question": row.question,
        "decision": row.decision,
        "owner": row.owner.name if row.owner else None,
        "outcome": row.outcome,
        "stopped": row.stopped_at is not None,
    }
