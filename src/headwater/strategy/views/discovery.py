"""Discovery: the path's beginning and its three steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from headwater.base.accounts import person
from headwater.base.figures import measure
from headwater.base.permissions import allows, require
from headwater.insight.finance import FinanceFigures, figures
from headwater.insight.finance_wording import money_of
from headwater.insight.queries import typical_verbatims
from headwater.insight.wording import forest_sentence
from headwater.journey.queries import taxonomy
from headwater.science import NoVerdict, product
from headwater.strategy import discovery as services
from headwater.strategy.models import Discovery
from headwater.strategy.strategies import current

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from headwater.base.models import Person
    from headwater.strategy.discovery_questions import Candidate

SHOWN_WORDS = 3


@require_GET
def discovery(request: HttpRequest) -> HttpResponse:
    """Where the path stands, or how to begin it."""
    me = person(request)
    require(me, "view", "strategy")
    going = services.going_on()
    shown = _frame(me, going, "")
    shown |= {
        "sentence": _beginning(going),
        "finished": services.finished(),
        "answers": going.answers.count() if going else 0,
        "is_empty": services.observed().is_empty if going is None else False,
        "strategy": current(),
    }
    return render(request, "strategy/discovery.html", shown)


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begin, or join the path that is being walked."""
    row = services.start(person(request))
    return redirect(f"discovery_{row.step}")


@require_GET
def observe(request: HttpRequest) -> HttpResponse:
    """What happens to customers, and how much of it."""
    me = person(request)
    require(me, "view", "strategy")
    row, found = services.going_on(), services.observed()
    top = found.forest.top
    shown = _frame(me, row, Discovery.Step.OBSERVE)
    shown |= {
        "forest": found.forest,
        "is_empty": found.is_empty,
        "query": found.selection.query(),
        "sentence": _("The record is empty, so there is nothing to observe yet.")
        if found.is_empty
        else forest_sentence(found.forest),
        "words": typical_verbatims(me, found.selection, top.cause.id)[:SHOWN_WORDS] if top else [],
        "top": top,
        "notes": services.answers(row).get(("", "note"), []) if row else [],
    }
    return render(request, "strategy/discovery_observe.html", shown)


@require_GET
def discuss(request: HttpRequest) -> HttpResponse:
    """Which functions deliver, and what to ask each of them."""
    me = person(request)
    require(me, "view", "strategy")
    row = services.going_on()
    given = services.answers(row) if row else {}
    found = services.functions()
    functions = [
        {
            "function": function,
            "may_answer": row is not None and services.may_answer(me, function.department.id),
            "questions": [
                {"question": question, "answers": given.get((function.department.id, question.key), [])}
                for question in function.questions
            ],
        }
        for function in found
    ]
    keys = {department for department, _question in given}
    answered = sum(function.department.id in keys for function in found)
    shown = _frame(me, row, Discovery.Step.DISCUSS)
    shown |= {"functions": functions, "sentence": _discussed(answered, len(functions))}
    return render(request, "strategy/discovery_discuss.html", shown)


@require_GET
def learn(request: HttpRequest) -> HttpResponse:
    """What would help most, with a first estimate."""
    me = person(request)
    require(me, "view", "strategy")
    row, found = services.going_on(), services.candidates()
    cost = figures() if allows(me, "view", "finance") else None
    shown = _frame(me, row, Discovery.Step.LEARN)
    chosen = row.chosen if row else []
    shown |= {
        "rows": [
            {
                "one": one,
                "place": chosen.index(one.cause.id) + 1 if one.cause.id in chosen else None,
                "money": _money(cost, one.contacts_spared),
            }
            for one in found
        ],
        "sentence": _learnt(found),
        "most": services.MOST_CHOSEN,
        "chosen": [one for key in chosen for one in found if one.cause.id == key],
    }
    return render(request, "strategy/discovery_learn.html", shown)


def _money(known: FinanceFigures | None, contacts: float) -> str:
    """What so many contacts cost, with the ends of finance's figure; empty where finance has not said, and for those
    who may not see what it said (``known`` is None)."""
    if known is None or isinstance(known.cost_per_contact, NoVerdict):
        return ""
    return money_of(product({"contacts": contacts, "cost": known.cost_per_contact}).result, known.currency)


@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Keep an answer or a note."""
    given = {name: request.POST.get(name, "") for name in ("department", "question", "text", "said_by")}
    kept = services.give_answer(
        person(request), given["department"], given["question"], given["text"], said_by=given["said_by"]
    )
    messages.success(request, _("Kept."))
    if not kept.department:
        return redirect("discovery_observe")
    return redirect(f"/strategy/discovery/discuss#{kept.department}")


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Choose the causes to take on."""
    row = services.choose(person(request), request.POST.getlist("chosen"))
    messages.success(
        request, ngettext("%d cause is chosen.", "%d causes are chosen.", len(row.chosen)) % len(row.chosen)
    )
    return redirect("discovery_learn")


@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """End with a drafted strategy to edit."""
    services.draft_strategy(person(request))
    messages.success(request, _("The strategy is drafted. Write vision and mission, and change every word you like."))
    return redirect("strategy_draft")


def _frame(me: Person, row: Discovery | None, step: str) -> dict[str, Any]:
    order = list(Discovery.Step.values)
    reached = order.index(row.step) if row else -1
    steps = [
        {
            "key": key,
            "title": label,
            "state": "here" if key == step else "done" if place < reached else "",
            "url_name": f"discovery_{key}",
        }
        for place, (key, label) in enumerate(Discovery.Step.choices)
    ]
    return {"row": row, "steps": steps, "may_edit": allows(me, "edit", "strategy"), "known": taxonomy()}


def _beginning(going: Discovery | None) -> str:
    if going is None:
        return _("Three steps lead from what customers live through to a first strategy.")
    return _("A discovery is under way, at the step “%s”.") % going.get_step_display()


def _discussed(answered: int, functions: int) -> str:
    if not functions:
        return _("No department is known to deliver any part of the journey yet.")
    words = ngettext(
        "%(answered)d of %(functions)d functions that deliver the journey has answered.",
        "%(answered)d of %(functions)d functions that deliver the journey have answered.",
        answered,
    )
    return words % {"answered": answered, "functions": functions}


def _learnt(found: tuple[Candidate, ...]) -> str:
    if not found:
        return _("No failure has been named by customers yet, so there is nothing to choose from.")
    spared = found[0].spared
    if spared is None:
        return _("“%s” comes first, and too little is known for a figure.") % found[0].cause.name
    return _("Half of “%(cause)s” gone would have spared about %(n)s customers last year.") % {
        "cause": found[0].cause.name,
        "n": measure(spared[0], "count"),
    }
