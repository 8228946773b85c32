"""The tokens: text can be read on every ground it stands on, in the light and in the dark theme (WCAG 2, AA)."""

import re

import pytest

from headwater.base.charts.tokens import FILE, colours

GROUNDS = ("paper", "surface", "sunken")
TINTS = ("spruce-soft", "water-soft", "moss-soft", "clay-soft", "sand-soft", "doubt-soft")
MEANINGS = ("spruce", "water", "moss", "clay", "sand")
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in (*GROUNDS, *TINTS)),
    *((meaning, ground) for meaning in MEANINGS for ground in (*GROUNDS, f"{meaning}-soft")),
    ("on-spruce", "spruce"),
    ("paper", "ink"),
]
DRAWN = [("doubt", "surface"), ("line-strong", "surface"), ("line-strong", "paper")]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast ratio."""
    dim, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_reaches_four_and_a_half_to_one(ink: str, ground: str, dark: bool) -> None:
    pair = colours(dark)
    assert contrast(pair[ink], pair[ground]) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("line", "ground"), DRAWN)
def test_what_is_drawn_reaches_three_to_one(line: str, ground: str, dark: bool) -> None:
    pair = colours(dark)
    assert contrast(pair[line], pair[ground]) >= 3


def test_both_themes_have_every_colour() -> None:
    assert colours(False).keys() == colours(True).keys()
    assert len(colours()) == len(re.findall(r"light-dark\(#", FILE.read_text()))


def test_styles_use_tokens_and_no_colour_of_their_own() -> None:
    for file in FILE.parent.glob("*.css"):
        if file != FILE:
            assert re.findall(r"#[0-9a-fA-F]{6}\b", file.read_text()) == [], file.name


def test_styles_work_from_right_to_left() -> None:
    """Nothing says left or right but what draws (a background's position, a text within a picture)."""
    physical = re.compile(
        r"(?:margin|padding|border|inset)-(?:left|right)|(?<![\w-])(?:(?:left|right):|float: *(?:left|right))",
        re.IGNORECASE,
    )
    for file in FILE.parent.glob("*.css"):
        assert physical.findall(file.read_text()) == [], file.name
