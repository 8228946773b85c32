"""The design tokens, read from the one table in ``tokens.css``."""

import re
from functools import cache
from pathlib import Path

FILE = Path(__file__).parents[1] / "static" / "base" / "tokens.css"
PAIR = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\);")
FONT = re.compile(r"--(serif|sans|mono):\s*([^;]+);")


@cache
def colours(dark: bool = False) -> dict[str, str]:
    """Every colour by its token's name, in the light or the dark theme, as ``#rrggbb``."""
    return {name: pair[dark] for name, *pair in PAIR.findall(FILE.read_text())}


@cache
def fonts() -> dict[str, str]:
    """The font stacks by their token's name."""
    return dict(FONT.findall(FILE.read_text()))
