"""JSON records as rows: nested names are joined with dots, numbers keep their exact digits."""

import json
from collections.abc import Iterable
from typing import Any

MAX_DEPTH = 8
DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def flattened(record: dict[str, Any]) -> dict[str, str | None]:
    """One record as a row of text."""
    row: dict[str, str | None] = {}
    _flatten(record, "", row, 0)
    return row


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
