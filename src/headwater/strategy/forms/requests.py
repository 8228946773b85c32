"""What people fill in to file a request, and to answer one. Forms give types and labels; services decide."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.journey.taxonomy import Taxonomy
from headwater.strategy.outcome_fit import Fit
from headwater.strategy.request_words import Understanding, ids
from headwater.strategy.requests import LONGEST, REASON_LENGTH, SHORTEST
from headwater.strategy.strategy import Outcome


class RequestForm(forms.Form):
    """What should be fixed, in one's own words."""

    sent = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    text = forms.CharField(
        label=_("What should be fixed?"),
        min_length=SHORTEST,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("In your own words, as you would say it to a colleague. No names of customers."),
    )


class CorrectForm(forms.Form):
    """What a request is really about."""

    all_contacts = forms.BooleanField(
        label=_("All contacts, whatever they are about"), required=False, help_text=_("Then nothing else narrows it.")
    )
    departments = forms.MultipleChoiceField(label=_("Departments"), required=False, widget=forms.CheckboxSelectMultiple)
    stages = forms.MultipleChoiceField(label=_("Stages"), required=False, widget=forms.CheckboxSelectMultiple)
    causes = forms.MultipleChoiceField(label=_("Causes"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, known: Taxonomy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {
            "departments": [(one.id, one.name) for one in known.departments],
            "stages": [(one.id, one.name) for one in known.stages],
            "causes": [(one.id, one.name) for one in known.active_causes],
        }
        for name, options in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 (for the type checker)
            field.choices = options


def initial_of(understanding: Understanding) -> dict[str, Any]:
    """What the form shows when it is opened."""
    return {
        "all_contacts": understanding.all_contacts,
        "departments": ids(understanding.departments),
        "stages": ids(understanding.stages),
        "causes": ids(understanding.causes),
    }


class LinkForm(forms.Form):
    """Which outcome a request is part of; those that fit stand first."""

    outcome = forms.ChoiceField(label=_("Outcome"))

    def __init__(self, *args: Any, outcomes: Sequence[Outcome], fits: Sequence[Fit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        best = [fit.outcome for fit in fits]
        ordered = [*best, *(outcome for outcome in outcomes if outcome not in best)]
        field = self.fields["outcome"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (for the type checker)
        field.choices = [(outcome.id, outcome.text) for outcome in ordered]


class DeclineForm(forms.Form):
    """Why a request is declined."""

    reason = forms.CharField(
        label=_("Why not"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whoever filed it reads this."),
    )
