"""Guideposts for programs: what is published, and the draft."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.strategy import guideposts as services
from headwater.strategy.guidepost_documents import LINES, Guidepost

router = Router(tags=["guideposts"])


class AuthorityBody(Schema):
    """``limit`` in whole units of the company's currency; null: none."""

    text: str = Field(max_length=200)
    limit: int | None = Field(None, ge=1, le=1_000_000)


class GuidepostBody(Schema):
    """``seen`` is the edition of the draft that was read."""

    always: list[str] = Field(default_factory=list, max_length=LINES)
    never: list[str] = Field(default_factory=list, max_length=LINES)
    may: list[AuthorityBody] = Field(default_factory=list, max_length=LINES)
    seen: int | None = Field(None, ge=0, le=2**31 - 1)


class GuidepostOut(Schema):
    moment: str
    always: list[str]
    never: list[str]
    may: list[AuthorityBody]


class GuidepostsOut(Schema):
    """``edition`` is the draft's; for what is published it is null."""

    version: int
    edition: int | None
    guideposts: list[GuidepostOut]


@router.get("/guideposts", response={200: GuidepostsOut, **REFUSALS}, operation_id="list_guideposts")
def list_guideposts(request: HttpRequest) -> dict[str, Any]:
    """List the published guideposts of every moment."""
    require(request.user, "view", "strategy")
    now = services.current()
    return {"version": now.version, "edition": None, "guideposts": [_one(one) for one in now.guideposts]}


@router.put("/guideposts/{slug:moment_id}", response={200: GuidepostsOut, **REFUSALS}, operation_id="change_guidepost")
def change_guidepost(request: HttpRequest, moment_id: str, body: GuidepostBody) -> dict[str, Any]:
    """Write the guideposts of one moment into the draft; returns the draft."""
    person: Any = request.user
    draft = services.change_guidepost(person, moment_id, body.dict(exclude={"seen"}), seen=body.seen)
    return {
        "version": draft.guideposts.version,
        "edition": draft.edition,
        "guideposts": [_one(one) for one in draft.guideposts.guideposts],
    }


@router.post("/guideposts/draft/publish", response={200: GuidepostsOut, **REFUSALS}, operation_id="publish_guideposts")
def publish_guideposts(
    request: HttpRequest, seen: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None
) -> dict[str, Any]:
    """Make the draft count, unless someone edited it since the edition ``seen``."""
    person: Any = request.user
    now = services.publish(person, seen=seen)
    return {"version": now.version, "edition": None, "guideposts": [_one(one) for one in now.guideposts]}


def _one(one: Guidepost) -> dict[str, Any]:
    may = [{"text": authority.text, "limit": authority.limit} for authority in one.may]
    return {"moment": one.moment, "always": list(one.always), "never": list(one.never), "may": may}
