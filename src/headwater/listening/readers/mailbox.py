"""Reads mail: a mailbox (mbox) or one message, each message a row with its plain text.

Everything in a message is a stranger's: its size, its parts and how deeply they nest are bounded, a character set that
is not what it claims is told by the bytes, and attachments are counted and never opened.
"""

import codecs
import email
import io
import re
from collections.abc import Iterator
from datetime import UTC
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from hashlib import blake2b
from itertools import islice
from pathlib import Path

import numpy as np

from headwater.listening.mail_text import plain_text
from headwater.listening.mapping import FileOptions
from headwater.listening.readers.encodings import sniff_encoding
from headwater.listening.readers.rows import Question, Rows, UnreadableRow, text_table
from headwater.listening.readers.unpack import Unpacked

COLUMNS = (
    "message_id", "thread_id", "in_reply_to", "date", "from_address", "from_name", "from_domain", "to", "subject",
    "text", "language", "list_id", "automatic", "attachments",
)  # fmt: skip
MAX_MESSAGE = 25 << 20
MAX_HEADERS = 256 << 10
MAX_HEADER = 10_000
MAX_PARTS = 500
MAX_BOUNDARIES = 100
MAX_DELIMITERS = 5_000
MAX_PART_TEXT = 2 << 20
MAX_LINE = 1 << 20
MAX_REFERENCES = 200
ROWS_AT_ONCE = 2_000

SEPARATOR = re.compile(rb"From \S.*\d{4}\s*$|From \S+@\S+")
HEADER_LINE = re.compile(rb"(?i)^(path|return-path|received|message-id|delivered-to|mime-version|from|to|subject|date|"
                         rb"newsgroups|reply-to|references|in-reply-to|x-[\w-]+|content-[\w-]+|sender|organization|"
                         rb"lines|user-agent|dkim-signature|authentication-results|cc|list-[\w-]+):")  # fmt: skip
ID = re.compile(r"<[^<>\s]{1,900}>")
ROBOTS = re.compile(r"^(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounce[\w.+=-]*)(?:@|$)", re.I)
PREFIXES = re.compile(r"^(?:\s*(?:re|aw|sv|antw|fwd?|wg|tr|rv|res|odp|回复|转发)\s*(?:\[\d+\])?\s*[:：])+\s*", re.I)


def is_mailbox(sample: bytes) -> bool:
    """Whether bytes begin as an mbox, or as one message with at least three headers that mails have."""
    lines = sample.lstrip(b"\xef\xbb\xbf\r\n").split(b"\n", 60)
    if len(lines) > 1 and SEPARATOR.match(lines[0]) and re.match(rb"[\w-]+:", lines[1]):
        return True
    known: set[bytes] = set()
    for line in lines[:60]:
        found = HEADER_LINE.match(line)
        if found:
            known.add(found[1].lower())
        elif not line.strip() or not (line[:1] in b" \t" or re.match(rb"[\w.-]+:", line)):
            break
    return len(known) >= 3 and bool(known & {b"from", b"message-id", b"received", b"return-path"})


class MailboxReader:
    """One open mailbox. See `Reader`."""

    def __init__(self, path: Path, options: FileOptions) -> None:
        self._path = path
        self._options = options.model_copy(update={"format": "mailbox"})
        self._source = Unpacked(path)
        self._roots: dict[str, str] = {}

    @property
    def options(self) -> FileOptions:
        return self._options

    @property
    def columns(self) -> tuple[str, ...]:
        return COLUMNS

    @property
    def questions(self) -> dict[str, Question]:
        return {}

    def position(self) -> int:
        return self._source.position()

    def close(self) -> None:
        self._source.close()

    def batches(self) -> Iterator[Rows]:
        messages = enumerate(raw_messages(io.BufferedReader(self._source, 1 << 20)), start=1)
        while block := list(islice(messages, ROWS_AT_ONCE)):
            rows: list[list[str | None]] = []
            numbers: list[int] = []
            unreadable: list[UnreadableRow] = []
            for number, raw in block:
                read = self._read(raw)
                if isinstance(read, str):
                    shown = {"message": raw[:500].decode("utf-8", "replace")}
                    unreadable.append(UnreadableRow(number, "bad_mail", f"Message {number}: {read}", shown))
                else:
                    rows.append([read[name] for name in COLUMNS])
                    numbers.append(number)
            yield Rows(text_table(COLUMNS, rows), np.asarray(numbers, np.int64), tuple(unreadable))

    def _read(self, raw: bytes) -> dict[str, str | None] | str:
        """One message as a row, or why it cannot be one."""
        end = re.search(rb"\r?\n\r?\n", raw[: MAX_HEADERS + 4])
        if end is None and len(raw) > MAX_HEADERS:
            return f"its headers are longer than {MAX_HEADERS >> 10} kB; no mail program writes that."
        boundaries = raw.lower().count(b"boundary=")
        if boundaries > MAX_BOUNDARIES:
            return f"it has more than {MAX_BOUNDARIES} parts within parts; it is not opened."
        if boundaries and raw.count(b"\n--") > MAX_DELIMITERS:
            return f"it has more than {MAX_DELIMITERS:,} parts; it is not opened."
        try:
            return self._row(email.message_from_bytes(raw), raw)
        except RecursionError:
            return "its parts are nested too deeply; it is not opened."

    def _row(self, message: Message, raw: bytes) -> dict[str, str | None]:
        text, attachments = body_of(message)
        name, address = _sender(message)
        own = _first_id(_header(message, "Message-ID")) or f"<{blake2b(raw, digest_size=16).hexdigest()}@content>"
        parent = _first_id(_header(message, "In-Reply-To"))
        references = ID.findall(_header(message, "References"))[:MAX_REFERENCES]
        address = address.strip().lower()
        return {
            "message_id": own,
            "thread_id": self._root(own, references, parent),
            "in_reply_to": parent or None,
            "date": _date(message),
            "from_address": address or None,
            "from_name": name.strip() or None,
            "from_domain": address.rpartition("@")[2] or None,
            "to": _header(message, "To") or None,
            "subject": PREFIXES.sub("", _header(message, "Subject")) or None,
            "text": text or None,
            "language": _header(message, "Content-Language").split(",")[0].strip() or None,
            "list_id": _header(message, "List-Id") or None,
            "automatic": "true" if is_automatic(message, address) else "false",
            "attachments": str(attachments),
        }

    def _root(self, own: str, references: list[str], parent: str) -> str:
        """The message with which the conversation began, as far as the mails name it."""
        before = references[0] if references else parent
        root = self._roots.get(before, before) if before else own
        self._roots[own] = root
        return root


def raw_messages(source: io.BufferedReader) -> Iterator[bytes]:
    """The messages of an mbox, each without what is beyond 25 MB; the whole file where it is one message."""
    held: list[bytes] = []
    size = 0
    blank = True
    while line := source.readline(MAX_LINE):
        if blank and SEPARATOR.match(line[:500]):
            if held:
                yield b"".join(held)
            held, size, blank = [], 0, False
            continue
        blank = not line.strip()
        if size < MAX_MESSAGE:
            # mboxrd: a line of the text that begins like a separator is quoted.
            held.append(line[1:] if re.match(rb">+From ", line) else line)
        size += len(line)
    if any(line.strip() for line in held):
        yield b"".join(held)


def body_of(message: Message) -> tuple[str, int]:
    """The text of a message (plain rather than HTML) and how many attachments it has; mails within mails are such."""
    plain: list[str] = []
    html: list[str] = []
    attachments = 0
    waiting = [message]
    seen = 0
    while waiting and seen < MAX_PARTS:
        part = waiting.pop()
        seen += 1
        kind = part.get_content_type()
        if kind == "message/rfc822" or "attachment" in str(part.get("Content-Disposition", ""))[:200].lower():
            attachments += 1
        elif part.is_multipart():
            payload = part.get_payload()
            inner = payload if isinstance(payload, list) else []
            waiting.extend(reversed([one for one in inner if isinstance(one, Message)]))
        elif kind == "text/plain":
            plain.append(_text(part))
        elif kind == "text/html":
            html.append(_text(part))
        else:
            attachments += 1
    text = "\n".join(one for one in plain if one.strip())
    return text or plain_text("\n".join(html)).strip(), attachments


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload[:MAX_PART_TEXT] if isinstance(payload, bytes) else b""
    return decoded(raw, str(part.get_content_charset(failobj="") or "")).replace("\r\n", "\n").replace("\x00", "")


def decoded(raw: bytes, charset: str) -> str:
    """Bytes as text: by the character set they claim where they are of it, else by what they look like."""
    for name in (charset, "utf-8"):
        try:
            if name and codecs.lookup(name)._is_text_encoding:
                return raw.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    try:
        return raw.decode(sniff_encoding(raw), "replace")
    except (LookupError, ValueError):
        return raw.decode("cp1252", "replace")


def _header(message: Message, name: str) -> str:
    """A header in one line, its encoded words decoded."""
    value = str(message.get(name, ""))[:MAX_HEADER]
    try:
        parts = decode_header(value)
    except (HeaderParseError, ValueError, UnicodeError):
        parts = [(value, None)]
    text = "".join(decoded(one, charset or "") if isinstance(one, bytes) else one for one, charset in parts[:200])
    return " ".join(text.encode("utf-8", "replace").decode().replace("\x00", "").split())


def _sender(message: Message) -> tuple[str, str]:
    """The name and address of who wrote it, empty where they are written to do harm."""
    try:
        return parseaddr(_header(message, "From")[:MAX_HEADER])
    except RecursionError:
        return "", ""


def _first_id(text: str) -> str:
    found = ID.search(text)
    return found[0] if found else ""


def _date(message: Message) -> str | None:
    """When it was sent, in UTC; a date without a zone is UTC, as RFC 5322 says of “-0000”."""
    for text in (_header(message, "Date"), _header(message, "Received").rpartition(";")[2]):
        try:
            at = parsedate_to_datetime(text)
        except (TypeError, ValueError, OverflowError, IndexError):
            continue
        try:
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (OverflowError, ValueError):
            continue
    return None


def is_automatic(message: Message, address: str) -> bool:
    """Whether a program sent it by itself: bounces, receipts, answers out of office, newsletters (RFC 3834)."""
    submitted = _header(message, "Auto-Submitted").lower()
    precedence = _header(message, "Precedence").lower()
    return (
        (submitted not in ("", "no"))
        or precedence in ("bulk", "junk", "list", "auto_reply")
        or message.get_content_type() in ("multipart/report", "message/delivery-status")
        or _header(message, "Return-Path") == "<>"
        or bool(message.get("X-Autoreply") or message.get("X-Autorespond") or message.get("X-Failed-Recipients"))
        or bool(ROBOTS.match(address))
    )
