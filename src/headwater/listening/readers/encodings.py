"""Which encoding a text file is written in: byte order mark, then UTF-8, then the likeliest of the old code pages."""

import codecs
import re

from charset_normalizer import from_bytes

from headwater.base.refusals import Refused

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Code pages that exports are really written in; the detector's long tail of look-alikes is left out.
CODE_PAGES = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r", "mac_roman"]
# Signs that stand within words of other code pages when they are read as cp1252.
NOT_WESTERN = re.compile(r"[A-Za-z][³¿¹¢¥£¦ª¯º¼½¾¬±]|[³¿¹¢¥£¦ª¯º¼½¾¬±][a-z]")
KANA = re.compile(r"[\u3040-\u30ff]")
EAST_ASIAN = ["cp932", "euc_jp", "gb18030", "big5", "cp949"]


def sniff_encoding(sample: bytes) -> str:
    """The codec's name. Raises Refused where the bytes are not text."""
    for mark, name in BOMS:
        if sample.startswith(mark):
            return name
    wide = _utf16(sample)
    if wide:
        return wide
    if _is_binary(sample):
        raise Refused(
            "not_text",
            "The file is not text: it holds control bytes that no text file has. Send CSV, Excel, JSON or Parquet.",
        )
    if is_utf8(sample):
        return "utf-8"
    return _code_page(sample)


def is_utf8(sample: bytes) -> bool:
    """Whether the bytes are UTF-8; a character cut off at the end does not count against them."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _utf16(sample: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of Western text is zero."""
    pairs = len(sample) // 2
    if pairs < 4:
        return None
    even, odd = sample[0 : pairs * 2 : 2].count(0), sample[1 : pairs * 2 : 2].count(0)
    if odd > 0.4 * pairs and even < 0.1 * pairs:
        return "utf-16-le"
    if even > 0.4 * pairs and odd < 0.1 * pairs:
        return "utf-16-be"
    return None


def _is_binary(sample: bytes) -> bool:
    control = sum(sample.count(byte) for byte in range(32) if byte not in (9, 10, 12, 13, 27, 28, 29, 30, 31, 1))
    return control > max(8, 0.05 * len(sample))


def _code_page(sample: bytes) -> str:
    """Western text unless the bytes speak against it: far more old files are cp1252 than look like it by chance."""
    letters = sum(byte > 127 or chr(byte).isalpha() for byte in sample[:65536])
    foreign = sum(byte > 127 for byte in sample[:65536])
    western = _decoded(sample, "cp1252")
    if foreign < 0.4 * letters and western is not None and not NOT_WESTERN.search(western):
        return "cp1252"
    for encoding in ("cp932", "euc_jp"):
        text = _decoded(sample, encoding)
        if text is not None and len(KANA.findall(text)) > 0.15 * sum(not one.isascii() for one in text):
            return encoding
    best = from_bytes(sample[:65536], cp_isolation=EAST_ASIAN + CODE_PAGES).best()
    if best is not None:
        return str(best.encoding)
    return "cp1252" if western is not None else "latin-1"


def _decoded(sample: bytes, encoding: str) -> str | None:
    """The text, or None where the bytes are not of the encoding; a character cut off at the end does not count."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample, final=False)
    except UnicodeDecodeError:
        return None
