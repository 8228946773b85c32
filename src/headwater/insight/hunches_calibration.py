"""How good somebody's gut is, for their eyes alone; and the crowd's, from eight people up."""

from dataclasses import dataclass
from typing import Final

import numpy as np

import headwater.science as hs
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.insight.hunches import DECIDED
from headwater.insight.models import Hunch
from headwater.science.forecasts import BINS
from headwater.science.results import NoVerdict

CROWD: Final = 8
"""Under so many people the crowd's picture would be somebody's."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """The hunches of all people together. ``shown`` are the numbers of the bins to which enough people contributed
    for the bin to be nobody's own."""

    found: hs.Calibration
    people: int
    shown: tuple[int, ...]


def own_calibration(person: Person) -> hs.Calibration | NoVerdict:
    """How a person's probabilities compare with what happened; hunches that nobody could judge do not count."""
    require(person, "view", "hunches", words_of="own")
    rows = Hunch.objects.filter(person=person, state__in=DECIDED).values_list("probability", "state")
    return hs.calibration([said / 100 for said, _ in rows], [float(state == Hunch.State.TRUE) for _, state in rows])


def crowd(person: Person) -> Crowd | None:
    """The crowd's picture; None while fewer than eight people have an answered hunch."""
    require(person, "view", "hunches", words_of="own")
    rows = list(Hunch.objects.filter(state__in=DECIDED).values_list("person", "probability", "state", "digest"))
    people = {who for who, *_said in rows}
    if len(people) < CROWD:
        return None
    said = np.array([row[1] / 100 for row in rows])
    came_true = [float(row[2] == Hunch.State.TRUE) for row in rows]
    found = hs.calibration(said, came_true, clusters=[row[3] for row in rows])
    if isinstance(found, NoVerdict):
        return None
    places = np.minimum((said * BINS).astype(int), BINS - 1)
    contributors = {
        place: len({row[0] for row, at in zip(rows, places.tolist(), strict=True) if at == place})
        for place in set(places.tolist())
    }
    shown = tuple(
        number for number, one in enumerate(found.bins) if contributors[min(round(one.low * BINS), BINS - 1)] >= CROWD
    )
    return Crowd(found, len(people), shown)
