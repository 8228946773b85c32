"""What people fill in to make a connection of each kind, its schedule, and a webhook out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.listening.connections.credentials import names_of
from headwater.listening.connections.hooks import events
from headwater.listening.connections.signatures import PRESETS as SIGNERS
from headwater.listening.models import Connection

PASSWORD = {"autocomplete": "new-password", "spellcheck": "false"}
PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


def secret(label: Any, help_text: Any = "") -> forms.CharField:
    """A field that is written and never shown."""
    widget = forms.PasswordInput(render_value=False, attrs=PASSWORD)
    return forms.CharField(
        label=label, required=False, strip=False, max_length=20_000, widget=widget, help_text=help_text
    )


def plain(label: Any, *, required: bool = False, most: int = 500, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, required=required, max_length=most, widget=forms.TextInput(attrs=PLAIN), **more)


class ConnectionForm(forms.Form):
    """What every kind asks: its name. `options` and `secrets` are what services take."""

    SECRETS: tuple[str, ...] = ()
    name = plain(_("Name"), required=True, most=60, help_text=_("Its signals are known by it, such as “shop-orders”."))

    def __init__(self, *args: Any, connection: Connection | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if connection is None:
            return
        del self.fields["name"]
        for kept in names_of(connection):
            if kept in self.fields:
                self.fields[kept].help_text = _("Kept, encrypted, and not shown. Write a new one to replace it.")

    GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = ()
    """Titles of the groups after the first, each with the names its fields begin with."""

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields as the page shows them: what every connection needs first."""
        named = [
            (title, [self[name] for name in self.fields if name.startswith(names)]) for title, names in self.GROUPS
        ]
        later = {field.name for _title, fields in named for field in fields}
        return [("", [self[name] for name in self.fields if name not in later]), *named]

    def options(self) -> dict[str, Any]:
        """What was filled in as the options of a connection. Each kind's own form says how."""
        raise NotImplementedError

    def secrets(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.SECRETS if self.cleaned_data.get(name)}

    def given(self, *names: str) -> dict[str, Any]:
        """What was filled in, by name; what was left empty stays what it is by default."""
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name) not in (None, "")}


class DatabaseForm(ConnectionForm):
    """A query and where it runs."""

    SECRETS = ("password",)
    GROUPS = ((_("What is read"), ("query", "cursor", "overlap", "start")),)
    engine = forms.ChoiceField(
        label=_("Database"),
        choices=[
            ("postgresql", "PostgreSQL"),
            ("mysql", "MySQL, MariaDB"),
            ("sqlite", "SQLite"),
            ("snowflake", "Snowflake"),
            ("bigquery", "BigQuery"),
        ],
    )
    host = plain(_("Host"), most=255, help_text=_("For Snowflake the account; not asked for SQLite and BigQuery."))
    port = forms.IntegerField(label=_("Port"), required=False, min_value=1, max_value=65535)
    database = plain(_("Name of the database"), required=True, most=1000, help_text=_("For SQLite the file."))
    user = plain(_("User"), most=200, help_text=_("One that may only read, and only these tables."))
    password = secret(_("Password"))
    tls = forms.ChoiceField(
        label=_("Encryption"),
        choices=[
            ("verified", _("Encrypted, certificate checked")),
            ("encrypted", _("Encrypted, certificate not checked")),
            ("none", _("Not required")),
        ],
    )
    query = forms.CharField(
        label=_("Query"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8, "class": "code", "spellcheck": "false"}),
        help_text=_("One SELECT. Each row becomes a signal, or several, by the mapping."),
    )
    cursor = plain(
        _("Column that grows"),
        most=200,
        help_text=_("Such as updated_at: the next run reads on from there. Without one, each run reads everything."),
    )
    overlap = forms.FloatField(
        label=_("Read again before it"),
        required=False,
        min_value=0,
        max_value=1e12,
        help_text=_("Minutes of a time, units of a number: for rows that are committed late. They count once."),
    )
    start = plain(_("Begin at"), most=40, help_text=_("Such as 2024-01-01; empty: at the beginning."))

    def options(self) -> dict[str, Any]:
        return self.given("engine", "host", "port", "database", "user", "tls", "query", "cursor", "overlap", "start")


class RestForm(ConnectionForm):
    """An address, who asks, how pages follow, and what is new."""

    SECRETS = ("token", "password", "client_secret")
    GROUPS = (
        (_("Records and pages"), ("records", "paging_")),
        (_("What is new"), ("incremental_",)),
        (_("Each request"), ("parameters", "headers", "requests_a_minute")),
    )
    url = plain(
        _("Address"), required=True, most=2000, help_text=_("Of the list, such as https://api.example.com/v2/tickets.")
    )
    auth_kind = forms.ChoiceField(
        label=_("Who asks"),
        choices=[
            ("bearer", _("Bearer token")),
            ("basic", _("User and password")),
            ("key_header", _("Key in a header")),
            ("key_query", _("Key in the address")),
            ("oauth2", _("OAuth 2 client credentials")),
            ("none", _("Nobody: it is open")),
        ],
    )
    auth_name = plain(_("Name of the header or parameter"), most=100)
    auth_username = plain(_("User"), most=200)
    auth_token_url = plain(_("Token address"), most=2000)
    auth_client_id = plain(_("Client id"), most=200)
    auth_scope = plain(_("Scope"), most=200)
    token = secret(_("Token or key"))
    password = secret(_("Password"))
    client_secret = secret(_("Client secret"))
    parameters = forms.CharField(
        label=_("Parameters"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "code", "spellcheck": "false"}),
        help_text=_("One a line: name=value."),
    )
    headers = forms.CharField(
        label=_("Headers"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "code", "spellcheck": "false"}),
        help_text=_("One a line: name=value. Secrets belong above."),
    )
    records = plain(
        _("Where the records stand"), help_text=_("JMESPath, such as data.items; empty: the only list there.")
    )
    paging_kind = forms.ChoiceField(
        label=_("How pages follow"),
        choices=[
            ("none", _("There is one page")),
            ("cursor", _("A cursor in the answer")),
            ("next_link", _("A link in the answer")),
            ("link_header", _("A Link header")),
            ("page", _("A page number")),
            ("offset", _("An offset")),
        ],
    )
    paging_path = plain(_("Where the cursor or link stands"), help_text=_("JMESPath, such as meta.next_cursor."))
    paging_parameter = plain(_("Parameter of the cursor, page or offset"), most=200)
    paging_size_parameter = plain(_("Parameter of the page’s size"), most=200)
    paging_size = forms.IntegerField(label=_("Records a page"), required=False, min_value=1, max_value=10_000)
    paging_more = plain(_("Where it says whether there is more"))
    incremental_parameter = plain(
        _("Parameter for what is new"),
        most=200,
        help_text=_("Such as updated_since; empty: each run reads everything."),
    )
    incremental_field = plain(_("Time of a record"), help_text=_("JMESPath in a record, such as updated_at."))
    incremental_format = forms.ChoiceField(
        label=_("Written as"),
        choices=[
            ("iso", "2024-03-31T14:05:00Z"),
            ("date", "2024-03-31"),
            ("unix", _("seconds since 1970")),
            ("unix_ms", _("milliseconds since 1970")),
        ],
        required=False,
    )
    incremental_template = plain(_("Template"), help_text=_("Where more than the time is written: updated_at>{since}"))
    incremental_start = plain(_("Begin at"), most=40)
    requests_a_minute = forms.IntegerField(
        label=_("Requests a minute, at most"), required=False, min_value=1, max_value=6000
    )

    def options(self) -> dict[str, Any]:
        given = self.given("url", "records", "requests_a_minute")
        auth = self._part("auth")
        made: dict[str, Any] = {**given, "auth": auth, "paging": self._part("paging")}
        for name in ("parameters", "headers"):
            made[name] = dict(_pairs(self.cleaned_data.get(name, "")))
        if self.cleaned_data.get("incremental_parameter"):
            made["incremental"] = self._part("incremental")
        return made

    def _part(self, prefix: str) -> dict[str, Any]:
        names = [name for name in self.fields if name.startswith(f"{prefix}_")]
        return {name.removeprefix(f"{prefix}_"): value for name, value in self.given(*names).items()}

    @staticmethod
    def initial_of(options: Mapping[str, Any]) -> dict[str, Any]:
        """The options as the fields of this form."""
        initial: dict[str, Any] = {}
        for name, value in options.items():
            if name in ("auth", "paging", "incremental") and isinstance(value, dict):
                initial |= {f"{name}_{key}": inner for key, inner in value.items()}
            elif name in ("parameters", "headers"):
                initial[name] = "\n".join(f"{key}={inner}" for key, inner in value.items())
            else:
                initial[name] = value
        return initial


def _pairs(text: str) -> list[tuple[str, str]]:
    lines = [line.partition("=") for line in text.splitlines() if line.strip()]
    return [(name.strip(), value.strip()) for name, _equals, value in lines]


class WebhookForm(ConnectionForm):
    """How the sender signs, and where the records stand."""

    SECRETS = ("secret",)
    GROUPS = (
        (
            _("How another sender signs"),
            ("header", "algorithm", "encoding", "before", "signed", "timestamp_header", "id_header"),
        ),
    )
    sender = forms.ChoiceField(
        label=_("Who sends"),
        choices=[
            ("standard", _("Anyone who signs as Standard Webhooks says")),
            ("github", "GitHub"),
            ("zendesk", "Zendesk"),
            ("stripe", _("Stripe, and who signs alike")),
            ("typeform", "Typeform"),
            ("other", _("Another: as below")),
        ],
    )
    secret = secret(_("Secret"), _("That the sender shows. Leave it empty to have one made here."))
    records = plain(_("Where the records stand"), help_text=_("JMESPath in the message; empty: the message itself."))
    header = plain(_("Header of the signature"), most=100)
    algorithm = forms.ChoiceField(
        label=_("Algorithm"), choices=[(one, one) for one in ("sha256", "sha1", "sha512")], required=False
    )
    encoding = forms.ChoiceField(label=_("Written as"), choices=[("hex", "hex"), ("base64", "base64")], required=False)
    before = plain(_("Before the signature"), most=20, help_text=_("Such as sha256="))
    signed = forms.ChoiceField(
        label=_("What is signed"),
        choices=[
            ("body", _("the body")),
            ("timestamp.body", _("the time, a dot, the body")),
            ("timestamp+body", _("the time and the body")),
        ],
        required=False,
    )
    timestamp_header = plain(_("Header of the time"), most=100)
    id_header = plain(_("Header of the message’s id"), most=100)

    def options(self) -> dict[str, Any]:
        chosen = self.cleaned_data["sender"]
        if chosen != "other":
            return {**SIGNERS[chosen], **self.given("records")}
        own = ("records", "header", "algorithm", "encoding", "signed", "timestamp_header", "id_header")
        return {"scheme": "hmac", **self.given(*own), "prefix": self.cleaned_data["before"]}

    @staticmethod
    def initial_of(options: Mapping[str, Any]) -> dict[str, Any]:
        """The options as the fields of this form; a known sender by name."""
        same = (
            name for name, signer in SIGNERS.items() if all(options.get(key) == value for key, value in signer.items())
        )
        return {**options, "before": options.get("prefix", ""), "sender": next(same, "other")}


class FolderForm(ConnectionForm):
    """A folder of this machine."""

    path = plain(
        _("Folder"),
        most=1000,
        help_text=_("Empty: watch/NAME in the data folder. Others only where whoever runs this server allows them."),
    )

    def options(self) -> dict[str, Any]:
        return self.given("path")


FORMS: dict[str, type[ConnectionForm]] = {
    "database": DatabaseForm,
    "rest": RestForm,
    "webhook": WebhookForm,
    "folder": FolderForm,
}


def initial_of(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the fields of their kind's form."""
    form = FORMS[kind]
    return form.initial_of(options) if issubclass(form, RestForm | WebhookForm) else dict(options)


class ScheduleForm(forms.Form):
    """When a connection runs."""

    every = forms.ChoiceField(
        label=_("Runs"),
        choices=[
            ("manual", _("only when someone starts it")),
            ("minutes", _("every so many minutes")),
            ("hours", _("every so many hours")),
            ("day", _("once a day")),
        ],
    )
    n = forms.IntegerField(label=_("How many"), min_value=1, max_value=1440, initial=15)
    at = forms.TimeField(
        label=_("At"),
        initial="06:00",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("In the company’s time zone."),
    )

    def schedule(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {"every": given["every"], "n": given["n"], "at": given["at"].strftime("%H:%M")}


class EndpointForm(forms.Form):
    """Who is told of what."""

    title = forms.CharField(label=_("Name"), max_length=120)
    url = plain(
        _("Address"),
        required=True,
        most=1000,
        help_text=_("Where messages are sent, such as https://example.com/hooks."),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        widget=forms.CheckboxSelectMultiple,
        choices=lambda: [(name, f"{name} · {meaning}") for name, meaning in events().items()],
    )


class ReplayForm(forms.Form):
    """Which messages are sent again."""

    since = forms.DateTimeField(label=_("From"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    until = forms.DateTimeField(label=_("To"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    all = forms.BooleanField(label=_("Also those that were delivered"), required=False)
