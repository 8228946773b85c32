"""What is filled in about personal data. Forms give types and labels; services decide what is allowed."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pytz import country_names

from headwater.listening.models import Consent, PersonalDataRules, RetentionRule
from headwater.listening.personal.consent import CHANNELS
from headwater.listening.personal.holding_off import LONGEST_REASON as LONGEST
from headwater.listening.personal.retention import FEWEST_DAYS, KINDS, MOST_DAYS
from headwater.listening.personal.rules import DAYS
from headwater.listening.personal.vault import LONGEST_REASON
from headwater.listening.pipeline.national_ids import COUNTRIES


def _days(name: str, label: Any, help_text: Any = "") -> forms.IntegerField:
    fewest, most = DAYS[name]
    return forms.IntegerField(label=label, min_value=fewest, max_value=most, help_text=help_text)


def _named_countries() -> list[tuple[str, str]]:
    """Each country whose ids are known, under its name in the time zone database, by name."""
    named = [(code, gettext(country_names.get(code, code))) for code in COUNTRIES]
    return sorted(named, key=lambda pair: pair[1])


class RulesForm(forms.Form):
    """The rules of the installation."""

    edition = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    countries = forms.MultipleChoiceField(
        label=_("National ids of"),
        required=False,
        choices=_named_countries,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "in-columns"}),
        help_text=_("None ticked: all of them."),
    )
    addresses = forms.BooleanField(label=_("Take out IP addresses, too"), required=False)
    vault = forms.BooleanField(
        label=_("Keep words before redaction, encrypted with a key for each customer"), required=False
    )
    pseudonyms = forms.BooleanField(
        label=_("Customers of sources that have not sent anything yet are pseudonyms"), required=False
    )
    consent_needed = forms.MultipleChoiceField(
        label=_("A customer must have said yes before"),
        required=False,
        choices=Consent.Purpose.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("For the others it is enough that nobody said no."),
    )
    upload_days = _days("upload_days", _("Days that uploaded files are kept"))
    set_aside_days = _days("set_aside_days", _("Days that rows set aside are kept"))
    original_days = _days("original_days", _("Days that words before redaction are kept"))
    look_days = _days("look_days", _("Days that it is kept who looked at words"))

    def clean_countries(self) -> list[str]:
        """The countries, as the rules keep them."""
        return sorted(self.cleaned_data["countries"])

    @classmethod
    def of(cls, current: PersonalDataRules, data: Any = None) -> "RulesForm":
        """The form as the rules stand."""
        return cls(data, initial={name: getattr(current, name) for name in cls.base_fields})


class RetentionForm(forms.Form):
    """How long signals, or their words, are kept."""

    what = forms.ChoiceField(label=_("What"), choices=RetentionRule.What.choices)
    kind = forms.ChoiceField(
        label=_("Of the kind"), required=False, choices=[("", _("any")), *((one, one) for one in KINDS)]
    )
    source = forms.CharField(label=_("From the source"), required=False, max_length=80, help_text=_("Empty: any."))
    days = forms.IntegerField(label=_("Days"), min_value=FEWEST_DAYS, max_value=MOST_DAYS)


class CustomerForm(forms.Form):
    """Which customer."""

    customer_id = forms.CharField(label=_("Customer’s id"), max_length=500)


class LetBackForm(forms.Form):
    """Which erased customer may come back, and why."""

    customer_id = forms.CharField(label=_("Customer’s id"), max_length=500)
    reason = forms.CharField(
        label=_("Why they may come back"),
        max_length=LONGEST,
        help_text=_("It is kept in the history with your name. The customer’s id is not, so do not write it here."),
    )


class ConsentForm(forms.Form):
    """What a customer said."""

    customer_id = forms.CharField(widget=forms.HiddenInput, max_length=500)
    purpose = forms.ChoiceField(label=_("For"), choices=Consent.Purpose.choices)
    channel = forms.ChoiceField(label=_("Over"), choices=[(one, one) for one in CHANNELS])
    is_given = forms.TypedChoiceField(
        label=_("The customer"),
        choices=[("no", _("withdrew consent")), ("yes", _("gave consent"))],
        coerce=lambda value: value == "yes",
    )
    wording = forms.CharField(
        label=_("How it was said"), required=False, max_length=200, help_text=_("The wording and its version.")
    )


class ReasonForm(forms.Form):
    """Why somebody needs to see words as they came."""

    reason = forms.CharField(
        label=_("Why you need the words as they came"),
        max_length=LONGEST_REASON,
        help_text=_("It is kept in the history with your name."),
    )
