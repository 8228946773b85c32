"""The shape of a file: the names in it, and in a JSON document where records with these names may be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from headwater.listening import readers
from headwater.listening.mapping import FileOptions
from headwater.listening.readers.document import first_items
from headwater.listening.readers.json_lines import first_objects

LOOKED_AT = 300
MAX_PLACES = 200
MAX_DEPTH = 6

Format = Literal["table", "json", "mailbox", "spss"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where records may be in a file: `records` as the mapping says it, and the names that they have."""

    records: str | None
    names: frozenset[str]
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class FileShape:
    """What kind of file it is and where its records may be, the outermost place first."""

    format: Format
    options: FileOptions
    places: tuple[Place, ...]


def shape_of(path: Path) -> FileShape:
    """Look at the head of a file. Raises Refused where it cannot be read."""
    kind = readers.kind_of(path)
    if kind in ("json", "jsonl"):
        options = FileOptions.model_validate({"format": kind})
        if kind == "jsonl":
            return FileShape("json", options, (Place(None, names_of(first_objects(path, LOOKED_AT))),))
        return FileShape("json", options, tuple(islice(_places(first_items(path, LOOKED_AT)), MAX_PLACES)))
    reader = readers.open_file(path)
    try:
        columns = frozenset(reader.columns)
        written = reader.options
    finally:
        reader.close()
    form: Format = "mailbox" if kind == "mailbox" else "spss" if kind == "spss" else "table"
    return FileShape(form, written, (Place(None, columns),))


def _places(head: Any) -> Iterator[Place]:
    """The places of a document: a top-level list, else the document itself and every object or list within it."""
    if isinstance(head, list):
        yield Place(None, names_of(head))
        return
    waiting: list[tuple[str, Any, int]] = [("", head, 0)]
    while waiting:
        path, value, depth = waiting.pop(0)
        if isinstance(value, dict):
            yield Place(path, names_of([value]))
            if depth < MAX_DEPTH:
                inner = ((key, one) for key, one in value.items() if "." not in key and isinstance(one, dict | list))
                waiting += [(f"{path}.{key}" if path else key, one, depth + 1) for key, one in inner]
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            yield Place(path, names_of(value[:LOOKED_AT]), is_list=True)


def names_of(records: Iterable[Any]) -> frozenset[str]:
    """Every name of some records, nested ones joined by dots; what is within a list as ``list[].name``."""
    found: set[str] = set()
    for record in records:
        if isinstance(record, dict):
            _collect(record, "", found, 0)
    return frozenset(found)


def _collect(record: dict[str, Any], prefix: str, found: set[str], depth: int) -> None:
    for key, value in record.items():
        name = f"{prefix}{key}"
        found.add(name)
        if depth >= MAX_DEPTH:
            continue
        if isinstance(value, dict):
            _collect(value, f"{name}.", found, depth + 1)
        elif isinstance(value, list):
            for item in value[:50]:
                if isinstance(item, dict):
                    _collect(item, f"{name}[].", found, depth + 1)
