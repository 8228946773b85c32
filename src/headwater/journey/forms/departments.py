"""Which of the company's departments each department of the journey is."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.base.departments import department_tree
from headwater.base.models import Department
from headwater.journey.rules import namesake
from headwater.journey.taxonomy import Taxonomy


class DepartmentsForm(forms.Form):
    """One choice for each department of the journey; one that is nobody's yet is guessed by its name."""

    def __init__(self, *args: Any, taxonomy: Taxonomy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ours = [branch.department for branch in department_tree()]
        self.held = held = {key: row.pk for row in ours for key in row.pack_departments}
        names = {row.pk: row.name for row in ours}
        self.has_no_departments = not ours
        self.guessed: set[str] = set()
        self.missing = sum(one.id not in held for one in taxonomy.departments)
        for one in taxonomy.departments:
            initial = held.get(one.id)
            if initial is None and (found := namesake(one.name, names)) is not None:
                initial = found
                self.guessed.add(one.id)
            self.fields[one.id] = forms.ModelChoiceField(
                Department.objects.order_by("name"),
                label=one.name,
                required=False,
                initial=initial,
                empty_label=_("None of ours"),
            )

    def clean(self) -> dict[str, Any]:
        """Refuse to overwrite what someone else chose since the page was opened, at its field."""
        given = dict(self.cleaned_data)
        for key, chosen in given.items():
            now, new = str(self.held.get(key, "")), str(chosen.pk if chosen else "")
            if new != self._was(key) and now not in (self._was(key), new):
                self.add_error(key, _("Someone else changed this after you opened the page. Reload it and look again."))
        return given

    def mapped(self) -> dict[str, Department | None]:
        """What was chosen anew, by the department of the journey; what nobody touched is left alone."""
        given = self.cleaned_data.items()
        return {key: chosen for key, chosen in given if str(chosen.pk if chosen else "") != self._was(key)}

    def _was(self, key: str) -> str:
        return str(self.data.get(f"was-{key}", ""))
