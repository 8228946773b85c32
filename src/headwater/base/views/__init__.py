"""The pages of this room, one module a subject. Views parse, call one service or query, and respond."""
