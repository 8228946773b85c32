"""The pages of the strategy check: all rules, one rule explained, departments and outcomes, the decision test."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from headwater.base.accounts import person
from headwater.base.permissions import allows, require
from headwater.strategy import checking, deciding
from headwater.strategy.forms.boards import StopForm
from headwater.strategy.strategies import draft


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """The strategy held against ten rules, with what to mend and where."""
    who = person(request)
    page = checking.check_page(who, request.GET.get("of", ""))
    context = {"page": page, "sentence": checking.sentence(page), "may_edit": allows(who, "edit", "strategy")}
    return render(request, "strategy/check.html", context)


@require_safe
def rule(request: HttpRequest, name: str) -> HttpResponse:
    """What one rule asks, why, how to mend, and what it finds now."""
    who = person(request)
    found = checking.rule_of(name)
    page = checking.check_page(who, request.GET.get("of", ""))
    verdict = next(one for one in page.checked.verdicts if one.rule.name == found.name)
    context = {"page": page, "verdict": verdict, "may_edit": allows(who, "edit", "strategy")}
    return render(request, "strategy/check_rule.html", context)


@require_safe
def departments(request: HttpRequest) -> HttpResponse:
    """Which department sees its way to which outcome."""
    page, lines = checking.departments_and_outcomes(person(request), request.GET.get("of", ""))
    blank = [line.department.name for line in lines if line.is_blank]
    context = {"page": page, "lines": lines, "blank": blank, "outcomes": page.facts.strategy.outcomes}
    return render(request, "strategy/departments_outcomes.html", context)


@require_POST
def take_over(request: HttpRequest, outcome_id: str) -> HttpResponse:
    """Write the proposed wording into the draft, with a way back."""
    text = checking.take_over(person(request), outcome_id)
    now = draft()
    undo = f"undo={reverse('strategy_undo', args=[now.edition])}" if now else ""
    messages.success(request, _("In the draft now: “%s”") % text, extra_tags=undo)
    return redirect(f"{reverse('strategy_check')}?of=draft")


@require_GET
def decision_test(request: HttpRequest) -> HttpResponse:
    """Measures and pinned charts that inform no decision, each with the reasons."""
    who = person(request)
    require(who, "view", "measures")
    page = deciding.test_page(who)
    context = {"page": page, "sentence": deciding.sentence(page), "stop_form": StopForm()}
    return render(request, "strategy/decision_test.html", context)


@require_POST
def stop_measure(request: HttpRequest, slug: str) -> HttpResponse:
    """Stop a measure that informs no decision, with the reason and a way back."""
    measure = deciding.stop_measure(person(request), slug, request.POST.get("reason", ""))
    undo = f"undo={reverse('resume_measure', args=[slug])}"
    messages.success(request, _("“%s” is stopped; its readings stay.") % measure.name, extra_tags=undo)
    return redirect("decision_test")


@require_POST
def resume_measure(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a stopped measure up again."""
    measure = deciding.resume_measure(person(request), slug)
    messages.success(request, _("“%s” is read again.") % measure.name)
    return redirect("decision_test")
