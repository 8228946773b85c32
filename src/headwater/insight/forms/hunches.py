"""What somebody fills in to write a hunch down."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.insight.forms.finance import DateInput
from headwater.insight.hunches import LONGEST_FILTER, MOST_WORDS, Claim
from headwater.insight.models import Hunch
from headwater.insight.weighting_margins import margins_in_force
from headwater.journey.queries import taxonomy
from headwater.metrics.definitions import METRICS
from headwater.metrics.store import company_record
from headwater.record.filters import FilterError, equals, every, parse
from headwater.record.questions import FieldValues

PER_CENT = ("share",)
OFFERED = 12
USES = {"other_group": "group", "other_where": "group"}


def offered_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups to choose from, each as the filter that selects it: segments, stages, causes, channels."""
    known = taxonomy()
    found: list[tuple[str, list[tuple[str, str]]]] = [("", [("", _("Everyone"))])]
    for margin in margins_in_force():
        name = f"attribute:{margin.attribute}" if margin.attribute.isidentifier() else f'attribute:"{margin.attribute}"'
        levels = [(str(equals(name, level)), level) for level in margin.levels]
        found.append((margin.attribute[:1].upper() + margin.attribute[1:], levels))
    found.append((_("Stages"), [(str(equals("stage", one.id)), one.name) for one in known.stages]))
    found.append((_("Causes"), [(str(equals("cause", one.id)), one.name) for one in known.active_causes]))
    channels = [str(one.value) for one in company_record().ask(FieldValues("channel", OFFERED)) if one.value]
    found.append((_("Channels"), [(str(equals("channel", one)), one) for one in channels]))
    return [group for group in found if group[1]]


def _filter() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Only those where"),
        required=False,
        max_length=LONGEST_FILTER,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy("A filter, such as channel = 'chat' and negative."),
    )


class HunchForm(forms.Form):
    """A claim that the record can answer, and how sure its writer is."""

    metric = forms.ChoiceField(label=gettext_lazy("What"), choices=[(one.name, one.title) for one in METRICS.values()])
    group = forms.ChoiceField(label=gettext_lazy("Of whom"), required=False)
    where = _filter()
    comparison = forms.ChoiceField(
        label=gettext_lazy("How does it compare?"), choices=Hunch.Comparison.choices, widget=forms.RadioSelect
    )
    against = forms.ChoiceField(
        label=gettext_lazy("With what?"), choices=Hunch.Against.choices, widget=forms.RadioSelect
    )
    other_group = forms.ChoiceField(label=gettext_lazy("The other group"), required=False)
    other_where = _filter()
    at_least = forms.FloatField(
        label=gettext_lazy("By at least"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("In points, or in the metric’s unit. Leave it empty for any difference."),
    )
    since = forms.DateField(label=gettext_lazy("From"), widget=DateInput())
    until = forms.DateField(label=gettext_lazy("To"), widget=DateInput())
    judge_on = forms.DateField(
        label=gettext_lazy("To be answered on"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("Empty: as soon as the record reaches the end of that time."),
    )
    probability = forms.IntegerField(
        label=gettext_lazy("How sure are you, in per cent?"),
        min_value=1,
        max_value=99,
        help_text=gettext_lazy("50 is a coin. You are scored on it, for your eyes alone."),
    )
    words = forms.CharField(
        label=gettext_lazy("Why do you think so?"),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("For yourself; it decides nothing."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = offered_groups()
        for name in ("group", "other_group"):
            field = self.fields[name]
            given = str((self.data if self.is_bound else self.initial).get(name) or "")
            known = {value for _title, values in groups for value, _name in values}
            more = [(_("As it is now"), [(given, given)])] if given and given not in known else []
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 (for the type checker)
            field.choices = [*more, *groups]

    def claim(self) -> Claim:
        """What the form says; call it when the form is valid."""
        given = self.cleaned_data
        at_least = given["at_least"] or 0.0
        if METRICS[given["metric"]].kind in PER_CENT:
            at_least /= 100
        against = given["against"]
        other = _joined(given["other_group"], given["other_where"]) if against == Hunch.Against.GROUP else ""
        return Claim(
            given["metric"],
            _joined(given["group"], given["where"]),
            against,
            other,
            given["comparison"],
            at_least,
            given["since"],
            given["until"],
            given["judge_on"] or given["until"] + timedelta(days=1),
        )


def initial(given: dict[str, str]) -> dict[str, Any]:
    """What the form opens with: the month to come, and what the address says."""
    today = timezone.localdate()
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    shown: dict[str, Any] = {
        "comparison": Hunch.Comparison.HIGHER,
        "against": Hunch.Against.REST,
        "since": first,
        "until": _month_end(first),
        "probability": 70,
        "metric": "share_negative",
    }
    return shown | {name: value[:LONGEST_FILTER] for name, value in given.items() if name in HunchForm.base_fields}


def _month_end(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _joined(group: str, where: str) -> str:
    """One filter from what was chosen and what was written; what cannot be read is refused later, with the reason."""
    if not group or not where.strip():
        return group or where.strip()
    try:
        return str(every(parse(group), parse(where)))
    except FilterError:
        return f"({group}) and ({where})"
