"""What HR fills in about employees' signals. Services decide what is allowed."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.insight.employees_scores import MAX_SOURCE, MOST_WEIGHT, ScoreDefinition, ScoreItem
from headwater.insight.forms.finance import DateInput
from headwater.listening.employee_privacy import KEPT, MOST_PEOPLE, WORDS_KEPT, Rules
from headwater.listening.employee_questions import title_of


class EmployeeRulesForm(forms.Form):
    """How small a group may be, and how long signals stay."""

    edition = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    minimum = forms.IntegerField(
        label=_("Smallest group shown"), help_text=_("People who answered. It can be raised, never lowered.")
    )
    months_kept = forms.IntegerField(label=_("Months that signals are kept"), min_value=KEPT[0], max_value=KEPT[1])
    months_of_words = forms.IntegerField(
        label=_("Months that comments are kept"), min_value=WORDS_KEPT[0], max_value=WORDS_KEPT[1]
    )

    def __init__(self, *args: Any, rules: Rules, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {name: getattr(rules, name) for name in self.base_fields})
        super().__init__(*args, **kwargs)
        self.fields["minimum"].widget.attrs |= {"min": rules.minimum, "max": MOST_PEOPLE}


class AssessmentForm(forms.Form):
    """A privacy assessment of absence data."""

    assessor = forms.CharField(
        label=_("Who made it"),
        max_length=120,
        help_text=_("The function or office, such as the data protection officer."),
    )
    assessed_on = forms.DateField(label=_("When"), widget=DateInput())
    document = forms.URLField(label=_("Link to the document"), max_length=500, assume_scheme="https")
    scope = forms.CharField(
        label=_("What it allows"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Which data, for which purpose, for how long."),
    )


class EraseRespondentForm(forms.Form):
    """A colleague who wants everything they said erased."""

    source = forms.ChoiceField(label=_("Source"))
    respondent = forms.CharField(
        label=_("Respondent"),
        max_length=500,
        help_text=_("The token by which the source names them. It is hashed and not kept."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, sources: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["source"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (for the type checker)
        field.choices = [(name, name) for name in sources]


class ScoreForm(forms.Form):
    """A score: the weight of each question, and whether a high answer lowers it."""

    edition = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    source = forms.CharField(
        label=_("Where it comes from"),
        max_length=MAX_SOURCE,
        help_text=_("The published scale, or who decided it and why."),
    )

    def __init__(self, *args: Any, definition: ScoreDefinition, questions: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = tuple(questions)
        counted = {one.question: one for one in definition.items}
        self.initial = {"edition": definition.edition, "source": definition.source}
        for question in questions:
            item = counted.get(question)
            self.fields[f"weight_{question}"] = forms.FloatField(
                label=_("Weight of “%s”") % title_of(question),
                min_value=0,
                max_value=MOST_WEIGHT,
                required=False,
                initial=item.weight if item else 0,
                widget=forms.NumberInput(attrs={"step": "any"}),
            )
            self.fields[f"reversed_{question}"] = forms.BooleanField(
                label=_("A high answer lowers the score"), required=False, initial=bool(item and item.reversed)
            )

    def rows(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """Each question with its two fields."""
        return [(title_of(one), self[f"weight_{one}"], self[f"reversed_{one}"]) for one in self.questions]

    def items(self) -> list[ScoreItem]:
        """The questions that count."""
        given = self.cleaned_data
        return [
            ScoreItem(one, given[f"weight_{one}"], bool(given[f"reversed_{one}"]))
            for one in self.questions
            if given.get(f"weight_{one}")
        ]


class EmployeeFileForm(forms.Form):
    """A file with employees' signals."""

    file = forms.FileField(label=_("File"), help_text=_("CSV or Excel. It is deleted as soon as it is read."))
    source = forms.CharField(
        label=_("Source"),
        max_length=80,
        required=False,
        help_text=_("Such as “pulse”. The mapping is kept for it; by default the file’s name."),
    )
