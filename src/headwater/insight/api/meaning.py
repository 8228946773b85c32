"""Finding comments by words and by meaning, for programs."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.accounts import person
from headwater.base.problems import REFUSALS
from headwater.insight.api.causes import Asked
from headwater.insight.meaning import LONGEST, Way, search_verbatims
from headwater.metrics.access import require_askable

router = Router(tags=["insight"])


class SearchAsked(Asked):
    """``way``: by meaning, or by exact words and "phrases in quotation marks"."""

    q: str = Field(min_length=1, max_length=LONGEST)
    way: Way = "meaning"
    page: int = Field(1, ge=1, le=10_000)


class FoundVerbatim(Schema):
    """A comment that was found; ``similarity`` is the cosine to what was asked, null in a search by words."""

    signal_key: str
    day: date | None
    text: str
    similarity: float | None
    stage: str | None
    causes: list[str]
    negative: bool


class FoundVerbatims(Schema):
    rows: list[FoundVerbatim]
    page: int
    more: bool


@router.get("/verbatims/search", response={200: FoundVerbatims, **REFUSALS}, operation_id="search_verbatims")
def get_found(request: HttpRequest, asked: Query[SearchAsked]) -> dict[str, Any]:
    """Comments that mean something like ``q``, or say its words; only those that the token's owner may read."""
    selection = asked.selection()
    require_askable(request.user, (), selection.filter(), reads_words=True)
    found = search_verbatims(person(request), selection, asked.q, way=asked.way, number=asked.page)
    return {
        "rows": [
            {
                "signal_key": str(one.signal.signal_key),
                "day": one.signal.local_date,
                "text": one.signal.text or "",
                "similarity": one.similarity,
                "stage": one.signal.stage,
                "causes": list(one.signal.causes),
                "negative": one.signal.negative,
            }
            for one in found.rows
        ],
        "page": found.number,
        "more": found.has_next,
    }
