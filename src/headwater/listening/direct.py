"""Signals that arrive field by field (the API): the same pipeline as files, with a mapping that is the identity."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from headwater.base.problems import where
from headwater.listening.importing import country_of
from headwater.listening.mapping import ColumnField, Emit, FieldName
from headwater.listening.personal import redacting
from headwater.listening.pipeline import Chunk, Context, Run, SetAside, run
from headwater.metrics.definitions import ScaleError, parse_scale

MAX_ATTRIBUTES = 100
MAX_ATTRIBUTE_NAMES = 1_000
MAX_NAMES = 10

Id = Annotated[str, Field(min_length=1, max_length=500)]
Short = Annotated[str, Field(max_length=500)]
AttributeName = Annotated[str, Field(min_length=1, max_length=100)]


class SignalIn(BaseModel):
    """One signal: something a customer said or did. At least one of text, score and event is needed."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    record_id: Id | None = Field(None, description="The signal's own id at its source; the same id counts once.")
    kind: Literal["survey", "contact", "review", "social", "event"] = "survey"
    occurred_at: datetime | None = Field(
        None, description="When it happened; without an offset: the company's time zone."
    )
    customer_id: Short | None = None
    response_id: Short | None = None
    conversation_id: Short | None = None
    subject_id: Short | None = Field(None, description="The order, flight or invoice it is about.")
    author: Literal["customer", "agent", "employee"] | None = None
    channel: Short | None = None
    language: Annotated[str, Field(max_length=35)] | None = Field(None, description="ISO 639; detected when absent.")
    metric: Literal["nps", "csat", "ces", "rating"] | None = Field(None, description="What the score measures.")
    score: Annotated[float, Field(allow_inf_nan=False)] | None = None
    scale: Annotated[str, Field(max_length=20)] | None = Field(
        None, description="Lowest and highest possible score, such as 1-10; by default the metric's own."
    )
    text: Annotated[str, Field(max_length=100_000)] | None = Field(None, description="Personal data is redacted.")
    event: Short | None = Field(None, description="What happened, such as delivery_late.")
    amount: Annotated[float, Field(allow_inf_nan=False)] | None = None
    currency: Annotated[str, Field(min_length=3, max_length=3)] | None = None
    stage: Short | None = None
    sentiment: Literal["negative", "neutral", "positive"] | None = None
    attributes: dict[AttributeName, Short] = Field(default_factory=dict, max_length=MAX_ATTRIBUTES)
    names: list[Short] = Field(
        default_factory=list, max_length=MAX_NAMES,
        description="People who may be named in the text or an attribute: taken out of them, and not kept.",
    )  # fmt: skip


Read = tuple[int, SignalIn]
NOT_FIELDS = {"attributes", "names", "scale"}
FIELDS = tuple(cast("FieldName", name) for name in SignalIn.model_fields if name not in NOT_FIELDS)
SAME_NAME = {name: ColumnField.model_construct(column=name) for name in FIELDS}
SAID: set[FieldName] = {"text", "score", "event"}
ATTRIBUTE = "attributes."
NAME = "names."


def read_rows(rows: Sequence[Any]) -> tuple[list[Read], list[SetAside]]:
    """The rows that have the right names and types, each with its index, and the others with the reason."""
    good: list[Read] = []
    refused: list[SetAside] = []
    for index, row in enumerate(rows):
        try:
            signal = SignalIn.model_validate(row)
            if signal.scale is not None:
                parse_scale(signal.scale)
        except ValidationError as error:
            first = error.errors()[0]
            place = where("signals", index, *first["loc"])
            refused.append(SetAside(index, "invalid_input", f"{place}: {first['msg']}", place))
        except ScaleError as error:
            refused.append(SetAside(index, "bad_scale", str(error), "scale"))
        else:
            good.append((index, signal))
    return good, refused


def through_pipeline(
    rows: list[Read], source: str, now: datetime, zone: str, tally: Run
) -> tuple[pa.Table | None, list[SetAside]]:
    """The signals, with the column `row` (index of the row sent), and what was refused. `zone` is the company's."""
    treatment = redacting.treatment(source, country_of(zone))
    # A mapping either gives a field or does not; rows differ in it, so rows alike go through together.
    alike: dict[tuple[bool, bool, str | None], list[Read]] = defaultdict(list)
    for index, signal in rows:
        alike[signal.record_id is not None, signal.occurred_at is not None, signal.scale].append((index, signal))
    tables: list[pa.Table] = []
    refused: list[SetAside] = []
    for group in alike.values():
        emit = _emit(group)
        chunk = Chunk(_raw(group, emit), np.asarray([index for index, _ in group], np.int64))
        context = Context(
            source,
            emit,
            zone,
            country_of(zone),
            now.astimezone(UTC).replace(tzinfo=None),
            treatment.redaction,
            treatment.keeps_originals,
            treatment.pseudonym,
            erased=treatment.erased,
            why_erased=treatment.why_erased,
        )
        done = run(chunk, context, tally)
        tally.redacted.update(context.redacted)
        refused += done.set_aside
        if len(done):
            tables.append(done.signals.append_column("row", pa.array(done.numbers)))
    return (pa.concat_tables(tables, promote_options="permissive") if tables else None), refused


def _emit(group: list[Read]) -> Emit:
    """The identity mapping of rows alike: the fields that any of them gives, for each costs every step its share."""
    given = {name for name in FIELDS if any(getattr(signal, name) is not None for _, signal in group)}
    if not given & SAID:
        given.add("text")
    scale = group[0][1].scale
    attributes = {
        name: ColumnField.model_construct(column=f"{ATTRIBUTE}{name}")
        for name in sorted({name for _, signal in group for name in signal.attributes})
    }
    for place in range(max(len(signal.names) for _, signal in group)):
        column = f"{NAME}{place}"
        attributes[column] = ColumnField.model_construct(column=column, personal=True)
    return Emit.model_construct(
        kind="survey",
        when=None,
        metric=None,
        scale=parse_scale(scale) if scale else None,
        fields={name: SAME_NAME[name] for name in FIELDS if name in given},
        attributes=attributes,
        record_id_prefix="",
    )


def _raw(group: list[Read], emit: Emit) -> pa.Table:
    columns: dict[str, pa.Array] = {
        name: pa.array([_text(getattr(signal, name)) for _, signal in group], pa.string()) for name in emit.fields
    }
    for name, field in emit.attributes.items():
        if not field.personal:
            values = [signal.attributes.get(name) for _, signal in group]
            columns[f"{ATTRIBUTE}{name}"] = pa.array(values, pa.string())
    for place in range(sum(field.personal for field in emit.attributes.values())):
        given = [signal.names[place] if place < len(signal.names) else None for _, signal in group]
        columns[f"{NAME}{place}"] = pa.array(given, pa.string())
    return pa.table(columns)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.isoformat() if isinstance(value, datetime) else repr(value)
