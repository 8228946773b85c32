"""The sample company's hunches: what its people expected of the last year, and how sure they were.

The heads of departments are surer than right, the CX lead and the analyst have learned what they do not know. Two
incentives are looked at, of which one hangs on a score.
"""

import random
from datetime import date, timedelta
from typing import Final, NamedTuple

from django.db import transaction

from headwater.base.models import Person
from headwater.insight.hunches import Claim, answer_due, write_hunch
from headwater.insight.integrity_incentives import review_incentive
from headwater.insight.models import Hunch, IncentiveReview
from headwater.metrics.store import company_record
from headwater.record.questions import Span


class Expected(NamedTuple):
    """A claim about the last year, and how likely a sober colleague finds it, in per cent."""

    metric: str
    where: str
    comparison: str
    sober: int
    against: str = "rest"
    other: str = ""
    at_least: float = 0.0


EXPECTED: Final = (
    Expected("csat", "stage = 'wait'", "lower", 85),
    Expected("csat", "stage = 'choose'", "lower", 20),
    Expected("csat", "attribute:region = 'South'", "lower", 75),
    Expected("csat", "attribute:region = 'South'", "lower", 15, at_least=0.25),
    Expected("csat", "attribute:region = 'North'", "lower", 35),
    Expected("csat", "stage = 'choose'", "higher", 80, "group", "stage = 'wait'"),
    Expected("rating", "attribute:category = 'clothing'", "higher", 30, at_least=1.0),
    Expected("csat", "stage = 'use'", "higher", 25, "group", "stage = 'choose'"),
    Expected("csat", "attribute:category = 'garden'", "higher", 25, at_least=0.15),
    Expected("nps", "attribute:segment = 'new'", "lower", 45, at_least=40.0),
    Expected("share_negative", "stage = 'wait'", "higher", 75),
    Expected("csat", "attribute:segment = 'loyal'", "higher", 55),
)
SOBER: Final = ("cx@sample.example", "analyst@sample.example")
FINDINGS: Final = {
    "ces": (
        "stays",
        "The team bonus in customer service counts the effort score for a fifth. It runs until the end of the year; "
        "from then on it follows contacts solved at once.",
    ),
    "nps": ("nothing", "Bonuses, targets and prizes of all departments were read; none names the score."),
}


def load_hunches(seed: int) -> None:
    """Let the sample's people have had their hunches, once, and have somebody look at the incentives."""
    if Hunch.objects.exists() or IncentiveReview.objects.exists():
        return
    chance = random.Random(seed)  # noqa: S311 (a sample, not a secret)
    people = list(Person.objects.filter(is_sample=True).order_by("email"))
    with transaction.atomic():
        for metric, (finding, words) in FINDINGS.items():
            review_incentive(None, metric, finding, words)
        for person in people:
            _write(person, chance)
    answer_due()


def _write(person: Person, chance: random.Random) -> None:
    last = company_record().ask(Span()).last_day or date.today()
    until = last.replace(day=1) - timedelta(days=1)
    since = until - timedelta(days=364)
    for one in EXPECTED:
        if person.email not in SOBER and chance.random() < 0.35:
            continue
        claim = Claim(one.metric, one.where, one.against, one.other, one.comparison, one.at_least, since, until, last)
        write_hunch(person, claim, _said(person, one.sober, chance))


def _said(person: Person, sober: int, chance: random.Random) -> int:
    """How sure a person says to be: the sober ones as they should, others further from the middle or just otherwise."""
    if person.email in SOBER:
        return min(max(sober + chance.randrange(-8, 9), 2), 98)
    swayed = sober if chance.random() < 0.65 else 100 - sober
    return min(max(round(50 + (swayed - 50) * 1.4), 3), 97)
