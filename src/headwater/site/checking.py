"""``headwater check``: record, inbox and database held against each other."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from headwater.base.models import Job
from headwater.insight.models import LabelCorrection
from headwater.journey.queries import taxonomy
from headwater.listening.inbox import waiting
from headwater.listening.surveys import due
from headwater.metrics.store import company_record
from headwater.record.questions import SignalRow, Size


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: where, what was found, and whether it is wrong."""

    place: str
    message: str
    is_wrong: bool = False

    def line(self) -> str:
        return f"{'✗' if self.is_wrong else '✓'} {self.place}: {self.message}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def check_everything() -> list[Finding]:
    """Return what was looked at and found; nothing is changed."""
    return [*_record(), *_inbox(), *_corrections(), *_jobs(), _journey()]


def _record() -> Iterable[Finding]:
    record = company_record()
    size = record.ask(Size())
    message = _("%(signals)d signals, %(labelled)d labelled, of %(customers)d customers")
    yield Finding("record", message % {"signals": size.signals, "labelled": size.labelled, "customers": size.customers})
    for finding in record.check():
        yield Finding("record", f"{finding.table}: {finding.message}", is_wrong=finding.is_wrong)


def _inbox() -> Iterable[Finding]:
    yield Finding("inbox", _("%d signals wait for the flusher") % waiting())
    yield Finding("inbox", _("%d answers to surveys wait to become signals") % due.waiting())
    if failed := due.failed():
        message = _("%d answers to surveys could not be made signals; they are kept and tried again each hour, and the "
                    "log says why") % failed  # fmt: skip
        yield Finding("inbox", message, is_wrong=True)


def _corrections() -> Iterable[Finding]:
    keys = LabelCorrection.objects.values_list("signal_key", flat=True).distinct()
    record = company_record()
    lost = [key for key in keys if record.ask(SignalRow(key)) is None]
    message = _("%(n)d verbatims corrected by people, %(lost)d of them not in the record")
    yield Finding("corrections", message % {"n": len(keys), "lost": len(lost)}, is_wrong=bool(lost))


def _jobs() -> Iterable[Finding]:
    failed = Job.objects.filter(state=Job.State.FAILED).count()
    yield Finding(
        "jobs", _("%d failed jobs; see the jobs page") % failed if failed else _("none failed"), is_wrong=failed > 0
    )


def _journey() -> Finding:
    known = taxonomy()
    if not known.version:
        return Finding("journey", _("none is published yet: headwater start --pack NAME"))
    return Finding(
        "journey",
        _("version %(version)d with %(stages)d stages and %(causes)d causes")
        % {"version": known.version, "stages": len(known.stages), "causes": len(known.active_causes)},
    )
