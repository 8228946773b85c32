"""The mail that asks: in plain text and HTML, in the customer's language, its first question answerable with one click.

A click only opens the survey with the answer preselected: scanners of mail click links too, so that nothing counts
until the visitor confirms it.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import linebreaks
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from headwater.base.refusals import Refused
from headwater.listening.surveys import answering
from headwater.listening.surveys.branching import piped
from headwater.listening.surveys.colours import LIGHT_GROUND, readable
from headwater.listening.surveys.document import SCORED, direction
from headwater.listening.surveys.logo_files import shown as shown_logo
from headwater.listening.surveys.mailing_rules import Sender, Wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.listening.surveys.document import Document, Question

SPRUCE: Final = "#1e5a4b"
"""The colour of buttons where the survey's brand has none."""
LOGO_WIDTH, LOGO_HEIGHT = 200, 56
MOST_CHOICES: Final = 11
"""A question with more choices is asked on the page alone."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A mail as the outbox takes it."""

    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    sender: str
    reply_to: str
    return_path: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of the first question, as a link."""

    label: str
    title: str
    link: str


@dataclass(frozen=True, slots=True)
class Letter:
    """All that the mail to one customer depends on."""

    document: Document
    wording: Mapping[str, Wording]
    sender: Sender
    language: str
    name: str
    token: str
    attributes: Mapping[str, str]
    is_reminder: bool = False
    link: str = ""
    """Where the survey is; by default where the token is answered."""


def language_of(document: Document, wanted: str) -> str:
    """The language of the survey that comes nearest to a customer's."""
    for one in (wanted, wanted.split("-")[0]):
        if one in document.languages:
            return one
    return document.languages[0]


def compose(letter: Letter) -> Composed:
    """Write the mail. What the plan leaves empty is said by default, in the language where it is translated."""
    language = language_of(letter.document, letter.language)
    with translation.override(language):
        said = _said(letter, language)
        link = letter.link or answering.address(letter.token)
        leave = unsubscribe_address(letter.token)
        question = one_click_question(letter.document)
        shown = {
            **said,
            "language": language,
            "direction": direction(language),
            "start": "right" if direction(language) == "rtl" else "left",
            "brand": letter.document.brand.name,
            "logo": shown_logo(letter.document.brand.logo, LOGO_WIDTH, LOGO_HEIGHT, settings.PUBLIC_URL),
            "brand_colour": readable(letter.document.brand.colour or SPRUCE, LIGHT_GROUND),
            "link": link,
            "leave": leave,
            "anonymous": letter.document.anonymous,
            "question": _words(letter, question.text, language) if question else "",
            "ends": _ends(letter.document, question, language) if question else ("", ""),
            "choices": _choices(letter.document, question, language, link) if question else (),
            "body_html": mark_safe(linebreaks(said["body"], autoescape=True)),  # noqa: S308 (escaped just here)
            "closing_html": mark_safe(linebreaks(said["closing"], autoescape=True)),  # noqa: S308
        }
        text = render_to_string("listening/mail/invitation.txt", shown)
        html = render_to_string("listening/mail/invitation.html", shown)
    sender = letter.sender
    return Composed(
        subject=said["subject"],
        text=text.strip() + "\n",
        html=html,
        headers={
            # RFC 8058: one POST by the mail program takes the customer off, without a page.
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
            "Content-Language": language,
        },
        sender=sender_line(sender),
        reply_to=sender.reply_to,
        return_path=sender.return_path,
    )


def unsubscribe_address(token: str) -> str:
    """Where a customer says that they want no more surveys."""
    return f"{settings.PUBLIC_URL}/u/{token}"


def sender_line(sender: Sender) -> str:
    """``Name <address>``; empty where the installation's own sender is meant."""
    if not sender.name and not sender.address:
        return ""
    own_name, own_address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((sender.name or own_name, sender.address or own_address))


def require_own_domain(sender: Sender) -> None:
    """Refuse an address of a domain that is not this company's: mail in a stranger's name is not sent from here."""
    allowed = {parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2].lower(), *settings.MAIL_DOMAINS}
    for field in ("address", "return_path"):
        domain = getattr(sender, field).rpartition("@")[2].lower()
        if domain and domain not in allowed:
            message = _(
                "Mail cannot be sent from “%(domain)s”. Choose one of %(allowed)s, or have an administrator add it to "
                "HEADWATER_MAIL_DOMAINS."
            )
            raise Refused("mailing.sender", message % {"domain": domain, "allowed": ", ".join(sorted(allowed))}, field)


def one_click_question(document: Document) -> Question | None:
    """The survey's first question, where it can be answered by one link of the mail."""
    page = next((one for one in document.pages if one.questions), None)
    question = page.questions[0] if page else None
    if page is None or question is None or page.show_if or question.show_if:
        return None
    if question.kind in SCORED:
        low, high = question.bounds
        return question if high - low < MOST_CHOICES else None
    return question if question.kind == "single" and len(question.options) <= MOST_CHOICES else None


def _choices(document: Document, question: Question, language: str, link: str) -> tuple[Choice, ...]:
    if question.kind == "single":
        return tuple(
            Choice(document.in_language(one.text, language), "", _answer(link, question.id, one.id))
            for one in question.options
        )
    low, high = question.bounds
    return tuple(
        Choice(
            str(number),
            document.in_language(question.points.get(str(number), {}), language),
            _answer(link, question.id, str(number)),
        )
        for number in range(low, high + 1)
    )


def _answer(link: str, question: str, value: str) -> str:
    return f"{link}?{urlencode({'q': question, 'v': value})}"


def _ends(document: Document, question: Question, language: str) -> tuple[str, str]:
    """What the lowest and the highest number mean; nothing for choices in words."""
    if question.kind == "single":
        return "", ""
    low, high = question.bounds
    named = [document.in_language(texts, language) for texts in (question.low, question.high)]
    points = [document.in_language(question.points.get(str(number), {}), language) for number in (low, high)]
    return named[0] or points[0], named[1] or points[1]


def _words(letter: Letter, texts: Mapping[str, str], language: str) -> str:
    words = letter.document.in_language(dict(texts), language)
    return piped(words, {}, {**letter.attributes, "name": letter.name})


def _said(letter: Letter, language: str) -> dict[str, Any]:
    """What the mail says: the plan's wording in this language, else by default."""
    own = letter.wording.get(language) or letter.wording.get(language.split("-")[0]) or Wording()
    title = letter.document.in_language(letter.document.title, language)
    values = {"title": title}
    subject, body = own.subject or title, own.body or _default_body()
    if letter.is_reminder:
        subject = own.reminder_subject or _("A reminder: %s") % subject
        body = own.reminder_body or _default_reminder()
    said = {
        "subject": subject,
        "body": body,
        "button": own.button or _("Answer the survey"),
        "closing": own.closing or _("Thank you for your time."),
    }
    attributes = {**letter.attributes, "name": letter.name}
    piped_words = {name: piped(words, {}, attributes) for name, words in said.items()}
    return values | piped_words | {"subject": " ".join(piped_words["subject"].split())}


def _default_body() -> str:
    return _("Hello {{name|there}},\n\nplease tell us how it was. Your answer helps us to mend what went wrong.")


def _default_reminder() -> str:
    return _("Hello {{name|there}},\n\nwe have not heard from you yet. It takes a minute, and every answer is read.")
