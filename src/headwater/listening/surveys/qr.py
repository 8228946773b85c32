"""QR codes of links: pictures to print, with the level of error correction that fits how they are used."""

import io
from typing import Final, Literal

import segno
from django.utils.translation import gettext as _

from headwater.base.refusals import Refused

Level = Literal["L", "M", "Q", "H"]
LEVELS: Final[tuple[Level, ...]] = ("L", "M", "Q", "H")
DEFAULT: Final[Level] = "M"
QUIET_ZONE: Final = 4
"""Modules of white around the code: what ISO/IEC 18004 asks for, and without which many readers fail."""
PNG_SCALE: Final = 12
"""Pixels a module: about 400 pixels for a short address, sharp at 3 cm in 300 dpi."""


def level_of(text: str) -> Level:
    """The level of error correction that was asked for; the usual one where none was. Refuses any other."""
    if not text:
        return DEFAULT
    for level in LEVELS:
        if level == text:
            return level
    message = _("“%s” is no level of error correction. Choose L, M, Q or H.")
    raise Refused("qr.level", message % text[:20], "level")


def svg(address: str, level: Level = DEFAULT) -> bytes:
    """The code as an SVG document in black on white, quiet zone included; it grows to any size."""
    out = io.BytesIO()
    _code(address, level).save(out, kind="svg", scale=PNG_SCALE, border=QUIET_ZONE, light="white", dark="black")
    return out.getvalue()


def png(address: str, level: Level = DEFAULT) -> bytes:
    """The code as a PNG picture in black on white, quiet zone included."""
    out = io.BytesIO()
    _code(address, level).save(out, kind="png", scale=PNG_SCALE, border=QUIET_ZONE, light="white", dark="black")
    return out.getvalue()


def _code(address: str, level: Level) -> segno.QRCode:
    """Without ``boost_error``: the level that was chosen is the level that is drawn."""
    return segno.make(address, error=level, micro=False, boost_error=False)
