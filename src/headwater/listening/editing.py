"""A mapping as a page edits it: one choice for each column of the file. Pure functions of mapping and choices."""

from collections.abc import Mapping as Choices
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast, get_args

import pyarrow as pa
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.base.refusals import Refused
from headwater.listening import times
from headwater.listening.mapping import ColumnField, Emit, FieldName, Kind, Mapping
from headwater.listening.pipeline.steps import RECEIVED
from headwater.listening.synonyms import words
from headwater.metrics.definitions import METRICS, ScaleError, parse_scale

LEAVE_OUT, ATTRIBUTE, PERSONAL = "", "attribute", "personal"
NO_FIELD = (LEAVE_OUT, ATTRIBUTE)

FIELD_TITLES: dict[str, Any] = {
    "text": gettext_lazy("Text: what the customer said"),
    "score": gettext_lazy("Score"),
    "occurred_at": gettext_lazy("When it happened"),
    "record_id": gettext_lazy("Id of the row"),
    "customer_id": gettext_lazy("Customer"),
    "subject_id": gettext_lazy("Order, flight or invoice"),
    "conversation_id": gettext_lazy("Conversation"),
    "response_id": gettext_lazy("Response"),
    "sentiment": gettext_lazy("Sentiment"),
    "event": gettext_lazy("Event: what happened"),
    "channel": gettext_lazy("Channel"),
    "language": gettext_lazy("Language"),
    "author": gettext_lazy("Author (customer, agent, employee)"),
    "stage": gettext_lazy("Journey stage"),
    "amount": gettext_lazy("Amount of money"),
    "currency": gettext_lazy("Currency"),
    "received_at": gettext_lazy("When it was received"),
    "metric": gettext_lazy("Metric of the score"),
    "kind": gettext_lazy("Kind of signal"),
}
JOINED = ("text", "record_id")
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column of the file with what it becomes and some of its values."""

    index: int
    column: str
    becomes: str
    samples: tuple[str, ...]
    format: str = ""
    """How its values are written when all of them are dates; empty when they are not."""


def is_simple(mapping: Mapping) -> bool:
    """Whether the table of columns can show the mapping; the others are edited as YAML."""
    if mapping.sql is not None or mapping.thread is not None or len(mapping.emit) > 1:
        return False
    emit = mapping.emit[0]
    return (
        emit.when is None
        and emit.unless is None
        and not any(field.constant is not None and field.constant != RECEIVED for field in emit.fields.values())
    )


def choices_of(
    mapping: Mapping, columns: tuple[str, ...], sample: tuple[dict[str, str | None], ...]
) -> list[ColumnChoice]:
    """What each column becomes."""
    emit = mapping.emit[0]
    becomes: dict[str, str] = {}
    for attribute in emit.attributes.values():
        becomes.update(dict.fromkeys(attribute.named, PERSONAL if attribute.personal else ATTRIBUTE))
    for name, field in emit.fields.items():
        for column in field.named:
            becomes.setdefault(column, name)
            if becomes[column] in (ATTRIBUTE, PERSONAL):
                becomes[column] = name
    found = []
    for index, column in enumerate(columns):
        values = [row.get(column) or "" for row in sample]
        some = tuple(value[:80] for value in dict.fromkeys(values) if value)[:3]
        found.append(ColumnChoice(index, column, becomes.get(column, LEAVE_OUT), some, _date_format(values)))
    return found


def _date_format(values: list[str]) -> str:
    """The first format that reads all these values as times; empty for numbers, which may be anything."""
    filled = [value for value in values if value.strip()]
    if not filled or any(value.strip().replace(".", "", 1).isdigit() for value in filled):
        return ""
    return next(iter(times.fitting(pa.array(filled, pa.string()), now=datetime.now(UTC).replace(tzinfo=None))), "")


def with_choices(mapping: Mapping, columns: tuple[str, ...], given: Choices[str, str]) -> Mapping:
    """The mapping that the choices on the page make. Raises Refused with the field that is wrong."""
    before = mapping.emit[0]
    chosen: dict[str, list[str]] = {}
    attributes: dict[str, ColumnField] = {}
    known = dict(before.attributes)
    for index, column in enumerate(columns):
        becomes = given.get(f"column_{index}", LEAVE_OUT)
        if becomes in (ATTRIBUTE, PERSONAL):
            name = next((n for n, f in known.items() if f.column == column), "_".join(words(column)) or column)
            own = known.get(name) or ColumnField(column=column, format=given.get(f"date_{index}", "").strip() or "iso")
            attributes[name[:100]] = own.model_copy(update={"personal": becomes == PERSONAL})
        elif becomes:
            chosen.setdefault(becomes, []).append(column)
    fields = {name: _field(name, named, before, given) for name, named in chosen.items()}
    if "occurred_at" not in fields:
        fields["occurred_at"] = ColumnField(constant=RECEIVED)
    if not {"text", "score", "event"} & set(fields):
        raise Refused("nothing_said", _("Choose the column that holds a text, a score or an event."))
    metric, scale = _metric(given, "score" in fields and "metric" not in fields)
    kind = given.get("kind", before.kind)
    emit = Emit(
        kind=cast("Kind", kind if kind in KINDS else before.kind),
        metric=metric,
        scale=scale,
        fields=cast("dict[FieldName, ColumnField]", fields),
        attributes=attributes,
    )
    return mapping.model_copy(update={"emit": (emit,)})


def _field(name: str, columns: list[str], before: Emit, given: Choices[str, str]) -> ColumnField:
    if name not in FIELD_TITLES:
        raise Refused("unknown_field", _("“%s” is no field of a signal.") % name)
    if len(columns) > 1 and name not in JOINED:
        raise Refused(
            "field_twice",
            _("Two columns, %(columns)s, become “%(field)s”; choose one.")
            % {"columns": ", ".join(columns), "field": FIELD_TITLES[name]},
        )
    origin: dict[str, Any] = {"columns": tuple(columns)} if len(columns) > 1 else {"column": columns[0]}
    kept = before.fields.get(cast("FieldName", name))
    settings = kept.model_dump(exclude_defaults=True, exclude={"column", "columns", "constant"}) if kept else {}
    if name == "occurred_at":
        settings["format"] = given.get("format", "").strip() or settings.get("format", "iso")
        settings["time_zone"] = given.get("time_zone", "").strip() or None
    return ColumnField(**origin, **settings)


def _metric(given: Choices[str, str], scored: bool) -> tuple[str | None, tuple[float, float] | None]:
    if not scored:
        return None, None
    metric = given.get("metric", "")
    if metric not in METRICS or not METRICS[metric].scored:
        known = ", ".join(name for name, one in METRICS.items() if one.scored)
        raise Refused("no_metric", _("Say what the score measures: %s.") % known, field="metric")
    scale = given.get("scale", "").strip()
    if not scale:
        return metric, None
    try:
        METRICS[metric].convert([], scale)
        return metric, parse_scale(scale)
    except ScaleError as error:
        raise Refused("bad_scale", str(error), field="scale") from error
