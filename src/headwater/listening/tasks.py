"""The background tasks of this room."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.base.queue import JobContext, enqueue, schedule, task
from headwater.base.refusals import Refused
from headwater.listening import employee_signals, importing, inbox, uploads
from headwater.listening.connections import delivering, work
from headwater.listening.flusher import COMPACT
from headwater.listening.models import ErasureRequest, Import, ImportState
from headwater.listening.personal import erasing, retention, rewrapping
from headwater.listening.surveys import anonymous, bounces, draws, mailing_work, mailings, unfinished
from headwater.metrics.store import company_record


@task(uploads.TASK, title=gettext_lazy("Import a file"), lane="long")
def import_upload(context: JobContext, payload: dict[str, Any]) -> None:
    """Run an import; after a kill the job comes again and goes on where it was."""
    arrival = Import.objects.select_related("source").filter(pk=payload["import"]).first()
    if arrival is None or arrival.finished:
        return

    def report(at: Import) -> None:
        context.progress(int(1000 * at.share_read), 1000, _("%s rows read") % f"{at.rows_read:,}")

    with importing.only_one(arrival.fingerprint):
        arrival.refresh_from_db()
        if arrival.state not in (ImportState.RECEIVED, ImportState.DONE):
            try:
                importing.run_import(arrival, report)
            except Refused:
                # The import says why; a job that failed would be tried again with the same end.
                return
        inbox.flush()


@task("listening.expire_uploads", title=gettext_lazy("Remove old uploads"))
def expire_uploads(context: JobContext, payload: dict[str, Any]) -> None:
    uploads.expire()
    employee_signals.expire()


@task(COMPACT, title=gettext_lazy("Compact the record"), lane="long")
def compact_record(context: JobContext, payload: dict[str, Any]) -> None:
    """Merge the small files that arrivals leave, delete those replaced long enough ago, refresh the rollups."""
    company_record().compact()


@task("listening.run_connection", title=gettext_lazy("Read a connection"), lane="long")
def run_connection(context: JobContext, payload: dict[str, Any]) -> None:
    """Read a connection on from where it is; after a kill the job comes again and goes on after the last batch."""
    work.run_job(context, payload["connection"])


@task("listening.start_due_connections", title=gettext_lazy("Start connections that are due"))
def start_due_connections(context: JobContext, payload: dict[str, Any]) -> None:
    work.start_due()


@task("listening.send_webhooks", title=gettext_lazy("Send webhooks"))
def send_webhooks(context: JobContext, payload: dict[str, Any]) -> None:
    delivering.send_due(context)


schedule("listening.send_webhooks", every=timedelta(minutes=1))
schedule("listening.start_due_connections", every=timedelta(minutes=1))


@task(erasing.TASK, title=gettext_lazy("Erase a customer"), lane="long", max_failures=20)
def erase_customer(context: JobContext, payload: dict[str, Any]) -> None:
    """Erase a customer everywhere; after a kill, or where an old file is in use, the job comes again and goes on."""
    request = ErasureRequest.objects.filter(pk=payload["request"]).first()
    if request is not None:
        erasing.run(request, context.progress)


@task(retention.TASK, title=gettext_lazy("Let go of what is over its time"), lane="long")
def retain(context: JobContext, payload: dict[str, Any]) -> None:
    """Delete signals, words, rows set aside and originals that are over their time."""
    retention.run(lambda done, total: context.progress(done, total, _("files of the record")))


@task(rewrapping.TASK, title=gettext_lazy("Seal with the new key"), lane="long")
def rewrap(context: JobContext, payload: dict[str, Any]) -> None:
    """Seal with the newest key what earlier ones sealed; after a kill the job comes again and goes on."""
    rewrapping.rewrap(lambda done, total: context.progress(done, total, _("sealed things")))


schedule(retention.TASK, every=timedelta(days=1))
schedule("listening.expire_uploads", every=timedelta(hours=6))
schedule(COMPACT, every=timedelta(hours=1))


@task("listening.draw_mailing", title=gettext_lazy("Draw whom to ask"), lane="long")
def draw_mailing(context: JobContext, payload: dict[str, Any]) -> None:
    """Invite who was drawn; after a kill the job comes again and goes on where it was."""
    draws.draw(context, payload["mailing"])
    enqueue(mailings.SEND, {}, unique_key=mailings.SEND)


@task("listening.send_invitations", title=gettext_lazy("Send invitations to surveys"))
def send_invitations(context: JobContext, payload: dict[str, Any]) -> None:
    mailing_work.work(context)


schedule("listening.send_invitations", every=timedelta(minutes=1))


@task(bounces.TASK, title=gettext_lazy("Read mails that came back"))
def read_bounces(context: JobContext, payload: dict[str, Any]) -> None:
    """Read the mailbox that mails come back to, where one is named; away, it is tried again later."""
    if settings.BOUNCES_MAILBOX:
        bounces.read_mailbox()


schedule(bounces.TASK, every=timedelta(minutes=10))


@task("listening.let_go_of_answers", title=gettext_lazy("Let go of anonymous answers"))
def let_go_of_answers(context: JobContext, payload: dict[str, Any]) -> None:
    """Anonymous answers that are held appear in groups."""
    anonymous.let_go()


@task("listening.end_unfinished_answers", title=gettext_lazy("Count unfinished answers"))
def end_unfinished_answers(context: JobContext, payload: dict[str, Any]) -> None:
    """Responses that nobody went on with count as they are."""
    unfinished.settle()


schedule("listening.let_go_of_answers", every=timedelta(minutes=10))
schedule("listening.end_unfinished_answers", every=timedelta(hours=1))
