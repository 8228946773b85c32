"""Surveys: what is asked, of whom, how often, and what was answered."""
