"""Themes for programs: what customers say that no cause fits."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from headwater.base.accounts import person
from headwater.base.problems import REFUSALS
from headwater.insight import themes as services
from headwater.insight.api.figures import Figure, figure
from headwater.insight.models import Theme

router = Router(tags=["insight"])


class ThemeRow(Schema):
    """``growth``: how many times as frequent among comments as in the twelve weeks before. ``nearest_cause``: the cause
    that most of its comments were given, "" where there is none. ``cause``: what it was made, or what it joined."""

    id: int
    name: str
    words: list[str]
    size: int
    customers: int
    negative: int
    positive: int
    contacts: int
    growth: Figure
    stage: str
    nearest_cause: str
    state: Literal["new", "promoted", "dismissed"]
    cause: str
    joined: bool
    reason: str
    edition: int


class ThemesAnswer(Schema):
    rows: list[ThemeRow]
    looked_at: int
    unfit: int


class Promotion(Schema):
    """``cause``: the id of a cause that it joins; without one it becomes a cause of its own, called ``name``."""

    name: str = Field("", max_length=services.NAME_LENGTH)
    cause: str = Field("", max_length=80)
    edition: int | None = Field(None, ge=0, le=2**31 - 1)


class Dismissal(Schema):
    reason: str = Field(min_length=1, max_length=services.REASON_LENGTH)
    edition: int | None = Field(None, ge=0, le=2**31 - 1)


@router.get("/themes", response={200: ThemesAnswer, **REFUSALS}, operation_id="list_themes")
def list_themes(request: HttpRequest) -> dict[str, Any]:
    """Every theme, those that wait for a decision first."""
    found = services.themes(person(request))
    return {
        "rows": [_row(row) for row in (*found.new, *found.near, *found.liked, *found.decided)],
        "looked_at": found.search.looked_at if found.search else 0,
        "unfit": found.search.unfit if found.search else 0,
    }


@router.post("/themes/{theme_id}/promote", response={200: ThemeRow, **REFUSALS}, operation_id="promote_theme")
def post_promotion(request: HttpRequest, theme_id: int, given: Promotion) -> dict[str, Any]:
    """Make a theme a cause of the journey, or have it join one; its typical comments become examples."""
    me = person(request)
    if given.cause:
        return _row(services.join_theme(me, theme_id, given.cause, edition=given.edition))
    return _row(services.promote_theme(me, theme_id, given.name, edition=given.edition))


@router.post("/themes/{theme_id}/dismiss", response={200: ThemeRow, **REFUSALS}, operation_id="dismiss_theme")
def post_dismissal(request: HttpRequest, theme_id: int, given: Dismissal) -> dict[str, Any]:
    """Say that a theme is none, and why."""
    return _row(services.dismiss_theme(person(request), theme_id, given.reason, edition=given.edition))


def _row(row: Theme) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in ThemeRow.model_fields if name != "growth"}
    return {**kept, "growth": figure(services.growth(row))}
