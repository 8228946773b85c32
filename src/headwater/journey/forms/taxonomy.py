"""What people fill in to edit the journey. Forms give types and labels; services decide what is allowed."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.journey.differences import Kind
from headwater.journey.edits import parent_values
from headwater.journey.packs import MAX_PACK_BYTES
from headwater.journey.taxonomy import Cause, Item, Moment, Stage, Taxonomy, Touchpoint

DEMANDS = (
    ("failure", _("Something upstream failed")),
    ("service", _("Service itself failed")),
    ("value", _("The customer wanted it: a question, praise, a wish")),
)
DOES = "does_"
"""How a field begins that says what a department does at a moment; the department's id follows."""
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
        choices = {
            "stage": stages,
            "stages": stages,
            "journey": [(journey.id, journey.name) for journey in taxonomy.journeys],
            "place": _places(taxonomy),
            "departments": [(department.id, department.name) for department in taxonomy.departments],
        }
        for name, options in choices.items():
            if isinstance(field := self.fields.get(name), forms.ChoiceField):
                field.choices = options

    def values(self) -> dict[str, Any]:
        """The filled-in fields of the item itself."""
        return {key: value for key, value in self.cleaned_data.items() if key != "seen"}


class StageForm(ItemForm):
    """A stage, in the customer's own words; which journey it belongs to is asked where there are several."""

    name = forms.CharField(label=_("Name, in the customer’s own words"), max_length=80, help_text=_("“I wait for it”"))
    journey = forms.TypedChoiceField(label=_("Journey"), required=False, empty_value=None)
    examples = LinesField(label=_("Example phrases, one a line"), required=False)

    def __init__(self, *args: Any, taxonomy: Taxonomy, **kwargs: Any) -> None:
        super().__init__(*args, taxonomy=taxonomy, **kwargs)
        if len(taxonomy.journeys) < 2:
            del self.fields["journey"]


class JourneyForm(ItemForm):
    """A journey that customers know by name."""


class MomentForm(ItemForm):
    """A moment within a stage, and in one sentence each what departments do there."""

    stage = forms.ChoiceField(label=_("Stage"))
    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS, widget=forms.RadioSelect, initial="must_not_fail")
    truth = forms.BooleanField(label=_("One of our moments of truth"), required=False)
    examples = LinesField(label=_("Example phrases, one a line"), required=False)

    def __init__(self, *args: Any, taxonomy: Taxonomy, **kwargs: Any) -> None:
        super().__init__(*args, taxonomy=taxonomy, **kwargs)
        for department in taxonomy.departments:
            self.fields[DOES + department.id] = forms.CharField(label=department.name, required=False, max_length=300)

    @property
    def what(self) -> list[forms.BoundField]:
        """The fields of the moment itself."""
        return [field for field in self.visible_fields() if not field.name.startswith(DOES)]

    @property
    def does(self) -> list[forms.BoundField]:
        """One field a department, for what it does at the moment."""
        return [field for field in self.visible_fields() if field.name.startswith(DOES)]

    def values(self) -> dict[str, Any]:
        values = super().values()
        does = {key.removeprefix(DOES): values.pop(key) for key in list(values) if key.startswith(DOES)}
        parts = [{"department": key, "does": " ".join(what.split())} for key, what in does.items() if what]
        return values | {"contributions": parts}


class TouchpointForm(ItemForm):
    """A touchpoint: where a customer meets us, and how its signals are found."""

    place = forms.ChoiceField(label=_("Where on the journey"))
    channel = forms.CharField(label=_("Channel"), required=False, max_length=60, help_text=_("Website, letter, call"))
    where = forms.CharField(
        label=_("Filter that finds its signals"),
        required=False,
        max_length=1000,
        help_text=_("For example: channel = 'chat' and event:delivered. Empty while there is no data for it."),
    )

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | parent_values("touchpoint", values.pop("place"))


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
        shown |= {"stage": item.stage, "kind": item.kind, "truth": item.truth}
        shown |= {f"{DOES}{part.department}": part.does for part in item.contributions}
    if isinstance(item, Stage):
        shown |= {"journey": item.journey}
    if isinstance(item, Touchpoint):
        place = f"{item.stage}/{item.moment}" if item.moment else item.stage
        shown |= {"place": place, "channel": item.channel, "where": item.where}
    if isinstance(item, Cause):
        shown |= {"demand": item.demand, "stages": item.stages, "departments": item.departments}
        shown |= {"events": item.events, "lag_days": item.lag_days}
    return shown


def _places(taxonomy: Taxonomy) -> list[tuple[str, Any]]:
    """Each stage, and each moment under its stage."""
    return [
        (
            stage.name,
            [(stage.id, _("In no particular moment"))] + [(f"{stage.id}/{one.id}", one.name) for one in inside],
        )
        for stage in taxonomy.stages
        for inside in [taxonomy.moments_of(stage.id)]
    ]


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
