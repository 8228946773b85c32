"""Which encoding a text file is written in: byte order mark, then UTF-8, then the likeliest of the old code pages."""

import codecs

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
    return control > 0.05 * max(1, len(sample))


def _code_page(sample: bytes) -> str:
    best = from_bytes(sample[:65536], cp_isolation=EAST_ASIAN + CODE_PAGES).best()
    if best is not None and (best.encoding in EAST_ASIAN and best.percent_coherence > 0):
        return str(best.encoding)
    # Western files far outnumber the others: another page must show its language, not merely decode.
    if best is not None and best.encoding in CODE_PAGES and best.percent_coherence >= 20:
        return str(best.encoding)
    try:
        sample.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1" if best is None else str(best.encoding)
    return "cp1252"
