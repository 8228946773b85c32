"""What protects colleagues: the smallest group shown, how long signals stay, the assessment that lets absence in."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.listening.models import EmployeeRules, PrivacyAssessment

MOST_PEOPLE = 100
KEPT = (12, 120)
WORDS_KEPT = (1, 36)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force; ``edition`` is what a change is made to."""

    minimum: int
    months_kept: int
    months_of_words: int
    edition: int


def rules() -> Rules:
    """The rules in force; the defaults before anybody set them."""
    row = EmployeeRules.objects.first() or EmployeeRules()
    return Rules(row.minimum, row.months_kept, row.months_of_words, row.edition)


def change_rules(person: Person | None, *, minimum: int, months_kept: int, months_of_words: int, edition: int) -> Rules:
    """Set the rules. The smallest group only ever grows: what was hidden must stay hidden."""
    require(person, "manage", "employee_signals")
    with transaction.atomic():
        row, _made = EmployeeRules.objects.select_for_update().get_or_create(singleton=True)
        if row.edition != edition:
            raise Conflict("rules_changed", _("Somebody changed these rules meanwhile; look at them again."))
        if not row.minimum <= minimum <= MOST_PEOPLE:
            message = _("Groups of %(given)d cannot be the smallest shown: choose %(least)d to %(most)d.")
            values = {"given": minimum, "least": row.minimum, "most": MOST_PEOPLE}
            raise Refused("minimum_only_grows", message % values, "minimum")
        _within("months_kept", months_kept, KEPT)
        _within("months_of_words", months_of_words, WORDS_KEPT)
        if months_of_words > months_kept:
            message = _("Words cannot be kept longer (%(words)d months) than the rest (%(kept)d).")
            values = {"words": months_of_words, "kept": months_kept}
            raise Refused("words_outlive", message % values, "months_of_words")
        before = row.minimum, row.months_kept, row.months_of_words
        row.minimum, row.months_kept, row.months_of_words = minimum, months_kept, months_of_words
        if before != (minimum, months_kept, months_of_words):
            row.edition += 1
            row.save()
            data = {"minimum": minimum, "months": months_kept, "words": months_of_words}
            record_history(person, "employees.rules_changed", "employees", data)
    return rules()


def _within(field: str, value: int, ends: tuple[int, int]) -> None:
    if not ends[0] <= value <= ends[1]:
        message = _("%(value)d months cannot be: choose %(least)d to %(most)d.")
        raise Refused("months_out_of_range", message % {"value": value, "least": ends[0], "most": ends[1]}, field)


def assessment() -> PrivacyAssessment | None:
    """The privacy assessment in force; without one there is no absence data, neither in nor out."""
    return PrivacyAssessment.objects.filter(withdrawn_at=None).select_related("recorded_by").first()


def assessments(person: Person | None) -> list[PrivacyAssessment]:
    """Every assessment ever recorded, newest first."""
    require(person, "manage", "employee_signals")
    return list(PrivacyAssessment.objects.select_related("recorded_by", "withdrawn_by"))


def record_assessment(
    person: Person | None, *, assessor: str, assessed_on: date, document: str, scope: str
) -> PrivacyAssessment:
    """Record that a privacy assessment of absence data was made: from now on it may arrive and be shown."""
    require(person, "manage", "employee_signals")
    if assessed_on > timezone.localdate():
        message = _("The assessment is dated %s, which is not yet. Record it when it is made.") % assessed_on
        raise Refused("assessed_in_future", message, "assessed_on")
    with transaction.atomic():
        if PrivacyAssessment.objects.select_for_update().filter(withdrawn_at=None).exists():
            raise Conflict("assessed_already", _("An assessment is in force; withdraw it before recording another."))
        made = PrivacyAssessment.objects.create(
            assessor=assessor, assessed_on=assessed_on, document=document, scope=scope, recorded_by=person
        )
        data = {"assessor": assessor, "on": assessed_on.isoformat(), "document": document}
        record_history(person, "privacy_assessment.recorded", f"privacy_assessment:{made.pk}", data)
    return made


def withdraw_assessment(person: Person | None, pk: int) -> None:
    """Withdraw an assessment: absence data arrives no more, and none is shown."""
    require(person, "manage", "employee_signals")
    with transaction.atomic():
        row = PrivacyAssessment.objects.select_for_update(of=("self",)).filter(pk=pk).first()
        if row is None:
            raise NotFound("no_such_assessment", _("There is no privacy assessment %s.") % pk)
        if row.withdrawn_at is not None:
            return
        row.withdrawn_at, row.withdrawn_by = timezone.now(), person
        row.save(update_fields=["withdrawn_at", "withdrawn_by"])
        data = {"assessor": row.assessor, "on": row.assessed_on.isoformat()}
        record_history(person, "privacy_assessment.withdrawn", f"privacy_assessment:{pk}", data)
