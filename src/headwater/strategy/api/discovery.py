"""Discovery for programs: the path, its candidates, answers and the draft it ends with."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.science.results import Estimate
from headwater.strategy import discovery as services
from headwater.strategy.discovery_questions import Candidate
from headwater.strategy.models import Discovery

router = Router(tags=["discovery"])


class QuestionOut(Schema):
    department: str
    key: str
    text: str


class CandidateOut(Schema):
    """``hurt`` is the share of all customers, 0…1, null without a verdict; ``spared`` by half of it gone."""

    cause: str
    name: str
    customers: int
    hurt: float | None
    low: float | None
    high: float | None
    contacts: int
    spared: int | None
    departments: list[str]


class DiscoveryOut(Schema):
    """``state`` is ``none`` before anybody began."""

    state: Literal["none", "open", "drafted"]
    step: str
    chosen: list[str]
    answers: int
    questions: list[QuestionOut]
    candidates: list[CandidateOut]


class AnswerBody(Schema):
    """Without a department and with the question ``note`` it is a note on the whole."""

    department: str = Field("", max_length=60)
    question: str = Field(max_length=140)
    text: str = Field(min_length=1, max_length=services.TEXT_LENGTH)
    said_by: str = Field("", max_length=120)


class ChoiceBody(Schema):
    chosen: list[str] = Field(max_length=20)


@router.get("/strategy/discovery", response={200: DiscoveryOut, **REFUSALS}, operation_id="get_discovery")
def get_discovery(request: HttpRequest) -> dict[str, Any]:
    """Return how far the path is, what to ask, and what could be taken on."""
    require(request.user, "view", "strategy")
    return _discovery(services.going_on())


@router.post("/strategy/discovery", response={200: DiscoveryOut, **REFUSALS}, operation_id="start_discovery")
def start_discovery(request: HttpRequest) -> dict[str, Any]:
    """Begin, or join the path that is being walked."""
    person: Any = request.user
    return _discovery(services.start(person))


@router.post("/strategy/discovery/answers", response={200: DiscoveryOut, **REFUSALS}, operation_id="answer_discovery")
def answer_discovery(request: HttpRequest, body: AnswerBody) -> dict[str, Any]:
    """Keep an answer; the same words twice are one."""
    person: Any = request.user
    services.give_answer(person, body.department, body.question, body.text, said_by=body.said_by)
    return _discovery(services.going_on())


@router.put("/strategy/discovery/chosen", response={200: DiscoveryOut, **REFUSALS}, operation_id="choose_discovery")
def choose_discovery(request: HttpRequest, body: ChoiceBody) -> dict[str, Any]:
    """Choose the causes to take on, the most important first."""
    person: Any = request.user
    return _discovery(services.choose(person, body.chosen))


@router.post("/strategy/discovery/draft", response={200: DiscoveryOut, **REFUSALS}, operation_id="draft_discovery")
def draft_discovery(request: HttpRequest) -> dict[str, Any]:
    """End the path: propose outcomes and issues in the draft of the strategy."""
    person: Any = request.user
    return _discovery(services.draft_strategy(person))


def _discovery(row: Discovery | None) -> dict[str, Any]:
    return {
        "state": "none" if row is None else "drafted" if row.drafted_at else "open",
        "step": row.step if row else "",
        "chosen": row.chosen if row else [],
        "answers": row.answers.count() if row else 0,
        "questions": [
            {"department": function.department.id, "key": question.key, "text": question.text}
            for function in services.functions()
            for question in function.questions
        ],
        "candidates": [_candidate(one) for one in services.candidates()],
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    known = one.hurt if isinstance(one.hurt, Estimate) else None
    return {
        "cause": one.cause.id,
        "name": one.cause.name,
        "customers": one.customers,
        "hurt": known.estimate if known else None,
        "low": known.low if known else None,
        "high": known.high if known else None,
        "contacts": one.contacts,
        "spared": one.spared[0] if one.spared else None,
        "departments": list(one.departments),
    }
