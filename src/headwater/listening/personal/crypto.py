"""What is kept encrypted at rest: one key of the installation, made on first use, with a way to a new one.

Fernet (AES-128-CBC with HMAC-SHA-256, https://github.com/fernet/spec): a token says when it was made and cannot be
changed unnoticed. The key lies in ``vault_key`` in the data folder, readable by the owner alone, or comes from
``HEADWATER_VAULT_KEY``; several keys, the newest first, are separated by commas or lines, and the newest encrypts.
"""

import fcntl
import hmac
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.utils.translation import gettext as _

from headwater.base.paths import home
from headwater.base.refusals import Refused

KEY_FILE = "vault_key"
KEY_VARIABLE = "HEADWATER_VAULT_KEY"
HASH_FILE = "pseudonym_key"
HASH_VARIABLE = "HEADWATER_PSEUDONYM_KEY"


class Undecipherable(Refused):
    """The token was made with a key that this installation does not have, or it was changed."""

    def __init__(self) -> None:
        message = _(
            "What is kept encrypted cannot be read: it was made with another key than %(file)s in the data folder or "
            "%(variable)s. Put the earlier key back, after the present one."
        )
        super().__init__("undecipherable", message % {"file": KEY_FILE, "variable": KEY_VARIABLE}, status=409)


def encrypt(plain: bytes) -> bytes:
    """Encrypt with the newest key; what comes out is printable ASCII and may be stored as text."""
    return _fernet().encrypt(plain)


def decrypt(token: bytes) -> bytes:
    """Decrypt what :func:`encrypt` made, with whichever key fits. Raises Undecipherable."""
    try:
        return _fernet().decrypt(token)
    except InvalidToken as error:
        raise Undecipherable from error


def renewed(token: bytes) -> bytes:
    """The same content encrypted with the newest key; its time stays. Raises Undecipherable."""
    try:
        return _fernet().rotate(token)
    except InvalidToken as error:
        raise Undecipherable from error


def is_newest(token: bytes) -> bool:
    """Whether the newest key made this token."""
    try:
        Fernet(_keys(home() / KEY_FILE, KEY_VARIABLE)[0]).decrypt(token)
    except InvalidToken:
        return False
    return True


def has_earlier_keys() -> bool:
    """Whether there is more than one key, so that something may need another than the newest."""
    return len(_keys(home() / KEY_FILE, KEY_VARIABLE)) > 1


def add_key() -> None:
    """Put a new key before the others; everything is encrypted with it from now on, and older tokens stay readable.
    Of several who do so at once each adds a key, one after the other.

    Raises Refused where the keys come from the environment: they are changed there.
    """
    if os.environ.get(KEY_VARIABLE):
        raise Refused(
            "key_from_environment",
            _("The keys come from %s: put a new one before them there.") % KEY_VARIABLE,
        )
    path = home() / KEY_FILE
    with one_at_a_time():
        replace_file(path, "\n".join([Fernet.generate_key().decode(), *_keys(path, KEY_VARIABLE)]))


def keyed_hash(text: str) -> str:
    """The pseudonym of a text: HMAC-SHA-256 with a key of this installation alone, 32 hexadecimal digits (128 bits).

    The key never changes, so that the same text always has the same pseudonym: it is not the one that encrypts.
    """
    return hasher()(text)


def hasher() -> Callable[[str], str]:
    """What makes :func:`keyed_hash` of many texts, with the key read once."""
    key = _keys(home() / HASH_FILE, HASH_VARIABLE)[0].encode()

    def hashed(text: str) -> str:
        return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]

    return hashed


def _fernet() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in _keys(home() / KEY_FILE, KEY_VARIABLE)])
    except ValueError as error:
        message = _("%(variable)s or %(file)s holds no key: each is 32 bytes in url-safe base64.")
        raise Refused("bad_key", message % {"variable": KEY_VARIABLE, "file": KEY_FILE}, status=409) from error


def _keys(path: Path, variable: str) -> list[str]:
    """The keys of the environment, else of the file, which is made when it is not there."""
    given = os.environ.get(variable)
    if not given:
        if not path.exists():
            _first_key(path)
        given = path.read_text()
    return given.replace(",", " ").split()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """One at a time, across threads and processes, by a lock on the data folder itself."""
    folder = os.open(home(), os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def replace_file(path: Path, text: str) -> None:
    """Write a small file of the data folder anew, whole or not at all, durably. In one's turn (`one_at_a_time`)."""
    for left in home().glob(f"{path.name}.*.new"):  # by somebody who was cut off; nobody else has a turn
        left.unlink()
    draft = path.with_suffix(f".{os.getpid()}.new")
    _write(draft, text)
    draft.replace(path)
    folder = os.open(home(), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _first_key(path: Path) -> None:
    """Make a key file. It appears whole or not at all, and of two who make it at once the first prevails."""
    draft = path.with_suffix(f".{os.getpid()}.{os.urandom(4).hex()}")
    _write(draft, Fernet.generate_key().decode())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
