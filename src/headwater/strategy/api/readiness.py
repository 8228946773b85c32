"""Readiness for programs: every question with what is done about it, and changes to one."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.base.refusals import NotFound
from headwater.strategy import readiness as services
from headwater.strategy.readiness_questions import Item, Standing

router = Router(tags=["readiness"])


class Milestone(Schema):
    id: int
    text: str
    is_quick_win: bool
    due: date | None
    reached_on: date | None


class ReadinessItem(Schema):
    """``owner`` is a person's id. ``edition`` grows with each change: send it back as ``seen``."""

    key: str
    question: str
    owner: int | None
    due: date | None
    state: Literal["open", "under_way", "done", "set_aside"]
    answer: str
    says_yes: bool | None
    evidence_link: str
    files: list[str]
    milestones: list[Milestone]
    overdue: bool
    edition: int


class Readiness(Schema):
    """The counts leave the yes-or-no question about pay out; ``pay_on_score`` is its answer, null while not known."""

    total: int
    owned: int
    dated: int
    settled: int
    evidenced: int
    overdue: int
    pay_on_score: bool | None
    items: list[ReadinessItem]


class ReadinessChange(Schema):
    """Only the fields that are sent are set; ``seen`` is the edition that was read."""

    seen: int | None = Field(None, ge=0, le=2**31 - 1)
    owner: int | None = Field(None, ge=1, le=2**63 - 1)
    due: date | None = None
    state: Literal["open", "under_way", "done", "set_aside"] = "open"
    answer: str = Field("", max_length=services.ANSWER_LENGTH)
    says_yes: bool | None = None
    evidence_link: str = Field("", max_length=500)


class NewMilestone(Schema):
    text: str = Field(min_length=1, max_length=200)
    due: date | None = None
    is_quick_win: bool = False


@router.get("/strategy/readiness", response={200: Readiness, **REFUSALS}, operation_id="get_readiness")
def get_readiness(request: HttpRequest) -> dict[str, Any]:
    """Return the readiness list."""
    require(request.user, "view", "strategy")
    items, today = services.items(), timezone.localdate()
    standing = Standing.of(items, today)
    counts = {name: getattr(standing, name) for name in Standing.__dataclass_fields__}
    return {**counts, "items": [_item(item, today) for item in items]}


@router.patch(
    "/strategy/readiness/{slug:key}", response={200: ReadinessItem, **REFUSALS}, operation_id="change_readiness"
)
def change_readiness(request: HttpRequest, key: str, change: ReadinessChange) -> dict[str, Any]:
    """Set fields of one question."""
    person: Any = request.user
    given = change.dict(exclude_unset=True, exclude={"seen"})
    if given.get("owner") is not None:
        owner = Person.objects.filter(pk=given["owner"]).first()
        if owner is None:
            raise NotFound("person_unknown", f"Nobody here has the number {given['owner']}.", "owner")
        given["owner"] = owner
    return _item(services.change_item(person, key, given, seen=change.seen), timezone.localdate())


@router.post(
    "/strategy/readiness/{slug:key}/milestones",
    response={200: ReadinessItem, **REFUSALS},
    operation_id="add_readiness_milestone",
)
def add_milestone(request: HttpRequest, key: str, new: NewMilestone) -> dict[str, Any]:
    """Add a milestone; the same text twice stays one."""
    person: Any = request.user
    item = services.add_milestone(person, key, new.text, due=new.due, is_quick_win=new.is_quick_win)
    return _item(item, timezone.localdate())


def _item(item: Item, today: date) -> dict[str, Any]:
    return {
        "key": item.key,
        "question": str(item.question.text),
        "owner": item.owner.pk if item.owner else None,
        "due": item.due,
        "state": item.state,
        "answer": item.answer,
        "says_yes": item.says_yes,
        "evidence_link": item.evidence_link,
        "files": [file.name for file in item.files],
        "milestones": [
            {name: getattr(one, name) for name in ("id", "text", "is_quick_win", "due", "reached_on")}
            for one in item.milestones
        ],
        "overdue": item.is_overdue(today),
        "edition": item.edition,
    }
