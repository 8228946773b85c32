"""Who answers for a moment."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person
from headwater.journey.forms.agreement import PersonChoice, active_people


class LeaderForm(forms.Form):
    """The one person accountable for a moment, or nobody."""

    leader = PersonChoice(
        label=_("Who answers for it"), queryset=Person.objects.none(), required=False, empty_label=_("Nobody yet")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["leader"].queryset = active_people()  # type: ignore[attr-defined]
