"""A strategy as a document: what a file and a version in the database hold, read strictly and written sparsely."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from pydantic import TypeAdapter

from headwater.base.refusals import Refused
from headwater.journey.documents import checked
from headwater.strategy.rules import inconsistencies
from headwater.strategy.strategy import Strategy

MAX_SHOWN_PROBLEMS = 8
_STRATEGY = TypeAdapter(Strategy)


def read(content: Mapping[str, Any], version: int = 0) -> Strategy:
    """The strategy a document holds. Raises ``Refused("strategy.invalid")`` naming each place that is wrong."""
    strategy = checked(_STRATEGY, {**content, "version": version}, "strategy.invalid")
    if problems := inconsistencies(strategy):
        raise Refused("strategy.invalid", "; ".join(problems[:MAX_SHOWN_PROBLEMS]))
    return strategy


def written(strategy: Strategy) -> dict[str, Any]:
    """The document of a strategy: plain lists and dictionaries, without its version and what equals its default."""
    content: dict[str, Any] = _plain(strategy)
    content.pop("version", None)
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if not is_dataclass(value):
        return value
    own = {field.name: (getattr(value, field.name), field.default) for field in fields(value)}
    return {name: _plain(now) for name, (now, usual) in own.items() if usual is MISSING or now != usual}
