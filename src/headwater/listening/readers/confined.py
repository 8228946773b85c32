"""Reads binary formats in a child process with a memory limit: a file made to crash or fill the reader ends it alone.

The child writes batches of text as an Arrow stream to its output; this process yields them. Workbook and Parquet
libraries are native code that allocates what a file claims to hold, so the claim must not be able to end the server.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

import numpy as np
import pyarrow as pa

from headwater.base.refusals import Refused
from headwater.listening.mapping import FileOptions
from headwater.listening.readers.rows import Question, Rows

MEMORY = 6 << 30
SECONDS = 3600
NUMBER = "\x00row"
ROWS_KEY, OPTIONS_KEY, QUESTIONS_KEY = b"headwater.columns", b"headwater.options", b"headwater.questions"


class Batches(NamedTuple):
    """What a child reads: how the file is written, its columns, their rows, and what was asked in a column."""

    options: FileOptions
    columns: tuple[str, ...]
    rows: Iterator[tuple[pa.Table, np.ndarray]]
    questions: dict[str, Question] = {}


class ConfinedReader:
    """A file that is read by `module` in a child process. See `Reader`."""

    def __init__(self, module: str, path: Path, options: FileOptions) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._done = 0.0
        arguments = [sys.executable, "-m", module, str(path), options.model_dump_json()]
        self._process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603
        self._output, self._errors = cast("IO[bytes]", self._process.stdout), cast("IO[bytes]", self._process.stderr)
        try:
            self._stream = pa.ipc.open_stream(self._output)
        except (pa.ArrowInvalid, OSError, EOFError):
            refused = self._refusal()
            self.close()
            raise refused from None
        metadata = self._stream.schema.metadata or {}
        self._columns = tuple(json.loads(metadata[ROWS_KEY]))
        self._options = FileOptions.model_validate_json(metadata[OPTIONS_KEY])
        self._questions = {name: Question(*one) for name, one in json.loads(metadata[QUESTIONS_KEY]).items()}

    @property
    def options(self) -> FileOptions:
        return self._options

    @property
    def columns(self) -> tuple[str, ...]:
        return self._columns

    @property
    def questions(self) -> dict[str, Question]:
        return self._questions

    def position(self) -> int:
        return int(self._size * self._done)

    def batches(self) -> Iterator[Rows]:
        while True:
            try:
                item = self._stream.read_next_batch_with_custom_metadata()
            except StopIteration:
                break
            except (pa.ArrowInvalid, OSError) as error:
                raise self._refusal() from error
            table = pa.Table.from_batches([item.batch])
            numbers = table.column(NUMBER).to_numpy()
            self._done = float((item.custom_metadata or {}).get(b"done", b"0"))
            yield Rows(table.drop_columns([NUMBER]), numbers)
        # A child that ended badly after its last whole batch has closed the stream all the same.
        if self._process.wait() != 0:
            raise self._refusal()

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._output.close()
        self._errors.close()

    def _refusal(self) -> Refused:
        told = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        status = self._process.wait()
        told = told or [""]
        try:
            said = json.loads(told[-1])
            return Refused(said["code"], said["message"])
        except (ValueError, KeyError, TypeError):
            return Refused(
                "damaged",
                f"{self._path.name} cannot be read: the reader stopped ({told[-1][:200] or f'status {status}'}). "
                "The file is damaged, or claims to hold more than fits in memory.",
            )


def main(read: Callable[[Path, FileOptions], Batches]) -> None:
    """Be the child: read, write the Arrow stream; say a refusal as one line of JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path, options = Path(sys.argv[1]), FileOptions.model_validate_json(sys.argv[2])
    try:
        _write(read(path, options))
    except Refused as refused:
        _fail(refused.code, refused.message)
    except BrokenPipeError:
        sys.exit(0)
    except MemoryError:
        _fail(
            "too_large", f"{path.name} needs more memory than {MEMORY >> 30} GB to be read; send it as CSV or Parquet."
        )
    except BaseException as error:
        # Native readers raise anything, panics included; whatever it is, it is this file that cannot be read.
        _fail("damaged", f"{path.name} cannot be read: {type(error).__name__}: {error}")


def _write(read: Batches) -> None:
    metadata = {
        ROWS_KEY: json.dumps(read.columns).encode(),
        OPTIONS_KEY: read.options.model_dump_json().encode(),
        QUESTIONS_KEY: json.dumps(read.questions).encode(),
    }
    fields = [pa.field(name, pa.string()) for name in read.columns]
    schema = pa.schema([*fields, pa.field(NUMBER, pa.int64())], metadata)
    with pa.ipc.new_stream(sys.stdout.buffer, schema) as stream:
        for table, numbers in read.rows:
            full = table.append_column(NUMBER, pa.array(numbers, pa.int64())).combine_chunks()
            for batch in full.cast(schema).to_batches():
                stream.write_batch(batch)


def _fail(code: str, message: str) -> None:
    sys.stderr.write(json.dumps({"code": code, "message": message[:2000]}) + "\n")
    sys.stderr.flush()
    sys.stdout.flush()
    sys.exit(1)
