"""Surveys to begin with, in the field's own wording: relationship NPS, CSAT after delivery, CES, product, exit.

Wording: NPS as Reichheld asked it (Harvard Business Review, December 2003); CES 2.0 as CEB published it in 2013,
agreement from 1 to 7; satisfaction from 1 to 5 with each point labelled (Krosnick and Presser, 2010: labelled points
are answered more reliably).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.base.refusals import Refused
from headwater.listening.surveys.defaults_words import WORDS
from headwater.listening.surveys.document import Document, Kind
from headwater.listening.surveys.exchange import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Template:
    """A survey to begin with, as the list offers it."""

    name: str
    title: _StrPromise
    when: _StrPromise


TEMPLATES: tuple[Template, ...] = (
    Template("relationship", gettext_lazy("Relationship NPS"),
             gettext_lazy("How customers see the whole relationship, once or twice a year.")),
    Template("delivery", gettext_lazy("Satisfaction after delivery"),
             gettext_lazy("CSAT of one delivery, a day or two after it arrived.")),
    Template("contact", gettext_lazy("Effort after a contact"),
             gettext_lazy("CES 2.0: how easy it was, once the contact has ended.")),
    Template("product", gettext_lazy("Product feedback"),
             gettext_lazy("What people use a product for, and what stands in their way.")),
    Template("exit", gettext_lazy("After leaving"),
             gettext_lazy("Why a customer left, and what would have kept them.")),
)  # fmt: skip

_PAGES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "relationship": (("nps",), ("why", "better")),
    "delivery": (("csat_delivery",), ("delivery_went", "delivery_why")),
    "contact": (("ces",), ("solved", "contact_why")),
    "product": (("product_rating",), ("product_use", "product_why")),
    "exit": (("leaving_reason",), ("leaving_why", "leaving_kept")),
}
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "solved": ("solved_yes", "solved_partly", "solved_no"),
    "product_use": ("use_daily", "use_weekly", "use_monthly", "use_rarely", "use_never"),
    "leaving_reason": ("left_price", "left_need", "left_product", "left_service", "left_delivery", "left_competitor"),
}
_ROWS: Mapping[str, tuple[str, ...]] = {"delivery_went": ("row_on_time", "row_informed", "row_complete")}
_KINDS: Mapping[str, Kind] = {
    "nps": "nps", "csat_delivery": "csat", "ces": "ces", "product_rating": "rating", "delivery_went": "matrix",
    "solved": "single", "product_use": "single", "leaving_reason": "single",
}  # fmt: skip
_LABELS: Mapping[str, str] = {
    "nps": "likely",
    "csat": "satisfied",
    "ces": "agree",
    "rating": "good",
    "matrix": "satisfied",
}


def document(template: str | None, title: str, language: str = "en") -> Document:
    """A new survey's document: the template's pages, else one empty page. Refuses a template that is not known.

    Words are in the chosen language where there are any, else in English, to be translated.
    """
    if template and template not in _PAGES:
        known = ", ".join(_PAGES)
        message = _("There is no template “%(name)s”. Choose from: %(known)s.")
        raise Refused("survey.no_template", message % {"name": template, "known": known}, "template")
    pages = [
        {"id": f"p{number}", "questions": [_question(name, language) for name in names]}
        for number, names in enumerate(_PAGES[template] if template else ((),), start=1)
    ]
    content: dict[str, Any] = {"schema": 1, "languages": [language], "title": {language: title}, "pages": pages}
    if template:
        content |= {part: _text(part, language) for part in ("thanks", "privacy")}
    return read(content)


def question(kind: Kind, id: str, language: str) -> dict[str, Any]:
    """A new question of a kind as plain data, with its scale's usual labels and what it needs to be whole."""
    content: dict[str, Any] = {"id": id, "kind": kind, "text": {}}
    if kind in _LABELS:
        content |= labels(kind, language)
    if kind in ("nps", "ces"):
        content["text"] = _text(kind, language)
    if kind == "consent":
        content["text"] = _text("consent", language)
    if kind in ("single", "multiple"):
        content["options"] = [{"id": f"o{n}", "text": {}} for n in (1, 2, 3)]
    if kind == "matrix":
        content["rows"] = [{"id": f"r{n}", "text": {}} for n in (1, 2, 3)]
    return content


def labels(kind: Kind, language: str) -> dict[str, Any]:
    """The usual labels of a kind's scale: each point where there are five, else both ends."""
    words = _LABELS[kind]
    if words in ("satisfied", "good"):
        return {"points": {str(point): _text(f"{words}_{point}", language) for point in range(1, 6)}}
    return {"low": _text(f"{words}_low", language), "high": _text(f"{words}_high", language)}


def _question(name: str, language: str) -> dict[str, Any]:
    kind = _KINDS.get(name, "open")
    content: dict[str, Any] = {"id": name, "kind": kind, "text": _text(name, language)}
    if kind in _LABELS:
        content |= labels(kind, language)
    if name in _OPTIONS:
        content["options"] = [{"id": one, "text": _text(one, language)} for one in _OPTIONS[name]]
        content["other"] = name == "leaving_reason"
    if name in _ROWS:
        content["rows"] = [{"id": one, "text": _text(one, language)} for one in _ROWS[name]]
    return content


def _text(name: str, language: str) -> dict[str, str]:
    words = WORDS.get(language.split("-")[0], WORDS["en"])
    return {language: words.get(name) or WORDS["en"][name]}
