"""Words file by file, for whoever keeps something derived from them: a data file never changes, it is only replaced."""

import pyarrow as pa
from sqlglot import exp

from headwater.record.engine import Files, FilesGone
from headwater.record.store import Store


def word_files(store: Store) -> frozenset[str]:
    """The names of the files that hold the signals now."""
    return frozenset(file.path.stem for file in store.tables["signals"].snapshot().files)


def words_in(store: Store, name: str) -> pa.Table | None:
    """``signal_key``, ``local_date`` and ``text`` of the signals with words in a file; None where it was replaced."""
    snapshot = store.tables["signals"].snapshot()
    files = tuple(file for file in snapshot.files if file.path.stem == name)
    if not files:
        return None
    spoken = exp.column("text").neq(exp.Literal.string(""))
    query = exp.select("signal_key", "local_date", "text").from_("signals").where(spoken)
    try:
        return store.run(query, {"signals": Files(snapshot, files)})
    except FilesGone:
        store.tables["signals"].forget()
        return None
