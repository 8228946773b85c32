"""Reads separated text (CSV, TSV and their kin): any delimiter, quoting and encoding, sniffed from the first rows."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from headwater.base.refusals import Refused
from headwater.listening.mapping import FileOptions
from headwater.listening.readers.encodings import sniff_encoding
from headwater.listening.readers.rows import (
    BYTES_AT_ONCE,
    Question,
    Rows,
    UnreadableRow,
    column_names,
    joined,
    rows_at_once,
    text_table,
)
from headwater.listening.readers.unpack import Unpacked

DELIMITERS = (",", ";", "\t", "|", "~", "^", "\x1f", "\x01")
# A backslash before a quotation mark after which the cell goes on; before one that ends its cell it is a letter.
ESCAPED_QUOTE = re.compile(r'\\"[^\s",;|~^\x1f\x01]')
SAMPLE = 256 << 10
SAMPLE_FURTHER = 64 << 20
SAMPLE_RECORDS = 200
MAX_CELL = 20_000_000
OPEN = "Open-Ended Response"
OPEN_ID = re.compile(r'"ImportId":\s*"[^"]*_TEXT"')
BLOCK = 1_000
BLOCK_OF_WIDE = 50
SHOWN = 500
CLOSE_IT = (
    "Close it, or write it twice where it belongs to the text, and import the file again; rows already read count once."
)

csv.field_size_limit(MAX_CELL)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the cells of a file are told apart."""

    delimiter: str
    quote: str
    escape: str | None

    def reader(self, lines: Iterator[str] | io.TextIOBase) -> "Iterator[list[str]]":
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.escape is None,
            strict=True,
        )


class SeparatedReader:
    """One open CSV file. See `Reader`."""

    def __init__(self, path: Path, options: FileOptions) -> None:
        self._path = path
        sample = read_sample(path)
        if not sample.strip():
            raise Refused("empty_file", f"{path.name} is empty.")
        encoding = options.encoding or sniff_encoding(sample)
        try:
            text = sample.decode(encoding, errors="replace")
        except LookupError as error:
            raise Refused("unknown_encoding", f"There is no encoding called {encoding}.", field="encoding") from error
        dialect = sniff_dialect(text, options)
        records = sample_records(text, dialect, complete=len(sample) < SAMPLE)
        skip = options.skip_rows or _rows_before_header(records, dialect)
        if len(records) <= skip or not any(records[skip]):
            raise Refused("empty_file", f"{path.name} has no header row.")
        self._dialect = dialect
        extra = options.extra_header_rows or _qualtrics_rows(records[skip:])
        header_rows = options.header_rows if options.header_rows > 1 else _surveymonkey_rows(records[skip:])
        self._columns = column_names(_joined_header(records[skip : skip + header_rows]))
        below = records[skip + 1 : skip + header_rows + extra]
        self._questions = _questions(self._columns, below, joined=header_rows > 1)
        self._options = options.model_copy(
            update={
                "format": "csv",
                "encoding": encoding,
                "delimiter": dialect.delimiter,
                "quote": dialect.quote,
                "skip_rows": skip,
                "header_rows": header_rows,
                "extra_header_rows": extra,
            }
        )
        self._source = Unpacked(path)

    @property
    def options(self) -> FileOptions:
        return self._options

    @property
    def columns(self) -> tuple[str, ...]:
        return self._columns

    @property
    def questions(self) -> dict[str, Question]:
        return self._questions

    def position(self) -> int:
        return self._source.position()

    def close(self) -> None:
        self._source.close()

    def batches(self) -> Iterator[Rows]:
        # Bytes that are not of the encoding become lone surrogates, which set their row aside instead of the file.
        lines = io.TextIOWrapper(
            io.BufferedReader(self._source, 1 << 20), self._options.encoding, errors="surrogateescape", newline=""
        )
        records = self._dialect.reader(lines)
        skipped = self._options.skip_rows + self._options.header_rows + self._options.extra_header_rows
        for _ in islice(records, skipped):
            pass
        number = skipped + 1
        size = rows_at_once(len(self._columns))
        ended = False
        try:
            while not ended:
                blocks, taken, ended = self._take(records, number, size)
                if blocks:
                    yield joined(blocks)
                number += taken
        except UnicodeError as error:
            raise Refused("bad_encoding", f"Row {number} or later is not {self._options.encoding}: {error}.") from error

    def _take(self, records: Iterator[list[str]], number: int, size: int) -> tuple[list[Rows], int, bool]:
        """Up to `size` records, how many they were, and whether the file has ended.

        Block by block they become columns: were tens of thousands of lists alive at once, Python's garbage collector
        would go through them again and again, which took three times as long as reading them.
        """
        blocks: list[Rows] = []
        taken = 0
        start = self._source.given
        block = BLOCK if len(self._columns) < 100 else BLOCK_OF_WIDE
        while taken < size and self._source.given - start < BYTES_AT_ONCE:
            rows, malformed = self._block(records, number + taken, min(block, size - taken))
            if not rows:
                return blocks, taken, True
            blocks.append(self._batch(rows, malformed, number + taken))
            taken += len(rows)
        return blocks, taken, False

    def _block(
        self, records: Iterator[list[str]], number: int, size: int
    ) -> tuple[list[list[str]], list[UnreadableRow]]:
        """Up to `size` records, fewer where one is malformed: it is the last then, and empty."""
        rows: list[list[str]] = []
        try:
            rows.extend(islice(records, size))
        except csv.Error as error:
            line = records.line_num  # type: ignore[attr-defined]
            malformed = self._malformed(error, number + len(rows), line)
            return [*rows, []], [malformed]
        return rows, []

    def _malformed(self, error: csv.Error, row: int, line: int) -> UnreadableRow:
        reason = str(error)
        if "field larger" in reason:
            raise Refused(
                "cell_too_large",
                f"Row {row}, which begins on line {self._line_of(row)}, holds a cell of more than {MAX_CELL:,} "
                f"characters: most likely a quotation mark that is never closed. {CLOSE_IT}",
            )
        if "unexpected end" in reason:
            message = (
                f"Row {row}: a quotation mark is opened on line {self._line_of(row)} and never closed; the rest of the "
                f"file, to line {line}, is in it. {CLOSE_IT}"
            )
        else:
            message = f"Row {row} (line {line}): the quotation marks are wrong ({reason})."
        return UnreadableRow(row, "bad_quotes", message)

    def _line_of(self, row: int) -> int:
        """The line on which a row begins, found by reading again: to note it of every row would cost each import."""
        with io.TextIOWrapper(
            io.BufferedReader(Unpacked(self._path), 1 << 20),
            self._options.encoding,
            errors="surrogateescape",
            newline="",
        ) as lines:
            records = self._dialect.reader(lines)
            for _ in range(row - 1):
                with suppress(csv.Error):
                    next(records, None)
            return int(records.line_num) + 1  # type: ignore[attr-defined]

    def _batch(self, rows: list[list[str]], malformed: list[UnreadableRow], first: int) -> Rows:
        width = len(self._columns)
        unreadable = list(malformed)
        kept: list[list[str]] = []
        numbers: list[int] = []
        for number, row in enumerate(rows, start=first):
            if not any(row):
                continue
            if len(row) != width:
                if len(row) < width or any(row[width:]):
                    unreadable.append(self._wrong_width(number, row))
                    continue
                row = row[:width]
            kept.append(row)
            numbers.append(number)
        try:
            table = text_table(self._columns, kept)
        except UnicodeEncodeError:
            kept, numbers, undecodable = self._undecodable(kept, numbers)
            unreadable += undecodable
            table = text_table(self._columns, kept)
        return Rows(table, np.asarray(numbers, np.int64), tuple(unreadable))

    def _wrong_width(self, number: int, row: list[str]) -> UnreadableRow:
        message = f"Row {number} has {len(row)} cells where the header has {len(self._columns)}."
        return UnreadableRow(number, "wrong_number_of_cells", message, self._shown(row))

    def _undecodable(
        self, rows: list[list[str]], numbers: list[int]
    ) -> tuple[list[list[str]], list[int], list[UnreadableRow]]:
        good: list[list[str]] = []
        good_numbers: list[int] = []
        bad: list[UnreadableRow] = []
        for number, row in zip(numbers, rows, strict=True):
            broken = next((cell for cell in row if not _is_unicode(cell)), None)
            if broken is None:
                good.append(row)
                good_numbers.append(number)
                continue
            message = f"Row {number} holds bytes that are not {self._options.encoding}: {_readable(broken)[:80]!r}."
            bad.append(UnreadableRow(number, "bad_encoding", message, self._shown(row)))
        return good, good_numbers, bad

    def _shown(self, row: list[str]) -> dict[str, str]:
        names = [*self._columns, *(f"column_{i}" for i in range(len(self._columns) + 1, len(row) + 1))]
        return {name: _readable(cell)[:SHOWN] for name, cell in zip(names, row, strict=False)}


def read_sample(path: Path) -> bytes:
    """The first bytes of the text; where they are plain ASCII also those around the first that is not."""
    with io.BufferedReader(Unpacked(path), 1 << 20) as source:
        sample = source.read(SAMPLE)
        seen = len(sample)
        while sample.isascii() and b"\x00" not in sample[:1000] and seen < SAMPLE_FURTHER:
            piece = source.read(1 << 20)
            if not piece:
                break
            seen += len(piece)
            if not piece.isascii():
                # Whole lines, so that the sample's last record stays whole.
                return sample[: sample.rfind(b"\n") + 1] + _lines_around_first_foreign(piece)
    return sample


def _lines_around_first_foreign(piece: bytes) -> bytes:
    position = next(index for index, byte in enumerate(piece) if byte > 127)
    return piece[piece.rfind(b"\n", 0, position) + 1 : position + 65536]


def sniff_dialect(text: str, options: FileOptions) -> Dialect:
    """The delimiter that splits the sample's records most evenly, and the quotation mark around its cells."""
    escape = "\\" if ESCAPED_QUOTE.search(text) and '""' not in text.replace(',""', "") else None
    quote = options.quote or _sniff_quote(text)
    if options.delimiter:
        return Dialect(options.delimiter, quote, escape)
    first = text.lstrip("\ufeff").splitlines()[0].strip().strip('"') if text.strip() else ""
    if first.lower().startswith("sep=") and len(first) == 5:
        return Dialect(first[4], quote, escape)
    scored = []
    for delimiter in DELIMITERS:
        if delimiter not in text:
            continue
        dialect = Dialect(delimiter, quote, escape)
        widths = [len(record) for record in sample_records(text, dialect, complete=False) if record]
        if not widths:
            continue
        common = max(set(widths), key=lambda width: (widths.count(width), width))
        if common > 1:
            scored.append(
                (widths.count(common) / len(widths) > 0.9, widths.count(common) / len(widths), common, delimiter)
            )
    best = max(scored, key=lambda item: (item[0], item[2] if item[0] else item[1]), default=None)
    return Dialect(best[3] if best else ",", quote, escape)


def _sniff_quote(text: str) -> str:
    single = sum(text.count(f"{delimiter}'") for delimiter in DELIMITERS[:4])
    double = text.count('"')
    return "'" if single > 10 and single > double else '"'


def sample_records(text: str, dialect: Dialect, *, complete: bool) -> list[list[str]]:
    """The first records of a sample; the last is left out where the sample may cut it."""
    records: list[list[str]] = []
    reader = dialect.reader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    while len(records) < SAMPLE_RECORDS:
        try:
            record = next(reader)
        except StopIteration:
            break
        except csv.Error:
            continue
        records.append(record)
    else:
        return records
    return records if complete or len(records) < 2 else records[:-1]


def _rows_before_header(records: list[list[str]], dialect: Dialect) -> int:
    """Lines such as `sep=;`, a report's title or blank lines that stand above the header."""
    start = 0
    if records and "".join(records[0]).lower().strip().strip('"') in ("sep=", f"sep={dialect.delimiter}"):
        start = 1
    widths = [len(record) for record in records]
    if not widths:
        return start
    common = max(set(widths), key=lambda width: (widths.count(width), width))
    for index, width in enumerate(widths[:30]):
        if index >= start and width == common and (common > 1 or any(records[index])):
            return index
    return start


def _qualtrics_rows(records: list[list[str]]) -> int:
    """Qualtrics writes three header rows: names, questions, and import ids as JSON."""
    if len(records) > 2 and sum("ImportId" in cell for cell in records[2]) > len(records[2]) / 2:
        return 2
    return 0


def _surveymonkey_rows(records: list[list[str]]) -> int:
    """SurveyMonkey writes two header rows: the questions, and below them the choices or “Open-Ended Response”."""
    if len(records) < 2 or "Respondent ID" not in "".join(records[0][:2]):
        return 1
    return 2 if any(cell.strip() in ("Response", OPEN) for cell in records[1]) else 1


def _joined_header(rows: list[list[str]]) -> list[str]:
    """One name a column. An empty cell of an upper row goes on with the name to its left."""
    if len(rows) == 1:
        return rows[0]
    width = max(len(row) for row in rows)
    filled = [[*row, *[""] * (width - len(row))] for row in rows]
    names = []
    left = ""
    for place in range(width):
        top, *below = (row[place].strip() for row in filled)
        left = top or left
        parts = [one for one in below if one and one not in ("Response", OPEN)]
        names.append(" - ".join([left, *parts]))
    return names


def _questions(columns: tuple[str, ...], below: list[list[str]], *, joined: bool) -> dict[str, Question]:
    """What was asked, where rows below the first say it: Qualtrics the wording and then whether it is a text,
    SurveyMonkey, whose names are joined of both rows, which question is open."""
    first = below[0] if below else []
    if joined:
        return {name: Question(name, cell.strip() == OPEN) for name, cell in zip(columns, first, strict=False)}
    ids = below[1] if len(below) > 1 else []
    is_text = [bool(OPEN_ID.search(cell)) for cell in ids] + [False] * max(0, len(first) - len(ids))
    asked = zip(columns, first, is_text, strict=False)
    return {name: Question(cell.strip(), is_open) for name, cell, is_open in asked if cell.strip()}


def _is_unicode(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def _readable(cell: str) -> str:
    return cell.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if not _is_unicode(cell) else cell
