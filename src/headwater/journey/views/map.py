"""The map on which the journey is edited: every change goes into the draft and answers with the map as it is then."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from headwater.base.accounts import person
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.journey import agreement, edits, layout, moments, queries, services
from headwater.journey.differences import Kind
from headwater.journey.layout import Lane
from headwater.journey.taxonomy import Item, Taxonomy

MAX_PLACES = 1000


@require_GET
def edit(request: HttpRequest) -> HttpResponse:
    """The map for those who edit it: the draft when there is one, else what is published."""
    require(person(request), "edit", "taxonomy")
    return render(request, "journey/map.html", _map(request))


@require_POST
def place_item(request: HttpRequest, kind: Kind, item_id: str) -> HttpResponse:
    """Put an item where it was dragged to, or moved by its arrow keys: under a parent, as number so and so."""
    who = person(request)
    index = request.POST.get("index", "")
    if not index.isascii() or not index.isdigit() or int(index[:9]) > MAX_PLACES:
        message = _("The place %s is none: it counts from 0, from the left or the top.")
        raise Refused("taxonomy.place", message % repr(index[:20]), "index")
    services.place_item(who, kind, item_id, request.POST.get("parent", ""), int(index))
    # The focus stays on the handle, so that the next arrow key moves the item on.
    return changed(request, _where(queries.edited(), kind, item_id))


@require_POST
def move_item(request: HttpRequest, kind: Kind, item_id: str) -> HttpResponse:
    """Move an item one place earlier or later among its siblings."""
    services.move_item(person(request), kind, item_id, 1 if request.POST.get("by") == "1" else -1)
    return changed(request, _where(queries.edited(), kind, item_id))


@require_GET
def name(request: HttpRequest, kind: Kind, item_id: str) -> HttpResponse:
    """The name of an item as it stands on the map, or (``rename``) as a field to write in."""
    require(person(request), "edit", "taxonomy")
    item = edits.find(queries.edited(), kind, item_id)
    context = {"kind": kind, "item": item, "may_edit": True, "focus": f"{kind}-{item.id}"}
    return render(request, f"journey/{'rename' if 'rename' in request.GET else 'name'}.html", context)


@require_POST
def rename_item(request: HttpRequest, kind: Kind, item_id: str) -> HttpResponse:
    """Give an item another name."""
    item = services.change_item(person(request), kind, item_id, {"name": request.POST.get("name", "")})
    return changed(request, _("It is called “%s” in the draft.") % item.name, f"{kind}-{item.id}")


@require_GET
def adding(request: HttpRequest, kind: Kind) -> HttpResponse:
    """The place where an item is added on the map: a button, or (``open``) a field for its name."""
    require(person(request), "edit", "taxonomy")
    context = {"kind": kind, "parent": request.GET.get("parent", ""), "open": "open" in request.GET}
    return render(request, "journey/add.html", context | {"focused": True})


@require_POST
def add_here(request: HttpRequest, kind: Kind) -> HttpResponse:
    """Add an item by its name alone, at the end of where it was written."""
    values = {"name": request.POST.get("name", "")} | edits.parent_values(kind, request.POST.get("parent", ""))
    item = services.add_item(person(request), kind, values)
    return changed(request, _("“%s” is added to the draft.") % item.name, f"{kind}-{item.id}")


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take the last edit of the draft back."""
    edition = request.POST.get("edition", "")
    seen = int(edition) if edition.isascii() and edition.isdigit() and len(edition) < 10 else None
    undone = services.undo_edit(person(request), seen)
    names = ", ".join(dict.fromkeys(difference.name for difference in undone[:3]))
    return changed(request, _("Taken back: %s.") % names)


def changed(request: HttpRequest, said: str, where: str = "") -> HttpResponse:
    """After a change: the map again, in place or as a page, where the person was; ``said`` is read out."""
    if getattr(request, "htmx", False):
        return render(request, "journey/map.html#map", _map(request, where) | {"said": said})
    messages.success(request, said)
    answer = redirect("journey_edit")
    if where:
        answer["Location"] += f"#{where}"
    return answer


def _map(request: HttpRequest, focus: str = "") -> dict[str, Any]:
    who = person(request)
    draft = queries.draft()
    published = queries.taxonomy()
    taxonomy = queries.edited()
    names = queries.department_names(taxonomy)
    lanes = layout.lanes(taxonomy, names)
    return {
        "taxonomy": taxonomy,
        "lanes": lanes,
        "lane": _chosen(request, lanes),
        "agreements": agreement.stage_agreements(),
        "leaders": moments.leaders(),
        "choice": moments.choice(taxonomy),
        "nowhere": [layout.placed_cause(cause, names) for cause in taxonomy.active_causes if not cause.stages],
        "inactive": [
            {"cause": cause, "into": taxonomy.cause(taxonomy.resolve(cause.id)) if cause.merged_into else None}
            for cause in taxonomy.causes
            if not cause.active
        ],
        "retired": [touchpoint for touchpoint in taxonomy.touchpoints if touchpoint.retired],
        "departments": [
            {"department": department, "name": names[department.id]} for department in taxonomy.departments
        ],
        "published": published,
        "draft": draft if draft and draft.differences else None,
        "edition": draft.edition if draft else 0,
        "steps": draft.steps if draft else 0,
        "changed": {f"{difference.kind}-{difference.id}" for difference in draft.differences} if draft else set(),
        "may_edit": True,
        "may_publish": allows(who, "publish", "taxonomy"),
        "may_map": allows(who, "manage", "departments"),
        "focus": focus,
    }


def _chosen(request: HttpRequest, lanes: tuple[Lane, ...]) -> Lane:
    """The journey that is shown: the one in the address, which within the map is that of the page around it."""
    htmx = getattr(request, "htmx", None)
    around = urlsplit(htmx.current_url or "").query if htmx else ""
    wanted = request.GET.get("journey") or parse_qs(around).get("journey", [""])[0]
    return next((lane for lane in lanes if lane.id == wanted), lanes[0])


def _where(taxonomy: Taxonomy, kind: Kind, item_id: str) -> str:
    """Where an item stands now, as a sentence."""
    item = edits.find(taxonomy, kind, item_id)
    siblings = edits.siblings(taxonomy, kind, item)
    place = [sibling.id for sibling in siblings].index(item_id) + 1
    said = {"name": item.name, "place": place, "all": len(siblings), "within": _within(taxonomy, item)}
    if said["within"]:
        return _("“%(name)s” is %(place)d of %(all)d in “%(within)s”.") % said
    return _("“%(name)s” is %(place)d of %(all)d.") % said


def _within(taxonomy: Taxonomy, item: Item) -> str:
    moment = taxonomy.moment(getattr(item, "moment", None) or "")
    stage = taxonomy.stage(getattr(item, "stage", None) or "")
    inside = moment or stage
    return inside.name if inside else ""
