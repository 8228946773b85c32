"""What is forgotten with a customer who is erased: each room forgets what it keeps beside the record.

A room registers in its ``apps.py``, by dotted name so that nothing is imported early::

    def ready(self) -> None:
        erasure.on_erase("headwater.journey.watching.forget_customers")
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.utils.module_loading import import_string

_functions: list[str] = []
_exports: list[str] = []


def on_erase(function: str) -> None:
    """Register ``function(customer_ids)``, called once the record has let go of a customer, whichever way it was asked.

    ``customer_ids`` are all ids that were merged into the one. It runs in the transaction that ends the erasure and
    must be repeatable: a process that is killed is asked again.
    """
    if function not in _functions:
        _functions.append(function)


def forget(customer_ids: Sequence[str]) -> None:
    """Have every room forget a customer, in the current transaction. Raises ``RuntimeError`` outside of one."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("rooms forget a customer in the transaction that ends the erasure")
    for function in _functions:
        forgets: Callable[[Sequence[str]], Any] = import_string(function)
        forgets(customer_ids)


def on_export(function: str) -> None:
    """Register ``function(customer_ids) -> {table: rows}``: what a room keeps of a customer, for their own copy.

    Each row is a dict of plain values. What is kept of a customer and can be forgotten can be exported, too.
    """
    if function not in _exports:
        _exports.append(function)


def exported(customer_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """What every room keeps of a customer beside the record, by table; tables without a row are left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for function in _exports:
        tables: dict[str, list[dict[str, Any]]] = import_string(function)(customer_ids)
        found |= {name: rows for name, rows in tables.items() if rows}
    return found
