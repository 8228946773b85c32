"""The forms of this room, one file a subject."""
