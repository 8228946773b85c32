"""What people fill in to make a trigger or a standard: signals are chosen from what the record has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.base.figures import measure
from headwater.journey.models import Trigger
from headwater.journey.queries import taxonomy
from headwater.journey.trigger_answers import targets
from headwater.metrics.store import company_record
from headwater.record.filters import Compare, Filter, FilterError, every, parse
from headwater.record.questions import AttributeNames, FieldValues

Choices = list[tuple[str, str]]
OFFERED = 60
KIND_TITLES = {
    "survey": gettext_lazy("Survey answers"),
    "contact": gettext_lazy("Contacts"),
    "review": gettext_lazy("Reviews"),
    "social": gettext_lazy("Posts"),
    "event": gettext_lazy("Events of any name"),
}
KINDS = (
    ("first", gettext_lazy("The first time")),
    ("nth", gettext_lazy("The nth time, such as the 100th order")),
    ("within", gettext_lazy("Several within a time, such as a third contact in 30 days")),
    ("not_followed", gettext_lazy("Something that was not followed by something else in time")),
    ("threshold", gettext_lazy("A high or low value: an amount, a score")),
)
USED_BY = {
    "n": "nth within",
    "length": "within not_followed",
    "length_unit": "within not_followed",
    "promised": "not_followed",
    "second": "not_followed",
    "second_where": "not_followed",
    "wait_hours": "not_followed",
    "measured": "threshold",
    "side": "threshold",
    "value": "threshold",
}
"""Which kinds of rule a field belongs to; the page shows it with these alone."""


@dataclass(frozen=True, slots=True)
class Part:
    """A group of fields of the form."""

    title: str
    fields: tuple[tuple[Any, str], ...]
    """Each bound field with the kinds it belongs to, empty: all."""
    layout: str = "form"


def offered_signals(current: str = "") -> list[tuple[str, Choices]]:
    """Kinds and events that the record has, most frequent first, each as the filter that selects it."""
    record = company_record()
    kinds = [
        (f"kind = '{one.value}'", f"{KIND_TITLES.get(str(one.value), one.value)} · {measure(one.n, 'count')}")
        for one in record.ask(FieldValues("kind", 20))
        if one.value
    ]
    events = [
        (str(parse(f"event = {_quoted(one.value)}")), f"{one.value} · {measure(one.n, 'count')}")
        for one in record.ask(FieldValues("event", OFFERED))
        if one.value
    ]
    known = {value for value, _title in (*kinds, *events)}
    groups: list[tuple[str, Choices]] = [("", [("", _("Choose…"))])]
    if current and current not in known:
        groups.append((_("As it is now"), [(current, current)]))
    return [*groups, *([(_("Events"), events)] if events else []), *([(_("Kinds of signal"), kinds)] if kinds else [])]


def offered_attributes(current: str = "") -> Choices:
    """Attributes that signals have, such as the one with a promised time."""
    names = [str(one.value) for one in company_record().ask(AttributeNames(OFFERED)) if one.value]
    if current and current not in names:
        names.insert(0, current)
    return [("", _("No: within the time above")), *((name, name) for name in names)]


def offered_places() -> list[tuple[str, Any]]:
    """The journey's moments under their stages."""
    known = taxonomy()
    groups: list[tuple[str, Any]] = [("", _("None of them"))]
    for stage in known.stages:
        moments = [(f"moment:{one.id}", one.name) for one in known.moments_of(stage.id)]
        groups.append((stage.name, [(f"stage:{stage.id}", _("All of “%s”") % stage.name), *moments]))
    return groups


def joined(signals: str, where: str) -> str:
    """One filter from what was chosen and what was written beside it; what cannot be read stays as it is."""
    try:
        parts = [parse(one) for one in (signals, where) if one.strip()]
    except FilterError:
        return f"{signals} and ({where})" if signals and where else signals or where
    whole = every(*parts)
    return "" if whole is None else str(whole)


def divided(text: str) -> tuple[str, str]:
    """A filter as its test of kind or event, and the rest."""
    try:
        found = parse(text)
    except FilterError:
        return "", text
    for part in found.conjuncts():
        if isinstance(part, Compare) and part.term.name in ("event", "kind") and part.operator == "=":
            rest = every(*(Filter(one) for one in found.conjuncts() if one is not part))
            return str(Filter(part)), "" if rest is None else str(rest)
    return "", text


def _quoted(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


class SignalsField(forms.ChoiceField):
    """Signals chosen from those there are; a choice that was made elsewhere is taken too."""

    def valid_value(self, value: object) -> bool:
        return isinstance(value, str) and len(value) <= 4_000


class TriggerForm(forms.Form):
    """A trigger: what is looked for, where it belongs, what answers it."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("“Order not delivered by the promised date”")
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What is looked for"), choices=KINDS, widget=forms.RadioSelect, initial="within"
    )
    first = SignalsField(label=gettext_lazy("Signals"))
    first_where = forms.CharField(
        label=gettext_lazy("Only those where"),
        required=False,
        max_length=4_000,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy("A filter, such as channel = 'phone' and attribute:segment = 'business'."),
    )
    second = SignalsField(label=gettext_lazy("Not followed by"), required=False)
    second_where = forms.CharField(
        label=gettext_lazy("Only those where"),
        required=False,
        max_length=4_000,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    n = forms.IntegerField(label=gettext_lazy("How many"), required=False, min_value=1, max_value=1_000, initial=3)
    length = forms.IntegerField(label=gettext_lazy("Within"), required=False, min_value=0, max_value=8_784, initial=30)
    length_unit = forms.ChoiceField(
        label=gettext_lazy("Unit of time"),
        required=False,
        choices=(("24", gettext_lazy("days")), ("1", gettext_lazy("hours"))),
        initial="24",
    )
    promised = forms.ChoiceField(
        label=gettext_lazy("Or by the time promised in"),
        required=False,
        help_text=gettext_lazy("An attribute that holds a time like 2026-01-31 16:00:00, UTC."),
    )
    measured = forms.ChoiceField(
        label=gettext_lazy("Value"),
        required=False,
        choices=(("amount", gettext_lazy("Amount of money")), ("score", gettext_lazy("Score"))),
    )
    side = forms.ChoiceField(
        label=gettext_lazy("Is"),
        required=False,
        choices=(("at_least", gettext_lazy("at least")), ("at_most", gettext_lazy("at most"))),
    )
    value = forms.FloatField(label=gettext_lazy("This"), required=False, initial=100)
    per = forms.ChoiceField(
        label=gettext_lazy("Signals belong together by"),
        required=False,
        choices=(
            ("customer", gettext_lazy("customer")),
            ("subject", gettext_lazy("order, invoice or other subject")),
        ),
    )
    place = forms.ChoiceField(label=gettext_lazy("Where in the journey"), required=False)
    action = forms.ChoiceField(
        label=gettext_lazy("How it is answered"),
        choices=Trigger.Action.choices,
        widget=forms.RadioSelect,
        initial="case",
    )
    target = forms.ChoiceField(
        label=gettext_lazy("Which survey"),
        required=False,
        help_text=gettext_lazy("Only for “Ask with a survey”. Contact limits and the customer’s hours hold here too."),
    )
    delay_hours = forms.IntegerField(
        label=gettext_lazy("Hours until the survey is sent"), required=False, min_value=0, max_value=8_760, initial=48
    )
    grace_days = forms.IntegerField(
        label=gettext_lazy("Grace period in days"),
        min_value=0,
        max_value=365,
        initial=7,
        help_text=gettext_lazy("What is found later than this after it happened is kept as history and not answered."),
    )
    wait_hours = forms.IntegerField(
        label=gettext_lazy("Hours to wait for late news"),
        required=False,
        min_value=0,
        max_value=336,
        initial=0,
        help_text=gettext_lazy("If deliveries are reported a day late, wait 24 hours after the deadline."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = self.data if self.is_bound else self.initial
        for name in ("first", "second"):
            self._offer(name, offered_signals(str(given.get(name) or "")))
        self._offer("promised", offered_attributes(str(given.get("promised") or "")))
        self._offer("place", offered_places())
        self._offer("target", [("", _("None")), *targets(Trigger.Action.SURVEY)])

    def _offer(self, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (for the type checker)
        field.choices = choices

    def parts(self) -> list[Part]:
        """The fields in the order of the page."""
        groups = (
            (_("What to look for"), ("kind", "first", "first_where", "second", "second_where")),
            (_("How many, how soon"), ("n", "length", "length_unit", "promised", "measured", "side", "value", "per")),
            (
                _("Where it belongs, and what answers it"),
                ("name", "place", "action", "target", "delay_hours", "grace_days", "wait_hours"),
            ),
        )
        parts = [Part(title, tuple((self[name], USED_BY.get(name, "")) for name in names)) for title, names in groups]
        parts[1] = replace(parts[1], layout="fields")
        return parts

    def rule(self) -> dict[str, Any]:
        """The rule's document, with the fields that its kind uses."""
        given = self.cleaned_data
        kind = given["kind"]
        rule: dict[str, Any] = {"kind": kind, "per": given.get("per") or "customer"}
        rule["first"] = joined(given.get("first") or "", given.get("first_where") or "")
        if kind in ("nth", "within"):
            rule["n"] = given.get("n") or 1
        if kind == "not_followed":
            rule["second"] = joined(given.get("second") or "", given.get("second_where") or "")
            rule["promised"] = given.get("promised") or ""
        if kind == "within" or (kind == "not_followed" and not rule["promised"]):
            rule["hours"] = (given.get("length") or 0) * int(given.get("length_unit") or 24)
        if kind == "threshold":
            rule |= {
                name: given.get(name) for name in ("measured", "side", "value") if given.get(name) not in (None, "")
            }
        return rule

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        given = self.cleaned_data
        level, _sign, item = (given.get("place") or "").partition(":")
        return {
            "name": given["name"],
            "stage": item if level == "stage" else "",
            "moment": item if level == "moment" else "",
            "action": given["action"],
            "target": given.get("target") or "",
            "delay_hours": given.get("delay_hours") or 0,
            "grace_days": given["grace_days"],
            "wait_hours": given.get("wait_hours") or 0,
            "rule": self.rule(),
        }


def initial_of(trigger: Trigger) -> dict[str, Any]:
    """What the form of a trigger shows when it is opened."""
    rule: Mapping[str, Any] = trigger.rule
    hours = rule.get("hours", 0)
    first, first_where = divided(rule["first"])
    second, second_where = divided(rule["second"]) if rule.get("second") else ("", "")
    in_days = hours % 24 == 0
    return {
        "name": trigger.name,
        "kind": rule["kind"],
        "first": first,
        "first_where": first_where,
        "second": second,
        "second_where": second_where,
        "n": rule.get("n", 3),
        "length": (hours // 24 if in_days else hours) or None,
        "length_unit": "24" if in_days else "1",
        "promised": rule.get("promised", ""),
        "measured": rule.get("measured", "amount"),
        "side": rule.get("side", "at_least"),
        "value": rule.get("value", 0),
        "per": rule.get("per", "customer"),
        "place": f"moment:{trigger.moment}" if trigger.moment else f"stage:{trigger.stage}" if trigger.stage else "",
        "action": trigger.action,
        "target": trigger.target,
        "delay_hours": trigger.delay_hours,
        "grace_days": trigger.grace_days,
        "wait_hours": trigger.wait_hours,
    }
