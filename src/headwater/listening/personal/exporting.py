"""One customer's own copy: everything that is kept of them, as JSON for programs and as a page for people."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from headwater.base import erasure
from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import NotFound
from headwater.listening import inbox
from headwater.listening.models import Addressee, Contact, Import, Invitation, SetAsideRow, SurveyResponse
from headwater.listening.personal import looks
from headwater.listening.personal.consent import require_customer
from headwater.listening.personal.crypto import keyed_hash
from headwater.listening.personal.pseudonyms import spellings
from headwater.metrics.store import company_record

FORMAT = "headwater-customer-1"
_NOT_THEIRS = {"signal_key", "content_hash", "customer_bucket"}
"""Columns that say nothing of the customer: hashes by which the record finds rows."""


def export_customer(person: Person | None, customer_id: str) -> bytes:
    """A zip of ``customer.json`` and ``customer.html`` with everything that is kept of one customer.

    Raises NotFound where nothing is kept. The history says that it was taken.
    """
    document = _taken(person, customer_id)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("customer.json", _as_json(document))
        packed.writestr("customer.html", render_to_string("listening/personal_export.html", _shown(document)))
    return made.getvalue()


def export_document(person: Person | None, customer_id: str) -> str:
    """The same as JSON alone."""
    return _as_json(_taken(person, customer_id))


def _as_json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, default=_plain)


def _taken(person: Person | None, customer_id: str) -> dict[str, Any]:
    require(person, "export", "customers")
    name = require_customer(customer_id)
    document = collected(name)
    if not any(document["tables"].values()):
        raise NotFound("customer_unknown", _("There is no customer “%s” in the record.") % name[:100])
    with transaction.atomic():
        record_history(person, "customer.exported", "customer", {})
        signals = len(document["tables"].get("signals", ()))
        looks.note_now(person, "export", [keyed_hash(one) for one in document["customer_ids"]], signals)
    return document


def collected(customer_id: str) -> dict[str, Any]:
    """Everything that is kept of one customer, as a document: ``tables`` holds rows by the table's name."""
    inbox.flush()
    record, ids = company_record(), list(spellings(customer_id))
    tables: dict[str, list[dict[str, Any]]] = {}
    for one in spellings(customer_id):
        for name, rows in record.everything_of_customer(one).items():
            kept = [column for column in rows.column_names if column not in _NOT_THEIRS]
            tables.setdefault(name, []).extend(_filled(row) for row in rows.select(kept).to_pylist())
            if "customer_id" in rows.column_names:
                ids += [known for known in rows["customer_id"].to_pylist() if known not in ids]
    tables |= erasure.exported(ids)
    return {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "customer_ids": ids,
        "tables": {name: rows for name, rows in tables.items() if rows},
    }


def own_tables(customer_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """What this room's tables hold of a customer: addresses, who asked them when, answers, rows set aside."""
    named = {"customer_id__in": list(customer_ids)}
    asked = Invitation.objects.filter(**named)
    responses = SurveyResponse.objects.filter(invitation__in=asked).select_related("survey")
    wanted = set(customer_ids)
    aside = SetAsideRow.objects.filter(arrival__in=Import.objects.filter(set_aside__gt=0))
    return {
        "addressee": _rows(
            Addressee.objects.filter(**named).values("customer_id", "email", "name", "language", "time_zone")
        ),
        "contacts": _rows(
            Contact.objects.filter(**named).order_by("at").values("survey__title", "channel", "is_reminder", "at")
        ),
        "invitations": _rows(
            asked.order_by("pk").values(
                "survey__title", "state", "language", "attributes", "sent_at", "opened_at", "reminded_at", "expires_at"
            )
        ),
        "responses": [
            {"survey": row.survey.title, "state": row.state, "day": row.day, "answers": row.answers}
            for row in responses
        ],
        "rows_set_aside": [
            dict(row.values) for row in aside.iterator(chunk_size=1_000) if wanted & set(map(str, row.values.values()))
        ],
    }


def _rows(found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(row) for row in found]


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what is empty."""
    return {name: value for name, value in row.items() if value not in (None, [], {}, "")}


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def _shown(document: dict[str, Any]) -> dict[str, Any]:
    tables = [
        (name, [[(column, _cell(value)) for column, value in row.items()] for row in rows])
        for name, rows in document["tables"].items()
    ]
    return {"document": document, "tables": tables}


def _cell(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return ", ".join(f"{name}: {text}" for name, text in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return str(value)
