"""Background jobs as people see them: who may see, retry and cancel which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base import queue
from headwater.base.history import record_history
from headwater.base.models import Job, Person
from headwater.base.permissions import require, widest_scope
from headwater.base.refusals import Conflict, NotFound

if TYPE_CHECKING:
    from django.db.models import QuerySet

State = Job.State


def jobs_seen_by(person: Person) -> QuerySet[Job]:
    """Return everyone's jobs for those who may see them, else the person's own, newest first."""
    jobs = Job.objects.select_related("requested_by")
    return jobs if widest_scope(person, "view", "jobs") == "company" else jobs.filter(requested_by=person)


def visible_job(person: Person, job_id: int) -> Job:
    """Return one of those jobs; refuses (404) any other."""
    job = jobs_seen_by(person).filter(pk=job_id).first()
    if job is None:
        raise NotFound("job_unknown", _("There is no job %d among those you can see.") % job_id)
    return job


def title(job: Job) -> str:
    """Return what the job does, in words; the task's name where this version does not know the task."""
    try:
        return str(queue.task_named(job.name).title)
    except (ValueError, ImportError):
        return job.name


def note(job: Job) -> str:
    """Return how far the job is, or how it ended, as one line."""
    if job.state == State.FAILED:
        return job.error.strip().rpartition("\n")[2] or _("It failed.")
    if job.state == State.CANCELLED:
        return _("It was cancelled.")
    if job.state == State.RUNNING and job.cancel_requested:
        return _("It ends as soon as nothing is left half done.")
    if job.state == State.WAITING and not job.progress_note:
        return _("It waits for its turn.")
    return job.progress_note


def sentence(jobs: QuerySet[Job]) -> str:
    """Return what a page of jobs says first."""
    count = dict(jobs.order_by().values_list("state").annotate(Count("pk")))
    if count.get(State.FAILED):
        failed = count[State.FAILED]
        return str(ngettext("%d job failed and waits for you.", "%d jobs failed and wait for you.", failed) % failed)
    going = count.get(State.RUNNING, 0) + count.get(State.WAITING, 0)
    if going:
        return str(ngettext("%d job is under way.", "%d jobs are under way.", going) % going)
    return _("All background work is done.")


def retry_job(person: Person | None, job: Job) -> None:
    """Put a failed or cancelled job back into the queue, with its failures forgiven."""
    _require(person, job)
    finished = Job.objects.filter(pk=job.pk, state__in=(State.FAILED, State.CANCELLED))
    try:
        with transaction.atomic():
            again = finished.update(
                state=State.WAITING,
                failures=0,
                run_at=timezone.now(),
                cancel_requested=False,
                error="",
                finished_at=None,
                progress_done=0,
                progress_note="",
            )
            if not again:
                raise Conflict("job_not_over", _("This job is not over, or was done: there is nothing to try again."))
            record_history(person, "job.retried", f"job:{job.pk}", {"name": job.name})
    except IntegrityError:
        raise Conflict("job_waits", _("The same work waits in the queue already.")) from None


def cancel_job(person: Person | None, job: Job) -> None:
    """Cancel a waiting job at once, a running one at its next sign of progress."""
    _require(person, job)
    with transaction.atomic():
        if not queue.cancel(job):
            raise Conflict("job_over", _("This job is over already."))
        record_history(person, "job.cancelled", f"job:{job.pk}", {"name": job.name})


def _require(person: Person | None, job: Job) -> None:
    own = person is not None and job.requested_by_id == person.pk
    require(person, "manage", "jobs", words_of="own" if own else "company")
