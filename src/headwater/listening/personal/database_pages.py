"""Deleted rows leave the database's files, too: not only the tables."""

from django.db import OperationalError, connection
from django.utils.translation import gettext as _


class StillInUse(RuntimeError):
    """An old page or file cannot go yet, because somebody reads it: try again later."""


def rewrite() -> None:
    """Write the database anew without what was deleted, and empty its journal. Raises StillInUse; try again later.

    SQLite keeps deleted rows in free pages and in the write-ahead log until they are used again: VACUUM leaves the free
    pages out, and the checkpoint copies the log and truncates it. PostgreSQL frees them for its own use with VACUUM;
    its log segments and their archive follow the server's own retention.
    """
    if connection.in_atomic_block:
        # A test's transaction: nothing of it is in the file yet.
        return
    with connection.cursor() as cursor:
        try:
            cursor.execute("VACUUM")
            if connection.vendor == "sqlite":
                busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                if busy:
                    raise StillInUse(_("The database is in use; its old pages go as soon as it is not."))
        except OperationalError as error:
            raise StillInUse(str(error)) from error
