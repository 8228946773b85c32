"""The page about themes: what customers say that no cause fits."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from headwater.base.accounts import person
from headwater.base.charts import Row, share_bars
from headwater.base.forms import edition_seen
from headwater.base.models import Job
from headwater.base.permissions import allows
from headwater.insight import themes as services
from headwater.insight.models import Theme
from headwater.insight.themes_finding import FIND
from headwater.insight.themes_wording import growth_words, themes_note, themes_sentence
from headwater.journey.queries import draft, edited, taxonomy
from headwater.science import proportion
from headwater.science.results import Estimate

WORDS = 3
MOST = 12
"""Themes of a kind that are shown before somebody asks for all."""
OPEN = 3
"""Of those that no cause fits, the first are read at once, the others unfolded."""


@require_GET
def themes_page(request: HttpRequest) -> HttpResponse:
    """Every theme, with its size, growth and typical comments, and what can be done with it."""
    me = person(request)
    found = services.themes(me)
    most = None if request.GET.get("all") else MOST
    listed = {"new": found.new[:most], "near": found.near[:most], "liked": found.liked[:most]}
    words = services.words_of(me, [row for rows in listed.values() for row in rows], WORDS)
    known = taxonomy()
    shown = {
        "sentence": themes_sentence(found, _typical(found.new, words)),
        "note": themes_note(found.search),
        **{kind: [_shown(row, words) for row in rows] for kind, rows in listed.items()},
        "more_new": len(listed["new"]) - OPEN,
        "left_out": sum(map(len, (found.new, found.near, found.liked))) - sum(map(len, listed.values())),
        "decided": [_shown(row, {}) for row in found.decided],
        "search": found.search,
        "causes": [(cause.id, cause.name) for cause in known.active_causes],
        "may_edit": allows(me, "edit", "taxonomy"),
        "may_search": allows(me, "manage", "models"),
        "job": Job.objects.filter(name=FIND, state__in=(Job.State.WAITING, Job.State.RUNNING)).first(),
        "picture": _picture(found.new),
    }
    return render(request, "insight/themes.html", shown)


@require_POST
def look_again(request: HttpRequest) -> HttpResponse:
    """Ask for a new search now."""
    services.look_again(person(request))
    return redirect("themes")


@require_POST
def promote(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a theme a cause, or part of the one that is named."""
    me, given = person(request), request.POST
    cause = given.get("cause", "")
    seen = edition_seen(given)
    if cause:
        row = services.join_theme(me, pk, cause, edition=seen)
    else:
        row = services.promote_theme(me, pk, given.get("name", ""), edition=seen)
    made = edited().cause(row.cause)
    name = made.name if made else row.cause
    if draft() is None:
        said = _("“%s” is in the journey now. Everything is labelled again; figures of all years follow.") % name
    else:
        said = _("“%s” waits in the draft of the journey. Publish it, and everything is labelled again.") % name
    messages.success(request, said, extra_tags=f"undo={reverse('undo_theme', args=[pk])}")
    return redirect("themes")


@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a theme is none."""
    services.dismiss_theme(person(request), pk, request.POST.get("reason", ""), edition=edition_seen(request.POST))
    messages.success(request, _("Dismissed."), extra_tags=f"undo={reverse('undo_theme', args=[pk])}")
    return redirect("themes")


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the last decision about a theme back."""
    me = person(request)
    if Theme.objects.filter(pk=pk, state=Theme.State.DISMISSED).exists():
        services.restore_theme(me, pk)
    else:
        services.undo_promotion(me, pk)
    messages.success(request, _("Taken back."))
    return redirect("themes")


def _shown(row: Theme, words: dict[int, Any]) -> dict[str, Any]:
    known = taxonomy()
    near, made = known.cause(row.nearest_cause), edited().cause(row.cause) if row.cause else None
    stage = known.stage(row.stage)
    return {
        "theme": row,
        "growth": growth_words(row),
        "words": words.get(row.pk, ()),
        "near": near,
        "cause": made,
        "stage": stage.name if stage else "",
        "suggested": row.name.replace(" · ", ", ").capitalize()[: services.NAME_LENGTH],
    }


def _typical(rows: tuple[Theme, ...], words: dict[int, Any]) -> str:
    """What is most typical of the first theme, short enough for a sentence; empty where it may not be read."""
    found = words.get(rows[0].pk, ()) if rows else ()
    return Truncator(" ".join((found[0].text or "").split())).words(14) if found else ""


def _picture(rows: tuple[Theme, ...]) -> dict[str, Any] | None:
    """The share of the last weeks' comments that each theme is."""
    drawn = []
    for row in rows[:MOST]:
        share = proportion(row.now, row.now_of)
        if isinstance(share, Estimate):
            drawn.append(Row(row.name, share.estimate, share.low, share.high, n=row.now))
    return share_bars(drawn, description=_("Share of the last four weeks’ comments")) if drawn else None
