"""Understanding words: encoders, classifiers, calibration, exemplars. Pure: bytes and texts in, arrays out."""
