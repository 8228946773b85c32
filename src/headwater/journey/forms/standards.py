"""What people fill in to set a reliability standard."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.journey.forms.triggers import (
    Part,
    SignalsField,
    divided,
    joined,
    offered_attributes,
    offered_signals,
)
from headwater.journey.models import Standard
from headwater.journey.queries import taxonomy
from headwater.journey.standard_edits import MAX_SERIES_BYTES

FILTERS = ("promise", "receipt", "called_off", "told", "happened", "right")
USED_BY = {
    **dict.fromkeys(("promise", "promise_where", "receipt", "receipt_where", "length", "length_unit"), "kept"),
    **dict.fromkeys(("promised", "called_off", "told", "per", "giver", "taker"), "kept"),
    **dict.fromkeys(("happened", "happened_where", "right", "right_where"), "right"),
}


def _where() -> forms.CharField:
    attributes = {"spellcheck": "false", "autocomplete": "off"}
    return forms.CharField(
        label=gettext_lazy("Only those where"),
        required=False,
        max_length=4_000,
        widget=forms.TextInput(attrs=attributes),
    )


class StandardForm(forms.Form):
    """A standard: what should happen, how it is seen, who answers for it."""

    name = forms.CharField(
        label=gettext_lazy("Standard"), max_length=80, help_text=gettext_lazy("“Told within 2 hours”")
    )
    moment = forms.ChoiceField(label=gettext_lazy("Moment of the journey"))
    method = forms.ChoiceField(
        label=gettext_lazy("How it is seen"),
        choices=Standard.Method.choices,
        widget=forms.RadioSelect,
        initial=Standard.Method.KEPT,
    )
    promise = SignalsField(label=gettext_lazy("The promise"), required=False)
    promise_where = _where()
    receipt = SignalsField(label=gettext_lazy("What keeps it"), required=False)
    receipt_where = _where()
    length = forms.IntegerField(label=gettext_lazy("Within"), required=False, min_value=0, max_value=8_784, initial=24)
    length_unit = forms.ChoiceField(
        label=gettext_lazy("Unit of time"),
        required=False,
        choices=(("1", gettext_lazy("hours")), ("24", gettext_lazy("days"))),
    )
    promised = forms.ChoiceField(
        label=gettext_lazy("Or by the time promised in"),
        required=False,
        help_text=gettext_lazy("An attribute that holds a time like 2026-01-31 16:00:00, UTC."),
    )
    called_off = SignalsField(label=gettext_lazy("What calls it off"), required=False)
    told = SignalsField(label=gettext_lazy("How the customer is told"), required=False)
    per = forms.ChoiceField(
        label=gettext_lazy("Signals belong together by"),
        required=False,
        choices=(
            ("subject", gettext_lazy("order, invoice or other subject")),
            ("customer", gettext_lazy("customer")),
        ),
    )
    happened = SignalsField(label=gettext_lazy("It happened"), required=False)
    happened_where = _where()
    right = SignalsField(label=gettext_lazy("And went right"), required=False)
    right_where = _where()
    departments = forms.MultipleChoiceField(
        label=gettext_lazy("Who answers for it together"), required=False, widget=forms.CheckboxSelectMultiple
    )
    giver = forms.ChoiceField(
        label=gettext_lazy("Hand-off: who hands over"),
        required=False,
        help_text=gettext_lazy("Only where one department hands over to another."),
    )
    taker = forms.ChoiceField(label=gettext_lazy("Hand-off: who takes over"), required=False)
    target = forms.FloatField(
        label=gettext_lazy("Target, in per cent"), required=False, min_value=0.1, max_value=100, initial=95
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = self.data if self.is_bound else self.initial
        known = taxonomy()
        for name in FILTERS:
            self._offer(name, offered_signals(str(given.get(name) or "")))
        self._offer("promised", offered_attributes(str(given.get("promised") or "")))
        departments = [(one.id, one.name) for one in known.departments]
        self._offer("departments", departments)
        self._offer("giver", [("", _("No hand-off")), *departments])
        self._offer("taker", [("", _("No hand-off")), *departments])
        stages = [(stage.name, [(one.id, one.name) for one in known.moments_of(stage.id)]) for stage in known.stages]
        self._offer("moment", [group for group in stages if group[1]])

    def _offer(self, name: str, choices: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (for the type checker)
        field.choices = choices

    def parts(self) -> list[Part]:
        """The fields in the order of the page."""
        kept = ("promise", "promise_where", "receipt", "receipt_where", "length", "length_unit", "promised")
        groups = (
            (_("What should happen"), ("name", "moment", "target")),
            (
                _("What is counted"),
                (
                    "method",
                    *kept,
                    "per",
                    "called_off",
                    "told",
                    "happened",
                    "happened_where",
                    "right",
                    "right_where",
                ),
            ),
            (_("Who answers for it"), ("departments", "giver", "taker")),
        )
        return [
            Part(title, tuple((self[name], USED_BY.get(name, "")) for name in names), "fields")
            for title, names in groups
        ]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        given = self.cleaned_data
        definition = {name: joined(given.get(name) or "", given.get(f"{name}_where") or "") for name in FILTERS}
        promised = given.get("promised") or ""
        hours = 0 if promised else (given.get("length") or 0) * int(given.get("length_unit") or 1)
        target = given.get("target")
        hands_over = given["method"] == Standard.Method.KEPT
        return {
            "name": given["name"],
            "moment": given["moment"],
            "method": given["method"],
            "definition": {**definition, "promised": promised, "hours": hours, "per": given.get("per") or "subject"},
            "departments": given["departments"],
            "giver": given.get("giver") if hands_over else "",
            "taker": given.get("taker") if hands_over else "",
            "target": None if target is None else target / 100,
        }


def initial_of(standard: Standard) -> dict[str, Any]:
    """What the form of a standard shows when it is opened."""
    definition = standard.definition
    hours = definition.get("hours", 0)
    in_days = bool(hours) and hours % 24 == 0
    shown = {
        "name": standard.name,
        "moment": standard.moment,
        "method": standard.method,
        "departments": standard.departments,
        "giver": standard.giver,
        "taker": standard.taker,
        "target": None if standard.target is None else round(standard.target * 100, 4),
        "promised": definition.get("promised", ""),
        "per": definition.get("per", "subject"),
        "length": (hours // 24 if in_days else hours) or None,
        "length_unit": "24" if in_days else "1",
    }
    for name in FILTERS:
        text = definition.get(name, "")
        if name in ("called_off", "told"):
            shown[name] = text
        else:
            shown[name], shown[f"{name}_where"] = divided(text) if text else ("", "")
    return shown


class SeriesForm(forms.Form):
    """A series to import."""

    file = forms.FileField(
        label=gettext_lazy("CSV file with date, happened, right and, if wanted, department"),
        widget=forms.FileInput(attrs={"accept": ".csv"}),
    )

    def text(self) -> str:
        """The file as text, no more of it than a series may have."""
        data: bytes = self.cleaned_data["file"].read(MAX_SERIES_BYTES + 1)
        return data.decode("utf-8", errors="replace")
