"""When a stage is settled: pure rules over what departments answered, the stage as it reads now, and the clock."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal

from headwater.journey.taxonomy import Moment, Stage

TIME_TO_SETTLE = timedelta(days=14)
"""How long an objection may stay open among departments before it goes to the decider."""

State = Literal["agreed", "objected", "to_change", "kept", "unanswered"]
CLOSED: frozenset[State] = frozenset(["agreed", "kept"])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a department said last. ``fingerprint`` is of the stage as it read then; ``decision`` of the decider."""

    id: int
    fingerprint: str
    agrees: bool
    reason: str
    by: str
    at: datetime
    passed_to: str = ""
    passed_at: datetime | None = None
    decision: Literal["", "keep", "change"] = ""
    decision_reason: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DepartmentView:
    """How one department sees a stage. ``asks`` is who answers for it: empty when it has no head."""

    department: int
    name: str
    asks: str
    state: State
    answer: Answer | None
    asked_at: datetime | None = None

    @property
    def outdated(self) -> bool:
        """Whether it answered once, about a stage that read otherwise."""
        return self.state == "unanswered" and self.answer is not None


@dataclass(frozen=True, slots=True)
class StageAgreement:
    """How the departments that touch a stage see it. ``unmapped`` names those of the pack that are none of ours."""

    stage: str
    name: str
    fingerprint: str
    answers: tuple[DepartmentView, ...]
    unmapped: tuple[str, ...] = ()

    @property
    def settled(self) -> bool:
        """All have answered and no objection is open; a stage that no department touches is not settled."""
        return bool(self.answers) and all(view.state in CLOSED for view in self.answers)

    @property
    def agreed(self) -> tuple[DepartmentView, ...]:
        """Those with nothing open: they agreed, or their objection was decided."""
        return tuple(view for view in self.answers if view.state in CLOSED)

    @property
    def objections(self) -> tuple[DepartmentView, ...]:
        """Those whose objection is open."""
        return tuple(view for view in self.answers if view.state in ("objected", "to_change"))

    @property
    def unanswered(self) -> tuple[DepartmentView, ...]:
        """Those who have not answered about the stage as it reads now."""
        return tuple(view for view in self.answers if view.state == "unanswered")


def fingerprint(stage: Stage, moments: Sequence[Moment]) -> str:
    """A digest of what heads agree to: the words of a stage and its moments, and who does what there.

    Example phrases and the places of stages are left out: they teach the labeller and lay out the map.
    """
    content = [stage.name, stage.description, [_agreed_of(moment) for moment in moments]]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _agreed_of(moment: Moment) -> dict[str, object]:
    return {key: value for key, value in asdict(moment).items() if key not in ("examples", "stage")}


def state_of(answer: Answer | None, now_reads: str) -> State:
    """Where a department stands: an answer about a stage that read otherwise is none."""
    if answer is None or answer.fingerprint != now_reads:
        return "unanswered"
    if answer.agrees:
        return "agreed"
    return {"": "objected", "keep": "kept", "change": "to_change"}[answer.decision]  # type: ignore[return-value]


def passes_at(answer: Answer) -> datetime:
    """When an objection goes to the decider, unless it was settled before."""
    return answer.at + TIME_TO_SETTLE


def goes_to_decider(answer: Answer | None, now_reads: str, now: datetime) -> bool:
    """Whether an objection is open, was not passed on yet, and has been open for 14 days."""
    if answer is None or state_of(answer, now_reads) != "objected" or answer.passed_at is not None:
        return False
    return passes_at(answer) <= now
