"""Consent that stands in a file's columns: what each row says goes into the ledger with the row."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa
from django.utils import timezone

from headwater.listening import times
from headwater.listening.mapping import ConsentColumn, Mapping
from headwater.listening.personal import consent
from headwater.listening.personal.consent import Given


def keep(rows: pa.Table, used: Mapping, source: str, arrived: datetime) -> None:
    """Write what rows of a file say about consent. In the transaction that receives the rows.

    Args:
        rows: the file's rows as text.
        arrived: when the file came, for columns without a time of their own: then a line is written only where it
            differs from what counted before, so that the same file sent again changes nothing.
    """
    for said in used.consent:
        lines = list(_lines(rows, said, arrived))
        if said.at is None:
            lines = _news(lines, said)
        for start in range(0, len(lines), consent.MOST_AT_ONCE):
            some = lines[start : start + consent.MOST_AT_ONCE]
            # Without a time of its own a column says what is so, not that the customer has just said it.
            consent.record_consent(None, some, origin=source, renews=said.at is not None)


def _lines(rows: pa.Table, said: ConsentColumn, arrived: datetime) -> Iterator[Given]:
    if not {said.column, said.customer} <= set(rows.column_names):
        return
    given, withdrawn = ({value.casefold() for value in values} for values in (said.given, said.withdrawn))
    values = rows[said.column].to_pylist()
    customers = rows[said.customer].to_pylist()
    for value, customer, at in zip(values, customers, _times(rows, said, arrived), strict=True):
        word, name = (value or "").strip().casefold(), (customer or "").strip()
        if name and at is not None and word in given | withdrawn:
            yield Given(name, said.channel, said.purpose, word in given, at, said.wording)


def _times(rows: pa.Table, said: ConsentColumn, arrived: datetime) -> list[datetime | None]:
    """When each row's consent was said; None where the cell is no time, or one to come."""
    if said.at is None:
        return [arrived] * len(rows)
    formats = (said.at.format,) if isinstance(said.at.format, str) else said.at.format
    texts = rows[said.at.named[0]].combine_chunks()
    read = times.parse(texts, formats, said.at.time_zone or "UTC").to_pylist()
    now = timezone.now()
    known = [None if one is None else one.replace(tzinfo=UTC) for one in read]
    return [one if one is not None and one <= now else None for one in known]


def _news(lines: list[Given], said: ConsentColumn) -> list[Given]:
    """Of each customer the last line, where it differs from what counts now."""
    last = {line.customer_id: line for line in lines}
    counts = consent.states(list(last), channel=said.channel, purpose=said.purpose)
    return [line for name, line in last.items() if counts[name] != ("given" if line.is_given else "withdrawn")]
