"""The pages of the strategy: what it says, its draft on one page, who agrees to it, and its versions."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.company import company
from headwater.base.forms import edition_seen, show_refusal
from headwater.base.models import Person
from headwater.base.permissions import NotAllowed, allows, require
from headwater.base.refusals import NotFound, Refused
from headwater.journey.queries import taxonomy
from headwater.strategy import agreement, drafting, edits, exchange, pictures, strategies, trial_results, trials
from headwater.strategy.differences import Kind, differences
from headwater.strategy.forms.strategy import (
    FORMS,
    AnswerForm,
    ProposalForm,
    StatementsForm,
    StrategyFileForm,
    StrategyItemForm,
    initial_of,
)
from headwater.strategy.strategy import Strategy


@require_GET
def strategy(request: HttpRequest) -> HttpResponse:
    """What the company promises its customers, and what is to change by when, for which goal."""
    who = person(request)
    require(who, "view", "strategy")
    published = strategies.current()
    context = {
        "strategy": published,
        "picture": pictures.picture(published),
        "sentence": pictures.sentence(published),
        "draft": strategies.draft() if _may_read_draft(who) else None,
        "may_edit": allows(who, "edit", "strategy"),
    }
    return render(request, "strategy/strategy.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    """The whole strategy on one page, to write: statements in a form, everything else a click away."""
    who = person(request)
    require(who, "edit", "strategy")
    shown, edition = _shown()
    given = {"vision": shown.vision, "mission": shown.mission, "success": shown.success, "seen": edition}
    form = StatementsForm(request.POST or None, initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            saved = drafting.change_statements(who, form.statements(), seen=form.cleaned_data["seen"])
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return _done(request, _("The statements are saved in the draft."), saved if saved != edition else None)
    context = {"strategy": shown, "form": form, "draft": strategies.draft(), "picture": pictures.picture(shown)}
    return render(request, "strategy/edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def add_item(request: HttpRequest, kind: str) -> HttpResponse:
    """Add a value, business goal, outcome or issue; ``?cause=``, ``?outcome=``, ``?year=`` fill the form in."""
    who, known = person(request), _kind(kind)
    require(who, "edit", "strategy")
    shown, edition = _shown()
    form = _form(request, known, shown, {**_given(request), "seen": edition})
    if request.method == "POST" and form.is_valid():
        try:
            item = drafting.add_item(who, known, form.item_values(_currency()))
        except Refused as refused:
            show_refusal(form, refused)
        else:
            said = _("The %(kind)s is added to the draft.") % {"kind": edits.kind_name(known)}
            return _done(request, said, _edition(), f"{known}-{item.id}")
    title = _("Add a %(kind)s") % {"kind": edits.kind_name(known)}
    return _item_page(request, {"kind": known, "form": form, "title": title})


@require_GET
def issue_from_page(request: HttpRequest) -> HttpResponse:
    """From the page of a cause to the form of an issue that names it."""
    require(person(request), "edit", "strategy")
    try:
        found = resolve(urlsplit(request.GET.get("address", "")).path)
    except (Resolver404, ValueError):
        found = None
    cause = found.kwargs.get("cause_id", "") if found and found.url_name == "cause" else ""
    return redirect(reverse("add_strategy_item", args=["issue"]) + "?" + urlencode({"cause": cause}))


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, kind: str, item_id: str) -> HttpResponse:
    """Change one value, business goal, outcome or issue of the draft."""
    who, known = person(request), _kind(kind)
    require(who, "edit", "strategy")
    shown, edition = _shown()
    found = edits.find(shown, known, item_id)
    form = _form(request, known, shown, initial_of(found) | {"seen": edition})
    if request.method == "POST" and form.is_valid():
        values = form.item_values(_currency())
        try:
            drafting.change_item(who, known, item_id, values, seen=form.cleaned_data["seen"])
        except Refused as refused:
            show_refusal(form, refused)
        else:
            said = _("The %(kind)s is saved in the draft.") % {"kind": edits.kind_name(known)}
            now = _edition()
            return _done(request, said, now if now != edition else None, f"{known}-{item_id}")
    title = _("Change this %(kind)s") % {"kind": edits.kind_name(known)}
    return _item_page(request, {"kind": known, "form": form, "title": title, "item": found})


@require_POST
def move_item(request: HttpRequest, kind: str, item_id: str) -> HttpResponse:
    """Move an item one place earlier or later among its siblings."""
    known = _kind(kind)
    drafting.move_item(person(request), known, item_id, 1 if request.POST.get("by") == "1" else -1)
    return _done(request, "", None, f"{known}-{item_id}")


@require_POST
def remove_item(request: HttpRequest, kind: str, item_id: str) -> HttpResponse:
    """Remove an item from the draft."""
    known = _kind(kind)
    drafting.remove_item(person(request), known, item_id)
    said = _("The %(kind)s is removed from the draft.") % {"kind": edits.kind_name(known)}
    return _done(request, said, _edition())


@require_POST
def undo(request: HttpRequest, edition: int) -> HttpResponse:
    """Take back the edit that led to this edition of the draft."""
    drafting.undo_edit(person(request), edition)
    messages.success(request, _("Taken back."))
    return redirect("strategy_edit")


@require_GET
def draft(request: HttpRequest) -> HttpResponse:
    """What publishing the draft would change, who was asked to agree, and what they answered."""
    who = person(request)
    if not _may_read_draft(who):
        require(who, "edit", "strategy")
    return render(request, "strategy/draft.html", _draft_context(who))


@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Ask leaders to agree to the draft as it stands."""
    who = person(request)
    require(who, "edit", "strategy")
    form = ProposalForm(request.POST, leaders=agreement.leaders())
    if form.is_valid():
        try:
            agreement.propose(who, form.cleaned_data["leaders"])
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("They are asked, by mail and on their first page."))
            return redirect("strategy_draft")
    return render(request, "strategy/draft.html", _draft_context(who) | {"proposal_form": form}, status=422)


@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Agree to the edition of the draft that was read, or object with a reason."""
    who = person(request)
    form = AnswerForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            agreement.answer(who, given["edition"], given["answer"], given["reason"])
        except NotAllowed:
            raise
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Thank you. Your answer is kept with this draft."))
            return redirect("strategy_draft")
    if not _may_read_draft(who):
        require(who, "edit", "strategy")
    return render(request, "strategy/draft.html", _draft_context(who) | {"answer_form": form}, status=422)


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Publish the draft, with a reason when not all who were asked have agreed."""
    who, override = person(request), request.POST.get("override", "")
    try:
        published = agreement.publish(who, override=override, seen=edition_seen(request.POST))
    except NotAllowed:
        raise
    except Refused as refused:
        context = _draft_context(who) | {"override": override, "refused": refused}
        return render(request, "strategy/draft.html", context, status=refused.status)
    messages.success(request, _("Version %d of the strategy is published.") % published.version)
    return redirect("strategy")


@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    """Discard the draft."""
    drafting.discard_draft(person(request), seen=edition_seen(request.POST))
    messages.success(request, _("The draft is discarded."))
    return redirect("strategy")


@require_GET
def all_versions(request: HttpRequest) -> HttpResponse:
    """Every version that was published, and the comparison of any two."""
    require(person(request), "view", "strategy")
    rows = strategies.published_versions()
    numbers = [row.version or 0 for row in rows]
    first = _number(request.GET.get("from"), numbers[1] if len(numbers) > 1 else 0)
    second = _number(request.GET.get("to"), numbers[0] if numbers else 0)
    compared = None
    if len(numbers) > 1 and first != second:
        compared = differences(strategies.strategy_of(first), strategies.strategy_of(second))
    context = {"versions": rows, "first": first, "second": second, "differences": compared}
    return render(request, "strategy/versions.html", context)


@require_GET
def one_version(request: HttpRequest, version: int) -> HttpResponse:
    """One version as it was published, with who agreed to it."""
    require(person(request), "view", "strategy")
    row = strategies.published_version(version)
    then = strategies.strategy_of(version)
    context = {
        "row": row,
        "strategy": then,
        "picture": pictures.picture(then, with_figures=False),
        "answers": agreement.answers_of(row),
        "tried": trial_results.tried(trials.tried_with(row.pk, ("mission", "outcomes"))),
    }
    return render(request, "strategy/version.html", context)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The published strategy as a YAML file."""
    require(person(request), "view", "strategy")
    answer = HttpResponse(exchange.strategy_text(strategies.current()), content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="strategy.yaml"'
    return answer


@require_POST
def preview_file(request: HttpRequest) -> HttpResponse:
    """What a strategy file would change; nothing is written."""
    require(person(request), "edit", "strategy")
    form = StrategyFileForm(request.POST, request.FILES)
    if not form.is_valid():
        raise Refused("strategy.file_missing", _("Choose a strategy file (YAML) first."), "file")
    text = form.text()
    found = exchange.read_strategy(text)
    context = {"text": text, "differences": differences(strategies.current(), found), "draft": strategies.draft()}
    return render(request, "strategy/file_preview.html", context)


@require_POST
def import_file(request: HttpRequest) -> HttpResponse:
    """Make a previewed file the draft."""
    found = exchange.read_strategy(request.POST.get("text", ""))
    count = len(drafting.replace_draft(person(request), found, source=_("a file")))
    said = ngettext("The file is the draft now, with %d change.", "The file is the draft now, with %d changes.", count)
    messages.success(request, said % count)
    return redirect("strategy_draft")


def _kind(kind: str) -> Kind:
    for known in FORMS:
        if kind == known:
            return known
    raise NotFound("strategy.kind", _("A strategy has values, goals, outcomes and issues, no %s.") % kind[:40])


def _shown() -> tuple[Strategy, int]:
    """The draft with its edition, or what it would begin with."""
    found = strategies.draft()
    return (found.strategy, found.edition) if found else (strategies.current(), 0)


def _edition() -> int | None:
    found = strategies.draft()
    return found.edition if found else None


def _currency() -> str:
    ours = company()
    return ours.currency if ours else "EUR"


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else otherwise


def _may_read_draft(who: Person) -> bool:
    """Those who write a draft, and those who may be asked to agree to it."""
    return allows(who, "edit", "strategy") or agreement.allows_to_agree(who)


def _given(request: HttpRequest) -> dict[str, Any]:
    """What the address fills in: a cause from its own page, an outcome or a year from the picture."""
    given: dict[str, Any] = {"year": _number(request.GET.get("year"), 1), "outcome": request.GET.get("outcome")}
    cause = taxonomy().cause(request.GET.get("cause", ""))
    if cause is not None:
        given |= {"causes": (cause.id,), "text": cause.description or cause.name}
    return given


def _form(request: HttpRequest, kind: Kind, shown: Strategy, initial: dict[str, Any]) -> StrategyItemForm:
    return FORMS[kind](request.POST or None, strategy=shown, taxonomy=taxonomy(), initial=initial)


def _item_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    currency = {"currency": _currency()}
    return render(request, "strategy/item.html", context | currency, status=422 if context["form"].errors else 200)


def _draft_context(who: Person) -> dict[str, Any]:
    found, state = strategies.draft(), agreement.proposal()
    mine = state.of(who) if state else None
    before = [one.person_id for one in state.withdrawn] if state else []
    given = {"edition": mine.edition, "answer": mine.answer, "reason": mine.reason} if mine else None
    return {
        "draft": found,
        "sentence": pictures.draft_sentence(found, state),
        "proposal": state,
        "mine": mine,
        "answer_form": AnswerForm(initial=given) if mine else None,
        "proposal_form": ProposalForm(leaders=agreement.leaders(), initial={"leaders": before}),
        "may_edit": allows(who, "edit", "strategy"),
        "may_publish": allows(who, "publish", "strategy"),
    }


def _done(request: HttpRequest, said: str, edition: int | None, where: str = "") -> HttpResponse:
    """After an edit: the page of the draft where the person was, with an undo when something changed."""
    if said:
        tags = f"undo={reverse('strategy_undo', args=[edition])}" if edition else ""
        messages.success(request, said, extra_tags=tags)
    answer = redirect("strategy_edit")
    if where:
        answer["Location"] += f"#{where}"
    return answer
