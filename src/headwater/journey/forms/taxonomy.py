"""What people fill in to edit the journey. Forms give types and labels; services decide what is allowed."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.journey.differences import Kind
from headwater.journey.packs import MAX_PACK_BYTES
from headwater.journey.taxonomy import Cause, Item, Moment, Stage, Taxonomy, Touchpoint

DEMANDS = (
    ("failure", _("Something upstream failed")),
    ("service", _("Service itself failed")),
    ("value", _("The customer wanted it: a question, praise, a wish")),
)
KINDS = (("must_not_fail", _("Must not fail")), ("may_delight", _("May delight")))


class LinesField(forms.CharField):
    """A list of short texts, one a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """The lines are checked one by one where the taxonomy is read."""


class ItemForm(forms.Form):
    """What every item has: a name and a description; and as what it was seen when the form was opened."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=80)
    description = forms.CharField(label=_("Description"), required=False, max_length=600, widget=forms.Textarea)

    def __init__(self, *args: Any, taxonomy: Taxonomy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stages = [(stage.id, stage.name) for stage in taxonomy.stages]
        choices: dict[str, list[tuple[str, Any]]] = {
            "stage": stages,
            "moment": [("", _("None in particular"))] + [(moment.id, moment.name) for moment in taxonomy.moments],
            "journey": [(journey.id, journey.name) for journey in taxonomy.journeys],
            "stages": stages,
            "departments": [(department.id, department.name) for department in taxonomy.departments],
        }
        for name, options in choices.items():
            if isinstance(field := self.fields.get(name), forms.ChoiceField):
                field.choices = options

    def values(self) -> dict[str, Any]:
        """The filled-in fields of the item itself."""
        return {key: value for key, value in self.cleaned_data.items() if key != "seen"}


class StageForm(ItemForm):
    """A stage, in the customer's own words."""

    name = forms.CharField(label=_("Name, in the customer’s own words"), max_length=80, help_text=_("“I wait for it”"))
    examples = LinesField(label=_("Example phrases, one a line"), required=False)


class JourneyForm(ItemForm):
    """A journey that customers know by name."""


class MomentForm(ItemForm):
    """A moment of truth within a stage."""

    stage = forms.ChoiceField(label=_("Stage"))
    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS, widget=forms.RadioSelect, initial="must_not_fail")
    examples = LinesField(label=_("Example phrases, one a line"), required=False)


class TouchpointForm(ItemForm):
    """A touchpoint: where a customer meets us, and how its signals are found."""

    stage = forms.ChoiceField(label=_("Stage"))
    moment = forms.TypedChoiceField(label=_("Moment"), required=False, empty_value=None)
    channel = forms.CharField(label=_("Channel"), required=False, max_length=60, help_text=_("Website, letter, call"))
    where = forms.CharField(
        label=_("Filter that finds its signals"),
        required=False,
        max_length=1000,
        help_text=_("For example: channel = 'chat' and event:delivered. Empty while there is no data for it."),
    )


class CauseForm(ItemForm):
    """A cause: what goes wrong upstream, who can change it, how it is recognised."""

    examples = LinesField(
        label=_("Example phrases, one a line"),
        required=False,
        help_text=_("In customers’ own words, short and angry ones too. Eight or more make the labels good."),
    )
    demand = forms.ChoiceField(label=_("Why customers speak of it"), choices=DEMANDS, widget=forms.RadioSelect)
    stages = forms.MultipleChoiceField(label=_("Stages"), required=False, widget=forms.CheckboxSelectMultiple)
    departments = forms.MultipleChoiceField(
        label=_("Departments that can change it together"), required=False, widget=forms.CheckboxSelectMultiple
    )
    events = LinesField(label=_("Events that show it happened, one a line"), required=False)
    lag_days = forms.IntegerField(
        label=_("Lag in days"),
        min_value=0,
        max_value=365,
        initial=14,
        help_text=_("Words within this time after such an event are taken to speak of it."),
    )


class DepartmentForm(ItemForm):
    """A department as causes name it."""


FORMS: dict[Kind, type[ItemForm]] = {
    "journey": JourneyForm,
    "touchpoint": TouchpointForm,
    "stage": StageForm,
    "moment": MomentForm,
    "cause": CauseForm,
    "department": DepartmentForm,
}


def initial_of(item: Item) -> dict[str, Any]:
    """What the form of an item shows when it is opened."""
    shown: dict[str, Any] = {"name": item.name, "description": item.description}
    if isinstance(item, Stage | Moment | Cause):
        shown["examples"] = item.examples
    if isinstance(item, Moment):
        shown |= {"stage": item.stage, "kind": item.kind}
    if isinstance(item, Touchpoint):
        shown |= {"stage": item.stage, "moment": item.moment, "channel": item.channel, "where": item.where}
    if isinstance(item, Cause):
        shown |= {"demand": item.demand, "stages": item.stages, "departments": item.departments}
        shown |= {"events": item.events, "lag_days": item.lag_days}
    return shown


class MergeForm(forms.Form):
    """Which cause another one is merged into."""

    into = forms.ChoiceField(label=_("Merge into"))

    def __init__(self, *args: Any, others: Sequence[Cause], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        into = self.fields["into"]
        assert isinstance(into, forms.ChoiceField)  # noqa: S101 (for the type checker)
        into.choices = [(cause.id, cause.name) for cause in others]


class ExportForm(forms.Form):
    """The header of a pack to pass on."""

    name = forms.RegexField(
        r"^[a-z][a-z0-9_]{1,59}$",
        label=_("Short name"),
        help_text=_("Lower-case letters, digits and _."),
        error_messages={"invalid": _("Use lower-case letters, digits and _, beginning with a letter.")},
    )
    title = forms.CharField(label=_("Title"), max_length=80)


class ImportForm(forms.Form):
    """A pack file to look at."""

    file = forms.FileField(label=_("Pack file (YAML)"), widget=forms.FileInput(attrs={"accept": ".yaml,.yml"}))

    def text(self) -> str:
        """The file as text, no more of it than a pack may have."""
        data: bytes = self.cleaned_data["file"].read(MAX_PACK_BYTES + 1)
        return data.decode("utf-8", errors="replace")
