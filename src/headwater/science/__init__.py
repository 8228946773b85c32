"""Pure statistics and text models: numbers and words in, frozen results out."""

from headwater.science.intervals import clustered_mean, difference, nps, proportion, rate, ratio
from headwater.science.misclassification import corrected_shares
from headwater.science.multiplicity import benjamini_hochberg
from headwater.science.results import Estimate, NoVerdict, Result
from headwater.science.weighted import Weighted, effective_sample_size, weighted_nps

__all__ = [
    "Estimate",
    "NoVerdict",
    "Result",
    "Weighted",
    "benjamini_hochberg",
    "clustered_mean",
    "corrected_shares",
    "difference",
    "effective_sample_size",
    "nps",
    "proportion",
    "rate",
    "ratio",
    "weighted_nps",
]
