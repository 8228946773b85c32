"""A worker to be killed: ``python -m tests.base.killed_worker``. Each job leaves one mark, in the job's transaction."""

import os
import sys
import time
from datetime import timedelta
from threading import Event
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "headwater.site.settings"
django.setup()

from headwater.base import queue, worker  # noqa: E402  after the set-up
from headwater.base.models import Schedule  # noqa: E402

LEASE = timedelta(seconds=1)


@queue.task("mark", max_failures=1000)
def mark(context: queue.JobContext, payload: dict[str, Any]) -> None:
    context.progress(0, 1)
    time.sleep(0.05)  # the work
    with context.completing():
        Schedule.objects.create(name=f"mark {payload['number']} of attempt {context.attempt}", every_seconds=1)


if __name__ == "__main__":
    if sys.argv[1:] == ["fill"]:
        for number in range(60):
            queue.enqueue("mark", {"number": number})
    else:
        queue.tasks = lambda: queue._tasks  # this one task: the rooms above take seconds to load
        worker.run(Event(), lease=LEASE, poll_seconds=0.05)
