"""Search by name, for programs."""

from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.problems import REFUSALS
from headwater.insight.search import LONGEST, search

router = Router(tags=["insight"])


class Found(Schema):
    kind: str
    name: str
    href: str
    note: str


class Wanted(Schema):
    q: str = Field("", max_length=LONGEST)


@router.get("/search", response={200: list[Found], **REFUSALS}, operation_id="search")
def get_search(request: HttpRequest, wanted: Query[Wanted]) -> list[dict[str, Any]]:
    """Find stages, moments, causes, departments and metrics by name, the closest first."""
    found = search(request.user, wanted.q)
    return [{"kind": one.kind, "name": one.name, "href": one.href, "note": one.note} for one in found]
