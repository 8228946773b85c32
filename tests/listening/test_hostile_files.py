"""Files made to break a reader, or broken on the way: each gets a clear refusal, or rows set aside; none hangs."""

import gzip
import struct
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.base.refusals import Refused
from headwater.listening import services
from headwater.listening.mapping import Emit, FileOptions, Mapping
from headwater.listening.models import SetAsideRow
from headwater.listening.readers import open_file, unpack
from tests.listening.conftest import FileMaker

MAPPING = Mapping(
    source="hostile",
    emit=(Emit(kind="survey", fields={"record_id": "id", "text": "text", "occurred_at": "date"}),),  # type: ignore[dict-item]
)


def refusal_of(path: Path) -> Refused:
    with pytest.raises(Refused) as caught:
        for _batch in open_file(path).batches():
            pass
    assert caught.value.message
    return caught.value


def reasons_of(path: Path) -> tuple[int, dict[str, int]]:
    outcome = services.import_file(path, mapping=MAPPING)
    return outcome.accepted, outcome.reasons


def test_an_empty_file_is_refused(make_file: FileMaker) -> None:
    assert refusal_of(make_file("a.csv", "")).code == "empty_file"
    assert refusal_of(make_file("a.json", "  \n ")).code == "empty_file"
    assert refusal_of(make_file("b.csv", "\n\n\n")).code == "empty_file"
    assert refusal_of(Path("/no/such/file.csv")).code == "no_such_file"


def test_a_header_without_rows_imports_nothing(ours: object, make_file: FileMaker) -> None:
    assert reasons_of(make_file("a.csv", "id,text,date\n")) == (0, {})


def test_bytes_that_are_no_text_are_refused(make_file: FileMaker) -> None:
    assert refusal_of(make_file("a.csv", bytes(range(32)) * 100)).code == "not_text"


def test_bytes_of_another_encoding_set_their_row_aside(ours: object, make_file: FileMaker) -> None:
    good = "id,text,date\n1,Größe,2024-01-01\n".encode()
    path = make_file("a.csv", good + b"2,Gr\xf6\xdfe,2024-01-01\n3,ok,2024-01-01\n")
    used = MAPPING.model_copy(update={"file": FileOptions(encoding="utf-8")})
    outcome = services.import_file(path, mapping=used)
    assert (outcome.accepted, outcome.reasons) == (2, {"bad_encoding": 1})
    assert "not utf-8" in SetAsideRow.objects.get().message


def test_a_late_byte_of_another_encoding_sets_one_row_aside(ours: object, make_file: FileMaker) -> None:
    head = "id,text,date\n" + "".join(f"{n},Größe und mehr,2024-01-01\n" for n in range(20_000))
    accepted, reasons = reasons_of(make_file("a.csv", head.encode() + b"x,Gr\xf6\xdfe,2024-01-01\n"))
    assert (accepted, reasons) == (20_000, {"bad_encoding": 1})


def test_a_ten_megabyte_cell_is_set_aside(ours: object, make_file: FileMaker) -> None:
    path = make_file("a.csv", f"id,text,date\n1,{'x' * 10_000_000},2024-01-01\n2,ok,2024-01-01\n")
    assert reasons_of(path) == (1, {"text_too_long": 1})
    assert "10,000,000 characters" in SetAsideRow.objects.get().message


def test_a_quote_that_is_never_closed_is_named_with_its_row(ours: object, make_file: FileMaker) -> None:
    path = make_file("a.csv", 'id,text,date\n1,ok,2024-01-01\n2,"open,2024-01-01\n3,in it,2024-01-01\n')
    assert reasons_of(path) == (1, {"bad_quotes": 1})
    assert SetAsideRow.objects.get().message.startswith("Row 3: a quotation mark is opened on line 3 and never closed")


def test_quotes_gone_wrong_set_their_row_aside(ours: object, make_file: FileMaker) -> None:
    path = make_file("a.csv", 'id,text,date\n1,"a" b,2024-01-01\n2,fine,2024-01-01\n3,5" tall,2024-01-01\n')
    accepted, reasons = reasons_of(path)
    assert (accepted, reasons) == (2, {"bad_quotes": 1})


def test_rows_of_another_width_are_set_aside(ours: object, make_file: FileMaker) -> None:
    path = make_file("a.csv", "id,text,date\n1,a,2024-01-01\n2,b\n3,c,2024-01-01,extra\n4,d,2024-01-01,,\n")
    assert reasons_of(path) == (2, {"wrong_number_of_cells": 2})


def test_formula_cells_are_taken_as_text(ours: object, make_file: FileMaker) -> None:
    assert reasons_of(make_file("a.csv", "id,text,date\n1,\"=cmd|' /C calc'!A0\",2024-01-01\n")) == (1, {})


def test_dates_from_year_0_to_9999_are_set_aside_with_their_value(ours: object, make_file: FileMaker) -> None:
    years = ["0000", "0001", "1066", "1969", "1970", "2024", "2100", "2101", "9999"]
    rows = "".join(f"{year},text,{year}-06-01\n" for year in years)
    accepted, reasons = reasons_of(make_file("a.csv", f"id,text,date\n{rows}x,text,99999-01-01\ny,text,2024-02-31\n"))
    assert accepted == 3
    assert sum(reasons.values()) == 8
    assert set(reasons) <= {"bad_date", "date_out_of_range"}
    assert "'9999-06-01'" in SetAsideRow.objects.get(row=10).message


def test_emoji_right_to_left_and_nul_are_kept_or_cleaned(ours: object, make_file: FileMaker) -> None:
    path = make_file(
        "a.csv", "id,text,date\n1,😡🤬👩‍👩‍👧,2024-01-01\n2,\u202eשירות גרוע,2024-01-01\n3,a\x00b,2024-01-01\n"
    )
    assert reasons_of(path) == (3, {})


def test_a_set_aside_row_with_a_nul_byte_can_be_stored(ours: object, make_file: FileMaker) -> None:
    assert reasons_of(make_file("a.csv", "id,text,date\n1,a\x00b,not a date\x00\n")) == (0, {"bad_date": 1})


def test_a_gzip_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "FREE_BYTES", 1 << 20)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"id,text\n" + b"\n" * (8 << 20)))
    assert refusal_of(path).code == "expands_too_much"


def test_a_workbook_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (100 << 20))
    assert refusal_of(path).code == "expands_too_much"


def test_an_archive_of_several_files_is_refused_with_their_names(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one.csv", "a\n1\n")
        archive.writestr("two.csv", "a\n1\n")
    refused = refusal_of(tmp_path / "a.zip")
    assert refused.code == "archive_of_several"
    assert "one.csv" in refused.message


def test_a_truncated_gzip_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress("".join(f"{n},text {n * 7919}\n" for n in range(5000)).encode())
    (tmp_path / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    assert refusal_of(tmp_path / "cut.csv.gz").code == "truncated"
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    (tmp_path / "bad.csv.gz").write_bytes(damaged)
    assert refusal_of(tmp_path / "bad.csv.gz").code in ("damaged", "truncated", "not_text")


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    table = pa.table({"id": [str(n) for n in range(1000)], "text": ["some text"] * 1000, "date": ["2024-01-01"] * 1000})
    pq.write_table(table, tmp_path / "a.parquet", compression="none")
    return tmp_path / "a.parquet"


def test_a_parquet_footer_that_lies_about_its_length_is_refused(parquet: Path) -> None:
    content = bytearray(parquet.read_bytes())
    content[-8:-4] = struct.pack("<I", 2**31 - 1)
    parquet.write_bytes(content)
    assert refusal_of(parquet).code == "damaged"


def test_a_parquet_file_with_torn_pages_is_refused_or_read(parquet: Path) -> None:
    content = bytearray(parquet.read_bytes())
    for place in range(4, len(content) // 2, 97):
        content[place] ^= 0xA5
    parquet.write_bytes(content)
    try:
        rows = sum(len(batch.table) for batch in open_file(parquet).batches())
    except Refused as refused:
        assert refused.code == "damaged"  # noqa: PT017
    else:
        assert rows == 1000


def test_a_parquet_footer_that_lies_about_its_rows_is_refused(tmp_path: Path, parquet: Path) -> None:
    content = parquet.read_bytes()
    footer_length = struct.unpack("<I", content[-8:-4])[0]
    footer = content[-8 - footer_length : -8]
    # num_rows is a zigzag varint in the thrift footer: 1000 is 0xD0 0x0F.
    lying = footer.replace(b"\xd0\x0f", b"\xd2\x0f")
    parquet.write_bytes(content[: -8 - footer_length] + lying + content[-8:])
    assert refusal_of(parquet).code == "damaged"


def test_duplicate_and_empty_column_names_are_told_apart(make_file: FileMaker) -> None:
    reader = open_file(make_file("a.csv", "id,text,text,,\n1,a,b,c,d\n"))
    assert reader.columns == ("id", "text", "text_2", "column_4", "column_5")


def test_two_thousand_columns_are_read_and_ten_thousand_refused(make_file: FileMaker) -> None:
    wide = ",".join(f"c{n}" for n in range(2000)) + "\n" + ",".join(["1"] * 2000) + "\n"
    assert sum(len(batch.table) for batch in open_file(make_file("a.csv", wide)).batches()) == 1
    assert refusal_of(make_file("b.csv", ",".join(f"c{n}" for n in range(10_000)) + "\n")).code == "too_many_columns"


def test_json_that_is_wrong_says_line_and_column(make_file: FileMaker) -> None:
    refused = refusal_of(make_file("a.json", '[{"id": 1},\n {"id": oops}]'))
    assert refused.code == "bad_json"
    assert "line 2, column 9" in refused.message
    assert refusal_of(make_file("b.json", '[{"id": 1},\n {"id": 2')).code in ("truncated", "bad_json")
    assert refusal_of(make_file("c.json", '{"a": ' * 100_000)).code == "bad_json"


def test_json_lines_that_are_wrong_are_set_aside(make_file: FileMaker) -> None:
    path = make_file("a.jsonl", '{"id": 1}\n{"id": \n[1]\n{"id": 4}\n' + "[" * 100_000 + "\n")
    batch = next(iter(open_file(path).batches()))
    assert batch.table.to_pylist() == [{"id": "1"}, {"id": "4"}]
    assert [(row.row, row.code) for row in batch.unreadable] == [(2, "bad_json"), (3, "bad_json"), (5, "bad_json")]
    assert "column" in batch.unreadable[0].message


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.xml", '<?xml version="1.0"?>\n<reviews><review>Late</review></reviews>', "XML"),
        ("b.xml", "<reviews>\n<review>Late</review></reviews>", "XML"),
        ("c.rdata", "RDX3\nX\n", "R data"),
        ("d.pst", "!BDN words of a mail program", "Outlook"),
        ("e.html", "<!DOCTYPE html>\n<html><body>Late</body></html>", "HTML"),
        ("f.pdf", "%PDF-1.7\nwords", "PDF"),
    ],
)
def test_what_is_no_table_is_refused_by_name_with_what_to_do(
    make_file: FileMaker, name: str, content: str, says: str
) -> None:
    with pytest.raises(Refused) as caught:
        open_file(make_file(name, content))
    assert caught.value.code == "not_a_table"
    assert says in caught.value.message
    assert any(word in caught.value.message for word in ("xport", "Save", "Write"))


def test_a_column_may_begin_with_an_angle_bracket(make_file: FileMaker) -> None:
    reader = open_file(make_file("a.csv", "<id>;text;date\n1;late;2024-01-01\n2;fine;2024-01-02\n"))
    assert reader.columns == ("<id>", "text", "date")


def test_an_open_quotation_mark_is_said_with_the_line_it_is_opened_on(make_file: FileMaker) -> None:
    lines = ["id,text", '1,"two', 'lines"', "2,fine", '3,"never closed', "4,swallowed", "5,swallowed"]
    reader = open_file(make_file("a.csv", "\n".join(lines) + "\n"))
    ((_row, message),) = [(one.row, one.message) for rows in reader.batches() for one in rows.unreadable]
    assert "opened on line 5 " in message
    assert "Close it" in message
