"""Hunches: one's own, what the record said to them, how good one's gut is; and the crowd's picture."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.figures import measure
from headwater.base.forms import show_refusal
from headwater.base.permissions import require
from headwater.base.refusals import Refused
from headwater.insight import hunches
from headwater.insight import hunches_wording as wording
from headwater.insight.causes import causes
from headwater.insight.forms.hunches import USES, HunchForm, initial
from headwater.insight.hunches_calibration import CROWD, crowd, own_calibration
from headwater.insight.hunches_charts import calibration_chart
from headwater.insight.hunches_rules import before
from headwater.insight.models import Hunch
from headwater.insight.selection import Selection
from headwater.insight.weighting_margins import margins_in_force
from headwater.journey.queries import taxonomy
from headwater.record.filters import equals
from headwater.science.results import NoVerdict

EXAMPLES = 3


@never_cache
@require_GET
def hunches_page(request: HttpRequest) -> HttpResponse:
    """One's own hunches and calibration, and the crowd's from eight people up."""
    me = person(request)
    mine, found, all_of_us = hunches.hunches_of(me), own_calibration(me), crowd(me)
    shown = {
        "sentence": wording.own_sentence(mine, found),
        "open": [_shown(one) for one in mine if one.state == Hunch.State.OPEN],
        "settled": [_shown(one) for one in mine if one.state not in (Hunch.State.OPEN, Hunch.State.WITHDRAWN)],
        "withdrawn": sum(one.state == Hunch.State.WITHDRAWN for one in mine),
        "calibration": None if isinstance(found, NoVerdict) else found,
        "few": wording.few_words(found) if isinstance(found, NoVerdict) else "",
        "picture": None if isinstance(found, NoVerdict) else calibration_chart(found.bins),
        "crowd": all_of_us,
        "crowd_words": wording.crowd_words(all_of_us),
        "crowd_picture": calibration_chart([all_of_us.found.bins[i] for i in all_of_us.shown]) if all_of_us else None,
        "least": CROWD,
        "nothing": not mine,
        "examples": _examples() if not mine else [],
    }
    return render(request, "insight/hunches.html", shown)


@never_cache
@require_GET
def hunch_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One hunch of one's own with its evidence."""
    one = hunches.hunch_of(person(request), pk)
    return render(request, "insight/hunch.html", {"one": _shown(one), "sides": _sides(one)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_hunch(request: HttpRequest) -> HttpResponse:
    """Write a hunch down."""
    me = person(request)
    require(me, "write", "hunches", words_of="own")
    form = HunchForm(request.POST or None, initial=initial(request.GET.dict()))
    if request.method == "POST" and form.is_valid():
        try:
            kept = hunches.write_hunch(me, form.claim(), form.cleaned_data["probability"], form.cleaned_data["words"])
        except Refused as refused:
            if refused.status not in (400, 409):
                raise
            show_refusal(form, refused)
        else:
            messages.success(request, _("Kept. The record answers when it can; nobody else sees it."))
            return redirect("hunch", kept.pk)
    status = 400 if form.errors else 200
    fields = [(field, USES.get(field.name, "")) for field in form.visible_fields()]
    return render(request, "insight/hunch_form.html", {"form": form, "fields": fields}, status=status)


@never_cache
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """What the record will compare, and how many stand behind each side so far; never the answer."""
    me = person(request)
    require(me, "write", "hunches", words_of="own")
    data = request.POST.copy()
    data["probability"] = data.get("probability") or "50"
    form = HunchForm(data)
    shown: dict[str, Any] = {}
    if not form.is_valid():
        shown["refused"] = _("Fill in what is compared, of whom, and from when to when.")
        return render(request, "insight/hunch_preview.html", shown)
    claim = form.claim()
    try:
        hunches.checked(me, claim)
    except Refused as refused:
        shown["refused"] = refused.message
        return render(request, "insight/hunch_preview.html", shown)
    found = hunches.ask(claim)
    shown["sentence"] = wording.claim_sentence(claim)
    shown["judged"] = wording.judged_words(claim)
    shown["sizes"] = [measure(found.first.n, "count"), measure(found.second.n, "count")]
    return render(request, "insight/hunch_preview.html", shown)


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a hunch back before it is answered."""
    hunches.withdraw_hunch(person(request), pk)
    messages.success(request, _("Withdrawn."))
    return redirect("hunches")


def _shown(one: Hunch) -> dict[str, Any]:
    claim = hunches.claim_of(one)
    return {
        "hunch": one,
        "claim": wording.claim_sentence(claim),
        "verdict": wording.verdict_words(one),
        "judged": wording.judged_words(claim),
        "kind": {"true": "yes", "false": "no"}.get(one.state, "waiting"),
    }


def _sides(one: Hunch) -> list[tuple[str, dict[str, Any], str]]:
    """Both figures of the evidence, each with the address of what it is made of."""
    claim = hunches.claim_of(one)
    mine, others = hunches.sides(claim)
    days = (claim.since, claim.until)
    earlier = before(*days) if claim.against == Hunch.Against.BEFORE else days
    titles = (wording.group_words(claim.where), str(one.get_against_display()))
    return [
        (title, one.evidence[name], f"/metrics/{claim.metric}{Selection(str(where or ''), *span).query()}")
        for title, name, where, span in zip(titles, ("first", "second"), (mine, others), (days, earlier), strict=True)
        if name in one.evidence
    ]


def _examples() -> list[tuple[str, str]]:
    """Hunches one might have, from the company's own largest causes and its segments."""
    named = [row.cause for row in causes().rows if row.cause.demand == "failure"]
    known = [cause for cause in taxonomy().active_causes if cause.demand == "failure"]
    margins = margins_in_force()
    segment = next(((m.attribute, level) for m in margins for level in list(m.levels)[:1]), None)
    found = []
    for cause in (named or known)[:EXAMPLES]:
        where = str(equals("cause", cause.id))
        query = Selection().query(group=where, metric="volume", against="before", comparison="lower")
        found.append((_("“%s” will be named less often next month than in the month before.") % cause.name, query))
    if segment is not None:
        group = str(equals(f"attribute:{segment[0]}", segment[1]))
        query = Selection().query(group=group, metric="csat", against="rest", comparison="lower")
        words = _("Customers in “%s” will be less satisfied than everyone else.")
        found.append((words % segment[1], query))
    return found
