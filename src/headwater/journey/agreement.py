"""Agreement on the journey: each department that touches a stage says whether it sees the stage that way.

Its head is asked when a stage is published or changed, agrees or objects with a reason; an objection that stays open
for 14 days goes to the named decider. When a stage is settled is decided in ``agreement_rules``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Department, Person
from headwater.base.permissions import NotAllowed, allows, require
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.journey import agreement_mail, agreement_rules, queries
from headwater.journey.agreement_rules import Answer, DepartmentView, StageAgreement, State
from headwater.journey.models import AgreementDecider, StageAnswer, StageAsking
from headwater.journey.taxonomy import Stage, Taxonomy

REASON_LENGTH = 1000

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Due:
    """What a person owes: an answer about a stage (``to_decide`` false), or the decision of an objection to it."""

    stage: str
    name: str
    department: int
    department_name: str
    since: datetime | None
    to_decide: bool = False
    answer: Answer | None = None

    @property
    def key(self) -> str:
        """What names it among all that is due."""
        return f"{self.stage}-{self.department}"


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it was filled in; ``seen`` is the fingerprint of the stage that was read."""

    stage: str
    department: int
    agrees: bool
    reason: str
    seen: str


def decider() -> Person | None:
    """To whom objections go that stay open for 14 days; None while nobody is named."""
    row = AgreementDecider.objects.filter(person__is_active=True).select_related("person").first()
    return row.person if row else None


def stage_agreements() -> dict[str, StageAgreement]:
    """How each published stage is seen by the departments that touch it, by the stage's id."""
    taxonomy = queries.taxonomy()
    company = _Company.read()
    answers = {_key(row): row for row in _answers().filter(latest=True)}
    asked: dict[tuple[str, int, str], datetime] = {
        (row[0], row[1], row[2]): row[3]
        for row in StageAsking.objects.values_list("stage", "department_id", "fingerprint", "asked_at")
    }
    return {stage.id: _agreement(taxonomy, stage, company, answers, asked) for stage in taxonomy.stages}


def agreement_of(stage_id: str) -> StageAgreement:
    """How one published stage is seen. Raises ``NotFound``."""
    found = stage_agreements().get(stage_id)
    if found is None:
        message = _("There is no stage %s in the published journey. Reload the page.")
        raise NotFound("agreement.stage_unknown", message % stage_id[:60], "stage")
    return found


def answers_of(stage_id: str, limit: int = 50) -> list[StageAnswer]:
    """Every answer that was ever given about a stage, newest first."""
    return list(_answers().filter(stage=stage_id)[:limit])


def due_for(person: Person) -> tuple[Due, ...]:
    """What this person owes: answers for the departments they answer for, and decisions when they are the decider."""
    if not allows(person, "answer", "agreement", words_of="own"):
        return ()
    company, found = _Company.read(), []
    deciding = decider() == person
    for stage in stage_agreements().values():
        for view in stage.answers:
            about = (stage.stage, stage.name, view.department, view.name)
            if view.state == "unanswered" and company.respondent(view.department) == person:
                found.append(Due(*about, view.asked_at))
            elif deciding and view.state == "objected" and view.answer and view.answer.passed_at:
                found.append(Due(*about, view.answer.passed_at, True, view.answer))
    return tuple(found)


def answer(
    person: Person, stage_id: str, department_id: int, *, agrees: bool, reason: str = "", seen: str | None = None
) -> StageAgreement:
    """A head agrees to a published stage, or objects with a reason, for a department that touches it.

    ``seen`` is the fingerprint of the stage that the person read: an answer to other words is refused (409). The same
    answer again changes nothing; another one takes the place of the first.
    """
    require(person, "answer", "agreement", words_of="own")
    reason = _checked_reason(reason, needed=not agrees)
    with transaction.atomic():
        stage = agreement_of(stage_id)
        view = _view_of(stage, department_id)
        if _Company.read().respondent(department_id) != person:
            message = _("%(who)s answers for %(department)s, not you.")
            names = {"who": view.asks or _("Nobody yet"), "department": view.name}
            raise NotAllowed("agreement.not_the_head", message % names)
        if seen is not None and seen != stage.fingerprint:
            message = _("“%s” was changed after you opened it. Read it again, then answer.")
            raise Conflict("agreement.changed_meanwhile", message % stage.name)
        _keep_answer(person, stage, view, agrees, reason)
    return agreement_of(stage_id)


def answer_several(person: Person, given: Sequence[Given]) -> tuple[Refused | None, ...]:
    """Several answers at once, each kept by itself: what is wrong with one loses none of the others.

    Returns what is wrong with each, None where it is kept, in the order given. Refuses (403) who may not answer at all.
    """
    require(person, "answer", "agreement", words_of="own")
    return tuple(_wrong_with(person, one) for one in given)


def _wrong_with(person: Person, given: Given) -> Refused | None:
    try:
        answer(person, given.stage, given.department, agrees=given.agrees, reason=given.reason, seen=given.seen)
    except Refused as refused:
        return refused
    return None


def decide(person: Person, answer_id: int, *, keep: bool, reason: str) -> StageAgreement:
    """The decider settles an objection that was passed on: the stage stays as it is, or it will be changed; and why.

    A stage that is to be changed stays unsettled until the change is published, which asks every department again.
    """
    require(person, "answer", "agreement", words_of="own")
    reason = _checked_reason(reason, needed=True)
    with transaction.atomic():
        row = _answers().select_for_update(of=("self",)).filter(pk=answer_id, latest=True, agrees=False).first()
        stage = agreement_of(row.stage) if row else None
        if row is None or stage is None or row.fingerprint != stage.fingerprint:
            message = _("This objection is not open: it was withdrawn, or the stage was changed since.")
            raise NotFound("agreement.not_open", message)
        if row.passed_to_id != person.pk:
            message = _("This objection is for %s to decide, not for you.")
            raise NotAllowed("agreement.not_the_decider", message % _whose(row))
        if row.decision:
            raise Conflict("agreement.decided", _("This objection was decided already. Reload the page."))
        row.decision = StageAnswer.Decision.KEEP if keep else StageAnswer.Decision.CHANGE
        row.decision_reason, row.decided_by, row.decided_at = reason, person, timezone.now()
        row.save(update_fields=["decision", "decision_reason", "decided_by", "decided_at"])
        data = {"stage": stage.name, "department": row.department.name, "decision": row.get_decision_display()}
        record_history(person, "agreement.decided", f"stage:{row.stage}", data | {"reason": reason})
        agreement_mail.tell_decision(row, stage.name)
    return agreement_of(row.stage)


def name_decider(person: Person | None, named: Person) -> None:
    """Name the person to whom objections go that stay open; those waiting for the one before go to them at once."""
    require(person, "publish", "taxonomy")
    if not allows(named, "answer", "agreement", words_of="own"):
        message = _("%s has no role that may answer. Name an executive, a manager or someone of the CX team.")
        raise Refused("agreement.decider_role", message % named.name, "decider")
    with transaction.atomic():
        if decider() == named:
            return
        AgreementDecider.objects.all().delete()
        AgreementDecider.objects.create(person=named)
        record_history(person, "agreement.decider_named", "agreement:decider", {"decider": named.name})
        waiting = _answers().filter(latest=True, agrees=False, passed_at__isnull=False, decision="")
        for row in waiting.exclude(person=named):
            _pass_to(row, named, timezone.now())


def ask_heads(now: datetime | None = None) -> int:
    """Ask, once, each head who was not asked about a stage as it reads now; one mail a head. Returns how many mails."""
    now = now or timezone.now()
    company = _Company.read()
    to_ask: dict[Person, list[StageAgreement]] = {}
    with transaction.atomic():
        for stage in stage_agreements().values():
            for view in stage.answers:
                head = company.respondent(view.department)
                if head is None or view.state != "unanswered" or view.asked_at is not None:
                    continue
                _row, new = StageAsking.objects.get_or_create(
                    stage=stage.stage,
                    department_id=view.department,
                    fingerprint=stage.fingerprint,
                    defaults={"person": head, "asked_at": now},
                )
                if new:
                    to_ask.setdefault(head, []).append(stage)
        for head, stages in to_ask.items():
            agreement_mail.ask(head, [stage.name for stage in stages])
            data = {"head": head.name, "stages": ", ".join(dict.fromkeys(stage.name for stage in stages))}
            record_history(None, "agreement.asked", f"person:{head.pk}", data)
    return len(to_ask)


def pass_on_objections(now: datetime | None = None) -> int:
    """Pass objections that have been open for 14 days to the decider; returns how many. Nobody decides on their own."""
    now = now or timezone.now()
    named = decider()
    if named is None:
        return 0
    reads = {key: stage.fingerprint for key, stage in stage_agreements().items()}
    passed = 0
    with transaction.atomic():
        open_ones = _answers().select_for_update(of=("self",)).filter(latest=True, agrees=False, passed_at=None)
        for row in open_ones.exclude(person=named):
            if agreement_rules.goes_to_decider(_as_answer(row), reads.get(row.stage, ""), now):
                _pass_to(row, named, now)
                passed += 1
    return passed


def _keep_answer(person: Person, stage: StageAgreement, view: DepartmentView, agrees: bool, reason: str) -> None:
    rows = StageAnswer.objects.select_for_update().filter(stage=stage.stage, department_id=view.department, latest=True)
    last = rows.first()
    if last and (last.fingerprint, last.agrees, last.reason) == (stage.fingerprint, agrees, reason):
        return
    rows.update(latest=False)
    StageAnswer.objects.create(
        stage=stage.stage,
        department_id=view.department,
        fingerprint=stage.fingerprint,
        agrees=agrees,
        reason=reason,
        person=person,
    )
    code = "agreement.agreed" if agrees else "agreement.objected"
    data = {"stage": stage.name, "department": view.name, "reason": reason}
    record_history(person, code, f"stage:{stage.stage}", data)


def _pass_to(row: StageAnswer, named: Person, now: datetime) -> None:
    row.passed_to, row.passed_at = named, now
    row.save(update_fields=["passed_to", "passed_at"])
    stage = queries.taxonomy().stage(row.stage)
    name = stage.name if stage else row.stage
    data = {"stage": name, "department": row.department.name, "decider": named.name}
    record_history(None, "agreement.passed_on", f"stage:{row.stage}", data)
    agreement_mail.ask_decider(row, name)


def _checked_reason(reason: str, *, needed: bool) -> str:
    reason = " ".join(reason.split())
    if needed and len(reason) < 3:
        raise Refused("agreement.reason", _("Say why, in a sentence that the others can answer."), "reason")
    if len(reason) > REASON_LENGTH or "\x00" in reason:
        message = _("The reason has %(length)d characters; at most %(most)d are kept.")
        raise Refused("agreement.reason", message % {"length": len(reason), "most": REASON_LENGTH}, "reason")
    return reason


def _view_of(stage: StageAgreement, department_id: int) -> DepartmentView:
    for view in stage.answers:
        if view.department == department_id:
            return view
    message = _("This department does nothing at “%s”, so it is not asked about it.")
    raise NotFound("agreement.department_unknown", message % stage.name, "department")


def _answers() -> QuerySet[StageAnswer]:
    return StageAnswer.objects.select_related("department", "person", "passed_to", "decided_by")


def _agreement(
    taxonomy: Taxonomy,
    stage: Stage,
    company: "_Company",
    answers: Mapping[Key, StageAnswer],
    asked: Mapping[tuple[str, int, str], datetime],
) -> StageAgreement:
    reads = agreement_rules.fingerprint(stage, taxonomy.moments_of(stage.id))
    touching = taxonomy.departments_of(stage.id)
    ours = dict.fromkeys(company.mapped[key] for key in touching if key in company.mapped)
    views = []
    for pk in ours:
        row = answers.get((stage.id, pk))
        given = _as_answer(row) if row else None
        state: State = agreement_rules.state_of(given, reads)
        head = company.respondent(pk)
        name = company.departments[pk].name
        views.append(
            DepartmentView(pk, name, head.name if head else "", state, given, asked.get((stage.id, pk, reads)))
        )
    unmapped = tuple(taxonomy.department_name(key) for key in touching if key not in company.mapped)
    return StageAgreement(stage.id, stage.name, reads, tuple(views), unmapped)


@dataclass(frozen=True, slots=True)
class _Company:
    """The departments by id, and onto which one each department of the pack is mapped."""

    departments: Mapping[int, Department]
    mapped: Mapping[str, int]

    @classmethod
    def read(cls) -> "_Company":
        rows = {row.pk: row for row in Department.objects.select_related("head")}
        return cls(rows, {key: pk for pk, row in rows.items() for key in row.pack_departments})

    def respondent(self, department_id: int) -> Person | None:
        """Who answers for a department: its head, or without one the head of the nearest department above."""
        seen: set[int] = set()
        here = self.departments.get(department_id)
        while here is not None and here.pk not in seen:
            if here.head is not None and here.head.is_active:
                return here.head
            seen.add(here.pk)
            here = self.departments.get(here.parent_id) if here.parent_id else None
        return None


def _key(row: StageAnswer) -> Key:
    return row.stage, row.department_id


def _whose(row: StageAnswer) -> str:
    return row.passed_to.name if row.passed_to else _("the departments")


def _as_answer(row: StageAnswer) -> Answer:
    return Answer(
        id=row.pk,
        fingerprint=row.fingerprint,
        agrees=row.agrees,
        reason=row.reason,
        by=row.person.name if row.person else "",
        at=row.at,
        passed_to=row.passed_to.name if row.passed_to else "",
        passed_at=row.passed_at,
        decision=row.decision,  # type: ignore[arg-type]
        decision_reason=row.decision_reason,
        decided_by=row.decided_by.name if row.decided_by else "",
        decided_at=row.decided_at,
    )
