"""The one handle of the company's record: shared, reopened when the folder is another, cleared before a start."""

import shutil
import threading
from pathlib import Path

from headwater.metrics import store
from headwater.metrics.estimates import estimate
from headwater.record import Record
from tests.metrics.conftest import Write, answers


def test_threads_share_one_handle(record: Record) -> None:
    found: list[Record] = []
    threads = [threading.Thread(target=lambda: found.append(store.company_record())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {id(one) for one in found} == {id(record)}


def test_clearing_leaves_an_empty_record(write: Write, home: Path) -> None:
    write(answers("nps", {9: 40}))
    assert estimate("nps").rows[0].n == 40
    store.clear_company_record()
    assert not (home / "record.cleared").exists()
    assert estimate("nps").rows[0].n == 0


def test_clearing_again_after_a_kill_half_way_finishes(write: Write, home: Path) -> None:
    write(answers("nps", {9: 40}))
    (home / "record").rename(home / "record.cleared")
    store.clear_company_record()
    store.clear_company_record()
    assert not (home / "record.cleared").exists()
    assert estimate("nps").rows[0].n == 0


def test_a_folder_that_another_process_replaced_is_opened_anew(
    write: Write, record: Record, home: Path, empty_record: Path
) -> None:
    write(answers("nps", {9: 40}))
    (home / "record").rename(home / "before")
    shutil.copytree(empty_record, home / "record")
    assert store.company_record() is not record
    assert estimate("nps").rows[0].n == 0


def test_a_handle_that_nobody_holds_is_freed(home: Path) -> None:
    store.company_record()
    spill = home / "record" / "spill"
    assert len(list(spill.iterdir())) == 1
    store.close_company_record()
    assert list(spill.iterdir()) == []
