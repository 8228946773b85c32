"""What heads and deciders fill in about a stage."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person
from headwater.journey.agreement import REASON_LENGTH

VIEWS = (("yes", _("Yes, this is how we see it")), ("no", _("No, we object")))
DECISIONS = (("keep", _("The stage stays as it is")), ("change", _("The stage will be changed")))


class AnswerForm(forms.Form):
    """Whether a department sees a stage as it is published."""

    department = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=16)
    agrees = forms.ChoiceField(label=_("Is this stage as you see it?"), choices=VIEWS, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed for an objection: what is missing, wrong, or not yours."),
    )


class OneOfSeveralForm(AnswerForm):
    """The same in a list of stages: what is left open is answered another time."""

    agrees = forms.ChoiceField(
        label=_("Is this stage as you see it?"), choices=VIEWS, widget=forms.RadioSelect, required=False
    )

    def clean(self) -> dict[str, Any] | None:
        """Words without a choice are no answer, and are not thrown away either."""
        if self.cleaned_data.get("reason") and not self.cleaned_data.get("agrees"):
            self.add_error("agrees", _("Say whether you agree or object."))
        return self.cleaned_data


class DecisionForm(forms.Form):
    """What becomes of an objection that the departments did not settle."""

    decision = forms.ChoiceField(label=_("Your decision"), choices=DECISIONS, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why"), max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("All see it.")
    )


class PersonChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django's own is not generic
    """Someone who works here, by name and department."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.department.name}" if obj.department else obj.name


def active_people() -> Any:
    """Everyone whose account is open."""
    return Person.objects.filter(is_active=True).select_related("department")


class DeciderForm(forms.Form):
    """Who decides objections that stay open."""

    decider = PersonChoice(label=_("Who decides"), queryset=Person.objects.none(), empty_label=_("Choose someone"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["decider"].queryset = active_people()  # type: ignore[attr-defined]
