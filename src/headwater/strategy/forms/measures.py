"""What people fill in about measures. Shares are typed in per cent and kept in 0…1; services decide what is allowed."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person
from headwater.journey.forms.taxonomy import LinesField
from headwater.metrics.definitions import METRICS
from headwater.strategy.definitions import Definition, figure_unit
from headwater.strategy.models import Measure
from headwater.strategy.reading_files import MAX_FILE_BYTES
from headwater.strategy.readings import Figure
from headwater.strategy.strategy import Strategy

DEFINITION = ("metric", "where", "population", "denominator", "per", "scale", "direction")
DIRECTIONS = (("higher", _("Higher is better")), ("lower", _("Lower is better")))


class DateInput(forms.DateInput):
    """A day, with the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DefinitionForm(forms.Form):
    """What a measure measures: computed by the record, or a figure that people give."""

    source = forms.ChoiceField(label=_("Where its figures come from"), required=False, widget=forms.RadioSelect)
    metric = forms.ChoiceField(label=_("Metric"), required=False)
    where = forms.CharField(
        label=_("Counted where"),
        required=False,
        max_length=1000,
        help_text=_("A filter such as stage = 'wait' and channel = 'chat'; nothing counts everything."),
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    population = forms.CharField(
        label=_("About these customers only"),
        required=False,
        max_length=1000,
        help_text=_("A filter such as attribute:region = 'North'."),
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    denominator = forms.CharField(
        label=_("Per signal where (denominator)"),
        required=False,
        max_length=1000,
        help_text=_("Makes a rate of the metric Volume, such as contacts per order: event = 'order_placed'."),
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    per = forms.TypedChoiceField(
        label=_("Rate per"), required=False, choices=((1, "1"), (100, "100"), (1000, "1000")), coerce=int
    )
    scale = forms.CharField(
        label=_("Scale of a given figure"), required=False, max_length=20, help_text=_("Its two ends, such as 0-10.")
    )
    direction = forms.ChoiceField(label=_("Direction"), required=False, choices=DIRECTIONS, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "source", [("", _("Not decided yet")), *Measure.Source.choices])
        _offer(self, "metric", [("", _("none: people give it")), *((one.name, one.title) for one in METRICS.values())])

    def definition(self) -> dict[str, Any]:
        """The document of the definition as it was filled in, without what is empty."""
        given = {name: self.cleaned_data.get(name) for name in DEFINITION}
        if given["per"] in ("", 1):
            given["per"] = None
        return {name: value for name, value in given.items() if value}


class MeasureForm(DefinitionForm):
    """A measure. Question, owner and decision suffice to start one."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    question = forms.CharField(
        label=_("Which question does it answer?"),
        max_length=300,
        help_text=_("“Do parcels arrive on the day we promised?”"),
    )
    decision = forms.CharField(
        label=_("What does a leader do when it moves?"),
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("A measure that nobody would act on informs no decision."),
    )
    owner = forms.TypedChoiceField(label=_("Who answers for it?"), coerce=int)
    name = forms.CharField(label=_("Name"), required=False, max_length=120, help_text=_("Empty: the question."))
    kind = forms.ChoiceField(label=_("Kind"), required=False, widget=forms.RadioSelect)
    outcomes = forms.MultipleChoiceField(
        label=_("Belongs to the outcomes"), required=False, widget=forms.CheckboxSelectMultiple
    )
    unit = forms.CharField(label=_("Unit in words"), required=False, max_length=40)
    baseline = forms.FloatField(label=_("Baseline"), required=False, help_text=_("Shares in per cent."))
    target = forms.FloatField(label=_("Target"), required=False)
    start_date = forms.DateField(label=_("The path begins on"), required=False, widget=DateInput())
    target_date = forms.DateField(label=_("Target to be reached on"), required=False, widget=DateInput())
    path = forms.ChoiceField(label=_("Path"), choices=Measure.Path.choices, widget=forms.RadioSelect, required=False)
    steps = LinesField(
        label=_("Steps, one a line"), required=False, help_text=_("A day and the value from then on: 2027-01-31 85")
    )
    every = forms.ChoiceField(label=_("Read every"), choices=Measure.Every.choices, required=False)
    reason = forms.CharField(
        label=_("Why the definition changes"),
        required=False,
        max_length=300,
        help_text=_("Readers of the figures will see this."),
    )

    def __init__(self, *args: Any, strategy: Strategy, people: Sequence[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "owner", [("", _("Choose …")), *((one.pk, _person(one)) for one in people)])
        _offer(self, "kind", [("", _("Not decided yet")), *Measure.Kind.choices])
        _offer(self, "outcomes", [(one.id, one.text) for one in strategy.outcomes])

    def clean_steps(self) -> list[list[Any]]:
        """Each line as a day and a value."""
        rows = []
        for line in self.cleaned_data["steps"]:
            day, _space, value = line.partition(" ")
            try:
                rows.append([date.fromisoformat(day), float(value.strip().rstrip("%"))])
            except ValueError:
                message = _("“%s” is no step: write a day and a value, such as 2027-01-31 85.")
                raise forms.ValidationError(message % line[:60]) from None
        return rows

    def measure_values(self) -> dict[str, Any]:
        """The fields of the measure as services take them."""
        given = self.cleaned_data
        names = ("name", "question", "decision", "kind", "source", "unit", "owner", "outcomes")
        values = {name: given[name] for name in (*names, "start_date", "target_date")}
        definition = self.definition()
        share = _is_share(definition)
        values |= {name: _kept(given[name], share) for name in ("baseline", "target")}
        values["steps"] = [[day, _kept(value, share)] for day, value in given["steps"]]
        values |= {"path": given["path"] or "straight", "every": given["every"] or "month", "definition": definition}
        if not values["name"]:
            del values["name"]
        return values


class ReadingForm(forms.Form):
    """One figure that a person gives."""

    day = forms.DateField(label=_("A day of the period"), widget=DateInput())
    value = forms.FloatField(label=_("Figure"))
    exact = forms.BooleanField(label=_("It is exact: counted or booked, not estimated"), required=False)
    low = forms.FloatField(label=_("Interval from"), required=False)
    high = forms.FloatField(label=_("to"), required=False)
    n = forms.IntegerField(label=_("How many answers are behind it"), required=False, min_value=0)
    reason = forms.CharField(label=_("Why it corrects the figure that is there"), required=False, max_length=300)

    def figure(self) -> Figure:
        """The figure; an exact one is its own interval."""
        given = self.cleaned_data
        low, high = (given["value"], given["value"]) if given["exact"] else (given["low"], given["high"])
        return Figure(given["value"], low, high, given["n"])


class ReadingFileForm(forms.Form):
    """A file of readings."""

    file = forms.FileField(
        label=_("File of readings (CSV)"),
        help_text=_("Columns: period, value, and where known low, high, n, reason."),
        widget=forms.FileInput(attrs={"accept": ".csv"}),
    )

    def text(self) -> str:
        """The file as text, no more of it than is read."""
        data: bytes = self.cleaned_data["file"].read(MAX_FILE_BYTES + 1)
        return data.decode("utf-8", errors="replace")


class SignOffForm(forms.Form):
    """Which leaders are asked to sign a measure off."""

    leaders = forms.TypedMultipleChoiceField(
        label=_("Who is asked to sign it off"), coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, leaders: Sequence[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "leaders", [(one.pk, _person(one)) for one in leaders])


def initial_of(measure: Measure, definition: Definition) -> dict[str, Any]:
    """What the form of a measure shows when it is opened."""
    share = figure_unit(definition) == "share"
    names = ("name", "question", "decision", "kind", "source", "unit", "outcomes", "path", "every")
    shown: dict[str, Any] = {name: getattr(measure, name) for name in (*names, "start_date", "target_date")}
    shown |= {name: getattr(definition, name) for name in DEFINITION}
    shown |= {"owner": measure.owner_id, "seen": measure.edition}
    shown |= {name: _typed(getattr(measure, name), share) for name in ("baseline", "target")}
    shown["steps"] = [f"{day} {_typed(value, share):g}" for day, value in measure.steps]
    return shown


def _offer(form: forms.Form, name: str, options: Sequence[tuple[Any, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 (for the type checker)
    field.choices = options


def _person(person: Person) -> str:
    return f"{person.name} · {person.title}" if person.title and person.title != person.name else person.name


def _is_share(definition: dict[str, Any]) -> bool:
    metric = METRICS.get(definition.get("metric", ""))
    return bool(metric and metric.kind == "share" and not definition.get("denominator"))


def _kept(value: float | None, share: bool) -> float | None:
    return value if value is None or not share else round(value / 100, 12)


def _typed(value: float | None, share: bool) -> Any:
    return value if value is None or not share else round(value * 100, 10)
