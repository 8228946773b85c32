"""Opens a file of any known format: what it is, is told by its bytes and not by its name."""

import re
import tempfile
from pathlib import Path

from headwater.base.refusals import Refused
from headwater.listening.mapping import FileOptions
from headwater.listening.readers.confined import ConfinedReader
from headwater.listening.readers.document import DocumentReader
from headwater.listening.readers.encodings import sniff_encoding
from headwater.listening.readers.json_lines import JsonLinesReader
from headwater.listening.readers.mailbox import MailboxReader, is_mailbox
from headwater.listening.readers.records import DECODER
from headwater.listening.readers.rows import Reader, Rows, UnreadableRow, first_rows
from headwater.listening.readers.separated import SeparatedReader, read_sample
from headwater.listening.readers.unpack import as_plain_file, is_workbook

__all__ = ["Reader", "Rows", "UnreadableRow", "first_rows", "open_file"]

WORKBOOK = "headwater.listening.readers.workbook"
PARQUET = "headwater.listening.readers.columnar"
SPSS = "headwater.listening.readers.spss"
CONFINED = {"excel": WORKBOOK, "parquet": PARQUET, "spss": SPSS}
EXPORT = "Export the same data as CSV, Excel, JSON or JSON Lines where the file comes from"
NOT_TABLES = (
    (rb"(?i)<!doctype html|<html[\s>]", "a web page (HTML)", "Save the table in it as CSV or Excel"),
    (rb"(?s)<\?xml|<[A-Za-z][\w:.-]*[^<>]*>.*</", "an XML document", EXPORT),
    (
        rb"!BDN|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1.{1000,}_\x00_\x00n\x00a\x00m\x00e\x00i\x00d",
        "an Outlook mailbox (PST) or message (MSG)",
        "Export the folder as mbox (mail programs and their add-ons do) or as CSV",
    ),
    (rb"<stata_dta>|[\x71-\x73]\x02\x01\x00", "Stata data", "Save it as SPSS (.sav), CSV or Excel"),
    (rb"\x00{12}\xc2\xea\x81\x60", "SAS data", "Save it as SPSS (.sav), CSV or Excel"),
    (rb"RDX[23]\n", "R data", "Write it with write.csv() or arrow::write_parquet()"),
    (rb"%PDF-", "a PDF document", EXPORT),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "a picture", EXPORT),
    (rb"SQLite format 3", "a SQLite database", "Export the table you need as CSV"),
    (rb"\{\\rtf", "a text document (RTF)", EXPORT),
)
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def open_file(path: Path, options: FileOptions | None = None) -> Reader:
    """Open `path` for reading rows. Raises Refused with what is wrong with the file."""
    options = options or FileOptions()
    kind = kind_of(path, options.format)
    if kind in CONFINED:
        return _confined(CONFINED[kind], path, options)
    if kind == "mailbox":
        return MailboxReader(path, options)
    if kind == "json":
        return DocumentReader(path, options)
    if kind == "jsonl":
        return JsonLinesReader(path, options)
    return SeparatedReader(path, options)


def kind_of(path: Path, told: str | None = None) -> str:
    """The format of a file that can be read, as told or by its bytes. Raises Refused with what else it is."""
    if not path.is_file():
        raise Refused("no_such_file", f"There is no file {path}.", field="file")
    if path.stat().st_size == 0:
        raise Refused("empty_file", f"{path.name} is empty.")
    if told is None:
        _refuse_other(path)
    return told or sniff_format(path)


def _refuse_other(path: Path) -> None:
    """Refuse by name what holds no rows, instead of reading its letters as cells."""
    sample = read_sample(path)[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    for pattern, name, advice in NOT_TABLES:
        if re.match(pattern, sample):
            raise Refused(
                "not_a_table",
                f"{path.name} is {name}, which is not read here. {advice}, and import that.",
                field="file",
            )


def sniff_format(path: Path) -> str:
    """csv, excel, json, jsonl, parquet, mailbox or spss."""
    if is_workbook(path):
        return "excel"
    sample = read_sample(path)
    if sample.startswith(b"PAR1"):
        return "parquet"
    if sample.startswith((b"$FL2", b"$FL3")):
        return "spss"
    if is_mailbox(sample):
        return "mailbox"
    if sample.startswith((OLD_WORKBOOK, b"PK\x03\x04")):
        return "excel"
    text = sample.decode(sniff_encoding(sample), "replace").lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        first, _line_end, rest = text.partition("\n")
        several = bool(rest.strip()) or ".jsonl" in path.name or ".ndjson" in path.name
        return "jsonl" if several and _is_whole_object(first) else "json"
    return "json" if text.startswith("[") and text[1:].lstrip()[:1] in ("{", "]", "") else "csv"


def _is_whole_object(line: str) -> bool:
    try:
        return isinstance(DECODER.decode(line.strip()), dict)
    except (ValueError, RecursionError):
        return False


def _confined(module: str, path: Path, options: FileOptions) -> Reader:
    with tempfile.TemporaryDirectory(prefix="headwater-read-") as folder:
        # The child opens the file before the folder goes; an open file outlives its name.
        return ConfinedReader(module, as_plain_file(path, Path(folder)), options)
