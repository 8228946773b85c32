"""Who the sample company asked: invitations to its surveys in the last half year, answered and not.

Planted, to be found again: new and business customers answer less than loyal ones; one service agent asks happy
customers only, in a few weeks, and reminds them until they answer.
"""

import random
from typing import Any, Final

from headwater.site.sample.shop import DAY, Customers
from headwater.site.sample.signals import Rows

ASKED_DAYS: Final = 200
"""Half a year that is looked at, and two weeks in which answers may still come."""
RESPONSE: Final = {"new": 0.16, "regular": 0.3, "loyal": 0.42, "business": 0.13}
"""Share of those asked for the relationship survey who answer, by segment."""
AFTER_CONTACT: Final = 0.4
AGENTS: Final = 14
BEGGING: Final = "agent@sample.example"
BEGGING_WEEKS: Final = (6, 7, 15, 16)
"""Weeks before the end in which the one agent collects top scores."""
BRANCHES: Final = ("Service desk", "Service from home")
TOP_EASE: Final = 5


def invite(told: Rows, customers: Customers, seed: int) -> None:
    """Add the invitations to what was told, and say in the answers which they belong to."""
    chance = random.Random(seed * 31 + 7)  # noqa: S311 (a sample, not a secret)
    first = told.end - ASKED_DAYS * DAY
    recent = [row for row in told.rows if row["flow"] in ("nps", "ces") and row["occurred_at"] >= first]
    segments = {str(one): str(segment) for one, segment in zip(customers.id, customers.segment, strict=True)}
    regions = {str(one): str(region) for one, region in zip(customers.id, customers.region, strict=True)}
    everyone = list(segments)
    asked_of = {segment: [one for one in everyone if segments[one] == segment] for segment in RESPONSE}
    for number, row in enumerate(recent, start=1):
        survey = _survey(row, number, told.end, chance)
        row.update(survey)
        who = {name: row.get(name) for name in ("customer_id", "region", "segment", "conversation_id")}
        _ask(told, row["occurred_at"] - chance.randrange(3_600, 6 * DAY), who, survey)
        for silent in range(_silent(row, chance)):
            if row["flow"] == "ces":  # other contacts of the same agent, whose customers did not answer
                other = chance.choice(everyone)
            else:
                other = chance.choice(asked_of[segments[row["customer_id"]]])
            who = {"customer_id": other, "region": regions[other], "segment": segments[other]}
            unanswered = {**survey, "response_id": f"{survey['response_id']}-{silent}"}
            _ask(told, row["occurred_at"] - chance.randrange(0, 6 * DAY), who, unanswered)


def _ask(told: Rows, at: int, who: dict[str, Any], survey: dict[str, Any]) -> None:
    told.add("event", at, event="invited", **who, **survey)


def _survey(row: dict[str, Any], number: int, end: int, chance: random.Random) -> dict[str, Any]:
    """What invitation and answer say alike: response, survey, and after a contact whose work it was about."""
    if row["flow"] == "nps":
        return {"response_id": f"R{number}", "survey": "relationship", "asks": "nps"}
    week = (end - row["occurred_at"]) // (7 * DAY)
    begged = row["score"] >= TOP_EASE and week in BEGGING_WEEKS and chance.random() < 0.75
    place = chance.randrange(1, AGENTS)
    agent = BEGGING if begged else f"desk-{place:02d}"
    branch = BRANCHES[0] if begged else BRANCHES[place % len(BRANCHES)]
    return {
        "response_id": f"R{number}",
        "survey": "after a contact",
        "asks": "ces",
        "agent": agent,
        "branch": branch,
    }


def _silent(row: dict[str, Any], chance: random.Random) -> int:
    """How many were asked in vain for each that answered."""
    if row.get("agent") == BEGGING:
        return int(chance.random() < 0.1)
    rate = AFTER_CONTACT if row["flow"] == "ces" else RESPONSE[row["segment"]]
    expected = (1 - rate) / rate
    return int(expected) + int(chance.random() < expected - int(expected))
