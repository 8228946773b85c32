"""The season, the trend and the rest of a series: STL (Cleveland, Cleveland, McRae and Terpenning 1990)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headwater.science.bounds import Array
from headwater.science.pictures import Picture, Point, bands
from headwater.science.results import NoVerdict


@dataclass(frozen=True, slots=True, eq=False)
class Seasons:
    """Three arrays (n) that add up to the series, and the ``strength`` of the season in 0…1.

    Strength is 1 - variance of the rest / variance of season and rest (Wang, Smith and Hyndman 2006).
    """

    seasonal: Array
    trend: Array
    rest: Array
    strength: float

    def plot(self) -> Picture:
        """Trend and season as lines; they come without an interval."""
        parts = {"trend": self.trend, "season": self.seasonal}
        points = [
            Point(at, float(y), float(y), float(y), name) for name, part in parts.items() for at, y in enumerate(part)
        ]
        return bands(points, description="Trend and season", x_title="point", y_title="value")


def seasons(
    series: npt.ArrayLike, period: int, *, seasonal: int = 7, robust: bool = True, degree: int = 1
) -> Seasons | NoVerdict:
    """Split an evenly spaced ``series`` (n) with a season of ``period`` points; at least two whole periods.

    ``seasonal`` is the window over which a season may change (odd, in periods), ``robust`` keeps single outliers out of
    season and trend. With ``degree`` 0 and ``robust`` False it is R's ``stl(s.window=seasonal)`` to six decimals.
    """
    from statsmodels.tsa.seasonal import STL

    values = np.asarray(series, dtype=float)
    if values.ndim != 1 or not np.all(np.isfinite(values)) or period < 2:
        raise ValueError(f"a series is one list of finite values with a period of at least 2, not {values.shape}")
    if values.size < 2 * period:
        message = f"{values.size} points are less than two periods of {period}: season and trend cannot be told apart."
        return NoVerdict("few_points", message, values.size)
    trend = int(np.ceil(1.5 * period / (1 - 1.5 / seasonal)))
    trend += trend % 2 == 0
    low_pass = period + 1 + period % 2
    found = STL(
        values,
        period=period,
        seasonal=seasonal,
        seasonal_deg=degree,
        trend=trend,
        low_pass=low_pass,
        trend_jump=int(np.ceil(trend / 10)),
        low_pass_jump=int(np.ceil(low_pass / 10)),
        robust=robust,
    ).fit(inner_iter=1 if robust else 2, outer_iter=15 if robust else 0)
    both = float(np.var(found.resid + found.seasonal))
    strength = max(0.0, 1 - float(np.var(found.resid)) / both) if both > 0 else 0.0
    parts = (np.asarray(part, dtype=float) for part in (found.seasonal, found.trend, found.resid))
    season, level, rest = parts
    return Seasons(season, level, rest, strength)
