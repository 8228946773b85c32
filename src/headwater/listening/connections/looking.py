"""The test button: the first rows of a connection as they are, the mapping they suggest, and what it makes of them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from headwater.listening import mapping, previews, proposal, services
from headwater.listening.connections.credentials import credentials_of
from headwater.listening.connections.database import DatabaseReader
from headwater.listening.connections.options import DatabaseOptions, RestOptions, read_options
from headwater.listening.connections.rest import RestReader
from headwater.listening.connections.runs import NOT_MAPPED
from headwater.listening.mapping import Mapping
from headwater.listening.models import Connection, SetAsideRow
from headwater.listening.readers.records import exploded
from headwater.listening.ready import recognise, with_ready

ROWS_LOOKED_AT = 200
SECONDS_LOOKED = 20
"""A person waits for the first rows; a run may take longer."""
SHOWN = 20

Record = dict[str, Any]
NOTHING = previews.Preview((), ())


@dataclass(frozen=True, slots=True)
class Look:
    """The first rows, and the mapping kept or proposed with what it is unsure of and what it makes of them."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, str | None], ...]
    mapping: Mapping | None
    unsure: tuple[proposal.Unsure, ...] = ()
    notes: tuple[str, ...] = ()
    preview: previews.Preview = NOTHING


def first_rows(connection: Connection) -> list[Record]:
    """The first rows of a connection, fetched now; of a webhook those that wait. Raises Refused."""
    if connection.kind == Connection.Kind.WEBHOOK:
        waiting = SetAsideRow.objects.filter(arrival__run__connection=connection, code=NOT_MAPPED)
        return [dict(row.values) for row in waiting.order_by("pk")[:ROWS_LOOKED_AT]]
    options, secrets = read_options(connection.kind, connection.options), credentials_of(connection)
    rows: list[Record] = []
    if isinstance(options, DatabaseOptions):
        quick = options.model_copy(update={"timeout_s": min(options.timeout_s, SECONDS_LOOKED)})
        database = DatabaseReader(quick, secrets, rows_a_batch=ROWS_LOOKED_AT)
        fetched = database.batches({}, ordered=False)
        try:
            for one in islice(fetched, 1):
                rows += one.rows.table.to_pylist()
        finally:
            fetched.close()
            database.close()
    elif isinstance(options, RestOptions):
        api = RestReader(options.model_copy(update={"timeout_s": min(options.timeout_s, SECONDS_LOOKED)}), secrets)
        try:
            rows += [one for one in api.first_records() if isinstance(one, dict)]
        finally:
            api.close()
    return rows[:ROWS_LOOKED_AT]


def look(connection: Connection, used: Mapping | None = None, ready: str = "") -> Look:
    """Read the first rows and show what a mapping makes of them: `used`, the ready one of that name, the one kept, or
    else the one of a tool that the rows are recognised by, or a proposed one."""
    rows = first_rows(connection)
    chosen = used or (None if ready else _kept(connection))
    if not rows:
        return Look((), (), chosen)
    with _as_file(rows, connection.name) as path:
        if chosen is not None:
            return _looked(rows, chosen, path)
        known = with_ready(path, ready) if ready else recognise(path)
        if known is not None:
            unsure = tuple(proposal.Unsure(column, reason) for column, reason in known.unsure)
            return _looked(rows, _for(connection, known.mapping), path, unsure, known.notes)
        proposed = proposal.propose(path)
        return _looked(rows, _for(connection, proposed.mapping), path, proposed.unsure, proposed.notes)


def _for(connection: Connection, made: Mapping) -> Mapping:
    """A mapping made for a file, as one of this connection's rows."""
    options = mapping.FileOptions(explode=made.file.explode)
    return made.model_copy(update={"source": connection.source.name, "file": options})


def _looked(
    rows: list[Record],
    used: Mapping,
    path: Path,
    unsure: tuple[proposal.Unsure, ...] = (),
    notes: tuple[str, ...] = (),
) -> Look:
    as_lines = used.model_copy(update={"file": mapping.FileOptions(format="jsonl", explode=used.file.explode)})
    shown = [row for record in rows[:SHOWN] for row in exploded(record, used.file.explode)]
    columns = tuple(dict.fromkeys(name for row in shown for name in row))
    return Look(columns, tuple(shown[:SHOWN]), used, unsure, notes, previews.preview(path, as_lines, SHOWN))


def _kept(connection: Connection) -> Mapping | None:
    return mapping.from_yaml(connection.source.mapping) if connection.source.mapping else None


@contextmanager
def _as_file(rows: list[Record], name: str) -> Iterator[Path]:
    """The rows as a file of JSON Lines: what proposes and previews mappings reads files."""
    with tempfile.TemporaryDirectory(prefix="headwater-look-") as folder:
        path = Path(folder) / f"{services.source_name(name)}.jsonl"
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
        yield path
