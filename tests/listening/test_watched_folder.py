"""A watched folder: a file is imported once it no longer grows, put away with a note, and counts once."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Person
from headwater.base.refusals import Refused
from headwater.listening.connections import folder, running, services
from headwater.listening.models import Connection, ConnectionRun, Import
from headwater.metrics.store import company_record
from headwater.record.questions import Size

ROWS = "".join(f"{n},2024-01-{n % 28 + 1:02d},{n % 11},The answer of number {n} was this\n" for n in range(1, 101))
CSV = f"id,date,score,comment\n{ROWS}"


@pytest.fixture
def lead(db: None) -> Person:
    return Person.objects.create(email="lead@example.com", name="Lead", roles=["cx_team"])


@pytest.fixture
def watched(ours: object, lead: Person) -> Connection:
    made = services.create(lead, name="answers", kind="folder", options={})
    services.start(lead, made)
    made.refresh_from_db()
    return made


def place(home: Path) -> Path:
    return home / "watch" / "answers"


def look(connection: Connection) -> ConnectionRun:
    connection.refresh_from_db()
    return running.run_connection(connection)


def in_record() -> int:
    return company_record().ask(Size()).signals


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.iterdir())


def test_a_file_is_taken_when_it_no_longer_grows(watched: Connection, home: Path) -> None:
    file = place(home) / "march.csv"
    file.write_text(CSV[:2000])
    assert look(watched).rows == 0
    file.write_text(CSV)  # whoever writes it is not done
    assert look(watched).rows == 0
    assert look(watched).rows == 100
    assert in_record() == 100
    assert names(place(home)) == ["done", "refused"]
    assert names(place(home) / "done") == ["march.csv", "march.csv.note.txt"]
    assert "100 new" in (place(home) / "done" / "march.csv.note.txt").read_text()


def test_the_same_content_again_counts_once(watched: Connection, home: Path) -> None:
    for name in ("march.csv", "again.csv", "march.csv"):
        (place(home) / name).write_text(CSV)
        look(watched)
        look(watched)
    assert in_record() == 100
    assert Import.objects.count() == 1
    done = names(place(home) / "done")
    assert len([one for one in done if one.endswith(".csv")]) == 3  # nothing put away is overwritten
    assert "imported before" in (place(home) / "done" / "again.csv.note.txt").read_text()


def test_one_killed_before_it_was_put_away_is_put_away_the_next_time(
    watched: Connection, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_args: object) -> None:
        raise Killed

    (place(home) / "march.csv").write_text(CSV)
    look(watched)
    with monkeypatch.context() as patched:
        patched.setattr(folder, "_put_away", die)
        with pytest.raises(Killed):
            look(watched)
    look(watched)
    assert names(place(home) / "done") == ["march.csv", "march.csv.note.txt"]
    assert in_record() == 100


def test_what_cannot_be_read_is_put_aside_and_stops_no_other(watched: Connection, home: Path) -> None:
    (place(home) / "a.csv").write_bytes(b"%PDF-1.4 nothing")
    (place(home) / "b.csv").write_text(CSV)
    look(watched)
    run = look(watched)
    assert (run.state, run.rows) == (ConnectionRun.State.DONE, 100)
    assert names(place(home) / "refused") == ["a.csv", "a.csv.note.txt"]
    assert "PDF" in (place(home) / "refused" / "a.csv.note.txt").read_text()
    assert "a.csv" in run.note


def test_names_that_cannot_be_kept_stop_no_other(watched: Connection, home: Path) -> None:
    """One not in UTF-8, and one that leaves no room for its note, twice."""
    (place(home) / os.fsdecode(b"m\xe4rz.csv")).write_text(CSV)
    for text in (CSV, CSV.replace("The answer", "A word")):
        (place(home) / f"{'a' * 240}.csv").write_text(text)
        (place(home) / "z.csv").write_text(text)
        look(watched)
        assert look(watched).state == ConnectionRun.State.DONE
    assert names(place(home)) == ["done", "refused"]
    assert names(place(home) / "refused") == ["mrz.csv", "mrz.csv.note.txt"]
    assert len(names(place(home) / "done")) == 8
    assert in_record() == 100


def test_links_hidden_and_half_copied_files_are_left_alone(watched: Connection, home: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(CSV)
    (place(home) / "link.csv").symlink_to(secret)
    for name in (".hidden.csv", "half.csv.part"):
        (place(home) / name).write_text(CSV)
    look(watched)
    assert look(watched).rows == 0
    assert in_record() == 0


def test_only_folders_that_the_operator_opened_are_watched(
    ours: object, lead: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    with pytest.raises(Refused) as refused:
        services.create(lead, name="drop", kind="folder", options={"path": str(drop)})
    assert refused.value.code == "folder_closed"
    monkeypatch.setenv("HEADWATER_CONNECT_FOLDERS", str(drop))
    services.create(lead, name="drop", kind="folder", options={"path": str(drop)})
    assert names(drop) == ["done", "refused"]


def test_a_folder_that_is_gone_fails_in_words(watched: Connection, home: Path) -> None:
    target = place(home)
    for part in ("done", "refused"):
        (target / part).rmdir()
    target.rmdir()
    target.symlink_to("/nonexistent")
    run = look(watched)
    assert run.state == ConnectionRun.State.FAILED
    assert run.note


sizes = st.dictionaries(st.text(min_size=1, max_size=3), st.lists(st.floats(0, 9), min_size=2, max_size=2))


@given(sizes, sizes)
def test_only_what_stayed_as_it_was_is_settled(now: folder.Seen, seen: folder.Seen) -> None:
    assert set(folder.settled(now, seen)) == {name for name in now if name in seen and now[name] == seen[name]}
