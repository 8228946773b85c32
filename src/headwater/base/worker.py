"""Runs the queue: one thread a lane, a heartbeat for each running job, and the schedules."""

from __future__ import annotations

import logging
import os
import socket
import traceback
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from headwater.base import queue, refusals
from headwater.base.models import Job
from headwater.base.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

POLL_SECONDS = 0.3
ERROR_LENGTH = 4000

logger = logging.getLogger(__name__)


def run(stop: Event, *, lease: timedelta = queue.LEASE, poll_seconds: float = POLL_SECONDS) -> None:
    """Work until ``stop`` is set; running jobs are then interrupted at their next sign of progress.

    Any number of workers may run at once, on one machine with SQLite and on many with PostgreSQL.
    """
    queue.tasks()
    threads = [Thread(target=_run_lane, args=(lane, stop, lease, poll_seconds), name=lane) for lane in queue.LANES]
    for thread in threads:
        thread.start()
    try:
        while not stop.wait(1.0):
            _quietly(queue.enqueue_due_schedules)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        connection.close()


def _run_lane(lane: queue.Lane, stop: Event, lease: timedelta, poll_seconds: float) -> None:
    name = f"{socket.gethostname()}:{os.getpid()}:{lane}"
    try:
        while not stop.is_set():
            if not _quietly(lambda: work_once(lane, name, stop, lease=lease)):
                stop.wait(poll_seconds)
    finally:
        connection.close()


def _quietly(step: Callable[[], object]) -> bool:
    """Run one step; a database that is away for a while ends no worker."""
    close_old_connections()
    try:
        return bool(step())
    except DatabaseError:
        logger.exception("the database did not answer; trying again")
        connection.close()
        return False


def run_due(*, limit: int = 1000) -> int:
    """Run every job that is due, here and now, and return how many ran: for commands and tests without a worker."""
    stop, name, ran = Event(), f"{socket.gethostname()}:{os.getpid()}:here", 0
    while ran < limit and any(work_once(lane, name, stop) for lane in queue.LANES):
        ran += 1
    return ran


def work_once(lane: queue.Lane, worker: str, stop: Event, *, lease: timedelta = queue.LEASE) -> bool:
    """Claim and run one job; False when none was due."""
    job = queue.claim(lane, worker, lease=lease)
    if job is None:
        return False
    over = Event()
    heartbeat = Thread(target=_keep_lease, args=(job, over, lease), name=f"heartbeat-{job.pk}", daemon=True)
    heartbeat.start()
    try:
        _run_job(job, stop)
    finally:
        over.set()
        heartbeat.join()
    return True


def _keep_lease(job: Job, over: Event, lease: timedelta) -> None:
    try:
        while not over.wait(lease.total_seconds() / 3):
            try:
                if not queue.extend_lease(job, lease=lease):
                    return
            except DatabaseError:
                logger.warning("job %s: the lease could not be extended; trying again", job.pk)
                connection.close()
    finally:
        connection.close()


def _run_job(job: Job, stop: Event) -> None:
    context = queue.JobContext(job.pk, job.attempt, stop)
    try:
        queue.task_named(job.name).run(context, job.payload)
    except queue.JobInterrupted:
        queue.put_back(job, failed=False)
    except queue.JobCancelled:
        queue.finish(job, Job.State.CANCELLED)
    except queue.LeaseLost:
        logger.warning("job %s (%s) was taken over by another worker", job.pk, job.name)
    except Refused as refused:
        # Not a fault that trying again could mend: what was asked cannot be done, and the job says why.
        queue.finish(job, Job.State.FAILED, error=refusals.line(refused))
    except Exception as error:
        logger.exception("job %s (%s) failed", job.pk, job.name)
        detail = "".join(traceback.format_exception(error))[-ERROR_LENGTH:]
        queue.put_back(job, error=detail)
    else:
        if not context.finished:
            queue.finish(job, Job.State.DONE)
