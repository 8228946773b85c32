"""What owners are told by mail when something of theirs rises: once, each in their own language."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from headwater.base.models import Department, Person
from headwater.base.outbox import put_mail
from headwater.insight.alerts_wording import alert_sentence
from headwater.insight.models import Alert
from headwater.journey.queries import taxonomy


def owners(alert: Alert) -> tuple[Person, ...]:
    """The heads of the departments that can change the cause together, each once."""
    cause = taxonomy().cause(alert.cause) if alert.cause else None
    if cause is None:
        return ()
    wanted = set(cause.departments)
    departments = Department.objects.filter(head__is_active=True).select_related("head")
    heads = [row.head for row in departments if wanted & set(row.pack_departments) and row.head is not None]
    return tuple({head.pk: head for head in heads}.values())


def tell_owners(alert: Alert) -> int:
    """Write to the owners, in the current transaction; returns to how many."""
    heads = owners(alert)
    for head in heads:
        with translation.override(head.language or settings.LANGUAGE_CODE):
            sentence = alert_sentence(alert)
            text = _(
                "Hello %(name)s,\n\n%(sentence)s\n\nYour department can change this. In customers’ words, and to say "
                "what became of it:\n\n%(link)s\n"
            )
            link = settings.PUBLIC_URL + reverse("alert", args=[alert.pk])
            put_mail(head.email, sentence, text % {"name": head.name, "sentence": sentence, "link": link})
    return len(heads)
