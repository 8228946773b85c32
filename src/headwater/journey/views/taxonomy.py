"""What publishing the draft of the journey would change, publishing it, throwing it away."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from headwater.base.accounts import person
from headwater.base.forms import edition_seen
from headwater.base.permissions import allows, require
from headwater.journey import queries, services


@require_GET
def draft(request: HttpRequest) -> HttpResponse:
    """What publishing the draft would change, item by item."""
    who = person(request)
    require(who, "edit", "taxonomy")
    context = {"draft": queries.draft(), "may_publish": allows(who, "publish", "taxonomy")}
    return render(request, "journey/draft.html", context)


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Publish the draft."""
    published = services.publish_draft(person(request), seen=edition_seen(request.POST))
    said = _("Version %d of the journey is published. What customers said is being read again with it.")
    messages.success(request, said % published.version)
    return redirect("journey_edit")


@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    """Discard the draft."""
    services.discard_draft(person(request), seen=edition_seen(request.POST))
    messages.success(request, _("The draft is discarded."))
    return redirect("journey_edit")
