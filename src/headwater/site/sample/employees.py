"""What the sample company's people say of their work, and what is counted of its teams, month by month.

Planted: in each department the answers of a month foretell the score of its customers one month later. Customer service
is worn out and the warehouse pressed for time; people and culture are four, who are never shown.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

import numpy as np
from django.db import transaction
from django.utils import timezone

from headwater.base.models import Department
from headwater.insight.employees_beside import stages_of
from headwater.insight.employees_releases import release_due
from headwater.insight.forest import stage_metric
from headwater.insight.selection import Selection
from headwater.listening.employee_questions import AMOUNTS, ENPS, PULSE
from headwater.listening.employee_rows import MAX_AMOUNT, Known, Said, signals_of
from headwater.listening.employee_signals import known_of
from headwater.listening.models import EmployeeArrival, EmployeeSource
from headwater.metrics.estimates import estimate
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, Term
from headwater.record.questions import Span
from headwater.science import Estimate
from headwater.site.sample.shop import MONTHS

LAG: Final = 1
"""Months by which customers' scores follow."""
PULL: Final = 0.4
"""Points of a five-point scale by which a department's answers lie higher, a standard deviation of its customers' score
before."""
ANSWERS: Final = 0.75
SPEAKS: Final = 0.14
# department: people, points by which its answers lie above the others', questions that stand out
TEAMS: Final[dict[str, tuple[int, float, dict[str, float]]]] = {
    "Marketing": (24, 0.3, {}),
    "Range and pricing": (22, 0.1, {}),
    "Webshop": (30, 0.2, {"change": -0.8}),
    "Purchasing": (18, 0.0, {}),
    "Warehouse": (56, -0.2, {"demands": -1.2, "cbi_3": -0.6}),
    "Delivery": (42, -0.1, {"control": -0.7}),
    "Finance": (14, 0.3, {}),
    "Customer service": (38, -0.4, {"cbi_5": -1.2, "cbi_6": -0.9, "control": -0.8}),
    "People and culture": (4, 0.3, {}),
}
HOURS: Final = {"Warehouse": 9.0, "Delivery": 8.0, "Customer service": 5.0}
REPETITIVE: Final = {"Warehouse": 70.0, "Customer service": 45.0, "Finance": 30.0}
WORDS: Final = (
    "We hear of a promotion when the phones start to ring.",
    "Good team, too many late changes to the shift plan.",
    "The scanner at gate four fails every other day and nobody owns it.",
    "I may finally decide small refunds myself. That helps.",
    "Two systems for one parcel, and neither is right.",
    "My lead listens. The decisions come from elsewhere.",
    "On Mondays we cannot keep what was promised on Sunday.",
    "Training was useful, there was no time to try it.",
    "I am proud when a customer writes that it came on the day.",
    "We count calls, nobody asks why they call.",
    "The new start time is much better for families.",
    "Please fix the return labels, we print each of them twice.",
    "Colleagues help at once, without asking whose job it is.",
    "Too many meetings about numbers, too few about customers.",
    "When carriers change the route we learn it from the customer.",
    "The breaks are too short in the peak weeks.",
    "More people in the evening would take the pressure off.",
    "I know what is expected of me, I do not know why it changes.",
    "Thank you for the morning meeting with delivery.",
    "Nobody told us that the price had changed.",
)


def load_employees(seed: int) -> None:
    """Give the sample company its employees' signals, once; after its customers', which follow them."""
    if EmployeeArrival.objects.filter(state=EmployeeArrival.State.DONE).exists():
        return
    random = np.random.default_rng([seed, 7])
    months = _months()
    units = {row.name: row for row in Department.objects.filter(name__in=TEAMS)}
    for source, made in (("pulse", _answers), ("personnel-system", _amounts)):
        known = known_of(source)
        rows = [said for name, unit in units.items() for said in made(random, name, str(unit.pk), months)]
        _put(source, known, rows)
    release_due()


def _months() -> list[date]:
    """The sample's months, oldest first."""
    last = company_record().ask(Span()).last_day or timezone.localdate()
    end = last.year * 12 + last.month
    counts = range(end - MONTHS, end)
    return [date(count // 12, count % 12 + 1, 1) for count in counts]


def _put(source: str, known: Known, rows: list[Said]) -> None:
    kept, _made = EmployeeSource.objects.get_or_create(name=source)
    arrival, _made = EmployeeArrival.objects.get_or_create(source=kept, state=EmployeeArrival.State.UPLOADED)
    signals = signals_of(rows, known, arrival.pk)
    new = company_record().put_employee_signals(signals) if signals is not None else 0
    with transaction.atomic():
        kept.questions = sorted({question for row in rows for question in row.values})
        kept.save(update_fields=["questions"])
        arrival.state, arrival.rows, arrival.signals = EmployeeArrival.State.DONE, len(rows), new
        arrival.save(update_fields=["state", "rows", "signals"])


def _mood(unit: str, months: list[date]) -> Mapping[date, float]:
    """By how many standard deviations customers' score of a department lies above its usual a month later."""
    stages = stages_of(unit)
    if not stages:
        return {}
    where = Filter(Among(Term("text", "stage"), stages))
    found = estimate(stage_metric(Selection()).name, by=("month",), where=where)
    scores = {
        date.fromisoformat(row.group["month"] or ""): row.result.estimate
        for row in found.rows
        if isinstance(row.result, Estimate)
    }
    spread = float(np.std(list(scores.values()))) if len(scores) > 2 else 0.0
    usual = float(np.mean(list(scores.values()))) if scores else 0.0
    later = dict(zip(months[:-LAG], months[LAG:], strict=True))
    return {month: (scores[then] - usual) / spread for month, then in later.items() if then in scores and spread}


def _answers(random: np.random.Generator, name: str, unit: str, months: list[date]) -> Iterator[Said]:
    people, above, special = TEAMS[name]
    mood = _mood(unit, months)
    tempers = random.normal(0, 0.6, people)
    for month in months:
        level = 3.5 + above + PULL * mood.get(month, 0.0) + random.normal(0, 0.08)
        for person in np.flatnonzero(random.random(people) < ANSWERS):
            values: dict[str, tuple[float, tuple[float, float]]] = {}
            for question in PULSE.values():
                good = level + tempers[person] + special.get(question.id, 0.0) + random.normal(0, 0.7)
                if question.id == ENPS:
                    score = float(np.clip(round(2.1 * good + 0.2 + random.normal(0, 0.8)), 0, 10))
                else:
                    score = float(np.clip(round(6 - good if question.worse else good), 1, 5))
                values[question.id] = score, question.scale
            yield Said(unit, month, f"{name} {person}", None, values, _words(random))


def _words(random: np.random.Generator) -> str:
    """What most leave empty, and some fill with one thing or two."""
    if random.random() >= SPEAKS:
        return ""
    chosen = random.choice(len(WORDS), 1 + int(random.random() < 0.6), replace=False)
    return " ".join(WORDS[place] for place in chosen)


def _amounts(random: np.random.Generator, name: str, unit: str, months: list[date]) -> Iterator[Said]:
    people, above, _special = TEAMS[name]
    mood = _mood(unit, months)
    for month in months:
        strain = 1 - 0.15 * mood.get(month, 0.0)
        amounts = {
            "leavers": float(min(people, random.poisson(people * 0.016 * strain * (1 - above)))),
            "overtime_hours": round(people * HOURS.get(name, 3.0) * strain * float(random.uniform(0.85, 1.15)), 1),
            "repetitive_hours": round(people * REPETITIVE.get(name, 12.0) * float(random.uniform(0.95, 1.05)), 1),
        }
        values = {amount: (amounts[amount], (0.0, MAX_AMOUNT)) for amount in AMOUNTS if amount in amounts}
        yield Said(unit, month, unit, people, values, "")
