"""JSON records as rows: nested names are joined with dots, numbers keep their exact digits."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from headwater.listening.mapping import Explode, Listed

MAX_DEPTH = 8
MAX_ITEMS = 100_000
CHOSEN = "chosen"
DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def flattened(record: dict[str, Any]) -> dict[str, str | None]:
    """One record as a row of text."""
    row: dict[str, str | None] = {}
    _flatten(record, "", row, 0)
    return row


def exploded(record: dict[str, Any], explode: Explode | None) -> Iterator[dict[str, str | None]]:
    """A record as rows of text: one for each item of the lists that the names of `explode` lead to, each with what the
    record says besides; one row where such a list is empty. An item of ``answers`` has the names ``answers.…``; what
    some items say stands beside all of them as ``chosen.…`` where :class:`mapping.Listed` says so.
    """
    if not explode:
        yield flattened(record)
        return
    path = explode if isinstance(explode, str) else explode.list
    if not isinstance(explode, str):
        record = {**record, CHOSEN: _chosen(record, explode)}
    for item in islice(_items(record, path.split("."), 0), MAX_ITEMS):
        yield flattened(item)


def _chosen(record: dict[str, Any], listed: Listed) -> dict[str, Any]:
    """What items of the list say, by their names; two of one name are joined by a comma."""
    found: dict[str, Any] = {}
    for item in islice(_items(record, listed.list.split("."), 0), MAX_ITEMS):
        one = _within(item, listed.list)
        name, kind = _within(one, listed.name), _within(one, listed.of)
        said = next((value for path in listed.values if (value := _within(one, path)) not in (None, "", [])), None)
        if isinstance(name, str) and name and kind in listed.kinds and said is not None:
            found[name] = f"{_text(found[name])}, {_text(said)}" if name in found else said
    return found


def _within(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _items(record: dict[str, Any], names: list[str], at: int) -> Iterator[dict[str, Any]]:
    """The record once for each item of its lists, with the item in the list's place."""
    if at == len(names):
        yield record
        return
    name = names[at]
    value = record.get(name)
    if isinstance(value, dict):
        for inner in _items(value, names, at + 1):
            yield {**record, name: inner}
    elif isinstance(value, list) and value:
        for item in value:
            if isinstance(item, dict):
                for inner in _items(item, names, at + 1):
                    yield {**record, name: inner}
            else:
                yield {**record, name: item}
    else:
        yield {key: one for key, one in record.items() if key != name}


def _flatten(value: dict[str, Any], prefix: str, row: dict[str, str | None], depth: int) -> None:
    for key, item in value.items():
        name = f"{prefix}{key}"
        if isinstance(item, dict) and depth < MAX_DEPTH:
            _flatten(item, f"{name}.", row, depth + 1)
        else:
            row[name] = _text(item)


def _text(item: Any) -> str | None:
    if item is None or isinstance(item, str):
        return item
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, list) and not any(isinstance(part, dict | list) for part in item):
        return ", ".join(_text(part) or "" for part in item)
    return json.dumps(item, ensure_ascii=False)


def all_names(rows: Iterable[dict[str, str | None]]) -> tuple[str, ...]:
    """Every name of these rows, in the order of first appearance."""
    return tuple(dict.fromkeys(name for row in rows for name in row))
