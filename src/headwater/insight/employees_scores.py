"""How the employee health score and the burn-out risk are made of questions: editions that anybody can read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, cast

from django.db import transaction
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, Refused
from headwater.insight.models import EmployeeDefinition
from headwater.listening.employee_questions import AMOUNTS, COMMENT, ENPS, PULSE
from headwater.listening.models import EmployeeSource

Score = Literal["health", "burnout"]
SCORES: Final[tuple[Score, ...]] = ("health", "burnout")
MOST_ITEMS: Final = 60
MOST_WEIGHT: Final = 100.0
MAX_SOURCE: Final = 300
HSE: Final = "HSE Management Standards Indicator Tool: one question of each of its seven areas, equal weights"
CBI: Final = "Copenhagen Burnout Inventory, work-related burn-out: mean of seven questions (Kristensen and others 2005)"


@dataclass(frozen=True, slots=True)
class ScoreItem:
    """A question that counts. ``reversed``: a high answer lowers the score."""

    question: str
    weight: float = 1.0
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class ScoreDefinition:
    """A score in 0…100: the weighted mean of its questions. Edition 0 is the default that nobody changed."""

    score: Score
    edition: int
    items: tuple[ScoreItem, ...]
    source: str
    changed_by: str = ""
    changed_at: datetime | None = None


def _default(score: Score) -> ScoreDefinition:
    if score == "health":
        # 100 is the good end of health …
        asked = [one for one in PULSE.values() if one.id != ENPS and not one.id.startswith("cbi_")]
        return ScoreDefinition(score, 0, tuple(ScoreItem(one.id, 1.0, one.worse) for one in asked), HSE)
    # … and the bad end of burn-out.
    asked = [one for one in PULSE.values() if one.id.startswith("cbi_")]
    return ScoreDefinition(score, 0, tuple(ScoreItem(one.id, 1.0, not one.worse) for one in asked), CBI)


def definition(score: Score) -> ScoreDefinition:
    """The edition in force."""
    row = EmployeeDefinition.objects.filter(score=score).select_related("changed_by").first()
    return _read(row) if row is not None else _default(score)


def editions(score: Score) -> list[ScoreDefinition]:
    """Every edition, newest first; the default is the last."""
    rows = EmployeeDefinition.objects.filter(score=score).select_related("changed_by")
    return [*(_read(row) for row in rows), _default(score)]


def _read(row: EmployeeDefinition) -> ScoreDefinition:
    items = tuple(ScoreItem(one["question"], one["weight"], one["reversed"]) for one in row.items)
    by = row.changed_by.name if row.changed_by else ""
    return ScoreDefinition(cast("Score", row.score), row.edition, items, row.source, by, row.changed_at)


def known_questions() -> tuple[str, ...]:
    """Every question that can count: the published ones, and those that ever arrived."""
    asked = {one for questions in EmployeeSource.objects.values_list("questions", flat=True) for one in questions}
    return (*PULSE, *sorted(asked - set(PULSE) - set(AMOUNTS) - {COMMENT}))


def change_definition(
    person: Person | None, score: Score, items: Sequence[ScoreItem], source: str, *, edition: int
) -> ScoreDefinition:
    """Put another edition in force. ``edition`` is the one that was looked at."""
    require(person, "manage", "employee_signals")
    counting = _checked(items)
    if not source.strip() or len(source) > MAX_SOURCE:
        message = _("Say where this definition comes from, in at most %d characters.") % MAX_SOURCE
        raise Refused("source_missing", message, "source")
    with transaction.atomic():
        last = EmployeeDefinition.objects.select_for_update().filter(score=score).first()
        if (last.edition if last else 0) != edition:
            raise Conflict("definition_changed", _("Somebody changed this definition meanwhile; look at it again."))
        kept: list[dict[str, Any]] = [
            {"question": one.question, "weight": one.weight, "reversed": one.reversed} for one in counting
        ]
        made = EmployeeDefinition.objects.create(
            score=score, edition=edition + 1, items=kept, source=source.strip(), changed_by=person
        )
        data = {"score": str(made.get_score_display()), "edition": made.edition, "questions": len(kept)}
        record_history(person, "employees.score_changed", f"employee_score:{score}", data)
    return _read(made)


def _checked(items: Sequence[ScoreItem]) -> list[ScoreItem]:
    known = known_questions()
    counting = [one for one in items if one.weight > 0]
    if not counting:
        raise Refused("no_questions", _("Give at least one question a weight above 0."), "items")
    if len(counting) > MOST_ITEMS:
        message = _("A score counts at most %(most)d questions, not %(given)d.")
        raise Refused("too_many_questions", message % {"most": MOST_ITEMS, "given": len(counting)}, "items")
    for one in counting:
        if one.question not in known:
            message = _("There is no question “%s”; bring its answers in first.") % one.question[:60]
            raise Refused("unknown_question", message, "items")
        if not one.weight <= MOST_WEIGHT:
            message = _("A weight of %(weight)g for “%(question)s” is too much; at most %(most)g.")
            values = {"weight": one.weight, "question": one.question, "most": MOST_WEIGHT}
            raise Refused("bad_weight", message % values, "items")
    if len({one.question for one in counting}) != len(counting):
        raise Refused("question_twice", _("A question can count once only."), "items")
    return counting
