"""Event patterns as pure rules: what one customer's, or one subject's, timeline of marks makes of a rule.

A *mark* is a signal that passed a rule's filters. What fires is a function of the marks alone, whatever the order in
which they arrived:

    occurrences(pattern, all_marks, now)

So that an arrival needs no scan, the marks that can still matter are kept as the :class:`State` of a rule and a unit,
and :func:`decide` is the same function, one mark at a time: what it fires less what it withdraws is always what
``occurrences`` says of all marks. ``record.questions.patterns`` is the set form of the same definitions.

Times are microseconds since 1970, UTC.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from headwater.record.questions.patterns import Pattern

HOUR = 3_600_000_000
KEPT = 64
"""The fewest latest marks of a unit that are kept; a pattern of more marks keeps twice as many as it needs."""


class Mark(NamedTuple):
    """A signal that a rule looks at. ``deadline`` is of a first signal that promises one."""

    at: int
    key: int
    is_first: bool = True
    deadline: int | None = None


class Occurrence(NamedTuple):
    """One firing: ``key`` is unique for the rule and unit; ``mark_at`` is when the signal behind it occurred."""

    key: str
    at: int
    mark_at: int
    signal_key: int


@dataclass(frozen=True, slots=True)
class State:
    """What is kept of one unit: marks in the order of time. ``dropped_until`` is the time of the latest mark that was
    let go (of an nth occurrence: of the earliest), None while all are here. ``stale``: only the record can tell."""

    marks: tuple[Mark, ...] = ()
    dropped_until: int | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The state after a mark, and what changed by it."""

    state: State
    fired: tuple[Occurrence, ...] = ()
    withdrawn: tuple[Occurrence, ...] = ()


def occurrences(pattern: Pattern, marks: Iterable[Mark], now: int) -> tuple[Occurrence, ...]:
    """Everything that fires on a timeline, by time; ``marks`` in any order, each key once."""
    return _found(pattern, tuple(sorted(marks)), now)


def decide(pattern: Pattern, state: State, key: int, mark: Mark | None, now: int) -> Decision:
    """Take in one arriving signal: a new mark, or the new content of a known one (``mark`` None: it is none any more).

    The same signal again changes nothing. A state that turns stale fires nothing until it is built from the record.
    """
    after = taken(pattern, state, key, mark)
    if after.stale:
        return Decision(after)
    before_found, after_found = set(standing(pattern, state, now)), set(standing(pattern, after, now))
    fired = tuple(sorted(after_found - before_found, key=_by_time))
    return Decision(after, fired, tuple(sorted(before_found - after_found, key=_by_time)))


def taken(pattern: Pattern, state: State, key: int, mark: Mark | None) -> State:
    """The state with one signal's mark put in, in place of its earlier one."""
    if state.stale or mark in state.marks:
        return state
    marks = [one for one in state.marks if one.key != key]
    if len(marks) < len(state.marks) and state.dropped_until is not None and pattern.kind == "nth":
        return replace(state, stale=True)  # what moves up into its place was let go
    if mark is not None:
        if pattern.kind != "nth" and state.dropped_until is not None and mark.at <= state.dropped_until:
            return replace(state, stale=True)  # its neighbours were let go
        insort(marks, mark)
    return trimmed(pattern, State(tuple(marks), state.dropped_until))


def trimmed(pattern: Pattern, state: State) -> State:
    """The state with no more marks than can matter: of an nth occurrence the first n, else the latest;
    of a threshold all, as each stands for itself."""
    if pattern.kind == "threshold":
        return state
    if pattern.kind == "nth":
        if len(state.marks) <= pattern.n:
            return state
        earliest = state.marks[pattern.n].at
        if state.dropped_until is not None:
            earliest = min(earliest, state.dropped_until)
        return State(state.marks[: pattern.n], earliest)
    most = max(KEPT, 2 * pattern.n + 1)
    if len(state.marks) <= most:
        return state
    return State(state.marks[-most:], state.marks[-most - 1].at)


def of_marks(pattern: Pattern, marks: Iterable[Mark]) -> State:
    """The state after all marks of a unit, in any order."""
    return trimmed(pattern, State(tuple(sorted(marks))))


def standing(pattern: Pattern, state: State, now: int) -> tuple[Occurrence, ...]:
    """What fires by the marks that are kept, as far as they can tell (see :func:`tells_of`)."""
    found = _found(pattern, state.marks, now)
    return tuple(one for one in found if tells_of(pattern, state, one.mark_at))


def tells_of(pattern: Pattern, state: State, mark_at: int) -> bool:
    """Whether the state knows all that decides about an occurrence with a mark of this time."""
    if state.stale:
        return False
    if state.dropped_until is None or pattern.kind == "nth":
        return True
    if pattern.kind == "not_followed":
        return mark_at > state.dropped_until
    sure = state.marks[pattern.n :]  # marks with n marks before them
    far = mark_at - 2 * pattern.hours * HOUR > state.dropped_until
    return far or (bool(sure) and mark_at >= sure[0].at and mark_at > state.dropped_until)


def next_deadline(pattern: Pattern, state: State, now: int) -> int | None:
    """When the state will next fire if nothing more arrives; None: never."""
    if pattern.kind != "not_followed":
        return None
    return min((deadline for _mark, deadline in unfollowed(state.marks) if deadline >= now), default=None)


def unfollowed(marks: Iterable[Mark]) -> list[tuple[Mark, int]]:
    """The promises that nothing kept so far, each with its deadline, passed or not."""
    marks = tuple(marks)
    followers = [mark.at for mark in marks if not mark.is_first]
    return [
        (mark, mark.deadline)
        for mark in marks
        if mark.deadline is not None and not _kept(followers, mark.at, mark.deadline)
    ]


def _found(pattern: Pattern, marks: tuple[Mark, ...], now: int) -> tuple[Occurrence, ...]:
    if pattern.kind == "threshold":
        return tuple(Occurrence(str(mark.key), mark.at, mark.at, mark.key) for mark in marks)
    if pattern.kind == "nth":
        if len(marks) < pattern.n:
            return ()
        mark = marks[pattern.n - 1]
        return (Occurrence(f"n{pattern.n}", mark.at, mark.at, mark.key),)
    if pattern.kind == "within":
        return _gathered(pattern, marks)
    late = [
        Occurrence(str(mark.key), deadline, mark.at, mark.key) for mark, deadline in unfollowed(marks) if deadline < now
    ]
    return tuple(sorted(late, key=_by_time))


def _gathered(pattern: Pattern, marks: tuple[Mark, ...]) -> tuple[Occurrence, ...]:
    span, steps = pattern.hours * HOUR, pattern.n - 1
    many = [place >= steps and marks[place - steps].at >= mark.at - span for place, mark in enumerate(marks)]
    return tuple(
        Occurrence(str(mark.key), mark.at, mark.at, mark.key)
        for place, mark in enumerate(marks)
        if many[place] and not (place and many[place - 1])
    )


def _kept(followers: list[int], at: int, deadline: int) -> bool:
    """Whether one of the sorted times lies from ``at`` to ``deadline``, both included."""
    place = bisect_left(followers, at)
    return place < len(followers) and followers[place] <= deadline


def _by_time(one: Occurrence) -> tuple[int, int]:
    return one.at, one.signal_key
