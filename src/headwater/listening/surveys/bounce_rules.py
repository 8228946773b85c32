"""What a delivery report says (RFC 3464, with the statuses of RFC 3463): pure, and sure of nothing that it is told.

Everything in a report is a stranger's. A report counts only where it gives back the token of an invitation, which
nobody has but who was sent the mail: an address alone, which anybody can write into a mail, blocks nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES: Final = 1_000_000
MOST_PARTS: Final = 50
MOST_BOUNDARIES: Final = 20
MOST_RECIPIENTS: Final = 20
STATUS: Final = re.compile(r"\b([45])\.(\d{1,3})\.(\d{1,3})\b")
REPLY: Final = re.compile(r"\b([45])[0-5]\d[ -]")
"""A reply of SMTP (RFC 5321, 4.2) where a server says no status."""
TOKEN: Final = re.compile(r"/[us]/([A-Za-z0-9_-]{16,64})(?![A-Za-z0-9_-])")
SENDERS: Final = re.compile(r"(?i)\b(?:mailer-daemon|postmaster|mail delivery (?:sub)?system)\b")
UNKNOWN: Final = "5.0.0"


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one mail: ``token`` is its invitation's, ``status`` of RFC 3463; ``is_hard``: the address takes
    no mail for good."""

    token: str
    status: str
    is_hard: bool


def report_of(content: bytes) -> Report | None:
    """The failure or delay that a message reports of one of our invitations; None where it reports neither.

    Read are multipart/report messages, and the plain texts of servers that send none (qmail's, older Exim's), which
    both return the mail or its headers.
    """
    if content[:MOST_BYTES].lower().count(b"boundary") > MOST_BOUNDARIES:
        return None  # each line would be held against each of them
    try:
        message = message_from_bytes(content[:MOST_BYTES], policy=policy.compat32)
        parts = list(islice(message.walk(), MOST_PARTS))
        statuses = list(islice(_of_recipients(parts), MOST_RECIPIENTS))
        if not statuses and not _is_from_a_server(message):
            return None
        token = _token(parts)
    except Exception:  # a stranger's mail: whatever the parser stumbles over, it reports nothing that is read here
        return None
    if token is None:
        return None
    if not statuses:
        # What follows the first text is the mail that comes back, whose numbers say nothing.
        text = next((_text(part) for part in parts if part.get_content_type() == "text/plain"), "")
        is_final = message.get("X-Failed-Recipients") is not None
        statuses = [("failed", _status(text, action="failed" if is_final else "said"))]
    # Several recipients are one customer's forwards; the mail came through where it did not fail for all of them.
    failed = [status for action, status in statuses if action in ("failed", "delayed")]
    if len(failed) < len(statuses):
        return None
    action, status = statuses[0]
    return Report(token, status, action == "failed" and is_hard(status))


def is_hard(status: str) -> bool:
    """Whether a status says that the address itself takes no mail, rather than that this mail was not taken.

    Hard: the address or its domain is wrong (5.1), the mailbox is switched off (5.2.0, 5.2.1), no route leads there
    (5.4), and what is not said more closely (5.0.0, 5.5.0). A full mailbox, a mail too large, a system that is down and
    a refusal for policy or reputation (5.7) may be otherwise next time.
    """
    kind, subject, detail = (int(part) for part in status.split("."))
    if kind != 5:
        return False
    return subject in (1, 4) or (subject, detail) in ((0, 0), (2, 0), (2, 1), (5, 0))


def _of_recipients(parts: list[Message]) -> Iterator[tuple[str, str]]:
    """Action and status of each recipient of a delivery report."""
    for part in parts:
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        for fields in blocks if isinstance(blocks, list) else ():
            if not isinstance(fields, Message):
                continue
            action = str(fields.get("Action", "")).strip().lower()
            if action:
                yield action, _status(str(fields.get("Status", "")), str(fields.get("Diagnostic-Code", "")), action)


def _status(text: str, diagnostic: str = "", action: str = "failed") -> str:
    """The status in a text, the more exact one where the server it came from said one; by default what the action is.

    Some servers write 5.0.0, or the status of the last try (4.4.7), and leave what was said to the diagnostic.
    """
    found = [STATUS.search(one) for one in (text, diagnostic)]
    said = [one for one in found if one]
    exact = [one for one in said if int(one[2])]
    if one := next(iter(exact or said), None):
        return ".".join(str(int(part)) for part in one.groups())[:11]
    reply = REPLY.search(text) or REPLY.search(diagnostic)
    if reply:
        return f"{reply[1]}.0.0"
    return UNKNOWN if action == "failed" else "4.0.0"


def _is_from_a_server(message: Message) -> bool:
    if message.get("X-Failed-Recipients"):
        return True
    returned = str(message.get("Return-Path", "")).strip() == "<>"
    return returned and bool(SENDERS.search(str(message.get("From", ""))))


def _token(parts: list[Message]) -> str | None:
    """The token in the headers of the mail that is given back, else in what is given back of its words."""
    headers = [str(part.get("List-Unsubscribe", "")) for part in parts]
    texts = (_text(part) for part in parts if part.get_content_maintype() == "text")
    for text in (*headers, *texts):
        if found := TOKEN.search(text):
            return found[1]
    return None


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
