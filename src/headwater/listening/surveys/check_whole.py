"""What is wrong with a survey as a whole: nothing asked, too long, words missing, privacy and anonymity not kept.

Length: respondents call 10 minutes the ideal length of a web survey of a panel they chose to join (Revilla and Ochoa
2017, International Journal of Market Research 59); a customer did not choose, and fewer begin and finish the longer
it is (Galesic and Bosnjak 2009, Public Opinion Quarterly 73): half of that, 5 minutes, is the limit here.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from headwater.listening.surveys import timing, wording
from headwater.listening.surveys.branching import PIPED
from headwater.listening.surveys.check_texts import LANGUAGES_READ, phrases
from headwater.listening.surveys.defaults_words import WORDS
from headwater.listening.surveys.document import Page, Question
from headwater.listening.surveys.editing import free_id
from headwater.listening.surveys.findings import Finding, Known, Mend, Severity
from headwater.listening.surveys.texts import Text, place, texts, translations

if TYPE_CHECKING:
    from headwater.listening.surveys.document import Document

LONGEST = 5.0
"""Minutes."""
MOST_MISSING = 5
RED, GREEN = 0.04, (0.25, 0.42)
"""Hues (0…1) that mean bad and good to many."""
VIVID, DARKEST, LIGHTEST = 0.6, 0.25, 0.75


def findings(document: Document, known: Known) -> Iterator[Finding]:
    """Of the survey as a whole."""
    asked = [one for one in document.questions if one.kind != "statement"]
    if not asked:
        yield Finding("nothing_asked", "error", _("The survey asks nothing. Add a question."))
        return
    yield from _missing(document)
    yield from _length(document)
    yield from _no_open(document)
    yield from _privacy(document)
    yield from _pipes(document, known)
    yield from _colour(document)
    for language in document.languages:
        if language.split("-")[0] not in LANGUAGES_READ:
            why = _("The wording is not read in %s: have somebody who speaks it read it for leading, loaded and "
                    "double questions.")  # fmt: skip
            yield Finding("not_read", "note", why % language, language=language)


def _missing(document: Document) -> Iterator[Finding]:
    lead = document.languages[0]
    for question in document.questions:
        if not question.text.get(lead, "").strip():
            why = _("The question has no words in the survey's first language, %s. Write it.")
            yield Finding("no_words", "error", why % lead, question=question.id, language=lead)
    for one in translations(document)[1:]:
        if not one.missing:
            continue
        where = "; ".join(place(document, text) for text in one.missing[:MOST_MISSING])
        more = len(one.missing) - MOST_MISSING
        shown = _("%(where)s and %(more)d more") % {"where": where, "more": more} if more > 0 else where
        why = _(
            "%(n)d texts are not translated; who answers in %(language)s reads them in another language: %(where)s."
        )
        values = {"n": len(one.missing), "language": one.language, "where": shown}
        yield Finding("missing_translation", "warning", why % values, language=one.language)


def _length(document: Document) -> Iterator[Finding]:
    length = timing.minutes(document, document.languages[0])
    if length.estimate > LONGEST:
        why = _(
            "Answering takes %(time)s for somebody who sees every question (most people: %(low).0f to %(high).0f). The "
            "longer a survey, the fewer finish it, and the less care the last answers get. Take out what nobody will "
            "act on, to come below %(limit)d minutes."
        )
        said = {"time": wording.minutes(length.estimate), "low": length.low, "high": length.high, "limit": LONGEST}
        yield Finding("too_long", "warning", why % said)


def _no_open(document: Document) -> Iterator[Finding]:
    if any(one.kind == "open" or one.other for one in document.questions):
        return
    language = document.languages[0]
    id = free_id("q", {one.id for one in document.questions})
    text = WORDS.get(language.split("-")[0], WORDS["en"])["why"]
    question = Question(id=id, kind="open", text={language: text})
    last = document.pages[-1]
    page = last.model_copy(update={"questions": (*last.questions, question)})
    mend = Mend(text, _with_page(document, page))
    why = _("Nothing lets customers say it in their own words. A score says that something is wrong, words say what.")
    yield Finding("no_open_question", "warning", why, mend=mend)


def _privacy(document: Document) -> Iterator[Finding]:
    lead = document.languages[0]
    if not document.privacy.get(lead, "").strip():
        why = _("The privacy text is empty. Say what the answers are used for and who sees them: people answer more "
                "openly when they know, and the law asks for it (GDPR, article 13).")  # fmt: skip
        text = WORDS.get(lead.split("-")[0], WORDS["en"])["privacy"]
        changed = document.model_copy(update={"privacy": {**document.privacy, lead: text}})
        yield Finding("no_privacy_text", "warning", why, language=lead, mend=Mend(text, changed))
    has_consent = any(one.kind == "consent" for one in document.questions)
    for question in document.questions:
        for language in document.languages:
            words = question.text.get(language, "")
            phrase = phrases("identity", words, language) if question.kind == "open" else ""
            if not phrase:
                continue
            if document.anonymous:
                why = _("The survey says that it is anonymous, and asks who answers. Take the question out, or make "
                        "the survey a named one.")  # fmt: skip
                yield Finding("anonymous_asks_identity", "error", why, question=question.id, language=language,
                              words=words, phrase=phrase)  # fmt: skip
            elif not has_consent:
                why = _("It asks for personal data, and no question asks for consent. Add a consent question that says "
                        "what for, or leave it out: a named survey knows who answers.")  # fmt: skip
                yield Finding("no_consent", "warning", why, question=question.id, language=language, words=words,
                              phrase=phrase)  # fmt: skip


def _colour(document: Document) -> Iterator[Finding]:
    colour = document.brand.colour
    if colour is None:
        return
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    if saturation < VIVID or not DARKEST < light < LIGHTEST or not (hue < RED or hue > 1 - RED or in_green(hue)):
        return
    why = _("A chosen answer is drawn in the brand's colour, and a vivid red is read as bad, a vivid green as good. "
            "Take another colour of the brand, or a calmer one.")  # fmt: skip
    changed = document.model_copy(update={"brand": document.brand.model_copy(update={"colour": None})})
    yield Finding(
        "colour", "note", why, phrase=colour, words=colour, mend=Mend(_("Use no colour of your own"), changed)
    )


def in_green(hue: float) -> bool:
    """Whether a hue (0…1) is a green."""
    return GREEN[0] < hue < GREEN[1]


def _pipes(document: Document, known: Known) -> Iterator[Finding]:
    for text in texts(document):
        for language, words in text.words.items():
            for match in PIPED.finditer(words):
                for code, severity, why in _pipe(document, text, match, known):
                    item = f"{text.part}{text.item}{match.group(1).strip()}"
                    yield Finding(code, severity, why, question=text.question, page=text.page, item=item,
                                  language=language, words=words, phrase=match.group(0))  # fmt: skip


def _pipe(document: Document, text: Text, match: re.Match[str], known: Known) -> Iterator[tuple[str, Severity, str]]:
    """What is wrong with one insertion: what is inserted, and what stands in for it."""
    order, name = [one.id for one in document.questions], match.group(1).strip()
    if name in order:
        if text.question and order.index(name) >= order.index(text.question):
            yield (
                "piped_too_early",
                "error",
                _("It puts in an answer that is given only later. Ask that question first."),
            )
    elif document.anonymous:
        why = _("The survey is anonymous and puts what is known of a customer into its words: it cannot know who "
                "answers. Write it without.")  # fmt: skip
        yield "anonymous_pipes", "error", why
    elif known.attributes and name not in known.attributes:
        why = _("Neither an earlier question nor an attribute in the record is called “%s”. Choose one from the menu "
                "“Insert an answer”.")  # fmt: skip
        yield "piped_unknown", "warning", why % name
    if (match.group(2) or "").strip() in ("", "…"):
        why = _("Where there is no value, nothing stands in: write after the bar what is said then.")
        yield "piped_without_words", "warning", why


def _with_page(document: Document, page: Page) -> Document:
    pages = tuple(page if one.id == page.id else one for one in document.pages)
    return document.model_copy(update={"pages": pages})
