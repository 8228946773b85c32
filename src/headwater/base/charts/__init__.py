"""Charts: Vega-Lite specifications as plain dicts, one theme from the tokens, the same picture in page, mail and PDF."""
