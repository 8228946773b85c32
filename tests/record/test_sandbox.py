"""A mapping's own SQL reads the files it was given, and can do nothing else."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.record.sandbox import SandboxError, run_sql


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "orders.csv").write_text("id,promised,delivered\n007,2026-01-02,2026-01-05\n008,2026-01-09,\n")
    with gzip.open(tmp_path / "reviews.jsonl.gz", "wt") as out:
        out.write('{"order": "007", "stars": 1}\n{"order": "008", "stars": 5}\n')
    pq.write_table(pa.table({"order": ["007"], "amount": [9.5]}), tmp_path / "items.parquet")
    names = {"orders": "orders.csv", "reviews": "reviews.jsonl.gz", "order items": "items.parquet"}
    return {name: tmp_path / file for name, file in names.items()}


def test_files_of_several_kinds_are_joined(files: dict[str, Path]) -> None:
    sql = """
        with late as (select id from orders where delivered > promised)
        select r.order, stars, late.id is not null as late, amount
        from reviews r left join late on late.id = r.order left join "order items" i on i.order = r.order order by 1
    """
    assert run_sql(sql, files).read_all().to_pylist() == [
        {"order": "007", "stars": 1, "late": True, "amount": 9.5},
        {"order": "008", "stars": 5, "late": False, "amount": None},
    ]


def test_answers_larger_than_a_batch_come_in_batches(files: dict[str, Path]) -> None:
    reader = run_sql("select i from range(300000) t(i)", files)
    sizes = [len(batch) for batch in reader]
    assert sum(sizes) == 300_000
    assert len(sizes) > 1


def test_what_does_not_fit_in_memory_is_spilled(files: dict[str, Path]) -> None:
    rows = "select hash(i)::varchar as h, i from range(6000000) t(i) order by h, i desc offset 1"
    sql = f"select count(*) as n from ({rows})"
    assert run_sql(sql, files, memory="150MB").read_all().to_pylist() == [{"n": 5_999_999}]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('{secret}')",
        "select * from read_csv('{secret}')",
        "select * from '{secret}'",
        "select * from glob('{folder}/*')",
        "select * from sniff_csv('{secret}')",
        "select * from read_blob('/proc/self/environ')",
        "select * from read_parquet('{folder}/../*')",
        "copy orders to '{folder}/out.csv'",
        "copy (select 1) to '{orders}'",
        "export database '{folder}/out'",
        "attach '{folder}/out.db'",
        "create table t as select 1",
        "create view orders as select 1",
        "drop view orders",
        "insert into orders values (1)",
        "set enable_external_access = true",
        "set memory_limit = '100GB'",
        "reset lock_configuration",
        "pragma database_list",
        "install httpfs",
        "load httpfs",
        "call pragma_version()",
        "select 1; select 2",
        "select 1; copy orders to '{folder}/out.csv'",
        "explain select 1",
        "prepare p as select 1",
        "select * from files",
        "select * from secret",
        "select getenv('HOME')",
        "select * from 'http://127.0.0.1:1/x.csv'",
        "selec 1",
        "",
    ],
)
def test_everything_else_is_refused(files: dict[str, Path], tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    with pytest.raises(SandboxError) as caught:
        run_sql(sql.format(secret=secret, folder=tmp_path, orders=files["orders"]), files).read_all()
    assert str(caught.value)
    assert "the secret" not in str(caught.value)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_sql_that_takes_too_long_is_stopped(files: dict[str, Path]) -> None:
    endless = "select sum(a.i * b.i + c.i) from range(1000000) a(i), range(1000000) b(i), range(1000000) c(i)"
    with pytest.raises(SandboxError, match=r"longer than 0\.2 seconds"):
        run_sql(endless, files, seconds=0.2).read_all()


def test_the_message_of_wrong_sql_says_what_is_wrong(files: dict[str, Path]) -> None:
    with pytest.raises(SandboxError, match="nosuch"):
        run_sql("select nosuch from orders", files)


def test_a_file_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"report\.pdf is of no kind"):
        run_sql("select 1", {"report": tmp_path / "report.pdf"})


def test_a_file_that_lies_about_its_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(SandboxError):
        run_sql("select * from x", {"x": tmp_path / "x.parquet"}).read_all()


def test_sql_has_a_limit() -> None:
    with pytest.raises(SandboxError, match="characters"):
        run_sql("select " + "1" * 60_000, {})


def test_nothing_is_left_behind_when_the_answer_is_not_read(files: dict[str, Path]) -> None:
    reader = run_sql("select * from range(1000000)", files)
    assert reader.read_next_batch().num_rows > 0
    reader.close()
