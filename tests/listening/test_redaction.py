"""What is personal is taken out of texts, what only looks so stays, and it is counted."""

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.redaction import NOBODYS, measure, planted
from headwater.base.models import Company, Person
from headwater.listening import inbox, services
from headwater.listening.mapping import from_yaml
from headwater.listening.models import Redacted
from headwater.listening.personal import redacting, rules
from headwater.listening.pipeline import id_checks, national_ids
from headwater.listening.pipeline.redaction import Redaction, is_card, redact, redact_values
from headwater.metrics.store import company_record

# Published examples: of the authority, or of the rule's own description.
VALID = {
    "us_ssn": "078051120", "ca_sin": "193456787", "gb_nino": "AB123456C", "ie_pps": "1234567FA",
    "de_steuer_id": "86095742719", "at_svnr": "1237010180", "ch_ahv": "7569217076985", "fr_nir": "255081416802538",
    "es_dni": "12345678Z", "it_codice_fiscale": "RSSMRA85T10A562S", "pt_nif": "501964843", "br_cpf": "52998224725",
    "br_cnpj": "11222333000181", "nl_bsn": "111222333", "be_national_number": "85073003328",
    "se_personnummer": "198507099805", "no_fodselsnummer": "15021951940", "fi_hetu": "131052308T",
    "pl_pesel": "44051401359", "tr_kimlik": "10000000146", "in_aadhaar": "234123412346",
    "mx_curp": "BOXW310820HNERXN09", "au_tfn": "123456782",
}  # fmt: skip


def once(text: str, rules: Redaction | None = None, **names: str) -> tuple[str, dict[str, int]]:
    counts: Counter[str] = Counter()
    columns = [(kind, pa.array([value])) for kind, value in names.items()]
    out = redact(pa.array([text]), rules or Redaction("US"), counts, columns).to_pylist()
    return out[0], {kind: count for kind, count in counts.items() if count}


@pytest.mark.parametrize("name", VALID)
def test_a_published_number_passes_its_check_and_one_with_another_digit_does_not(name: str) -> None:
    check, number = getattr(id_checks, name), VALID[name]
    assert check(number)
    if name not in ("us_ssn", "gb_nino"):  # these two have no check digit
        place = 5 if number[5].isdigit() else 6
        others = {number[:place] + digit + number[place + 1 :] for digit in "0123456789"} - {number}
        assert sum(map(check, others)) <= 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my SSN is 078051120, thanks", "my SSN is [id], thanks"),
        ("order 078051120 is late", "order 078051120 is late"),
        ("codice fiscale RSSMRA85T10A562S", "codice fiscale [id]"),
        ("CPF 529.982.247-25 e fone", "CPF [id] e fone"),
        ("invoice 86095742719 again", "invoice 86095742719 again"),
        ("Meine Steuer-ID: 86 095 742 719.", "Meine Steuer-ID: [id]."),
        ("number of the insurance 756.9217.0769.85", "number of the insurance [id]"),
        ("personnummer 850709-9805", "personnummer [id]"),
        ("1Z999AA10123456784 is my parcel", "1Z999AA10123456784 is my parcel"),
    ],
)
def test_a_national_id_is_known_by_its_form_or_by_what_is_said_beside_it(text: str, expected: str) -> None:
    assert once(text)[0] == expected


def test_only_the_countries_asked_for_are_looked_at() -> None:
    text = "529.982.247-25 and 078-05-1120"
    assert once(text, Redaction("US", ("US",))) == ("529.982.247-25 and [id]", {"national_id": 1})
    assert once(text, Redaction("US")) == ("[id] and [id]", {"national_id": 2})
    wanted = {"US", "GB", "DE", "FR", "ES", "IT", "PT", "BR", "NL", "BE", "SE", "NO", "DK", "FI", "PL", "CH", "IN"}
    assert wanted <= set(national_ids.COUNTRIES)


def test_addresses_of_machines_are_taken_out_where_asked() -> None:
    text = "from 192.0.2.17 and 2001:db8::ff00:42:8329 at 10:30:45, version 1.2.3"
    assert once(text, Redaction("US", addresses=True)) == (
        "from [address] and [address] at 10:30:45, version 1.2.3",
        {"address": 2},
    )
    assert once(text)[0] == text


def test_names_of_the_same_row_and_of_colleagues_go() -> None:
    text = "I am Maria Souza-Lima, maria souza-lima! Souza-Lima called; Kim Pepper said may be"
    out, counts = once(text, Redaction("US", colleagues=("Kim Pepper",)), name="Maria Souza-Lima")
    assert out == "I am [name], [name]! [name] called; [colleague] said may be"
    assert counts == {"name": 3, "colleague": 1}
    assert once("Will it work? it will", name="Will Day")[0] == "[name] it work? it will"


@given(st.text(max_size=80))
def test_nothing_breaks_and_counts_are_the_marks(text: str) -> None:
    out, counts = once(text, Redaction("DE", addresses=True))
    assert sum(counts.values()) <= out.count("[")


def test_a_card_has_the_length_of_its_kind() -> None:
    assert is_card("4111 1111 1111 1111")
    assert not is_card("255081416802538"), "a French number that passes Luhn is no Mastercard of 15 digits"


def test_precision_and_recall_hold_on_a_fixed_draw(shared: Path) -> None:
    """Floors below what `python -m bench.redaction` measures; docs/develop/text.md has the figures."""
    for form, one in measure(list(planted(shared / "data", 24))).items():
        right = one.found if one.kind else one.planted - one.mistaken
        floor = 0.7 if form == "bare number, 9 to 13 digits" else 0.9
        assert right / one.planted >= floor, (form, one)
        assert form in NOBODYS or one.kind


def test_what_was_taken_out_is_counted_by_import_and_never_kept(ours: Company, tmp_path: Path) -> None:
    Person.objects.create(email="kim@example.com", name="Kim Pepper", roles=["employee"])
    path = tmp_path / "words.csv"
    path.write_text(
        "id,date,who,words\n1,2024-01-02,Ana Prado,Ana here: ana@example.org or (212) 555-2368\n"
        "2,2024-01-02,Bo Lind,Kim Pepper has my card 4111111111111111\n3,2024-01-03,Cy,fine\n"
    )
    used = from_yaml(
        "version: 1\nsource: words\nregion: US\nemit:\n  - kind: contact\n    fields: {record_id: id, text: words, "
        "occurred_at: date}\n    attributes: {who: {column: who, personal: true}}\n"
    )
    outcome = services.import_file(path, mapping=used)
    expected = {"name": 1, "email": 1, "phone": 1, "colleague": 1, "card": 1}
    assert redacting.taken_out(arrival=outcome.import_id) == expected
    assert redacting.taken_out() == expected
    again = services.import_file(path, mapping=used)
    assert again.accepted == 0
    assert redacting.taken_out(arrival=outcome.import_id) == expected
    texts = set(company_record().everything_of_customer("nobody")) and [
        row.text for row in company_record().ask(_words()).rows
    ]
    assert "[colleague] has my card [card]" in texts
    assert "[name] here: [e-mail] or [phone]" in texts


def _words() -> object:
    from headwater.record.questions import Verbatims

    return Verbatims(limit=10)


def test_rules_of_the_installation_reach_the_api(ours: Company) -> None:
    rules.change_rules(None, 0, addresses=True, countries=["US"])
    rows = [{"record_id": "1", "kind": "contact", "text": "from 192.0.2.17, CPF 529.982.247-25, SSN 078-05-1120"}]
    services.receive_signals(rows, source="desk", person=None)
    inbox.flush()
    assert [row.text for row in company_record().ask(_words()).rows] == ["from [address], CPF 529.982.247-25, SSN [id]"]
    assert Redacted.objects.get(kind="national_id").count == 1


ATTRIBUTES = {
    "Re: refund to jo.field@example.org": "Re: refund to [e-mail]",
    "jo.field@example.org": "[e-mail]",
    "my card 4111 1111 1111 1111 was charged": "my card [card] was charged",
    "+1 415 555 2671": "[phone]",
}
"""What a source says beside the words, such as the subject of a ticket, and what is kept of it."""
PLAIN = ("4111111111111111", "2024-01-02 10:00:00", "01/02/2024 10:15", "1Z999AA10123456784", "order 4155552671", "a@b")


@pytest.mark.parametrize(("value", "kept"), [*ATTRIBUTES.items(), *((one, one) for one in PLAIN)])
def test_attributes_lose_personal_data_and_keep_numbers_of_things(value: str, kept: str) -> None:
    counts: Counter[str] = Counter()
    assert redact_values(pa.array([value, None]), Redaction("US"), counts).to_pylist() == [kept, None]
    assert sum(counts.values()) == (kept != value)


def test_the_subject_of_a_ticket_is_redacted_and_counted_and_an_agent_keeps_the_name(ours: Company) -> None:
    given = {"subject": "Write to jo.field@example.org", "agent": "Kim Pepper"}
    row = {"record_id": "1", "customer_id": "c1", "kind": "contact", "text": "late", "attributes": given}
    services.receive_signals([row], source="desk", person=None)
    inbox.flush()
    kept = dict(company_record().everything_of_customer("c1")["signals"]["attributes"][0].as_py())
    assert kept == {"subject": "Write to [e-mail]", "agent": "Kim Pepper"}
    assert Redacted.objects.get(kind="email").count == 1


NAMES_BESIDE = (
    ("Refund for Ana Prado", "Refund for [name]"),
    ("ana prado", "[name]"),
    ("Ana called Kim Pepper twice", "[name] called [colleague] twice"),
    ("Kim Pepper", "Kim Pepper"),  # who served: an attribute of its own, with its own right
    ("Lee Smith", "Lee Smith"),
    ("please call Lee Smith", "please call [colleague]"),
    ("Prado", "Prado"),  # one word is a segment far more often
    ("standard", "standard"),
)
"""An attribute's value in the row of the customer Ana Prado, served by Lee Smith, where Kim Pepper works too."""


@pytest.mark.parametrize(("value", "kept"), NAMES_BESIDE)
def test_names_given_in_the_mapping_are_taken_out_of_attributes_too(
    ours: Company, tmp_path: Path, value: str, kept: str
) -> None:
    Person.objects.create(email="kim@example.com", name="Kim Pepper", roles=["employee"])
    path = tmp_path / "cases.csv"
    path.write_text(
        "id,date,client,agent,subject,words,customer\n"
        f"1,2024-01-02,Ana Prado,Lee Smith,{value},Ana Prado waited,c1\n2,2024-01-02,,,{value},,c2\n"
    )
    used = from_yaml(
        "version: 1\nsource: cases\nemit:\n  - kind: contact\n    fields: {record_id: id, text: words, customer_id: "
        "customer, occurred_at: date, event: {constant: seen}}\n    attributes: {client: {column: client, personal: "
        "true}, agent: agent, subject: subject}\n"
    )
    services.import_file(path, mapping=used)
    signals = company_record().everything_of_customer("c1")["signals"]
    assert dict(signals["attributes"][0].as_py()) == {"agent": "Lee Smith", "subject": kept}
    assert signals["text"].to_pylist() == ["[name] waited"]


def test_a_program_says_who_may_be_named(ours: Company) -> None:
    given = {"subject": "Ana Prado and Bo", "plan": "plus"}
    row = {"record_id": "1", "customer_id": "c1", "kind": "contact", "text": "Bo Lind and ANA PRADO came"}
    sent: list[dict[str, Any]] = [
        row | {"attributes": given, "names": ["Ana Prado", "Bo Lind"]}, row | {"record_id": "2"},
    ]  # fmt: skip
    services.receive_signals(sent, source="desk", person=None)
    inbox.flush()
    signals = company_record().everything_of_customer("c1")["signals"].sort_by("record_id")
    assert signals["text"].to_pylist() == ["[name] and [name] came", row["text"]]
    assert dict(signals["attributes"][0].as_py()) == {"subject": "[name] and Bo", "plan": "plus"}
    refused = services.receive_signals(
        [row | {"names": ["x"] * 11}, row | {"names": "Ana"}], source="desk", person=None
    )
    assert {one.code for one in refused} == {"invalid_input"}
