"""Which addresses may be fetched on somebody's word: public ones, and networks the operator has named.

The name is looked up once and that very address is connected to, so that a name server cannot say one thing
to the check and another to the connection.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from stockwire.errors import Refused, TryLater

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Pinned:
    """`url` names the machine by its address; `host` is what it is called, for Host header and TLS."""

    url: str
    host: str
    name: str


def pin(url: str, allowed: Sequence[Network]) -> Pinned:
    """Look the machine of an address up. Raises Refused when it may not be fetched from, TryLater when its
    name cannot be looked up now."""
    parts = _split(url)
    if parts is None or parts.scheme not in _PORTS or not parts.hostname or parts.username or parts.password:
        raise Refused(
            f"{shown(url)} is no address of a file.", hint="It begins with https:// and holds no password."
        )
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError:
        raise Refused(
            f"{shown(url)} names a port that cannot be.", hint="Correct the number behind the colon."
        ) from None
    try:
        name = parts.hostname if parts.hostname.isascii() else parts.hostname.encode("idna").decode()
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError, UnicodeError) as error:
        raise TryLater(
            f"{parts.hostname} cannot be found.", hint="Check the spelling of the address.", detail=str(error)
        ) from None
    addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
    for address in addresses:
        if not _is_public(address) and not any(address in network for network in allowed):
            raise Refused(
                f"{shown(url)} is inside a private network ({address}).",
                hint="Only public addresses are fetched. The operator of the hub may allow a network with"
                " `fetch_networks` (docs/operate.md).",
            )
    address = addresses[0]
    literal = f"[{address}]" if address.version == 6 else str(address)
    pinned = urlunsplit((parts.scheme, f"{literal}:{port}", parts.path or "/", parts.query, ""))
    bare = f"[{name}]" if ":" in name else name
    return Pinned(pinned, bare if parts.port is None else f"{bare}:{parts.port}", name)


def shown(url: str) -> str:
    """An address as it may stand in a message: without its query, which may hold a key."""
    parts = _split(url)
    if parts is None:
        return url.partition("?")[0].rpartition("@")[2][:200]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))[:200]


def redirected(url: str, location: str) -> str:
    """Where a server says that the file is instead; what it says may be no address at all."""
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        # A bracket that is not closed, a name that is none.
        return None


def networks(listed: Sequence[str]) -> tuple[Network, ...]:
    """Networks as the configuration names them. Raises ValueError."""
    return tuple(ipaddress.ip_network(one.strip()) for one in listed if one.strip())


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_global) and not mapped.is_multicast
