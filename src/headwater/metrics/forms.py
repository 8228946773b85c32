"""What a person chooses on a metric's page; all of it stays in the address."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person
from headwater.metrics.cards import MOST_WORDS, Card


class MetricForm(forms.Form):
    """Group, filter and period, all optional.

    The fields stand in several panels and belong to one HTML form, so that sending one keeps the others.
    """

    by = forms.CharField(
        label=_("Column, attribute:NAME or event:NAME"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"list": "dimensions", "spellcheck": "false", "autocomplete": "off"}),
    )
    where = forms.CharField(
        label=_("Filter"),
        help_text=_("For example: channel = 'chat' and attribute:region = 'north'"),
        required=False,
        max_length=4000,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    weights = forms.ChoiceField(
        label=_("Weights"), required=False, choices=[("", _("none")), ("base", _("to the customer base"))]
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for field in self.fields.values():
            field.widget.attrs["form"] = "choice"

    def says_nothing(self) -> bool:
        """Whether the address carries parameters without a value, as a browser sends them."""
        return any(self.data.get(name) == "" for name in self.fields)


class CardForm(forms.Form):
    """Who answers for a metric, and what a leader does when it moves."""

    owner = forms.TypedChoiceField(label=_("Who answers for it?"), coerce=int, required=False, empty_value=None)
    action = forms.CharField(
        label=_("What does a leader do when it moves?"),
        help_text=_("One or two sentences. Left empty, the definition's own words stand."),
        max_length=MOST_WORDS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, card: Card, people: Iterable[Person], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.initial = {"owner": card.owner.pk if card.owner else "", "action": card.action, "seen": card.edition}
        known = [("", _("Nobody yet")), *((one.pk, one.name) for one in people)]
        self.fields["owner"].choices = known  # type: ignore[attr-defined]
