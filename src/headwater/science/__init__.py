"""Pure statistics and text models: numbers and words in, frozen results out."""

from headwater.science.anonymity import (
    Difference,
    People,
    Suppression,
    attackable,
    nested_differences,
    publishable,
    rests_of,
    suppress,
)
from headwater.science.asymmetry import Asymmetry, penalty_reward
from headwater.science.attributable_risk import AttributableRisk, attributable_risk
from headwater.science.attribution import Attribution, ExposureCells, average_attributable_fractions, cells_of
from headwater.science.breaks import Breaks, breaks
from headwater.science.comparisons import Comparison, RateRatio, compare, p_value_of, rate_ratio
from headwater.science.composites import Part, composite, mean_of_sums
from headwater.science.crossproducts import CrossProducts, from_rows, from_sums
from headwater.science.detection import Alarm, Watch, watch
from headwater.science.drivers import Driver, DriverDifference, Drivers, driver_differences, drivers, ridits
from headwater.science.effects import Effect, doubly_robust
from headwater.science.extra_cases import ExtraCases, extra_cases
from headwater.science.forecasts import Calibration, calibration
from headwater.science.integrity import Screen, Screened, Unit, funnel, screen
from headwater.science.intervals import clustered_mean, difference, nps, proportion, proportions, rate, ratio
from headwater.science.lags import LagProfile, lag_profile
from headwater.science.lifetime import BgNbd, bg_nbd
from headwater.science.logit_drivers import logit_drivers
from headwater.science.misclassification import corrected_shares, tells_apart
from headwater.science.multiplicity import benjamini_hochberg, benjamini_yekutieli
from headwater.science.pictures import Picture
from headwater.science.raking import Raked, rake
from headwater.science.rank_intervals import Rank, ranks
from headwater.science.response import ResponseRates, response_rates
from headwater.science.results import Estimate, NoVerdict, Result, plot
from headwater.science.seasons import Seasons, seasons
from headwater.science.shapley import shapley
from headwater.science.survival import SurvivalCurve, curves, hazard_ratios, kaplan_meier, log_rank
from headwater.science.together import Together, moves_together, panel
from headwater.science.value import Product, Sensitivity, product, value_at_risk
from headwater.science.weighted import Weighted, effective_sample_size, weighted_mean, weighted_nps, weighted_proportion

__all__ = [
    "Alarm",
    "Asymmetry",
    "AttributableRisk",
    "Attribution",
    "BgNbd",
    "Breaks",
    "Calibration",
    "Comparison",
    "CrossProducts",
    "Difference",
    "Driver",
    "DriverDifference",
    "Drivers",
    "Effect",
    "Estimate",
    "ExposureCells",
    "ExtraCases",
    "LagProfile",
    "NoVerdict",
    "Part",
    "People",
    "Picture",
    "Product",
    "Raked",
    "Rank",
    "RateRatio",
    "ResponseRates",
    "Result",
    "Screen",
    "Screened",
    "Seasons",
    "Sensitivity",
    "Suppression",
    "SurvivalCurve",
    "Together",
    "Unit",
    "Watch",
    "Weighted",
    "attackable",
    "attributable_risk",
    "average_attributable_fractions",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "bg_nbd",
    "breaks",
    "calibration",
    "cells_of",
    "clustered_mean",
    "compare",
    "composite",
    "corrected_shares",
    "curves",
    "difference",
    "doubly_robust",
    "driver_differences",
    "drivers",
    "effective_sample_size",
    "extra_cases",
    "from_rows",
    "from_sums",
    "funnel",
    "hazard_ratios",
    "kaplan_meier",
    "lag_profile",
    "log_rank",
    "logit_drivers",
    "mean_of_sums",
    "moves_together",
    "nested_differences",
    "nps",
    "p_value_of",
    "panel",
    "penalty_reward",
    "plot",
    "product",
    "proportion",
    "proportions",
    "publishable",
    "rake",
    "ranks",
    "rate",
    "rate_ratio",
    "ratio",
    "response_rates",
    "rests_of",
    "ridits",
    "screen",
    "seasons",
    "shapley",
    "suppress",
    "tells_apart",
    "value_at_risk",
    "watch",
    "weighted_mean",
    "weighted_nps",
    "weighted_proportion",
]
