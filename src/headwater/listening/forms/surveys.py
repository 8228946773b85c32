"""What people fill in about surveys: a new one, and the editor's forms, whose fields follow the survey itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from pydantic import TypeAdapter

from headwater.base.refusals import Refused
from headwater.journey.documents import checked
from headwater.listening.surveys import conditions, defaults, editing
from headwater.listening.surveys.document import SCALES, Document, Kind, Page, Question
from headwater.listening.surveys.exchange import INVALID, MAX_FILE_BYTES, read_file
from headwater.listening.surveys.logo_files import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.files.uploadedfile import UploadedFile
    from django.utils.datastructures import MultiValueDict

MOST_LINES = 100
MOST_CONDITIONS = 20
_QUESTION = TypeAdapter(Question)
_PAGE = TypeAdapter(Page)
_KIND: TypeAdapter[Kind] = TypeAdapter(Kind)
LANGUAGES = (
    "en", "de", "es", "fr", "pt", "it", "nl", "pl", "sv", "da", "nb", "fi", "cs", "sk", "hu", "ro", "bg", "el", "tr",
    "uk", "ru", "ar", "he", "fa", "ur", "hi", "bn", "zh-hans", "zh-hant", "ja", "ko", "vi", "th", "id",
    "pt-br", "en-gb",
)  # fmt: skip


class NewSurveyForm(forms.Form):
    """A new survey: from a template, empty, or from a file."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200, required=False,
                            help_text=gettext_lazy("Customers see it too. A file brings its own."))  # fmt: skip
    language = forms.ChoiceField(label=gettext_lazy("First language"), initial="en")
    template = forms.ChoiceField(label=gettext_lazy("Begin with"), required=False, widget=forms.RadioSelect)
    file = forms.FileField(label=gettext_lazy("Or a survey file"), required=False,
                           help_text=gettext_lazy("YAML or JSON, as “Export” writes it."))  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        template = cast(forms.ChoiceField, self.fields["template"])
        language = cast(forms.ChoiceField, self.fields["language"])
        offered = [(one.name, f"{one.title}: {one.when}") for one in defaults.TEMPLATES]
        template.choices = [*offered, ("", _("An empty page"))]
        language.choices = [(code, language_name(code)) for code in LANGUAGES]

    def document(self) -> Document | None:
        """The survey of the file; None where none was sent. Raises ``Refused`` for a file that cannot be read."""
        sent = self.cleaned_data.get("file")
        if sent is None:
            return None
        if sent.size > MAX_FILE_BYTES:
            message = _("A survey file has %(most)d bytes at most; this one has %(size)d.")
            raise Refused("survey.file_too_large", message % {"most": MAX_FILE_BYTES, "size": sent.size}, "file")
        try:
            return read_file(sent.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            message = _("A survey file is UTF-8 text; byte %d of this one is not.")
            raise Refused("survey.unreadable", message % error.start, "file") from error


def language_name(code: str) -> str:
    """A language's name in the reader's language, with its code; the code alone where no name is known."""
    try:
        return f"{get_language_info(code.lower())['name_translated']} ({code})"
    except KeyError:
        return code


def question_from(post: QueryDict, document: Document, old: Question) -> Question:
    """The question as the form says it. Raises ``Refused`` naming what is wrong."""
    kind = kind_of(post.get("kind", old.kind))
    content: dict[str, Any] = {
        "id": old.id,
        "kind": kind,
        "text": texts_from(post, "text", document),
        "help": texts_from(post, "help", document),
        "required": "required" in post,
        "other": "other" in post,
        "attribute": post.get("attribute", "").strip() or None,
        "show_if": rule_from(post, "show_if"),
        **place_from(post.get("place", "")),
    }
    if kind in SCALES:
        content |= _scale_from(post, document, kind)
    if kind in ("single", "multiple"):
        content["options"] = [line for line in _lines(post, "option", document) if line["text"]]
    if kind == "matrix":
        content["rows"] = [line for line in _lines(post, "row", document) if line["text"]]
    if kind == "open":
        content["most_characters"] = post.get("most_characters") or 2_000
    if kind != old.kind:
        fresh = defaults.question(kind, old.id, document.languages[0])
        content = {**fresh, **{key: value for key, value in content.items() if value not in ({}, [], None, "")}}
    question: Question = checked(_QUESTION, content, INVALID)
    return question


def kind_of(text: str) -> Kind:
    """The kind of question of this name. Raises ``Refused`` for one there is not."""
    kind: Kind = checked(_KIND, text[:40], INVALID)
    return kind


def page_from(post: QueryDict, document: Document, old: Page) -> Page:
    """The page as the form says it, with its questions as they are. Raises ``Refused`` naming what is wrong."""
    jumps = []
    for number in range(MOST_CONDITIONS):
        to, when = post.get(f"jump:{number}:to", ""), rule_from(post, f"jump:{number}")
        if to and when:
            jumps.append({"to": to, "when": when})
    content = {
        "id": old.id,
        "title": texts_from(post, "title", document),
        "show_if": rule_from(post, "show_if"),
        "jumps": jumps,
    }
    page: Page = checked(_PAGE, content, INVALID)
    return page.model_copy(update={"questions": old.questions})


def settings_from(post: QueryDict, document: Document) -> dict[str, Any]:
    """What the whole survey says and is, as the form says it."""
    words = {part: texts_from(post, part, document) for part in ("title", "intro", "thanks", "privacy")}
    colour = post.get("colour", "").strip() if "branded" in post else ""
    brand = {
        "name": post.get("brand", "").strip(),
        "logo": "" if "no_logo" in post else document.brand.logo,
        **({"colour": colour} if colour else {}),
    }
    return {**words, "anonymous": "anonymous" in post, "brand": brand}


def logo_from(files: MultiValueDict[str, UploadedFile[Any]]) -> bytes:
    """The logo that was uploaded; empty where none was. Refuses one of too many bytes without reading it."""
    sent = files.get("logo")
    if sent is None:
        return b""
    if (sent.size or 0) > MOST_BYTES:
        message = _("A logo has %(most)s bytes at most; this file has %(given)s. Save it smaller.")
        values = {"most": f"{MOST_BYTES:,}", "given": f"{sent.size:,}"}
        raise Refused("logo.too_large", message % values, "logo")
    content: bytes = sent.read()
    return content


def texts_from(post: QueryDict, name: str, document: Document) -> dict[str, str]:
    """The words of one text by language, without the languages that were left empty."""
    found = {language: post.get(f"{name}:{language}", "").replace("\r\n", "\n") for language in document.languages}
    return {language: words.strip() for language, words in found.items() if words.strip()}


def rule_from(post: QueryDict, prefix: str) -> dict[str, Any] | None:
    """The rule that a block of selects says; None where no question is chosen."""
    found = []
    for number in range(MOST_CONDITIONS):
        question, _colon, row = post.get(f"{prefix}:{number}:question", "").partition(":")
        if not question:
            continue
        test = post.get(f"{prefix}:{number}:test") or "answered"
        values = post.getlist(f"{prefix}:{number}:values") if test not in conditions.BARE else []
        if test in conditions.COMPARED:  # the widest of what was ticked
            values = values[-1:] if test == "at_most" else values[:1]
        found.append({"question": question, "row": row or None, "test": test, "values": values})
    return {"match": post.get(f"{prefix}:match", "all"), "conditions": found} if found else None


def place_from(value: str) -> dict[str, str]:
    """Stage and moment from the one select that offers both: ``stage|moment``."""
    stage, _bar, moment = value.partition("|")
    return {"stage": stage, "moment": moment}


def rearranged(post: QueryDict, wanted: str) -> QueryDict:
    """What was sent with one line of it moved or taken out: ``up:option:3``, ``down:row:0``, ``remove:option:2``."""
    act, _colon, rest = wanted.partition(":")
    kind, _colon, place = rest.partition(":")
    if act not in ("up", "down", "remove") or kind not in ("option", "row") or not place.isdecimal():
        return post
    at, changed = int(place), post.copy()
    if act == "remove":
        for key in [one for one in post if one.startswith(f"{kind}:{at}:")]:
            changed.setlist(key, [])
        return changed
    other = at + (1 if act == "down" else -1)
    mine = [key for key in post if key.startswith((f"{kind}:{at}:", f"{kind}:{other}:"))]
    for key in mine:
        head, number, rest = key.split(":", 2)
        changed.setlist(f"{head}:{other if int(number) == at else at}:{rest}", post.getlist(key))
    return changed


def _scale_from(post: QueryDict, document: Document, kind: str) -> dict[str, Any]:
    scale = post.get("scale") or None
    if kind in ("nps", "ces"):  # these two are what they are on their own scale only
        scale = None
    low, high = (scale or SCALES[kind]).split("-") if scale is None or scale.count("-") == 1 else ("0", "0")
    points = {}
    if low.isdecimal() and high.isdecimal() and int(high) - int(low) <= MOST_LINES:
        points = {str(n): texts_from(post, f"point:{n}", document) for n in range(int(low), int(high) + 1)}
    return {
        "scale": scale,
        "low": texts_from(post, "low", document),
        "high": texts_from(post, "high", document),
        "points": {point: words for point, words in points.items() if words},
    }


def _lines(post: QueryDict, name: str, document: Document) -> Iterator[dict[str, Any]]:
    """Options or rows in their order; a new one gets an id made from its words."""
    taken = {post.get(f"{name}:{number}:id", "") for number in range(MOST_LINES)}
    for number in range(MOST_LINES):
        words = texts_from(post, f"{name}:{number}:text", document)
        id = post.get(f"{name}:{number}:id", "")
        if not words and not id:
            continue
        if not id:
            id = editing.id_from(words.get(document.languages[0], ""), taken, name[0])
            taken.add(id)
        line: dict[str, Any] = {"id": id, "text": words}
        if name == "row":
            line |= place_from(post.get(f"row:{number}:place", ""))
        yield line
