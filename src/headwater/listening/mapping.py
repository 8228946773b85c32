"""A mapping: how the columns of one source become signals. A pydantic model that reads and writes YAML.

    version: 1
    source: airline-tweets
    file: {format: csv, encoding: utf-8, delimiter: ','}
    emit:
      - kind: social
        fields:
          record_id: tweet_id
          text: text
          occurred_at: {column: tweet_created, format: '%m/%d/%Y %H:%M', time_zone: UTC}
          sentiment: airline_sentiment
        attributes: {airline: airline}

A field is a column name, or `{column, columns, constant, format, time_zone, values, blank, decimal, personal}`. With
`sql:` and `files:` the rows come from the mapping's own SQL over several files; `emit:` may hold several signals a row.
`thread:` makes one row of all messages of a conversation, with the customer's words apart from the agents'.
"""

from datetime import date
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from headwater.base.refusals import Refused

VERSION: Literal[1] = 1
MAX_YAML = 200_000
MAX_EMIT = 50

Kind = Literal["survey", "contact", "review", "social", "event"]
FieldName = Literal[
    "kind",
    "record_id",
    "occurred_at",
    "received_at",
    "customer_id",
    "response_id",
    "conversation_id",
    "subject_id",
    "author",
    "channel",
    "language",
    "metric",
    "score",
    "text",
    "event",
    "amount",
    "currency",
    "stage",
    "sentiment",
]
TIMES = ("occurred_at", "received_at")
NUMBERS = ("score", "amount")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_field(value: object) -> object:
    """A bare column name is the short form of a field."""
    return {"column": value} if isinstance(value, str) else value


def _texts(value: object) -> object:
    """YAML reads 0 and 1 as numbers and yes as true; the columns of a file are text."""
    if isinstance(value, dict):
        return {_text(key): _text(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_text(item) for item in value)
    return value


def _text(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float | date) else value


class ColumnField(Strict):
    """Where one field of the signal comes from, and how its text is read."""

    column: str | None = None
    columns: tuple[str, ...] = Field(default=(), max_length=20)
    """Several columns joined in order: a composite id with ``:``, a text with a line break."""
    constant: Annotated[str | None, BeforeValidator(_text)] = None
    format: str | tuple[str, ...] = "iso"
    """Of times: ``iso``, ``unix``, ``unix_ms`` or strptime patterns, tried in order."""
    time_zone: str | None = None
    """Of times without an offset; by default the company's."""
    values: Annotated[dict[str, str], BeforeValidator(_texts)] = Field(default_factory=dict)
    """Values as they stand in the file → values as Headwater names them."""
    blank: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ()
    """Values that mean no answer, besides the empty cell."""
    decimal: Literal[".", ","] = "."
    personal: bool = False
    """Personal data: an attribute is left out of the record, an id is compared without case and spaces."""
    clean: Literal["html", "mail"] | None = None
    """``html``: tags become plain text. ``mail``: so, and without quotes, signatures and disclaimers."""
    first: bool = False
    """Of several columns the first that says something, instead of all joined."""
    only: bool = False
    """Values that `values` does not name say nothing."""
    each: Annotated[str, Field(max_length=100)] | None = None
    """The cell is JSON, an object or a list of them: this member of each, joined by commas; ``a.b`` is within ``a``."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum((self.column is not None, bool(self.columns), self.constant is not None)) != 1:
            raise ValueError("say exactly one of column, columns or constant")
        return self

    @property
    def named(self) -> tuple[str, ...]:
        """The columns of the file that this field reads."""
        return self.columns or ((self.column,) if self.column is not None else ())


Origin = Annotated[ColumnField, BeforeValidator(_as_field)]


class When(Strict):
    """Rows where `column` holds something (not empty, 0, no or false), or one of `is`."""

    column: str
    is_: Annotated[tuple[str, ...], BeforeValidator(_texts)] = Field(default=(), alias="is")


def _as_when(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class Emit(Strict):
    """One signal that a row of the file becomes."""

    kind: Kind = "survey"
    when: Annotated[When | None, BeforeValidator(_as_when)] = None
    """Only these rows become the signal."""
    unless: Annotated[When | None, BeforeValidator(_as_when)] = None
    """These rows do not: spam, what was deleted, what a program sent by itself."""
    metric: str | None = None
    scale: tuple[float, float] | None = None
    fields: dict[FieldName, Origin]
    attributes: dict[str, Origin] = Field(default_factory=dict, max_length=200)
    record_id_prefix: str = ""
    """Keeps the ids of several signals of one row apart."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not {"text", "score", "event"} & set(self.fields):
            raise ValueError("a signal needs at least one of text, score or event")
        if "score" in self.fields and self.metric is None and "metric" not in self.fields:
            raise ValueError("a score needs its metric (nps, csat, ces, rating)")
        if self.scale is not None and not self.scale[0] < self.scale[1]:
            raise ValueError("scale is [lowest, highest]")
        return self


class Listed(Strict):
    """A list within a JSON record: each item becomes a row that keeps the record's other names; and items of some kinds
    become names beside all of them, ``chosen.NAME``, so that what was chosen stands with every answer of a response.

    Names within an item are joined by dots. `of` is which kind an item is, and only those of `kinds` are taken; `name`
    is what it is called, `values` where what it says may be: the first that is there.
    """

    list: Annotated[str, Field(max_length=500)]
    name: str
    of: str
    kinds: tuple[str, ...]
    values: tuple[str, ...] = Field(min_length=1, max_length=20)


Explode = Annotated[str, Field(max_length=500)] | Listed


class FileOptions(Strict):
    """How the file is written. What is not said is sniffed."""

    format: Literal["csv", "excel", "json", "jsonl", "parquet", "mailbox", "spss"] | None = None
    encoding: str | None = None
    delimiter: Annotated[str | None, Field(max_length=1)] = None
    quote: Annotated[str | None, Field(max_length=1)] = None
    skip_rows: Annotated[int, Field(ge=0, le=1000)] = 0
    """Lines before the header."""
    extra_header_rows: Annotated[int, Field(ge=0, le=20)] = 0
    """Rows after the header that are no data (Qualtrics writes two)."""
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1
    """Header rows that make a column's name together; an empty cell goes on with the name to its left."""
    sheet: str | None = None
    records: str | None = None
    """Where the list of records is in a JSON document: names joined by dots, empty where the document is the record."""
    explode: Explode | None = None
    """Lists within a JSON record, names joined by dots: each item becomes a row that keeps the record's other names."""


class Thread(Strict):
    """Rows that are messages: those of one conversation become one row.

    It has the columns of the conversation's last message, and ``thread.text`` (what the customer said, in order),
    ``thread.customer`` (the id of who wrote it), ``thread.at`` and ``thread.last_at`` (the customer's first and last
    message), ``thread.customer_messages``, ``thread.agent_replies`` and ``thread.private_notes`` (how many). What
    agents wrote is counted and not kept.
    """

    conversation: str
    at: Origin
    body: Origin
    author: Annotated[ColumnField | None, BeforeValidator(_as_field)] = None
    """Who wrote a message: customer, agent, or anything else, such as a bot, whose words are left out."""
    author_id: str | None = None
    """Without `author`: who wrote it is the customer where this equals `customer`, else the first to write is."""
    customer: str | None = None
    own_domains: tuple[Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,253}$")], ...] = Field(default=(), max_length=50)
    """Without `author`, of mail: the company's own domains. Who writes from one of them, or from below it, is an agent,
    and the customer is the first other to write."""
    sender: str | None = None
    """The name of who wrote, which is taken off where it closes a message."""
    opening: Annotated[ColumnField | None, BeforeValidator(_as_field)] = None
    """What the conversation itself says before its messages, such as a ticket's subject and description."""
    opening_author: Annotated[ColumnField | None, BeforeValidator(_as_field)] = None
    private: Annotated[When | None, BeforeValidator(_as_when)] = None
    """Notes that the customer never saw; never read, only counted."""
    unless: Annotated[When | None, BeforeValidator(_as_when)] = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the file that is read to make the thread."""
        origins = (self.at, self.body, self.author, self.opening, self.opening_author)
        named = [name for one in origins if one is not None for name in one.named]
        conditions = [one.column for one in (self.private, self.unless) if one is not None]
        single = [one for one in (self.conversation, self.author_id, self.customer, self.sender) if one]
        return tuple(dict.fromkeys([*single, *named, *conditions]))


class ConsentColumn(Strict):
    """A column that says whether a customer allowed something; what it says goes into the ledger of consent."""

    column: str
    customer: str
    """The column of the customer's id."""
    purpose: Literal["survey", "research", "contact"]
    channel: Literal["any", "email", "link", "web", "phone", "sms", "post"] = "any"
    given: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ("yes", "true", "1", "y")
    withdrawn: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ("no", "false", "0", "n")
    """Values, in any case; a cell with another one, or none, says nothing."""
    at: Annotated[ColumnField | None, BeforeValidator(_as_field)] = None
    """When it was said; by default when the file arrives, and only where it differs from what was said before."""
    wording: Annotated[str, Field(max_length=200)] = ""


class Mapping(Strict):
    version: Literal[1] = VERSION
    source: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")] = "file"
    ready: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")] | None = None
    """The ready mapping that it was made from; changing it keeps the name."""
    file: FileOptions = FileOptions()
    files: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")], str] = Field(
        default_factory=dict, max_length=20
    )
    sql: Annotated[str | None, Field(max_length=50_000)] = None
    region: Annotated[str | None, Field(pattern=r"^[A-Z]{2}$")] = None
    """Country whose telephone numbers are written without a country code; by default the company's."""
    thread: Thread | None = None
    consent: tuple[ConsentColumn, ...] = Field(default=(), max_length=20)
    emit: tuple[Emit, ...] = Field(min_length=1, max_length=MAX_EMIT)

    @model_validator(mode="after")
    def _sql_has_files(self) -> Self:
        if bool(self.files) != (self.sql is not None):
            raise ValueError("sql and files belong together")
        for name in self.files.values():
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name:
                raise ValueError(f"{name}: name a file within the folder")
        prefixes = [emit.record_id_prefix for emit in self.emit]
        if len(set(prefixes)) != len(prefixes):
            raise ValueError("several signals a row need a record_id_prefix each, so that their ids differ")
        return self

    @property
    def columns(self) -> frozenset[str]:
        """Every column of the file that the mapping reads."""
        named: set[str] = set()
        for emit in self.emit:
            for field in (*emit.fields.values(), *emit.attributes.values()):
                named.update(field.named)
            named.update(one.column for one in (emit.when, emit.unless) if one)
        for said in self.consent:
            named.update((said.column, said.customer, *(said.at.named if said.at else ())))
        return frozenset(named)

    def to_yaml(self) -> str:
        return yaml.safe_dump(_short(self), allow_unicode=True, sort_keys=False, width=100)


def _short(mapping: Mapping) -> dict[str, Any]:
    """The mapping without its defaults, bare column names in their short form."""
    plain = mapping.model_dump(exclude_defaults=True, mode="json", by_alias=True)
    for emit in plain["emit"]:
        for group in ("fields", "attributes"):
            for name, field in emit.get(group, {}).items():
                if set(field) == {"column"}:
                    emit[group][name] = field["column"]
    for name, field in plain.get("thread", {}).items():
        if isinstance(field, dict) and set(field) == {"column"} and name not in ("private", "unless"):
            plain["thread"][name] = field["column"]
    for emit, typed in zip(plain["emit"], mapping.emit, strict=True):
        ordered = {"kind": typed.kind, **emit}
        emit.clear()
        emit.update(ordered)
    emits = plain.pop("emit")
    return {"version": VERSION, "source": mapping.source, **plain, "emit": emits}


class _PlainLoader(yaml.SafeLoader):
    """YAML without references: a few of them expand without end."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("references (*name) are not read; write the value again")
        return super().compose_node(parent, index)


def from_yaml(text: str) -> Mapping:
    """Read a mapping. Raises Refused with the line, or with the place in the mapping and what is wrong there."""
    if len(text) > MAX_YAML:
        raise Refused("mapping_too_long", f"The mapping has {len(text)} characters; at most {MAX_YAML} are read.")
    try:
        plain = yaml.load(text, Loader=_PlainLoader)  # noqa: S506, a safe loader
    except (yaml.YAMLError, RecursionError) as error:
        raise Refused("mapping_not_yaml", f"The mapping is not YAML: {error}") from error
    if not isinstance(plain, dict):
        raise Refused("mapping_not_yaml", "The mapping should be a YAML document with version, source and emit.")
    try:
        return Mapping.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the mapping"
        raise Refused("mapping_invalid", f"{place}: {first['msg']} (in the mapping).", field=place) from error
