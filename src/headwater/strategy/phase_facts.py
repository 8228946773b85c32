"""What the roadmap's rules read, gathered from the record and from the rooms."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from headwater.base.company import company
from headwater.insight.causes import SAID
from headwater.journey.agreement import stage_agreements
from headwater.journey.moments import leaders
from headwater.journey.queries import taxonomy
from headwater.journey.standards import reliability
from headwater.metrics.rules import group_name
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, Term, parse
from headwater.record.questions import Heard, Span, Sums
from headwater.record.questions.journey import HEARD
from headwater.science.results import Estimate
from headwater.strategy import guideposts, readiness
from headwater.strategy.measures import measures
from headwater.strategy.models import Request
from headwater.strategy.phases import DECIDED_WITHIN, FRESH_DAYS, RoadmapFacts
from headwater.strategy.strategies import current

if TYPE_CHECKING:
    from headwater.journey.standards import ReliabilityAnswer
    from headwater.journey.taxonomy import Taxonomy

QUARTER: Final = 90


def facts() -> RoadmapFacts:
    """Gather the facts of today; of the sample company, whose record has ended, those of its last day."""
    span = company_record().ask(Span())
    today, ours = timezone.localdate(), company()
    if ours is not None and ours.is_sample and span.last_day is not None:
        today = span.last_day
    known = taxonomy()
    return RoadmapFacts(
        today=today,
        **_record(today, known),
        **_strategy(),
        **_journey(known),
        **_reliable(today, known),
        **_led(),
    )


def _record(today: date, known: Taxonomy) -> dict[str, Any]:
    record = company_record()
    span = record.ask(Span())
    said = Filter(Among(Term("text", "kind"), SAID))
    fresh = record.ask(Sums(("kind",), None, today - timedelta(days=FRESH_DAYS - 1), today)).rows
    with_customer = record.ask(Sums((), parse("customer_id is not null"))).rows
    negatives = record.ask(Sums(("cause",), said, today - timedelta(days=QUARTER - 1), today)).rows
    whole = record.ask(Sums((), said, today - timedelta(days=QUARTER - 1), today)).rows
    unnamed = sum(row.negative for row in negatives if row.group["cause"] is None)
    total = sum(row.negative for row in whole)
    heard = record.ask(Heard(since=today - timedelta(days=QUARTER - 1), until=today))
    stages = {stage.id for stage in known.stages}
    cells = {(row.stage, row.heard) for row in heard if row.stage in stages and row.n}
    kinds = sorted(row.group["kind"] or "" for row in fresh if row.n)
    return {
        "signals": span.signals,
        "with_customer": sum(row.n for row in with_customer),
        "history_days": (today - span.first_day).days + 1 if span.first_day else 0,
        "fresh_kinds": tuple(group_name("kind", kind) for kind in kinds if kind),
        "cells": len(stages) * len(HEARD),
        "cells_heard": len(cells),
        "negatives": total,
        "negatives_with_cause": total - unnamed,
    }


def _strategy() -> dict[str, Any]:
    strategy = current()
    return {
        "mission": bool(strategy.mission),
        "outcomes": len(strategy.outcomes),
        "outcomes_with_money": sum(outcome.money is not None for outcome in strategy.outcomes),
    }


def _journey(known: Taxonomy) -> dict[str, Any]:
    agreements, led = stage_agreements(), leaders()
    return {
        "stages": len(known.stages),
        "stages_settled": sum(agreement.settled for agreement in agreements.values()),
        "truths": len(known.truths),
        "truths_with_leader": sum(moment.id in led for moment in known.truths),
        "truths_with_contributions": sum(bool(moment.contributions) for moment in known.truths),
    }


def _reliable(today: date, known: Taxonomy) -> dict[str, Any]:
    start = today - timedelta(days=QUARTER - 1)
    now, before = (
        reliability(None, start, today),
        reliability(None, start - timedelta(days=QUARTER), start - timedelta(days=1)),
    )
    falls = [moment for moment, answer in now.items() if moment in before and _falls(before[moment], answer)]
    judged = [
        moment for moment, answer in now.items() if _known(answer) and moment in before and _known(before[moment])
    ]
    posts = guideposts.current()
    names = {moment.id: moment.name for moment in known.moments}
    return {
        "truths_with_standard": sum(moment.id in now for moment in known.truths),
        "truths_with_guidepost": sum(posts.of(moment.id) is not None for moment in known.truths),
        "reliability_falls": tuple(names.get(moment, moment) for moment in falls) if judged else None,
    }


def _known(answer: ReliabilityAnswer) -> bool:
    return isinstance(answer.result, Estimate)


def _falls(before: ReliabilityAnswer, now: ReliabilityAnswer) -> bool:
    """Whether the later interval lies wholly below the earlier one."""
    if not isinstance(before.result, Estimate) or not isinstance(now.result, Estimate):
        return False
    return now.result.high < before.result.low


def _led() -> dict[str, Any]:
    views = [view for view in measures() if view.outcomes]
    standing = readiness.standing()
    waiting = Request.objects.filter(state__in=(Request.State.FILED, Request.State.ANSWERED))
    return {
        "measures": len(views),
        "measures_signed": sum(bool(view.signed) for view in views),
        "measures_on_path": sum(view.standing.code == "on_path" for view in views),
        "readiness": standing.total,
        "readiness_settled": standing.settled,
        "requests": Request.objects.count(),
        "requests_late": waiting.filter(filed_at__lt=timezone.now() - timedelta(days=DECIDED_WITHIN)).count(),
        "pay_on_score": standing.pay_on_score,
    }
