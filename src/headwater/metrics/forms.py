"""What a person chooses on a metric's page; all of it stays in the address."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


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

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for field in self.fields.values():
            field.widget.attrs["form"] = "choice"

    def says_nothing(self) -> bool:
        """Whether the address carries parameters without a value, as a browser sends them."""
        return any(self.data.get(name) == "" for name in self.fields)
