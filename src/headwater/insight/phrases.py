"""The generic phrases that ship with the product: they teach sentiment, effort and "nothing" on the first day."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from headwater.insight.text_models import Pair


@cache
def phrases(name: str, pair: Pair) -> tuple[tuple[str, str], ...]:
    """(phrase, class) of ``sentiment``, ``effort`` or ``nothing``: English alone for the English pair, else all."""
    text = resources.files("headwater.insight").joinpath("phrase_lists", f"{name}.yaml").read_text(encoding="utf-8")
    by_class: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    return tuple(
        (phrase, label)
        for label, by_language in by_class.items()
        for language, listed in by_language.items()
        if pair == "multilingual" or language == "en"
        for phrase in listed
    )
