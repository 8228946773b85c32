"""What becomes of a difference between today's journey and the one to come."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person
from headwater.journey.forms.agreement import PersonChoice, active_people
from headwater.journey.future import LINK_LENGTH, NAME_LENGTH, REASON_LENGTH


class CarryForm(forms.Form):
    """The initiative that carries a difference."""

    initiative = forms.CharField(label=_("Initiative that carries it"), max_length=NAME_LENGTH)
    owner = PersonChoice(
        label=_("Who owns it"), queryset=Person.objects.none(), required=False, empty_label=_("Nobody yet")
    )
    link = forms.CharField(label=_("Where it is followed (web address)"), required=False, max_length=LINK_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = active_people()  # type: ignore[attr-defined]


class DropForm(forms.Form):
    """Why a difference will not be made."""

    reason = forms.CharField(
        label=_("Why it is dropped"), max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
