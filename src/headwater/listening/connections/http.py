"""HTTP to other systems: only where it may reach, encrypted, bounded in size and time, redirects judged one by one."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from headwater import __version__
from headwater.base.refusals import Refused
from headwater.listening.connections import guard

MOST_REDIRECTS = 5
CONNECT_SECONDS = 15
PIECE = 1 << 16
AGENT = f"Headwater/{__version__}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the whole body, and where it came from after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class _Unreachable(Exception):
    """Carries a refusal through the layers that turn errors into their own."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.message)
        self.refused = refused


def _guarded(connection: HTTPConnection) -> socket.socket:
    wait = connection.timeout if isinstance(connection.timeout, int | float) else CONNECT_SECONDS
    try:
        return guard.open_socket(connection.host, connection.port or 443, wait)
    except Refused as refused:
        raise _Unreachable(refused) from refused
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, _("the machine did not answer")) from error
    except OSError as error:
        raise NewConnectionError(connection, str(error)) from error


class _PlainConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _guarded(self)


class _SafeConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _guarded(self)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SafePool(HTTPSConnectionPool):
    ConnectionCls = _SafeConnection


class _GuardedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SafePool}


class Session:
    """Requests of one connection. No proxy, no cookies of others, no settings of the environment."""

    def __init__(self, *, seconds: float, most_bytes: int) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = AGENT
        self._session.mount("https://", _GuardedAdapter())
        self._session.mount("http://", _GuardedAdapter())
        self._seconds = seconds
        self._most = most_bytes

    def close(self) -> None:
        self._session.close()

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        parameters: Mapping[str, str],
        auth: tuple[str, str] | None = None,
    ) -> Answer:
        """Fetch an address, following redirects as far as they may lead. Raises Refused.

        What says who asks goes to the host that was meant and to no other.
        """
        end = time.monotonic() + self._seconds
        home = _origin(url)
        sent: dict[str, str] = dict(headers)
        basic: AuthBase | None = HTTPBasicAuth(*auth) if auth else _NoAuth()
        for _hop in range(MOST_REDIRECTS + 1):
            answer = self._once("GET", url, end, headers=sent, params=dict(parameters), auth=basic)
            target = answer.headers.get("Location")
            if answer.status not in (301, 302, 303, 307, 308) or not target:
                return answer
            url, parameters = urljoin(answer.url, target), {}
            if _origin(url) != home:
                sent, basic = {"Accept": "application/json"}, _NoAuth()
        raise Refused("too_many_redirects", _("%s sends from one address to the next without end.") % home[1], "url")

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes, auth: tuple[str, str] | None = None) -> Answer:
        """Send a body. Redirects are not followed: the answer says so. Raises Refused."""
        basic: AuthBase = HTTPBasicAuth(*auth) if auth else _NoAuth()
        end = time.monotonic() + self._seconds
        return self._once("POST", url, end, headers=dict(headers), data=body, auth=basic)

    def _once(self, method: str, url: str, end: float, **how: Any) -> Answer:
        require_address(url)
        host = urlsplit(url).hostname or ""
        wait = max(0.1, end - time.monotonic())
        try:
            with self._session.request(
                method, url, timeout=(min(CONNECT_SECONDS, wait), wait), allow_redirects=False, stream=True, **how
            ) as response:
                body = self._body(response, host, end)
                return Answer(response.status_code, response.headers, body, response.url)
        except _Unreachable as error:
            raise error.refused from error
        except requests.exceptions.SSLError as error:
            message = _("The certificate of %s cannot be trusted, so nothing was sent.")
            raise Refused("bad_certificate", message % host, "url") from error
        except (requests.exceptions.Timeout, ReadTimeoutError) as error:
            raise _too_slow(host, self._seconds) from error
        except (requests.exceptions.RequestException, HTTPError, ValueError) as error:
            message = _("%(host)s could not be reached: %(why)s.")
            raise Refused("unreachable", message % {"host": host, "why": _reason(error)}, "url") from error

    def _body(self, response: requests.Response, host: str, end: float) -> bytes:
        pieces: list[bytes] = []
        size = 0
        # What has come is looked at at once: who sends byte by byte must not hold a worker until a piece is full.
        while piece := response.raw.read1(PIECE, decode_content=True):
            size += len(piece)
            if size > self._most:
                message = _("%(host)s answered with more than %(most)d MB at once; ask for smaller pages.")
                raise Refused("answer_too_large", message % {"host": host, "most": self._most >> 20}, "url")
            if time.monotonic() > end:
                raise _too_slow(host, self._seconds)
            pieces.append(piece)
        return b"".join(pieces)


class _NoAuth(AuthBase):
    """Keeps requests from looking for passwords in files of this machine."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def require_address(url: str) -> None:
    """Refuse what is not HTTPS to a place that may be reached; plain HTTP only to what the operator lists."""
    parts = urlsplit(url)
    try:
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Refused("bad_address", _("“%s” is no address.") % url[:100], "url") from error
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
        raise Refused("bad_address", _("Write an address like https://api.example.com/v1, without a password in it."),
                      "url")  # fmt: skip
    guard.addresses(host, port)
    if parts.scheme == "http" and not guard.is_listed(host, port):
        raise Refused("not_encrypted", _("%s is not encrypted: use its https:// address.") % host, "url")


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def _too_slow(host: str, seconds: float) -> Refused:
    return Refused("too_slow", _("%(host)s took longer than %(seconds)d seconds to answer.") % {
        "host": host, "seconds": seconds}, "url")  # fmt: skip


def _reason(error: Exception) -> str:
    """Why, without the address: it may carry a key."""
    inner = error.args[0] if error.args else error
    reason = getattr(inner, "reason", None)
    text = str(reason if reason is not None else type(inner).__name__)
    return text.rpartition(": ")[2][:200]
