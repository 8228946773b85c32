"""The pages of triggers: all of them, one, its form with a live preview, and what they found."""

from datetime import UTC
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.figures import measure
from headwater.base.forms import show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.journey import building, charts, firings, queries, trigger_answers, triggers
from headwater.journey.forms.triggers import TriggerForm, initial_of
from headwater.journey.models import Firing, Trigger
from headwater.journey.trigger_rules import Rule, in_words, read_rule

ACTIONS = {
    "activate": (triggers.activate_trigger, gettext_lazy("It reads the record; what it finds from now on waits here.")),
    "pause": (triggers.pause_trigger, gettext_lazy("It rests. What happens meanwhile will be history.")),
    "retire": (triggers.retire_trigger, gettext_lazy("It is retired. What it found stays.")),
}


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Every trigger: its rule, where it belongs, what it found."""
    who = person(request)
    found = triggers.triggers(who)
    counts = firings.counts()
    known = queries.taxonomy()
    rows = [
        {
            "trigger": one,
            "words": in_words(read_rule(one.rule)),
            "place": _place(one, known),
            "n": counts.get(one.pk, {}),
        }
        for one in found
    ]
    active = sum(one.state == Trigger.State.ACTIVE for one in found)
    waiting = sum(row.get("waiting", 0) for row in counts.values())
    context = {"rows": rows, "sentence": _overview(len(found), active, waiting), "waiting": waiting}
    return render(request, "journey/triggers.html", context | {"may_edit": allows(who, "edit", "triggers")})


def _overview(total: int, active: int, waiting: int) -> str:
    if not total:
        return _("No event-pattern moment is watched yet.")
    said = ngettext("%d trigger is active", "%d triggers are active", active) % active
    if not waiting:
        return _("%s; nothing waits for a person.") % said
    more = ngettext("%s finding waits for a person", "%s findings wait for a person", waiting)
    return f"{said}; {more % measure(waiting, 'count')}."


def _place(trigger: Trigger, known: Any) -> str:
    found = known.moment(trigger.moment) if trigger.moment else known.stage(trigger.stage)
    return found.name if found else trigger.moment or trigger.stage


@require_GET
def one_trigger(request: HttpRequest, pk: int) -> HttpResponse:
    """One trigger: what it looks for, what it would have found, what it found."""
    who = person(request)
    trigger = triggers.trigger_of(who, pk)
    rule = read_rule(trigger.rule)
    _page, rows = firings.firings(who, trigger=trigger)
    previewed = _previewed(who, rule, trigger.wait_hours)
    context = {
        "trigger": trigger,
        "words": in_words(rule),
        "sentence": _sentence(trigger, firings.counts([trigger]).get(pk, {})),
        "rows": rows[:10],
        "place": _place(trigger, queries.taxonomy()),
        "counts": firings.counts([trigger]).get(pk, {}),
        "editions": [(one, in_words(read_rule(one.rule))) for one in triggers.editions(trigger)],
        "by_itself": trigger_answers.answered_by_itself(trigger.action),
        "target_title": dict(trigger_answers.targets(trigger.action)).get(trigger.target, trigger.target),
        "may_edit": allows(who, "edit", "triggers"),
        "kept": _kept_of(trigger, previewed.get("preview")),
        **previewed,
    }
    return render(request, "journey/trigger.html", context)


def _kept_of(trigger: Trigger, previewed: triggers.Preview | None) -> str:
    """What is kept of the weeks that the preview shows, and of how far back; "" for what never read the record."""
    if previewed is None or trigger.built_at is None:
        return ""
    kept = firings.kept_between(trigger, previewed.since, previewed.until)
    data = {"kept": measure(kept, "count"), "most": measure(building.HISTORY_ROWS, "count")}
    return _("%(kept)s of these 13 weeks; of all that the record holds, at most the latest %(most)s.") % data


def _sentence(trigger: Trigger, counts: dict[str, int]) -> str:
    waiting = counts.get("waiting", 0)
    if trigger.state == Trigger.State.ACTIVE and not waiting:
        return _("“%s” watches; nothing of it waits for a person.") % trigger.name
    if trigger.state == Trigger.State.ACTIVE:
        said = ngettext("%(n)s finding of “%(name)s” waits", "%(n)s findings of “%(name)s” wait", waiting)
        return _("%s for a person.") % (said % {"n": measure(waiting, "count"), "name": trigger.name})
    if trigger.state == Trigger.State.BUILDING:
        return _("“%s” reads the record before it acts.") % trigger.name
    if trigger.state == Trigger.State.DRAFT:
        return _("“%s” is a draft: it finds nothing until someone activates it.") % trigger.name
    return _("“%(name)s” is %(state)s: nothing new is found.") % {
        "name": trigger.name,
        "state": trigger.get_state_display().lower(),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form of a new trigger."""
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of a trigger that is there."""
    return _form(request, triggers.trigger_of(person(request), pk))


def _form(request: HttpRequest, trigger: Trigger | None) -> HttpResponse:
    who = person(request)
    require(who, "edit", "triggers")
    status = 200
    if request.method == "POST":
        form = TriggerForm(request.POST)
        status = 422
        if form.is_valid():
            try:
                return _kept(request, trigger, form)
            except Refused as refused:
                status = refused.status
                show_refusal(form, refused)
    else:
        form = TriggerForm(initial=initial_of(trigger) if trigger else {})
    seen = request.POST.get("seen") or (triggers.fingerprint_of(trigger) if trigger else "")
    context = {"form": form, "trigger": trigger, "seen": seen}
    return render(request, "journey/trigger_form.html", context, status=status)


def _kept(request: HttpRequest, trigger: Trigger | None, form: TriggerForm) -> HttpResponse:
    if trigger is None:
        kept = triggers.create_trigger(person(request), form.values())
        messages.success(request, _("Kept as a draft. Activate it when its preview is what you want."))
        return redirect("trigger", kept.pk)
    values = {**form.values(), "description": trigger.description}
    triggers.change_trigger(person(request), trigger.pk, values, seen=request.POST.get("seen") or None)
    messages.success(request, _("Saved."))
    return redirect("trigger", trigger.pk)


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """What the rule in the form would have found: a sentence, a chart by week, examples."""
    who = person(request)
    require(who, "view", "triggers")
    given: QueryDict = request.POST.copy()
    if not given.get("name"):
        given["name"] = "-"
    form = TriggerForm(given)
    try:
        if not form.is_valid():
            named = next(iter(form.errors))
            raise Refused("form", f"{form.fields[named].label}: {form.errors[named][0]}", named)
        context = _previewed(who, read_rule(form.rule()), form.values()["wait_hours"])
    except Refused as refused:
        context = {"refused": refused}
    return render(request, "journey/trigger_preview.html", context)


def _previewed(who: Any, rule: Rule, wait_hours: int) -> dict[str, Any]:
    try:
        found = triggers.preview(who, rule, wait_hours=wait_hours)
    except Refused as refused:
        return {"refused": refused}
    return {
        "preview": found,
        "examples": [(one, one.at.replace(tzinfo=UTC)) for one in found.firings.rows],
        "preview_words": in_words(rule),
        "preview_sentence": preview_sentence(found, rule),
        "bars": charts.week_bars(found.firings.weeks, found.since, found.until) if found.firings.total else (),
    }


def preview_sentence(found: triggers.Preview, rule: Rule) -> str:
    """``It would have fired 312 times in the last 13 weeks, for 301 customers.``"""
    total = found.firings.total
    if not total:
        return _("It would not have fired once in the last 13 weeks of the record.")
    said = ngettext("It would have fired %s time", "It would have fired %s times", total) % measure(total, "count")
    units = found.firings.units
    if rule.per == "subject":
        whose = ngettext("for %s order or subject", "for %s orders or subjects", units)
    else:
        whose = ngettext("for %s customer", "for %s customers", units)
    return _("%(said)s in the last 13 weeks of the record, %(whose)s.") % {
        "said": said,
        "whose": whose % measure(units, "count"),
    }


@require_POST
def change_state(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Activate, pause or retire a trigger."""
    act, said = ACTIONS[action]
    act(person(request), pk)
    messages.success(request, said)
    return redirect("trigger", pk)


@require_GET
def found(request: HttpRequest) -> HttpResponse:
    """Everything that triggers found, those that wait first in mind."""
    who = person(request)
    state, number = request.GET.get("state", "waiting"), request.GET.get("page", "1")
    page, rows = firings.firings(who, state=state, number=int(number[:6]) if number.isdecimal() else 1)
    waiting = Firing.objects.filter(state=Firing.State.WAITING).count() if state != "waiting" else page.paginator.count
    said = ngettext("%s finding waits for a person.", "%s findings wait for a person.", waiting)
    context = {
        "page": page,
        "rows": rows,
        "state": state,
        "states": [("", _("All")), *Firing.State.choices],
        "sentence": said % measure(waiting, "count") if waiting else _("Nothing waits for a person."),
        "may_edit": allows(who, "edit", "triggers"),
    }
    return render(request, "journey/trigger_firings.html", context)


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a finding was answered, or take it back."""
    takes_back = request.GET.get("undo") == "1"
    triggers.answer_firing(person(request), pk, answered=not takes_back)
    if takes_back:
        messages.success(request, _("It waits again."))
    else:
        undo = reverse("answer_firing", args=[pk]) + "?undo=1"
        messages.success(request, _("Marked as answered."), extra_tags=f"undo={undo}")
    return redirect("trigger_firings")
