"""What is filled in about score integrity."""

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.insight.integrity_incentives import MOST_WORDS
from headwater.insight.integrity_replies import MOST_WORDS as LONGEST_REPLY
from headwater.insight.models import IncentiveReview


class IncentiveForm(forms.Form):
    """What hangs on a score."""

    finding = forms.ChoiceField(
        label=_("What did you find?"), choices=IncentiveReview.Finding.choices, widget=forms.RadioSelect
    )
    words = forms.CharField(
        label=_("What you looked at, and what is done about it"),
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Bonuses, targets, rankings, prizes; also praise in meetings. Name no colleague."),
    )


class ReplyForm(forms.Form):
    """A colleague's own words."""

    words = forms.CharField(
        label=_("Your reply"),
        max_length=LONGEST_REPLY,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Kept with the figures as they are now, shown to you and your manager beside them, never changed."),
    )
