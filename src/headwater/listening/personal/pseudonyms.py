"""Customers as pseudonyms: a keyed hash in place of the id, from a source's first row on.

The same id has the same pseudonym in every source, so customers still count once; who holds the key and an id finds
its pseudonym, and nobody gets from a pseudonym to an id.
"""

from collections.abc import Callable, Iterable, Sequence

from headwater.listening.models import Addressee, Import, PersonalDataRules, PseudonymousSource
from headwater.listening.personal.crypto import keyed_hash

PREFIX = "p-"


def pseudonym(customer_id: str) -> str:
    """The pseudonym of a customer's id; a pseudonym stays itself."""
    return customer_id if is_pseudonym(customer_id) else PREFIX + keyed_hash(customer_id)


def is_pseudonym(customer_id: str) -> bool:
    digits = customer_id.removeprefix(PREFIX)
    return customer_id.startswith(PREFIX) and len(digits) == 32 and all(one in "0123456789abcdef" for one in digits)


def spellings(customer_id: str) -> tuple[str, ...]:
    """Under which ids a customer may be in the record: as given, and as a pseudonym."""
    return tuple(dict.fromkeys((customer_id, pseudonym(customer_id))))


def for_source(source: str, rules: PersonalDataRules) -> Callable[[str], str] | None:
    """What makes pseudonyms of a source's customers; None where they keep their ids.

    It is decided when the first row of a source comes and stays so, or half of its customers would count twice.
    """
    if PseudonymousSource.objects.filter(name=source).exists():
        return pseudonym
    return pseudonym if rules.pseudonyms and not _has_come_before(source) else None


def settle(source: str, rules: PersonalDataRules) -> None:
    """Keep that a source's customers are pseudonyms. In the transaction that receives its first signals."""
    if rules.pseudonyms and not _has_come_before(source):
        PseudonymousSource.objects.get_or_create(name=source)


def _has_come_before(source: str) -> bool:
    from headwater.metrics.store import company_record
    from headwater.record.questions import FieldValues

    if Import.objects.filter(source__name=source, received__gt=0).exists():
        return True
    return any(row.value == source for row in company_record().ask(FieldValues("source", 10_000)))


def addressees_of(customer_ids: Iterable[str]) -> dict[str, Addressee]:
    """Where customers of the record can be reached, by their id there: addressees keep the id that they came with."""
    wanted = set(customer_ids)
    plain = [one for one in wanted if not is_pseudonym(one)]
    found = {row.customer_id: row for row in _addressees(plain)}
    if len(plain) < len(wanted):
        for row in Addressee.objects.iterator(chunk_size=5_000):
            if (hidden := pseudonym(row.customer_id)) in wanted:
                found[hidden] = row
    return found


def _addressees(ids: Sequence[str]) -> Iterable[Addressee]:
    for start in range(0, len(ids), 1_000):
        yield from Addressee.objects.filter(customer_id__in=ids[start : start + 1_000])
