"""What it means: labels, causes, and the questions of the Forest."""
