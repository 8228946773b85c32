"""Files of every format, delimiter and encoding are read as rows of text, exactly."""

import bz2
import gzip
import json
import lzma
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.base.refusals import Refused
from headwater.listening.mapping import FileOptions
from headwater.listening.readers import Reader, open_file, separated
from tests.listening.conftest import FileMaker


def rows_of(path: Path, options: FileOptions | None = None) -> tuple[Reader, list[dict[str, str | None]]]:
    reader = open_file(path, options)
    rows = [row for batch in reader.batches() for row in batch.table.to_pylist()]
    reader.close()
    return reader, rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "\x01"])
def test_any_delimiter_is_sniffed(make_file: FileMaker, delimiter: str) -> None:
    lines = [["id", "text"], ["1", "one, two; three"], ["2", 'say "hi"'], ["3", "a\nb"]]
    quoted = "\r\n".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    reader, rows = rows_of(make_file("file.csv", quoted))
    assert reader.options.delimiter == delimiter
    assert rows == [{"id": row[0], "text": row[1]} for row in lines[1:]]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Größe 😀 עברית"),
        ("utf-8-sig", "Größe"),
        ("utf-16", "Größe 漢字"),
        ("utf-16-le", "A plain Western text, long enough to be seen"),
        ("cp1252", "Schöne Größe – “gut”, aber für Ärger gesorgt"),
        ("cp1251", "Доставка опоздала на три дня, и никто не ответил на письмо"),
        ("cp1250", "Dostawa była bardzo spóźniona, nikt się nie odezwał, żałuję"),
        ("cp932", "配送がとても遅くて困りました。二度と使いません。"),
    ],
)
def test_any_encoding_is_sniffed(make_file: FileMaker, encoding: str, text: str) -> None:
    _reader, rows = rows_of(make_file("file.csv", f'id,text\n1,"{text}"\n2,"{text}"\n', encoding))
    assert [row["text"] for row in rows] == [text, text]


def test_what_the_options_say_is_not_sniffed(make_file: FileMaker) -> None:
    path = make_file("file.csv", "a,b;c,d\n1,2;3,4\n")
    assert rows_of(path, FileOptions(delimiter=";"))[1] == [{"a,b": "1,2", "c,d": "3,4"}]


def test_lines_above_the_header_are_skipped(make_file: FileMaker) -> None:
    assert rows_of(make_file("a.csv", "sep=;\nid;text\n1;x\n"))[1] == [{"id": "1", "text": "x"}]
    titled = "Export of reviews\n\nid,text,stars\n1,x,5\n2,y,4\n3,z,1\n"
    assert rows_of(make_file("b.csv", titled))[1][0] == {"id": "1", "text": "x", "stars": "5"}


def test_a_file_of_one_column_is_read(make_file: FileMaker) -> None:
    assert rows_of(make_file("a.csv", "text\ngood\nbad\n"))[1] == [{"text": "good"}, {"text": "bad"}]


def test_qualtrics_header_rows_are_no_answers(shared: Path) -> None:
    reader, rows = rows_of(shared / "data/export_formats/qualtrics/sample.csv")
    assert reader.options.extra_header_rows == 2
    assert len(rows) == 1
    assert "ImportId" not in str(rows)


def test_rows_are_numbered_as_a_spreadsheet_does(make_file: FileMaker) -> None:
    reader = open_file(make_file("a.csv", 'id,text\n1,"two\nlines"\n\n3,x\n4,y,z\n5,w\n'))
    batch = next(iter(reader.batches()))
    assert list(batch.numbers) == [2, 4, 6]
    assert [(row.row, row.code) for row in batch.unreadable] == [(5, "wrong_number_of_cells")]


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz", "zst", "zip"])
def test_compressed_files_are_read(tmp_path: Path, suffix: str) -> None:
    plain = b"id,text\n1,one\n2,two\n"
    path = tmp_path / f"file.csv.{suffix}"
    if suffix == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("__MACOSX/file.csv", b"junk")
            archive.writestr("file.csv", plain)
    elif suffix == "zst":
        with pa.CompressedOutputStream(str(path), "zstd") as out:
            out.write(plain)
    else:
        path.write_bytes({"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[suffix](plain))
    assert rows_of(path)[1] == [{"id": "1", "text": "one"}, {"id": "2", "text": "two"}]


def test_a_workbook_is_read_with_exact_ids_and_dates(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Report"],
        [],
        ["id", "score", "when"],
        [12345678901, 4.5, datetime(2024, 1, 2, 3, 4)],
        ["x", 5, None],
    ):
        sheet.append(row)
    book.save(tmp_path / "book.xlsx")
    reader, rows = rows_of(tmp_path / "book.xlsx")
    assert reader.options.format == "excel"
    assert rows[0] == {"id": "12345678901", "score": "4.5", "when": "2024-01-02 03:04:00"}
    assert rows[1]["score"] == "5"


def test_json_keeps_the_digits_of_numbers(make_file: FileMaker) -> None:
    records = '{"id": 570306133677760513, "by": {"name": "A", "tags": ["x", "y"]}, "ok": true, "n": null, "s": 1.10}'
    expected = {"id": "570306133677760513", "by.name": "A", "by.tags": "x, y", "ok": "true", "n": None, "s": "1.10"}
    assert rows_of(make_file("a.json", f"[{records}, {records}]"))[1] == [expected, expected]
    assert rows_of(make_file("a.jsonl", f"{records}\n{records}\n"))[1] == [expected, expected]
    reader, rows = rows_of(make_file("b.json", f'{{"page": 1, "data": {{"items": [{records}]}}}}'))
    assert rows == [expected]
    assert reader.options.records == "data.items"


def test_a_json_array_longer_than_the_window_is_read_whole(
    make_file: FileMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headwater.listening.readers.document.PIECE", 64)
    records = [{"id": str(n), "text": "x" * (n % 50)} for n in range(300)]
    assert rows_of(make_file("a.json", json.dumps(records)))[1] == records


def test_parquet_is_read_as_text(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([2**60, 2]),
            "score": pa.array([4.0, None]),
            "when": pa.array([datetime(2024, 1, 2), None], pa.timestamp("ms", "Europe/Berlin")),
            "kind": pa.array(["a", "b"]).dictionary_encode(),
            "who": pa.array([{"name": "A"}, {"name": None}]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    _reader, rows = rows_of(tmp_path / "a.parquet")
    assert rows[0] == {
        "id": str(2**60),
        "score": "4",
        "when": "2024-01-02 00:00:00.000000Z",
        "kind": "a",
        "who.name": "A",
    }
    assert rows[1]["score"] is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    cells=st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12), min_size=3, max_size=3),
        min_size=1,
        max_size=8,
    )
)
def test_every_quoted_cell_comes_back_as_it_was(tmp_path: Path, cells: list[list[str]]) -> None:
    quoted = ["a,b,c", *(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells)]
    path = tmp_path / "any.csv"
    path.write_bytes("\n".join(quoted).encode())
    try:
        _reader, rows = rows_of(path, FileOptions(format="csv", encoding="utf-8", delimiter=",", quote='"'))
    except Refused as refused:
        raise AssertionError(refused.message) from refused
    assert rows == [dict(zip("abc", row, strict=True)) for row in cells if any(row)]


def test_batches_are_the_same_each_time_a_file_is_read(make_file: FileMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separated, "rows_at_once", lambda columns: 7)
    path = make_file("a.csv", "id,text\n" + "".join(f"{n},text\n" for n in range(50)))
    sizes = [[len(batch.table) for batch in open_file(path).batches()] for _ in range(2)]
    assert sizes[0] == sizes[1]
    assert sum(sizes[0]) == 50
