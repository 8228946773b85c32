"""Pure statistics and text models: numbers and words in, frozen results out."""
