"""A survey as a file: YAML or JSON, `schema: 1`. Whatever comes from outside is read here, strictly."""

import json
from collections.abc import Mapping
from typing import Any

import yaml
from django.utils.translation import gettext as _
from pydantic import TypeAdapter

from headwater.base.refusals import Refused
from headwater.journey.documents import checked
from headwater.journey.packs import PlainLoader
from headwater.listening.surveys.document import Document

SCHEMA = 1
MAX_FILE_BYTES = 400_000
INVALID = "survey.invalid"
_DOCUMENT = TypeAdapter(Document)


def read(content: Mapping[str, Any]) -> Document:
    """The survey that plain data holds. Raises ``Refused("survey.invalid")`` naming each place that is wrong."""
    document: Document = checked(_DOCUMENT, dict(content), INVALID)
    return document


def written(document: Document) -> dict[str, Any]:
    """The survey as plain data for JSON, without what equals its default; :func:`read` gives the same survey back."""
    content = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {"schema": SCHEMA, "languages": list(document.languages), **content}


def read_file(text: str) -> Document:
    """The survey that a YAML or JSON text holds. Raises ``Refused`` with the line, place or value that is wrong."""
    if len(text.encode()) > MAX_FILE_BYTES:
        message = _("A survey file has %(most)d bytes at most; this one has more.")
        raise Refused("survey.file_too_large", message % {"most": MAX_FILE_BYTES}, "file")
    try:
        if text.lstrip().startswith("{"):  # JSON: not every JSON text is YAML
            content = json.loads(text, object_pairs_hook=_once)
        else:
            content = yaml.load(text, Loader=PlainLoader)  # noqa: S506 (a SafeLoader, made stricter)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        why = " ".join(str(error).split())[:300]
        raise Refused(
            "survey.unreadable", _("This is not a YAML or JSON file that can be read: %s") % why, "file"
        ) from error
    return read_content(content)


def read_content(content: object) -> Document:
    """The survey that loaded YAML or JSON holds; refused without ``schema: 1``."""
    found = content.get("schema") if isinstance(content, dict) else None
    if not isinstance(content, dict) or found != SCHEMA or isinstance(found, bool):
        message = _("A survey file begins with “schema: %(ours)d”; this one has %(found).60r.")
        raise Refused("survey.schema_unknown", message % {"ours": SCHEMA, "found": found}, "file")
    return read(content)


def as_yaml(document: Document) -> str:
    """The survey as a YAML file."""
    return yaml.safe_dump(written(document), sort_keys=False, allow_unicode=True, width=120)


def as_json(document: Document) -> str:
    """The survey as a JSON file."""
    return json.dumps(written(document), ensure_ascii=False, indent=2) + "\n"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys are given once, as YAML is read."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, _value in pairs if sum(key == other for other, _other in pairs) > 1)
        raise ValueError(f"key {twice[:60]!r} given twice")
    return found
