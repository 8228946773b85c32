"""What heads and the decider are told by mail about agreement on the journey, each in their own language."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.models import Person
from headwater.base.outbox import put_mail
from headwater.journey.models import StageAnswer


def ask(head: Person, stages: Sequence[str]) -> None:
    """Ask a head about these stages, each once, though they head several departments that touch it."""
    stages = list(dict.fromkeys(stages))
    with _in_language_of(head):
        subject = ngettext(
            "Is this stage as your department sees it?",
            "Are these %d stages as your department sees them?",
            len(stages),
        )
        subject = subject % len(stages) if len(stages) > 1 else subject
        text = _(
            "Hello %(name)s,\n\nthe journey was published with these stages, which your department is part of:\n\n"
            "%(stages)s\n\nPlease agree, or object and say why:\n\n%(link)s\n"
        )
        listed = "\n".join(f"– {stage}" for stage in stages)
        put_mail(head.email, subject, text % {"name": head.name, "stages": listed, "link": _link()})


def ask_decider(row: StageAnswer, stage: str) -> None:
    """Ask the decider to settle an objection that the departments did not."""
    if row.passed_to is None:
        return
    with _in_language_of(row.passed_to):
        subject = _("An objection to “%s” is yours to decide") % stage
        text = _(
            "Hello %(name)s,\n\n%(department)s objects to the stage “%(stage)s” as it is published, and nobody settled "
            "it in 14 days:\n\n%(reason)s\n\nPlease decide, and say why:\n\n%(link)s\n"
        )
        names = {"name": row.passed_to.name, "department": row.department.name, "stage": stage, "reason": row.reason}
        put_mail(row.passed_to.email, subject, text % (names | {"link": _link()}))


def tell_decision(row: StageAnswer, stage: str) -> None:
    """Tell the one who objected what was decided, and why."""
    if row.person is None or not row.person.is_active:
        return
    with _in_language_of(row.person):
        subject = _("Your objection to “%s” was decided") % stage
        text = _("Hello %(name)s,\n\n%(decision)s: %(reason)s\n\n%(link)s\n")
        names = {"name": row.person.name, "decision": row.get_decision_display(), "reason": row.decision_reason}
        put_mail(row.person.email, subject, text % (names | {"link": _link()}))


def _link() -> str:
    return settings.PUBLIC_URL + reverse("agreement")


@contextmanager
def _in_language_of(person: Person) -> Iterator[None]:
    with translation.override(person.language or settings.LANGUAGE_CODE):
        yield
