"""Small groups kept unrecognisable: suppression that cannot be undone by subtraction, checked by an attacker.

Leaving a small cell empty does not hide it: totals of its row and column give it away. More cells must go
(complementary suppression), as few as possible, such that somebody who knows all that is published and that counts
are not negative still cannot pin a small cell down (Fischetti and Salazar, Mathematical Programming 84 (1999)
283-312). Found exactly by mixed-integer programming (HiGHS), and checked by solving the attacker's linear programs.
"""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from headwater.science.bounds import Array, Flags
from headwater.science.results import NoVerdict

SECONDS = 5.0
MOST_CELLS = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Suppression:
    """What to leave out of a table with its totals, arrays of shape (rows + 1, columns + 1), totals last.

    ``primary`` are the cells below the threshold, ``suppressed`` those and the ones that protect them. ``ranges``
    (…, 2) is what an attacker can still work out of each cell. ``exact``: fewer suppressed cells cannot do.
    """

    table: Array
    primary: Flags
    suppressed: Flags
    ranges: Array
    exact: bool

    @property
    def published(self) -> Array:
        """The table with ``nan`` in place of what is suppressed."""
        return np.where(self.suppressed, np.nan, self.table)


def suppress(counts: npt.ArrayLike, threshold: int, *, seconds: float = SECONDS) -> Suppression | NoVerdict:
    """Which cells of a table of ``counts`` (rows, columns) to suppress so that none in 1 … threshold - 1 shows.

    Every such cell is left with a range at least ``threshold`` wide that reaches up to the threshold. Empty cells are
    published: nobody is in them. Where the solver runs out of ``seconds`` the best table known is taken (``exact``
    False); ``few_people`` where everybody together is below the threshold.
    """
    inner = np.asarray(counts, dtype=float)
    if inner.ndim != 2 or min(inner.shape) < 1 or np.any(inner < 0) or np.any(inner != np.round(inner)):
        raise ValueError(f"a table of whole counts that are not negative, not shape {inner.shape}")
    if threshold < 2:
        raise ValueError(f"a threshold of at least 2 people, not {threshold}")
    table = with_totals(inner)
    n = int(inner.sum())
    if table.size > MOST_CELLS:
        return NoVerdict("too_large", f"A table of {table.size} cells is too large to protect exactly.", n)
    if 0 < n < threshold:
        return NoVerdict("few_people", f"{n} people are fewer than {threshold}: nothing about them is published.", n)
    primary: Flags = (table > 0) & (table < threshold)
    if not primary.any():
        return Suppression(table, primary, primary, ranges(table, primary), exact=True)
    hidden = _one_by_one(table, primary, threshold)
    solved, exact = _optimum(table, primary, threshold, seconds)
    if solved is not None and solved.sum() <= hidden.sum():
        hidden = solved
    return Suppression(table, primary, hidden, ranges(table, hidden), exact)


def with_totals(inner: Array) -> Array:
    """A table with a last row and column of totals."""
    wide = np.hstack([inner, inner.sum(axis=1, keepdims=True)])
    return np.vstack([wide, wide.sum(axis=0)])


def ranges(table: Array, suppressed: Flags) -> Array:
    """What an attacker can work out of each cell, (rows, columns, 2), from the other cells and the totals.

    Counts are known not to be negative. ``table`` includes totals; published cells have a range of one value.
    """
    from scipy.optimize import linprog  # slow to import, and seldom needed

    equations = _equations(table.shape)
    known = np.where(suppressed, 0.0, table).ravel()
    hidden = np.flatnonzero(suppressed.ravel())
    found = np.stack([table, table], axis=-1).reshape(-1, 2)
    left, right = equations[:, hidden], -(equations @ known)
    for place, cell in enumerate(hidden):
        aim = np.zeros(hidden.size)
        aim[place] = 1.0
        for end, sign in ((0, 1.0), (1, -1.0)):
            answer = linprog(sign * aim, A_eq=left, b_eq=right, bounds=(0, None), method="highs")
            found[cell, end] = sign * answer.fun if answer.status == 0 else (0.0 if end == 0 else np.inf)
    return np.round(found.reshape(*table.shape, 2), 9)


def attackable(table: npt.ArrayLike, suppressed: npt.ArrayLike, threshold: int) -> list[tuple[int, int]]:
    """Suppressed small cells (row, column) of a table with totals that an attacker pins down closer than allowed."""
    whole, hidden = np.asarray(table, dtype=float), np.asarray(suppressed, dtype=bool)
    known = ranges(whole, hidden)
    small = (whole > 0) & (whole < threshold)
    narrow = (known[..., 1] - known[..., 0] < threshold - 1e-6) | (known[..., 1] < threshold - 1e-6)
    return [(int(row), int(column)) for row, column in zip(*np.nonzero(small & narrow), strict=True)]


def _equations(shape: tuple[int, ...]) -> sparse.csr_matrix:
    """Row and column sums less their totals, as equations over the flattened table with totals."""
    rows, columns = shape
    lines = []
    for row in range(rows):
        line = np.zeros(shape)
        line[row, :-1], line[row, -1] = 1.0, -1.0
        lines.append(line.ravel())
    for column in range(columns):
        line = np.zeros(shape)
        line[:-1, column], line[-1, column] = 1.0, -1.0
        lines.append(line.ravel())
    return sparse.csr_matrix(np.array(lines))


def _one_by_one(table: Array, primary: Flags, threshold: int) -> Flags:
    """A table that protects every primary cell, each in turn along the cheapest cycle of cells; not always the fewest.

    Each is raised by a threshold and the others move with it; a cell that moves is suppressed, one that is already
    costs nothing (Cox, JASA 90 (1995) 1453-1462).
    """
    from scipy.optimize import linprog

    value, equations = table.ravel(), _equations(table.shape)
    hidden = primary.ravel().copy()
    for cell in np.flatnonzero(primary.ravel()):
        cost = np.where(hidden, 0.0, 1 + value / (value.sum() + 1))
        low, high = np.minimum(value, threshold), np.where(value > 0, float(threshold), 0.0)
        raised = np.zeros(value.size)
        raised[cell] = threshold
        # What rises and what falls, each at least 0; the cell itself rises by all of it.
        limits = np.column_stack([np.zeros(2 * value.size), np.concatenate([np.maximum(high, raised), low])])
        limits[cell], limits[value.size + cell] = (threshold, threshold), (0.0, 0.0)
        answer = linprog(
            np.concatenate([cost, cost]),
            A_eq=sparse.hstack([equations, -equations]),
            b_eq=np.zeros(equations.shape[0]),
            bounds=limits,
            method="highs",
        )
        if answer.status != 0:  # never seen: a cell and its totals can always rise together
            return np.asarray(table > 0)
        hidden |= (answer.x[: value.size] + answer.x[value.size :]) > 1e-7
    return np.asarray(hidden.reshape(table.shape))


def _optimum(table: Array, primary: Flags, threshold: int, seconds: float) -> tuple[Flags | None, bool]:
    """The fewest cells, small ones first, that leave every primary cell its range.

    Variables: whether each cell is suppressed; then for each primary cell two tables that an attacker could believe, as
    departures from the true one. Departures keep all sums, touch suppressed cells only, and never go below 0.
    """
    value = table.ravel()
    targets = np.flatnonzero(primary.ravel())
    cells, tables = value.size, 2 * targets.size
    # A circulation of that many people through a cell moves no other cell by more.
    down = np.minimum(value, threshold)
    each, first = sparse.identity(cells * tables), np.ones((tables, 1))
    sums = sparse.kron(sparse.identity(tables), _equations(table.shape))
    rows = np.arange(targets.size)
    upper = sparse.csr_matrix(
        (np.ones(targets.size), (rows, 2 * rows * cells + targets)), shape=(targets.size, cells * tables)
    )
    lower = sparse.csr_matrix((upper.data, upper.indices + cells, upper.indptr), shape=upper.shape)
    nothing = sparse.csr_matrix((targets.size, cells))
    matrix = sparse.bmat(
        [
            [sparse.csr_matrix((sums.shape[0], cells)), sums],
            [sparse.kron(first, -threshold * sparse.identity(cells)), each],
            [sparse.kron(first, sparse.diags(down)), each],
            [nothing, upper - lower],  # a threshold wide …
            [nothing, upper],  # … and up to the threshold
        ],
        format="csr",
    )
    free, still = np.full(cells * tables, np.inf), np.zeros(cells * tables)
    width, height = np.full(targets.size, float(threshold)), threshold - value[targets]
    below = np.concatenate([np.zeros(sums.shape[0]), -free, still, width, height])
    above = np.concatenate([np.zeros(sums.shape[0]), still, free, free[: 2 * targets.size]])
    return _solve(matrix, below, above, value, primary, tables, seconds)


def _solve(
    matrix: sparse.csr_matrix, below: Array, above: Array, value: Array, primary: Flags, tables: int, seconds: float
) -> tuple[Flags | None, bool]:
    from scipy.optimize import Bounds, LinearConstraint, milp

    cells = value.size
    # One cell counts for more than any difference in what the cells hold.
    cost = np.concatenate([1 + value / (value.sum() + 1) / cells, np.zeros(cells * tables)])
    must = primary.ravel().astype(float)
    may = (value > 0).astype(float)
    lower = np.concatenate([must, np.full(cells * tables, -np.inf)])
    upper = np.concatenate([may, np.full(cells * tables, np.inf)])
    answer = milp(
        cost,
        constraints=LinearConstraint(matrix, below, above),
        integrality=np.concatenate([np.ones(cells), np.zeros(cells * tables)]),
        bounds=Bounds(lower, upper),
        options={"time_limit": seconds},
    )
    if answer.x is None:
        return None, False
    return (answer.x[:cells] > 0.5).reshape(primary.shape), answer.status == 0


@dataclass(frozen=True, slots=True)
class People:
    """Some people: how many, and the lowest and highest that any of them answered, where that is known."""

    n: int = 0
    lowest: float = -np.inf
    highest: float = np.inf

    def __add__(self, other: "People") -> "People":
        if not self.n or not other.n:
            return self if self.n else other
        return People(self.n + other.n, min(self.lowest, other.lowest), max(self.highest, other.highest))

    def may_show(self, threshold: int) -> bool:
        """Nobody, or enough people who do not all say the same: of those, each one's answer would be known."""
        return self.n == 0 or (self.n >= threshold and self.lowest < self.highest)


def publishable(
    above: Mapping[str, str | None], people: Mapping[str, People], threshold: int, *, hidden: Collection[str] = ()
) -> frozenset[str]:
    """Units of a tree of which figures over everybody in and below them may be published together.

    ``above`` maps each unit to the one it is part of (``None`` at the top), ``people`` each to those directly in it;
    ``hidden`` are units that stay out. What follows from published totals are exactly the sums of their rests: a unit
    less the published units next below it. Every rest is nobody, or at least ``threshold`` people who do not all answer
    the same. Where one is not, the smallest published unit below joins it, else the unit itself is left to the one
    above: from the bottom up, so that as few people as possible lose their figure.

    Of units hidden at one threshold, none is published at a higher one if they are given as ``hidden``: then answers
    kept from before the change give nothing away either. Raises ``ValueError`` for a threshold below 2.
    """
    if threshold < 2:
        raise ValueError(f"a threshold of at least 2 people, not {threshold}")
    below: dict[str | None, list[str]] = {}
    for unit, top in above.items():
        below.setdefault(top, []).append(unit)
    shown: set[str] = set()
    rests: dict[str, People] = {}
    nexts: dict[str, list[str]] = {}
    totals: dict[str, int] = {}
    for unit in _bottom_up(below):
        rest, near = people.get(unit, People()), list[str]()
        totals[unit] = rest.n + sum(totals[child] for child in below.get(unit, ()))
        for child in below.get(unit, ()):
            if child in shown:
                near.append(child)
            else:
                rest, near = rest + rests[child], near + nexts[child]
        if unit not in hidden and totals[unit]:
            while not rest.may_show(threshold) and near:
                smallest = min(near, key=lambda one: (totals[one], one))
                shown.remove(smallest)
                near.remove(smallest)
                rest, near = rest + rests[smallest], near + nexts[smallest]
            if rest.may_show(threshold):
                shown.add(unit)
        rests[unit], nexts[unit] = rest, near
    return frozenset(shown)


def rests_of(above: Mapping[str, str | None], shown: Collection[str]) -> dict[str, str]:
    """Each unit → the nearest published one that holds it, itself included; units within none are left out."""
    found: dict[str, str] = {}
    for unit in above:
        place: str | None = unit
        while place is not None and place not in shown:
            place = above.get(place)
        if place is not None:
            found[unit] = place
    return found


def _bottom_up(below: Mapping[str | None, list[str]]) -> Iterable[str]:
    """Every unit after all those below it."""
    order, waiting = list[str](), list(below.get(None, ()))
    while waiting:
        unit = waiting.pop()
        order.append(unit)
        waiting += below.get(unit, ())
    return reversed(order)


@dataclass(frozen=True, slots=True)
class Difference:
    """Published groups that together give away a group of ``size`` people."""

    groups: tuple[str, ...]
    size: int


def nested_differences(groups: Mapping[str, AbstractSet[object]], threshold: int) -> list[Difference]:
    """Groups below ``threshold`` that follow from published ones by subtraction.

    ``groups`` holds the members of every published group. Two ways are looked for: one group inside another, with few
    left between them; and sums and differences of any number of groups (whatever set of people belongs to just the same
    groups is a part, and a part is given away where the published counts determine its own).
    """
    found = [Difference((name,), len(members)) for name, members in groups.items() if 0 < len(members) < threshold]
    for (one, first), (other, second) in combinations(groups.items(), 2):
        for inner, outer, names in ((first, second, (one, other)), (second, first, (other, one))):
            left = len(outer) - len(inner)
            if 0 < left < threshold and inner <= outer:
                found.append(Difference(names, left))
    return found + _parts_given_away(groups, threshold)


def _parts_given_away(groups: Mapping[str, AbstractSet[object]], threshold: int) -> list[Difference]:
    names = list(groups)
    belongs: dict[object, list[bool]] = {}
    for place, members in enumerate(groups.values()):
        for person in members:
            belongs.setdefault(person, [False] * len(names))[place] = True
    if not belongs:
        return []
    parts, sizes = np.unique(np.array(list(belongs.values())), axis=0, return_counts=True)
    matrix = parts.T.astype(float)
    # A part's count is determined where its unit vector is a combination of the published rows.
    combination = np.linalg.pinv(matrix)
    determined = np.isclose((combination @ matrix).diagonal(), 1.0, atol=1e-8)
    found = []
    for place in np.flatnonzero(determined & (sizes < threshold)).tolist():
        used = tuple(name for name, factor in zip(names, combination[place], strict=True) if abs(factor) > 1e-8)
        if len(used) > 2:
            found.append(Difference(used, int(sizes[place])))
    return found
