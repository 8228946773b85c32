"""A file becomes signals of the record: counted once, however often and however interrupted it is imported."""

from pathlib import Path

import pytest

from headwater.base.company import ensure_company
from headwater.base.history import HistoryEntry
from headwater.base.models import Company, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Refused
from headwater.listening import importing, inbox, services
from headwater.listening.mapping import from_yaml
from headwater.listening.models import Import, ImportState, InboxBatch, Source
from headwater.listening.readers import separated
from headwater.metrics.store import company_record
from headwater.record.questions import Size
from tests.listening.conftest import FileMaker


def signals() -> int:
    return int(company_record().ask(Size()).signals)


def test_a_plainly_named_file_needs_no_mapping(ours: Company, scores: Path) -> None:
    outcome = services.import_file(scores)
    assert (outcome.accepted, outcome.repeated, outcome.revised, outcome.set_aside) == (100, 0, 0, 0)
    assert signals() == 100
    arrival = Import.objects.get()
    assert (arrival.state, arrival.source.name, arrival.rows_read) == (ImportState.DONE, "scores", 100)
    assert arrival.timings["parse"] >= 0


def test_the_same_file_again_is_repeats(ours: Company, scores: Path) -> None:
    services.import_file(scores)
    outcome = services.import_file(scores)
    assert (outcome.accepted, outcome.repeated, signals()) == (0, 100, 100)


def test_a_file_that_says_ids_twice_is_all_repeats_the_second_time(
    ours: Company, make_file: FileMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(separated, "rows_at_once", lambda columns: 10)
    rows = [f"{n % 30},2024-01-05,{n % 11},comment number {n}" for n in range(60)]
    path = make_file("a.csv", "id,date,score,comment\n" + "\n".join(rows) + "\n")
    used = from_yaml(
        "{version: 1, source: a, emit: [{metric: nps, fields: {record_id: id, occurred_at: date, score: score, "
        "text: comment}}]}"
    )
    first = services.import_file(path, mapping=used)
    assert (first.accepted, first.revised) == (30, 30)
    again = services.import_file(path, mapping=used)
    assert (again.accepted, again.repeated, again.revised, signals()) == (0, 60, 0, 30)


def test_new_content_under_a_known_id_is_a_revision(ours: Company, scores: Path) -> None:
    services.import_file(scores)
    scores.write_text(scores.read_text().replace("number 7 was", "number 7 is now"))
    outcome = services.import_file(scores)
    assert (outcome.accepted, outcome.repeated, outcome.revised, signals()) == (0, 99, 1, 100)


def test_rows_without_an_id_count_once_and_equal_rows_count_each(ours: Company, make_file: FileMaker) -> None:
    path = make_file("a.csv", "date,comment\n2024-01-01,good thing\n2024-01-01,good thing\n2024-01-02,bad thing\n")
    assert services.import_file(path).accepted == 3
    again = services.import_file(path)
    assert (again.accepted, again.repeated, signals()) == (0, 3, 3)


def test_a_file_without_dates_is_repeat_safe(ours: Company, make_file: FileMaker) -> None:
    path = make_file("a.csv", "comment\ngood thing\nbad thing that happened\n")
    assert services.import_file(path).accepted == 2
    again = services.import_file(path)
    assert (again.accepted, again.repeated, again.revised) == (0, 2, 0)


def test_an_unsure_mapping_is_refused_with_the_proposal(ours: Company, make_file: FileMaker) -> None:
    path = make_file("a.csv", "id,date,comment\n1,03/04/2024,was it March or April\n2,05/06/2024,nobody knows\n")
    with pytest.raises(services.MappingUnsure) as caught:
        services.import_file(path)
    assert [one.column for one in caught.value.proposal.unsure] == ["date"]
    assert "%d/%m/%Y" in caught.value.message
    assert not Import.objects.exists()


def test_the_mapping_of_a_source_is_kept_and_used_again(ours: Company, make_file: FileMaker) -> None:
    path = make_file("a.csv", "id,date,comment\n1,03/04/2024,was it March or April\n2,05/06/2024,nobody knows\n")
    told = from_yaml(
        "{version: 1, source: plain, emit: [{kind: survey, fields: {record_id: id, text: comment, "
        "occurred_at: {column: date, format: '%m/%d/%Y'}}}]}"
    )
    services.import_file(path, mapping=told)
    assert from_yaml(Source.objects.get().mapping) == told
    again = services.import_file(path, source="plain")
    assert again.repeated == 2


def test_a_column_that_is_missing_is_named(ours: Company, make_file: FileMaker) -> None:
    told = from_yaml("{version: 1, source: a, emit: [{fields: {text: words, record_id: id}}]}")
    with pytest.raises(Refused, match=r"words.*id, text"):
        services.import_file(make_file("a.csv", "id,text\n1,x\n"), mapping=told)
    assert Import.objects.get().state == ImportState.REFUSED


def test_a_file_that_breaks_in_the_middle_keeps_what_came_before(
    ours: Company, make_file: FileMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(separated, "rows_at_once", lambda columns: 10)
    rows = "".join(f"{n},2024-01-01,a text\n" for n in range(25))
    path = make_file("a.csv", f'id,date,comment\n{rows}99,2024-01-01,"{"x" * 21_000_000}"\n')
    told = from_yaml("{version: 1, source: a, emit: [{fields: {text: comment, record_id: id, occurred_at: date}}]}")
    with pytest.raises(Refused) as caught:
        services.import_file(path, mapping=told)
    assert caught.value.code == "cell_too_large"
    inbox.flush()
    assert Import.objects.get().accepted == 20


def test_an_import_that_was_cut_off_goes_on_where_it_was(
    ours: Company, make_file: FileMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(separated, "rows_at_once", lambda columns: 10)
    rows = "".join(f"{n},2024-01-01,text {n} of many,{n % 11 if n != 33 else 12}\n" for n in range(95))
    path = make_file("a.csv", f"id,date,comment,nps\n{rows}")
    told = from_yaml(
        "{version: 1, source: a, emit: [{metric: nps, fields: "
        "{record_id: id, text: comment, occurred_at: date, score: nps}}]}"
    )

    def stop_after(chunks: int) -> services.Progress:
        def report(arrival: Import) -> None:
            if arrival.chunks == chunks:
                raise KeyboardInterrupt

        return report

    for chunks in (2, 5):
        with pytest.raises(KeyboardInterrupt):
            services.import_file(path, mapping=told, progress=stop_after(chunks))
    inbox.flush()
    outcome = services.import_file(path, mapping=told)
    assert (outcome.accepted, outcome.repeated, outcome.set_aside) == (94, 0, 1)
    assert Import.objects.count() == 1
    assert (signals(), InboxBatch.objects.count()) == (94, 0)
    assert HistoryEntry.objects.filter(code="import.resumed").count() == 2


def test_a_full_disk_is_told_and_the_import_goes_on_later(
    ours: Company, scores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(importing.inbox, "put", full)
        with pytest.raises(Refused) as caught:
            services.import_file(scores)
    assert caught.value.code == "disk_full"
    outcome = services.import_file(scores)
    assert (outcome.accepted, Import.objects.count(), signals()) == (100, 1, 100)


def test_imports_never_mix_with_the_sample(db: None, home: Path, scores: Path) -> None:
    ensure_company(name="Sample", is_sample=True)
    with pytest.raises(Refused) as caught:
        services.import_file(scores)
    assert caught.value.code == "sample_company"


def test_only_those_who_may_import_do(ours: Company, scores: Path, analyst: Person, employee: Person) -> None:
    with pytest.raises(NotAllowed):
        services.import_file(scores, person=employee)
    services.import_file(scores, person=analyst)
    entry = HistoryEntry.objects.get(code="import.started")
    assert (entry.actor, entry.data) == (analyst, {"file": "scores.csv", "source": "scores"})


def test_one_row_may_become_several_signals(ours: Company, make_file: FileMaker) -> None:
    path = make_file("a.csv", "id,at,stars,text,late\n1,2024-01-01,1,never came,yes\n2,2024-01-01,5,fast,no\n")
    told = from_yaml(
        """
version: 1
source: shop
emit:
- kind: review
  metric: rating
  fields: {record_id: id, subject_id: id, occurred_at: at, score: stars, text: text}
- kind: event
  when: {column: late, is: [yes]}
  record_id_prefix: 'late:'
  fields: {record_id: id, subject_id: id, occurred_at: at, event: {constant: delivery_late}}
""".replace("[yes]", "['yes']")
    )
    assert services.import_file(path, mapping=told).accepted == 3


def test_a_second_score_becomes_a_signal_of_the_same_response(ours: Company, make_file: FileMaker) -> None:
    path = make_file(
        "a.csv", "response id,date,nps,csat,comment\n1,2024-01-01,9,5,nice thing indeed\n2,2024-01-01,3,,bad\n"
    )
    assert services.import_file(path).accepted == 3
