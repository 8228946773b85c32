"""Logistic and Poisson regression on cells: counts by pattern in, coefficients out; many replicates at once.

Newton's method (iteratively reweighted least squares) for the maximum likelihood of grouped data: McCullagh and
Nelder, Generalized Linear Models (2nd ed. 1989), chapters 2, 4 and 6.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from headwater.science.bounds import Array
from headwater.science.results import NoVerdict

Link = Literal["logit", "log"]

STEPS = 60
CLOSE = 1e-10
# Beyond this a coefficient says "always" or "never": e^15 is three million to one.
BOUNDLESS = 15.0
# A linear predictor beyond this leaves a risk no curvature to speak of.
DECIDED = 12.0


def inverse_link(linear: Array, link: Link) -> Array:
    """Risk or rate from a linear predictor."""
    return np.asarray(special.expit(linear) if link == "logit" else np.exp(np.minimum(linear, 700)))


def cell_fit(design: Array, n: Array, cases: Array, link: Link) -> Array | NoVerdict:
    """Coefficients (p) that make ``cases`` of ``n`` (cells) most likely, ``design`` (cells, p)."""
    overall = np.clip(cases.sum() / n.sum(), 1e-6, 1 - 1e-6 if link == "logit" else np.inf)
    level = float(special.logit(overall)) if link == "logit" else float(np.log(overall))
    # The start must be reachable with any coding of the design, so it is the projection of a flat predictor.
    coefficients: Array = np.linalg.lstsq(design, np.full(len(design), level), rcond=None)[0].astype(float)
    for _ in range(STEPS):
        risk, weight = _risk_and_weight(design, n, coefficients, link)
        moved = coefficients + _steps(((cases - n * risk) @ design)[None], ((design.T * weight) @ design)[None])[0]
        if not np.all(np.isfinite(moved)):
            # Risks at their ends have no curvature left either; only then is it not the columns that repeat each other.
            return _no_fit("separated" if np.abs(design @ coefficients).max() > DECIDED else "collinear", cases)
        change = np.clip(moved - coefficients, -4, 4)
        coefficients = coefficients + change
        if np.abs(change).max() < CLOSE:
            break
    if np.abs(coefficients).max() > BOUNDLESS:
        return _no_fit("separated", cases)
    return coefficients


def one_step(design: Array, n: Array, cases: Array, start: Array, link: Link) -> Array:
    """Coefficients (replicates, p) after one Newton step from ``start`` (p), for counts (replicates, cells).

    ``nan`` where a replicate cannot tell the columns apart.
    """
    risk, weight = _risk_and_weight(design, n, start, link)
    crossed = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    curvature = (weight @ crossed).reshape(len(n), design.shape[1], design.shape[1])
    return np.asarray(start + _steps((cases - n * risk) @ design, curvature))


def _risk_and_weight(design: Array, n: Array, coefficients: Array, link: Link) -> tuple[Array, Array]:
    risk = inverse_link(design @ coefficients, link)
    return risk, n * (risk * (1 - risk) if link == "logit" else risk)


def _steps(slope: Array, curvature: Array) -> Array:
    """Newton steps (replicates, p) from slopes (replicates, p) and curvatures (replicates, p, p)."""
    scale = np.sqrt(np.maximum(np.diagonal(curvature, axis1=1, axis2=2), 1e-300))
    even = curvature / (scale[:, :, None] * scale[:, None, :])
    sound = np.linalg.eigvalsh(even)[:, 0] > 1e-10
    even[~sound] = np.eye(slope.shape[1])
    step = np.linalg.solve(even, (slope / scale)[..., None])[..., 0] / scale
    step[~sound] = np.nan
    return np.asarray(step)


def separated(exposed: npt.NDArray[np.bool_], cases: Array, n: Array, link: Link) -> int | None:
    """The first cause under which it never happened (or, for a risk, always); ``None`` where there is none."""
    for place, column in enumerate(exposed.T):
        seen, at_risk = float(cases[column].sum()), float(n[column].sum())
        if seen == 0 or (link == "logit" and seen == at_risk):
            return place
    return None


def _no_fit(code: str, cases: Array) -> NoVerdict:
    messages = {
        "separated": "In some groups it happened always or never, so the effects cannot be put into numbers.",
        "collinear": "Some columns always come together, so their effects cannot be told apart.",
    }
    return NoVerdict(code, messages[code], round(float(cases.sum())))
