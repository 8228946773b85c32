"""A mail server on this machine that keeps what it is sent, and a company with a survey and customers to ask."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import LazySettings

from headwater.listening.models import Addressee, Survey
from headwater.listening.surveys import services
from headwater.listening.surveys.document import Document

LINK = re.compile(r"https?://[^\s<>\"]+/s/([A-Za-z0-9_-]+)")


@dataclass
class Sink:
    """What arrived, and whom the server refuses."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, str]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.envelopes.append((envelope.mail_from or "", envelope.rcpt_tos[0]))
        return "250 OK"

    def to(self, address: str) -> EmailMessage:
        """The latest mail to an address."""
        return next(one for one in reversed(self.mails) if one["To"] == address)


def part(mail: EmailMessage, kind: str) -> str:
    """The plain text or the HTML of a mail."""
    body = mail.get_body(("plain",) if kind == "text" else ("html",))
    assert body is not None
    content: str = body.get_content()
    return content


def token_in(mail: EmailMessage) -> str:
    """The token of the personal link in a mail."""
    found = LINK.search(part(mail, "text"))
    assert found is not None
    return found[1]


@pytest.fixture
def sink(settings: LazySettings) -> Iterator[Sink]:
    """A mail server that this installation sends through."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        kept = Sink(free.getsockname()[1])
    controller = Controller(kept, hostname="127.0.0.1", port=kept.port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", kept.port, False
    settings.DEFAULT_FROM_EMAIL = "Ours <surveys@ours.example>"
    yield kept
    controller.stop()


def a_document(**others: Any) -> Document:
    """How likely are they to recommend us, and why."""
    content: dict[str, Any] = {
        "schema": 1,
        "languages": ["en", "ar"],
        "title": {"en": "How was it?", "ar": "كيف كان الأمر؟"},
        "pages": [
            {"id": "p1", "questions": [
                {"id": "nps", "kind": "nps", "stage": "receive",
                 "text": {"en": "Would you recommend us, {{name|dear customer}}?", "ar": "هل توصي بنا؟"},
                 "low": {"en": "Not at all"}, "high": {"en": "Very likely"}},
            ]},
            {"id": "p2", "questions": [{"id": "why", "kind": "open", "text": {"en": "Why?", "ar": "لماذا؟"}}]},
        ],
        **others,
    }  # fmt: skip
    return Document.model_validate(content)


def a_survey(document: Document | None = None, name: str = "after") -> Survey:
    """A published survey."""
    survey = services.create_from(None, document or a_document(), "After delivery", name=name)
    services.publish(None, survey)
    return survey


def some_addressees(count: int, **others: Any) -> list[str]:
    """Customers c0, c1 … with an address each."""
    rows = [Addressee(customer_id=f"c{n}", email=f"c{n}@example.com", name=f"Name {n}", **others) for n in range(count)]
    Addressee.objects.bulk_create(rows)
    return [row.customer_id for row in rows]
