"""What people fill in to plan a phase."""

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person
from headwater.strategy.forms.readiness import day_input


class PlanForm(forms.Form):
    """When a phase is planned, and who leads it."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    starts = forms.DateField(label=_("Starts"), required=False, widget=day_input())
    ends = forms.DateField(label=_("Ends"), required=False, widget=day_input())
    owner = forms.ModelChoiceField(
        Person.objects.filter(is_active=True), label=_("Led by"), required=False, empty_label=_("Nobody yet")
    )
