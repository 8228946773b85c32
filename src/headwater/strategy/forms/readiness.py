"""What people fill in about readiness. Forms give types and labels; services decide what is allowed."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person
from headwater.strategy.models import ReadinessItem
from headwater.strategy.readiness_questions import Item

YES_NO = (("", _("Nobody has said yet")), ("yes", _("Yes")), ("no", _("No")))


def day_input() -> forms.DateInput:
    """A day as the browser's own calendar gives it."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ItemForm(forms.Form):
    """One question: who, by when, how far, and what shows it. Fields a person may not set are left out."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    says = forms.ChoiceField(label=_("Does it?"), choices=YES_NO, required=False, widget=forms.RadioSelect)
    owner = forms.ModelChoiceField(
        Person.objects.filter(is_active=True), label=_("Owner"), required=False, empty_label=_("Nobody yet")
    )
    due = forms.DateField(label=_("By when"), required=False, widget=day_input())
    state = forms.ChoiceField(label=_("State"), choices=ReadinessItem.State.choices)
    answer = forms.CharField(
        label=_("Our answer"),
        required=False,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What we do about it; or, where it is not needed, why."),
    )
    evidence_link = forms.URLField(
        label=_("Where it can be seen"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=_("The address of a page or document that shows it."),
    )

    def __init__(self, *args: Any, item: Item, may_edit: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not item.question.is_yes_no:
            del self.fields["says"]
        if not may_edit:
            del self.fields["owner"], self.fields["due"]
        elif item.owner is not None and not item.owner.is_active:
            owner = cast("forms.ModelChoiceField[Person]", self.fields["owner"])
            owner.queryset = Person.objects.filter(is_active=True) | Person.objects.filter(pk=item.owner.pk)

    def values(self) -> dict[str, Any]:
        """The item's fields as the service takes them."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in ("seen", "says")}
        if "says" in self.cleaned_data:
            given["says_yes"] = {"yes": True, "no": False}.get(self.cleaned_data["says"])
        return given


def initial_of(item: Item) -> dict[str, Any]:
    """What the form of an item shows when it is opened."""
    return {
        "seen": item.edition,
        "says": {True: "yes", False: "no", None: ""}[item.says_yes],
        "owner": item.owner.pk if item.owner else None,
        "due": item.due,
        "state": item.state,
        "answer": item.answer,
        "evidence_link": item.evidence_link,
    }


class MilestoneForm(forms.Form):
    """Something an item should show on the way."""

    text = forms.CharField(label=_("Milestone"), max_length=200)
    due = forms.DateField(label=_("By when"), required=False, widget=day_input())
    is_quick_win = forms.BooleanField(label=_("A quick win: to be seen soon"), required=False)


class FileForm(forms.Form):
    """A file as evidence."""

    file = forms.FileField(label=_("File"), help_text=_("At most 10 MB. Everyone here may download it."))
