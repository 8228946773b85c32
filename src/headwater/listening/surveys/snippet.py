"""The web snippet: where and when it shows, the one script that a host page loads, and which pages may answer by it."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from headwater.base.history import record_history
from headwater.base.permissions import require
from headwater.base.refusals import Refused
from headwater.listening.models import SurveyLink, SurveyResponse
from headwater.listening.surveys.answer_words import words_of
from headwater.listening.surveys.document import MOST_OPTIONS, SCORED, direction
from headwater.listening.surveys.posted import field_name
from headwater.listening.surveys.snippet_words import words_in
from headwater.listening.surveys.tokens import TOKEN, new_token
from headwater.listening.surveys.visits import resume_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.base.models import Person
    from headwater.listening.surveys.document import Document, Question

MOST_BYTES: Final = 15_000
"""The script with everything in it, uncompressed."""
MOST_LISTED: Final = 20
NOTHING: Final = b"/* This survey is closed. */\n"
PLACE: Final = "/* config */ null"


class SnippetSettings(BaseModel):
    """Where and when a snippet shows.

    ``origins`` may send answers (``https://shop.example``). ``pages`` are paths with ``*`` for anything; none are all
    pages. After ``delay`` seconds it shows at once, once the visitor has scrolled through ``scroll`` per cent, or when
    the pointer leaves the window. ``share`` is per cent of page views. ``once``: not again to a visitor who agreed to
    storage.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    origins: Annotated[tuple[str, ...], Field(max_length=MOST_LISTED)] = ()
    pages: Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=MOST_LISTED)] = ()
    trigger: Literal["delay", "scroll", "exit"] = "delay"
    delay: Annotated[int, Field(ge=0, le=600)] = 5
    scroll: Annotated[int, Field(ge=0, le=100)] = 50
    share: Annotated[int, Field(ge=1, le=100)] = 100
    once: bool = True
    theme: Literal["auto", "light", "dark"] = "auto"

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(origin_of(one) for one in origins))

    @field_validator("pages")
    @classmethod
    def _are_paths(cls, pages: tuple[str, ...]) -> tuple[str, ...]:
        for one in pages:
            if not one.startswith(("/", "*")):
                raise ValueError(_("“%s” is no path; it begins with / or *, such as /checkout*.") % one)
        return pages


def origin_of(text: str) -> str:
    """The origin that somebody wrote: scheme, host, port. Raises ``ValueError`` for anything more, or less."""
    written = text.strip().rstrip("/")
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    plain = f"{parts.scheme}://{parts.netloc}".lower()
    if parts.scheme not in ("http", "https") or not parts.hostname or plain != written.lower() or "@" in parts.netloc:
        raise ValueError(_("“%s” is no origin. Write it like https://shop.example, without a path.") % text[:100])
    usual = {"http": 80, "https": 443}[parts.scheme]
    return plain.removesuffix(f":{port}") if port == usual else plain


def settings_of(link: SurveyLink) -> SnippetSettings:
    """What is set for this link; what was never set is as at the beginning."""
    return SnippetSettings.model_validate(link.settings or {})


def read_settings(given: dict[str, Any]) -> SnippetSettings:
    """The settings that a person or program wrote. Refuses (400) what is wrong, naming the field and the value."""
    try:
        return SnippetSettings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        message = str(first["msg"]).removeprefix("Value error, ")
        raise Refused("snippet.settings", message, str(first["loc"][0]) if first["loc"] else None) from error


def change_settings(person: Person | None, link: SurveyLink, settings: SnippetSettings) -> None:
    """Set where and when a snippet shows."""
    require(person, "edit", "surveys")
    with transaction.atomic():
        link.settings = settings.model_dump(mode="json")
        link.save(update_fields=["settings"])
        data = {"link": link.title, "survey": link.survey.title}
        record_history(person, "survey_link.changed", f"survey:{link.survey.name}", data)


def handed_over(link: SurveyLink, key: str) -> str:
    """A new key in place of the one that a response was begun with on a host page; "" where nothing is to go on with.

    Whoever knew the old key, such as somebody who put it into a link for others to follow, cannot come back to what is
    answered from now on.
    """
    new = new_token()
    mine = SurveyResponse.objects.filter(
        survey=link.survey, resume_hash=resume_hash(link.token, key), state=SurveyResponse.State.OPEN
    )
    return new if mine.update(resume_hash=resume_hash(link.token, new)) else ""


def may_answer(link: SurveyLink, origin: str) -> bool:
    """Whether a page of this origin may send answers through the link."""
    return link.closed_at is None and origin in settings_of(link).origins


def snippet_link(token: str) -> SurveyLink | None:
    """The web snippet of this token; None for any other link, and for what is no token."""
    if not TOKEN.fullmatch(token):
        return None
    found = SurveyLink.objects.select_related("survey").filter(token=token, kind=SurveyLink.Kind.WEB)
    return found.first()


def script(link: SurveyLink, document: Document, *languages: str) -> bytes:
    """The script of a snippet with its survey inside, never over ``MOST_BYTES``: questions that do not fit are left to
    the survey's own page. ``languages`` are those wanted, the most wanted first."""
    for most in range(len(_shown_inside(document)), 0, -1):
        made = _with(config(link, document, language_of(document, *languages), most))
        if len(made) <= MOST_BYTES:
            return made
    return NOTHING


def config(link: SurveyLink, document: Document, chosen: str, most: int) -> dict[str, Any]:
    """What the script knows of its survey, in one language: ``most`` questions of the first page at most."""
    inside = _shown_inside(document)[:most]
    settings = settings_of(link)
    return {
        "token": link.token,
        "language": chosen,
        "direction": direction(chosen),
        "title": document.in_language(document.title, chosen),
        "privacy": _privacy(document, chosen),
        "colour": document.brand.colour,
        "theme": settings.theme,
        "words": words_in(chosen),
        "questions": [_question(document, one, chosen) for one in inside],
        "more": len(inside) < len(document.questions),
        "when": settings.model_dump(include={"pages", "trigger", "delay", "scroll", "share", "once"}),
    }


def language_of(document: Document, *wanted: str) -> str:
    """The survey's language that fits best what is wanted (``de-AT`` gets ``de``), else its first."""
    known = {one.lower(): one for one in document.languages}
    for language in wanted:
        for one in (language.lower(), language.split("-")[0].lower()):
            if one in known:
                return known[one]
    return document.languages[0]


def as_posted(answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Answers as the script sends them, in the shape that a form would post."""
    posted: dict[str, list[str]] = {}
    for question, value in answers.items():
        values = value if isinstance(value, list) else [value]
        said = ["yes" if one is True else _whole(str(one)) for one in values if isinstance(one, str | int | float)]
        posted[field_name(str(question)[:40])] = said[:MOST_OPTIONS]
    return posted


def _whole(text: str) -> str:
    """The text without halves of characters, which JSON can name and no file can hold."""
    return text.encode("utf-8", "replace").decode()


def _shown_inside(document: Document) -> list[Question]:
    """The first questions of the first page, up to one that depends on an answer or needs more room."""
    first = next((page for page in document.pages if page.questions), None)
    shown: list[Question] = []
    for question in first.questions if first and first.show_if is None else ():
        pipes = any("{{" in text for text in question.text.values())
        if question.kind == "matrix" or question.show_if is not None or pipes or question.other:
            break
        shown.append(question)
    return shown


def _question(document: Document, question: Question, language: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": question.id,
        "kind": question.kind,
        "text": document.in_language(question.text, language),
        "help": document.in_language(question.help, language),
        "required": question.required,
    }
    if question.kind in SCORED:
        told["from"], told["to"] = question.bounds
        told["low"] = document.in_language(question.low, language)
        told["high"] = document.in_language(question.high, language)
        points = {point: document.in_language(texts, language) for point, texts in question.points.items()}
        told["points"] = {point: words for point, words in points.items() if words}
    elif question.kind in ("single", "multiple"):
        told["options"] = [[one.id, document.in_language(one.text, language)] for one in question.options]
    elif question.kind == "open":
        told["most"] = question.most_characters
    elif question.kind == "consent":
        told["agree"] = words_in(language)["agree"]
    return {name: value for name, value in told.items() if value is not False and value not in ("", {})}


def _privacy(document: Document, language: str) -> str:
    """What people are told before they answer; that an anonymous answer cannot be found again is never left out."""
    told = _shortened(document.in_language(document.privacy, language))
    return f"{words_of(language)['anonymous']} {told}".strip() if document.anonymous else told


def _shortened(text: str, most: int = 240) -> str:
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + "…"


def _with(known: dict[str, Any]) -> bytes:
    # "<" could end a script that somebody puts into a page; the line separators end a line in older browsers.
    told = json.dumps(known, ensure_ascii=False, separators=(",", ":"))
    safe = told.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return _program().replace(PLACE, safe).encode()


@cache
def _program() -> str:
    """The script without what only its readers need: indents and lines that are comments."""
    file = resources.files("headwater.listening") / "static" / "listening" / "snippet" / "snippet.js"
    lines = (line.strip() for line in file.read_text(encoding="utf-8").split("*/", 1)[1].splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
