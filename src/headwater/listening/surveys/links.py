"""Links that anybody may answer through: made, changed and closed by those who send surveys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.listening.models import SurveyLink
from headwater.listening.surveys import doors
from headwater.listening.surveys.document import RESERVED
from headwater.listening.surveys.tokens import new_link_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.base.models import Person
    from headwater.listening.models import Survey

MOST_LINKS: Final = 2_000
MOST_ATTRIBUTES: Final = 20
LONGEST: Final = 100
MOST_AN_HOUR: Final = 2_000_000


def create_link(
    person: Person | None,
    survey: Survey,
    title: str,
    kind: str = SurveyLink.Kind.OPEN,
    attributes: Mapping[str, str] | None = None,
    *,
    most_an_hour: int = 2_000,
    most_from_an_address: int = 60,
) -> SurveyLink:
    """Make a link; ``attributes`` are put on every answer given through it.

    Refuses a title or attributes that are too long, an unknown kind, and limits out of range.
    """
    require(person, "send", "surveys")
    title = title.strip()
    if not 1 <= len(title) <= 120:
        message = _("Give the link a title of 1 to 120 characters; this one has %d.")
        raise Refused("link.title", message % len(title), "title")
    if kind not in SurveyLink.Kind.values:
        message = _("“%(kind)s” is no kind of link. Choose from: %(kinds)s.")
        raise Refused("link.kind", message % {"kind": kind[:20], "kinds": ", ".join(SurveyLink.Kind.values)}, "kind")
    if survey.links.count() >= MOST_LINKS:
        raise Refused("link.too_many", _("This survey has %d links already; that is the most.") % MOST_LINKS)
    _check_limits(most_an_hour, most_from_an_address)
    with transaction.atomic():
        link = SurveyLink.objects.create(
            survey=survey,
            token=new_link_token(),
            title=title,
            kind=kind,
            attributes=checked_attributes(attributes or {}),
            most_an_hour=most_an_hour,
            most_from_an_address=most_from_an_address,
        )
        record_history(person, "survey.link_made", f"survey:{survey.name}", {"survey": survey.title, "link": title})
    return link


def limit_link(person: Person | None, link: SurveyLink, *, most_an_hour: int, most_from_an_address: int) -> SurveyLink:
    """Change how many answers an hour a link takes, altogether and from one address on the network."""
    require(person, "send", "surveys")
    _check_limits(most_an_hour, most_from_an_address)
    link.most_an_hour, link.most_from_an_address = most_an_hour, most_from_an_address
    with transaction.atomic():
        link.save(update_fields=["most_an_hour", "most_from_an_address"])
        data = {"survey": link.survey.title, "link": link.title, "most": most_an_hour}
        record_history(person, "survey.link_limited", f"survey:{link.survey.name}", data)
    return link


def close_link(person: Person | None, link: SurveyLink) -> SurveyLink:
    """Take no more answers through this link. Closing what is closed changes nothing."""
    return _marked(person, link, True, "survey.link_closed")


def reopen_link(person: Person | None, link: SurveyLink) -> SurveyLink:
    """Take answers through this link again."""
    return _marked(person, link, False, "survey.link_reopened")


def links_of(person: Person | None, survey: Survey) -> list[SurveyLink]:
    """The links of a survey, newest first."""
    require(person, "view", "surveys")
    return list(survey.links.all())


def link_of(person: Person | None, survey: Survey, pk: int) -> SurveyLink:
    """One link of a survey. Raises NotFound."""
    require(person, "view", "surveys")
    found: SurveyLink | None = survey.links.filter(pk=pk).first()
    if found is None:
        raise NotFound("link.not_found", _("This survey has no link %s.") % pk)
    return found


def checked_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """Attributes as they are put on answers. Refuses names that mean something else, and what is too long."""
    kept = {str(name).strip(): str(value).strip() for name, value in attributes.items()}
    for name, value in kept.items():
        if not 1 <= len(name) <= LONGEST or len(value) > LONGEST:
            message = _("“%(name)s”: an attribute's name and value have at most %(most)d characters each.")
            raise Refused("link.attribute_length", message % {"name": name[:40], "most": LONGEST}, "attributes")
        if name in RESERVED:
            message = _("Every answer has “%s” already; choose another name for the attribute.")
            raise Refused("link.attribute_reserved", message % name, "attributes")
    if len(kept) > MOST_ATTRIBUTES:
        message = _("A link has at most %(most)d attributes; these are %(given)d.")
        raise Refused("link.attributes", message % {"most": MOST_ATTRIBUTES, "given": len(kept)}, "attributes")
    return kept


def _check_limits(most_an_hour: int, most_from_an_address: int) -> None:
    for name, value in (("most_an_hour", most_an_hour), ("most_from_an_address", most_from_an_address)):
        if not 1 <= value <= MOST_AN_HOUR:
            message = _("Take between 1 and %(most)s answers an hour, not %(given)s.")
            values = {"most": f"{MOST_AN_HOUR:,}", "given": f"{value:,}"}
            raise Refused("link.limit", message % values, name)


def _marked(person: Person | None, link: SurveyLink, closed: bool, code: str) -> SurveyLink:
    require(person, "send", "surveys")
    with transaction.atomic():
        waiting = SurveyLink.objects.filter(pk=link.pk, closed_at__isnull=closed)
        if waiting.update(closed_at=timezone.now() if closed else None):
            data = {"survey": link.survey.title, "link": link.title}
            record_history(person, code, f"survey:{link.survey.name}", data)
    link.refresh_from_db()
    doors.forget()
    return link
