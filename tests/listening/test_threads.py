"""A conversation is one signal of the customer's words: agents' and private ones stay out, and growing counts once."""

import json
import random
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Company
from headwater.base.refusals import Refused
from headwater.listening import ready, services, threads
from headwater.listening.mapping import FileOptions, Thread
from headwater.listening.readers import mailbox, open_file
from headwater.listening.threads import Message, ThreadReader, said_in
from headwater.metrics.store import company_record
from tests.listening.conftest import FileMaker

AT = datetime(2024, 5, 1, 10, tzinfo=UTC)
MICROSECONDS = 1_000_000


def record_rows() -> list[dict[str, Any]]:
    return DeltaTable(company_record().root / "signals").to_pyarrow_table().to_pylist()


# --- the rule


def message(minute: int, role: threads.Role, body: str) -> Message:
    return Message(minute, minute * 60 * MICROSECONDS, role, body)


def test_the_customers_words_are_the_text_in_order() -> None:
    said = said_in(
        [
            message(1, "customer", "It broke.\n\n> old words"),
            message(2, "agent", "We are sorry"),
            message(3, "private", "he is angry"),
            message(4, "customer", "Still broken."),
            message(5, "other", "A bot speaks"),
        ],
        "Broken kettle",
    )
    assert said.text == "Broken kettle\n\nIt broke.\n\nStill broken."
    assert (said.customer_messages, said.agent_replies, said.private_notes) == (2, 1, 1)
    assert (said.at, said.last_at) == (60 * MICROSECONDS, 240 * MICROSECONDS)


def test_a_description_that_is_the_first_comment_is_said_once() -> None:
    said = said_in([message(1, "customer", "It broke."), message(2, "customer", " it  BROKE.")], "Kettle\nIt broke.")
    assert said.text == "Kettle\nIt broke."


@given(
    st.lists(
        st.tuples(st.sampled_from(["customer", "agent", "private", "other"]), st.text("ab", min_size=1)), max_size=8
    )
)
def test_nobody_elses_words_are_ever_the_customers(parts: list[tuple[threads.Role, str]]) -> None:
    messages = [message(place, role, f"{role} {place} {body}") for place, (role, body) in enumerate(parts)]
    said = said_in(messages)
    for one in messages:
        assert (one.body in said.text) == (one.role == "customer")


# --- files


def ticket(number: int, comments: list[tuple[int, str, bool]], **more: Any) -> dict[str, Any]:
    """A ticket as Zendesk's API writes it, with its comments: author, text, public."""
    return {
        "id": number, "requester_id": 7, "assignee_id": 1, "subject": "Kettle", "status": "open", "tags": ["a", "b"],
        "created_at": AT.isoformat(), "via": {"channel": "email"},
        "comments": [
            {"id": place, "author_id": author, "html_body": f"<p>{body}</p>", "public": public,
             "created_at": (AT + timedelta(hours=place)).isoformat()}
            for place, (author, body, public) in enumerate(comments)
        ],
        **more,
    }  # fmt: skip


def test_a_conversation_that_grows_is_a_revision_of_one_signal(ours: Company, make_file: FileMaker) -> None:
    first = [(7, "It broke.", True), (1, "Which one?", True)]
    more = [*first, (1, "He shouts.", False), (7, "The red one.", True)]
    outcome = services.import_file(make_file("t.json", json.dumps({"tickets": [ticket(1, first)]})))
    assert (outcome.accepted, outcome.set_aside) == (1, 0)
    grown = services.import_file(make_file("u.json", json.dumps({"tickets": [ticket(1, more)]})))
    assert (grown.accepted, grown.revised) == (0, 1)
    (row,) = record_rows()
    assert row["text"] == "Kettle\n\nIt broke.\n\nThe red one."
    assert (row["author"], row["customer_id"], row["channel"], row["conversation_id"]) == (
        "customer",
        "7",
        "email",
        "1",
    )
    attributes = dict(row["attributes"])
    assert (attributes["agent"], attributes["agent_replies"], attributes["tags"]) == ("1", "1", "a, b")
    assert "shouts" not in json.dumps(record_rows(), default=str)


def test_intercom_conversations_with_ratings(ours: Company, make_file: FileMaker) -> None:
    """As the documentation of Intercom's API shows them: notes, bots, colleagues and a rating."""

    def part(number: int, who: str, kind: str, body: str | None) -> dict[str, Any]:
        at = int(AT.timestamp()) + number * 60
        return {
            "id": str(number),
            "part_type": kind,
            "body": body,
            "created_at": at,
            "author": {"type": who, "id": "9"},
        }

    parts = [
        part(1, "bot", "comment", "<p>Hello, human</p>"), part(2, "user", "comment", "<p>It <b>broke</b>.</p>"),
        part(3, "admin", "note", "<p>secret</p>"), part(4, "admin", "comment", "<p>Sorry</p>"),
        part(5, "admin", "close", None),
    ]  # fmt: skip
    conversation = {
        "type": "conversation", "id": "55", "created_at": int(AT.timestamp()), "state": "closed", "priority": "x",
        "source": {"type": "email", "subject": "<p>Kettle</p>", "body": "<p>Hi there</p>",
                   "author": {"type": "user", "id": "u1"}},
        "contacts": {"contacts": [{"type": "contact", "id": "u1"}]}, "admin_assignee_id": 5,
        "tags": {"tags": [{"name": "hot"}, {"name": "new"}]},
        "conversation_rating": {"rating": 2, "remark": "too slow", "created_at": int(AT.timestamp()) + 999},
        "conversation_parts": {"conversation_parts": parts, "total_count": len(parts)},
    }  # fmt: skip
    outcome = services.import_file(make_file("c.json", json.dumps({"conversations": [conversation]})))
    assert (outcome.accepted, outcome.set_aside) == (2, 0)
    words, rating = sorted(record_rows(), key=lambda row: row["record_id"])
    assert words["text"] == "Kettle\nHi there\n\nIt broke."
    assert (words["customer_id"], words["occurred_at"]) == ("u1", AT.replace(tzinfo=None))
    attributes = dict(words["attributes"])
    assert (attributes["agent_replies"], attributes["tags"], attributes["status"]) == ("1", "hot, new", "closed")
    assert (rating["metric"], rating["score"], rating["scale"], rating["text"]) == ("csat", 2.0, "1-5", "too slow")


def test_freshdesk_tickets_with_their_conversations(
    ours: Company, exports_ticket: dict[str, Any], make_file: FileMaker
) -> None:
    said = [("The lid too.", True, False), ("We see.", False, False), ("A fool.", False, True)]
    exports_ticket["conversations"] = [
        {"body_text": body, "incoming": incoming, "private": private, "created_at": f"2016-05-2{place}T00:00:00Z"}
        for place, (body, incoming, private) in enumerate(said)
    ]
    assert services.import_file(make_file("f.json", json.dumps([exports_ticket]))).accepted == 1
    (row,) = record_rows()
    assert row["text"].splitlines()[-1] == "The lid too."
    assert dict(row["attributes"])["agent_replies"] == "1"
    assert "We see" not in row["text"]
    assert "fool" not in row["text"]


@pytest.fixture
def exports_ticket(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "data/export_formats/freshdesk/ticket_1.json").read_text())
    return found


def mbox(*mails: EmailMessage) -> bytes:
    return b"".join(b"From a@b.com Mon Jan  1 10:00:00 2024\n" + one.as_bytes() + b"\n\n" for one in mails)


def mail(number: int, sender: str, body: str, answers: int | None = None, **headers: str) -> EmailMessage:
    one = EmailMessage()
    one["From"], one["To"], one["Subject"] = sender, "help@shop.com", "Re: Kettle" if answers else "Kettle"
    one["Date"] = f"Mon, 1 Jan 2024 {10 + number}:00:00 +0200"
    one["Message-ID"] = f"<{number}@x>"
    if answers:
        one["References"] = one["In-Reply-To"] = f"<{answers}@x>"
    for name, value in headers.items():
        one[name.replace("_", "-")] = value
    one.set_content(body)
    return one


def test_a_mailbox_becomes_conversations(ours: Company, make_file: FileMaker) -> None:
    box = mbox(
        mail(1, "Erika <e@y.com>", "It broke.\n\nErika"),
        mail(2, "Help <help@shop.com>", "Which one?\n\n> It broke.", 1),
        mail(3, "Erika <E@y.com>", "The red one.\n\nOn Monday Help wrote:\n> Which one?", 2),
        mail(4, "news@z.com", "Buy now", Precedence="bulk"),
        mail(5, "MAILER-DAEMON@z.com", "undeliverable", 2),
        mail(6, "o@y.com", "", None),
    )
    outcome = services.import_file(make_file("box.mbox", box))
    assert (outcome.accepted, outcome.set_aside) == (2, 0)
    words, empty = sorted(record_rows(), key=lambda row: row["record_id"])
    assert words["text"] == "Kettle\n\nIt broke.\n\nThe red one."
    assert (words["customer_id"], words["conversation_id"], words["channel"]) == ("e@y.com", "<1@x>", "email")
    assert words["occurred_at"].isoformat() == "2024-01-01T09:00:00"
    assert empty["text"] == "Kettle"


def test_conversations_come_out_the_same_in_any_order(make_file: FileMaker) -> None:
    lines = [f"{c},{m},{'u' if m % 2 else 'agent'},2024-01-0{m + 1},c{c} m{m}" for c in range(6) for m in range(4)]
    thread = Thread.model_validate({"conversation": "c", "at": "at", "body": "text", "author_id": "who"})

    def texts(rows: list[str]) -> dict[str, str]:
        path = make_file("m.csv", "\n".join(["c,m,who,at,text", *rows]))
        reader = ThreadReader(open_file(path), thread, "UTC")
        return {row["c"]: row["thread.text"] for batch in reader.batches() for row in batch.table.to_pylist()}

    shuffled = list(lines)
    random.Random(3).shuffle(shuffled)
    assert texts(lines) == texts(shuffled)
    assert texts(lines)["2"] == "c2 m0\n\nc2 m2"  # whoever wrote first is the customer


def test_a_thread_says_which_column_it_lacks(make_file: FileMaker) -> None:
    thread = Thread.model_validate({"conversation": "ticket", "at": "at", "body": "text"})
    with pytest.raises(Refused, match="“ticket”"):
        ThreadReader(open_file(make_file("m.csv", "id,at,text\n1,2024-01-01,a\n")), thread, "UTC")


# --- mails made to do harm


def rows_of(make_file: FileMaker, raw: bytes) -> tuple[list[dict[str, Any]], list[str]]:
    reader = mailbox.MailboxReader(make_file("m.mbox", raw), FileOptions())
    batches = list(reader.batches())
    reader.close()
    return [row for one in batches for row in one.table.to_pylist()], [w.message for b in batches for w in b.unreadable]


START = b"From a@b.com Mon Jan  1 10:00:00 2024\nFrom: a@b.com\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n"


def nested(depth: int) -> bytes:
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(depth))
    return START + opened + b"Content-Type: text/plain\n\ndeep\n"


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (START + b"X-A: b\n" * 200_000 + b"\nwords\n", "headers are longer"),
        (nested(5_000), "more than 100 parts"),
        (START + b'Content-Type: multipart/mixed; boundary="x"\n\n' + b"--x\n\n\n" * 50_000, "more than 5,000 parts"),
    ],
    ids=["headers", "nesting", "parts"],
)
def test_a_message_that_is_none_is_set_aside(make_file: FileMaker, raw: bytes, told: str) -> None:
    rows, refused = rows_of(make_file, raw + b"\n\n" + START + b"\nIt broke.\n")
    assert [row["text"].strip() for row in rows] == ["It broke."]
    assert len(refused) == 1
    assert told in refused[0]


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        (b"Content-Type: text/plain; charset=us-ascii\n\n", "Grüße".encode(), "Grüße"),
        (
            b"Content-Type: text/plain; charset=utf-8\n\n",
            "Grüße, es ist kaputt".encode("cp1252"),
            "Grüße, es ist kaputt",
        ),
        (b"Content-Type: text/plain; charset=nonsense\n\n", b"plain", "plain"),
        (b"Content-Type: text/plain; charset=zip\n\n", b"plain", "plain"),
        (b"Content-Type: text/html\n\n", b"<p>It <i>broke</i></p>", "It broke"),
        (b"Content-Transfer-Encoding: base64\n\n", b"!!!not base64", None),
    ],
)
def test_a_character_set_that_lies_is_read_by_its_bytes(
    make_file: FileMaker, head: bytes, body: bytes, text: str | None
) -> None:
    rows, refused = rows_of(make_file, START + head + body + b"\n")
    assert not refused
    if text is not None:
        assert rows[0]["text"].strip() == text


def test_attachments_are_counted_and_not_opened(make_file: FileMaker) -> None:
    one = mail(1, "a@b.com", "It broke.")
    one.add_attachment(b"PK\x03\x04" * 1000, maintype="application", subtype="zip", filename="bomb.zip")
    one.add_attachment("inner words", filename="note.txt")
    inner = mail(2, "c@d.com", "a mail within")
    one.add_attachment(inner)
    rows, refused = rows_of(make_file, mbox(one))
    assert not refused
    assert (rows[0]["text"].strip(), rows[0]["attachments"]) == ("It broke.", "3")


@pytest.mark.parametrize(
    "header",
    [
        b"Subject: " + b"=?utf-8?b?4pyT?= " * 10_000,
        b"Subject: =?x?q?" + b"=" * 9_000 + b"?=",
        b"From: " + b"(" * 30_000,
        b"From: \xff\xfe\x00<a@b>",
        b"Date: Mon, 99 Foo 99999999 99:99:99 +9999",
        b"References: " + b"<a@b> " * 20_000,
    ],
    ids=["words", "broken word", "brackets", "bytes", "date", "references"],
)
def test_hostile_headers_are_read_or_left_empty(make_file: FileMaker, header: bytes) -> None:
    raw = b"From a@b.com Mon Jan  1 10:00:00 2024\n" + header + b"\nTo: x@y.z\nSubject: s\n\nIt broke.\n"
    rows, refused = rows_of(make_file, raw)
    assert len(rows) == 1
    assert not refused
    assert rows[0]["text"].strip() == "It broke."


def test_a_mailbox_is_known_by_its_first_lines(make_file: FileMaker) -> None:
    assert ready.recognise(make_file("a.mbox", START + b"Subject: Late\n\nwords\n")).ready.name == "mailbox"  # type: ignore[union-attr]
    with pytest.raises(Refused, match="XML"):
        ready.recognise(make_file("b.xml", "<?xml version='1.0'?><reviews><review>Late</review></reviews>"))
