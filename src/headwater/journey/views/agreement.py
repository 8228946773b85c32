"""The pages of agreement: where the journey stands, one stage, and what a head or the decider answers."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.journey import agreement, queries
from headwater.journey.agreement_rules import StageAgreement
from headwater.journey.forms.agreement import AnswerForm, DeciderForm, DecisionForm


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Each stage with the departments that touch it and what they say; first what the reader owes."""
    who = person(request)
    require(who, "view", "agreement")
    stages = list(agreement.stage_agreements().values())
    named = agreement.decider()
    context: dict[str, Any] = {
        "stages": stages,
        "sentence": _sentence(stages),
        "due": agreement.due_for(who),
        "decider": named,
        "may_name": allows(who, "publish", "taxonomy"),
        "decider_form": DeciderForm(initial={"decider": named}),
    }
    return render(request, "journey/agreement.html", context)


@require_GET
def stage(request: HttpRequest, stage_id: str) -> HttpResponse:
    """One stage as it is published, what every department says of it, and the reader's own answer."""
    require(person(request), "view", "agreement")
    return _stage_page(request, stage_id)


@require_POST
def answer(request: HttpRequest, stage_id: str) -> HttpResponse:
    """A head agrees or objects."""
    who = person(request)
    require(who, "answer", "agreement", words_of="own")
    form = AnswerForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        agrees = given["agrees"] == "yes"
        try:
            stage = agreement.answer(
                who, stage_id, given["department"], agrees=agrees, reason=given["reason"], seen=given["seen"]
            )
        except Refused as refused:
            if refused.status != 400:
                raise
            show_refusal(form, refused)
        else:
            done = _("You agreed to “%s”.") if agrees else _("Your objection to “%s” is kept; the map shows it.")
            messages.success(request, done % stage.name)
            return redirect("agreement")
    return _stage_page(request, stage_id, form)


@require_POST
def decide(request: HttpRequest, stage_id: str, answer_id: int) -> HttpResponse:
    """The decider settles an objection."""
    who = person(request)
    require(who, "answer", "agreement", words_of="own")
    form = DecisionForm(request.POST)
    if form.is_valid():
        keep = form.cleaned_data["decision"] == "keep"
        stage = agreement.decide(who, answer_id, keep=keep, reason=form.cleaned_data["reason"])
        messages.success(request, _("Your decision on “%s” is kept.") % stage.name)
        return redirect("agreement")
    return _stage_page(request, stage_id, form)


@require_POST
def name_decider(request: HttpRequest) -> HttpResponse:
    """Name who decides objections that stay open."""
    who = person(request)
    require(who, "publish", "taxonomy")
    form = DeciderForm(request.POST)
    if not form.is_valid():
        raise Refused("agreement.decider_missing", _("Choose who decides first."), "decider")
    agreement.name_decider(who, form.cleaned_data["decider"])
    messages.success(request, _("%s decides objections now.") % form.cleaned_data["decider"].name)
    return redirect("agreement")


def _stage_page(request: HttpRequest, stage_id: str, filled: forms.Form | None = None) -> HttpResponse:
    who = person(request)
    found = agreement.agreement_of(stage_id)
    taxonomy = queries.taxonomy()
    names = queries.department_names(taxonomy)
    due = [one for one in agreement.due_for(who) if one.stage == stage_id]
    context = {
        "agreement": found,
        "stage": taxonomy.stage(stage_id),
        "moments": [
            {"moment": moment, "parts": [(names[part.department], part.does) for part in moment.contributions]}
            for moment in taxonomy.moments_of(stage_id)
        ],
        "forms": [(one, _form(found, one, filled)) for one in due],
        "history": agreement.answers_of(stage_id),
    }
    status = 422 if filled is not None and filled.errors else 200
    return render(request, "journey/agreement_stage.html", context, status=status)


def _form(found: StageAgreement, due: agreement.Due, filled: forms.Form | None) -> forms.Form:
    """The form of one thing due; the one that was filled in comes back as it was."""
    prefix = {"department": due.department, "seen": found.fingerprint}
    if due.to_decide:
        return filled if isinstance(filled, DecisionForm) else DecisionForm()
    mine = isinstance(filled, AnswerForm) and filled.data.get("department") == str(due.department)
    return filled if mine and filled is not None else AnswerForm(initial=prefix, auto_id=f"id_{due.department}_%s")


def _sentence(stages: list[StageAgreement]) -> str:
    settled = sum(stage.settled for stage in stages)
    objections = sum(len(stage.objections) for stage in stages)
    waiting = sum(len(stage.unanswered) for stage in stages)
    if not stages:
        return _("There is no published journey to agree on yet.")
    if settled == len(stages):
        return _("Every department sees the journey the same way: all %d stages are settled.") % settled
    said = ngettext("%(settled)d of %(all)d stage is settled", "%(settled)d of %(all)d stages are settled", len(stages))
    parts = [said % {"settled": settled, "all": len(stages)}]
    if objections:
        parts.append(ngettext("%d objection is open", "%d objections are open", objections) % objections)
    if waiting:
        parts.append(ngettext("%d answer is missing", "%d answers are missing", waiting) % waiting)
    return "; ".join(parts) + "."
