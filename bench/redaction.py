"""What redaction finds and what it takes by mistake: `python -m bench.redaction [--planted N]`.

Real texts (airline tweets, ride reviews, Brazilian order reviews, customers' requests with order numbers, usenet mail)
into which values of every kind are planted at known places, made by the rules of each number; and numbers that are
nobody's: order, ticket and tracking numbers, amounts, dates, flights. A planted value is found where nothing of its
digits or letters is left; a mark where nothing was planted is a mistake. Intervals are Wilson's, 95 %.
"""

import argparse
import csv
import random
import re
import string
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from headwater.listening.pipeline import id_checks
from headwater.listening.pipeline.redaction import MARKS, Redaction, is_card, is_iban, redact
from headwater.science.intervals import proportion
from headwater.science.results import Estimate

SHARED = Path(__file__).parents[2] / "shared" / "data"
Make = Callable[[random.Random], str]


@dataclass(frozen=True, slots=True)
class Planted:
    """A text, what was planted in it, and of which kind; kind empty: a number that is nobody's."""

    text: str
    value: str
    kind: str
    form: str
    region: str


def digits(draw: random.Random, count: int, first: str = string.digits) -> str:
    return draw.choice(first) + "".join(draw.choice(string.digits) for _ in range(count - 1))


def until(make: Make, holds: Callable[[str], bool], draw: random.Random) -> str:
    """A value that passes its check, drawn until one does."""
    while True:
        value = make(draw)
        if holds(re.sub(r"[\s.\-/]", "", value)):
            return value


def checked(make: Make, holds: Callable[[str], bool]) -> Make:
    return lambda draw: until(make, holds, draw)


def grouped(number: str, *sizes: int, by: str = " ") -> str:
    parts, place = [], 0
    for size in sizes:
        parts.append(number[place : place + size])
        place += size
    return by.join(parts)


def email(draw: random.Random) -> str:
    name = "".join(draw.choice(string.ascii_lowercase) for _ in range(draw.randint(3, 9)))
    host = "".join(draw.choice(string.ascii_lowercase) for _ in range(draw.randint(3, 8)))
    joined = draw.choice([name, f"{name}.{host}", f"{name}{draw.randint(1, 99)}", f"{name}+shop", name.upper()])
    return f"{joined}@{host}.{draw.choice(['com', 'org', 'co.uk', 'de', 'com.br', 'io'])}"


def card(draw: random.Random) -> str:
    size = draw.choice([16, 16, 15])
    number = until(lambda one: digits(one, size, "3" if size == 15 else "45"), is_card, draw)
    if size == 15:
        return draw.choice([number, grouped(number, 4, 6, 5)])
    return draw.choice([number, grouped(number, 4, 4, 4, 4), grouped(number, 4, 4, 4, 4, by="-")])


def iban(draw: random.Random) -> str:
    country, size = draw.choice([("DE", 18), ("FR", 23), ("ES", 20), ("GB", 0), ("NL", -1)])
    body = {0: "WEST" + digits(draw, 14), -1: "ABNA" + digits(draw, 10)}.get(size) or digits(draw, size)
    value = next(f"{country}{check:02}{body}" for check in range(2, 99) if is_iban(f"{country}{check:02}{body}"))
    return draw.choice([value, grouped(value, *[4] * 9).strip()])


def phone(region: str) -> Make:
    def make(draw: random.Random) -> str:
        if region == "US":
            number = digits(draw, 10, "23456789")
            number = draw.choice(["212", "415", "617", "303", "919"]) + draw.choice("23456789") + number[4:]
            a, b, c = number[:3], number[3:6], number[6:]
            return draw.choice([f"{a}-{b}-{c}", f"({a}) {b}-{c}", f"{a}.{b}.{c}", f"+1 {a} {b} {c}", f"{a}{b}{c}"])
        if region == "BR":
            rest = "9" + digits(draw, 4, "6789"), digits(draw, 4)
            return draw.choice([f"(11) {rest[0]}-{rest[1]}", f"+55 21 {rest[0]}-{rest[1]}", f"11 {rest[0]}{rest[1]}"])
        number = draw.choice("6789") + digits(draw, 9)
        return draw.choice([number, f"+91 {number[:5]} {number[5:]}", f"+91{number}", f"0{number}"])

    return make


def like(pattern: str) -> Make:
    """Values of a form: ``#`` a digit, ``@`` a capital, ``{d}``, ``{m}``, ``{y}`` parts of a day, ``[ab]`` either."""

    def made(draw: random.Random, token: str) -> str:
        if token[0] == "{":
            low, high = {"d": (1, 28), "m": (1, 12), "y": (30, 99)}[token[1]]
            return f"{draw.randint(low, high):02}"
        return draw.choice({"#": string.digits, "@": string.ascii_uppercase}.get(token, token.strip("[]")))

    return lambda draw: re.sub(r"\{[dmy]\}|\[[^\]]+\]|[#@]", lambda token: made(draw, token[0]), pattern)


def tax_id(draw: random.Random) -> str:
    nine = draw.sample(string.digits, 9)
    nine.insert(draw.randint(1, 8), draw.choice(nine))
    return "".join(nine) + draw.choice(string.digits)


# form: the words it comes with ({} is the value), whether a value can be one, and how it is written
IDS: dict[str, tuple[str, Callable[[str], bool], Make]] = {
    "US SSN": ("my social is {}", id_checks.us_ssn, like("###-##-####")),
    "US SSN bare": ("my SSN {}", id_checks.us_ssn, like("#########")),
    "CA SIN": ("my SIN is {}", id_checks.ca_sin, like("### ### ###")),
    "GB NINO": ("National Insurance {}", id_checks.gb_nino, like("[ABCEHJ][ABCEHJ]######[ABCD]")),
    "IE PPS": ("{}", id_checks.ie_pps, like("#######[ABCDEFGHIJKLMNOPQRSTUVW]")),
    "DE Steuer-ID": ("meine Steuer-ID ist {}", id_checks.de_steuer_id, tax_id),
    "AT SVNR": ("meine SV-Nr. {}", id_checks.at_svnr, like("#### {d}{m}{y}")),
    "CH AHV": ("{}", id_checks.ch_ahv, like("756.####.####.##")),
    "FR NIR": ("{}", id_checks.fr_nir, like("[12]{y}{m}##########")),
    "ES DNI": ("{}", id_checks.es_dni, like("########[TRWAGMYFPDXBNJZSQVHLCKE]")),
    "ES NIE": ("{}", id_checks.es_dni, like("[XYZ]#######[TRWAGMYFPDXBNJZSQVHLCKE]")),
    "IT codice fiscale": ("{}", id_checks.it_codice_fiscale, like("@@@@@@##[ABCDEHLMPRST]{d}@###@")),
    "PT NIF": ("o meu NIF é {}", id_checks.pt_nif, like("[12]########")),
    "BR CPF": ("{}", id_checks.br_cpf, like("###.###.###-##")),
    "BR CPF bare": ("meu CPF {}", id_checks.br_cpf, like("###########")),
    "BR CNPJ": ("{}", id_checks.br_cnpj, like("##.###.###/####-##")),
    "NL BSN": ("mijn BSN is {}", id_checks.nl_bsn, like("#########")),
    "BE national number": ("{}", id_checks.be_national_number, like("{y}.{m}.{d}-###.##")),
    "SE personnummer": ("{}", id_checks.se_personnummer, like("{y}{m}{d}-####")),
    "NO fødselsnummer": ("{}", id_checks.no_fodselsnummer, like("{d}{m}{y}#####")),
    "DK CPR": ("mit CPR-nummer er {}", id_checks.dk_cpr, like("{d}{m}{y}-####")),
    "FI hetu": ("{}", id_checks.fi_hetu, like("{d}{m}{y}-###[0123456789ABCDEFHJKLMNPRSTUVWXY]")),
    "PL PESEL": ("mój PESEL to {}", id_checks.pl_pesel, like("{y}{m}{d}#####")),
    "TR kimlik": ("T.C. kimlik no {}", id_checks.tr_kimlik, like("###########")),
    "IN Aadhaar": ("{}", id_checks.in_aadhaar, like("#### #### ####")),
    "IN PAN": ("PAN {}", id_checks.in_pan, like("@@@P@####@")),
    "MX CURP": ("{}", id_checks.mx_curp, like("@@@@{y}{m}{d}[HM]@@@@@[0A]#")),
    "AU TFN": ("my tax file number is {}", id_checks.au_tfn, like("### ### ###")),
}
NOBODYS: dict[str, tuple[str, Make]] = {
    "order number, 8 to 13 digits": ("my order {}", lambda draw: digits(draw, draw.randint(8, 13), "123456789")),
    "bare number, 9 to 13 digits": ("{}", lambda draw: digits(draw, draw.randint(9, 13), "123456789")),
    "ticket number": ("ticket #{}", lambda draw: digits(draw, draw.randint(6, 10), "123456789")),
    "tracking number": (
        "tracking no. {}",
        lambda draw: like(draw.choice(["1Z################", "RR#########DE"]))(draw),
    ),
    "booking code": ("booking {}", like("@@##@@")),
    "amount": ("it cost {}", like("[$€£]#,###.##")),
    "date and time": ("on {}", like("20[12]#-{m}-{d} 1#:[012345]#")),
    "date": ("since {}", like("{d}/{m}/20[12]#")),
    "part number": ("part {}", like("###-####-[ABC]##")),
}


def texts_of(shared: Path) -> dict[str, list[str]]:
    """Real texts by the country they are from."""
    by_region = {
        "US": _column(shared / "airline_tweets" / "Tweets.csv", "text"),
        "IN": _column(shared / "uber_reviews" / "uber_reviews.csv", "content"),
        "BR": _column(shared / "olist_dev" / "olist_order_reviews_dataset.csv", "review_comment_message"),
    }
    return {region: [text for text in texts if len(text) > 20] for region, texts in by_region.items()}


def _column(path: Path, name: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row[name] or "" for row in csv.DictReader(file)]


def planted(shared: Path, number: int, seed: int = 7) -> Iterator[Planted]:
    """``number`` texts for each form of a value, spread over the three countries."""
    draw = random.Random(seed)
    texts = {region: draw.sample(some, min(len(some), 4_000)) for region, some in texts_of(shared).items()}
    forms: list[tuple[str, str, str, Make | None]] = [
        ("email", "e-mail", "{}", email),
        ("card", "card", "{}", card),
        ("account", "IBAN", "{}", iban),
        ("phone", "phone", "{}", None),
        *(("national_id", form, words, checked(make, check)) for form, (words, check, make) in IDS.items()),
        *(("", form, words, make) for form, (words, make) in NOBODYS.items()),
    ]
    for kind, form, words, make in forms:
        for place in range(number):
            region = ("US", "IN", "BR")[place % 3]
            value = (make or phone(region))(draw)
            yield Planted(_put(draw, draw.choice(texts[region]), words.format(value)), value, kind, form, region)


def _put(draw: random.Random, text: str, words: str) -> str:
    """The words at a random place between two words of a text."""
    gaps = [0, *(match.end() for match in re.finditer(r"\s+", text)), len(text)]
    place = draw.choice(gaps)
    around = text[:place].rstrip(), text[place:].lstrip()
    return f"{around[0]} {words} {around[1]}".strip()


@dataclass(slots=True)
class Tally:
    """Of one form: how many were planted, found as what they are, found as something else, and marks beyond."""

    kind: str
    planted: int = 0
    found: int = 0
    as_other: int = 0
    mistaken: int = 0


def measure(cases: list[Planted]) -> dict[str, Tally]:
    """What redaction makes of the cases, by form. Marks that the text has without what was planted do not count."""
    tallies: dict[str, Tally] = {}
    for region in ("US", "IN", "BR"):
        mine = [case for case in cases if case.region == region]
        before = [case.text.replace(case.value, "\x00") for case in mine]
        results = _redacted([case.text for case in mine], region), _redacted(before, region)
        for case, after, base in zip(mine, *results, strict=True):
            tally = tallies.setdefault(case.form, Tally(case.kind))
            tally.planted += 1
            extra = _marks(after) - _marks(base)
            gone = case.value not in after and bool(extra)
            if case.kind and gone and extra[MARKS[case.kind]]:
                tally.found += 1
            elif case.kind and gone:
                tally.as_other += 1
            elif extra:
                tally.mistaken += 1
    return tallies


def _redacted(texts: list[str], region: str) -> list[str]:
    return list(redact(pa.array(texts, pa.string()), Redaction(region), Counter()).to_pylist())


def _marks(text: str) -> Counter[str]:
    return Counter(mark for mark in MARKS.values() for _ in range(text.count(mark)))


def speed(shared: Path) -> tuple[float, float]:
    """Megabytes a second of processor time, over all the real texts, and microseconds a text."""
    texts = [text for some in texts_of(shared).values() for text in some]
    column = pa.array(texts, pa.string())
    best = float("inf")
    for _round in range(3):
        started = time.process_time()
        redact(column, Redaction("US"), Counter())
        best = min(best, time.process_time() - started)
    return sum(len(text.encode()) for text in texts) / 1e6 / best, 1e6 * best / len(texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--planted", type=int, default=300)
    parser.add_argument("--shared", type=Path, default=SHARED)
    asked = parser.parse_args()
    tallies = measure(list(planted(asked.shared, asked.planted)))
    for form, one in tallies.items():
        hit = proportion(one.found if one.kind else one.planted - one.mistaken, one.planted)
        said = f"{hit.estimate:.3f} ({hit.low:.3f}–{hit.high:.3f})" if isinstance(hit, Estimate) else "–"
        print(f"{one.kind or 'nobody’s':12} {form:32} {said}  other mark {one.as_other}, mistaken {one.mistaken}")
    megabytes, microseconds = speed(asked.shared)
    print(f"{megabytes:.1f} MB/s of processor time, {microseconds:.1f} µs a text")


if __name__ == "__main__":
    main()
