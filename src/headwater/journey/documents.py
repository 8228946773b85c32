"""A taxonomy as a document: what a pack file and a version in the database hold, read strictly and written sparsely."""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass, replace
from typing import Any, TypeVar

from django.utils.translation import gettext as _
from pydantic import TypeAdapter, ValidationError

from headwater.base.refusals import Refused
from headwater.journey.rules import inconsistencies
from headwater.journey.taxonomy import Item, Stage, Taxonomy

MAX_SHOWN_PROBLEMS = 8
PARTS = ("journeys", "stages", "moments", "touchpoints", "causes", "departments")
OPTIONAL_PARTS = ("journeys", "touchpoints")

T = TypeVar("T")
_TAXONOMY = TypeAdapter(Taxonomy)


def read(content: Mapping[str, Any], version: int = 0) -> Taxonomy:
    """The taxonomy a document holds. Raises ``Refused("taxonomy.invalid")`` naming each place that is wrong."""
    taxonomy = checked(_TAXONOMY, {**content, "version": version}, "taxonomy.invalid")
    return consistent(replace(taxonomy, stages=arranged(taxonomy.stages)), "taxonomy.invalid")


def checked(adapter: TypeAdapter[T], content: object, code: str) -> T:
    """``content`` as the adapter's type; a refusal names each place, the value found there and what was expected."""
    if place := _unkept(content):
        raise Refused(
            code, _("%s: holds a character that cannot be kept (NUL); take it out") % place, place.split(".")[0]
        )
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        field = str(problems[0]["loc"][0]) if problems[0]["loc"] else None
        raise Refused(code, _sentence([_place(problem) for problem in problems]), field) from error


def _unkept(content: object, place: str = "") -> str:
    """Where a text holds NUL, which not every database keeps; empty where none does."""
    if isinstance(content, str):
        return (place or _("the text")) if "\0" in content else ""
    parts: Iterable[tuple[object, object]] = ()
    if isinstance(content, Mapping):
        parts = content.items()
    elif isinstance(content, list | tuple):
        parts = enumerate(content)
    found = (_unkept(part, f"{place}.{key}".removeprefix(".")) for key, part in parts)
    return next((one for one in found if one), "")


def consistent(taxonomy: Taxonomy, code: str) -> Taxonomy:
    """The same taxonomy, refused when its parts contradict each other."""
    if problems := inconsistencies(taxonomy):
        raise Refused(code, _sentence(problems))
    return taxonomy


def arranged(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """The stages with their positions counted from 0: the order of a document is the order of the journey."""
    return tuple(replace(stage, position=position) for position, stage in enumerate(stages))


def written(taxonomy: Taxonomy) -> dict[str, list[dict[str, Any]]]:
    """The document of a taxonomy: plain lists and dictionaries, without what equals its default."""
    parts = {part: [_sparse(item) for item in getattr(taxonomy, part)] for part in PARTS}
    return {part: items for part, items in parts.items() if items or part not in OPTIONAL_PARTS}


def _sparse(item: Item) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in fields(item):
        value = getattr(item, field.name)
        if field.name == "position" or (field.default is not MISSING and value == field.default):
            continue
        values[field.name] = [_plain(one) for one in value] if isinstance(value, tuple) else value
    return values


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _place(problem: Any) -> str:
    where = ".".join(str(step) for step in problem["loc"]) or _("the document")
    found = "" if problem["type"] in ("missing", "too_long") else f" ({str(problem['input'])[:60]!r})"
    return f"{where}: {_expected(problem)}{found}"


def _expected(problem: Any) -> str:
    """What is wrong, in the reader's language for what people can do wrong in a form or a file."""
    limits: dict[str, object] = problem.get("ctx", {})
    match problem["type"]:
        case "missing":
            return _("is missing")
        case "unexpected_keyword_argument" | "extra_forbidden":
            return _("is not known here; take it out or check its spelling")
        case "string_too_short":
            return _("must have at least %(min_length)s characters") % limits
        case "string_too_long":
            return _("must have at most %(max_length)s characters") % limits
        case "string_pattern_mismatch":
            return _("must be lower-case letters, digits and _, beginning with a letter")
        case "too_long":
            return _("has %(actual_length)s entries; at most %(max_length)s are kept") % limits
        case "literal_error":
            return _("must be one of %(expected)s") % limits
        case _:
            return str(problem["msg"])


def _sentence(problems: list[str]) -> str:
    shown = "; ".join(problems[:MAX_SHOWN_PROBLEMS])
    more = len(problems) - MAX_SHOWN_PROBLEMS
    return _("%(shown)s; and %(more)d more") % {"shown": shown, "more": more} if more > 0 else shown
