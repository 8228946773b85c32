"""Understanding words: encoders, classifiers, calibration, exemplars. Pure: bytes and texts in, arrays out."""

from headwater.science.text.calibration import expected_calibration_error, fit_temperature, threshold_for
from headwater.science.text.classifier import Classifier, learn, left_out_scores, softmax
from headwater.science.text.exemplars import exemplars
from headwater.science.text.measures import Confusion, Quality, confusion, macro_f1, measure
from headwater.science.text.pieces import Pieces
from headwater.science.text.student import Encoder, Fit, StaticTable, Student, agreement, fit_student, unit_rows

__all__ = [
    "Classifier",
    "Confusion",
    "Encoder",
    "Fit",
    "Pieces",
    "Quality",
    "StaticTable",
    "Student",
    "agreement",
    "confusion",
    "exemplars",
    "expected_calibration_error",
    "fit_student",
    "fit_temperature",
    "learn",
    "left_out_scores",
    "macro_f1",
    "measure",
    "softmax",
    "threshold_for",
    "unit_rows",
]
