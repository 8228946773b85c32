"""What is filled in to try a draft, and what strangers answer. Forms give types and labels; services decide."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.journey.taxonomy import Moment
from headwater.strategy.forms.readiness import day_input
from headwater.strategy.models import Trial, TrialLink
from headwater.strategy.trial_answers import WORDS
from headwater.strategy.trials import MOST_ANSWERS, NOTE_LENGTH

AGREEMENT = ((1, _("1 – not at all")), (2, "2"), (3, "3"), (4, "4"), (5, _("5 – entirely")))


class TrialForm(forms.Form):
    """What is tried, with whom, until when."""

    kind = forms.ChoiceField(label=_("What to try"), choices=Trial.Kind.choices)
    moment = forms.ChoiceField(
        label=_("Which moment"), required=False, help_text=_("For guideposts: those of which moment.")
    )
    audiences = forms.MultipleChoiceField(
        label=_("With whom"),
        choices=TrialLink.Audience.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=["customers", "employees"],
        help_text=_("Each gets a link of its own, so that their answers can be told apart."),
    )
    closes_on = forms.DateField(label=_("Until"), widget=day_input())
    most = forms.IntegerField(label=_("Answers a link takes at most"), min_value=1, max_value=MOST_ANSWERS, initial=200)

    def __init__(self, *args: Any, moments: tuple[Moment, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["moment"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (for the type checker)
        field.choices = [("", _("None")), *((moment.id, moment.name) for moment in moments)]
        self.fields["closes_on"].initial = timezone.localdate() + timedelta(days=14)


class AnswerForm(forms.Form):
    """What a customer or colleague thinks of a text."""

    promise = forms.CharField(
        label=_("In your words: what does this promise?"),
        required=False,
        max_length=WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    clear = forms.TypedChoiceField(label=_("Is it clear?"), choices=AGREEMENT, coerce=int, widget=forms.RadioSelect)
    believable = forms.TypedChoiceField(
        label=_("Do you believe it?"), choices=AGREEMENT, coerce=int, widget=forms.RadioSelect
    )
    matters = forms.TypedChoiceField(
        label=_("Does it matter to you?"), choices=AGREEMENT, coerce=int, widget=forms.RadioSelect
    )
    change = forms.CharField(
        label=_("What would you change?"),
        required=False,
        max_length=WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Please write no names, numbers or addresses."),
    )


class ChangeForm(forms.Form):
    """What was changed after a trial, and why."""

    note = forms.CharField(
        label=_("What we changed, and why"), max_length=NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 4})
    )
