"""Conversations: rows that are messages become one row each conversation, the customer's words apart from the agents'.

A conversation is one signal. Its text is what the customer said, first contact first; what agents answered is counted
and not kept, and private notes are counted and not even read. When the conversation grows, the same signal comes again
with more words, which is a revision, and counts once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.base.refusals import Refused
from headwater.listening import times
from headwater.listening.cells import cells, holds
from headwater.listening.mail_text import words_of
from headwater.listening.mapping import ColumnField, FileOptions, Thread
from headwater.listening.readers.rows import Question, Reader, Rows, UnreadableRow, rows_at_once

MAX_MESSAGES = 5_000_000
MAX_BYTES = 2 << 30
MAX_TEXT = 100_000
TEXT, CUSTOMER, AT, LAST_AT = "thread.text", "thread.customer", "thread.at", "thread.last_at"
CUSTOMER_MESSAGES, AGENT_REPLIES, PRIVATE_NOTES = (
    "thread.customer_messages",
    "thread.agent_replies",
    "thread.private_notes",
)
MADE = (TEXT, CUSTOMER, AT, LAST_AT, CUSTOMER_MESSAGES, AGENT_REPLIES, PRIVATE_NOTES)

Role = Literal["customer", "agent", "other", "private", "left out"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation; `at` is in UTC, None where it has no time that can be read."""

    row: int
    at: int | None
    role: Role
    body: str
    sender: str = ""
    author_id: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a conversation comes to. Times are microseconds since 1970 in UTC."""

    text: str
    customer: str | None
    at: int | None
    last_at: int | None
    customer_messages: int
    agent_replies: int
    private_notes: int


def said_in(messages: list[Message], opening: str = "", *, mail: bool = True) -> Said:
    """The customer's words of messages in order of time; the same words twice are said once."""
    parts: list[str] = [opening] if opening.strip() else []
    known = {_plain(line) for line in (opening, *opening.split("\n", 1)[1:])} if opening else set()
    known.discard("")
    customer = [one for one in messages if one.role == "customer"]
    for one in customer:
        words = words_of(one.body, sender=one.sender) if mail else one.body.strip()
        if words and _plain(words) not in known:
            known.add(_plain(words))
            parts.append(words)
    spoken = [one.at for one in customer if one.at is not None]
    return Said(
        "\n\n".join(parts)[:MAX_TEXT],
        next((one.author_id for one in customer if one.author_id), None),
        min(spoken, default=None),
        max(spoken, default=None),
        len(customer),
        sum(one.role == "agent" for one in messages),
        sum(one.role == "private" for one in messages),
    )


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


class ThreadReader:
    """The conversations of another reader's messages. See `Reader`."""

    def __init__(self, messages: Reader, thread: Thread, zone: str) -> None:
        self._messages, self._thread, self._zone = messages, thread, zone
        missing = sorted(set(thread.columns) - set(messages.columns))
        if missing and messages.options.format not in ("json", "jsonl"):
            messages.close()
            raise Refused(
                "column_missing",
                f"The conversations are read from the column “{missing[0]}”, which the file does not have; "
                f"it has {', '.join(messages.columns[:30])}.",
                field="mapping",
            )

    @property
    def options(self) -> FileOptions:
        return self._messages.options

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self._messages.columns, *MADE)

    @property
    def questions(self) -> dict[str, Question]:
        return self._messages.questions

    def position(self) -> int:
        return self._messages.position()

    def close(self) -> None:
        self._messages.close()

    def batches(self) -> Iterator[Rows]:
        table, numbers, unreadable = self._all()
        if not len(table):
            if unreadable:
                yield Rows(self._empty(), numbers, unreadable)
            return
        conversations = self._conversations(table)
        size = rows_at_once(len(self.columns))
        opened = list(conversations.values())
        for start in range(0, len(opened), size):
            some = opened[start : start + size]
            rows, said = self._read(table, some)
            made = self._columns_of(said)
            kept = table.take(pa.array(rows)).select(self._messages.columns)
            for name in MADE:
                kept = kept.append_column(name, made[name])
            first = np.asarray([numbers[one[0]] for one in some], np.int64)
            yield Rows(kept.combine_chunks(), first, unreadable if start == 0 else ())

    def _empty(self) -> pa.Table:
        return pa.table({name: pa.array([], pa.string()) for name in self.columns})

    def _all(self) -> tuple[pa.Table, np.ndarray, tuple[UnreadableRow, ...]]:
        """Every message: those of one conversation may stand anywhere in the file."""
        batches: list[Rows] = []
        held = size = 0
        for rows in self._messages.batches():
            batches.append(rows)
            held, size = held + len(rows.numbers), size + rows.table.nbytes
            if held > MAX_MESSAGES or size > MAX_BYTES:
                raise Refused(
                    "too_many_messages",
                    f"The file holds more than {held:,} messages, too many to put conversations together at once. "
                    "Export them month by month, by when the conversation began.",
                )
        unreadable = tuple(one for rows in batches for one in rows.unreadable)
        if not batches:
            return self._empty(), np.zeros(0, np.int64), unreadable
        table = pa.concat_tables([rows.table for rows in batches], promote_options="default").combine_chunks()
        return table, np.concatenate([rows.numbers for rows in batches]), unreadable

    def _conversations(self, table: pa.Table) -> dict[str, list[int]]:
        """The places of each conversation's messages; one without an id is a conversation of its own."""
        ids = cells(table, ColumnField(column=self._thread.conversation)).to_pylist()
        found: dict[str, list[int]] = {}
        for place, one in enumerate(ids):
            found.setdefault(one or f"\x00{place}", []).append(place)
        return found

    def _read(self, table: pa.Table, conversations: list[list[int]]) -> tuple[list[int], list[Said]]:
        """For each conversation the place of its last message, and what was said."""
        thread = self._thread
        places = [place for one in conversations for place in one]
        part = table.take(pa.array(places))
        formats = (thread.at.format,) if isinstance(thread.at.format, str) else thread.at.format
        at = times.parse(cells(part, thread.at), formats, thread.at.time_zone or self._zone)
        stamps = at.cast(pa.int64()).to_pylist()
        bodies = self._texts(part, thread.body.model_copy(update={"clean": None}))
        openings = self._texts(part, thread.opening)
        asked = self._asked(part)
        senders = self._texts(part, ColumnField(column=thread.sender) if thread.sender else None)
        mail = thread.body.clean == "mail"
        rows: list[int] = []
        said: list[Said] = []
        start = 0
        for one in conversations:
            span = range(start, start + len(one))
            start += len(one)
            order = sorted(span, key=lambda place: (stamps[place] is None, stamps[place] or 0, place))
            roles = self._roles(asked, order)
            messages = [
                Message(place, stamps[place], roles[place], bodies[place], senders[place], asked.author_id[place])
                for place in order
                if roles[place] != "left out"
            ]
            last = order[-1]
            opened = asked.opening[last] != "agent" and not all(asked.left_out[place] for place in order)
            opened = opened and not (thread.author is None and self._is_own(asked.author_id[order[0]]))
            own = openings[last] if opened else ""
            said.append(said_in(messages, own, mail=mail))
            rows.append(places[last])
        return rows, said

    @staticmethod
    def _texts(table: pa.Table, field: ColumnField | None) -> list[str]:
        if field is None:
            return [""] * len(table)
        joined = field.columns and field.model_copy(update={"columns": field.columns})
        values = cells(table, joined or field, text=True)
        return [one or "" for one in values.to_pylist()]

    def _asked(self, table: pa.Table) -> "Asked":
        thread = self._thread

        def column(field: ColumnField | None) -> list[str]:
            return self._texts(table, field)

        def named(name: str | None) -> list[str]:
            return column(ColumnField(column=name) if name else None)

        private = holds(table, thread.private) if thread.private else np.zeros(len(table), bool)
        left_out = holds(table, thread.unless) if thread.unless else np.zeros(len(table), bool)
        return Asked(
            column(thread.author),
            named(thread.author_id),
            named(thread.customer),
            column(thread.opening_author),
            private,
            left_out,
            [bool(one) for one in self._texts(table, thread.body)],
        )

    def _roles(self, asked: "Asked", order: list[int]) -> dict[int, Role]:
        """Who wrote each message of one conversation."""
        thread = self._thread
        roles: dict[int, Role] = {}
        opener: str | None = None
        for place in order:
            if asked.left_out[place]:
                roles[place] = "left out"
            elif asked.private[place]:
                roles[place] = "private"
            elif thread.author is not None and not asked.filled[place]:
                # A state that changed, nothing said.
                roles[place] = "left out"
            elif thread.author is not None:
                author = asked.author[place].casefold()
                roles[place] = "customer" if author == "customer" else "agent" if author == "agent" else "other"
            else:
                author = asked.author_id[place]
                if opener is None and not self._is_own(author):
                    opener = author
                customer = (asked.customer[place] if thread.customer else "") or opener
                is_customer = customer is not None and author.casefold() == customer.casefold()
                roles[place] = "customer" if is_customer and not self._is_own(author) else "agent"
        return roles

    def _is_own(self, author: str) -> bool:
        """Whether an address is of the company itself."""
        domain = author.rpartition("@")[2].casefold().rstrip(".")
        return any(domain == one or domain.endswith(f".{one}") for one in self._thread.own_domains)

    @staticmethod
    def _columns_of(said: list[Said]) -> dict[str, pa.Array]:
        def times_of(values: list[int | None]) -> pa.Array:
            stamps = pa.array(values, pa.int64()).cast(times.UTC_TIME)
            return pc.binary_join_element_wise(pc.strftime(stamps, "%Y-%m-%dT%H:%M:%S"), pa.scalar("Z"), "")

        return {
            TEXT: pa.array([one.text for one in said], pa.string()),
            CUSTOMER: pa.array([one.customer for one in said], pa.string()),
            AT: times_of([one.at for one in said]),
            LAST_AT: times_of([one.last_at for one in said]),
            CUSTOMER_MESSAGES: pa.array([str(one.customer_messages) for one in said]),
            AGENT_REPLIES: pa.array([str(one.agent_replies) for one in said]),
            PRIVATE_NOTES: pa.array([str(one.private_notes) for one in said]),
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rows of a batch say about who wrote them, each a list as long as the batch."""

    author: list[str]
    author_id: list[str]
    customer: list[str]
    opening: list[str]
    private: np.ndarray
    left_out: np.ndarray
    filled: list[bool]
