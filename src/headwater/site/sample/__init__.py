"""The sample company: a made-up shop with planted causes, to look at and to test against."""
