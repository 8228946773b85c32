"""What people fill in to write a strategy. Forms give types and labels; services decide what is allowed."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person
from headwater.journey.forms.taxonomy import LinesField
from headwater.journey.taxonomy import Taxonomy
from headwater.strategy.differences import STATEMENTS, Item, Kind
from headwater.strategy.exchange import MAX_FILE_BYTES
from headwater.strategy.strategy import Outcome, Strategy

YEARS = ((1, _("Year 1")), (2, _("Year 2")), (3, _("Year 3")))
MONEY_KINDS = (("revenue", _("more revenue")), ("cost", _("less cost")), ("margin", _("more margin")))


class StatementsForm(forms.Form):
    """The three statements, and the edition of the draft in which they were read."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    vision = forms.CharField(
        label=_("Vision of the company"),
        required=False,
        max_length=1200,
        widget=forms.Textarea,
        help_text=_("What the company wants to be for its customers in the long run."),
    )
    mission = forms.CharField(
        label=_("Mission for the customer experience"),
        required=False,
        max_length=1200,
        widget=forms.Textarea,
        help_text=_("What every customer can count on, in words that a colleague can act on."),
    )
    success = forms.CharField(
        label=_("Success statement"),
        required=False,
        max_length=1200,
        widget=forms.Textarea,
        help_text=_("How everyone will know that the strategy succeeded: who notices what, how much, by when."),
    )

    def statements(self) -> dict[str, str]:
        """The three texts."""
        return {name: self.cleaned_data[name] for name in STATEMENTS}


class StrategyItemForm(forms.Form):
    """What the forms of all items share: the edition of the draft in which the item was read."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, strategy: Strategy, taxonomy: Taxonomy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stage_names = {stage.id: stage.name for stage in taxonomy.stages}
        choices: dict[str, Any] = {
            "goal": [("", _("none yet")), *((goal.id, goal.name) for goal in strategy.goals)],
            "values": [(value.id, value.name) for value in strategy.values],
            "outcome": [("", _("none fits: a stray")), *((one.id, one.text) for one in strategy.outcomes)],
            "stages": list(stage_names.items()),
            "moments": [
                (stage_names.get(stage, stage), [(moment.id, moment.name) for moment in taxonomy.moments_of(stage)])
                for stage in stage_names
                if taxonomy.moments_of(stage)
            ],
            "causes": [(cause.id, cause.name) for cause in taxonomy.active_causes if cause.demand != "value"],
        }
        for name, options in choices.items():
            if isinstance(field := self.fields.get(name), forms.ChoiceField):
                field.choices = _with_kept(options, kwargs.get("initial", {}).get(name))

    def item_values(self, currency: str) -> dict[str, Any]:
        """The filled-in fields of the item itself; amounts are in ``currency``."""
        return {key: value for key, value in self.cleaned_data.items() if key != "seen"}


def _with_kept(options: list[Any], chosen: Any) -> list[Any]:
    """The options, and what was chosen before and is no longer offered: it stays until someone takes it out."""
    offered = {key for option in options for key in _keys(option)}
    kept = chosen if isinstance(chosen, tuple) else ()
    return options + [(key, key) for key in kept if key not in offered]


def _keys(option: Any) -> Sequence[str]:
    key, label = option
    return [inner for inner, _name in label] if isinstance(label, list) else [key]


class NamedForm(StrategyItemForm):
    """A value or a business goal: its name, and what it means here."""

    name = forms.CharField(label=_("Name"), max_length=80)
    text = forms.CharField(label=_("What it means here"), required=False, max_length=1200, widget=forms.Textarea)


class OutcomeForm(StrategyItemForm):
    """An outcome: what will be different for which customers, by when, and what that is worth."""

    text = forms.CharField(
        label=_("What will be different for customers"),
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Who, what change, by how much: “Nine of ten customers who wait for a delivery get it on the promised day.”"
        ),
    )
    year = forms.TypedChoiceField(label=_("By the end of"), choices=YEARS, coerce=int, widget=forms.RadioSelect)
    goal = forms.ChoiceField(label=_("Leads to the business goal"), required=False)
    values = forms.MultipleChoiceField(
        label=_("Lives these values"), required=False, widget=forms.CheckboxSelectMultiple
    )
    amount = forms.IntegerField(
        label=_("Money it should move in a year"), required=False, min_value=1, max_value=10**13
    )
    money_kind = forms.ChoiceField(label=_("As"), required=False, choices=MONEY_KINDS)
    stages = forms.MultipleChoiceField(label=_("Stages"), required=False, widget=forms.CheckboxSelectMultiple)
    moments = forms.MultipleChoiceField(label=_("Moments"), required=False, widget=forms.CheckboxSelectMultiple)
    causes = forms.MultipleChoiceField(label=_("Causes"), required=False, widget=forms.CheckboxSelectMultiple)
    segments = LinesField(
        label=_("Customers it is about, one filter a line"),
        required=False,
        help_text=_("For example attribute:region = 'North'. Nothing means all customers."),
    )

    def item_values(self, currency: str) -> dict[str, Any]:
        """The fields of an outcome."""
        given = super().item_values(currency)
        amount, kind = given.pop("amount"), given.pop("money_kind") or "revenue"
        money = {"amount": amount, "currency": currency, "kind": kind} if amount else None
        return {**given, "goal": given["goal"] or None, "money": money}


class IssueForm(StrategyItemForm):
    """An issue: a problem that hurts many customers, the causes behind it, and the outcome it hangs under."""

    text = forms.CharField(
        label=_("What goes wrong for customers"), max_length=600, widget=forms.Textarea(attrs={"rows": 2})
    )
    causes = forms.MultipleChoiceField(
        label=_("Causes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They give the issue its figure."),
    )
    outcome = forms.ChoiceField(label=_("Hangs under the outcome"), required=False)

    def item_values(self, currency: str) -> dict[str, Any]:
        """The fields of an issue."""
        given = super().item_values(currency)
        return {**given, "outcome": given["outcome"] or None}


FORMS: dict[Kind, type[StrategyItemForm]] = {
    "value": NamedForm,
    "goal": NamedForm,
    "outcome": OutcomeForm,
    "issue": IssueForm,
}


def initial_of(item: Item) -> dict[str, Any]:
    """What the form of an item shows when it is opened."""
    shown: dict[str, Any] = {field.name: getattr(item, field.name) for field in fields(item) if field.name != "id"}
    if isinstance(item, Outcome) and item.money:
        shown |= {"amount": item.money.amount, "money_kind": item.money.kind}
    return shown


class ProposalForm(forms.Form):
    """Which leaders are asked to agree."""

    leaders = forms.TypedMultipleChoiceField(
        label=_("Who is asked to agree"), coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, leaders: Sequence[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["leaders"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (for the type checker)
        field.choices = [(one.pk, f"{one.name} · {one.title}" if one.title else one.name) for one in leaders]


class AnswerForm(forms.Form):
    """Whether a leader agrees to the edition that they read."""

    edition = forms.IntegerField(widget=forms.HiddenInput)
    answer = forms.ChoiceField(
        label=_("Your answer"),
        choices=(("agrees", _("I agree")), ("objects", _("I object"))),
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed for an objection, so that it can be mended."),
    )


class StrategyFileForm(forms.Form):
    """A strategy file to look at."""

    file = forms.FileField(label=_("Strategy file (YAML)"), widget=forms.FileInput(attrs={"accept": ".yaml,.yml"}))

    def text(self) -> str:
        """The file as text, no more of it than a strategy may have."""
        data: bytes = self.cleaned_data["file"].read(MAX_FILE_BYTES + 1)
        return data.decode("utf-8", errors="replace")
