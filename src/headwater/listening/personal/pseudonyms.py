"""Customers as pseudonyms: a keyed hash in place of the id, from a source's first row on.

The same id has the same pseudonym in every source, so customers still count once; who holds the key and an id finds
its pseudonym, and nobody gets from a pseudonym to an id.
"""

import re
from collections.abc import Callable

from headwater.listening.models import Import, PersonalDataRules, PseudonymousSource
from headwater.listening.personal import crypto

PREFIX = "p-"
PSEUDONYM = re.compile(r"p-[0-9a-f]{32}")


def pseudonym(customer_id: str) -> str:
    """The pseudonym of a customer's id; a pseudonym stays itself."""
    return customer_id if is_pseudonym(customer_id) else PREFIX + crypto.keyed_hash(customer_id)


def is_pseudonym(customer_id: str) -> bool:
    return PSEUDONYM.fullmatch(customer_id) is not None


def hasher() -> Callable[[str], str]:
    """What makes the keyed hash of a customer: the same of an id and of its pseudonym."""
    hashed = crypto.hasher()

    def of_customer(customer_id: str) -> str:
        return customer_id.removeprefix(PREFIX) if is_pseudonym(customer_id) else hashed(customer_id)

    return of_customer


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


def known_as(rules: PersonalDataRules) -> Callable[[str], str]:
    """Under which id what arrives beside the record is kept, such as addresses and consent: as the record will."""
    return pseudonym if rules.pseudonyms else str
