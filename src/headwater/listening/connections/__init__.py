"""Other systems: what is fetched from them on schedule, what they send, and what they are told."""
