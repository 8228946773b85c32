"""Employees' signals come in by a way of their own; who said what is never kept, nor is absence without leave."""

from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from headwater.base.departments import add_department
from headwater.base.models import HistoryEntry, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Conflict, Refused
from headwater.listening import employee_mapping, employee_privacy, employee_signals
from headwater.listening.employee_mapping import EmployeeMapping, checked, from_choices, from_yaml
from headwater.listening.employee_rows import record_id
from headwater.listening.employee_signals import SentSignal
from headwater.listening.models import EmployeeArrival, EmployeeSource, Import, InboxBatch, Source
from headwater.metrics.store import company_record
from headwater.record import Record
from headwater.record.questions import Size, TeamCell, TeamFigures, TeamMonths, TeamWords
from tests.metrics.conftest import empty_record, record

__all__ = ["empty_record", "record"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home", "record")]

MARCH = date(2026, 3, 1)
HEADER = "Employee token,Team,Month,eNPS,Role,Demands,Comment\n"


@pytest.fixture
def hr(db: None) -> Person:
    add_department(None, "Warehouse")
    add_department(None, "Finance")
    return Person.objects.create(email="hr@example.com", name="HR", roles=["hr"])


def pulse(people: int, team: str = "Warehouse", month: str = "2026-03") -> str:
    rows = [
        f"T{number},{team},{month},{number % 11},{1 + number % 5},{5 - number % 5},"
        f"{'Call me on 0171 2345678 at once' if number == 1 else ''}"
        for number in range(people)
    ]
    return HEADER + "\n".join(rows) + "\n"


def file_of(text: str, name: str = "pulse.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def take(person: Person, text: str) -> employee_signals.Arrived:
    arrival = employee_signals.upload(person, file_of(text))
    return employee_signals.take(person, arrival, from_yaml(arrival.mapping))


def cells(*metrics: str, kinds: tuple[str, ...] = ("pulse",)) -> dict[str, dict[str, TeamCell]]:
    releases = company_record().ask(TeamFigures(MARCH, units(), kinds=kinds))
    return {one.metric: dict(one.cells) for one in releases if not metrics or one.metric in metrics}


def units() -> tuple[tuple[str, str], ...]:
    return tuple((unit, "") for unit in dict.fromkeys(employee_signals.known_of("x").departments.values()))


def test_a_file_is_proposed_previewed_and_taken(hr: Person, record: Record) -> None:
    arrival = employee_signals.upload(hr, file_of(pulse(11)))
    path = Path(arrival.path)
    used = from_yaml(arrival.mapping)
    becomes = {name: (one.becomes, one.question) for name, one in used.columns.items()}
    assert becomes == {
        "Employee token": ("respondent", None),
        "Team": ("department", None),
        "Month": ("when", None),
        "eNPS": ("answer", "enps"),
        "Role": ("answer", "role"),
        "Demands": ("answer", "demands"),
        "Comment": ("comment", None),
    }
    good, left = employee_signals.preview(hr, arrival, used)
    assert (len(good), left) == (8, [])
    arrived = employee_signals.take(hr, arrival, used)
    assert (arrived.signals, arrived.repeated, arrived.left_out) == (34, 0, ())
    found = cells()
    assert found["enps"][""] == TeamCell(11, 55.0, 385.0, 7, 2)
    # 1 … 5 becomes 0 … 100.
    assert found["role"][""].total == sum(25 * (number % 5) for number in range(11))
    assert not path.exists()
    assert not path.parent.exists()
    assert HistoryEntry.objects.filter(code="employees.arrived").count() == 1


def test_nothing_of_it_reaches_what_is_known_of_customers(hr: Person, record: Record) -> None:
    take(hr, pulse(11))
    assert record.ask(Size()).signals == 0
    assert not Source.objects.exists()
    assert not Import.objects.exists()
    assert not InboxBatch.objects.exists()


def test_sent_twice_it_counts_once_and_a_changed_answer_replaces(hr: Person) -> None:
    take(hr, pulse(11))
    again = take(hr, pulse(11))
    assert (again.signals, again.repeated) == (0, 34)
    changed = take(hr, pulse(11).replace("T0,Warehouse,2026-03,0,", "T0,Warehouse,2026-03,9,"))
    assert changed.signals == 1
    assert cells("enps")["enps"][""].total == 64


def test_who_answered_and_when_is_nowhere_in_the_record(hr: Person, record: Record) -> None:
    take(hr, pulse(11).replace("T1,", "maria.jones@example.com,").replace("2026-03", "2026-03-17"))
    for file in (*record.root.rglob("*.parquet"), *record.root.rglob("*.json")):
        held = file.read_bytes()
        assert b"maria" not in held, file
    assert record.ask(TeamMonths())[0][0] == MARCH
    kept = [*EmployeeArrival.objects.values_list("mapping", "reasons"), *EmployeeSource.objects.values_list("mapping")]
    assert "maria" not in str(kept)


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20), st.integers(1, 11))
def test_answers_of_one_person_cannot_be_put_together(who: str, other: str, month: int) -> None:
    one = record_id("pulse", date(2026, month, 3), "role", who)
    assert one == record_id("pulse", date(2026, month, 28), "role", f" {who}".upper().lower()) or who != who.lower()
    assert one != record_id("pulse", date(2026, month, 3), "demands", who)
    assert one != record_id("pulse", date(2026, month + 1, 3), "role", who)
    assert who not in one or len(who) < 5
    if " ".join(who.split()).casefold() != " ".join(other.split()).casefold():
        assert one != record_id("pulse", date(2026, month, 3), "role", other)


def test_a_comment_s_personal_data_is_redacted(hr: Person, record: Record) -> None:
    take(
        hr, "Token,Team,Month,Comment\n" + "".join(f"T{n},Finance,2026-03,Write to n{n}@x.org now\n" for n in range(6))
    )
    ((_unit, words),) = record.ask(TeamWords(MARCH, units()))
    assert set(words) == {"Write to [e-mail] now"}


def test_rows_that_cannot_be_taken_are_told_without_their_values(hr: Person) -> None:
    take(hr, pulse(6))  # the mapping is kept for the source
    wrong = ("Warehouse,2026-03,11", "Secret unit,2026-03,9", "Finance,2099-01,9", "Finance,soon,9")
    arrived = take(hr, pulse(6) + "".join(f"S{number},{row},3,3,\n" for number, row in enumerate(wrong)))
    codes = ["score_off_scale", "unknown_department", "month_in_future", "bad_date"]
    assert [one.code for one in arrived.left_out] == codes
    assert [one.row for one in arrived.left_out] == [8, 9, 10, 11]
    kept = str(list(EmployeeArrival.objects.values_list("reasons")))
    assert "Secret" not in kept
    assert "S1" not in kept


AMOUNTS = "Team,Month,Headcount,Leavers,Absence days\nWarehouse,2026-03,40,2,31\nFinance,2026-03,12,0,9\n"


def test_absence_stays_out_until_an_assessment_is_recorded(hr: Person) -> None:
    arrived = take(hr, AMOUNTS)
    assert {one.code for one in arrived.left_out} == {"absence_off"}
    assert arrived.signals == 0
    made = employee_privacy.record_assessment(
        hr, assessor="Data protection", assessed_on=MARCH, document="https://example.com/dpia", scope="Days by team"
    )
    assert take(hr, AMOUNTS).signals == 4
    kinds = ("absence", "turnover")
    assert cells("absence_days", kinds=kinds)["absence_days"][""] == TeamCell(52, 40.0, 31.0**2 + 81)
    employee_privacy.withdraw_assessment(hr, made.pk)
    assert {one.code for one in take(hr, AMOUNTS.replace("31", "30")).left_out} == {"absence_off"}
    with pytest.raises(Refused) as future:
        employee_privacy.record_assessment(
            hr, assessor="x", assessed_on=date(2999, 1, 1), document="https://example.com", scope="x"
        )
    assert future.value.field == "assessed_on"
    codes = list(HistoryEntry.objects.filter(code__startswith="privacy").values_list("code", flat=True))
    assert sorted(codes) == ["privacy_assessment.recorded", "privacy_assessment.withdrawn"]


def test_the_smallest_group_only_grows(hr: Person) -> None:
    def change(minimum: int, edition: int, words: int = 12) -> None:
        employee_privacy.change_rules(hr, minimum=minimum, months_kept=36, months_of_words=words, edition=edition)

    change(8, 0)
    assert employee_privacy.rules().minimum == 8
    with pytest.raises(Refused) as smaller:
        change(5, 1)
    assert smaller.value.code == "minimum_only_grows"
    with pytest.raises(Conflict):
        change(9, 0)
    with pytest.raises(Refused):
        change(9, 1, words=99)


def test_a_workbook_is_read_alike(hr: Person) -> None:
    book = Workbook()
    assert book.active is not None
    for line in pulse(7).strip().split("\n"):
        book.active.append(line.split(","))
    out = BytesIO()
    book.save(out)
    arrival = employee_signals.upload(hr, SimpleUploadedFile("pulse.xlsx", out.getvalue()))
    assert employee_signals.take(hr, arrival, from_yaml(arrival.mapping)).signals == 22


def test_programs_send_the_same(hr: Person) -> None:
    sent = [
        SentSignal("warehouse", date(2026, 3, 9), "own_question", float(number), (1.0, 4.0), f"T{number}")
        for number in (1, 2, 3, 4, 4)
    ]
    refused = [
        SentSignal("warehouse", MARCH, "role", 3.0),
        SentSignal("warehouse", MARCH, "own_question", 3.0, None, "T9"),
        SentSignal("warehouse", MARCH, "leavers", 3.0),
        SentSignal("nowhere", MARCH, "role", 3.0, None, "T1"),
        SentSignal("warehouse", MARCH, "role"),
    ]
    arrived = employee_signals.receive(hr, "hr-tool", [*sent, *refused])
    assert arrived.signals == 4
    codes = ["no_respondent", "no_scale", "no_people", "unknown_department", "nothing_said"]
    assert [one.code for one in arrived.left_out] == codes
    with pytest.raises(Refused):
        employee_signals.receive(hr, "hr-tool", [])


@pytest.mark.parametrize("role", ["executive", "cx_team", "manager", "employee", "analyst", "administrator"])
def test_only_hr_brings_signals_in(hr: Person, role: str) -> None:
    other = Person.objects.create(email="other@example.com", name="Other", roles=[role])
    with pytest.raises(NotAllowed):
        employee_signals.upload(other, file_of(pulse(5)))
    with pytest.raises(NotAllowed):
        employee_signals.receive(other, "x", [])
    with pytest.raises(NotAllowed):
        employee_privacy.change_rules(other, minimum=9, months_kept=36, months_of_words=12, edition=0)
    with pytest.raises(NotAllowed):
        employee_privacy.record_assessment(other, assessor="x", assessed_on=MARCH, document="https://x.org", scope="x")


def test_a_mapping_that_cannot_work_is_refused_with_what_is_wrong() -> None:
    def refused(columns: dict[str, object]) -> str:
        with pytest.raises(Refused) as error:
            checked({"columns": columns})
        return error.value.message

    base: dict[str, object] = {"team": {"becomes": "department"}, "month": {"becomes": "when"}}
    assert "answers, an amount or comments" in refused(base)
    assert "exactly one column" in refused({"month": {"becomes": "when"}, "text": {"becomes": "comment"}})
    assert "how many people" in refused({**base, "left": {"becomes": "amount", "question": "leavers"}})
    assert "0 to 10" in refused({**base, "enps": {"becomes": "answer", "question": "enps", "scale": [1, 5]}})
    assert "its scale" in refused({**base, "mood": {"becomes": "answer", "question": "mood"}})
    same = {"becomes": "answer", "question": "role", "scale": [1, 5]}
    assert "same question" in refused({**base, "a": same, "b": same})


def test_the_choices_of_the_page_make_the_mapping() -> None:
    given = {"column_0": "department", "column_1": "when", "column_2": "answer", "scale_2": "1-7", "column_3": "people"}
    given |= {"column_4": "leavers", "question_2": "My mood"}
    columns = ("Team", "Month", "Mood", "Heads", "Left")
    used = from_choices(columns, given, source="pulse", options=employee_mapping.FileOptions())
    assert used.columns["Mood"].model_dump() == {"becomes": "answer", "question": "my_mood", "scale": (1.0, 7.0)}
    assert used.columns["Left"].question == "leavers"
    assert EmployeeMapping.model_validate(from_yaml(used.to_yaml())) == used


def test_files_nobody_maps_are_deleted(hr: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = employee_signals.upload(hr, file_of(pulse(5)))
    assert employee_signals.expire() == 0
    EmployeeArrival.objects.update(at="2020-01-01T00:00Z")
    assert employee_signals.expire() == 1
    assert not Path(kept.path).exists()
    other = employee_signals.upload(hr, file_of(pulse(5)))
    employee_signals.discard(hr, other)
    assert not Path(other.path).exists()
    assert not EmployeeArrival.objects.exists()


def test_the_sample_company_takes_no_files(hr: Person, sample_flag: Callable[[], None]) -> None:
    sample_flag()
    with pytest.raises(Conflict):
        employee_signals.upload(hr, file_of(pulse(5)))


@pytest.fixture
def sample_flag() -> Callable[[], None]:
    from headwater.base.company import ensure_company
    from headwater.base.models import Company

    def mark() -> None:
        ensure_company()
        Company.objects.update(is_sample=True)

    return mark
