"""Editing the journey by program: the draft, its items, undo, publishing; and who answers for a moment."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.accounts import person
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.base.refusals import NotFound
from headwater.journey import moments, queries, services
from headwater.journey.api.taxonomy import TaxonomyAnswer
from headwater.journey.differences import Difference, Kind
from headwater.journey.documents import written

router = Router(tags=["journey"])
Id = Annotated[str, Field(max_length=60)]
Parent = Annotated[str, Field(max_length=130)]
Seen = Annotated[int | None, Query(ge=0, le=2**31 - 1)]


class DifferenceOut(Schema):
    """One difference, with the names of the fields that changed."""

    kind: Kind
    id: str
    name: str
    what: Literal["added", "removed", "changed", "moved"]
    fields: list[str]

    @staticmethod
    def of(difference: Difference) -> "DifferenceOut":
        """A difference as programs read it."""
        fields = [field.name for field in difference.fields]
        return DifferenceOut(
            kind=difference.kind, id=difference.id, name=difference.name, what=difference.what, fields=fields
        )


class DraftAnswer(Schema):
    """The draft: the taxonomy as it would be published, and how it differs from what is."""

    edition: int
    steps: int
    taxonomy: TaxonomyAnswer
    differences: list[DifferenceOut]


class ItemIn(Schema):
    """Fields of an item by their names, as in a pack file; its id is made from its name."""

    values: dict[str, Any]


class PlaceIn(Schema):
    """Where an item goes: a stage under a journey, a moment under a stage, a touchpoint under ``stage/moment``."""

    parent: Parent = ""
    index: Annotated[int, Field(ge=0, le=1000)]


class ItemOut(Schema):
    """The item that was added or changed."""

    kind: Kind
    id: str
    name: str


class LeaderIn(Schema):
    """Who answers for a moment; null for nobody."""

    person: Annotated[int, Field(ge=1, le=2**31 - 1)] | None


class LeaderOut(Schema):
    """Who answers for a moment."""

    moment: str
    person: int | None
    name: str


class PublishedOut(Schema):
    """The version that counts now."""

    version: int


@router.get("/taxonomy/draft", response={200: DraftAnswer, **REFUSALS}, summary="The draft of the journey")
def get_draft(request: HttpRequest) -> dict[str, Any]:
    """The draft as those who edit see it; 404 while there is none."""
    require(request.user, "edit", "taxonomy")
    found = queries.draft()
    if found is None:
        raise NotFound("taxonomy.no_draft", "There is no draft; what is published counts and nothing waits.")
    return {
        "edition": found.edition,
        "steps": found.steps,
        "taxonomy": {"version": found.taxonomy.version, **written(found.taxonomy)},
        "differences": [DifferenceOut.of(one) for one in found.differences],
    }


@router.post("/taxonomy/draft/{kind}", response={200: ItemOut, **REFUSALS}, summary="Add an item to the draft")
def post_item(request: HttpRequest, kind: Kind, body: ItemIn) -> ItemOut:
    """Add a journey, stage, moment, touchpoint, cause or department."""
    item = services.add_item(person(request), kind, body.values)
    return ItemOut(kind=kind, id=item.id, name=item.name)


@router.patch("/taxonomy/draft/{kind}/{item}", response={200: ItemOut, **REFUSALS}, summary="Change an item")
def patch_item(request: HttpRequest, kind: Kind, item: Id, body: ItemIn) -> ItemOut:
    """Set fields of an item in the draft; those not named stay."""
    changed = services.change_item(person(request), kind, item, body.values)
    return ItemOut(kind=kind, id=changed.id, name=changed.name)


@router.put("/taxonomy/draft/{kind}/{item}/place", response={204: None, **REFUSALS}, summary="Place an item")
def put_place(request: HttpRequest, kind: Kind, item: Id, body: PlaceIn) -> tuple[int, None]:
    """Put an item under a parent, as number ``index`` (from 0) of what is there."""
    services.place_item(person(request), kind, item, body.parent, body.index)
    return 204, None


@router.delete("/taxonomy/draft/{kind}/{item}", response={204: None, **REFUSALS}, summary="Remove an item")
def delete_item(request: HttpRequest, kind: Kind, item: Id) -> tuple[int, None]:
    """Remove an item from the draft; refused while others use it."""
    services.remove_item(person(request), kind, item)
    return 204, None


@router.post("/taxonomy/undo", response={200: list[DifferenceOut], **REFUSALS}, summary="Undo the last edit")
def post_undo(request: HttpRequest, edition: Seen = None) -> list[DifferenceOut]:
    """Take the last edit of the draft back, unless someone edited it since ``edition``."""
    return [DifferenceOut.of(one) for one in services.undo_edit(person(request), edition)]


@router.post("/taxonomy/publish", response={200: PublishedOut, **REFUSALS}, summary="Publish the draft")
def post_publish(request: HttpRequest, edition: Seen = None) -> PublishedOut:
    """Make the draft count, unless someone edited it since ``edition``; what customers said is read again."""
    return PublishedOut(version=services.publish_draft(person(request), seen=edition).version)


@router.delete("/taxonomy/draft", response={204: None, **REFUSALS}, summary="Discard the draft")
def delete_draft(request: HttpRequest, edition: Seen = None) -> tuple[int, None]:
    """Throw the draft away, unless someone edited it since ``edition``; what is published stays."""
    services.discard_draft(person(request), seen=edition)
    return 204, None


@router.get("/moments/leaders", response={200: list[LeaderOut], **REFUSALS}, summary="Who answers for each moment")
def get_leaders(request: HttpRequest) -> list[LeaderOut]:
    """The accountable leader of each published moment, null where nobody is named."""
    require(request.user, "view", "taxonomy")
    leaders = moments.leaders()
    return [_leader(moment.id, leaders.get(moment.id)) for moment in queries.taxonomy().moments]


@router.put("/moments/{moment}/leader", response={200: LeaderOut, **REFUSALS}, summary="Name who answers for a moment")
def put_leader(request: HttpRequest, moment: Id, body: LeaderIn) -> LeaderOut:
    """Name the accountable leader, or nobody; counts at once."""
    who = person(request)
    require(who, "publish", "taxonomy")
    leader = Person.objects.filter(pk=body.person).first() if body.person else None
    if body.person and leader is None:
        raise NotFound("moment.leader_unknown", f"There is no person {body.person}.", "person")
    moments.set_leader(who, moment, leader)
    return _leader(moment, leader)


def _leader(moment: str, leader: Person | None) -> LeaderOut:
    return LeaderOut(moment=moment, person=leader.pk if leader else None, name=leader.name if leader else "")
