"""Mails that come back: read in the shapes that servers write, counted once, and believed only with our own token."""

import socket
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st

from headwater.base import worker
from headwater.base.models import Company, HistoryEntry, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Refused
from headwater.listening.commands import bounces_command
from headwater.listening.models import Addressee, Contact, Invitation, Mailing
from headwater.listening.surveys import addressees, bounces, mailing_work, mailings
from headwater.listening.surveys.bounce_rules import is_hard, report_of
from headwater.listening.surveys.bounces import Read
from headwater.listening.surveys.funnel import funnel
from tests.listening.mail_sink import Sink, a_survey, sink, some_addressees
from tests.listening.test_mailings import started

__all__ = ["sink"]
TOKEN = "dGhpcy1pcy1hLXRva2Vu"
HEADERS = (
    f"From: Ours <surveys@ours.example>\nTo: c0@example.com\nList-Unsubscribe:\n <https://ours.example/u/{TOKEN}>\n"
)

POSTFIX = """Return-Path: <>
From: MAILER-DAEMON@mx.ours.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: surveys@ours.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="B1.1700000000/mx.ours.example"

--B1.1700000000/mx.ours.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.ours.example.

I'm sorry to have to inform you that your message could not be delivered to one or more recipients.

--B1.1700000000/mx.ours.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.ours.example
X-Postfix-Queue-ID: 4Rv0q31xZz
Arrival-Date: Mon,  2 Mar 2026 09:00:00 +0000 (UTC)

Final-Recipient: rfc822; c0@example.com
Original-Recipient: rfc822;c0@example.com
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; {diagnostic}

--B1.1700000000/mx.ours.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

{headers}
--B1.1700000000/mx.ours.example--
"""
# RFC 3464, appendix E.1, with the original message of E.1 given back whole.
WHOLE = """Return-Path: <>
From: Mail Delivery Subsystem <MAILER-DAEMON@CS.UTK.EDU>
Message-Id: <199407072116.RAA14128@CS.UTK.EDU>
Subject: Returned mail: Cannot send message for 5 days
To: <owner-info-mime@cs.utk.edu>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
      boundary="RAA14128.773615765/CS.UTK.EDU"

--RAA14128.773615765/CS.UTK.EDU

The original message was received at Sat, 2 Jul 1994 17:10:28 -0400

--RAA14128.773615765/CS.UTK.EDU
content-type: message/delivery-status

Reporting-MTA: dns; cs.utk.edu

Original-Recipient: rfc822;louisl@larry.slip.umd.edu
Final-Recipient: rfc822;louisl@larry.slip.umd.edu
Action: failed
Status: 4.0.0
Diagnostic-Code: smtp; 426 connection timed out
Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400

--RAA14128.773615765/CS.UTK.EDU
content-type: message/rfc822

{headers}
Hello,

--RAA14128.773615765/CS.UTK.EDU--
"""
QMAIL = """Return-Path: <>
From: MAILER-DAEMON@mail.ours.example
To: surveys@ours.example
Subject: failure notice

Hi. This is the qmail-send program at mail.ours.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<c0@example.com>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 <c0@example.com>: Recipient address rejected: User unknown

--- Below this line is a copy of the message.

{headers}
"""
EXIM = """Return-path: <>
X-Failed-Recipients: c0@example.com
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mail.ours.example>
To: surveys@ours.example
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

  c0@example.com
    SMTP error from remote mail server after RCPT TO:<c0@example.com>:
    host mx.example.com [192.0.2.1]: 550 No such user here

------ This is a copy of the message, including all the headers. ------

{headers}
"""


def postfix(
    action: str = "failed", status: str = "5.1.1", diagnostic: str = "550 5.1.1 no such user", **more: str
) -> bytes:
    text = POSTFIX.format(action=action, status=status, diagnostic=diagnostic, headers=more.get("headers", HEADERS))
    return text.replace("\n", "\r\n").encode()


def of(text: str, headers: str = HEADERS) -> bytes:
    return text.format(headers=headers).encode()


@pytest.mark.parametrize(
    ("content", "status", "is_hard"),
    [
        (postfix(), "5.1.1", True),
        (postfix(status="5.0.0", diagnostic="550-5.1.1 The account does not exist"), "5.1.1", True),
        (postfix(status="5.2.2", diagnostic="552 5.2.2 mailbox full"), "5.2.2", False),
        (postfix(status="5.7.1", diagnostic="554 5.7.1 blocked by reputation"), "5.7.1", False),
        (postfix("delayed", "4.4.1", "connect to mx.example.com: timed out"), "4.4.1", False),
        (of(WHOLE), "4.0.0", False),
        (of(QMAIL), "5.1.1", True),
        (of(EXIM), "5.0.0", True),
    ],
)
def test_a_report_is_read_as_servers_write_it(content: bytes, status: str, is_hard: bool) -> None:
    found = report_of(content)
    assert found is not None
    assert (found.token, found.status, found.is_hard) == (TOKEN, status, is_hard)


def out_of_office() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Auto-Submitted"] = "c0@example.com", "auto-replied"
    mail.set_content(f"I am away. You wrote: https://ours.example/u/{TOKEN} 5.1.1")
    return bytes(mail)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        out_of_office(),
        postfix(headers="From: someone@else.example\n"),
        postfix("delivered", "2.0.0", ""),
        postfix("relayed", "2.0.0", ""),
        of(EXIM, headers="From: someone@else.example\n"),
    ],
)
def test_what_reports_nothing_of_ours_is_no_report(content: bytes) -> None:
    assert report_of(content) is None


@given(st.binary(max_size=300), st.integers(0, 900))
def test_nothing_that_comes_breaks_the_reading(noise: bytes, place: int) -> None:
    whole = postfix()
    found = report_of(whole[:place] + noise + whole[place:])
    assert found is None or found.is_hard in (True, False)


@given(st.tuples(st.integers(4, 5), st.integers(0, 7), st.integers(0, 30)))
def test_only_a_permanent_status_of_the_address_is_hard(status: tuple[int, int, int]) -> None:
    kind, subject, _detail = status
    if is_hard(".".join(map(str, status))):
        assert (kind, subject) in ((5, 0), (5, 1), (5, 2), (5, 4), (5, 5))


def sent_to(count: int) -> Mailing:
    some_addressees(count)
    mailing = started(a_survey())
    mailing_work.work()
    worker.run_due()
    return mailing


def came_back(sink: Sink, address: str, make: Callable[..., bytes] = postfix, **said: str) -> bytes:
    """The report of a mail that really left."""
    mail = sink.to(address)
    headers = "".join(f"{name}: {mail[name]}\n" for name in ("From", "To", "Subject", "List-Unsubscribe"))
    return make(**said, headers=headers)


def test_who_cannot_be_reached_is_asked_no_more_by_mail(ours: Company, sink: Sink) -> None:
    mailing = sent_to(3)
    reports = [came_back(sink, "c0@example.com"), came_back(sink, "c1@example.com", status="4.2.2", diagnostic="full")]
    assert bounces.read(None, [*reports, b"hello"]) == Read(hard=1, soft=1, other=1)
    assert bounces.read(None, reports) == Read(known=2)
    states = dict(Invitation.objects.values_list("customer_id", "state"))
    assert states == {"c0": "failed", "c1": "sent", "c2": "sent"}
    assert dict(funnel(mailing.survey, anonymous=False).losses)["failed"] == 1
    assert dict(Addressee.objects.values_list("customer_id", "soft_bounces")) == {"c0": 0, "c1": 1, "c2": 0}
    assert set(Contact.objects.values_list("customer_id", flat=True)) == {"c1", "c2"}
    assert addressees.counts(None).bounced == 1
    assert HistoryEntry.objects.get(code="mailing.bounced").data == {"hard": 1, "soft": 1}
    Contact.objects.all().delete()
    again = started(a_survey(name="another"))
    assert mailings.progress_of(again).left_out == {"undeliverable": 1}


@pytest.mark.parametrize("token", ["-abcdefghijklmnopqrstu-", "_bcdefghijklmnopqrstuv_", "abcdefghijklmnopqrstuvw-"])
def test_a_token_is_read_to_its_end(token: str) -> None:
    found = report_of(postfix(headers=f"List-Unsubscribe: <https://ours.example/u/{token}>"))
    assert found is not None
    assert found.token == token


@pytest.mark.parametrize(
    "words",
    ["Your message is held for review by a moderator.", "Warning: message delayed 24 hours, no action is required."],
)
def test_a_notice_without_a_status_is_no_hard_one(words: str) -> None:
    head = "Return-Path: <>\r\nFrom: Postmaster <postmaster@example.com>\r\nContent-Type: text/plain\r\n\r\n"
    back = f"{words}\r\n\r\nhttps://ours.example/u/abcdefghijklmnopqrstuvwx\r\n"
    found = report_of((head + back).encode())
    assert found is not None
    assert not found.is_hard


def test_a_mail_that_the_parser_stumbles_over_or_would_not_end_reports_nothing() -> None:
    assert report_of(b"Content-Type: multipart/mixed; boundary*=a; boundary*0=b\r\n\r\nhello") is None
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(400))
    assert report_of(nested + b"x\r\n" * 100_000) is None


def test_another_address_begins_anew_and_the_same_does_not(ours: Company, sink: Sink) -> None:
    sent_to(2)
    report = came_back(sink, "c0@example.com")
    bounces.read(None, [report])
    same = {"customer_id": "c0", "email": "c0@example.com", "name": "Other"}
    addressees.receive(None, [same])
    assert Addressee.objects.get(customer_id="c0").bounced_at is not None
    addressees.receive(None, [{**same, "email": "new@example.com"}])
    assert Addressee.objects.get(customer_id="c0").bounced_at is None
    # A report about the address before says nothing of the new one.
    addressees.receive(None, [{"customer_id": "c1", "email": "new1@example.com"}])
    assert bounces.read(None, [came_back(sink, "c1@example.com")]) == Read(hard=1)
    assert Addressee.objects.get(customer_id="c1").bounced_at is None


def test_whoever_answered_has_answered(ours: Company, sink: Sink) -> None:
    sent_to(1)
    Invitation.objects.update(state=Invitation.State.SPENT)
    bounces.read(None, [came_back(sink, "c0@example.com")])
    assert Invitation.objects.get().state == Invitation.State.SPENT
    assert Contact.objects.count() == 1


def test_a_stranger_blocks_nobody(ours: Company, sink: Sink, employee: Person) -> None:
    sent_to(1)
    assert bounces.read(None, [postfix(), of(QMAIL)]) == Read(other=2)
    assert Addressee.objects.get().bounced_at is None
    with pytest.raises(NotAllowed):
        bounces.read(employee, [])


def test_files_folders_and_pipes_are_read(ours: Company, sink: Sink, tmp_path: Path) -> None:
    sent_to(3)
    first, second, third = (came_back(sink, f"c{n}@example.com").replace(b"\r\n", b"\n") for n in range(3))
    box = tmp_path / "mails" / "bounces.mbox"
    box.parent.mkdir()
    line = b"From MAILER-DAEMON Mon Mar  2 09:00:00 2026\n"
    box.write_bytes(line + first + b"\n" + line + b"Subject: spam\n\nbuy\n")
    (tmp_path / "mails" / "new").mkdir()
    (tmp_path / "mails" / "new" / "1700000000.M1.host").write_bytes(second)
    run = CliRunner()
    told = run.invoke(bounces_command, [str(box.parent)])
    assert told.output == "2 came back for good, 0 for the time being\n0 known already, 1 about no invitation\n"
    assert run.invoke(bounces_command, ["-"], input=third).output.startswith("1 came back for good")
    with pytest.raises(Refused, match="cannot be read"):
        list(bounces.messages_of(tmp_path / "nothing"))
    with pytest.raises(Refused, match="HEADWATER_BOUNCES"):
        run.invoke(bounces_command, [], catch_exceptions=False)


class Imap(threading.Thread):
    """As much of a server of RFC 3501 as is spoken with: one folder, its messages, which of them are seen."""

    def __init__(self, messages: list[bytes]) -> None:
        super().__init__(daemon=True)
        self.messages, self.seen, self.folders = messages, set[int](), list[str]()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                connection, _address = self.server.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as wire:
                wire.write(b"* OK ready\r\n")
                wire.flush()
                for line in wire:
                    tag, command = line.decode().strip().split(" ", 1)
                    for part in self._answers(command):
                        wire.write(part)
                    verdict = "NO wrong password" if "wrong" in command and "LOGIN" in command else "OK done"
                    wire.write(f"{tag} {verdict}\r\n".encode())
                    wire.flush()

    def _answers(self, command: str) -> Iterator[bytes]:
        words = command.split()
        if words[0] == "CAPABILITY":
            yield b"* CAPABILITY IMAP4rev1\r\n"
        elif words[0] == "SELECT":
            self.folders.append(command.removeprefix("SELECT "))
            yield b"* %d EXISTS\r\n" % len(self.messages)
        elif words[:2] == ["UID", "SEARCH"]:
            unseen = [str(uid) for uid in range(1, len(self.messages) + 1) if uid not in self.seen]
            yield f"* SEARCH {' '.join(unseen)}\r\n".encode()
        elif words[:2] == ["UID", "FETCH"]:
            content = self.messages[int(words[2]) - 1]
            yield b"* 1 FETCH (UID %s BODY[]<0> {%d}\r\n%s)\r\n" % (words[2].encode(), len(content), content)
        elif words[:2] == ["UID", "STORE"]:
            self.seen.add(int(words[2]))


def test_a_mailbox_is_read_once_and_nothing_in_it_deleted(ours: Company, sink: Sink, settings: LazySettings) -> None:
    sent_to(2)
    server = Imap([b"Subject: hello\r\n\r\nhow are you\r\n", came_back(sink, "c1@example.com")])
    server.start()
    settings.BOUNCES_MAILBOX = f"imap://us%40ours.example:secret@127.0.0.1:{server.port}/Mails%20back?tls=0"
    assert bounces.read_mailbox() == Read(hard=1, other=1)
    assert (server.seen, server.folders) == ({1, 2}, ['"Mails back"'])
    assert bounces.read_mailbox() == Read()
    settings.BOUNCES_MAILBOX = f"imap://us:wrong@127.0.0.1:{server.port}/?tls=0"
    with pytest.raises(Refused, match="wrong password") as refused:
        bounces.read_mailbox()
    assert "us:wrong" not in refused.value.message
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        closed = nobody.getsockname()[1]
    settings.BOUNCES_MAILBOX = f"imaps://us:secret@127.0.0.1:{closed}"
    with pytest.raises(Refused, match="is away"):
        bounces.read_mailbox()
