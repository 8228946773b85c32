"""The customer record at rest, and the questions that read it."""
