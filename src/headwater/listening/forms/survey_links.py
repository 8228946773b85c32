"""What people fill in about links to a survey."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.base.refusals import Refused
from headwater.listening.models import SurveyLink
from headwater.listening.surveys.snippet import SnippetSettings, read_settings

SEPARATOR = "="
LINES = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})


class NewLinkForm(forms.Form):
    """A new link, with what is put on every answer given through it."""

    title = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=120,
        help_text=gettext_lazy("Such as: receipt, branch in the old town, help pages."),
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=SurveyLink.Kind.choices, initial=SurveyLink.Kind.OPEN,
        widget=forms.RadioSelect,
    )  # fmt: skip
    attributes = forms.CharField(
        label=gettext_lazy("Put on every answer"), required=False, widget=LINES,
        help_text=gettext_lazy("One a line, such as branch = Old town. Results can be looked at by it."),
    )  # fmt: skip

    def clean_attributes(self) -> dict[str, str]:
        """The attributes by name. Refuses a line that names none."""
        found: dict[str, str] = {}
        for line in str(self.cleaned_data["attributes"]).splitlines():
            name, separator, value = (part.strip() for part in line.partition(SEPARATOR))
            if not line.strip():
                continue
            if not (separator and name and value):
                raise forms.ValidationError(_("“%s” names no attribute. Write it like branch = Old town.") % line[:80])
            found[name] = value
        return found


class SnippetForm(forms.Form):
    """Where and when a web snippet shows."""

    origins = forms.CharField(
        label=gettext_lazy("Pages of these origins may send answers"), required=False, widget=LINES,
        help_text=gettext_lazy("One a line, such as https://shop.example. Other pages get a link instead."),
    )  # fmt: skip
    pages = forms.CharField(
        label=gettext_lazy("On these paths"), required=False, widget=LINES,
        help_text=gettext_lazy("One a line, with * for anything, such as /help/*. None: on every page that loads it."),
    )  # fmt: skip
    trigger = forms.ChoiceField(
        label=gettext_lazy("It shows"), widget=forms.RadioSelect,
        choices=[
            ("delay", gettext_lazy("after the wait below")),
            ("scroll", gettext_lazy("after the wait, once the visitor has scrolled so far")),
            ("exit", gettext_lazy("after the wait, when the pointer leaves the window (not on a phone)")),
        ],
    )  # fmt: skip
    delay = forms.IntegerField(label=gettext_lazy("Wait, in seconds"), min_value=0, max_value=600)
    scroll = forms.IntegerField(label=gettext_lazy("Scrolled through, in per cent"), min_value=0, max_value=100)
    share = forms.IntegerField(label=gettext_lazy("On how many page views, in per cent"), min_value=1, max_value=100)
    once = forms.BooleanField(
        label=gettext_lazy("Once for each visitor who agreed to storage"), required=False,
        help_text=gettext_lazy("Without their consent nothing is stored, and the next page view may show it again."),
    )  # fmt: skip
    theme = forms.ChoiceField(
        label=gettext_lazy("Colours"), widget=forms.RadioSelect,
        choices=[("auto", gettext_lazy("as the visitor’s system")), ("light", gettext_lazy("light")),
                 ("dark", gettext_lazy("dark"))],
    )  # fmt: skip

    @staticmethod
    def shown(settings: SnippetSettings) -> dict[str, Any]:
        """The settings as the form's first values."""
        return {**settings.model_dump(), "origins": "\n".join(settings.origins), "pages": "\n".join(settings.pages)}

    def settings(self) -> SnippetSettings:
        """What was filled in. Raises ``Refused`` where a value is wrong."""
        given = dict(self.cleaned_data)
        for name in ("origins", "pages"):
            given[name] = [line.strip() for line in str(given[name]).splitlines() if line.strip()]
        try:
            return read_settings(given)
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.message)
            raise
