"""Which groups of an anonymous survey may be shown: pure rules.

A group under the smallest size is left out, and so are as many others as keep it from being worked out: whoever knows
the whole and all groups that are shown knows the sum of the others, which must be as large as the smallest group that
may be shown (complementary suppression of one row of a table; see :mod:`headwater.science.anonymity`).
"""

from collections.abc import Mapping, Sequence
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


def shown_tables(groups: Mapping[Name, tuple[int, Sequence[int]]], smallest: int = SMALLEST) -> frozenset[Name]:
    """The groups whose answers to a choice may be shown: how many answered, and how many chose each option.

    Of a group that is shown, and of all that are left out together (whoever knows the whole works that out), each
    option was chosen by nobody or by at least ``smallest``, and so was not choosing it.
    """

    def is_safe(names: list[Name]) -> bool:
        n = sum(groups[name][0] for name in names)
        options = zip(*(groups[name][1] for name in names), strict=True)
        parts = [part for one in options for part in (sum(one), n - sum(one))]
        return n >= smallest and all(part == 0 or part >= smallest for part in parts)

    hidden = [name for name in groups if groups[name][0] and not is_safe([name])]
    rest = sorted((name for name in groups if groups[name][0] and name not in hidden), key=lambda one: groups[one][0])
    while hidden and rest and (len(hidden) == 1 or not is_safe(hidden)):
        hidden.append(rest.pop(0))
    return frozenset(rest)
