"""The pages of agreement: where the journey stands, one stage, and what a head or the decider answers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.models import Person
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.journey import agreement, queries
from headwater.journey.agreement_rules import StageAgreement
from headwater.journey.forms.agreement import AnswerForm, DeciderForm, DecisionForm, OneOfSeveralForm
from headwater.journey.taxonomy import Taxonomy


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Each stage with the departments that touch it and what they say; first what the reader owes."""
    require(person(request), "view", "agreement")
    return _overview_page(request)


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
def answer_stages(request: HttpRequest) -> HttpResponse:
    """A head answers about several stages with one button; what is wrong with one loses none of the others."""
    who = person(request)
    require(who, "answer", "agreement", words_of="own")
    asked = _asked(who, request.POST)
    filled = [one for one in asked if one.form.is_valid() and one.form.cleaned_data["agrees"]]
    wrong = agreement.answer_several(who, [one.given() for one in filled])
    for one, refused in zip(filled, wrong, strict=True):
        if refused is not None:
            show_refusal(one.form, refused)
    kept = sum(refused is None for refused in wrong)
    if kept:
        said = ngettext("%d answer is kept; thank you.", "%d answers are kept; thank you.", kept)
        messages.success(request, said % kept)
    left = [one for one in asked if one.form.errors]
    if left:
        return _overview_page(request, {one.key: one.form for one in left})
    if not filled:
        messages.info(request, _("Nothing was chosen, so nothing was kept."))
    return redirect("agreement")


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


@dataclass(frozen=True, slots=True)
class Asked:
    """A stage that a head is asked about, as the list of them shows it: its moments, who does what, and the form."""

    due: agreement.Due
    description: str
    moments: list[dict[str, Any]]
    form: OneOfSeveralForm

    @property
    def key(self) -> str:
        return self.due.key

    def given(self) -> agreement.Given:
        """What was filled in."""
        data = self.form.cleaned_data
        return agreement.Given(
            self.due.stage, self.due.department, data["agrees"] == "yes", data["reason"], data["seen"]
        )


def _overview_page(request: HttpRequest, wrong: Mapping[str, OneOfSeveralForm] | None = None) -> HttpResponse:
    """Where the journey stands. ``wrong`` are the forms that come back as they were filled in, by their key."""
    who = person(request)
    stages = list(agreement.stage_agreements().values())
    named = agreement.decider()
    asked = [replace(one, form=(wrong or {}).get(one.key, one.form)) for one in _asked(who)]
    context: dict[str, Any] = {
        "stages": stages,
        "sentence": _sentence(stages),
        "asked": asked,
        "due": [one for one in agreement.due_for(who) if one.to_decide],
        "decider": named,
        "may_name": allows(who, "publish", "taxonomy"),
        "decider_form": DeciderForm(initial={"decider": named}),
    }
    return render(request, "journey/agreement.html", context, status=422 if wrong else 200)


def _asked(who: Person, data: QueryDict | None = None) -> list[Asked]:
    """The stages this person is asked about, each with its form, filled from ``data``."""
    reads = {key: stage.fingerprint for key, stage in agreement.stage_agreements().items()}
    taxonomy = queries.taxonomy()
    asked = []
    for due in agreement.due_for(who):
        stage = taxonomy.stage(due.stage)
        if due.to_decide or stage is None:
            continue
        given = {"department": due.department, "seen": reads[due.stage]}
        form = OneOfSeveralForm(data, prefix=due.key, initial=given)
        asked.append(Asked(due, stage.description, _moments(taxonomy, due.stage), form))
    return asked


def _moments(taxonomy: Taxonomy, stage_id: str) -> list[dict[str, Any]]:
    """The moments of a stage with what each department does there."""
    names = queries.department_names(taxonomy)
    return [
        {"moment": moment, "parts": [(names[part.department], part.does) for part in moment.contributions]}
        for moment in taxonomy.moments_of(stage_id)
    ]


def _stage_page(request: HttpRequest, stage_id: str, filled: forms.Form | None = None) -> HttpResponse:
    who = person(request)
    found = agreement.agreement_of(stage_id)
    taxonomy = queries.taxonomy()
    due = [one for one in agreement.due_for(who) if one.stage == stage_id]
    context = {
        "agreement": found,
        "stage": taxonomy.stage(stage_id),
        "moments": _moments(taxonomy, stage_id),
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
