"""Which groups of an anonymous survey may be shown: pure rules.

A group under the smallest size is left out, and so are as many others as keep it from being worked out: whoever knows
the whole and all groups that are shown knows the sum of the others, which must be as large as the smallest group that
may be shown (complementary suppression of one row of a table; see :mod:`headwater.science.anonymity`).
"""

from collections.abc import Mapping
from typing import Final, TypeVar

SMALLEST: Final = 5
"""People in the smallest group of an anonymous survey that is shown; as for employees."""
Name = TypeVar("Name")


def shown_groups(counts: Mapping[Name, int], smallest: int = SMALLEST) -> frozenset[Name]:
    """The groups that may be shown, whoever adds up or subtracts. Empty groups hide nobody, and show nobody."""
    if sum(counts.values()) < smallest:
        return frozenset()
    hidden = {name for name, n in counts.items() if 0 < n < smallest}
    rest = sorted((name for name, n in counts.items() if n >= smallest), key=lambda name: counts[name])
    total = sum(counts[name] for name in hidden)
    while hidden and total < smallest and rest:
        name = rest.pop(0)
        hidden.add(name)
        total += counts[name]
    if len(hidden) == 1 and rest:  # alone, it would be the whole less the others
        hidden.add(rest.pop(0))
    return frozenset(name for name in counts if name not in hidden)
