"""A strategy as a YAML file: to pass on, to keep beside other texts, to write in an editor."""

from typing import Any

import yaml
from django.utils.translation import gettext as _
from pydantic import TypeAdapter

from headwater.base.refusals import Refused
from headwater.journey.packs import PlainLoader
from headwater.strategy.documents import read, written
from headwater.strategy.strategy import Strategy

SCHEMA = 1
MAX_FILE_BYTES = 500_000
_STRATEGY = TypeAdapter(Strategy)


def read_strategy(text: str) -> Strategy:
    """The strategy a YAML text holds. Raises ``Refused("strategy.invalid")`` with line, place or value."""
    if len(text.encode()) > MAX_FILE_BYTES:
        message = _("A strategy file has %d bytes at most; this one has more.")
        raise Refused("strategy.too_large", message % MAX_FILE_BYTES, "file")
    try:
        content = yaml.load(text, Loader=PlainLoader)  # noqa: S506 (a SafeLoader, made stricter)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        why = " ".join(str(error).split())[:300]
        raise Refused("strategy.invalid", _("This is not a YAML file that can be read: %s") % why, "file") from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        found = content.get("schema") if isinstance(content, dict) else None
        message = _("A strategy file begins with “schema: %(ours)d”; this one has %(found)r.")
        raise Refused("strategy.invalid", message % {"ours": SCHEMA, "found": found}, "file")
    return read({key: value for key, value in content.items() if key not in ("schema", "version")})


def strategy_text(strategy: Strategy) -> str:
    """The strategy as YAML, without what is empty. ``version`` says which one it was; reading ignores it."""
    content = {"schema": SCHEMA, "version": strategy.version, **written(strategy)}
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def strategy_schema() -> dict[str, Any]:
    """The JSON Schema of a strategy file, for editors that check while one writes."""
    schema = _STRATEGY.json_schema()
    schema["properties"] = {"schema": {"const": SCHEMA}, **schema["properties"]}
    schema["required"] = ["schema"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Headwater strategy"}
