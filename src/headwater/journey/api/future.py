"""The journey to come and touchpoints, for programs."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from headwater.base.accounts import person
from headwater.base.models import Person
from headwater.base.permissions import allows, require
from headwater.base.problems import REFUSALS
from headwater.base.refusals import NotFound
from headwater.journey import future
from headwater.journey.api.editing import DifferenceOut, Id, ItemIn, ItemOut, PublishedOut
from headwater.journey.api.taxonomy import TaxonomyAnswer
from headwater.journey.differences import Kind
from headwater.journey.documents import written
from headwater.journey.seen import MAX_LENGTH
from headwater.journey.services import edited, fingerprint
from headwater.journey.touchpoints import touchpoint_list

router = Router(tags=["future"])
Key = Annotated[str, Field(max_length=140)]


class StepOut(Schema):
    """One difference from today's, and what was decided about it ("" for nothing yet)."""

    key: str
    difference: DifferenceOut
    decision: Literal["", "carried", "dropped"]
    initiative: str
    owner: int | None
    link: str
    reason: str


class FutureAnswer(Schema):
    """The journey to come; version 0 before it is first published."""

    version: int
    is_draft: bool
    undecided: int
    taxonomy: TaxonomyAnswer
    steps: list[StepOut]


class StepIn(Schema):
    """An initiative that carries a difference, or (``reason`` alone) why it is dropped."""

    initiative: Annotated[str, Field(max_length=future.NAME_LENGTH)] = ""
    owner: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    link: Annotated[str, Field(max_length=future.LINK_LENGTH)] = ""
    reason: Annotated[str, Field(max_length=future.REASON_LENGTH)] = ""


class FutureItemIn(ItemIn):
    """Fields of an item that change; ``seen`` as it was read: refused (409) when someone else changed it since."""

    seen: Annotated[str, Field(max_length=MAX_LENGTH)] | None = None


class FutureItemOut(ItemOut):
    """An item of the journey to come as it is edited, with what a change of it names as ``seen``."""

    values: dict[str, Any]
    seen: str


class TouchpointOut(Schema):
    """A touchpoint in use: its signals of the last 90 days (null: it has no filter), whether to retire it."""

    id: str
    name: str
    stage: str
    moment: str
    channel: str
    signals: int | None
    suggested: bool


@router.get("/future", response={200: FutureAnswer, **REFUSALS}, summary="The journey to come")
def get_future(request: HttpRequest) -> dict[str, Any]:
    """The journey to come with its differences from today's; those who edit see edits that wait."""
    require(request.user, "view", "taxonomy")
    found = future.future(edited=allows(request.user, "edit", "taxonomy"))
    if found is None:
        raise NotFound("future.none", "There is no journey to come yet.")
    return {
        "version": found.version,
        "is_draft": found.is_draft,
        "undecided": len(found.undecided),
        "taxonomy": {"version": found.version, **written(found.taxonomy)},
        "steps": [_step(step) for step in found.steps],
    }


@router.post("/future", response={204: None, **REFUSALS}, summary="Begin the journey to come")
def post_future(request: HttpRequest) -> tuple[int, None]:
    """Begin it as a copy of today's."""
    future.start_future(person(request))
    return 204, None


@router.post("/future/publish", response={200: PublishedOut, **REFUSALS}, summary="Publish the journey to come")
def post_publish_future(request: HttpRequest) -> PublishedOut:
    """Have everyone see it as it is edited now."""
    return PublishedOut(version=future.publish_future(person(request)))


@router.post("/future/items/{kind}", response={200: ItemOut, **REFUSALS}, summary="Add to the journey to come")
def post_future_item(request: HttpRequest, kind: Kind, body: ItemIn) -> ItemOut:
    """Add an item to the journey to come."""
    item = future.add_item(person(request), kind, body.values)
    return ItemOut(kind=kind, id=item.id, name=item.name)


@router.get("/future/items/{kind}/{item}", response={200: FutureItemOut, **REFUSALS}, summary="One item to come")
def get_future_item(request: HttpRequest, kind: Kind, item: Id) -> FutureItemOut:
    """An item of the journey to come as it is edited now."""
    require(request.user, "edit", "taxonomy")
    found = future.item_of(kind, item)
    return FutureItemOut(kind=kind, id=found.id, name=found.name, values=edited(found), seen=fingerprint(found))


@router.patch("/future/items/{kind}/{item}", response={200: ItemOut, **REFUSALS}, summary="Change the journey to come")
def patch_future_item(request: HttpRequest, kind: Kind, item: Id, body: FutureItemIn) -> ItemOut:
    """Set fields of an item of the journey to come."""
    changed = future.change_item(person(request), kind, item, body.values, seen=body.seen)
    return ItemOut(kind=kind, id=changed.id, name=changed.name)


@router.delete("/future/items/{kind}/{item}", response={204: None, **REFUSALS}, summary="Leave an item out")
def delete_future_item(request: HttpRequest, kind: Kind, item: Id) -> tuple[int, None]:
    """Leave an item out of the journey to come."""
    future.remove_item(person(request), kind, item)
    return 204, None


@router.put("/future/differences/{key}", response={200: StepOut, **REFUSALS}, summary="Carry or drop a difference")
def put_decision(request: HttpRequest, key: Key, body: StepIn) -> StepOut:
    """Have an initiative carry a difference; without an initiative, drop it with a reason."""
    who = person(request)
    require(who, "edit", "taxonomy")
    if body.initiative:
        owner = Person.objects.filter(pk=body.owner).first() if body.owner else None
        if body.owner and owner is None:
            raise NotFound("future.owner_unknown", f"There is no person {body.owner}.", "owner")
        future.carry(who, key, body.initiative, owner=owner, link=body.link)
    else:
        future.drop(who, key, body.reason)
    return _step(future.step_of(key))


@router.delete("/future/differences/{key}", response={204: None, **REFUSALS}, summary="Take a decision back")
def delete_decision(request: HttpRequest, key: Key) -> tuple[int, None]:
    """Take back what was decided about a difference."""
    future.reopen(person(request), key)
    return 204, None


@router.get("/touchpoints", response={200: list[TouchpointOut], **REFUSALS}, summary="Touchpoints and their data")
def get_touchpoints(request: HttpRequest) -> list[TouchpointOut]:
    """Every published touchpoint in use with its signals of the last 90 days."""
    require(request.user, "view", "taxonomy")
    found = touchpoint_list(edited=False)
    return [
        TouchpointOut(
            id=use.touchpoint.id,
            name=use.touchpoint.name,
            stage=use.touchpoint.stage,
            moment=use.touchpoint.moment or "",
            channel=use.touchpoint.channel,
            signals=use.signals,
            suggested=use in found.suggested,
        )
        for use in found.uses
    ]


def _step(step: future.Step) -> StepOut:
    decision = step.decision
    return StepOut(
        key=step.key,
        difference=DifferenceOut.of(step.difference),
        decision="" if decision is None else "carried" if decision.initiative else "dropped",
        initiative=decision.initiative if decision else "",
        owner=decision.owner_id if decision else None,
        link=decision.link if decision else "",
        reason=decision.reason if decision else "",
    )
