"""What people fill in on the pages of this room. Forms give types and labels; services decide what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from headwater.base.company import known_time_zones
from headwater.base.history import sentences
from headwater.base.models import Department, Person
from headwater.base.permissions import ROLES, described

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headwater.base.company import PackChoice
    from headwater.base.refusals import Refused


def show_refusal(form: forms.BaseForm, refused: Refused) -> None:
    """Show a refusal where the person can mend it: at the field it is about, else above the form."""
    form.add_error(refused.field if refused.field in form.fields else None, refused.message)


def edition_seen(data: Mapping[str, str]) -> int | None:
    """The edition of the draft that a page showed, as its button sends it; None where none was sent."""
    text = data.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def time_zones() -> list[tuple[str, str]]:
    """Every time zone that has a place in its name, and UTC."""
    names = sorted(name for name in known_time_zones() if "/" in name and not name.startswith("Etc/"))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class CompanyForm(forms.Form):
    """The company's own settings."""

    name = forms.CharField(label=_("Name of the company"), max_length=120)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=time_zones, help_text=_("Days begin and end here in every figure.")
    )
    currency = forms.CharField(
        label=_("Currency"),
        max_length=3,
        min_length=3,
        initial="EUR",
        help_text=_("Its three letters, like EUR."),
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
    )


class StartForm(CompanyForm):
    """What is asked to start one's own company."""

    pack = forms.ChoiceField(
        label=_("Journey pack"),
        widget=forms.RadioSelect,
        help_text=_("The stages, moments and causes to begin with. You can change every one of them later."),
    )
    departments = forms.CharField(
        label=_("First departments"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One a line. Leave it empty to begin with those of the pack."),
    )

    def __init__(self, *args: Any, packs: Sequence[PackChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(pack.name, pack.title) for pack in packs]
        pack = cast(forms.ChoiceField, self.fields["pack"])
        pack.choices = choices
        pack.required = bool(choices)


class DepartmentForm(forms.Form):
    """A new department."""

    name = forms.CharField(label=_("Name"), max_length=120)
    parent = forms.ModelChoiceField(
        Department.objects.all(), label=_("Part of"), required=False, empty_label=_("The company itself")
    )


class ChangeDepartmentForm(DepartmentForm):
    """One department: its place, its head, and what the journey pack calls it."""

    head = forms.ModelChoiceField(
        Person.objects.filter(is_active=True), label=_("Head"), required=False, empty_label=_("Nobody yet")
    )
    pack_departments = forms.MultipleChoiceField(
        label=_("In the journey pack"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Causes name the departments of the pack; say which of them this one is."),
    )

    def __init__(self, *args: Any, department: Department, pack_departments: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent = cast("forms.ModelChoiceField[Department]", self.fields["parent"])
        mapped = cast(forms.MultipleChoiceField, self.fields["pack_departments"])
        parent.queryset = Department.objects.exclude(pk=department.pk)
        mapped.choices = list(pack_departments.items())
        if not pack_departments:
            del self.fields["pack_departments"]


class MergeForm(forms.Form):
    """Where a department's people and work go when it ends."""

    into = forms.ModelChoiceField(Department.objects.all(), label=_("Merge into"))

    def __init__(self, *args: Any, department: Department, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        into = cast("forms.ModelChoiceField[Department]", self.fields["into"])
        into.queryset = Department.objects.exclude(pk=department.pk)


class AddPersonForm(forms.Form):
    """Someone new."""

    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    department = forms.ModelChoiceField(
        Department.objects.all(), label=_("Department"), required=False, empty_label=_("None yet")
    )
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=list(ROLES.items()), widget=forms.CheckboxSelectMultiple, initial=["employee"]
    )


class OwnSettingsForm(forms.Form):
    """What people change about themselves."""

    name = forms.CharField(label=_("Name"), max_length=120)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser asks")), *settings.LANGUAGES]
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), required=False, choices=lambda: [("", _("The company’s")), *time_zones()]
    )


class PersonForm(OwnSettingsForm):
    """What an administrator changes about someone."""

    title = forms.CharField(label=_("Title"), max_length=120, required=False)
    department = forms.ModelChoiceField(
        Department.objects.all(), label=_("Department"), required=False, empty_label=_("None yet")
    )
    manager = forms.ModelChoiceField(
        Person.objects.filter(is_active=True), label=_("Manager"), required=False, empty_label=_("None yet")
    )
    site = forms.CharField(label=_("Site"), max_length=120, required=False)
    level = forms.CharField(label=_("Level"), max_length=60, required=False)
    roles = forms.MultipleChoiceField(
        label=_("Roles"), required=False, choices=list(ROLES.items()), widget=forms.CheckboxSelectMultiple
    )
    field_order = ["name", "title", "department", "manager", "site", "level", "language", "time_zone", "roles"]


class PasswordForm(forms.Form):
    """A first password."""

    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters; a sentence only you know is best."),
    )


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Which program uses it?"))
    scopes = forms.MultipleChoiceField(label=_("It may"), widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(label=_("Expires after days"), min_value=1, max_value=3650, initial=365, required=False)

    def __init__(self, *args: Any, scopes: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.MultipleChoiceField, self.fields["scopes"])
        field.choices = [(scope, f"{described(*scope.split(':'))} · {scope}") for scope in scopes]


class HistoryForm(forms.Form):
    """Which part of the history to read."""

    actor = forms.ModelChoiceField(Person.objects.all(), label=_("Who"), required=False, empty_label=_("Everyone"))
    thing = forms.ChoiceField(label=_("What"), required=False)
    subject = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        things = sorted({code.partition(".")[0] for code in sentences()})
        thing = cast(forms.ChoiceField, self.fields["thing"])
        thing.choices = [("", _("Everything")), *((name, name.replace("_", " ")) for name in things)]
