"""In the browser: upload, see and correct the mapping, import, look at what was set aside, correct and send again."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from headwater.base import worker
from headwater.base.models import Company, Person
from headwater.listening import uploads
from headwater.listening.models import Import, ImportState, SetAsideRow, Source

CONTENT = (
    "id,date,nps,comment\n1,2024-01-02,9,Great service\n2,2024-01-03,2,=HYPERLINK(1)\n"
    "3,never,5,no date\n4,2024-01-05,12,too much\n"
)


@pytest.fixture
def reader(ours: Company, analyst: Person) -> Client:
    client = Client()
    client.force_login(analyst)
    return client


def upload(reader: Client, content: str = CONTENT, name: str = "answers.csv") -> Import:
    answer = reader.post("/imports", {"file": SimpleUploadedFile(name, content.encode())})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return Import.objects.get(pk=int(answer["Location"].rsplit("/", 1)[1]))


def test_a_file_goes_from_upload_to_the_record(reader: Client) -> None:
    assert reader.get("/imports").status_code == 200
    arrival = upload(reader)
    page = reader.get(f"/imports/{arrival.pk}")
    assert page.status_code == 200
    assert "Great service" in page.content.decode()
    answer = reader.post(f"/imports/{arrival.pk}/mapping", {**_choices(), "start": "1"})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    assert reader.get(f"/imports/{arrival.pk}/progress").status_code == 200
    worker.run_due()
    arrival.refresh_from_db()
    assert (arrival.state, arrival.accepted, arrival.set_aside) == (ImportState.DONE, 2, 2)
    page = reader.get(f"/imports/{arrival.pk}").content.decode()
    assert "2 new signals are in the record; 2 rows wait for you." in page
    assert "score_out_of_scale" in page
    assert reader.get("/imports").content.decode().count("answers.csv") == 1


def _choices() -> dict[str, str]:
    return {
        "source": "answers", "kind": "survey", "metric": "nps", "scale": "0-10", "format": "iso", "time_zone": "",
        "column_0": "record_id", "column_1": "occurred_at", "column_2": "score", "column_3": "text",
    }  # fmt: skip


def test_a_mapping_is_corrected_and_shown_before_anything_is_taken(reader: Client) -> None:
    arrival = upload(reader)
    page = reader.post(f"/imports/{arrival.pk}/mapping", {**_choices(), "column_2": "attribute", "kind": "review"})
    assert page.status_code == 200
    arrival.refresh_from_db()
    assert (arrival.state, "attributes" in arrival.mapping, "kind: review" in arrival.mapping) == (
        "uploaded",
        True,
        True,
    )
    wrong = reader.post(f"/imports/{arrival.pk}/mapping", {**_choices(), "scale": "1-9"})
    assert wrong.status_code == 400
    assert "1-9" in wrong.content.decode()
    yaml = reader.get(f"/imports/{arrival.pk}?yaml=1")
    assert "record_id: id" in yaml.content.decode()
    broken = reader.post(f"/imports/{arrival.pk}/mapping", {"yaml": "version: 9", "source": "answers"})
    assert broken.status_code == 400


def test_set_aside_rows_are_corrected_downloaded_and_sent_again(reader: Client) -> None:
    arrival = upload(reader)
    reader.post(f"/imports/{arrival.pk}/mapping", {**_choices(), "start": "1"})
    worker.run_due()
    page = reader.get(f"/imports/{arrival.pk}/set-aside")
    assert "never" in page.content.decode()
    download = b"".join(reader.get(f"/imports/{arrival.pk}/set-aside.csv")).decode("utf-8-sig")  # type: ignore[arg-type]
    assert "3,never,5,no date" in download
    first, second = SetAsideRow.objects.order_by("row")
    answer = reader.post(
        f"/imports/{arrival.pk}/set-aside",
        {f"row-{first.pk}:date": "2024-01-04", f"row-{second.pk}:nps": "13"},
    )
    assert answer.status_code == 302
    arrival.refresh_from_db()
    assert (arrival.accepted, arrival.set_aside, arrival.reasons) == (3, 1, {"score_out_of_scale": 1})
    assert "13" in SetAsideRow.objects.get(state="open").message


def test_what_cannot_be_read_is_said_on_the_page_and_not_kept(reader: Client) -> None:
    answer = reader.post("/imports", {"file": SimpleUploadedFile("a.csv", bytes(range(30)) * 50)})
    assert answer.status_code == 400
    assert "not text" in answer.content.decode()
    assert reader.post("/imports", {}).status_code == 400
    assert not Import.objects.exists()
    assert list(uploads.folder().iterdir()) == []


def test_an_upload_can_be_taken_back(reader: Client) -> None:
    arrival = upload(reader)
    assert Path(arrival.path).is_file()
    assert reader.post(f"/imports/{arrival.pk}/discard").status_code == 302
    assert not Import.objects.exists()
    assert not Path(arrival.path).exists()


def test_old_uploads_are_removed(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(reader)
    assert uploads.expire() == 0
    monkeypatch.setattr(uploads, "kept_for", lambda: -timedelta(days=1))
    assert uploads.expire() == 1
    assert not Import.objects.exists()


def test_sources_show_and_keep_their_mapping(reader: Client) -> None:
    arrival = upload(reader)
    reader.post(f"/imports/{arrival.pk}/mapping", {**_choices(), "start": "1"})
    assert "answers" in reader.get("/sources").content.decode()
    page = reader.get("/sources/answers")
    assert "record_id: id" in page.content.decode()
    changed = Source.objects.get().mapping.replace("kind: survey", "kind: contact")
    assert reader.post("/sources/answers", {"yaml": changed}).status_code == 302
    assert "kind: contact" in Source.objects.get().mapping
    assert reader.post("/sources/answers", {"yaml": "x"}).status_code == 400


def test_others_see_nothing_of_it(ours: Company, employee: Person, reader: Client) -> None:
    arrival = upload(reader)
    stranger, colleague = Client(), Client()
    colleague.force_login(employee)
    for address in ("/imports", f"/imports/{arrival.pk}", f"/imports/{arrival.pk}/set-aside.csv", "/sources"):
        assert stranger.get(address).status_code == 302
        assert colleague.get(address).status_code == 403
    assert colleague.post("/imports", {"file": SimpleUploadedFile("a.csv", b"a\n1\n")}).status_code == 403
    assert reader.get("/imports/99999").status_code == 404
