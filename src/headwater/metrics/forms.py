"""What a person chooses on a metric's page; all of it stays in the address."""

from django import forms
from django.utils.translation import gettext_lazy as _


class MetricForm(forms.Form):
    """Group, filter and period, all optional."""

    by = forms.CharField(
        label=_("Group by"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"list": "dimensions", "placeholder": _("stage, channel, event:NAME…")}),
    )
    where = forms.CharField(
        label=_("Filter"),
        required=False,
        max_length=4000,
        widget=forms.TextInput(attrs={"placeholder": _("channel = 'chat'")}),
    )
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
