"""The queue: what is asked for is done once, in time, and again after a failure."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from headwater.base import queue, worker
from headwater.base.models import Job, Person, Schedule
from headwater.base.queue import JobContext, back_off, claim, enqueue, put_back, schedule, task
from headwater.base.refusals import Refused

State = Job.State
Payload = dict[str, object]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Tasks of the tests' own: what they did, in order. Those of the product stay out."""
    queue.tasks()
    monkeypatch.setattr(queue, "_tasks", {})
    monkeypatch.setattr(queue, "_schedules", {})
    monkeypatch.setattr(queue, "tasks", lambda: queue._tasks)
    done: list[object] = []

    @task("note", title="Note it")
    def note(context: JobContext, payload: Payload) -> None:
        done.append(payload.get("what"))

    @task("fail")
    def fail(context: JobContext, payload: Payload) -> None:
        done.append("failed")
        raise RuntimeError("the bridge is up")

    @task("refuse")
    def refuse(context: JobContext, payload: Payload) -> None:
        raise Refused("no_file", "The file a.csv is not there; upload it again.")

    @task("long", lane="long")
    def long(context: JobContext, payload: Payload) -> None:
        for number in range(3):
            context.progress(number + 1, 3, f"row {number + 1}")
        done.append("long")

    return done


def later(job: Job) -> Job:
    job.refresh_from_db()
    return job


pytestmark = pytest.mark.django_db


def test_a_job_runs_once(ran: list[object]) -> None:
    job = enqueue("note", {"what": "a"})
    assert worker.run_due() == 1
    assert worker.run_due() == 0
    assert ran == ["a"]
    assert later(job).state == State.DONE
    assert job.finished_at is not None
    assert job.attempt == 1


def test_jobs_run_in_the_order_they_were_due(ran: list[object]) -> None:
    now = timezone.now()
    enqueue("note", {"what": "second"})
    enqueue("note", {"what": "first"}, run_at=now - timedelta(hours=1))
    enqueue("note", {"what": "tomorrow"}, run_at=now + timedelta(days=1))
    worker.run_due()
    assert ran == ["first", "second"]


def test_a_task_nobody_registered_is_an_error_at_once(ran: list[object]) -> None:
    with pytest.raises(ValueError, match=r"tasks\.py"):
        enqueue("paint", {})


def test_a_job_of_a_change_that_was_undone_does_not_exist(ran: list[object]) -> None:
    def undone() -> None:
        with transaction.atomic():
            enqueue("note", {"what": "a"})
            raise KeyError

    with pytest.raises(KeyError):
        undone()
    assert not Job.objects.exists()


def test_the_same_work_waits_once_and_work_asked_for_during_a_run_is_not_lost(ran: list[object]) -> None:
    first = enqueue("note", {"what": "a"}, unique_key="k")
    assert enqueue("note", {"what": "a"}, unique_key="k") == first
    running = claim("quick", "w1")
    assert running == first
    during = enqueue("note", {"what": "b"}, unique_key="k")
    assert during != first
    assert claim("quick", "w2") is None  # one at a time
    assert running is not None
    queue.finish(running, State.DONE)
    assert claim("quick", "w2") == during


def test_work_that_waits_for_its_own_kind_holds_up_nothing_else(ran: list[object]) -> None:
    enqueue("note", {}, unique_key="k")
    claim("quick", "w1")
    enqueue("note", {}, unique_key="k")
    other = enqueue("note", {})
    assert claim("quick", "w2") == other


def test_a_failure_is_tried_again_later_and_given_up_after_its_limit(ran: list[object]) -> None:
    job = enqueue("fail", {})
    for attempt in range(1, 6):
        Job.objects.update(run_at=timezone.now())
        assert worker.run_due() == 1
        assert later(job).failures == attempt
    assert job.state == State.FAILED
    assert "the bridge is up" in job.error
    assert worker.run_due() == 0
    assert ran == ["failed"] * 5


def test_a_failure_waits_longer_each_time_up_to_an_hour(ran: list[object]) -> None:
    pauses = [back_off(failures).total_seconds() for failures in range(1, 20)]
    assert pauses[:4] == [2, 4, 8, 16]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 3600
    job = enqueue("fail", {})
    before = timezone.now()
    worker.run_due()
    assert later(job).run_at >= before + timedelta(seconds=2)


def test_a_refusal_is_the_end_of_a_job_and_says_why(ran: list[object]) -> None:
    job = enqueue("refuse", {})
    worker.run_due()
    assert later(job).state == State.FAILED
    assert job.error == "The file a.csv is not there; upload it again."
    assert job.failures == 0


def test_a_failed_job_gives_way_to_the_same_work_that_waits_already(ran: list[object]) -> None:
    failing = enqueue("note", {}, unique_key="k")
    claimed = claim("quick", "w1")
    assert claimed is not None
    waiting = enqueue("note", {}, unique_key="k")
    assert put_back(claimed, error="x")
    assert later(failing).state == State.CANCELLED
    assert later(waiting).state == State.WAITING


def test_a_worker_that_vanished_is_replaced_when_its_lease_is_over(ran: list[object]) -> None:
    job = enqueue("note", {"what": "a"})
    first = claim("quick", "w1", lease=timedelta(seconds=0))
    assert first == job
    second = claim("quick", "w2")
    assert second == job
    assert second is not None
    assert (second.attempt, second.failures, second.worker) == (2, 1, "w2")


def test_a_worker_with_a_lease_is_left_alone(ran: list[object]) -> None:
    enqueue("note", {})
    assert claim("quick", "w1") is not None
    assert claim("quick", "w2") is None


def test_a_job_that_kills_every_worker_is_given_up(ran: list[object]) -> None:
    job = enqueue("note", {})
    claims = 0
    while claim("quick", "w", lease=timedelta(seconds=-1)) is not None:
        claims += 1
    assert claims == 5
    assert later(job).state == State.FAILED
    assert "vanished" in job.error


def test_a_slow_worker_cannot_overwrite_the_one_that_took_over(ran: list[object]) -> None:
    enqueue("note", {})
    slow = claim("quick", "w1", lease=timedelta(seconds=-1))
    quick = claim("quick", "w2")
    assert slow is not None
    assert quick is not None
    assert not queue.extend_lease(slow)
    assert not queue.finish(slow, State.DONE)
    assert not put_back(slow, error="late")
    with pytest.raises(queue.LeaseLost):
        JobContext(slow.pk, slow.attempt, Event()).progress(1, 2)
    assert queue.finish(quick, State.DONE)


def test_effects_and_done_happen_in_one_transaction_or_not_at_all(ran: list[object]) -> None:
    enqueue("note", {})
    slow = claim("quick", "w1", lease=timedelta(seconds=-1))
    quick = claim("quick", "w2")
    assert slow is not None
    assert quick is not None

    def complete(job: Job) -> None:
        with JobContext(job.pk, job.attempt, Event()).completing():
            Schedule.objects.create(name=f"effect of attempt {job.attempt}", every_seconds=1)

    complete(quick)
    with pytest.raises(queue.LeaseLost):
        complete(slow)
    assert list(Schedule.objects.values_list("name", flat=True)) == ["effect of attempt 2"]


def test_progress_is_seen_from_outside_and_its_end_is_never_swallowed(ran: list[object]) -> None:
    job = enqueue("long", {})
    worker.run_due()
    assert (later(job).progress_done, job.progress_total, job.progress_note) == (3, 3, "row 3")
    assert job.percent == 100


def test_a_long_job_does_not_hold_up_quick_ones(ran: list[object]) -> None:
    enqueue("long", {})
    assert claim("quick", "w1") is None
    assert claim("long", "w1") is not None


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_at_its_next_progress(ran: list[object]) -> None:
    waiting = enqueue("note", {"what": "a"})
    assert queue.cancel(waiting)
    worker.run_due()
    assert ran == []
    running = enqueue("long", {})
    Job.objects.filter(pk=running.pk).update(cancel_requested=True)
    worker.run_due()
    assert later(running).state == State.CANCELLED
    assert ran == []
    assert not queue.cancel(running)


def test_a_worker_that_is_stopped_puts_its_job_back_unblamed(ran: list[object]) -> None:
    job = enqueue("long", {})
    stop = Event()
    stop.set()
    worker.work_once("long", "w1", stop)
    assert (later(job).state, job.failures) == (State.WAITING, 0)
    worker.run_due()
    assert ran == ["long"]


def test_a_schedule_puts_its_task_in_once_an_interval(ran: list[object]) -> None:
    schedule("note", every=timedelta(minutes=5))
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
    assert queue.enqueue_due_schedules(noon) == 1
    assert queue.enqueue_due_schedules(noon + timedelta(minutes=4)) == 0
    worker.run_due()
    assert ran == [None]
    assert not Job.objects.exists(), "a schedule that did its work leaves no row"
    assert queue.enqueue_due_schedules(noon + timedelta(minutes=4)) == 0
    assert queue.enqueue_due_schedules(noon + timedelta(minutes=5)) == 1


def test_intervals_that_passed_without_a_worker_are_made_up_for_once(ran: list[object]) -> None:
    schedule("note", every=timedelta(minutes=5))
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
    queue.enqueue_due_schedules(noon)
    queue.enqueue_due_schedules(noon + timedelta(hours=1))
    assert Job.objects.count() == 1


def test_a_schedule_whose_interval_changed_starts_anew(ran: list[object]) -> None:
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
    schedule("note", every=timedelta(seconds=10))
    assert queue.enqueue_due_schedules(noon) == 1
    worker.run_due()
    schedule("note", every=timedelta(days=1))
    assert queue.enqueue_due_schedules(noon) == 1


def test_a_schedule_faster_than_the_queue_is_refused(ran: list[object]) -> None:
    with pytest.raises(ValueError, match="once a second"):
        schedule("note", every=timedelta(milliseconds=10))


def test_an_idle_poll_is_one_read(ran: list[object], django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert claim("quick", "w") is None


def test_a_job_remembers_who_asked(ran: list[object], employee: Person) -> None:
    assert enqueue("note", {}, requested_by=employee).requested_by == employee


@pytest.mark.django_db(transaction=True)
def test_a_worker_in_its_own_threads_does_what_is_asked_and_stops_when_told(ran: list[object]) -> None:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("threads need a database in a file: the faults test runs them on SQLite")
    stop = Event()
    thread = Thread(target=worker.run, args=(stop,), kwargs={"poll_seconds": 0.01})
    thread.start()
    try:
        jobs = [enqueue("note", {"what": number}) for number in range(5)]
        last = enqueue("long", {})
        pause = Event()
        for _poll in range(3000):
            if not Job.objects.exclude(state=State.DONE).exists():
                break
            pause.wait(0.01)
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    assert sorted(item for item in ran if isinstance(item, int)) == [0, 1, 2, 3, 4]
    assert later(last).state == State.DONE
    assert len(jobs) == 5
