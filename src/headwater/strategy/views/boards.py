"""The pages of boards: which there are, one with its charts, pinning, and changing what is pinned."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.models import Person
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.strategy import boards, sight
from headwater.strategy.assembly import decision_facts
from headwater.strategy.decision_test import Tested, of_pin
from headwater.strategy.forms.boards import NEW_BOARD, BoardForm, NewPinForm, PinForm, StopForm
from headwater.strategy.models import Board, Pin
from headwater.strategy.pinnable import PinnedPage, pinned_page
from headwater.strategy.strategies import current


@dataclass(frozen=True, slots=True)
class ShownPin:
    """A pinned chart as this person may see it: ``page`` is None where it cannot be drawn, ``why`` says why."""

    pin: Pin
    page: PinnedPage | None
    why: str
    tested: Tested
    outcome: str


@require_http_methods(["GET", "HEAD", "POST"])
def all_boards(request: HttpRequest) -> HttpResponse:
    """The boards this person sees, and a form to begin one."""
    who = person(request)
    rows = list(boards.boards_of(who))
    form = BoardForm(request.POST or None, may_share=allows(who, "edit", "boards"))
    if request.method == "POST" and form.is_valid():
        try:
            board = boards.add_board(who, form.cleaned_data["name"], shared=form.cleaned_data.get("shared", False))
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return redirect("board", board_id=board.pk)
    shown = [
        {"board": row, "pins": row.pins.filter(stopped_at=None).count(), "own": row.owner_id == who.pk} for row in rows
    ]
    return render(request, "strategy/boards.html", {"boards": shown, "form": form}, status=422 if form.errors else 200)


@require_safe
def board(request: HttpRequest, board_id: int) -> HttpResponse:
    """One board: its charts, each with its question, its decision and who answers for it."""
    who = person(request)
    row = boards.board_of(who, board_id)
    pins = boards.pins_of(row)
    facts = decision_facts(current(), pins)
    tested = {int(one.id): one for one in (of_pin(facts, pin) for pin in facts.pins)}
    shown = [_shown(who, pin, tested[pin.pk]) for pin in pins]
    measures = [pin.measure for pin in facts.pins if pin.measure]
    sight.note_look(who, *(f"pin:{one.pin.pk}" for one in shown if one.page), *(f"measure:{slug}" for slug in measures))
    failing = sum(bool(one.tested.reasons) for one in shown)
    context = {
        "board": row,
        "shown": shown,
        "failing": failing,
        "sentence": _sentence(row, len(shown), failing),
        "may_edit": boards.may_edit(who, row),
    }
    return render(request, "strategy/board.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, board_id: int) -> HttpResponse:
    """Rename a board or share it."""
    who = person(request)
    row = boards.board_of(who, board_id)
    given = {"name": row.name, "shared": row.shared}
    form = BoardForm(request.POST or None, initial=given, may_share=allows(who, "edit", "boards"))
    if request.method == "POST" and form.is_valid():
        shared = form.cleaned_data.get("shared", row.shared)
        try:
            boards.change_board(who, board_id, name=form.cleaned_data["name"], shared=shared)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return redirect("board", board_id=board_id)
    return render(
        request, "strategy/board_settings.html", {"board": row, "form": form}, status=422 if form.errors else 200
    )


@require_POST
def remove(request: HttpRequest, board_id: int) -> HttpResponse:
    """Remove an empty board."""
    boards.remove_board(person(request), board_id)
    messages.success(request, _("The board is removed."))
    return redirect("boards")


@require_http_methods(["GET", "HEAD", "POST"])
def pin(request: HttpRequest) -> HttpResponse:
    """Pin the chart of a page: shows it, and asks for the question, the decision and the owner."""
    who = person(request)
    require(who, "edit", "boards", words_of="own")
    address = request.POST.get("address") or request.GET.get("address", "")
    page = pinned_page(who, address)
    mine = [(str(row.pk), row.name) for row in boards.boards_of(who) if boards.may_edit(who, row)]
    initial = {
        "address": page.address,
        "title": page.title,
        "owner": who.pk,
        "board": mine[0][0] if mine else NEW_BOARD,
    }
    form = NewPinForm(request.POST or None, initial=initial, boards=mine, strategy=current())
    if request.method == "POST" and form.is_valid():
        try:
            made = _pinned(who, form.cleaned_data)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Pinned to “%s”.") % made.board.name)
            return redirect(f"{reverse('board', args=[made.board_id])}#pin-{made.pk}")
    return render(request, "strategy/pin.html", {"page": page, "form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def change_pin(request: HttpRequest, pin_id: int) -> HttpResponse:
    """Change what a pinned chart is there for."""
    who = person(request)
    row = boards.pin_of(who, pin_id)
    given = {name: getattr(row, name) for name in ("title", "question", "decision", "outcome")} | {
        "owner": row.owner_id
    }
    form = PinForm(request.POST or None, initial=given, strategy=current())
    if request.method == "POST" and form.is_valid():
        try:
            boards.change_pin(who, pin_id, **form.cleaned_data)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return redirect(f"{reverse('board', args=[row.board_id])}#pin-{pin_id}")
    return render(request, "strategy/pin_change.html", {"pin": row, "form": form}, status=422 if form.errors else 200)


@require_POST
def move_pin(request: HttpRequest, pin_id: int) -> HttpResponse:
    """Move a chart one place earlier or later."""
    who = person(request)
    boards.move_pin(who, pin_id, 1 if request.POST.get("by") == "1" else -1)
    return redirect(f"{reverse('board', args=[boards.pin_of(who, pin_id).board_id])}#pin-{pin_id}")


@require_POST
def stop_pin(request: HttpRequest, pin_id: int) -> HttpResponse:
    """Take a chart off its board, with the reason and a way back."""
    form = StopForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    row = boards.stop_pin(person(request), pin_id, reason)
    undo = f"undo={reverse('restore_pin', args=[pin_id])}"
    messages.success(request, _("“%s” is off the board.") % row.title, extra_tags=undo)
    back = request.POST.get("back")
    return redirect("decision_test") if back == "decision_test" else redirect("board", board_id=row.board_id)


@require_POST
def restore_pin(request: HttpRequest, pin_id: int) -> HttpResponse:
    """Bring a chart back to its board."""
    row = boards.restore_pin(person(request), pin_id)
    messages.success(request, _("“%s” is back.") % row.title)
    return redirect("board", board_id=row.board_id)


def _shown(who: Person, row: Pin, tested: Tested) -> ShownPin:
    """The chart as this person may see it now; a refusal stands in its place, not in the place of the board."""
    outcome = current().outcome(row.outcome)
    text = outcome.text if outcome else ""
    try:
        return ShownPin(row, pinned_page(who, row.address), "", tested, text)
    except Refused as refused:
        return ShownPin(row, None, refused.message, tested, text)


def _pinned(who: Person, chosen: dict[str, Any]) -> Pin:
    board_id = chosen.pop("board")
    target = int(board_id) if board_id != NEW_BOARD else boards.add_board(who, _("My board")).pk
    return boards.pin(who, target, chosen.pop("address"), **chosen)


def _sentence(row: Board, charts: int, failing: int) -> str:
    if not charts:
        return _("“%s” is empty: pin a chart from the page of a metric, a cause or a measure.") % row.name
    said = {"name": row.name, "charts": charts, "failing": failing}
    if not failing:
        return _("“%(name)s” keeps %(charts)d charts in sight, and each informs a decision.") % said
    return _("“%(name)s” keeps %(charts)d charts in sight; %(failing)d of them inform no decision yet.") % said
