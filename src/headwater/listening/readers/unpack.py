"""Opens a file as plain bytes: takes one layer of compression off, and stops what expands beyond reason."""

import bz2
import gzip
import io
import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa

from headwater.base.refusals import Refused

# Text compresses ten- to thirtyfold; what expands more than this is made to fill a disk.
MAX_RATIO = 200
FREE_BYTES = 64 << 20
MAX_BYTES = 50 << 30

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
WORKBOOK_PARTS = {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}
BROKEN = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, NotImplementedError)


def compression(path: Path) -> str | None:
    """What the first bytes say: gzip, bzip2, xz, zstd, zip, or None. A workbook is not taken for an archive."""
    with path.open("rb") as file:
        start = file.read(8)
    kind = next((name for magic, name in MAGIC if start.startswith(magic)), None)
    if kind == "zip" and is_workbook(path):
        return None
    return kind


def is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(WORKBOOK_PARTS & set(archive.namelist()))
    except zipfile.BadZipFile:
        return False


class Unpacked(io.RawIOBase):
    """The bytes of a file without its compression, bounded; says how far in the file on disk it has read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.kind = compression(path)
        self.file = path.open("rb")
        self.given = 0
        try:
            self.source = self._open()
        except BROKEN as error:
            raise self._broken(error) from error

    def _open(self) -> IO[bytes]:
        openers: dict[str | None, Callable[[IO[bytes]], Any]] = {
            None: lambda file: file,
            "gzip": lambda file: gzip.GzipFile(fileobj=file),
            "bzip2": bz2.BZ2File,
            "xz": lzma.LZMAFile,
            "zstd": lambda file: pa.CompressedInputStream(file, "zstd"),
            "zip": _single_member,
        }
        return cast("IO[bytes]", openers[self.kind](self.file))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            piece = self.source.read(len(buffer))
        except BROKEN as error:
            raise self._broken(error) from error
        self.given += len(piece)
        if self.kind and (self.given > MAX_BYTES or self.given > max(FREE_BYTES, MAX_RATIO * self.size)):
            raise Refused(
                "expands_too_much",
                f"{self.path.name} has {self.size} bytes and unpacks to more than {self.given}: that is no text file. "
                "Unpack it yourself and look at it.",
            )
        buffer[: len(piece)] = piece
        return len(piece)

    def position(self) -> int:
        return self.file.tell() if not self.file.closed else self.size

    def close(self) -> None:
        self.file.close()
        super().close()

    def _broken(self, error: Exception) -> Refused:
        if isinstance(error, EOFError):
            return Refused(
                "truncated", f"{self.path.name} ends too early after {self.given} unpacked bytes: it was cut off. "
                "Send it again."
            )  # fmt: skip
        what = f"{self.kind} data" if self.kind else "file"
        return Refused("damaged", f"{self.path.name}: the {what} is damaged after {self.given} bytes ({error}).")


def _single_member(file: IO[bytes]) -> IO[bytes]:
    archive = zipfile.ZipFile(file)
    members = [
        item for item in archive.infolist() if not item.is_dir() and not item.filename.startswith(("__MACOSX/", "."))
    ]
    if len(members) != 1:
        names = ", ".join(item.filename for item in members[:5])
        raise Refused(
            "archive_of_several", f"The archive holds {len(members)} files ({names}); send one file, or each alone."
        )
    if members[0].flag_bits & 1:
        raise Refused("archive_encrypted", f"{members[0].filename} in the archive is encrypted; send it unlocked.")
    return archive.open(members[0])


def as_plain_file(path: Path, folder: Path) -> Path:
    """The path of an uncompressed copy for formats that must be read out of order; `path` itself where it is one."""
    if compression(path) is None:
        return path
    with Unpacked(path) as source, tempfile.NamedTemporaryFile(dir=folder, delete=False) as target:
        shutil.copyfileobj(io.BufferedReader(source), target, 1 << 20)
    return Path(target.name)
