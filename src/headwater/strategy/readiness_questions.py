"""The questions that decide whether a strategy is carried out, and how far their answers have come. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from headwater.base.models import Person

State = Literal["open", "under_way", "done", "set_aside"]
PAY_ON_SCORE: Final = "pay_on_score"


@dataclass(frozen=True, slots=True)
class Question:
    """A question; ``help`` says what counts as an answer. ``is_yes_no``: yes is a warning, not a task."""

    key: str
    title: Any
    text: Any
    help: Any
    is_yes_no: bool = False


QUESTIONS: Final = (
    Question(
        "behaviours",
        _("Behaviours"),
        _("Which behaviours need to change?"),
        _("What people will be seen to do differently, in words one can observe."),
    ),
    Question(
        "support",
        _("Support"),
        _("What support do people need to behave so?"),
        _("From their leaders, from other departments, in time and authority."),
    ),
    Question(
        "processes",
        _("Processes across functions"),
        _("Which new processes do functions need to work together?"),
        _("Hand-offs, shared goals, who decides when two functions disagree."),
    ),
    Question(
        "communication",
        _("Communication"),
        _("How is progress told, and how do employees learn what was achieved?"),
        _("Where, how often, by whom; and how they answer back."),
    ),
    Question(
        "appraisal",
        _("Appraisal and incentives"),
        _("Is achieving the strategy part of appraisals and incentives, for leaders and the front line?"),
        _("Tie it to outcomes and behaviours, never one person’s pay to a survey score."),
    ),
    Question(
        "recruiting",
        _("Recruiting"),
        _("Does recruiting need to change?"),
        _("Whom we look for, and what we tell candidates we promise our customers."),
    ),
    Question(
        "hiring",
        _("Hiring"),
        _("Does hiring need to change?"),
        _("What we ask and test before we choose someone."),
    ),
    Question(
        "onboarding",
        _("Onboarding"),
        _("Does onboarding need to change?"),
        _("What a new colleague learns of our customers in the first weeks."),
    ),
    Question(
        "training",
        _("Training"),
        _("Does training need to change?"),
        _("Which gaps it closes, and the short follow-ups that keep them closed."),
    ),
    Question(
        "investment",
        _("Investment in tools"),
        _("Which investments in technology and tools do employees need?"),
        _("What it costs, who pays, by when it helps."),
    ),
    Question(
        "milestones",
        _("Milestones and quick wins"),
        _("How are milestones and quick wins recognised and celebrated?"),
        _("Name them with a date; a quick win early gathers momentum."),
    ),
    Question(
        PAY_ON_SCORE,
        _("Pay and survey scores"),
        _("Does anybody’s pay depend on a survey score?"),
        _("A bonus tied to a score teaches people to beg for it, and spoils the score."),
        is_yes_no=True,
    ),
)
BY_KEY: Final = {question.key: question for question in QUESTIONS}


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something an item should show by ``due``; ``reached_on`` is None until it did."""

    id: int
    text: str
    is_quick_win: bool
    due: date | None
    reached_on: date | None

    def is_overdue(self, today: date) -> bool:
        return self.reached_on is None and self.due is not None and self.due < today


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that shows that an item is in place; ``id`` is its address."""

    id: int
    name: str
    size: int
    uploaded_at: Any


@dataclass(frozen=True, slots=True)
class Item:
    """A question with what the company does about it. ``says_yes`` belongs to yes-or-no questions alone."""

    question: Question
    owner: Person | None = None
    due: date | None = None
    state: State = "open"
    answer: str = ""
    says_yes: bool | None = None
    evidence_link: str = ""
    files: tuple[Evidence, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    edition: int = 0

    @property
    def key(self) -> str:
        return self.question.key

    @property
    def has_evidence(self) -> bool:
        return bool(self.evidence_link or self.files)

    @property
    def open_milestones(self) -> tuple[Milestone, ...]:
        """Those not reached yet, the next one first."""
        return tuple(one for one in self.milestones if one.reached_on is None)

    @property
    def is_settled(self) -> bool:
        """In place, not needed, or a yes-or-no question that somebody answered."""
        return self.state in ("done", "set_aside") or (self.question.is_yes_no and self.says_yes is not None)

    def is_overdue(self, today: date) -> bool:
        """Its own date has passed, or that of a milestone, and it is not settled."""
        if self.is_settled:
            return False
        late = self.due is not None and self.due < today
        return late or any(milestone.is_overdue(today) for milestone in self.milestones)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the list has come. The yes-or-no question is left out of every count: it is a warning, not a task."""

    total: int
    owned: int
    dated: int
    settled: int
    evidenced: int
    overdue: int
    pay_on_score: bool | None

    @classmethod
    def of(cls, items: Sequence[Item], today: date) -> Standing:
        tasks = [item for item in items if not item.question.is_yes_no]
        pay = next((item.says_yes for item in items if item.key == PAY_ON_SCORE), None)
        return cls(
            total=len(tasks),
            owned=sum(item.owner is not None for item in tasks),
            dated=sum(item.due is not None for item in tasks),
            settled=sum(item.is_settled for item in tasks),
            evidenced=sum(item.has_evidence for item in tasks),
            overdue=sum(item.is_overdue(today) for item in tasks),
            pay_on_score=pay,
        )
