"""What a mapping reads from the columns of a file: blanks empty, HTML as text, values renamed, columns joined."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.listening.mail_text import plain_text, words_of
from headwater.listening.mapping import ColumnField, When

MAX_LIST = 200
MAX_JOINED = 480
"""Characters; an attribute holds 500."""


def cells(table: pa.Table, field: ColumnField, *, text: bool = False) -> pa.Array:
    """The values of a field, null where there is none. Several columns are joined with a line break where they are
    `text`, as the parts of an id with a colon else; an id of which one part is missing is none."""
    if field.constant is not None:
        return pa.repeat(pa.scalar(field.constant, pa.string()), len(table))
    parts = [_cleaned(column(table, name), field) for name in field.named]
    if field.first:
        return _personal(pc.coalesce(*(_renamed(one, field) for one in parts)), field)
    if len(parts) == 1:
        values = parts[0]
    elif text:
        # Not null_handling="skip": pyarrow then leaves out the rows in which every part is null.
        joined = pc.binary_join_element_wise(*parts, "\n", null_handling="replace", null_replacement="")
        values = _empty_as_null(pc.utf8_trim(joined, "\n"))
    else:
        values = pc.binary_join_element_wise(*parts, ":", null_handling="emit_null")
    return _personal(_renamed(values, field), field)


def column(table: pa.Table, name: str) -> pa.Array:
    """A column as it is, nulls where the file has none of that name."""
    if name not in table.column_names:
        return pa.nulls(len(table), pa.string())
    return table.column(name).combine_chunks()


def holds(table: pa.Table, when: When, *, is_score: bool = False) -> np.ndarray:
    """Where a condition is true. “0” and “no” say that something did not happen; as a score, 0 is an answer."""
    values = pc.fill_null(column(table, when.column), "")
    if when.is_:
        named = pa.array([one.casefold() for one in when.is_], pa.string())
        return np.asarray(pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(values)), named))
    nothing = [""] if is_score else ["", "0", "false", "no"]
    return np.asarray(pc.invert(pc.is_in(pc.utf8_lower(values), pa.array(nothing))))


def _cleaned(values: pa.Array, field: ColumnField) -> pa.Array:
    """Without surrounding space and NUL bytes; blank values empty; lists, HTML and mails as plain text."""
    if pc.any(pc.match_substring(values, "\x00")).as_py():
        values = pc.replace_substring(values, "\x00", "")
    values = _empty_as_null(pc.utf8_trim_whitespace(values))
    if field.blank:
        values = pc.if_else(pc.is_in(values, pa.array(list(field.blank))), pa.scalar(None, pa.string()), values)
    if field.each is not None:
        values = pa.array([one and _members(one, field.each) for one in values.to_pylist()], pa.string())
    if field.clean is not None:
        read = words_of if field.clean == "mail" else plain_text
        values = _empty_as_null(pa.array([one and read(one) for one in values.to_pylist()], pa.string()))
    return values


def _members(cell: str, name: str) -> str | None:
    """One member of each object of a JSON list, joined by commas as far as an attribute holds them."""
    try:
        items = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    items = items if isinstance(items, list) else [items]
    found = [str(one) for item in items[:MAX_LIST] if (one := _member(item, name)) not in (None, "")]
    while sum(len(one) + 2 for one in found) > MAX_JOINED and len(found) > 1:
        found.pop()
    return ", ".join(found) or None


def _member(item: object, name: str) -> object:
    for part in name.split("."):
        if not isinstance(item, dict):
            break
        item = item.get(part)
    return item


def _empty_as_null(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)


def _personal(values: pa.Array, field: ColumnField) -> pa.Array:
    return pc.utf8_lower(values) if field.personal else values


def _renamed(values: pa.Array, field: ColumnField) -> pa.Array:
    """Values renamed through their few distinct ones; names are compared without case."""
    if not field.values:
        return values
    folded = {name.casefold(): new for name, new in field.values.items()}
    coded = values.dictionary_encode()
    renamed = [folded.get(one.casefold(), None if field.only else one) for one in coded.dictionary.to_pylist()]
    return pa.array(renamed, pa.string()).take(coded.indices)
