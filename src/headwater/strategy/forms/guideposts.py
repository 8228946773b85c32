"""What people fill in to write guideposts. Forms give types and labels; services decide what is allowed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.journey.forms.taxonomy import LinesField
from headwater.strategy.guidepost_documents import LINES, Guidepost

ROWS = 6


class GuidepostForm(forms.Form):
    """The guideposts of one moment; ``may_N`` with ``limit_N`` are what anyone may do unasked."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    always = LinesField(
        label=_("We always"),
        required=False,
        help_text=_("One a line, as one would say it to a new colleague: “Say the day it will come.”"),
    )
    never = LinesField(label=_("We never"), required=False, help_text=_("One a line."))

    def __init__(self, *args: Any, rows: int = ROWS, currency: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = min(rows, LINES)
        self.limit_title = _("Up to (%s)") % currency if currency else _("Up to")
        for number in range(self.rows):
            what, limit = _("Anyone may, %d") % (number + 1), f"{self.limit_title}, {number + 1}"
            self.fields[f"may_{number}"] = forms.CharField(
                label=what, required=False, max_length=200, widget=forms.TextInput(attrs={"aria-label": what})
            )
            self.fields[f"limit_{number}"] = forms.IntegerField(
                label=limit,
                required=False,
                min_value=1,
                max_value=1_000_000,
                widget=forms.NumberInput(attrs={"aria-label": limit}),
            )

    def authority(self) -> list[tuple[Any, Any]]:
        """The fields of what anyone may do, in pairs of text and limit."""
        return [(self[f"may_{number}"], self[f"limit_{number}"]) for number in range(self.rows)]

    def values(self) -> dict[str, Any]:
        """The guideposts as the service takes them."""
        given = self.cleaned_data
        may = [
            {"text": given[f"may_{number}"], "limit": given[f"limit_{number}"]}
            for number in range(self.rows)
            if given[f"may_{number}"].strip()
        ]
        return {"always": given["always"], "never": given["never"], "may": may}


def initial_of(guidepost: Guidepost | None, edition: int) -> dict[str, Any]:
    """What the form shows when it is opened."""
    shown: dict[str, Any] = {"seen": edition}
    if guidepost is not None:
        shown |= {"always": guidepost.always, "never": guidepost.never}
        for number, one in enumerate(guidepost.may):
            shown |= {f"may_{number}": one.text, f"limit_{number}": one.limit}
    return shown


class FindForm(forms.Form):
    """Which guideposts to look for."""

    q = forms.CharField(required=False, max_length=100, strip=True)
    stage = forms.SlugField(required=False, max_length=60)
