"""What the sample's customers lived through and said: events, surveys, contacts and reviews, one row a signal."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from headwater.site.sample.planted import PLANTED, PLANTED_IN_SERVICE, Planted
from headwater.site.sample.shop import DAY, Customers, Orders, first_day, seconds
from headwater.site.sample.voices import Form, Voices

ASKED = 0.42
"""Share of delivered orders whose customer answers the survey about a stage."""
REVIEWED = 0.16
RELATIONSHIP_ANSWERS = 2_300
QUESTIONS = 750
STAGES = ("choose", "order", "wait", "receive", "use")
STAGE_SHARES = (0.12, 0.22, 0.28, 0.22, 0.16)
HALO = 0.3
"""What a failure at one stage takes from the satisfaction with another, as a share of its own effect."""
REMEMBERED = 75 * DAY
CHANNELS = ("phone", "chat", "email")


@dataclass
class Rows:
    """Rows as they are drawn, and which causes each text truly names."""

    end: int
    rows: list[dict[str, Any]] = field(default_factory=list)
    named: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, flow: str, at: int, causes: tuple[str, ...] = (), **values: Any) -> int | None:
        """Keep a signal unless it would lie after the end of the sample; returns its place among the rows."""
        if at >= self.end:
            return None
        number = str(len(self.rows) + 1)
        self.rows.append({"flow": flow, "record_id": number, "occurred_at": at, **values})
        if values.get("text"):
            self.named[f"{flow}-{number}"] = causes
        return len(self.rows) - 1


class Teller:
    """Tells one sample company: draws every signal of every order from one seed."""

    def __init__(self, seed: int, customers: Customers, orders: Orders, end: date) -> None:
        self.rng = np.random.default_rng([seed, 2])
        self.chance = random.Random(seed)  # noqa: S311 (a sample, not a secret)
        self.voices = Voices(self.chance)
        self.customers = customers
        self.orders = orders
        self.end_day = end
        self.told = Rows(seconds(end) + DAY)

    def tell(self) -> Rows:
        """Every signal, in no particular order."""
        for order in range(len(self.orders.id)):
            struck = [PLANTED[column] for column in np.flatnonzero(self.orders.struck[order])]
            felt = {planted.cause: self._felt_at(order, planted) for planted in struck}
            self._events(order, struck, felt)
            self._survey(order, struck)
            self._review(order, struck)
            for planted in struck:
                if self.chance.random() < planted.contacts:
                    self._contact(order, planted, felt[planted.cause])
        self._relationship()
        self._questions()
        return self.told

    def _who(self, order: int) -> dict[str, Any]:
        return {
            **self._customer(int(self.orders.customer[order])),
            "category": str(self.orders.category[order]),
            "subject_id": str(self.orders.id[order]),
        }

    def _customer(self, customer: int) -> dict[str, Any]:
        return {
            "customer_id": str(self.customers.id[customer]),
            "region": str(self.customers.region[customer]),
            "segment": str(self.customers.segment[customer]),
        }

    def _language(self, order: int) -> str:
        return str(self.customers.language[self.orders.customer[order]])

    def _felt_at(self, order: int, planted: Planted) -> int:
        """When the customer comes to know of a failure, by the stage it happens at."""
        placed, delivered = int(self.orders.placed[order]), int(self.orders.delivered[order])
        at = {
            "order": placed + self.chance.randrange(60, DAY),
            "wait": int(self.orders.promised[order]) + self.chance.randrange(3600, DAY),
            "receive": delivered + self.chance.randrange(600, DAY),
            "use": delivered + self.chance.randrange(2 * DAY, 20 * DAY),
            "send_back": delivered + self.chance.randrange(5 * DAY, 30 * DAY),
        }
        return at[planted.stage]

    def _events(self, order: int, struck: list[Planted], felt: dict[str, int]) -> None:
        who = self._who(order)
        placed = int(self.orders.placed[order])
        amount: dict[str, Any] = {"amount": float(self.orders.amount[order]), "currency": "EUR"}
        self.told.add("event", placed, event="order_placed", **who, **amount)
        causes = {planted.cause for planted in struck}
        if "out_of_stock" not in causes:
            self.told.add("event", int(self.orders.delivered[order]), event="delivered", **who)
        for planted in struck:
            if planted.event == "delivery_late":
                self.told.add("event", int(self.orders.promised[order]), event=planted.event, **who)
            elif planted.event:
                self.told.add("event", felt[planted.cause] - 60, event=planted.event, **who)
        if "return_difficult" in causes or "refund_late" in causes:
            self.told.add("event", int(self.orders.delivered[order]) + 4 * DAY, event="return_requested", **who)

    def _survey(self, order: int, struck: list[Planted]) -> None:
        if self.chance.random() > ASKED:
            return
        worst = max(struck, key=lambda planted: planted.lost, default=None)
        stage = self.chance.choices(STAGES, STAGE_SHARES)[0]
        if worst and self.chance.random() < 0.8:
            stage = worst.stage
        lost = sum(planted.lost * (1 if planted.stage == stage else HALO) for planted in struck)
        mood = 4.5 + float(self.customers.mood[self.orders.customer[order]])
        score = int(np.clip(round(mood - lost + self.chance.gauss(0, 0.6)), 1, 5))
        about = tuple(planted.cause for planted in struck if planted.stage == stage)[:2]
        at = int(self.orders.delivered[order]) + self.chance.randrange(DAY // 2, 5 * DAY)
        text, causes = self._answer(about, score >= 4, self._language(order), "survey")
        self.told.add(
            "csat", at, causes, metric="csat", score=score, stage=stage, text=text, channel="email", **self._who(order)
        )

    def _answer(self, about: tuple[str, ...], glad: bool, language: str, form: Form) -> tuple[str, tuple[str, ...]]:
        """What is written beside a score, and the causes it names: often nothing."""
        chance = self.chance.random()
        if about:
            if form == "survey" and chance > (0.35 if glad else 0.75):
                return "", ()
            return self.voices.comment(about, language, form), about
        if form == "survey" and chance > 0.3:
            return "", ()
        cause = "praise" if glad and (form == "review" or chance < 0.2) else "none"
        return self.voices.comment((cause,), language, form, glad=glad), (cause,) if cause != "none" else ()

    def _review(self, order: int, struck: list[Planted]) -> None:
        willing = REVIEWED * (2 if struck else 1)
        if self.chance.random() > willing:
            return
        lost = sum(planted.lost for planted in struck)
        mood = 4.6 + float(self.customers.mood[self.orders.customer[order]])
        stars = int(np.clip(round(mood - lost * 1.1 + self.chance.gauss(0, 0.5)), 1, 5))
        about = tuple(planted.cause for planted in sorted(struck, key=lambda planted: -planted.lost))[:2]
        at = int(self.orders.delivered[order]) + self.chance.randrange(2 * DAY, 24 * DAY)
        text, causes = self._answer(about, stars >= 4, self._language(order), "review")
        self.told.add("review", at, causes, metric="rating", score=stars, text=text, channel="web", **self._who(order))

    def _contact(self, order: int, planted: Planted, felt: int) -> None:
        at = felt + self.chance.randrange(3600, 3 * DAY)
        text = self.voices.comment((planted.cause,), self._language(order), "contact")
        self._contacted(at, text, (planted.cause,), self._who(order), self._language(order))

    def _contacted(self, at: int, text: str, causes: tuple[str, ...], who: dict[str, Any], language: str) -> None:
        """A contact, what became of it in service, and the effort survey after it."""
        conversation = f"K{len(self.told.rows) + 1}"
        channel = self.chance.choices(CHANNELS, (0.3, 0.3, 0.4))[0]
        contact: dict[str, Any] = {"text": text, "channel": channel, "conversation_id": conversation, **who}
        place = self.told.add("contact", at, causes, **contact)
        failed = next((planted for planted in PLANTED_IN_SERVICE if self.chance.random() < planted.share), None)
        if place is not None:
            self.told.rows[place]["unsolved_reason"] = _unsolved(failed, place)
        if failed and failed.event:
            self.told.add("event", at + 600, event=failed.event, conversation_id=conversation, **who)
        if failed and self.chance.random() < 0.45:
            again = self.voices.comment((failed.cause,), language, "contact")
            self.told.add(
                "contact",
                at + 2 * DAY,
                (failed.cause,),
                text=again,
                channel="email",
                conversation_id=conversation,
                **who,
            )
        if self.chance.random() < 0.34:
            ease = int(np.clip(round(5.7 - (failed.lost * 1.6 if failed else 0) + self.chance.gauss(0, 1)), 1, 7))
            about = (failed.cause,) if failed else ()
            said, named = self._answer(about, ease >= 5, language, "survey")
            self.told.add(
                "ces",
                at + 3 * DAY,
                named,
                metric="ces",
                score=ease,
                stage="get_help",
                text=said,
                channel="email",
                conversation_id=conversation,
                **who,
            )

    def _relationship(self) -> None:
        """The relationship survey: customers with an order behind them, asked whether they would recommend the shop."""
        start = seconds(first_day(self.end_day)) + 30 * DAY
        for order in self.rng.choice(len(self.orders.id), RELATIONSHIP_ANSWERS, replace=False):
            at = max(start, int(self.orders.delivered[order]) + self.chance.randrange(10 * DAY, REMEMBERED))
            struck = [PLANTED[column] for column in np.flatnonzero(self.orders.struck[order])]
            mood = 8.5 + 1.6 * float(self.customers.mood[self.orders.customer[order]])
            lost = sum(planted.lost for planted in struck) * 1.6
            score = int(np.clip(round(mood - lost + self.chance.gauss(0, 1.3)), 0, 10))
            text, causes = self._answer(
                tuple(planted.cause for planted in struck)[:2], score >= 8, self._language(order), "survey"
            )
            customer = self._customer(int(self.orders.customer[order]))
            self.told.add("nps", at, causes, metric="nps", score=score, text=text, channel="email", **customer)

    def _questions(self) -> None:
        """Contacts that nothing failed for: questions and thanks."""
        start = seconds(first_day(self.end_day))
        for customer in self.rng.choice(len(self.customers.id), QUESTIONS):
            at = start + self.chance.randrange(self.told.end - start)
            cause = "question" if self.chance.random() < 0.85 else "praise"
            language = str(self.customers.language[customer])
            text = self.voices.comment((cause,), language, "contact")
            self._contacted(at, text, (cause,), self._customer(int(customer)), language)


def _unsolved(failed: Planted | None, place: int) -> str | None:
    """Why a contact was not solved, as the agent wraps it up: of what failed in service, and now and then upstream."""
    if failed is None:
        return "upstream" if place % 11 == 0 else None
    if failed.cause == "service_unreachable":
        return "staffing"
    return ("authority", "authority", "skill", None)[place % 4]


def rows_in_time(told: Rows) -> Iterator[dict[str, Any]]:
    """The rows by time of occurrence, as systems of a company would have written them."""
    return iter(sorted(told.rows, key=lambda row: (row["occurred_at"], int(row["record_id"]))))
