"""Background work as rows: enqueue in the transaction of a change, claimed under a lease by a worker.

Why rows: a job exists if and only if the change that asked for it was committed, and a worker that is killed loses
nothing, because its lease runs out and the job is claimed again. Every update a worker makes is fenced by the attempt
it claimed, so a worker that was only slow cannot overwrite the one that took over.

Each room registers its tasks in a module ``tasks.py``::

    @task("insight.relabel", title=gettext_lazy("Label everything again"), lane="long")
    def relabel(context: JobContext, payload: dict[str, Any]) -> None: ...

    schedule("base.tidy", every=timedelta(days=1))
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from headwater.base.models import Job, Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.base.models import Person

Lane = Literal["quick", "long"]
LANES: tuple[Lane, ...] = ("quick", "long")
LEASE = timedelta(seconds=30)
PROGRESS_EVERY_SECONDS = 0.3
VANISHED = "The worker vanished while it ran this job."

State = Job.State


class LeaseLost(Exception):
    """Another worker has taken this job over; stop and leave no trace."""


class JobCancelled(Exception):
    """A person cancelled this job while it ran."""


class JobInterrupted(Exception):
    """The worker is shutting down; the job goes back to the queue."""


@dataclass
class JobContext:
    """What a task is given beside its payload."""

    job_id: int
    attempt: int
    stop: Event
    finished: bool = False
    _last_progress: float = float("-inf")

    def progress(self, done: int, total: int = 0, note: str = "") -> None:
        """Show how far the job is: ``done`` of ``total`` (0: not known). Cheap to call for every batch.

        Raises ``JobCancelled``, ``JobInterrupted`` or ``LeaseLost`` when the job should end here: call it where
        ending leaves nothing half done.
        """
        if self.stop.is_set():
            raise JobInterrupted
        now = monotonic()
        if now - self._last_progress < PROGRESS_EVERY_SECONDS and done != total:
            return
        self._last_progress = now
        shown = {"progress_done": done, "progress_total": total, "progress_note": note[:200]}
        if not self._mine().update(**shown):
            raise LeaseLost
        if self._mine().filter(cancel_requested=True).exists():
            raise JobCancelled

    @contextmanager
    def completing(self) -> Iterator[None]:
        """Finish the job in one transaction with the changes made inside: both happen once, or neither.

        Raises ``LeaseLost``, and undoes the changes, when another worker has taken over.
        """
        with transaction.atomic():
            yield
            if not _finish(self.job_id, self.attempt, State.DONE):
                raise LeaseLost
        self.finished = True

    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.job_id, attempt=self.attempt, state=State.RUNNING)


TaskFunction = Callable[[JobContext, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Task:
    name: str
    title: Any
    run: TaskFunction
    lane: Lane
    max_failures: int


_tasks: dict[str, Task] = {}
_schedules: dict[str, timedelta] = {}


def task(
    name: str, *, title: Any = "", lane: Lane = "quick", max_failures: int = 5
) -> Callable[[TaskFunction], TaskFunction]:
    """Register a function as the task ``name``, which pages call by its lazily translated ``title``.

    Work of more than a few seconds belongs in the ``long`` lane, so that mail and other quick work need not wait.
    """

    def register(function: TaskFunction) -> TaskFunction:
        _tasks[name] = Task(name, title or name, function, lane, max_failures)
        return function

    return register


def schedule(name: str, *, every: timedelta) -> None:
    """Put the task ``name`` into the queue once in every interval, on whichever worker is there."""
    if every < timedelta(seconds=1):
        raise ValueError(f"a schedule repeats at most once a second, not every {every}")
    _schedules[name] = every


def tasks() -> dict[str, Task]:
    """Return every registered task; the rooms' ``tasks`` modules are loaded on first use."""
    autodiscover_modules("tasks")
    return _tasks


def task_named(name: str) -> Task:
    """Return the task ``name``, loading the ``tasks`` of the room before its dot only: a page that enqueues is quick.

    Raises ``ValueError`` when the room did not register it.
    """
    room = name.partition(".")[0]
    if name not in _tasks and apps.is_installed(f"headwater.{room}"):
        import_module(f"headwater.{room}.tasks")
    if name not in _tasks:
        raise ValueError(f"no task is called {name!r}: register it in the tasks.py of the room before the dot")
    return _tasks[name]


def enqueue(
    name: str,
    payload: dict[str, Any],
    *,
    unique_key: str | None = None,
    run_at: datetime | None = None,
    requested_by: Person | None = None,
    slot_key: str | None = None,
) -> Job:
    """Put a job into the queue, in the current transaction if there is one, and return it.

    While a job with the same ``unique_key`` waits, that one is returned instead; while one runs, the new job waits
    until it has ended, so that work asked for during a run is not lost. A ``slot_key`` is used once, ever.
    """
    known = task_named(name)
    same = Q(unique_key=unique_key, state=State.WAITING) if unique_key else Q(pk=None)
    same |= Q(slot_key=slot_key) if slot_key else Q(pk=None)
    job = Job(
        name=name,
        lane=known.lane,
        payload=payload,
        max_failures=known.max_failures,
        unique_key=unique_key,
        slot_key=slot_key,
        run_at=run_at or timezone.now(),
        requested_by=requested_by,
    )
    while True:
        existing = Job.objects.filter(same).first() if unique_key or slot_key else None
        if existing is not None:
            return existing
        try:
            with transaction.atomic():
                job.save(force_insert=True)
        except IntegrityError:
            continue  # another process was faster: its job is found in the next round
        return job


def claim(lane: Lane, worker: str, *, lease: timedelta = LEASE) -> Job | None:
    """Take the next job that is due, or one whose worker has vanished, and return it; None when there is none."""
    now = timezone.now()
    while _claimable(lane, now).exists():  # the idle poll: one indexed read, no lock
        try:
            job = _take(lane, worker, now, lease)
        except IntegrityError:
            return None  # another worker has just begun a job with the same unique key
        if job is None or job.state == State.RUNNING:
            return job
    return None


def _take(lane: Lane, worker: str, now: datetime, lease: timedelta) -> Job | None:
    """Claim the first job that is due. One whose workers vanished once too often is failed instead.

    A job that kills its worker must not do so for ever.
    """
    with transaction.atomic():
        due = _claimable(lane, now).order_by("run_at", "id")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        job: Job | None = due.first()
        if job is None:
            return None
        failures = job.failures + (1 if job.state == State.RUNNING else 0)
        if failures >= job.max_failures:
            _finish(job.pk, job.attempt, State.FAILED, failures=failures, error=VANISHED)
        elif not Job.objects.filter(pk=job.pk, state=job.state, attempt=job.attempt).update(
            state=State.RUNNING,
            attempt=F("attempt") + 1,
            failures=failures,
            worker=worker,
            lease_until=now + lease,
            started_at=now,
        ):
            return None
    job.refresh_from_db()
    return job


def _claimable(lane: Lane, now: datetime) -> Any:
    running_keys = Job.objects.filter(state=State.RUNNING, unique_key__isnull=False).values("unique_key")
    due = Q(state=State.WAITING, run_at__lte=now) & (Q(unique_key=None) | ~Q(unique_key__in=running_keys))
    return Job.objects.filter(due | Q(state=State.RUNNING, lease_until__lt=now), lane=lane)


def extend_lease(job: Job, *, lease: timedelta = LEASE) -> bool:
    """Say that the worker is still at it. False when another worker has taken the job over."""
    mine = Job.objects.filter(pk=job.pk, attempt=job.attempt, state=State.RUNNING)
    return bool(mine.update(lease_until=timezone.now() + lease))


def _finish(job_id: int, attempt: int, state: str, **fields: Any) -> bool:
    mine = Job.objects.filter(pk=job_id, attempt=attempt, state=State.RUNNING)
    if state == State.DONE and mine.filter(slot_key__isnull=False).delete()[0]:
        return True  # a schedule that did its work leaves nothing to read; its slot is remembered with the schedule
    return bool(mine.update(state=state, finished_at=timezone.now(), lease_until=None, **fields))


def finish(job: Job, state: str, *, error: str = "") -> bool:
    """End the job as done, failed or cancelled. False when another worker has taken it over."""
    return _finish(job.pk, job.attempt, state, error=error)


def put_back(job: Job, *, error: str = "", failed: bool = True, now: datetime | None = None) -> bool:
    """Return a job to the queue: after a failure with a back-off, up to its limit; after an interruption at once."""
    now = now or timezone.now()
    failures = job.failures + (1 if failed else 0)
    if failures >= job.max_failures:
        return _finish(job.pk, job.attempt, State.FAILED, error=error, failures=failures)
    mine = Job.objects.filter(pk=job.pk, attempt=job.attempt, state=State.RUNNING)
    run_at = now + back_off(failures) if failed else now
    try:
        with transaction.atomic():
            back = {"state": State.WAITING, "run_at": run_at, "failures": failures, "error": error, "lease_until": None}
            return bool(mine.update(**back))
    except IntegrityError:
        # The same work was asked for again while this ran: the waiting job will do it.
        return _finish(job.pk, job.attempt, State.CANCELLED, error=error, failures=failures)


def back_off(failures: int) -> timedelta:
    """Return the pause before the next attempt: 2 s, doubled with each failure, one hour at most."""
    return timedelta(seconds=min(3600, 2**failures))


def enqueue_due_schedules(now: datetime | None = None) -> int:
    """Put every scheduled task whose interval has begun into the queue, once an interval; return how many."""
    tasks()
    now = now or timezone.now()
    queued = 0
    for name, every in _schedules.items():
        seconds = int(every.total_seconds())
        slot = int(now.timestamp()) // seconds
        if Schedule.objects.filter(name=name, last_slot__gte=slot, every_seconds=seconds).exists():
            continue
        with transaction.atomic():
            row, _ = Schedule.objects.select_for_update().get_or_create(name=name, defaults={"every_seconds": seconds})
            if row.every_seconds == seconds and row.last_slot >= slot:
                continue
            Schedule.objects.filter(pk=row.pk).update(every_seconds=seconds, last_slot=slot)
            enqueue(name, {}, unique_key=f"schedule:{name}", slot_key=f"{name}@{slot * seconds}")
            queued += 1
    return queued


def cancel(job: Job) -> bool:
    """Cancel a waiting job at once; ask a running one to end at its next sign of progress. False when it is over."""
    waiting = Job.objects.filter(pk=job.pk, state=State.WAITING)
    if waiting.update(state=State.CANCELLED, finished_at=timezone.now()):
        return True
    return bool(Job.objects.filter(pk=job.pk, state=State.RUNNING).update(cancel_requested=True))
