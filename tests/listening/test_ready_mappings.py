"""Real exports of well-known tools import with their ready mapping, recognised by themselves, and count what they hold.

Every expected figure is taken from the file itself, by another way than the import's.
"""

import csv
import json
import mailbox
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from deltalake import DeltaTable
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from headwater.base.models import Company, Person
from headwater.base.refusals import Refused
from headwater.listening import ready, services
from headwater.listening.commands import import_command, mappings_command
from headwater.listening.mapping import from_yaml
from headwater.metrics.store import company_record
from headwater.record.questions import Sums
from tests.listening.conftest import FileMaker


@pytest.fixture
def exports(shared: Path) -> Path:
    return shared / "data" / "export_formats"


def imported(path: Path, **how: Any) -> tuple[services.ImportOutcome, list[dict[str, Any]]]:
    """Import twice: the second time nothing is new. Returns the first outcome and what the record holds."""
    first = services.import_file(path, **how)
    again = services.import_file(path, **how)
    assert (again.accepted, again.revised) == (0, 0), "the same file sent twice counts once"
    return first, record_rows()


def record_rows() -> list[dict[str, Any]]:
    """Every signal of the record."""
    table = DeltaTable(company_record().root / "signals").to_pyarrow_table()
    return table.to_pylist()


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_zendesk_tickets(ours: Company, exports: Path) -> None:
    path = exports / "zendesk" / "tickets.json"
    tickets = json.loads(path.read_text())
    outcome, rows = imported(path)
    assert (outcome.accepted, outcome.set_aside) == (len(tickets), 0)
    by_id = {row["record_id"]: row for row in rows}
    for ticket in tickets:
        row = by_id[ticket["_id"]]
        assert row["text"].split() == [*ticket["subject"].split(), *ticket.get("description", "").split()]
        assert (row["customer_id"], row["channel"]) == (str(ticket.get("submitter_id")), ticket["via"])
    attributes = dict(by_id[tickets[0]["_id"]]["attributes"])
    assert attributes["agent"] == str(tickets[0]["assignee_id"])
    assert attributes["tags"] == ", ".join(tickets[0]["tags"])
    # "2016-04-28T11:19:34 -10:00" is 21:19:34 in UTC.
    assert by_id[tickets[0]["_id"]]["occurred_at"].isoformat() == "2016-04-28T21:19:34"
    assert Counter(row["channel"] for row in rows) == Counter(ticket["via"] for ticket in tickets)
    # On hold: it waits for somebody outside of support. Nothing else in a ticket says why it is not solved.
    why = {row["record_id"]: dict(row["attributes"]).get("unsolved_reason") for row in rows}
    assert why == {one["_id"]: "upstream" if one["status"] == "hold" else None for one in tickets}


def test_zendesk_tables_leave_deleted_tickets_out(ours: Company, exports: Path) -> None:
    path = exports / "zendesk" / "ticket_data.csv"
    tickets = [row for row in read_csv(path) if row["status"] != "deleted"]
    outcome, rows = imported(path)
    assert outcome.accepted == len(tickets) < len(read_csv(path))
    assert {row["record_id"] for row in rows} == {ticket["id"] for ticket in tickets}
    assert {row["customer_id"] for row in rows} == {ticket["requester_id"] for ticket in tickets}


def test_zendesk_comments_are_one_signal_a_ticket(ours: Company, exports: Path) -> None:
    path = exports / "zendesk" / "ticket_comment_data.csv"
    comments = sorted(read_csv(path), key=lambda row: row["created"])
    outcome, rows = imported(path)
    said: dict[str, list[str]] = {}
    openers: dict[str, str] = {}
    for one in comments:
        openers.setdefault(one["ticket_id"], one["user_id"])
        if one["user_id"] == openers[one["ticket_id"]] and one["public"] == "TRUE":
            said.setdefault(one["ticket_id"], []).append(one["body"])
    assert outcome.accepted == len(said)
    assert {row["record_id"]: row["text"] for row in rows} == {one: "\n\n".join(texts) for one, texts in said.items()}


def test_a_folder_of_zendesk_tables_joins_tickets_and_comments(ours: Company, exports: Path, tmp_path: Path) -> None:
    tickets = exports / "zendesk" / "ticket_data.csv"
    first = next(row for row in read_csv(tickets) if row["status"] == "solved")
    (tmp_path / "ticket_data.csv").write_bytes(tickets.read_bytes())
    comments = [
        ("1", "first", first["requester_id"], "TRUE", "2021-01-01 10:00:00"),
        ("2", "an agent's words", "77", "TRUE", "2021-01-01 11:00:00"),
        ("3", "a secret", "77", "FALSE", "2021-01-01 12:00:00"),
        ("4", "second", first["requester_id"], "TRUE", "2021-01-01 13:00:00"),
    ]
    lines = [f"{number},{body},{at},{public},{first['id']},{user}" for number, body, user, public, at in comments]
    (tmp_path / "ticket_comment_data.csv").write_text("\n".join(["id,body,created,public,ticket_id,user_id", *lines]))
    outcome = services.import_file(tmp_path)
    assert outcome.accepted == len([row for row in read_csv(tickets) if row["status"] != "deleted"])
    row = next(row for row in record_rows() if row["record_id"] == first["id"])
    assert row["text"] == f"{first['subject']}\n{first['description']}\n\nfirst\n\nsecond"
    assert dict(row["attributes"])["agent_replies"] == "1"


def test_freshdesk_tickets_and_their_change(ours: Company, exports: Path) -> None:
    ticket = json.loads((exports / "freshdesk" / "ticket_1.json").read_text())
    outcome, rows = imported(exports / "freshdesk" / "ticket_1.json")
    assert outcome.accepted == 1
    assert rows[0]["text"] == f"{ticket['subject']}\n{ticket['description_text']}"
    attributes = dict(rows[0]["attributes"])
    assert attributes["agent"] == str(ticket["responder_id"])
    assert (attributes["status"], attributes["priority"], attributes["tags"]) == ("open", "low", "foo, bar")
    changed = services.import_file(exports / "freshdesk" / "ticket_1_updated.json")
    assert (changed.accepted, changed.revised) == (0, 1)
    assert [dict(row["attributes"])["status"] for row in record_rows()] == ["resolved"]


def test_freshdesk_says_why_a_ticket_is_not_solved(ours: Company, exports: Path, make_file: FileMaker) -> None:
    ticket = json.loads((exports / "freshdesk" / "ticket_1.json").read_text())
    own = {"custom_fields": {**ticket["custom_fields"], "cf_unsolved_reason": "No authority"}}
    tickets = [ticket, {**ticket, "id": 2, "status": 7}, {**ticket, **own, "id": 3, "status": 7},
               {**ticket, "id": 4, "status": 12}]  # fmt: skip
    _outcome, rows = imported(make_file("tickets.json", json.dumps(tickets)))
    why = {row["record_id"]: dict(row["attributes"]).get("unsolved_reason") for row in rows}
    assert why == {"1": None, "2": "upstream", "3": "authority", "4": None}


def test_freshdesk_search_results(ours: Company, exports: Path) -> None:
    path = exports / "freshdesk" / "search_tickets.json"
    results = json.loads(path.read_text())["results"]
    outcome, rows = imported(path)
    latest = {str(one["id"]): one for one in results}  # the file gives both tickets one id
    assert outcome.accepted == len(latest)
    assert rows[0]["text"].startswith(latest[rows[0]["record_id"]]["subject"])


def test_intercom_conversations_in_which_only_colleagues_speak_are_no_signals(ours: Company, exports: Path) -> None:
    files = sorted((exports / "intercom").glob("webhook-*.json"))
    customers = 0
    for path in files:
        item = json.loads(path.read_text())["body"]["data"]["item"]
        parts = item["conversation_parts"]["conversation_parts"]
        customers += sum(one["author"]["type"] != "admin" and bool(one["body"]) for one in parts)
        customers += item["conversation_message"]["author"]["type"] != "admin"
        assert services.import_file(path).accepted == 0
    assert len(files) == 11
    assert customers == 0


def test_intercom_tables(ours: Company, exports: Path) -> None:
    path = exports / "intercom" / "conversation_history_data.csv"
    versions = sorted(read_csv(path), key=lambda row: row["updated_at"])
    latest = {row["id"]: row for row in versions}
    outcome, rows = imported(path)
    assert outcome.accepted == len(latest) < len(versions)
    for row in rows:
        one = latest[row["record_id"]]
        assert (row["customer_id"], dict(row["attributes"])["status"]) == (one["source_author_id"], one["state"])
    parts = exports / "intercom" / "conversation_part_history_data.csv"
    assert all(row["author_type"] == "admin" for row in read_csv(parts))
    assert services.import_file(parts).accepted == 0


def test_qualtrics_with_three_header_rows(ours: Company, exports: Path) -> None:
    path = exports / "qualtrics" / "sample.csv"
    with path.open(newline="") as file:
        header, asked, _ids, *answers = csv.reader(file)
    outcome, rows = imported(path)
    assert outcome.accepted == sum(bool(row[header.index("Q2")]) for row in answers) == 1
    attributes = dict(rows[0]["attributes"])
    assert attributes["question"] == asked[header.index("Q2")]
    assert attributes["q1"] == answers[0][header.index("Q1")]
    assert (rows[0]["text"], rows[0]["language"], rows[0]["response_id"]) == ("Hello World!", "de", answers[0][8])
    assert "q2_topics" not in attributes


def test_qualtrics_tables(ours: Company, exports: Path) -> None:
    path = exports / "qualtrics" / "question_response.csv"
    outcome, rows = imported(path)
    assert outcome.accepted == sum(bool(row["text"]) for row in read_csv(path))
    assert {row["text"] for row in rows} == {row["text"] for row in read_csv(path)}


def test_surveymonkey_responses(ours: Company, exports: Path) -> None:
    path = exports / "surveymonkey" / "152808557483544581.json"
    responses = json.loads(path.read_text())["body"]["data"]
    texts = [
        (one["id"], answer["text"])
        for one in responses
        for page in one["pages"]
        for question in page["questions"]
        for answer in question["answers"]
        if "text" in answer
    ]
    outcome, rows = imported(path)
    assert outcome.accepted == len(texts) == 4
    assert {(row["response_id"], row["text"]) for row in rows} == set(texts)


def test_typeform_responses(ours: Company, exports: Path) -> None:
    path = exports / "typeform" / "example-form-responses.json"
    items = json.loads(path.read_text())["items"]
    answers = [(one["token"], answer) for one in items for answer in one.get("answers") or []]
    texts = {(token, answer["text"]) for token, answer in answers if answer["field"]["type"] == "long_text"}
    scores = [
        answer["number"] for _t, answer in answers if answer["field"]["type"] in ("rating", "opinion_scale", "nps")
    ]
    outcome, rows = imported(path)
    assert {(row["response_id"], row["text"]) for row in rows if row["text"]} == texts
    assert outcome.accepted == len(texts) + len(scores)
    rated = [answer["number"] for _t, answer in answers if answer["field"]["type"] == "rating"]
    kept = [row["score"] for row in rows if row["record_id"].startswith("rating:")]
    assert sorted(kept) == sorted(map(float, rated))
    chosen: dict[str, dict[str, str]] = {}
    for token, one in answers:
        kind = one["field"]["type"]
        said = one.get("choice", {}).get("label") or one.get("choices", {}).get("labels")
        said = one.get("text") if kind == "dropdown" else said
        said = ("yes" if one["boolean"] else "no") if kind == "yes_no" else said
        if said and kind in ("multiple_choice", "picture_choice", "dropdown", "yes_no"):
            text = ", ".join(said) if isinstance(said, list) else said
            chosen.setdefault(token, {})[one["field"]["ref"]] = text
    assert len(chosen) == sum(bool(one.get("answers")) for one in items) == 3
    for row in rows:
        attributes = dict(row["attributes"])
        attributes.pop("question")
        assert attributes == chosen[row["response_id"]]
    assert "lian1078@other.com" not in str(rows)


def test_app_store_reviews(ours: Company, exports: Path) -> None:
    path = exports / "app_store_rss" / "itunes_customerreviews_1.json"
    entries = [one for one in json.loads(path.read_text())["feed"]["entry"] if "im:rating" in one]
    outcome, rows = imported(path)
    assert outcome.accepted == len(entries)
    stars = Counter(float(one["im:rating"]["label"]) for one in entries)
    assert Counter(row["score"] for row in rows) == stars
    assert {row["record_id"] for row in rows} == {one["id"]["label"] for one in entries}


def test_google_play_reviews_scraped(ours: Company, shared: Path) -> None:
    path = shared / "data" / "uber_reviews" / "uber_reviews.csv"
    reviews = read_csv(path)
    outcome = services.import_file(path)
    assert (outcome.accepted, outcome.set_aside) == (len(reviews), 0)
    told = company_record().ask(Sums((), None, metric="rating")).rows[0]
    assert told.score_sum == sum(int(row["score"]) for row in reviews)


def test_the_companys_own_addresses_are_told_from_customers(ours: Company, make_file: FileMaker) -> None:
    mails = "".join(
        f"From x Mon Mar  2 09:0{n}:00 2026\nFrom: {who}\nTo: {to}\nSubject: Your kettle\n"
        f"Message-ID: <m{n}@x.example>\n{'' if n == 0 else 'References: <m0@x.example>' + chr(10)}"
        f"Date: Mon, 02 Mar 2026 09:0{n}:00 +0000\n\n{words}\n\n"
        for n, (who, to, words) in enumerate(
            [
                ("care@Service.Ours.example", "ana@example.com", "We must recall your kettle."),
                ("ana@example.com", "care@ours.example", "Mine has burnt my kitchen."),
                ("boss@ours.example", "ana@example.com", "We are very sorry."),
            ]
        )
    )
    path = make_file("mails.mbox", mails)
    proposed = ready.with_ready(path, "mailbox").mapping
    assert proposed.thread is not None
    thread = proposed.thread.model_copy(update={"own_domains": ("ours.example",)})
    services.import_file(path, mapping=proposed.model_copy(update={"thread": thread}))
    (row,) = record_rows()
    assert row["text"] == "Mine has burnt my kitchen."
    assert dict(row["attributes"]) == {"agent_replies": "2"}
    read = from_yaml(proposed.model_copy(update={"thread": thread}).to_yaml())
    assert read.thread == thread
    with pytest.raises(Refused, match="own_domains"):
        from_yaml(proposed.to_yaml().replace("  conversation:", "  own_domains: ['@Ours']\n  conversation:"))


def test_mails(ours: Company, exports: Path) -> None:
    path = exports / "email" / "mbox-0"
    messages = mailbox.mbox(path)
    by_hand = [one for one in messages if one.get_content_type() != "multipart/report"]
    written = [one for one in by_hand if one["Auto-Submitted"] is None and "daemon" not in one["From"].lower()]
    outcome, rows = imported(path)
    assert len(messages) == 37
    assert outcome.accepted == len([one for one in written if "postmaster" not in one["From"].lower()]) == len(rows)
    assert services.import_file(exports / "email" / "mbox-1").accepted == 0
    for name in ("38884", "38907", "58829", "58831", "58922", "58966", "58983", "58994"):
        assert services.import_file(exports / "email" / name).accepted in (0, 1)
    # 38907 answers 38884, so both are one conversation: eight mails, seven conversations.
    assert len({row["record_id"] for row in record_rows() if row["source"] == "mailbox"}) == 7 + len(rows)


FEEDBACK = {
    "app_store_rss": "itunes_customerreviews_1",
    "freshdesk": "outbound_email_1 search_tickets ticket_1 ticket_1_updated",
    "qualtrics": "question_response sample",
    "surveymonkey": "152808557483544581",
    "typeform": "example-form-responses",
    "zendesk": "ticket_chat_event_data ticket_comment_data ticket_data tickets",
    "intercom": "conversation_history_data conversation_part_history_data",
}


def test_files_without_feedback_are_refused_by_name(exports: Path) -> None:
    """Every file that no ready mapping reads says what it is; none is taken for a table of something."""
    refused = 0
    for path in sorted(one for one in exports.rglob("*.*") if one.suffix in (".json", ".csv")):
        if path.stem in FEEDBACK[path.parent.name].split() or path.name.startswith("webhook-conversation"):
            found = ready.recognise(path)
            assert found is not None, path
            assert found.unsure == ()
            continue
        with pytest.raises(Refused, match=path.name) as caught:
            ready.recognise(path)
        assert caught.value.code == "no_feedback"
        refused += 1
    assert refused > 80


def test_every_ready_mapping_reads_and_writes_itself() -> None:
    names = [one.name for one in ready.ready_mappings()]
    assert len(set(names)) == len(names)
    for one in ready.ready_mappings():
        if one.mapping is not None:
            assert from_yaml(one.mapping.to_yaml()) == one.mapping
        assert one.documentation.startswith("https://")
    with pytest.raises(Refused, match="zendesk-tickets"):
        ready.ready_mapping("zendesk")


def test_a_person_can_read_it_differently_and_that_is_kept(ours: Company, exports: Path) -> None:
    path = exports / "zendesk" / "ticket_data.csv"
    proposed = services.choose_mapping(path, None, None)
    assert (proposed.ready, proposed.source) == ("zendesk-tickets", "zendesk")
    emit = proposed.emit[0].model_copy(update={"kind": "survey"})
    services.import_file(path, mapping=proposed.model_copy(update={"emit": (emit,)}))
    assert services.choose_mapping(path, None, None).emit[0].kind == "survey"
    # Another shape of the same source is read with its own ready mapping.
    comments = services.choose_mapping(exports / "zendesk" / "ticket_comment_data.csv", None, None)
    assert comments.ready == "zendesk-comments"


def test_a_ready_mapping_is_refused_where_it_does_not_fit(make_file: FileMaker) -> None:
    path = make_file("own.csv", "id,when,words\n1,2024-01-01,late\n")
    with pytest.raises(Refused, match=r"lacks .*Review Created"):
        ready.with_ready(path, "trustpilot")
    assert ready.recognise(path) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ideas.csv", "id,name,description\n1,Dark mode,Please add it to the app soon\n"),
        (
            "ideas.json",
            '[{"id": 1, "name": "A", "description": "Please add it", "votes": 3, "created_at": "2024-01-01"}]',
        ),
        (
            "people.json",
            '[{"id": 1, "text": "late", "user": {"name": "a", "email": "b", "role": "c", "organization_id": 1}}]',
        ),
        ("scores.csv", "id,name,rating\n1,Shop,4\n"),
    ],
)
def test_a_file_of_ones_own_is_not_taken_for_a_known_one(make_file: FileMaker, name: str, content: str) -> None:
    assert ready.recognise(make_file(name, content)) is None


def test_the_page_says_what_a_file_looks_like_and_lets_one_choose(
    ours: Company, analyst: Person, exports: Path
) -> None:
    client = Client()
    client.force_login(analyst)
    content = (exports / "zendesk" / "ticket_data.csv").read_bytes()
    answer = client.post("/imports", {"file": SimpleUploadedFile("export.csv", content)})
    page = answer["Location"]
    shown = client.get(page).content.decode()
    assert "This looks like Zendesk tickets." in shown
    assert 'value="zendesk"' in shown or "source: zendesk" in shown
    # One that does not fit says what the file lacks, and changes nothing.
    refused = client.post(f"{page}/mapping", {"ready": "trustpilot"})
    assert refused.status_code == 400
    assert "does not look like Trustpilot reviews" in refused.content.decode()
    chosen = client.post(f"{page}/mapping", {"ready": "nps"})
    assert chosen.status_code in (200, 400)
    again = client.post(f"{page}/mapping", {"ready": "zendesk-tickets"})
    assert again.status_code == 200
    assert "This looks like Zendesk tickets." in again.content.decode()
    users = SimpleUploadedFile("users.json", (exports / "zendesk" / "users.json").read_bytes())
    nothing = client.post("/imports", {"file": users})
    listed = client.get("/api/v1/ready-mappings").json()
    assert [one["name"] for one in listed] == [one.name for one in ready.ready_mappings()]
    assert (nothing.status_code, "in which customers say nothing" in nothing.content.decode()) == (400, True)


def test_the_command_lists_and_takes_ready_mappings(ours: Company, exports: Path) -> None:
    listed = CliRunner().invoke(mappings_command)
    assert listed.exit_code == 0
    assert all(one.name in listed.output for one in ready.ready_mappings())
    path = str(exports / "zendesk" / "ticket_data.csv")
    taken = CliRunner().invoke(import_command, [path, "--ready", "zendesk-tickets", "--json", "--no-wait"])
    assert json.loads(taken.output)["accepted"] == 8
    with pytest.raises(Refused, match="There is no ready mapping zendesk"):
        CliRunner().invoke(import_command, [path, "--ready", "zendesk"], catch_exceptions=False)


def test_the_same_tools_other_format_is_not_read_with_the_mapping_kept_for_one(ours: Company, exports: Path) -> None:
    assert services.import_file(exports / "zendesk" / "ticket_data.csv").accepted == 8
    outcome = services.import_file(exports / "zendesk" / "tickets.json")
    assert (outcome.accepted, outcome.set_aside) == (200, 0)
    again = services.import_file(exports / "zendesk" / "ticket_data.csv")
    assert (again.accepted, again.repeated) == (0, 8)
