"""Reads a JSON document: an array of objects of any length, or an object that holds the list of records somewhere."""

import io
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from headwater.base.refusals import Refused
from headwater.listening.mapping import FileOptions
from headwater.listening.readers.encodings import sniff_encoding
from headwater.listening.readers.records import DECODER, all_names, exploded
from headwater.listening.readers.rows import MAX_COLUMNS, Question, Rows, UnreadableRow, rows_at_once, text_table
from headwater.listening.readers.separated import read_sample
from headwater.listening.readers.unpack import Unpacked

PIECE = 1 << 20
MAX_RECORD = 20_000_000
MAX_DOCUMENT = 256 << 20
MAX_DEPTH = 6


class Document:
    """A JSON document, and where the list of its records is."""

    def __init__(self, path: Path, options: FileOptions) -> None:
        self._path = path
        self._encoding = options.encoding or sniff_encoding(read_sample(path))
        self._records = options.records
        self._source: Unpacked | None = None

    def _opened(self) -> tuple[str, io.TextIOWrapper]:
        """The beginning of the document, and the rest of it."""
        self._source = Unpacked(self._path)
        text = io.TextIOWrapper(io.BufferedReader(self._source, PIECE), self._encoding, errors="replace")
        start = ""
        while not start.strip() and (piece := text.read(PIECE)):
            start = piece.lstrip("\ufeff")
        if not start.strip():
            raise Refused("empty_file", f"{self._path.name} is empty.")
        return start, text

    def _items(self) -> Iterator[Any]:
        start, text = self._opened()
        if start.lstrip().startswith("[") and not self._records:
            yield from self._array(start, text)
        else:
            yield from self._within(start + text.read(MAX_DOCUMENT), text)

    def _array(self, buffer: str, text: io.TextIOWrapper) -> Iterator[Any]:
        """The items of a top-level array, decoded one at a time from a moving window."""
        at = buffer.index("[") + 1
        line, column = buffer.count("\n", 0, at), at
        while True:
            at = _skip(buffer, at)
            if at < len(buffer) and buffer[at] == "]":
                return
            error = None
            if at < len(buffer):
                try:
                    item, end = DECODER.raw_decode(buffer, at)
                except json.JSONDecodeError as problem:
                    error = problem
                except RecursionError:
                    raise Refused("bad_json", f"{self._path.name} is nested too deeply.") from None
                else:
                    # A number cut at the window's end would decode as a shorter one; objects end in a brace.
                    if end < len(buffer):
                        yield item
                        at = end
                        continue
            if len(buffer) - at > MAX_RECORD:
                raise self._wrong(buffer, error, line, column)
            piece = text.read(max(PIECE, len(buffer) - at))
            if not piece:
                raise self._wrong(buffer, error, line, column)
            line, column = _moved(buffer, at, line, column)
            buffer, at = buffer[at:] + piece, 0

    def _wrong(self, buffer: str, error: json.JSONDecodeError | None, line: int, column: int) -> Refused:
        if error is None:
            return Refused("truncated", f"{self._path.name} ends before its array is closed: it was cut off.")
        where = line + error.lineno
        return Refused("bad_json", f"{self._path.name}, line {where}, column {error.colno}: not JSON ({error.msg}).")

    def _within(self, document: str, rest: io.TextIOWrapper) -> Iterator[Any]:
        whole = self._whole(document, rest)
        if self._records is None:
            lists = sorted(_lists(whole, (), 0), key=lambda item: -len(item[1]))
            self._records = ".".join(lists[0][0]) if lists else ""
        for name in filter(None, self._records.split(".")):
            if not isinstance(whole, dict) or name not in whole:
                raise Refused("no_records", f"{self._path.name} has no {self._records}.", field="records")
            whole = whole[name]
        yield from whole if isinstance(whole, list) else [whole]

    def _whole(self, document: str, rest: io.TextIOWrapper) -> Any:
        if rest.read(1):
            raise Refused(
                "too_large",
                f"{self._path.name} is one JSON object of more than {MAX_DOCUMENT >> 20} MB; "
                "send its records as JSON Lines.",
            )
        try:
            return DECODER.decode(document)
        except json.JSONDecodeError as error:
            raise Refused(
                "bad_json", f"{self._path.name}, line {error.lineno}, column {error.colno}: not JSON ({error.msg})."
            ) from error
        except RecursionError:
            raise Refused("bad_json", f"{self._path.name} is nested too deeply.") from None

    def head(self, limit: int) -> Any:
        """The first items of a top-level list, else the whole document."""
        start, text = self._opened()
        try:
            if start.lstrip().startswith("["):
                return list(islice(self._array(start, text), limit))
            return self._whole(start + text.read(MAX_DOCUMENT), text)
        finally:
            text.close()


class DocumentReader(Document):
    """One open JSON document. See `Reader`."""

    def __init__(self, path: Path, options: FileOptions) -> None:
        super().__init__(path, options)
        self._explode = options.explode
        items = (item for item in islice(self._items(), 1000) if isinstance(item, dict))
        first = [row for item in items for row in islice(exploded(item, self._explode), 1000)]
        self._columns = all_names(first)
        if not self._columns:
            raise Refused("no_records", f"{path.name} holds no list of JSON objects.")
        if len(self._columns) > MAX_COLUMNS:
            raise Refused(
                "too_many_columns", f"The file has {len(self._columns)} names; at most {MAX_COLUMNS} are read."
            )
        self._options = options.model_copy(
            update={"format": "json", "encoding": self._encoding, "records": self._records}
        )

    @property
    def options(self) -> FileOptions:
        return self._options

    @property
    def columns(self) -> tuple[str, ...]:
        return self._columns

    @property
    def questions(self) -> dict[str, Question]:
        return {}

    def position(self) -> int:
        return self._source.position() if self._source else 0

    def close(self) -> None:
        if self._source:
            self._source.close()

    def batches(self) -> Iterator[Rows]:
        items = self._rows()
        while block := list(islice(items, rows_at_once(len(self._columns)))):
            rows = [row for _number, row in block if isinstance(row, dict)]
            numbers = [number for number, row in block if isinstance(row, dict)]
            unreadable = [row for _number, row in block if isinstance(row, UnreadableRow)]
            table = text_table(self._columns, [[row.get(name) for name in self._columns] for row in rows])
            yield Rows(table, np.asarray(numbers, np.int64), tuple(unreadable))

    def _rows(self) -> Iterator[tuple[int, dict[str, str | None] | UnreadableRow]]:
        """Each record's rows, with the record's number."""
        for number, item in enumerate(self._items(), start=1):
            if isinstance(item, dict):
                for row in exploded(item, self._explode):
                    yield number, row
            else:
                shown = {"record": json.dumps(item)[:500]}
                yield number, UnreadableRow(number, "bad_json", f"Record {number} is not a JSON object.", shown)


def first_items(path: Path, limit: int) -> Any:
    """The first items of a top-level list, else the whole document, to see what it holds."""
    return Document(path, FileOptions()).head(limit)


def _lists(value: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """Every list of objects in a document, with the names that lead to it."""
    if isinstance(value, list):
        if value and all(isinstance(item, dict) for item in value):
            yield path, value
    elif isinstance(value, dict) and depth < MAX_DEPTH:
        for name, item in value.items():
            if "." not in name:
                yield from _lists(item, (*path, name), depth + 1)


def _skip(buffer: str, at: int) -> int:
    while at < len(buffer) and buffer[at] in " \t\r\n,":
        at += 1
    return at


def _moved(buffer: str, at: int, line: int, column: int) -> tuple[int, int]:
    return line + buffer.count("\n", 0, at), column
