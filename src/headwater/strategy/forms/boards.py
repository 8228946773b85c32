"""What people fill in about boards and pinned charts."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person
from headwater.strategy.strategy import Strategy

NEW_BOARD = "new"


class BoardForm(forms.Form):
    """A board's name, and whether everyone sees it."""

    name = forms.CharField(label=_("Name of the board"), max_length=80)
    shared = forms.BooleanField(label=_("Everyone in the company sees it"), required=False)

    def __init__(self, *args: Any, may_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_share:
            del self.fields["shared"]


class PinForm(forms.Form):
    """Why a chart is on a board: the question it answers, what is decided by it, who answers for it."""

    title = forms.CharField(label=_("Title"), max_length=160)
    question = forms.CharField(
        label=_("Question it answers"),
        required=False,
        max_length=300,
        help_text=_("One question, as you would ask it."),
    )
    decision = forms.CharField(
        label=_("Decision"),
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What somebody does when it moves. A chart without one fails the decision test."),
    )
    owner = forms.ModelChoiceField(
        queryset=Person.objects.filter(is_active=True), label=_("Who answers for it"), required=False, empty_label="–"
    )
    outcome = forms.ChoiceField(label=_("Outcome it belongs to"), required=False)

    def __init__(self, *args: Any, strategy: Strategy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outcome = cast(forms.ChoiceField, self.fields["outcome"])
        outcome.choices = [("", "–"), *((one.id, one.text[:120]) for one in strategy.outcomes)]
        before = (kwargs.get("initial") or {}).get("outcome")
        if before and strategy.outcome(before) is None:
            outcome.choices = [*outcome.choices, (before, _("an outcome the strategy no longer has"))]


class NewPinForm(PinForm):
    """A chart to be pinned: to which board, and its address."""

    board = forms.ChoiceField(label=_("Board"))
    address = forms.CharField(max_length=2500, widget=forms.HiddenInput)
    field_order = ("board", "title", "question", "decision", "owner", "outcome", "address")

    def __init__(self, *args: Any, boards: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["board"]).choices = [*boards, (NEW_BOARD, _("a new board of my own"))]


class StopForm(forms.Form):
    """Why a figure is stopped."""

    reason = forms.CharField(label=_("Why it is stopped"), max_length=300)
