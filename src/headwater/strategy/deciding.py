"""The decision test as people meet it: what informs no decision among what they see, and stopping it."""

from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.strategy import measuring
from headwater.strategy.assembly import decision_facts
from headwater.strategy.boards import boards_of, may_edit
from headwater.strategy.decision_test import Tested
from headwater.strategy.decision_test import decision_test as hold
from headwater.strategy.models import Board, Measure, Pin
from headwater.strategy.strategies import current

REASON_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Row:
    """A figure that fails, where it is, and what this person may do about it."""

    tested: Tested
    href: str
    mend: str
    stop: str


@dataclass(frozen=True, slots=True)
class TestPage:
    """What fails, and how many figures were tested."""

    failing: tuple[Row, ...]
    tested: int


def test_page(person: Person) -> TestPage:
    """Every measure, and every chart on the boards this person sees, that fails the decision test."""
    require(person, "view", "measures")
    seen = {board.pk: board for board in boards_of(person)}
    pins = Pin.objects.filter(stopped_at=None, board__in=seen).select_related("board", "owner")
    tested = hold(decision_facts(current(), pins))
    failing = sorted((one for one in tested if one.reasons), key=lambda one: -len(one.reasons))
    return TestPage(tuple(_row(person, one, seen) for one in failing), len(tested))


def sentence(page: TestPage) -> str:
    """What the test found."""
    if not page.tested:
        return _("Nothing is measured or pinned yet, so nothing can be stopped.")
    if not page.failing:
        return _("Everything that is measured or pinned informs a decision.")
    failing = len(page.failing)
    text = ngettext(
        "%(failing)d of %(all)d figures informs no decision as it stands.",
        "%(failing)d of %(all)d figures inform no decision as they stand.",
        failing,
    )
    return text % {"failing": failing, "all": page.tested}


def stop_measure(person: Person | None, slug: str, reason: str) -> Measure:
    """Stop reading a measure that informs no decision, with the reason; its readings stay."""
    require(person, "edit", "measures")
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_LENGTH or "\x00" in reason:
        raise Refused("reason_missing", _("Say in up to %d characters why it is stopped.") % REASON_LENGTH, "reason")
    with transaction.atomic():
        measure = measuring.retire_measure(person, slug)
        record_history(person, "measure.stopped", f"measure:{slug}", {"name": measure.name, "reason": reason})
    return measure


def resume_measure(person: Person | None, slug: str) -> Measure:
    """Take a stopped measure up again."""
    return measuring.retire_measure(person, slug, retire=False)


def _row(person: Person, tested: Tested, boards: dict[int, Board]) -> Row:
    if tested.kind == "measure":
        href = reverse("measure", args=[tested.id])
        may = allows(person, "edit", "measures")
        return Row(tested, href, href if may else "", reverse("stop_measure", args=[tested.id]) if may else "")
    href = f"{reverse('board', args=[tested.board])}#pin-{tested.id}"
    may = may_edit(person, boards[tested.board])
    return Row(
        tested,
        href,
        reverse("change_pin", args=[tested.id]) if may else "",
        reverse("stop_pin", args=[tested.id]) if may else "",
    )
