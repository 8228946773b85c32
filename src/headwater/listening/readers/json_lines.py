"""Reads JSON Lines: one object a line; a line that is not one is set aside with the column where it goes wrong."""

import io
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np

from headwater.base.refusals import Refused
from headwater.listening.mapping import FileOptions
from headwater.listening.readers.encodings import sniff_encoding
from headwater.listening.readers.records import DECODER, all_names, exploded
from headwater.listening.readers.rows import (
    BYTES_AT_ONCE,
    MAX_COLUMNS,
    Question,
    Rows,
    UnreadableRow,
    rows_at_once,
    text_table,
)
from headwater.listening.readers.separated import read_sample
from headwater.listening.readers.unpack import Unpacked

MAX_LINE = 20_000_000
SHOWN = 500


class JsonLinesReader:
    """One open JSON Lines file. See `Reader`."""

    def __init__(self, path: Path, options: FileOptions) -> None:
        self._path = path
        encoding = options.encoding or sniff_encoding(read_sample(path))
        self._options = options.model_copy(update={"format": "jsonl", "encoding": encoding})
        self._source = Unpacked(path)
        with io.BufferedReader(Unpacked(path)) as source:
            some = islice(_objects(_lines(source, encoding)), 1000)
            first = [row for _, record in some for row in islice(exploded(record, options.explode), 1000)]
        self._columns = all_names(first)
        if not self._columns:
            raise Refused("empty_file", f"{path.name} holds no JSON object in its first lines.")
        if len(self._columns) > MAX_COLUMNS:
            raise Refused(
                "too_many_columns", f"The file has {len(self._columns)} names; at most {MAX_COLUMNS} are read."
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
        return self._source.position()

    def close(self) -> None:
        self._source.close()

    def batches(self) -> Iterator[Rows]:
        lines = _lines(io.BufferedReader(self._source, 1 << 20), self._options.encoding or "utf-8")
        size = rows_at_once(len(self._columns))
        number = 1
        while True:
            rows: list[dict[str, str | None]] = []
            numbers: list[int] = []
            unreadable: list[UnreadableRow] = []
            start = self._source.given
            ended = True
            for line in lines:
                self._read_line(line, number, rows, numbers, unreadable)
                number += 1
                if len(rows) >= size or self._source.given - start > BYTES_AT_ONCE:
                    ended = False
                    break
            if rows or unreadable:
                table = text_table(self._columns, [[row.get(name) for name in self._columns] for row in rows])
                yield Rows(table, np.asarray(numbers, np.int64), tuple(unreadable))
            if ended:
                return

    def _read_line(
        self,
        line: str,
        number: int,
        rows: list[dict[str, str | None]],
        numbers: list[int],
        unreadable: list[UnreadableRow],
    ) -> None:
        if not line.strip():
            return
        try:
            record = _decode(line)
        except ValueError as error:
            shown = line.encode("utf-8", "replace").decode()[:SHOWN]
            unreadable.append(UnreadableRow(number, "bad_json", f"Line {number}: {error}.", {"line": shown}))
            return
        for row in exploded(record, self._options.explode):
            rows.append(row)
            numbers.append(number)


def first_objects(path: Path, limit: int) -> list[dict[str, object]]:
    """The first objects of the file, to see what it holds."""
    encoding = sniff_encoding(read_sample(path))
    with io.BufferedReader(Unpacked(path)) as source:
        return [record for _, record in islice(_objects(_lines(source, encoding)), limit)]


def _lines(source: IO[bytes], encoding: str) -> Iterator[str]:
    reader = io.TextIOWrapper(source, encoding, errors="surrogateescape")
    while line := reader.readline(MAX_LINE):
        if len(line) >= MAX_LINE and not line.endswith("\n"):
            raise Refused(
                "cell_too_large", f"A line has more than {MAX_LINE:,} characters; JSON Lines needs one object a line."
            )
        yield line


def _objects(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, object]]]:
    for line in lines:
        try:
            yield line, _decode(line)
        except ValueError:
            continue


def _decode(line: str) -> dict[str, object]:
    """One object. Raises ValueError that says the column."""
    try:
        line.encode()
        record = DECODER.decode(line.strip())
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON at column {error.colno} ({error.msg})") from error
    except UnicodeEncodeError as error:
        raise ValueError(f"bytes that are not text at column {error.start + 1}") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    return record
