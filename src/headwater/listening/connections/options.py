"""How a connection is reached and read: pydantic models, kept as JSON. Secrets are no part of them; see `credentials`.

Everything is frozen and bounded; `read_options` refuses with the place and what is wrong there.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from headwater.base.refusals import Refused

HEADER = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$"
Name = Annotated[str, Field(max_length=200)]
Header = Annotated[str, Field(pattern=HEADER)]
Path = Annotated[str, Field(max_length=500)]
Url = Annotated[str, Field(max_length=2_000, pattern=r"^https?://[^\s/?#@]+([/?#]\S*)?$")]
SINCE = "{since}"
NAMES_SINCE = re.compile(r"(?<![:\w]):since\b")


class Options(BaseModel):
    """Unknown names are refused, nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseOptions(Options):
    """A query whose rows are taken, and how the database is reached."""

    engine: Literal["postgresql", "mysql", "sqlite", "snowflake", "bigquery"]
    host: Annotated[str, Field(max_length=255, pattern=r"^[A-Za-z0-9._:/-]*$")] = ""
    """Host name or address; for PostgreSQL also the folder of a socket; the account of Snowflake."""
    port: Annotated[int | None, Field(ge=1, le=65535)] = None
    database: Annotated[str, Field(min_length=1, max_length=1_000)]
    """Its name; the file of SQLite; `project/dataset` of BigQuery; `database/schema` of Snowflake."""
    user: Name = ""
    tls: Literal["verified", "encrypted", "none"] = "verified"
    """verified: encrypted, and the server's certificate is checked; encrypted: without that check."""
    query: Annotated[str, Field(min_length=1, max_length=20_000)]
    """One SELECT. It may name `:since`, which is bound to how far the last run came, at first to `start`."""
    cursor: Name = ""
    """The column that grows: read on from there instead of from the beginning."""
    overlap: Annotated[float, Field(ge=0, le=1e12)] = 0
    """Read again what lies this far before the cursor: minutes of a time, units of a number."""
    start: Annotated[str, Field(max_length=40)] = ""
    """Where the first run begins: a time, a date or a number as the cursor has it; empty: at the beginning."""
    timeout_s: Annotated[int, Field(ge=1, le=3600)] = 300

    @model_validator(mode="after")
    def _says_where(self) -> DatabaseOptions:
        if self.engine in ("postgresql", "mysql", "snowflake") and not self.host:
            raise ValueError("say the host of the database")
        if self.overlap and not self.cursor:
            raise ValueError("an overlap needs a cursor column")
        if NAMES_SINCE.search(self.query) and not (self.cursor and self.start):
            raise ValueError("a query that names :since needs a cursor column and a start")
        return self


class Auth(Options):
    """How a request says who asks. The secrets themselves are credentials: `token`, `password`, `client_secret`."""

    kind: Literal["none", "bearer", "basic", "key_header", "key_query", "oauth2"] = "none"
    name: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_.-]*$")] = ""
    """Of the header or the query parameter that carries the key."""
    username: Name = ""
    token_url: Url | None = None
    client_id: Name = ""
    scope: Name = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Auth:
        needs = {
            "key_header": self.name,
            "key_query": self.name,
            "oauth2": self.token_url and self.client_id,
        }
        if not needs.get(self.kind, True):
            raise ValueError("say the name of the key, or the token address and the client id")
        return self


class Paging(Options):
    """How the next page is asked for. Paths are JMESPath expressions on the answer."""

    kind: Literal["none", "cursor", "next_link", "link_header", "page", "offset"] = "none"
    path: Path = ""
    """Where the cursor or the next link stands in the answer."""
    parameter: Name = ""
    """The query parameter that takes the cursor, the page number or the offset."""
    size_parameter: Name = ""
    size: Annotated[int, Field(ge=1, le=10_000)] = 100
    first: Annotated[int, Field(ge=0, le=1)] = 1
    """Number of the first page."""
    more: Path = ""
    """Where the answer says whether there is more; false there ends the run."""

    @model_validator(mode="after")
    def _is_whole(self) -> Paging:
        if self.kind in ("cursor", "next_link") and not self.path:
            raise ValueError("say where in the answer the next page stands")
        if self.kind in ("cursor", "page", "offset") and not self.parameter:
            raise ValueError("say which query parameter takes it")
        return self


class Incremental(Options):
    """Ask only for what is new since the last record that was read."""

    parameter: Annotated[str, Field(min_length=1, max_length=200)]
    template: Annotated[str, Field(max_length=500)] = SINCE
    """What the parameter says, with the time in place of `{since}`: `updated_at>{since}`."""
    field: Annotated[str, Field(min_length=1, max_length=500)]
    """Where a record says when it changed (JMESPath)."""
    format: Literal["iso", "unix", "unix_ms", "date"] = "iso"
    overlap_minutes: Annotated[int, Field(ge=0, le=60 * 24 * 31)] = 10
    start: Annotated[str, Field(max_length=40)] = ""
    """What the first run asks for; empty: without the parameter."""

    @model_validator(mode="after")
    def _has_place(self) -> Incremental:
        if SINCE not in self.template:
            raise ValueError("the template holds {since} where the time belongs")
        return self


class RestOptions(Options):
    """A list of records that an API gives page by page."""

    url: Url
    auth: Auth = Auth()
    headers: Annotated[dict[Header, Annotated[str, Field(max_length=500)]], Field(max_length=20)] = {}
    parameters: Annotated[dict[Name, Annotated[str, Field(max_length=1_000)]], Field(max_length=50)] = {}
    records: Path = ""
    """Where the list of records stands in the answer (JMESPath); empty: the answer itself, or its only list."""
    paging: Paging = Paging()
    incremental: Incremental | None = None
    requests_a_minute: Annotated[int, Field(ge=1, le=6_000)] = 60
    most_pages: Annotated[int, Field(ge=1, le=100_000)] = 10_000
    timeout_s: Annotated[int, Field(ge=1, le=600)] = 60


class WebhookOptions(Options):
    """How a message proves who sent it, and where its records stand."""

    scheme: Literal["standard", "hmac"] = "standard"
    """standard: the three headers of Standard Webhooks; hmac: as said below."""
    header: Annotated[str, Field(max_length=100)] = ""
    """That carries the signature."""
    algorithm: Literal["sha256", "sha1", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: Annotated[str, Field(max_length=20)] = ""
    """Before the signature, as in `sha256=`; `v1=` picks the parts of a list that begin with it."""
    signed: Literal["body", "timestamp.body", "timestamp+body"] = "body"
    timestamp_header: Annotated[str, Field(max_length=100)] = ""
    """That carries the time; for a list of parts such as Stripe's the signature's own header with `t=`."""
    id_header: Annotated[str, Field(max_length=100)] = ""
    """That carries the message's own id; without one the message is known by its content."""
    tolerance_s: Annotated[int, Field(ge=10, le=86_400)] = 300
    records: Path = ""
    """Where the records stand in the message (JMESPath); empty: the message itself, or each of its list."""

    @model_validator(mode="after")
    def _is_whole(self) -> WebhookOptions:
        if self.scheme == "hmac" and not self.header:
            raise ValueError("say which header carries the signature")
        if self.signed != "body" and not self.timestamp_header:
            raise ValueError("say which header carries the time")
        return self


class FolderOptions(Options):
    """A folder of this machine in which files are dropped."""

    path: Annotated[str, Field(max_length=1_000)] = ""
    """Empty: `watch/NAME` in the data folder; others only where the operator allows them."""


AnyOptions = DatabaseOptions | RestOptions | WebhookOptions | FolderOptions
MODELS: dict[str, type[DatabaseOptions | RestOptions | WebhookOptions | FolderOptions]] = {
    "database": DatabaseOptions,
    "rest": RestOptions,
    "webhook": WebhookOptions,
    "folder": FolderOptions,
}
SECRETS: dict[str, tuple[str, ...]] = {
    "database": ("password",),
    "rest": ("token", "password", "client_secret"),
    "webhook": ("secret",),
    "folder": (),
}
"""The names of the credentials that a kind takes."""


def read_options(kind: str, plain: dict[str, Any]) -> AnyOptions:
    """The options of a connection of this kind. Raises Refused with the place and what is wrong there."""
    try:
        return MODELS[kind].model_validate(plain)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        said = str(first["msg"]).removeprefix("Value error, ")
        message = _("%(place)s: %(said)s.") if place else "%(said)s."
        raise Refused("bad_options", message % {"place": place, "said": said}, place or "options") from error
