"""Which colleague an agent in the data is: by their address, or as somebody who manages people says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.outbox import put_mail
from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.insight.models import AgentOfPerson
from headwater.metrics.store import company_record
from headwater.record.questions import FieldValues

if TYPE_CHECKING:
    from django.db.models import QuerySet

ATTRIBUTE: Final = "attribute:agent"
MOST_AGENTS: Final = 2_000
LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class AgentInData:
    """A name in the data, how many signals bear it, and who it is; ``by_address``: nobody had to say so."""

    agent: str
    signals: int
    person: Person | None
    by_address: bool


def agents_in_data(person: Person | None) -> list[AgentInData]:
    """Every agent the record names, those that are nobody yet first. No figure about them."""
    require(person, "manage", "people")
    found = [row for row in company_record().ask(FieldValues(ATTRIBUTE, MOST_AGENTS)) if row.value]
    said = _said()
    known = people_of(str(row.value) for row in found)
    rows = [AgentInData(str(row.value), row.n, known.get(str(row.value)), str(row.value) not in said) for row in found]
    return sorted(rows, key=lambda row: (row.person is not None, row.agent))


def people_of(agents: Iterable[str]) -> dict[str, Person]:
    """Who these agents are, of those that are known to be somebody: as was said, else by their address."""
    said = _said()
    others = {agent.casefold(): agent for agent in agents if agent not in said and "@" in agent}
    rows = _people().filter(email__in=list(others)[:MOST_AGENTS])
    return {**{others[person.email.casefold()]: person for person in rows}, **said}


def agents_of(person: Person) -> list[str]:
    """The names under which a colleague stands in the data: those that were said, and their address."""
    said = _said()
    own = [agent for agent, who in said.items() if who.pk == person.pk]
    by_address = [] if said.get(person.email) else [person.email]
    return [*sorted(own), *(one for one in by_address if one not in own)]


def manager_of(person: Person) -> Person | None:
    """A colleague's manager: as their account says, else the head of their department, unless that is they."""
    if person.manager is not None:
        return person.manager
    head = person.department.head if person.department else None
    return head if head is not None and head.pk != person.pk else None


def match_agent(actor: Person | None, agent: str, person: Person | None) -> None:
    """Say which colleague an agent is, or (None) that it is nobody. Whoever gains or loses it is told by mail, so that
    nobody is handed another's figures unseen."""
    require(actor, "manage", "people")
    agent = agent.strip()
    if not agent or len(agent) > LONGEST or "\x00" in agent:
        raise Refused("agent_unknown", _("“%s” is no agent of the data.") % agent[:60], "agent")
    if person is not None and not person.is_active:
        raise Refused("account_closed", _("The account of %s is closed; choose someone else.") % person.name, "person")
    with transaction.atomic():
        row = AgentOfPerson.objects.select_for_update().filter(agent=agent).select_related("person").first()
        before = row.person if row else people_of([agent]).get(agent)
        if before == person:
            return
        if person is None and row is not None:
            row.delete()
        elif person is not None:
            AgentOfPerson.objects.update_or_create(agent=agent, defaults={"person": person, "set_by": actor})
        if before is not None:
            _tell(before, agent, gains=False)
        if person is not None:
            _tell(person, agent, gains=True)
        data = {"agent": agent, "person": person.name if person else _("nobody")}
        record_history(actor, "agent.matched", f"agent:{agent[:150]}", data)


def colleague(email: str) -> Person | None:
    """The colleague of this address, None for no address; refuses (404) one that is nobody's."""
    if not email.strip():
        return None
    found = Person.objects.filter(email__iexact=email.strip()[:254], is_active=True).first()
    if found is None:
        raise NotFound("person_unknown", _("Nobody here has the address “%s”.") % email[:100], "email")
    return found


def _tell(person: Person, agent: str, *, gains: bool) -> None:
    subject = _("What “%s” in the survey data stands for") % agent[:60]
    words = (
        _(
            "Hello %(name)s,\n\nfrom now on the answers that name “%(agent)s” are taken for those to surveys about "
            "your work. Their figures are shown to you, and a pattern in them to your manager, to nobody else:"
            "\n\n%(link)s\n"
        )
        if gains
        else _(
            "Hello %(name)s,\n\nfrom now on the answers that name “%(agent)s” are no longer taken for those to surveys "
            "about your work. If that is wrong, tell whoever manages accounts.\n\n%(link)s\n"
        )
    )
    link = settings.PUBLIC_URL + reverse("own_integrity")
    put_mail(person.email, subject, words % {"name": person.name, "agent": agent, "link": link})


def _said() -> dict[str, Person]:
    rows = AgentOfPerson.objects.filter(person__is_active=True)
    return {row.agent: row.person for row in rows.select_related("person__manager", "person__department__head")}


def _people() -> QuerySet[Person]:
    return Person.objects.filter(is_active=True).select_related("manager", "department__head")
