"""The pages of this room, one file a subject. Nobody imports them but ``urls``."""
