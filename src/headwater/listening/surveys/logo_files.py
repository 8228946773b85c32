"""A logo's file, read and written anew: of a PNG or JPEG only the parts that draw it are kept. Pure.

What else a picture's file may hold (places, names and thumbnails of a camera, text, a second file behind the first) is
left out, so that what is served is a picture and nothing more. An SVG is a program as much as a picture, and refused.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from headwater.base.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES: Final = 200_000
MOST_WIDE, MOST_HIGH = 1_600, 800
TYPES: Final = {"png": "image/png", "jpg": "image/jpeg"}
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"sRGB", b"gAMA", b"IDAT", b"IEND"})
_PNG_LENGTHS: Final = {b"IHDR": 13, b"sRGB": 1, b"gAMA": 4, b"IEND": 0}
_JPEG: Final = b"\xff\xd8"
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended and progressive frames (ISO/IEC 10918-1, table B.1): what browsers draw."""
_JPEG_KEPT: Final = frozenset({*_FRAMES, 0xC4, 0xDB, 0xDD, 0xE0, 0xEE})
"""Frames, Huffman and quantisation tables, restart interval, JFIF, and Adobe's way of keeping colours."""
_SCAN, _END, _START, _JFIF = 0xDA, 0xD9, 0xD8, 0xE0


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is served. ``name`` tells its content and its size in pixels: another picture, another name."""

    content: bytes
    kind: str
    width: int
    height: int

    @property
    def name(self) -> str:
        digest = hashlib.sha256(self.content).hexdigest()[:32]
        return f"{digest}-{self.width}x{self.height}.{self.kind}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A logo as it is drawn: its address, and its size in CSS pixels, so that nothing moves when it arrives."""

    src: str
    width: int
    height: int


def read_picture(content: bytes) -> Picture:
    """The picture that an uploaded file holds. Refuses another kind of file, a broken one, and one too large."""
    if len(content) > MOST_BYTES:
        message = _("A logo has %(most)s bytes at most; this file has %(given)s. Save it smaller.")
        values = {"most": f"{MOST_BYTES:,}", "given": f"{len(content):,}"}
        raise Refused("logo.too_large", message % values, "logo")
    try:
        if content.startswith(_PNG):
            picture = _png(content)
        elif content.startswith(_JPEG):
            picture = _jpeg(content)
        else:
            message = _("This file is no PNG and no JPEG. An SVG can hold programs: save it as a PNG.")
            raise Refused("logo.kind", message, "logo")
    except (struct.error, IndexError, zlib.error) as error:
        raise Refused("logo.broken", _("This picture is broken: it ends too early. Save it anew."), "logo") from error
    except ValueError as error:
        raise Refused("logo.broken", _("This picture is broken: %s. Save it anew.") % error, "logo") from error
    if not (1 <= picture.width <= MOST_WIDE and 1 <= picture.height <= MOST_HIGH):
        message = _("A logo is at most %(most)s pixels large; this one is %(given)s. Save it smaller.")
        values = {"most": f"{MOST_WIDE} × {MOST_HIGH}", "given": f"{picture.width} × {picture.height}"}
        raise Refused("logo.size", message % values, "logo")
    return picture


def shown(logo: str, widest: int, highest: int, home: str = "") -> Shown | None:
    """How a logo of this name is drawn within a box; None without one. ``home`` makes its address a whole one."""
    if not logo:
        return None
    width, height = (int(part) for part in logo.partition("-")[2].partition(".")[0].split("x"))
    scale = min(1.0, widest / width, highest / height)
    return Shown(f"{home}/survey-logo/{logo}", max(1, round(width * scale)), max(1, round(height * scale)))


def _png(content: bytes) -> Picture:
    """Chunks with their checksums (ISO/IEC 15948); the pixels are unpacked once, to know that they are all there."""
    kept, packed, size = [_PNG], b"", (0, 0)
    for name, data in _chunks(content):
        if name == b"IHDR":
            size = struct.unpack(">II", data[:8])
        if name == b"IDAT":
            packed += data
        if name in _PNG_KEPT:
            kept.append(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))
    if size[0] > MOST_WIDE or size[1] > MOST_HIGH:
        return Picture(b"", "png", *size)
    unpacker = zlib.decompressobj()
    unpacker.decompress(packed, MOST_WIDE * MOST_HIGH * 8 + MOST_HIGH)
    if not unpacker.eof:
        raise ValueError(_("its pixels are not whole"))
    if unpacker.unused_data:
        raise ValueError(_("something stands behind its pixels"))
    return Picture(b"".join(kept), "png", *size)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, name = len(_PNG), b""
    while name != b"IEND":
        (length,) = struct.unpack_from(">I", content, at)
        name, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", content, at + 8 + length)
        if checksum != zlib.crc32(name + data):
            raise ValueError(_("a checksum is wrong"))
        if (name == b"IHDR") != (at == len(_PNG)) or length != _PNG_LENGTHS.get(name, length):
            raise ValueError(_("its parts are in disorder"))
        yield name, data
        at += 12 + length


def _jpeg(content: bytes) -> Picture:
    """Segments up to the first scan (ISO/IEC 10918-1, annex B), then scans and tables to the end of the image."""
    kept, at = [_JPEG], 2
    size: tuple[int, int] | None = None
    while True:
        if content[at] != 0xFF:
            raise ValueError(_("its parts are in disorder"))
        marker = content[at + 1]
        if marker == _END:
            break
        (length,) = struct.unpack_from(">H", content, at + 2)
        segment = content[at : at + 2 + length]
        if len(segment) < 2 + length or length < 2 or marker in (_START, 0x00):
            raise ValueError(_("its parts are in disorder"))
        if marker in _FRAMES:
            if size is not None:
                raise ValueError(_("it holds several pictures"))
            height, width = struct.unpack_from(">HH", content, at + 5)
            size = (width, height)
        at += 2 + length
        if marker == _SCAN:
            end = _end_of_scan(content, at)
            segment, at = segment + content[at:end], end
        if marker in _JPEG_KEPT or marker == _SCAN:
            kept.append(_without_thumbnail(segment) if marker == _JFIF else segment)
    return Picture(b"".join((*kept, b"\xff\xd9")), "jpg", *(size or (0, 0)))


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the next marker stands that is neither a stuffed byte nor a restart."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0:
            raise IndexError("no marker ends this scan")
        if content[at + 1] != 0x00 and not 0xD0 <= content[at + 1] <= 0xD7:
            return at
        at += 2


def _without_thumbnail(segment: bytes) -> bytes:
    """The JFIF segment alone, without a thumbnail; empty where the segment holds something else."""
    if segment[4:9] != b"JFIF\0" or len(segment) < 16:
        return b""
    return b"\xff\xe0\x00\x10" + segment[4:16] + b"\0\0"
