"""The listening grid, for programs."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.insight.api.causes import Asked
from headwater.insight.api.figures import Figure, figure
from headwater.insight.listening_grid import MORE, MOST_MORE, Grid, GridRow, listening_grid
from headwater.metrics.access import require_askable

router = Router(tags=["insight"])


class CellRow(Schema):
    """``share``: distinct customers heard ÷ all customers; ``hearing`` is thin below 30 signals."""

    ear: Literal["asked", "volunteered", "happened", "front_line"]
    signals: int
    customers: int
    share: float
    hearing: Literal["blind", "thin", "heard"]
    negative: Figure


class GridStage(Schema):
    """``stage`` is null for signals whose stage is not known."""

    stage: str | None
    name: str
    score: Figure
    cells: list[CellRow]


class Suggestion(Schema):
    """``more`` answers would narrow half the interval of the stage's score from ``before`` (null: none yet)."""

    stage: str
    answers: int
    more: int
    before: float | None
    after: float


class GridAnswer(Schema):
    metric: str
    customers: int
    rows: list[GridStage]
    suggestions: list[Suggestion]


class GridAsked(Asked):
    more: int = Field(MORE, ge=1, le=MOST_MORE)


@router.get("/listening-grid", response={200: GridAnswer, **REFUSALS}, operation_id="get_listening_grid")
def get_listening_grid(request: HttpRequest, asked: Query[GridAsked]) -> dict[str, Any]:
    """Return through which ears each stage is heard, and the best data to get next."""
    require(request.user, "view", "figures")
    selection = asked.selection()
    require_askable(request.user, (), selection.filter())
    return as_json(listening_grid(selection, more=asked.more))


def as_json(found: Grid) -> dict[str, Any]:
    return {
        "metric": found.metric.name,
        "customers": found.customers,
        "rows": [_row(row) for row in (*found.rows, found.unplaced)],
        "suggestions": [
            {
                "stage": one.stage.id,
                "answers": one.answers,
                "more": one.more,
                "before": one.before,
                "after": one.after,
            }
            for one in found.suggestions
        ],
    }


def _row(row: GridRow) -> dict[str, Any]:
    return {
        "stage": row.stage.id if row.stage else None,
        "name": row.stage.name if row.stage else "",
        "score": figure(row.score),
        "cells": [
            {
                "ear": cell.ear,
                "signals": cell.n,
                "customers": cell.customers,
                "share": cell.share,
                "hearing": cell.hearing,
                "negative": figure(cell.negative),
            }
            for cell in row.cells
        ],
    }
