"""What the pipeline is told about personal data by the installation's rules, and what it says it took out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from headwater.base.models import Person
from headwater.listening.models import Redacted
from headwater.listening.personal import holding_off, pseudonyms
from headwater.listening.personal.rules import rules
from headwater.listening.pipeline.redaction import Redaction

SHORTEST_NAME = 5


@dataclass(frozen=True, slots=True)
class Treatment:
    """How the signals of one source are treated on their way in."""

    redaction: Redaction
    keeps_originals: bool
    pseudonym: Callable[[str], str] | None
    erased: Callable[[Sequence[str | None]], frozenset[str]] | None = None
    why_erased: str = ""


def treatment(source: str, region: str | None) -> Treatment:
    """How signals of a source are treated, by the rules in force."""
    current = rules()
    redaction = Redaction(region, tuple(sorted(current.countries)), current.addresses, _colleagues())
    made = pseudonyms.for_source(source, current)
    return Treatment(redaction, current.vault, made, holding_off.gate(), holding_off.words())


def _colleagues() -> tuple[str, ...]:
    """Full names of the people of this installation. One word alone is too often a word of the language."""
    names = Person.objects.filter(is_active=True, is_sample=False).values_list("name", flat=True)
    return tuple(
        sorted({name.strip() for name in names if len(name.split()) > 1 and len(name.strip()) >= SHORTEST_NAME})
    )


def note(counts: Mapping[str, int], source: str, arrival: int = 0) -> None:
    """Add what was taken out of texts to today's counts. In the transaction in which the signals are received, and
    before the import counts them as its own."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("what was taken out is counted in the transaction that receives the signals")
    pseudonyms.settle(source, rules())
    today = timezone.now().date()
    for kind, count in counts.items():
        if count:
            row, _made = Redacted.objects.get_or_create(day=today, source=source, arrival=arrival, kind=kind)
            Redacted.objects.filter(pk=row.pk).update(count=F("count") + count)


def taken_out(*, arrival: int | None = None, days: int = 30) -> Counter[str]:
    """How many pieces of personal data were taken out, by kind: of one import, or in the last days."""
    rows = Redacted.objects.all()
    if arrival is not None:
        rows = rows.filter(arrival=arrival)
    else:
        rows = rows.filter(day__gt=timezone.now().date() - timedelta(days=days))
    return Counter({row["kind"]: row["total"] for row in rows.values("kind").annotate(total=Sum("count"))})
