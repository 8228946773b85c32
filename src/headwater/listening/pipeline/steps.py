"""The steps of the pipeline. Each is a pure function: a chunk and what is known about it in, the next chunk out."""

from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.listening import times
from headwater.listening.cells import cells, holds
from headwater.listening.language import detect
from headwater.listening.mapping import NUMBERS, TIMES, ColumnField
from headwater.listening.pipeline.chunk import Chunk, Context, shown
from headwater.listening.pipeline.redaction import redact as redact_texts
from headwater.listening.pipeline.redaction import redact_values
from headwater.metrics.definitions import METRICS, ScaleError
from headwater.record.keys import complete

RECEIVED = "received"
"""The constant that stands for the time of arrival, where a source has no date of its own."""

ORIGINAL = "original"
"""The field in which words before redaction travel to the vault; no column of the record."""
AGENTS = ("agent", "agent_name")
"""Attributes that name a colleague."""

MAX_TEXT = 100_000
MAX_ID = 500
MAX_VALUE = 500
LARGEST = 1e15

VOCABULARY = {
    "sentiment": ("negative", "neutral", "positive"),
    "author": ("customer", "agent", "employee"),
    "kind": ("survey", "contact", "review", "social", "event"),
}
IDS = ("record_id", "customer_id", "response_id", "conversation_id", "subject_id", "event", "stage", "channel")
NUMBER = r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*$"


def pick(chunk: Chunk, context: Context) -> Chunk:
    """Columns of the file become fields, still as text: blanks empty, values renamed, several columns joined."""
    emit = context.emit
    keep = np.ones(len(chunk), bool)
    if emit.when:
        score = emit.fields.get("score")
        keep &= holds(chunk.raw, emit.when, is_score=score is not None and score.column == emit.when.column)
    if emit.unless:
        keep &= ~holds(chunk.raw, emit.unless)
    if not keep.all():
        chunk = Chunk(chunk.raw.filter(pa.array(keep)), chunk.numbers[keep], {}, chunk.set_aside)
    return chunk.with_fields(**{name: _picked(chunk, name, field) for name, field in emit.fields.items()})


def _picked(chunk: Chunk, name: str, field: ColumnField) -> pa.Array:
    return cells(chunk.raw, field, text=name == "text")


def identify(chunk: Chunk, context: Context) -> Chunk:
    """Every row gets its record id: the source's own, or a hash of its content with its occurrence in the file."""
    prefix = context.emit.record_id_prefix
    if "record_id" in context.emit.fields:
        ids = chunk.fields["record_id"]
        chunk = chunk.without(
            pc.is_null(ids), "no_id", lambda _: "the row has no id in " + _from(context, "record_id") + ".", "record_id"
        )
        ids = chunk.fields["record_id"]
    else:
        ids = _content_ids(chunk, context)
    if prefix:
        ids = pc.binary_join_element_wise(pa.scalar(prefix), ids, "")
    return chunk.with_fields(record_id=ids)


def _content_ids(chunk: Chunk, context: Context) -> pa.Array:
    ids = []
    for content in _contents(chunk, context).to_pylist():
        digest = blake2b(content.encode(), digest_size=8).digest()
        key = int.from_bytes(digest, "big")
        occurrence = context.occurrences.get(key, 0) + 1
        context.occurrences[key] = occurrence
        ids.append(f"content-{digest.hex()}-{occurrence}")
    return pa.array(ids, pa.string())


def _contents(chunk: Chunk, context: Context) -> pa.Array:
    """What each row says, by name: what it leaves empty is no part of it, nor is what only other rows give."""
    values: dict[str, pa.Array] = {name: chunk.fields[name] for name in context.emit.fields}
    values |= {f"attribute {name}": _picked(chunk, name, field) for name, field in context.emit.attributes.items()}
    told = [pc.binary_join_element_wise(pa.scalar(name), values[name], "=") for name in sorted(values)]
    return pc.binary_join_element_wise(pa.scalar(context.emit.kind), *told, "\x1f", null_handling="skip")


def parse(chunk: Chunk, context: Context) -> Chunk:
    """Times become UTC and numbers numbers; a row with a value that is neither is set aside with that value."""
    for name in TIMES:
        if name in context.emit.fields:
            chunk = _parse_time(chunk, context, name)
    for name in NUMBERS:
        if name in context.emit.fields:
            chunk = _parse_number(chunk, context, name)
    received = pa.repeat(pa.scalar(context.received_at, times.UTC_TIME), len(chunk))
    chunk = chunk.with_fields(received_at=pc.coalesce(chunk.fields.get("received_at", received), received))
    if "occurred_at" not in chunk.fields:
        return chunk.with_fields(occurred_at=received)
    wrong = pc.is_null(chunk.fields["occurred_at"])
    where = _from(context, "occurred_at")
    return chunk.without(wrong, "no_date", lambda _: f"there is no date in {where}.", "occurred_at")


def _parse_time(chunk: Chunk, context: Context, name: str) -> Chunk:
    field = context.emit.fields[name]  # type: ignore[index]
    texts = chunk.fields[name]
    if field.constant == RECEIVED:
        return chunk.with_fields(**{name: pa.repeat(pa.scalar(context.received_at, times.UTC_TIME), len(chunk))})
    formats = (field.format,) if isinstance(field.format, str) else field.format
    parsed = times.parse(texts, formats, field.time_zone or context.time_zone)
    chunk = chunk.with_fields(**{name: parsed, "written": texts})
    wrong = pc.and_(pc.is_null(parsed), pc.is_valid(texts))
    expected, where = " or ".join(formats), _from(context, name)
    chunk = chunk.without(
        wrong, "bad_date", lambda i: f"{shown(texts[i])} in {where} is not a date written as {expected}.", name
    )
    texts = chunk.fields["written"]
    chunk = chunk.without(
        pc.invert(times.plausible(chunk.fields[name])),
        "date_out_of_range",
        lambda i: f"the date {shown(texts[i])} in {where} is not between the years 1970 and 2100.",
        name,
    )
    return chunk.with_fields(written=None)


def _parse_number(chunk: Chunk, context: Context, name: str) -> Chunk:
    field = context.emit.fields[name]  # type: ignore[index]
    texts = chunk.fields[name]
    plain = pc.replace_substring(pc.replace_substring(texts, ".", ""), ",", ".") if field.decimal == "," else texts
    fits = pc.match_substring_regex(plain, NUMBER)
    numbers = pc.if_else(fits, pc.utf8_trim_whitespace(plain), pa.scalar(None, pa.string())).cast(pa.float64())
    small = pc.fill_null(pc.less_equal(pc.abs(numbers), LARGEST), True)
    chunk = chunk.with_fields(**{name: numbers})
    wrong = pc.or_(pc.and_(pc.is_valid(texts), pc.invert(pc.fill_null(fits, False))), pc.invert(small))
    where = _from(context, name)
    code = "bad_score" if name == "score" else "bad_number"
    return chunk.without(wrong, code, lambda i: f"{shown(texts[i])} in {where} is not a number.", name)


def check(chunk: Chunk, context: Context) -> Chunk:
    """What the record could not keep or read is set aside: words out of the vocabulary, endless texts, empty rows."""
    for name, words in VOCABULARY.items():
        if name in chunk.fields:
            chunk = _check_words(chunk, name, words)
    for name in IDS:
        if name in chunk.fields:
            chunk = _check_length(chunk, name, MAX_ID)
    if "text" in chunk.fields:
        chunk = _check_length(chunk, "text", MAX_TEXT)
    if "language" in chunk.fields:
        codes = pc.utf8_lower(
            pc.struct_field(pc.extract_regex(chunk.fields["language"], r"^(?P<c>\pL{2,3})(?:[-_].*)?$"), "c")
        )
        chunk = chunk.with_fields(language=codes)
    said = [pc.is_valid(chunk.fields[name]) for name in ("text", "score", "event") if name in chunk.fields]
    something = said[0]
    for one in said[1:]:
        something = pc.or_(something, one)
    return chunk.without(
        pc.invert(something), "nothing_said", lambda _: "the row has neither a text nor a score nor an event."
    )


def _check_words(chunk: Chunk, name: str, words: tuple[str, ...]) -> Chunk:
    values = pc.utf8_lower(chunk.fields[name])
    chunk = chunk.with_fields(**{name: values})
    known = pc.or_kleene(pc.is_in(values, pa.array(list(words))), pc.is_null(values))
    expected = ", ".join(words)
    return chunk.without(
        pc.invert(known),
        "unknown_value",
        lambda i: f"{name} is {shown(values[i])}; it should be one of {expected}.",
        name,
    )


def _check_length(chunk: Chunk, name: str, limit: int) -> Chunk:
    lengths = pc.utf8_length(chunk.fields[name])
    code = "text_too_long" if name == "text" else "value_too_long"
    return chunk.without(
        pc.greater(lengths, limit),
        code,
        lambda i: f"{name} has {lengths[i].as_py():,} characters; at most {limit:,} are kept.",
        name,
    )


def band(chunk: Chunk, context: Context) -> Chunk:
    """Scores are put on their metric's own scale and get their band: low, middle or top."""
    if "score" not in chunk.fields:
        return chunk
    if "metric" not in chunk.fields:
        chunk = chunk.with_fields(metric=pa.repeat(pa.scalar(context.emit.metric, pa.string()), len(chunk)))
    metrics, scores = chunk.fields["metric"], chunk.fields["score"]
    scored = pc.is_valid(scores)
    unnamed = pc.and_(
        scored, pc.invert(pc.is_in(metrics, pa.array([name for name, one in METRICS.items() if one.scored])))
    )
    known = ", ".join(name for name, one in METRICS.items() if one.scored)
    chunk = chunk.without(
        unnamed, "unknown_metric", lambda i: f"the metric {shown(metrics[i])} is not one of {known}.", "metric"
    )
    return _banded(chunk, context)


def _banded(chunk: Chunk, context: Context) -> Chunk:
    scale = f"{context.emit.scale[0]:g}-{context.emit.scale[1]:g}" if context.emit.scale else None
    scores = np.array(chunk.fields["score"].to_numpy(zero_copy_only=False), dtype=float)
    names = chunk.fields["metric"]
    wrong = np.zeros(len(chunk), bool)
    why = np.full(len(chunk), "", object)
    bands = np.zeros(len(chunk), np.int8)
    scales = np.full(len(chunk), None, object)
    for name in pc.unique(names).drop_null().to_pylist():
        metric = METRICS[name]
        if not metric.scored:
            continue
        here = np.flatnonzero(np.asarray(pc.fill_null(pc.equal(names, name), False)) & ~np.isnan(scores))
        try:
            converted = metric.convert(scores[here], scale)
        except ScaleError as error:
            wrong[here], why[here] = True, str(error)
            continue
        on = metric.on_scale(converted)
        wrong[here[~on]] = True
        why[here[~on]] = f"is not on the scale {scale or f'{metric.scale_low:g}-{metric.scale_high:g}'} of {name}."
        scores[here[on]] = converted[on]
        bands[here[on]] = metric.band_many(converted[on])
        scales[here] = f"{metric.scale_low:g}-{metric.scale_high:g}"
    given = chunk.fields["score"]
    absent = np.isnan(scores)
    chunk = chunk.with_fields(
        score=pa.array(scores, pa.float64(), mask=absent),
        score_band=pa.array(bands, pa.int8(), mask=absent),
        scale=pa.array(scales, pa.string()),
        metric=pc.if_else(pa.array(absent), pa.scalar(None, pa.string()), names),
    )
    return chunk.without(
        wrong, "score_out_of_scale", lambda i: f"the score {shown(f'{given[i].as_py():g}')} {why[i]}", "score"
    )


def pseudonymise(chunk: Chunk, context: Context) -> Chunk:
    """Where the source is to have no names of customers, their ids become keyed hashes; the same id always the same."""
    if context.pseudonym is None or "customer_id" not in chunk.fields:
        return chunk
    coded = chunk.fields["customer_id"].dictionary_encode()
    pseudonyms = pa.array([context.pseudonym(one) for one in coded.dictionary.to_pylist()], pa.string())
    return chunk.with_fields(customer_id=pseudonyms.take(coded.indices))


def hold_off(chunk: Chunk, context: Context) -> Chunk:
    """Rows of customers who were erased are refused, and nothing of them is kept: not even their values with why."""
    if context.erased is None or "customer_id" not in chunk.fields:
        return chunk
    coded = chunk.fields["customer_id"].dictionary_encode()
    known = coded.dictionary.to_pylist()
    erased = context.erased(known)
    if not erased:
        return chunk
    theirs = pa.array([one in erased for one in known], pa.bool_()).take(coded.indices)
    return chunk.without(theirs, "erased_customer", lambda _: context.why_erased, "customer_id", keeps_values=False)


def redact(chunk: Chunk, context: Context) -> Chunk:
    """Personal data in texts is replaced by what it was, names in personal columns of the same row with it.

    Where originals are kept, a text of a known customer that changed stands in the field `original` for whoever
    receives the signals.
    """
    if "text" not in chunk.fields:
        return chunk
    given = chunk.fields["text"]
    texts = redact_texts(given, context.redaction, context.redacted, _names(chunk, context))
    if context.keeps_originals and "customer_id" in chunk.fields:
        changed = pc.fill_null(pc.not_equal(given, texts), False)
        changed = pc.and_(changed, pc.is_valid(chunk.fields["customer_id"]))
        chunk = chunk.with_fields(**{ORIGINAL: pc.if_else(changed, given, pa.scalar(None, pa.string()))})
    return chunk.with_fields(text=texts)


def _names(chunk: Chunk, context: Context) -> list[tuple[str, pa.Array]]:
    """The columns of names: those the mapping marks as personal, and the agent's."""
    named = [
        ("colleague" if name in AGENTS else "name", _picked(chunk, name, field.model_copy(update={"personal": False})))
        for name, field in context.emit.attributes.items()
        if field.personal or name in AGENTS
    ]
    return [(kind, values) for kind, values in named if values.null_count < len(values)]


def detect_language(chunk: Chunk, context: Context) -> Chunk:
    """The language of each text, where the source does not give it."""
    if "text" not in chunk.fields:
        return chunk
    given = chunk.fields.get("language")
    if given is None or given.null_count:
        found = detect(chunk.fields["text"])
        given = found if given is None else pc.coalesce(given, found)
    return chunk.with_fields(language=given)


def describe(chunk: Chunk, context: Context) -> Chunk:
    """Attributes that are no personal data become the signal's map of attributes."""
    kept = {name: field for name, field in context.emit.attributes.items() if not field.personal}
    if not kept:
        return chunk
    for name, field in kept.items():
        lengths = pc.utf8_length(_described(chunk, name, field, context))
        chunk = chunk.without(
            pc.greater(lengths, MAX_VALUE),
            "value_too_long",
            lambda i, name=name: f"the attribute {name} has more than {MAX_VALUE} characters.",  # type: ignore[misc]
            name,
        )
    people = _names(chunk, context)
    values = {name: _without_personal(chunk, name, field, context, people) for name, field in kept.items()}
    return chunk.with_fields(attributes=_map_of(values))


def _without_personal(
    chunk: Chunk, name: str, field: ColumnField, context: Context, people: list[tuple[str, pa.Array]]
) -> pa.Array:
    """The values of an attribute without personal data, `people` being the names that the row's own columns give; the
    agent's name is what it says, and has its own right."""
    values = _described(chunk, name, field, context)
    if field.constant is not None or name in AGENTS:
        return values
    return redact_values(values, context.redaction, context.redacted, people)


def _described(chunk: Chunk, name: str, field: ColumnField, context: Context) -> pa.Array:
    """The values of an attribute. A date written otherwise than in ISO 8601 is put so, in UTC, as far as it is read."""
    values = _picked(chunk, name, field)
    if field.format == "iso" or field.constant is not None:
        return values
    formats = (field.format,) if isinstance(field.format, str) else field.format
    parsed = times.parse(values, formats, field.time_zone or context.time_zone)
    return pc.coalesce(pc.strftime(parsed.cast(pa.timestamp("s")), "%Y-%m-%dT%H:%M:%S"), values)


def _map_of(columns: dict[str, pa.Array]) -> pa.Array:
    """One map a row, without its empty values."""
    size = len(next(iter(columns.values())))
    items = pa.concat_arrays(list(columns.values()))
    # Row-major order: attribute k of row r stands at k * size + r in `items`.
    order = np.arange(len(columns) * size).reshape(len(columns), size).T.ravel()
    items = items.take(pa.array(order))
    keys = pa.DictionaryArray.from_arrays(
        np.tile(np.arange(len(columns), dtype=np.int32), size), pa.array(list(columns), pa.string())
    )
    valid = np.asarray(pc.is_valid(items))
    counts = valid.reshape(size, len(columns)).sum(axis=1)
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    mask = pa.array(valid)
    return pa.MapArray.from_arrays(pa.array(offsets), keys.filter(mask).cast(pa.string()), items.filter(mask))


def place(chunk: Chunk, context: Context) -> Chunk:
    """The day in the company's time zone, the source, and the kind."""
    kind = pa.repeat(pa.scalar(context.emit.kind, pa.string()), len(chunk))
    return chunk.with_fields(
        local_date=times.local_dates(chunk.fields["occurred_at"], context.time_zone),
        source=pa.repeat(pa.scalar(context.source, pa.string()), len(chunk)),
        kind=pc.coalesce(chunk.fields.get("kind", kind), kind),
    )


def fingerprint(chunk: Chunk, context: Context) -> Chunk:
    """Keys and content hashes, every column of the record.

    Where the time of arrival stands for the date, it is no content: the same row sent tomorrow is a repeat.
    """
    if not len(chunk):
        return chunk
    original = {ORIGINAL: chunk.fields[ORIGINAL]} if ORIGINAL in chunk.fields else {}
    dated = context.emit.fields.get("occurred_at")
    if dated is not None and dated.constant != RECEIVED:
        return chunk.with_fields(**_columns(complete(pa.table(chunk.fields))), **original)
    arrival = {name: chunk.fields[name] for name in ("occurred_at", "local_date")}
    same = {name: pa.repeat(pa.scalar(0, pa.int32()), len(chunk)).cast(pa.date32()) for name in arrival}
    same["occurred_at"] = same["occurred_at"].cast(times.UTC_TIME)
    undated = complete(pa.table({**chunk.fields, **same}))
    return chunk.with_fields(**{**_columns(undated), **arrival, **original})


def _columns(table: pa.Table) -> dict[str, pa.Array]:
    return {name: table.column(name).combine_chunks() for name in table.column_names}


def _from(context: Context, name: str) -> str:
    """The columns of the file that a field comes from, as words."""
    field = context.emit.fields[name]  # type: ignore[index]
    return " + ".join(field.named) or name
