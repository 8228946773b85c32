"""Pure statistics and text models: numbers and words in, frozen results out."""

from headwater.science.intervals import clustered_mean, difference, nps, proportion, rate, ratio
from headwater.science.multiplicity import benjamini_hochberg
from headwater.science.results import Estimate, NoVerdict, Result

__all__ = [
    "Estimate",
    "NoVerdict",
    "Result",
    "benjamini_hochberg",
    "clustered_mean",
    "difference",
    "nps",
    "proportion",
    "rate",
    "ratio",
]
