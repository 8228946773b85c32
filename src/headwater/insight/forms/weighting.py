"""How an analyst states the customer base."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.insight.forms.finance import DateInput
from headwater.insight.weighting_margins import LONGEST, MAX_BYTES, read_levels


class MarginForm(forms.Form):
    """One attribute of the base: typed in, or from a file of two columns."""

    attribute = forms.CharField(
        label=_("Attribute of customers"),
        max_length=LONGEST,
        help_text=_("By the name that answers bear in the record, such as region."),
    )
    levels = forms.CharField(
        label=_("Levels with their customers"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("One a line: North; 1204. Numbers of customers or shares; the levels as answers bear them."),
    )
    file = forms.FileField(
        label=_("Or a CSV file of two columns"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt"}),
    )
    source = forms.CharField(label=_("Source"), max_length=300, help_text=_("Where these figures come from."))
    stated_on = forms.DateField(label=_("As of"), widget=DateInput(), initial=timezone.localdate)

    def values(self) -> dict[str, Any]:
        """What the service takes; a file goes before what is typed."""
        given = self.cleaned_data
        text = given["levels"]
        if given["file"]:
            text = given["file"].read(MAX_BYTES + 1).decode("utf-8-sig", errors="replace")
        return {
            "attribute": given["attribute"],
            "levels": read_levels(text),
            "source": given["source"],
            "stated_on": given["stated_on"],
        }
