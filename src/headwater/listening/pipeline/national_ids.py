"""National identity and tax numbers in a text: how each is written, whether it can be one, and what is said around it.

A check digit alone passes one order number in ten. So a number is taken for an id where its form is its own (letters,
separators, two check digits) and the check holds, and else only with a word beside it that says what it is.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from headwater.listening.pipeline import id_checks as checks

BEFORE, AFTER = 60, 25
"""Characters in front of and behind a number in which a word may say what it is."""
_SEPARATORS = re.compile(r"[\s.\-/+]")
_ANY_COUNTRY = (
    r"national id|identity (?:number|card)|personal (?:number|id)|id number|tax (?:id|number|no)|taxpayer|"
    r"passport|social (?:security|insurance)|insurance number"
)
MAYBE = (
    r"\b[A-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]\b|\b[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-EHLMPRST][0-9LMNPQRSTUV]{2}[A-Z]"
    r"|\b[A-Z]{4}\d{6}[HMX][A-Z]{5}|\b[A-Z]{5}\d{4}[A-Z]\b"
)
"""A cheap question for RE2: ids that hold fewer than seven digits together, such as a telephone number has."""


@dataclass(frozen=True, slots=True)
class Written:
    """One way to write the ids of a country. Where `alone`, it needs no word beside it."""

    country: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool]
    words: re.Pattern[str]
    alone: bool


def _id(country: str, form: str, check: Callable[[str], bool], words: str, *, alone: bool = False) -> Written:
    return Written(
        country,
        re.compile(rf"(?<![\w.]){form}(?!\w|[.\-]\d)"),
        check,
        re.compile(rf"(?<!\w)(?:{words}|{_ANY_COUNTRY})", re.IGNORECASE),
        alone,
    )


WRITTEN: tuple[Written, ...] = (
    _id("US", r"\d{3}-\d{2}-\d{4}", checks.us_ssn, r"ssn|social sec", alone=True),
    _id("US", r"\d{3} ?\d{2} ?\d{4}", checks.us_ssn, r"ssn|social sec"),
    _id("CA", r"\d{3}[ -]?\d{3}[ -]?\d{3}", checks.ca_sin, r"sin\b|nas\b|assurance sociale"),
    _id("GB", r"[A-Za-z]{2} \d{2} \d{2} \d{2} [A-Da-d]", checks.gb_nino, r"nino|national insurance", alone=True),
    _id("GB", r"[A-Za-z]{2} ?\d{6} ?[A-Da-d]", checks.gb_nino, r"nino|ni number|national insurance"),
    _id("IE", r"\d{7}[A-W][A-IW]?", checks.ie_pps, r"pps", alone=True),
    _id("DE", r"\d{2}[ /]?\d{3}[ /]?\d{3}[ /]?\d{3}", checks.de_steuer_id, r"steuer|idnr|identifikationsn|tin\b"),
    _id("AT", r"\d{4} ?\d{6}", checks.at_svnr, r"sv-?nr|svnr|sozialversicherung|versicherungsnummer"),
    _id("CH", r"756\.?\d{4}\.?\d{4}\.?\d{2}", checks.ch_ahv, r"ahv|avs", alone=True),
    _id(
        "FR", r"[1278] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}", checks.fr_nir, r"nir\b|s[ée]cu", alone=True
    ),
    _id("ES", r"\d{8}[ -]?[A-HJ-NP-TV-Z]", checks.es_dni, r"dni|nif", alone=True),
    _id("ES", r"[XYZ][ -]?\d{7}[ -]?[A-HJ-NP-TV-Z]", checks.es_dni, r"nie|nif", alone=True),
    _id(
        "IT",
        r"[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPR-T][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]",
        checks.it_codice_fiscale,
        r"codice fiscale|c\.?f\.?",
        alone=True,
    ),
    _id("PT", r"\d{3} ?\d{3} ?\d{3}", checks.pt_nif, r"nif|contribuinte"),
    _id("BR", r"\d{3}\.\d{3}\.\d{3}-\d{2}", checks.br_cpf, r"cpf", alone=True),
    _id("BR", r"\d{9}-?\d{2}", checks.br_cpf, r"cpf"),
    _id("BR", r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", checks.br_cnpj, r"cnpj", alone=True),
    _id("BR", r"\d{14}", checks.br_cnpj, r"cnpj"),
    _id("NL", r"\d{4}[. ]?\d{2}[. ]?\d{3}", checks.nl_bsn, r"bsn|burgerservice|sofi"),
    _id("BE", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", checks.be_national_number, r"rijksregister", alone=True),
    _id(
        "BE",
        r"\d{2}[. ]?\d{2}[. ]?\d{2}[- ]?\d{3}[. ]?\d{2}",
        checks.be_national_number,
        r"rijksregister|registre national|insz|niss|num[ée]ro national",
    ),
    _id("SE", r"(?:\d{2})?\d{6}[-+]\d{4}", checks.se_personnummer, r"person(?:nummer|nr)|samordning", alone=True),
    _id("SE", r"(?:\d{2})?\d{10}", checks.se_personnummer, r"person(?:nummer|nr)|samordning"),
    _id("NO", r"\d{6} ?\d{5}", checks.no_fodselsnummer, r"f[øo]dselsn|person(?:nummer|nr)", alone=True),
    _id("DK", r"\d{6}-?\d{4}", checks.dk_cpr, r"cpr|personnummer"),
    _id("FI", r"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", checks.fi_hetu, r"hetu|henkil[öo]tunnus", alone=True),
    _id("PL", r"\d{11}", checks.pl_pesel, r"pesel"),
    _id("TR", r"\d{11}", checks.tr_kimlik, r"kimlik|t\.?c\.? ?no|tckn"),
    _id("IN", r"\d{4} \d{4} \d{4}", checks.in_aadhaar, r"aadha?ar|uidai", alone=True),
    _id("IN", r"\d{4}[ -]?\d{4}[ -]?\d{4}", checks.in_aadhaar, r"aadha?ar|uidai"),
    _id("IN", r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", checks.in_pan, r"pan\b|permanent account"),
    _id("MX", r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d", checks.mx_curp, r"curp", alone=True),
    _id("AU", r"\d{3} ?\d{3} ?\d{3}", checks.au_tfn, r"tfn|tax file"),
)
COUNTRIES: tuple[str, ...] = tuple(sorted({one.country for one in WRITTEN}))


@lru_cache(maxsize=64)
def of_countries(countries: Collection[str]) -> tuple[Written, ...]:
    """The ways of these countries; of all where none is named."""
    return tuple(one for one in WRITTEN if not countries or one.country in countries)


def found(text: str, written: Collection[Written]) -> Iterator[tuple[int, int]]:
    """Where ids stand in a text, from where to where; they may overlap."""
    for one in written:
        for match in one.pattern.finditer(text):
            plain = _SEPARATORS.sub("", match[0]).upper()
            if one.country == "FI":
                plain = plain[:6] + match[0][7:].upper()
            if one.check(plain) and (one.alone or _is_said(text, match, one.words)):
                yield match.span()


def _is_said(text: str, match: re.Match[str], words: re.Pattern[str]) -> bool:
    around = text[max(0, match.start() - BEFORE) : match.start()], text[match.end() : match.end() + AFTER]
    return any(words.search(one) for one in around)
