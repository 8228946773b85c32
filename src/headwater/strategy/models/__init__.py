"""The tables of this room, one file a subject."""
