"""Why: what the company promises its customers, how it measures that, and whether the strategy holds."""
