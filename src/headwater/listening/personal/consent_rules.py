"""What a customer's consent is, from all that was said: pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ANY_CHANNEL = "any"
"""Said of every channel at once."""

State = Literal["given", "withdrawn", "unknown"]


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said: ``at`` a time, of a channel or of any; ``number`` orders what was said at once."""

    channel: str
    purpose: str
    is_given: bool
    at: datetime
    number: int = 0


def state_of(said: Iterable[Said], *, channel: str, purpose: str, at: datetime) -> State:
    """The state of consent for a purpose over a channel at a time.

    The last word counts, whether it named the channel or any; of two said at the same moment the withdrawal counts,
    for doubt is the customer's. What is said later than ``at`` does not count yet.
    """
    mine = [one for one in said if one.purpose == purpose and one.channel in (channel, ANY_CHANNEL) and one.at <= at]
    if not mine:
        return "unknown"
    last = max(mine, key=lambda one: (one.at, not one.is_given, one.number))
    return "given" if last.is_given else "withdrawn"
