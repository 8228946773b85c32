"""A brand's one colour, made fit to read: pure arithmetic on WCAG 2.2's relative luminance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TEXT: Final = 4.5
"""The least contrast between text and its ground (WCAG 2.2, success criterion 1.4.3)."""
LIGHT_GROUND, DARK_GROUND = "#ffffff", "#14201c"
DARK_INK, LIGHT_INK = "#0d1513", "#ffffff"
Channels = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Pair:
    """A colour and what is written on it."""

    colour: str
    on: str


def channels(colour: str) -> Channels:
    """Red, green and blue, 0…255, of ``#rrggbb``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance, 0…1 (WCAG 2.2, definition of relative luminance)."""
    linear = [one / 255 / 12.92 if one <= 10 else ((one / 255 + 0.055) / 1.055) ** 2.4 for one in channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1…21."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable(colour: str, ground: str) -> Pair:
    """The colour, darkened or lightened just enough to be read as text on the ground, and what is read on it."""
    to = DARK_INK if luminance(ground) > 0.18 else LIGHT_INK
    mixed = next(one for one in (_mixed(colour, to, step / 20) for step in range(21)) if contrast(one, ground) >= TEXT)
    return Pair(mixed, max((LIGHT_INK, DARK_INK), key=lambda ink: contrast(ink, mixed)))


def _mixed(colour: str, other: str, share: float) -> str:
    mixed = (round(a + (b - a) * share) for a, b in zip(channels(colour), channels(other), strict=True))
    return "#" + "".join(f"{one:02x}" for one in mixed)


def stylesheet(colour: str) -> str:
    """What a page with this brand colour adds to the product's own style sheets."""
    light, dark = readable(colour, LIGHT_GROUND), readable(colour, DARK_GROUND)
    return f":root{{--brand:light-dark({light.colour},{dark.colour});--on-brand:light-dark({light.on},{dark.on})}}\n"
