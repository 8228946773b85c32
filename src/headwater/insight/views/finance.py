"""The pages on which finance enters its figures and signs them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.forms import show_refusal
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.insight import finance
from headwater.insight.finance import Entry, FinanceFigures
from headwater.insight.finance_rules import KEYS, NAMES, Key
from headwater.insight.finance_wording import content_words, finance_sentence, name_of
from headwater.insight.forms.finance import form_of
from headwater.metrics.store import company_record
from headwater.record.questions import FieldValues

MOST_EVENTS = 200


@require_GET
def finance_page(request: HttpRequest) -> HttpResponse:
    """Every figure in force: its ends, source, owner, date and signature."""
    me = person(request)
    require(me, "view", "finance")
    found = finance.figures()
    rows = [_shown(entry, found) for entry in found.entries]
    keys: list[Key] = [*found.missing]
    if found.entry("referral") is None:
        keys.append("referral")
    shown = {
        "sentence": finance_sentence(found),
        "rows": rows,
        "missing": [(key, NAMES[key]) for key in keys],
        "may_edit": finance.may(me, "edit"),
        "may_sign": finance.may(me, "sign"),
    }
    return render(request, "insight/finance.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def entry_page(request: HttpRequest, key: str) -> HttpResponse:
    """One figure: enter it, change it, see every edition of it."""
    me = person(request)
    require(me, "view", "finance")
    known = _known(key)
    channel = request.GET.get("channel", "")[:80]
    found = finance.figures()
    new = known == "cost_per_contact" and request.GET.get("new") == "1"
    entry = None if new else found.entry(known, channel)
    form = form_of(known, _people(), _events(entry), request.POST or None, entry, channels=new)
    if request.method == "POST" and form.is_valid():
        given = form.values()
        try:
            finance.enter(me, known, given, seen=given["seen"], channel=given.get("channel", channel))
        except Refused as refused:
            if refused.status not in (400, 409):
                raise
            show_refusal(form, refused)
        else:
            messages.success(request, _("“%s” is entered. Finance signs it on this page.") % name_of(known, channel))
            return redirect("finance")
    shown = {
        "form": form,
        "key": known,
        "name": _("Cost per contact in one channel") if new else name_of(known, channel),
        "now": _shown(entry, found) if entry else None,
        "past": [] if new else [(_shown(one, found), who) for one, who in finance.past(known, channel)],
        "may_edit": finance.may(me, "edit"),
    }
    return render(request, "insight/finance_entry.html", shown)


@require_POST
def sign(request: HttpRequest, key: str) -> HttpResponse:
    """Sign a figure as it was shown."""
    finance.sign(person(request), key, seen=_seen(request), channel=request.POST.get("channel", "")[:80])
    messages.success(request, _("Signed."))
    return redirect("finance")


@require_POST
def remove(request: HttpRequest, key: str) -> HttpResponse:
    """Take a figure out of force."""
    finance.remove(person(request), key, seen=_seen(request), channel=request.POST.get("channel", "")[:80])
    messages.success(request, _("Taken out of force. What was entered stays in the history."))
    return redirect("finance")


def _shown(entry: Entry, found: FinanceFigures) -> dict[str, object]:
    return {
        "entry": entry,
        "name": name_of(entry.key, entry.channel),
        "words": content_words(entry, found.currency),
    }


def _known(key: str) -> Key:
    if key not in KEYS:
        raise NotFound("finance.unknown", _("“%s” is none of finance’s figures.") % key[:40])
    return key


def _people() -> list[Person]:
    return list(Person.objects.filter(is_active=True).order_by("name")[:1000])


def _events(entry: Entry | None) -> list[str]:
    """The events that the record knows, and those in force."""
    found = [str(one.value) for one in company_record().ask(FieldValues("event", MOST_EVENTS)) if one.value]
    kept = list(getattr(entry.content, "events", ())) if entry else []
    return list(dict.fromkeys([*kept, *found]))


def _seen(request: HttpRequest) -> int:
    given = request.POST.get("seen", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
