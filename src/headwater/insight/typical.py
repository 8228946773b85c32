"""Which words to show: typical of many, and varied."""

from collections.abc import Sequence

from headwater.insight.labelling import current_labeller
from headwater.record.questions import Signal
from headwater.science.text.exemplars import exemplars

LONG_ENOUGH = 25


def typical(rows: Sequence[Signal], most: int) -> list[Signal]:
    """Return up to ``most`` signals whose words are typical of all and say different things."""
    telling = [row for row in rows if len(row.text or "") >= LONG_ENOUGH] or list(rows)
    vectors = current_labeller().encoder.encode([row.text or "" for row in telling])
    return [telling[place] for place in exemplars(vectors, most)]
