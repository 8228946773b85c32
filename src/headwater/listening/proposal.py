"""Proposes a mapping from a file's names and data, and says what it is unsure of."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from django.utils.text import slugify
from django.utils.translation import gettext as _

from headwater.base.refusals import Refused
from headwater.listening import readers, synonyms
from headwater.listening.evidence import Evidence, look_at
from headwater.listening.fields import MUCH_DATA, Draft, Unsure, decide, is_identity, is_personal
from headwater.listening.mapping import ColumnField, Emit, FieldName, Kind, Mapping
from headwater.listening.readers.rows import shown_rows
from headwater.listening.ready import Ready, Recognised, recognise, with_ready

MAX_ATTRIBUTES = 40
FEW_VALUES = 100


@dataclass(frozen=True, slots=True)
class Proposal:
    """`mapping` is usable as it is when nothing is unsure. `notes` state what was decided without being asked."""

    mapping: Mapping
    unsure: tuple[Unsure, ...]
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    sample: tuple[dict[str, str | None], ...] = ()
    ready: Ready | None = None
    """The ready mapping it was made from, where the file is one of a well-known tool."""


def propose(path: Path, *, ready: str | None = None) -> Proposal:
    """A mapping for a file: the ready one of that name, else the one whose shape the file has, else one from its names
    and data. Raises Refused where the file cannot be read, or is known to hold nothing that customers said.
    """
    known = with_ready(path, ready) if ready else recognise(path)
    if known is not None:
        return _of_ready(path, known)
    return _from_data(path)


def _of_ready(path: Path, known: Recognised) -> Proposal:
    if known.mapping.files:
        return Proposal(
            known.mapping, (), (_("This looks like %s.") % known.ready.title, *known.notes), (), (), known.ready
        )
    reader = readers.open_file(path, known.mapping.file)
    try:
        rows = next(iter(reader.batches()), None)
    finally:
        reader.close()
    unsure = tuple(Unsure(column, reason) for column, reason in known.unsure)
    sample = shown_rows(rows.table) if rows is not None else ()
    notes = (_("This looks like %s.") % known.ready.title, *known.notes)
    return Proposal(known.mapping, unsure, notes, reader.columns, sample, known.ready)


def _from_data(path: Path) -> Proposal:
    """Read the first rows of a file and propose a mapping by what is in its columns."""
    reader = readers.open_file(path)
    try:
        table = readers.first_rows(reader)
    finally:
        reader.close()
    if not len(table):
        raise Refused("no_rows", _("%s has a header and no rows.") % path.name, field="file")
    now = datetime.now(UTC).replace(tzinfo=None)
    seen = [look_at(name, table.column(name).combine_chunks(), now) for name in table.column_names]
    columns = [one for one in seen if one.filled]
    draft = Draft()
    decide(draft, columns, table)
    attributes = _attributes(draft, columns)
    mapping = _mapping(draft, attributes, path, columns).model_copy(update={"file": reader.options})
    return Proposal(mapping, tuple(draft.unsure), tuple(draft.notes), reader.columns, shown_rows(table))


def doubts(path: Path) -> tuple[Unsure, ...]:
    """What a person should look at before the file is imported."""
    return propose(path).unsure


def _attributes(draft: Draft, columns: list[Evidence]) -> dict[str, ColumnField]:
    """What is left and has few values: customers are grouped by it. Personal data is named and left out."""
    attributes = _dates(draft)
    left: list[str] = []
    for one in columns:
        if one.name in draft.used or one.name in draft.fields:
            continue
        if is_personal(one):
            attributes[_attribute_name(one.name)] = ColumnField(column=one.name, personal=True)
            continue
        few = (
            1 < one.distinct <= FEW_VALUES
            and not one.links
            and not (is_identity(one) and one.variety > 0.2)
            and (one.distinct <= 0.5 * one.filled or one.rows <= MUCH_DATA)
        )
        if few and one.mean_length <= 60 and one.words[:1] != ("fivetran",) and len(attributes) < MAX_ATTRIBUTES:
            attributes[_attribute_name(one.name)] = ColumnField(column=one.name)
        else:
            left.append(one.name)
    if left:
        names = ", ".join(left[:20]) + (" …" if len(left) > 20 else "")
        draft.notes.append(_("Left out, because they hardly group customers: %s.") % names)
    return attributes


def _dates(draft: Draft) -> dict[str, ColumnField]:
    """Dates besides the one of when it happened: one that names a promise or a delivery is kept for each signal.

    A trigger or a standard can hold such a date against what happened. Others are named, for a person to choose.
    """
    kept = [one for one in draft.dates if set(one.words) & synonyms.DATES_KEPT]
    others = [one.name for one in draft.dates if one not in kept]
    if kept:
        names = ", ".join(f"“{one.name}”" for one in kept)
        draft.notes.append(
            _("Further dates become attributes, so that a promise can be held against them: %s.") % names
        )
    if others:
        message = _("Further dates are left out: %s. Make one an attribute where it is a promise or a second event.")
        draft.notes.append(message % ", ".join(f"“{name}”" for name in others))
    return {_attribute_name(one.name): ColumnField(column=one.name, format=one.formats[0]) for one in kept}


def _attribute_name(column: str) -> str:
    return "_".join(synonyms.words(column))[:100] or column[:100]


def _mapping(draft: Draft, attributes: dict[str, ColumnField], path: Path, columns: list[Evidence]) -> Mapping:
    kind = _kind(draft, path, columns)
    fields = cast("dict[FieldName, ColumnField]", draft.fields)
    if not {"text", "score", "event"} & set(fields):
        # Not usable as it is, and said to be so; the person chooses the column.
        fields = {**fields, "text": ColumnField(column=columns[0].name)}
    main = Emit(kind=kind, metric=draft.metric, scale=draft.scale, fields=fields, attributes=attributes)
    emits = [main]
    if draft.more_scores:
        shared = {name: one for name, one in fields.items() if name in ("occurred_at", "customer_id", "subject_id")}
        own = fields.get("record_id")
        identity: dict[str, ColumnField] = {"record_id": own, "response_id": own} if own else {}
        main_fields = {**draft.fields, **identity}
        asked = _asked(fields["score"].column or "")
        emits = [main.model_copy(update={"fields": main_fields, "attributes": {**attributes, **asked}})]
        for one in draft.more_scores:
            more = cast("dict[FieldName, ColumnField]", {**identity, **shared, "score": one.field})
            emits.append(
                Emit(
                    kind=kind,
                    metric=one.metric,
                    scale=one.scale,
                    when=cast("Any", one.question),
                    fields=more,
                    attributes={**attributes, **_asked(one.question)},
                    record_id_prefix=f"{_attribute_name(one.question)}:",
                )
            )
        draft.notes.append(_("Each of the %d scores of a row becomes a signal of its own.") % len(emits))
    stem = path.name.split(".")[0]
    return Mapping(source=slugify(stem)[:80].strip("-_") or "file", emit=tuple(emits))


def _asked(question: str) -> dict[str, ColumnField]:
    """The attribute that tells the scores of one row apart."""
    return {"question": ColumnField(constant=question)}


def _kind(draft: Draft, path: Path, columns: list[Evidence]) -> Kind:
    named = {name for one in draft.fields.values() for name in one.named}
    said = Counter(word for one in columns if one.name in named for word in one.words)
    said.update(synonyms.words(path.name.split(".")[0]))
    if "event" in draft.fields:
        return "event"
    if said["tweet"] or said["tweets"] or said["retweet"] or said["post"]:
        return "social"
    if said["review"] or said["reviews"] or said["stars"] or said["bewertung"] or draft.metric == "rating":
        return "review"
    if any(said[word] for word in ("ticket", "tickets", "complaint", "case", "conversation", "chat", "call", "agent")):
        return "contact"
    return "survey" if draft.metric or said["survey"] or said["response"] else "contact"


__all__ = ["Proposal", "Unsure", "doubts", "propose"]
