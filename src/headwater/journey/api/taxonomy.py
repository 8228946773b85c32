"""The journey for programs: the published taxonomy and the packs that ship with Headwater."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.journey import queries
from headwater.journey.documents import written
from headwater.journey.packs import PACKS, load_pack
from headwater.journey.taxonomy import Cause, Department, Journey, Moment, Stage, Touchpoint

router = Router(tags=["journey"])


class TaxonomyAnswer(Schema):
    """The published taxonomy; version 0 and empty before the first is published."""

    version: int
    stages: list[Stage]
    moments: list[Moment]
    causes: list[Cause]
    departments: list[Department]
    journeys: list[Journey] = []
    touchpoints: list[Touchpoint] = []


class PackAnswer(Schema):
    """A pack that ships with Headwater."""

    name: str
    version: int
    title: str
    description: str
    stages: int
    moments: int
    causes: int


class PackContent(TaxonomyAnswer):
    """A pack with everything in it."""

    name: str
    title: str
    description: str


@router.get("/taxonomy", response={200: TaxonomyAnswer, **REFUSALS}, summary="The published taxonomy")
def get_taxonomy(request: HttpRequest) -> dict[str, Any]:
    """Stages left to right, moments, causes and departments, as published."""
    require(request.user, "view", "taxonomy")
    found = queries.taxonomy()
    return {"version": found.version, **written(found)}


@router.get("/packs", response={200: list[PackAnswer], **REFUSALS}, summary="The packs")
def list_packs(request: HttpRequest) -> list[dict[str, Any]]:
    """The packs a company can start from."""
    require(request.user, "view", "taxonomy")
    return [
        {
            "name": pack.name,
            "version": pack.version,
            "title": pack.title,
            "description": pack.description,
            "stages": len(pack.stages),
            "moments": len(pack.moments),
            "causes": len(pack.causes),
        }
        for pack in map(load_pack, PACKS)
    ]


@router.get("/packs/{name}", response={200: PackContent, **REFUSALS}, summary="One pack")
def get_pack(request: HttpRequest, name: str) -> dict[str, Any]:
    """Everything a pack holds."""
    require(request.user, "view", "taxonomy")
    pack = load_pack(name)
    header = {"name": pack.name, "version": pack.version, "title": pack.title, "description": pack.description}
    return header | written(pack.taxonomy())
