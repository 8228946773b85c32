"""What finance fills in. Rates are typed in per cent and kept in 0…1; services decide what is allowed."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person
from headwater.insight.finance import MAX_CHANNEL, MAX_SOURCE, Entry
from headwater.insight.finance_rules import AMOUNTS, BASES, EVENT, MOST_DAYS, Amount, Content, Key

PER_CENT = 100.0
HELP: dict[Key, Any] = {
    "cost_per_contact": _("What one contact costs, with wages, tools and room."),
    "margin": _("Contribution margin, not revenue: what is left once what was sold is paid for."),
    "discount": _("In per cent a year, as for any other investment."),
    "horizon": _("For how many years a customer who stays is counted."),
}


class DateInput(forms.DateInput):
    """A day, with the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class EntryForm(forms.Form):
    """What every entry has: where it is from, as of when, who answers for it, and what was there when it was read."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    source = forms.CharField(
        label=_("Source"), max_length=MAX_SOURCE, help_text=_("The report and its month, or how it was worked out.")
    )
    stated_on = forms.DateField(label=_("As of"), required=False, widget=DateInput())
    owner = forms.TypedChoiceField(label=_("Who answers for it"), coerce=int, required=False, empty_value=None)

    def __init__(self, *args: Any, key: Key, people: Sequence[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key
        owner = cast(forms.TypedChoiceField, self.fields["owner"])
        owner.choices = [("", _("Whoever enters it")), *((one.pk, one.name) for one in people)]
        self.people = {one.pk: one for one in people}

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        given = dict(self.cleaned_data)
        return given | {"owner": self.people.get(given["owner"])}


class AmountForm(EntryForm):
    """A figure and its ends."""

    channel = forms.CharField(
        label=_("Channel"), max_length=MAX_CHANNEL, help_text=_("As the record names it, such as phone or chat.")
    )
    value = forms.FloatField(label=_("Figure"))
    low = forms.FloatField(label=_("At least"), help_text=_("The ends between which you are 95 % sure it lies."))
    high = forms.FloatField(label=_("At most"))
    basis = forms.ChoiceField(label=_("Margin of"), required=False, widget=forms.RadioSelect)
    field_order = ["channel", "basis", "value", "low", "high", "source", "stated_on", "owner", "seen"]

    def __init__(self, *args: Any, channels: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"].help_text = HELP[self.key]
        if self.key == "margin":
            names = {"customer_year": _("a customer in a year"), "order": _("an order")}
            cast(forms.ChoiceField, self.fields["basis"]).choices = [(one, names[one]) for one in BASES]
            self.fields["basis"].required = True
        else:
            del self.fields["basis"]
        if not channels:
            del self.fields["channel"]

    def values(self) -> dict[str, Any]:
        given = super().values()
        scale = PER_CENT if self.key == "discount" else 1.0
        return given | {name: given[name] / scale for name in ("value", "low", "high")}


class DefinitionForm(EntryForm):
    """Events and days."""

    events = forms.MultipleChoiceField(label=_("Events"), required=False, widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=MOST_DAYS)
    field_order = ["events", "days", "source", "stated_on", "owner", "seen"]

    def __init__(self, *args: Any, events: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.MultipleChoiceField, self.fields["events"])
        field.choices = [(one, one.replace("_", " ")) for one in events if EVENT.fullmatch(one)]
        field.label, field.help_text = {
            "active": (_("Had one of these events"), _("Buying, paying, using: what a customer does who is one.")),
            "lost": (_("Or had one of these events"), _("Notice given, account closed. None: the days alone decide.")),
            "referral": (_("One of these events"), _("A customer who came because this one recommended the company.")),
        }[self.key]
        if self.key == "referral":
            del self.fields["days"]
        else:
            says = {"active": _("Within this many days"), "lost": _("No sign of being active for this many days")}
            self.fields["days"].label = says[self.key]


def form_of(
    key: Key,
    people: Sequence[Person],
    events: Sequence[str],
    data: Any = None,
    entry: Entry | None = None,
    *,
    channels: bool = False,
) -> AmountForm | DefinitionForm:
    """The form of one of finance's figures, filled with what is in force; ``channels`` asks for the channel too."""
    initial: dict[str, Any] = {"seen": 0}
    if entry is not None:
        initial = {"source": entry.source, "stated_on": entry.stated_on, "owner": entry.owner_id}
        initial |= {"seen": entry.edition, **_written(key, entry.content)}
    if key in AMOUNTS:
        return AmountForm(data, key=key, people=people, initial=initial, channels=channels)
    return DefinitionForm(data, key=key, people=people, events=events, initial=initial)


def _written(key: Key, content: Content) -> dict[str, Any]:
    """What is in force, as it is typed."""
    if not isinstance(content, Amount):
        return {"events": list(content.events), "days": content.days}
    scale = PER_CENT if key == "discount" else 1.0
    ends = {name: round(getattr(content, name) * scale, 6) for name in ("value", "low", "high")}
    return {**ends, "basis": content.basis}
