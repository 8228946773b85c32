"""Pure statistics and text models: numbers and words in, frozen results out."""

from headwater.science.attribution import (
    Attribution,
    ExposureCells,
    average_attributable_fractions,
    cells_of,
)
from headwater.science.crossproducts import CrossProducts, from_rows, from_sums
from headwater.science.drivers import Driver, DriverDifference, Drivers, driver_differences, drivers, ridits
from headwater.science.intervals import clustered_mean, difference, nps, proportion, rate, ratio
from headwater.science.misclassification import corrected_shares
from headwater.science.multiplicity import benjamini_hochberg
from headwater.science.pictures import Picture
from headwater.science.results import Estimate, NoVerdict, Result, plot
from headwater.science.shapley import shapley
from headwater.science.weighted import Weighted, effective_sample_size, weighted_nps

__all__ = [
    "Attribution",
    "CrossProducts",
    "Driver",
    "DriverDifference",
    "Drivers",
    "Estimate",
    "ExposureCells",
    "NoVerdict",
    "Picture",
    "Result",
    "Weighted",
    "average_attributable_fractions",
    "benjamini_hochberg",
    "cells_of",
    "clustered_mean",
    "corrected_shares",
    "difference",
    "driver_differences",
    "drivers",
    "effective_sample_size",
    "from_rows",
    "from_sums",
    "nps",
    "plot",
    "proportion",
    "rate",
    "ratio",
    "ridits",
    "shapley",
    "weighted_nps",
]
