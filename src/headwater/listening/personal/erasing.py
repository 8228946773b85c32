"""One customer is forgotten everywhere, and the request says how far that is: done only when the old files are gone.

Each step is repeatable, so a request that was cut off goes on where it was. The id is kept, encrypted, until the
last step; afterwards only its keyed hash is, so that a restored backup can be made to forget the customer again.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base import erasure, queue
from headwater.base.history import record_history
from headwater.base.models import HistoryEntry, Job, OutboxMail, Person
from headwater.base.permissions import require
from headwater.base.refusals import NotFound
from headwater.listening import inbox
from headwater.listening.models import (
    Addressee,
    Connection,
    ConnectionRun,
    Contact,
    ContactTurn,
    ErasureRequest,
    Import,
    ImportState,
    Invitation,
    SetAsideRow,
    WebhookAttempt,
    WebhookDelivery,
)
from headwater.listening.personal import database_pages, holding_off, left_files, replay
from headwater.listening.personal.consent import require_customer
from headwater.listening.personal.crypto import decrypt, encrypt, keyed_hash
from headwater.listening.personal.database_pages import StillInUse
from headwater.listening.personal.pseudonyms import spellings
from headwater.metrics.store import company_record
from headwater.record.customers import ErasureReport
from headwater.record.questions import Timeline

TASK = "listening.erase_customer"
SHORTEST_SEARCHED = 4
"""An id of fewer characters is looked for as a whole value only, and not within other words."""
WHAT_WAS_SAID: tuple[tuple[type[Model], str], ...] = (
    (Job, "error"),
    (Import, "reason"),
    (Connection, "last_error"),
    (ConnectionRun, "note"),
    (WebhookAttempt, "response_head"),
    (WebhookAttempt, "error"),
)
"""Messages of errors and of other systems, which may quote a customer."""
State = ErasureRequest.State
Row = TypeVar("Row", bound=Model)
Said = Callable[[int, int, str], None]


def ask_erasure(person: Person | None, customer_id: str) -> ErasureRequest:
    """Ask for a customer to be erased everywhere, in the background; asked twice, it is the same request."""
    require(person, "erase", "customers")
    name = require_customer(customer_id)
    with transaction.atomic():
        request, made = ErasureRequest.objects.exclude(state=State.DONE).get_or_create(
            customer=keyed_hash(name), defaults={"sealed_id": _sealed([name]), "requested_by": person}
        )
        holding_off.hold_off([name], since=request.requested_at)
        if made or request.state == State.FAILED:
            ErasureRequest.objects.filter(pk=request.pk).update(state=State.WAITING, error="")
            record_history(person, "customer.erasure_asked", f"erasure:{request.pk}", {})
            queue.enqueue(TASK, {"request": request.pk}, unique_key=f"{TASK}:{request.pk}", requested_by=person)
    request.refresh_from_db()
    return request


def erase_now(person: Person | None, customer_id: str) -> ErasureReport:
    """Erase a customer everywhere, here and now; returns what left the record."""
    request = ask_erasure(person, customer_id)
    report = run(request)
    Job.objects.filter(unique_key=f"{TASK}:{request.pk}", state=Job.State.WAITING).delete()
    return report


def request_of(person: Person | None, pk: int) -> ErasureRequest:
    """One request. Raises NotFound."""
    require(person, "view", "personal_data")
    found = ErasureRequest.objects.filter(pk=pk).first() if 0 < pk < 2**63 else None
    if found is None:
        raise NotFound("no_erasure", _("There is no such erasure."))
    return found


def requests(person: Person | None, *, limit: int = 50) -> tuple[ErasureRequest, ...]:
    """The latest requests, first those that are not done."""
    require(person, "view", "personal_data")
    open_ones = ErasureRequest.objects.exclude(state=State.DONE)
    done = ErasureRequest.objects.filter(state=State.DONE)
    return (*open_ones[:limit], *done[:limit])[:limit]


def run(request: ErasureRequest, said: Said = lambda done, total, note: None) -> ErasureReport:
    """Do, or go on with, what a request asks for. Raises StillInUse where it cannot be finished yet."""
    if request.state == State.DONE:
        return ErasureReport((), 0, 0, 0, 0)
    ids = _known_ids(request)
    ErasureRequest.objects.filter(pk=request.pk).update(state=State.RUNNING, error="")
    holding_off.hold_off(ids, since=request.requested_at)
    try:
        said(0, 4, _("the record"))
        report = _from_record(ids)
        _step(request, "record", report.signals)
        said(1, 4, _("every room’s tables"))
        _step(request, "tables", _from_tables(report.customer_ids))
        said(2, 4, _("files still on disk"))
        _step(request, "files", _from_files(report.customer_ids))
        said(3, 4, _("old pages and versions"))
        database_pages.rewrite()
        _require_nobody_back(report.customer_ids)
        _require_no_strays()
        _finish(request, report.customer_ids)
    except Exception as error:
        ErasureRequest.objects.filter(pk=request.pk).update(state=State.FAILED, error=_reason(error))
        raise
    said(4, 4, "")
    return report


def _sealed(ids: Sequence[str]) -> bytes:
    return encrypt(json.dumps(list(ids)).encode())


def _known_ids(request: ErasureRequest) -> list[str]:
    """All ids of the customer, kept with the request before anything is erased: who was merged into whom goes with the
    record, and a request that is cut off after that must still know it."""
    named: list[str] = json.loads(decrypt(bytes(request.sealed_id)))
    spelled = dict.fromkeys(one for name in named for one in spellings(name))
    same = dict.fromkeys(one for name in spelled for one in company_record().ids_of_customer(name))
    ids = list(dict.fromkeys(one for name in (*spelled, *same) for one in spellings(name)))
    if ids != named:
        request.sealed_id = _sealed(ids)
        request.save(update_fields=["sealed_id"])
    return ids


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, StillInUse) else type(error).__name__


def _step(request: ErasureRequest, name: str, count: int) -> None:
    """Keep what a step did; done again after a kill, it adds to what was counted before."""
    before = {step["name"]: step["count"] for step in request.steps}
    before[name] = before.get(name, 0) + count
    request.steps = [{"name": one, "count": many} for one, many in before.items()]
    request.save(update_fields=["steps"])


def _from_record(ids: Sequence[str]) -> ErasureReport:
    """What is acknowledged moves on first, so that it is erased with the rest instead of arriving afterwards."""
    record = company_record()
    with record.writing():
        inbox.flush()
        parts = [record.erase_customer(one) for one in ids]
    known = dict.fromkeys([*ids, *(name for part in parts for name in part.customer_ids)])
    counts = (sum(getattr(part, name) for part in parts) for name in ("signals", "labels", "customers", "files"))
    return ErasureReport(tuple(known), *counts)


def _from_tables(ids: Sequence[str]) -> int:
    """Rows set aside, mails, jobs, history, and what every room registered. One transaction."""
    names = [*ids, *_emails(ids)]
    with transaction.atomic():
        gone = _delete_rows_set_aside(names)
        gone += _delete(OutboxMail.objects.filter(to__in=names))
        for field in ("subject", "text", "html"):
            gone += _delete(_naming(OutboxMail.objects.all(), field, names))
        gone += _delete(WebhookDelivery.objects.filter(_written("payload", _long(names))))
        gone += _delete(Job.objects.exclude(state=Job.State.RUNNING).filter(_written("payload", _long(ids))))
        for model, field in WHAT_WAS_SAID:
            _naming(model._default_manager.all(), field, names).update(**{field: ""})
        _clean_history(names)
        erasure.forget(ids)
    return gone


def forget_own(customer_ids: Sequence[str]) -> None:
    """Forget whom this room asked and where they are reached; answers go with their invitation."""
    for model in (Invitation, Contact, ContactTurn, Addressee):
        model._default_manager.filter(customer_id__in=list(customer_ids)).delete()


def _emails(ids: Sequence[str]) -> list[str]:
    known = Addressee.objects.filter(customer_id__in=ids).exclude(email="").values_list("email", flat=True)
    return list({*known, *(one for one in ids if "@" in one)})


def _naming(rows: "QuerySet[Row]", field: str, ids: Sequence[str]) -> "QuerySet[Row]":
    """Rows of which a text names one of the ids, where these are long enough to mean the customer."""
    within = Q(pk__in=())
    for one in _long(ids):
        within |= Q(**{f"{field}__icontains": one})
    return rows.filter(within)


def _long(ids: Sequence[str]) -> list[str]:
    return [one for one in ids if len(one) >= SHORTEST_SEARCHED]


def _written(field: str, texts: Sequence[str]) -> Q:
    """Whether a column of JSON holds one of the texts, as SQLite (escaped to ASCII) or PostgreSQL keeps it."""
    within = Q(pk__in=())
    for one in texts:
        for spelled in {json.dumps(one)[1:-1], json.dumps(one, ensure_ascii=False)[1:-1]}:
            within |= Q(**{f"{field}__icontains": spelled})
    return within


def _delete(rows: "QuerySet[Any]") -> int:
    return rows.delete()[0]


def _delete_rows_set_aside(ids: Sequence[str]) -> int:
    wanted, gone = set(ids), []
    for row in SetAsideRow.objects.filter(_written("values", ids)).iterator(chunk_size=500):
        values = [str(value) for value in (row.values or {}).values() if value is not None]
        if wanted & set(values) or any(
            one in value for one in ids if len(one) >= SHORTEST_SEARCHED for value in values
        ):
            gone.append(row.pk)
    return _delete(SetAsideRow.objects.filter(pk__in=gone))


def _clean_history(names: Sequence[str]) -> None:
    """What was done stays in the history; to whom goes."""
    within = Q(subject__in=[f"customer:{one}" for one in names])
    for entry in HistoryEntry.objects.filter(within | _written("data", names)):
        data = {
            key: "…" if isinstance(value, str) and any(_is_named(one, value) for one in names) else value
            for key, value in entry.data.items()
        }
        subject = "customer" if entry.subject.startswith("customer:") else entry.subject
        if data != entry.data or subject != entry.subject:
            HistoryEntry.objects.filter(pk=entry.pk).update(data=data, subject=subject)


def _is_named(name: str, value: str) -> bool:
    return value == name or (len(name) >= SHORTEST_SEARCHED and name in value)


def _from_files(ids: Sequence[str]) -> int:
    """Uploads still on disk: those that are in the record go anyway; one that waits goes if it names the customer."""
    gone = left_files.remove_done()
    for arrival in Import.objects.filter(state__in=(ImportState.UPLOADED, ImportState.REFUSED)).exclude(path=""):
        if left_files.is_ours(arrival.path) and left_files.names_any(arrival, ids):
            left_files.remove(arrival.path)
            if arrival.state == ImportState.UPLOADED:
                arrival.delete()
            gone += 1
    if left_files.any_being_read():
        raise StillInUse(_("A file is being imported; the erasure goes on when that is over."))
    return gone


def _require_nobody_back(ids: Sequence[str]) -> None:
    """What was on its way when the customer was put on the list may have come after the record was searched."""
    inbox.flush()
    if any(company_record().ask(Timeline(one, 1)).rows for one in ids):
        raise StillInUse(_("More of the customer arrived meanwhile; the erasure goes on."))


def _require_no_strays() -> None:
    strays = company_record().replaced_files()
    if strays:
        raise StillInUse(_("%s old files of the record are still on the disk.") % len(strays))


def _finish(request: ErasureRequest, ids: Sequence[str]) -> None:
    replay.remember(ids)
    with transaction.atomic():
        holding_off.hold_off(ids, since=request.requested_at)
        ErasureRequest.objects.filter(pk=request.pk).update(
            state=State.DONE, sealed_id=b"", error="", finished_at=timezone.now()
        )
        record_history(request.requested_by, "customer.erased", "customer", {})
