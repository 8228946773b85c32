"""Which machines a connection may reach: the public internet, and what the operator lists.

People who may set up a connection could otherwise have this server knock at doors that only it stands before
(server-side request forgery). A name is resolved here, its addresses are judged, and the address that was judged is
the one connected to, so that a name cannot point elsewhere between the two.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from django.utils.translation import gettext as _

from headwater.base.refusals import Refused

VARIABLE = "HEADWATER_CONNECT_PRIVATE"
FOLDERS = "HEADWATER_CONNECT_FOLDERS"
Address = IPv4Address | IPv6Address
TRANSLATED = ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator lists: networks, names, and folders of sockets."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    names: frozenset[str] = frozenset()

    def covers(self, name: str, address: Address) -> bool:
        return name.casefold() in self.names or any(address in network for network in self.networks)


def allowed() -> Allowed:
    """What `HEADWATER_CONNECT_PRIVATE` lists, separated by commas."""
    networks: list[IPv4Network | IPv6Network] = []
    names: set[str] = set()
    for part in filter(None, (part.strip() for part in os.environ.get(VARIABLE, "").split(","))):
        try:
            networks.append(ip_network(part, strict=False))
        except ValueError:
            names.add(part.casefold())
    return Allowed(tuple(networks), frozenset(names))


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, also when it is written as another kind of address."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def addresses(host: str, port: int) -> list[str]:
    """The addresses of a host that may be connected to, in the system's order. Raises Refused.

    One address of a name that may not be reached refuses the name: it must not depend on which is tried first.
    """
    name = host.strip("[]")
    try:
        found = list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)))
    except (OSError, UnicodeError) as error:
        raise Refused("host_unknown", _("There is no host “%s”: its name could not be resolved.") % name[:100],
                      "host") from error  # fmt: skip
    lists = allowed()
    for text in found:
        address = ip_address(text.partition("%")[0])
        if not is_public(address) and not lists.covers(name, address):
            raise _refusal(name, text)
    return found


def require_socket(folder: str) -> None:
    """Refuse a folder of sockets, or a file, that the operator does not list."""
    if folder.casefold() not in allowed().names:
        raise _refusal(folder, folder)


def require_folder(path: Path) -> Path:
    """The path, without links, if it lies in a folder that the operator lists. Raises Refused."""
    real = path.resolve()
    listed = [Path(part.strip()).resolve() for part in os.environ.get(FOLDERS, "").split(",") if part.strip()]
    if not any(real.is_relative_to(folder) for folder in listed):
        message = _(
            "%(path)s is not open to connections. Whoever runs this server can open a folder: list it in the setting "
            "%(variable)s."
        )
        raise Refused("folder_closed", message % {"path": str(path)[:150], "variable": FOLDERS}, "path", status=403)
    return real


def is_listed(host: str, port: int) -> bool:
    """Whether every address of a host is one the operator lists: there, plain HTTP is his own choice."""
    lists = allowed()
    return all(lists.covers(host.strip("[]"), ip_address(one.partition("%")[0])) for one in addresses(host, port))


def open_socket(host: str, port: int, timeout: float) -> socket.socket:
    """Connect to a host that may be reached, at the very address that was judged. Raises Refused, OSError."""
    error: OSError | None = None
    for address in addresses(host, port):
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as problem:
            error = problem
    raise error or OSError("no address")


def _refusal(name: str, address: str) -> Refused:
    where = name if name == address else f"{name} ({address})"
    message = _(
        "%(where)s is no place on the public internet, and connections to inner machines are closed. Whoever runs this "
        "server can open it: list it in the setting %(variable)s."
    )
    return Refused("private_address", message % {"where": where[:150], "variable": VARIABLE}, "host", status=403)
