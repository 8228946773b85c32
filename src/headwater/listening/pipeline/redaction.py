"""Takes personal data out of texts. A text without an @ and without seven digits costs next to nothing."""

import re
from collections.abc import Callable

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

EMAIL = r"[\pL\pN._%+\-]+@[\pL\pN\-]+(?:\.[\pL\pN\-]+)+"
# Cheap questions that every text is asked; only those that answer yes are looked at closely.
MAYBE_EMAIL = r"[^\s@]@[^\s@.]+\."
MAYBE_NUMBER = r"\d[\d \-./()]{5,}\d"
MAYBE_ACCOUNT = r"[A-Z]{2}\d{2} ?[A-Z0-9]{4}"
LONGEST_SCANNED = 20_000

CARD = re.compile(r"(?<!\d)\d(?:[ \-]?\d){12,18}(?!\d)")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")
# Length by country, from the IBAN registry (SWIFT, ISO 13616).
IBAN_LENGTH = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip

MARK_EMAIL, MARK_PHONE, MARK_CARD, MARK_ACCOUNT = "[e-mail]", "[phone]", "[card]", "[account]"


def redacted(texts: pa.Array, region: str | None) -> pa.Array:
    """The texts with e-mail addresses, cards (Luhn), accounts (IBAN) and telephone numbers replaced by a mark.

    `region` is the country (ISO 3166) whose telephone numbers are recognised without a country code.
    """
    texts = _where(texts, MAYBE_EMAIL, lambda some: pc.replace_substring_regex(some, EMAIL, MARK_EMAIL))
    return _where(
        texts,
        f"{MAYBE_NUMBER}|{MAYBE_ACCOUNT}",
        lambda some: pa.array([_redact_numbers(text, region) for text in some.to_pylist()], pa.string()),
    )


def _where(texts: pa.Array, pattern: str, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """The texts, changed where they match the pattern."""
    mask = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    if not pc.any(mask).as_py():
        return texts
    return pc.replace_with_mask(texts, mask, change(texts.filter(mask)))


def _redact_numbers(text: str, region: str | None) -> str:
    text = CARD.sub(lambda match: MARK_CARD if is_card(match[0]) else match[0], text)
    text = IBAN.sub(_mark_account, text)
    matches = phonenumbers.PhoneNumberMatcher(text[:LONGEST_SCANNED], region)
    for match in reversed(list(matches)):
        text = text[: match.start] + MARK_PHONE + text[match.end :]
    return text


def _mark_account(match: re.Match[str]) -> str:
    """The account alone: capital letters after an IBAN may look like a part of it."""
    found = match[0]
    left = IBAN_LENGTH.get(found[:2], 0)
    for end, letter in enumerate(found, start=1):
        left -= letter != " "
        if left == 0:
            return MARK_ACCOUNT + found[end:] if is_iban(found[:end]) else found
    return found


def is_card(text: str) -> bool:
    """Whether the digits pass the Luhn check (ISO/IEC 7812) and begin as card numbers do."""
    digits = [int(one) for one in text if one.isdigit()]
    if not 13 <= len(digits) <= 19 or digits[0] not in (2, 3, 4, 5, 6):
        return False
    doubled = [digit * 2 - 9 * (digit > 4) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def is_iban(text: str) -> bool:
    """Whether the text passes the check of ISO 13616: moved, letters as numbers, remainder 1 of 97."""
    plain = text.replace(" ", "").upper()
    if len(plain) != IBAN_LENGTH.get(plain[:2]) or not plain.isascii() or not plain.isalnum():
        return False
    return int("".join(str(int(one, 36)) for one in plain[4:] + plain[:4])) % 97 == 1
