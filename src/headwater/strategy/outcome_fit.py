"""Which outcome of a strategy a request would serve. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.strategy.request_words import Understanding
    from headwater.strategy.strategy import Outcome, Strategy
    from headwater.strategy.tracing import Trace

STAGE_WEIGHT = 0.25
"""A stage in common says less than a cause in common: other things fail at a stage too."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How well an outcome fits: ``share`` of the trouble its causes stand behind, and what the two have in common."""

    outcome: Outcome
    score: float
    share: float
    causes: tuple[str, ...]
    stages: tuple[str, ...]


def fits(strategy: Strategy, trace: Trace, understanding: Understanding) -> tuple[Fit, ...]:
    """Return the outcomes that share a cause or a stage with a traced request, the best first; empty where none fits.

    An outcome has the causes it names and those of the issues under it. Its score is the share of the trouble that
    these causes stand behind, plus half the confidence that the words name one of them, plus a quarter of the share of
    the signals that belong to its stages.
    """
    found = [_fit(strategy, outcome, trace, understanding) for outcome in strategy.outcomes]
    return tuple(sorted((fit for fit in found if fit.score > 0), key=lambda fit: (-fit.score, fit.outcome.id)))


def _fit(strategy: Strategy, outcome: Outcome, trace: Trace, understanding: Understanding) -> Fit:
    wanted = set(outcome.causes).union(*(issue.causes for issue in strategy.issues if issue.outcome == outcome.id))
    # What a request about all contacts is heard to name is what arrives in service, not where it starts.
    heard_of = () if understanding.all_contacts else understanding.causes
    said = {guess.id: guess.confidence for guess in heard_of}
    common = [cause for cause in trace.causes if cause.id in wanted]
    share = sum(cause.share.value or 0.0 for cause in common)
    heard = max((confidence for cause, confidence in said.items() if cause in wanted), default=0.0)
    at_stages = [stage for stage in trace.stages if stage.id in outcome.stages]
    placed = sum(stage.n for stage in at_stages) / trace.total if trace.total else 0.0
    names = tuple(cause.name for cause in common)
    names += tuple(one.name for one in heard_of if one.id in wanted and one.name not in names)
    score = min(share, 1.0) + 0.5 * heard + STAGE_WEIGHT * min(placed, 1.0)
    return Fit(outcome, round(score, 4), min(share, 1.0), names, tuple(stage.name for stage in at_stages))
