"""The strategy check: what makes a strategy for the customer experience hold, rule by rule, as pure functions."""
