"""How a figure is written for programs."""

from typing import Any

from ninja import Schema

from headwater.science.results import Estimate, Result


class Figure(Schema):
    """An estimate with its 95 % interval and base size; null where there is no verdict, and ``why_not`` says why."""

    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    method: str = ""
    why_not: str = ""


def figure(result: Result) -> dict[str, Any]:
    """A result as :class:`Figure` has it."""
    if isinstance(result, Estimate):
        return {name: getattr(result, name) for name in ("estimate", "low", "high", "n", "method")}
    return {"why_not": result.message, "n": result.n}
