"""Agreement on the journey, for programs."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Field, Router, Schema

from headwater.base.accounts import person
from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.journey import agreement
from headwater.journey.agreement_rules import StageAgreement, State

router = Router(tags=["agreement"])
Reason = Annotated[str, Field(max_length=agreement.REASON_LENGTH)]


class AnswerOut(Schema):
    """What one department says of a stage; ``state`` is of the stage as it reads now."""

    department: int
    name: str
    asks: str
    state: State
    asked_at: datetime | None
    answer_id: int | None
    at: datetime | None
    by: str
    reason: str
    passed_to: str
    decision: str
    decision_reason: str


class StageAgreementOut(Schema):
    """How the departments that touch a stage see it."""

    stage: str
    name: str
    fingerprint: str
    settled: bool
    answers: list[AnswerOut]
    unmapped: list[str]


class AnswerIn(Schema):
    """A department's answer. ``seen`` is the fingerprint of the stage that was read."""

    department: Annotated[int, Field(ge=1, le=2**31 - 1)]
    agrees: bool
    reason: Reason = ""
    seen: Annotated[str, Field(max_length=16)] | None = None


class DecisionIn(Schema):
    """What becomes of an objection that was passed on."""

    keep: bool
    reason: Reason


@router.get("/agreement", response={200: list[StageAgreementOut], **REFUSALS}, summary="Agreement on the journey")
def get_agreement(request: HttpRequest) -> list[StageAgreementOut]:
    """Each published stage with what every department that touches it says."""
    require(request.user, "view", "agreement")
    return [_out(stage) for stage in agreement.stage_agreements().values()]


@router.post(
    "/agreement/{stage}/answers", response={200: StageAgreementOut, **REFUSALS}, summary="Agree or object to a stage"
)
def post_answer(request: HttpRequest, stage: str, body: AnswerIn) -> StageAgreementOut:
    """A head answers for a department; an objection needs a reason."""
    return _out(
        agreement.answer(
            person(request), stage, body.department, agrees=body.agrees, reason=body.reason, seen=body.seen
        )
    )


@router.post(
    "/agreement/objections/{answer_id}/decision",
    response={200: StageAgreementOut, **REFUSALS},
    summary="Decide an objection",
)
def post_decision(
    request: HttpRequest, answer_id: Annotated[int, Field(ge=1, le=2**31 - 1)], body: DecisionIn
) -> StageAgreementOut:
    """The named decider settles an objection that was open for 14 days."""
    return _out(agreement.decide(person(request), answer_id, keep=body.keep, reason=body.reason))


def _out(stage: StageAgreement) -> StageAgreementOut:
    answers = []
    for view in stage.answers:
        given = view.answer if view.state != "unanswered" else None
        answers.append(
            AnswerOut(
                department=view.department,
                name=view.name,
                asks=view.asks,
                state=view.state,
                asked_at=view.asked_at,
                answer_id=given.id if given else None,
                at=given.at if given else None,
                by=given.by if given else "",
                reason=given.reason if given else "",
                passed_to=given.passed_to if given else "",
                decision=given.decision if given else "",
                decision_reason=given.decision_reason if given else "",
            )
        )
    return StageAgreementOut(
        stage=stage.stage,
        name=stage.name,
        fingerprint=stage.fingerprint,
        settled=stage.settled,
        answers=answers,
        unmapped=list(stage.unmapped),
    )
