"""Whether digits and letters are a national identity or tax number: one pure function a number.

Each takes the number without spaces and separators, in capitals, and says whether it could have been issued: check
digits where the number has them, else what its parts may be. Sources stand beside each.
"""

from collections import Counter
from collections.abc import Iterable

_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_FINNISH = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_IRISH = "WABCDEFGHIJKLMNOPQRSTUV"
_CURP = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21,
         2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip
_TIMES = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7), (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3), (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)  # fmt: skip
_MOVED = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4), (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7), (9, 4, 5, 3, 1, 2, 6, 8, 7, 0), (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5), (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)  # fmt: skip


def digits_of(number: str) -> list[int]:
    return [int(one) for one in number]


def weighted(number: str, weights: Iterable[int]) -> int:
    """The sum of each digit times its weight; digits beyond the weights are left out."""
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))


def luhn(number: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = [
        digit * 2 - 9 * (digit > 4) if place % 2 else digit for place, digit in enumerate(map(int, number[::-1]))
    ]
    return sum(doubled) % 10 == 0


def is_day(day: int, month: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31


def us_ssn(number: str) -> bool:
    """Social Security Administration, randomisation of 2011: areas 000, 666 and 900–999 are not given out."""
    area, group, serial = number[:3], number[3:5], number[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def ca_sin(number: str) -> bool:
    """Employment and Social Development Canada: Luhn; none begins with 0 or 8."""
    return number[0] not in "08" and luhn(number)


def gb_nino(number: str) -> bool:
    """HM Revenue and Customs, National Insurance Manual NIM39110: letters and pairs that are not used."""
    first, second = number[0], number[1]
    unused = first in "DFIQUV" or second in "DFIOQUV" or number[:2] in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
    return not unused and number[-1] in "ABCD"


def ie_pps(number: str) -> bool:
    """Department of Social Protection: weights 8…2, the second letter's place in the alphabet times 9, modulo 23."""
    total = weighted(number[:7], range(8, 1, -1))
    if len(number) == 9:
        total += 9 * _IRISH.index(number[8])
    return _IRISH[total % 23] == number[7]


def de_steuer_id(number: str) -> bool:
    """§ 139b AO; Bundeszentralamt für Steuern: one digit of the first ten twice or thrice; ISO 7064 MOD 11,10."""
    often = sorted(Counter(number[:10]).values(), reverse=True)
    if number[0] == "0" or often[0] not in (2, 3) or (len(often) > 1 and often[1] > 1):
        return False
    product = 10
    for digit in digits_of(number[:10]):
        product = 2 * ((digit + product) % 10 or 10) % 11
    return (11 - product) % 10 == int(number[10])


def at_svnr(number: str) -> bool:
    """Österreichische Sozialversicherung: weights 3 7 9 – 5 8 4 2 1 6, modulo 11 is the fourth digit."""
    total = weighted(number[:3] + number[4:], (3, 7, 9, 5, 8, 4, 2, 1, 6))
    return number[0] != "0" and total % 11 == int(number[3])


def ch_ahv(number: str) -> bool:
    """Zentrale Ausgleichsstelle: 756 and the check digit of EAN-13."""
    total = sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits_of(number[:12])))
    return number.startswith("756") and (10 - total % 10) % 10 == int(number[12])


def fr_nir(number: str) -> bool:
    """INSEE: sex, year, month (unknown: 20…42, 50…99), key 97 − n mod 97; Corsica 2A counts as 19, 2B as 18."""
    plain = number[:5] + number[5:7].replace("2A", "19").replace("2B", "18") + number[7:]
    if not plain.isdigit() or plain[0] not in "1278":
        return False
    month = int(plain[3:5])
    known = 1 <= month <= 12 or 20 <= month <= 42 or month >= 50
    return known and 97 - int(plain[:13]) % 97 == int(plain[13:])


def es_dni(number: str) -> bool:
    """Real Decreto 1553/2005: the letter is the number modulo 23; of a NIE, X, Y, Z count as 0, 1, 2."""
    return _DNI[int(number[:8].translate(str.maketrans("XYZ", "012"))) % 23] == number[8]


def it_codice_fiscale(number: str) -> bool:
    """Decreto ministeriale 23 December 1976: values of odd and even places, modulo 26."""
    total = 0
    for place, letter in enumerate(number[:15]):
        even = int(letter) if letter.isdigit() else ord(letter) - ord("A")
        total += even if place % 2 else _ODD[letter]
    return chr(ord("A") + total % 26) == number[15]


def pt_nif(number: str) -> bool:
    """Autoridade Tributária: weights 9…2, 11 − remainder, ten and eleven count as 0."""
    check = 11 - weighted(number[:8], range(9, 1, -1)) % 11
    return number[0] in "1235689" and (0 if check > 9 else check) == int(number[8])


def br_cpf(number: str) -> bool:
    """Receita Federal: two check digits modulo 11; eleven times the same digit is none."""
    if len(set(number)) == 1:
        return False
    first = weighted(number[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(number[:10], range(11, 1, -1)) * 10 % 11 % 10
    return number[9:] == f"{first}{second}"


def br_cnpj(number: str) -> bool:
    """Receita Federal: two check digits modulo 11 with weights 5 4 3 2 9 … 2 and 6 5 4 3 2 9 … 2."""
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    rests = weighted(number[:12], weights[1:]) % 11, weighted(number[:13], weights) % 11
    return len(set(number)) > 1 and number[12:] == "".join(str(0 if rest < 2 else 11 - rest) for rest in rests)


def nl_bsn(number: str) -> bool:
    """Rijksdienst voor Identiteitsgegevens: the eleven test with weights 9…2 and −1."""
    return int(number) > 0 and weighted(number, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def be_national_number(number: str) -> bool:
    """FOD Binnenlandse Zaken: a date and 97 − n mod 97, with 2 in front of those born from 2000 on."""
    month, day = int(number[2:4]) % 20, int(number[4:6])
    checks = {97 - int(front + number[:9]) % 97 for front in ("", "2")}
    return month <= 12 and day <= 31 and int(number[9:]) in checks


def se_personnummer(number: str) -> bool:
    """Skatteverket SKV 704: a date (the day + 60 of a coordination number) and Luhn over the last ten digits."""
    short = number[-10:]
    return is_day(int(short[4:6]) % 60, int(short[2:4])) and luhn(short)


def no_fodselsnummer(number: str) -> bool:
    """Skatteetaten: a date (the day + 40 of a D number) and two check digits modulo 11."""
    weights = (3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    checks = [(11 - weighted(number, some) % 11) % 11 for some in weights]
    return is_day(int(number[:2]) % 40, int(number[2:4])) and number[9:] == "".join(map(str, checks))


def dk_cpr(number: str) -> bool:
    """CPR-kontoret: a date and four digits; since 2007 there is no check digit."""
    return is_day(int(number[:2]), int(number[2:4]))


def fi_hetu(number: str) -> bool:
    """Digi- ja väestötietovirasto: a date, and the nine digits modulo 31 as a letter. Without the century's sign."""
    return is_day(int(number[:2]), int(number[2:4])) and _FINNISH[int(number[:9]) % 31] == number[9]


def pl_pesel(number: str) -> bool:
    """Ministerstwo Cyfryzacji: a date (the month + 20 a century) and weights 1 3 7 9."""
    check = (10 - weighted(number[:10], (1, 3, 7, 9) * 3) % 10) % 10
    return is_day(int(number[4:6]), int(number[2:4]) % 20) and check == int(number[10])


def tr_kimlik(number: str) -> bool:
    """Nüfus ve Vatandaşlık İşleri: the tenth digit is 7 × odd − even places, the eleventh the sum, modulo 10."""
    digits = digits_of(number)
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[0] > 0 and digits[9] == tenth and digits[10] == sum(digits[:10]) % 10


def in_aadhaar(number: str) -> bool:
    """UIDAI: twelve digits of which the first is 2…9; Verhoeff, Error Detecting Decimal Codes, 1969."""
    check = 0
    for place, digit in enumerate(reversed(digits_of(number))):
        check = _TIMES[check][_MOVED[place % 8][digit]]
    return number[0] in "23456789" and check == 0


def in_pan(number: str) -> bool:
    """Income Tax Department: the fourth letter says what the holder is."""
    return number[3] in "ABCFGHJLPT"


def mx_curp(number: str) -> bool:
    """Registro Nacional de Población: a date, sex, and weights 18…2 over the letters' places, modulo 10."""
    total = sum(_CURP.index(letter) * (18 - place) for place, letter in enumerate(number[:17]))
    return is_day(int(number[8:10]), int(number[6:8])) and str((10 - total % 10) % 10) == number[17]


def au_tfn(number: str) -> bool:
    """Australian Taxation Office: weights 1 4 3 7 5 8 6 9 10, modulo 11."""
    return weighted(number, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0
