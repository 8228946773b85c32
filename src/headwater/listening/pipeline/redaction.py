"""Takes personal data out of texts. A text without an @ and without seven digits costs next to nothing."""

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from headwater.listening.pipeline import national_ids
from headwater.listening.pipeline.id_checks import luhn

EMAIL = r"[\pL\pN._%+\-]+@[\pL\pN\-]+(?:\.[\pL\pN\-]+)+"
# Cheap questions that every text is asked; only those that answer yes are looked at closely.
MAYBE_EMAIL = r"[^\s@]@[^\s@.]+\."
MAYBE_NUMBER = r"\d[\d \-./()+]{5,}\d"
MAYBE_ACCOUNT = r"[A-Z]{2}\d{2} ?[A-Z0-9]{4}"
MAYBE_ADDRESS = r"\d\.\d{1,3}\.\d{1,3}\.\d|[0-9A-Fa-f]:[0-9A-Fa-f:]*:[0-9A-Fa-f]*"
SEVERAL_WORDS = r"\S\s+\S|^\s*\+\d"
LONGEST_SCANNED = 20_000
SHORTEST_NAME = 3

CARD = re.compile(r"(?<!\d)\d(?:[ \-]?\d){12,18}(?!\d)")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")
ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)|(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])"
)
# A bare run of digits after one of these is the number of a thing, and no telephone number.
OF_A_THING = re.compile(
    r"(?:order|ticket|invoice|booking|reservation|confirmation|reference|ref|tracking|parcel|case|claim|flight|serial|"
    r"bestell\w*|auftrags\w*|rechnungs\w*|sendungs\w*|vorgangs\w*|kunden\w*|commande|facture|dossier|colis|pedido|factura|"
    r"reserva|ordine|fattura|encomenda|fatura|zamówieni\w*|bestelling|ordernumm\w*|#)"
    r"[\s.:#]*(?:no|nr|n[°º]|number|num|id|code|nummer|is|was|num[ée]ro|n[úu]mero)?[\s.:#]*$",
    re.IGNORECASE,
)
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

MARKS = {
    "email": "[e-mail]",
    "phone": "[phone]",
    "card": "[card]",
    "account": "[account]",
    "national_id": "[id]",
    "address": "[address]",
    "name": "[name]",
    "colleague": "[colleague]",
}
"""What stands in the text for each kind of personal data that was taken out of it."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is taken out of texts, besides what always is.

    ``region``: the country (ISO 3166) whose telephone numbers are recognised without a country code. ``countries``:
    whose national ids; empty: all. ``colleagues``: full names.
    """

    region: str | None = None
    countries: tuple[str, ...] = ()
    addresses: bool = False
    colleagues: tuple[str, ...] = ()


def redacted(texts: pa.Array, region: str | None) -> pa.Array:
    """The texts with personal data replaced by marks, without further rules."""
    return redact(texts, Redaction(region), Counter())


def redact(
    texts: pa.Array,
    rules: Redaction,
    counts: Counter[str],
    names: Sequence[tuple[str, pa.Array]] = (),
) -> pa.Array:
    """The texts with each piece of personal data replaced by its mark.

    Args:
        texts: strings or null.
        rules: what is taken out.
        counts: how often each kind was; added to.
        names: pairs of a kind and one value a text (or null) that is taken out of that text: whole, and its words.
    """
    for kind, values in names:
        texts = _without_names(texts, values, kind, counts)
    if rules.colleagues:
        texts = _without_colleagues(texts, rules.colleagues, counts)
    texts = _where(texts, MAYBE_EMAIL, lambda some: _without_emails(some, counts))
    maybe = [MAYBE_NUMBER, MAYBE_ACCOUNT, national_ids.MAYBE, *([MAYBE_ADDRESS] if rules.addresses else [])]
    ids = national_ids.of_countries(rules.countries)
    return _where(
        texts,
        "|".join(maybe),
        lambda some: pa.array([_without_numbers(text, rules, ids, counts) for text in some.to_pylist()], pa.string()),
    )


def redact_values(
    values: pa.Array, rules: Redaction, counts: Counter[str], names: Sequence[tuple[str, pa.Array]] = ()
) -> pa.Array:
    """The values of an attribute without personal data: e-mail addresses in all of them, the rest among words alone.

    A value of digits in one piece is the number of an order or a parcel far more often than somebody's, and to group
    by it is what it is kept for; a column of names or numbers of customers is marked as personal in the mapping. A name
    of the same row that is the whole value goes, too; a colleague's stays, for such an attribute says who served, and
    has its own right.
    """
    for kind, own in names:
        if kind == "name":
            values = _unless_same(values, own, counts)
    values = _where(values, MAYBE_EMAIL, lambda some: _without_emails(some, counts))
    worded = pc.fill_null(pc.match_substring_regex(values, SEVERAL_WORDS), False)
    whole = [pa.array([one.lower() for one in rules.colleagues], pa.string())]
    for names_of_colleagues in [*whole, *(pc.utf8_lower(own) for kind, own in names if kind == "colleague")]:
        worded = pc.and_(worded, pc.invert(pc.is_in(pc.utf8_lower(values), names_of_colleagues, skip_nulls=True)))
    if not pc.any(worded).as_py():
        return values
    theirs = [(kind, own.filter(worded)) for kind, own in names]
    return pc.replace_with_mask(values, worded, redact(values.filter(worded), rules, counts, theirs))


def _unless_same(values: pa.Array, names: pa.Array, counts: Counter[str]) -> pa.Array:
    """The values, with a mark where one is its row's name."""
    same = pc.fill_null(pc.equal(pc.utf8_lower(values), pc.utf8_lower(names)), False)
    counts["name"] += pc.sum(same).as_py() or 0
    return pc.if_else(same, pa.scalar(MARKS["name"]), values)


def _where(texts: pa.Array, pattern: str, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """The texts, changed where they match the pattern."""
    mask = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    if not pc.any(mask).as_py():
        return texts
    return pc.replace_with_mask(texts, mask, change(texts.filter(mask)))


def _without_emails(texts: pa.Array, counts: Counter[str]) -> pa.Array:
    counts["email"] += pc.sum(pc.count_substring_regex(texts, EMAIL)).as_py() or 0
    return pc.replace_substring_regex(texts, EMAIL, MARKS["email"])


def _without_names(texts: pa.Array, values: pa.Array, kind: str, counts: Counter[str]) -> pa.Array:
    """Each text without the name of its own row: as it is written, in any case, and each word of it as it is."""
    told = texts.to_pylist()
    for place, (text, name) in enumerate(zip(told, values.to_pylist(), strict=True)):
        if text and name:
            told[place] = _without_name(text, name, kind, counts)
    return pa.array(told, pa.string())


def _without_name(text: str, name: str, kind: str, counts: Counter[str]) -> str:
    parts = [part for part in re.split(r"[\s,;]+", name) if len(part) >= SHORTEST_NAME and not part.isdigit()]
    if name.casefold() in text.casefold():
        text = _replaced(re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE), text, kind, counts)
    for part in parts:
        if part in text and not part.islower():
            text = _replaced(re.compile(rf"(?<!\w){re.escape(part)}(?!\w)"), text, kind, counts)
    return text


def _without_colleagues(texts: pa.Array, names: Sequence[str], counts: Counter[str]) -> pa.Array:
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(name) for name in names)})(?!\w)", re.IGNORECASE)
    maybe = "(?i)" + "|".join(re.escape(name) for name in names)

    def change(some: pa.Array) -> pa.Array:
        return pa.array([_replaced(pattern, text, "colleague", counts) for text in some.to_pylist()], pa.string())

    return _where(texts, maybe, change)


def _replaced(pattern: re.Pattern[str], text: str, kind: str, counts: Counter[str]) -> str:
    text, times = pattern.subn(MARKS[kind], text)
    counts[kind] += times
    return text


def _without_numbers(text: str, rules: Redaction, ids: tuple[national_ids.Written, ...], counts: Counter[str]) -> str:
    """Accounts and cards first, then ids, then telephone numbers: what is surest decides."""
    text = _marked(text, _accounts(text), "account", counts)
    text = _marked(text, [match.span() for match in CARD.finditer(text) if is_card(match[0])], "card", counts)
    if rules.addresses:
        text = _marked(text, [one.span() for one in ADDRESS.finditer(text) if is_address(one[0])], "address", counts)
    text = _marked(text, list(national_ids.found(text, ids)), "national_id", counts)
    matches = phonenumbers.PhoneNumberMatcher(text[:LONGEST_SCANNED], rules.region)
    spans = [(one.start, one.end) for one in matches if not _is_of_a_thing(text, one.start, one.raw_string)]
    return _marked(text, spans, "phone", counts)


def _is_of_a_thing(text: str, start: int, raw: str) -> bool:
    return raw.isdigit() and OF_A_THING.search(text, max(0, start - 40), start) is not None


def _marked(text: str, spans: list[tuple[int, int]], kind: str, counts: Counter[str]) -> str:
    """The text with a mark in place of each span; of overlapping ones the first and longest counts."""
    pieces, done = [], 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start < done:
            continue
        pieces += [text[done:start], MARKS[kind]]
        done = end
        counts[kind] += 1
    return "".join([*pieces, text[done:]]) if pieces else text


def _accounts(text: str) -> list[tuple[int, int]]:
    """Where accounts stand: capital letters after an IBAN may look like a part of it."""
    spans = []
    for match in IBAN.finditer(text):
        left = IBAN_LENGTH.get(match[0][:2], 0)
        for end, letter in enumerate(match[0], start=1):
            left -= letter != " "
            if left == 0:
                if is_iban(match[0][:end]):
                    spans.append((match.start(), match.start() + end))
                break
    return spans


def is_card(text: str) -> bool:
    """Whether the digits pass the Luhn check, and have a length that cards of their first digits have (ISO/IEC 7812;
    Mastercard's 2 series and Maestro, Visa, American Express, Diners, JCB, UnionPay, Discover)."""
    number = "".join(one for one in text if one.isdigit())
    if not 13 <= len(number) <= 19:
        return False
    first = number[0]
    lengths = {"2": (16,), "3": (14, 15, 16), "4": (13, 16, 19), "5": (16,), "6": range(13, 20)}.get(first, ())
    if number[:2] in ("50", "56", "57", "58"):
        lengths = range(13, 20)
    return len(number) in lengths and luhn(number)


def is_iban(text: str) -> bool:
    """Whether the text passes the check of ISO 13616: moved, letters as numbers, remainder 1 of 97."""
    plain = text.replace(" ", "").upper()
    if len(plain) != IBAN_LENGTH.get(plain[:2]) or not plain.isascii() or not plain.isalnum():
        return False
    return int("".join(str(int(one, 36)) for one in plain[4:] + plain[:4])) % 97 == 1


def is_address(text: str) -> bool:
    """Whether the text is an IP address, version 4 or 6 (RFC 791, RFC 4291)."""
    try:
        return not ipaddress.ip_address(text).is_unspecified
    except ValueError:
        return False
