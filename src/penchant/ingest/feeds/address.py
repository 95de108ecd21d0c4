"""Which addresses a feed may be pulled from: those of the open network, and hosts that the configuration names.

A feed's address is a request that somebody else can steer: by a name that points inwards, by a redirect, by another
spelling of an address, by a name that answers differently the second time. So a name is resolved once, every address it
has must be a public one, and the connection goes to the address that was looked at (OWASP, "Server Side Request Forgery
Prevention").
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from penchant.errors import FeedFailed

Resolve = Callable[[str, int], Sequence[str]]
"""All addresses of a host, as text; raises `OSError` when it has none."""

# Public by the books, but answered by the machine's own host.
_METADATA = frozenset({ip_address("168.63.129.16")})
# Kept for protocols, and the relays of 6to4; how Python sorts them differs by its version.
_PROTOCOLS = IPv4Network("192.0.0.0/24")
_RELAYS = IPv4Network("192.88.99.0/24")
_GLOBAL = IPv6Network("2000::/3")
# An IPv4 address in the last 32 bits: the old way of mapping, today's, and NAT64 (RFC 6052).
_MAPPED = IPv6Network("::/96")
_MAPPED_NOW = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")


class Guard:
    """Says which addresses a host may be reached at."""

    def __init__(self, private: Sequence[str] = (), resolve: Resolve | None = None) -> None:
        """Make one.

        Args:
            private: Hosts, or hosts and ports, that may have private addresses.
            resolve: Looks a host up; the system's resolver when None.
        """
        self._private = frozenset(_spelled(name) for name in private)
        self._resolve = resolve or look_up

    def addresses(self, host: str, port: int) -> list[str]:
        """Addresses to connect to, in the resolver's order.

        Raises:
            FeedFailed: The host has none, or one that is not public.
        """
        try:
            found = list(dict.fromkeys(self._resolve(host, port)))
        except (OSError, UnicodeError):  # a name of more letters than a name may have is no name
            found = []
        if not found:
            raise FeedFailed(host, "fetch", f"the host {host} is not known")
        name = _spelled(host)
        if name in self._private or f"{name}:{port}" in self._private:
            return found
        for address in found:
            if not is_public(address):
                raise FeedFailed(
                    host,
                    "fetch",
                    f"the host {host} has the address {address}, which is not a public one; hosts that are meant to "
                    f"be private are listed in [feeds] private",
                )
        return found


def look_up(host: str, port: int) -> list[str]:
    """Addresses of a host by the system's resolver, which reads every spelling of an address too."""
    return [str(told[4][0]) for told in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(text: str) -> bool:
    """Whether an address belongs to the open network; one that carries another is so only when that is."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return _is_public_4(address) if isinstance(address, IPv4Address) else _is_public_6(address)


def _is_public_4(address: IPv4Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and address not in _PROTOCOLS
        and address not in _RELAYS
        and address not in _METADATA
    )


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    for network in (_MAPPED, _MAPPED_NOW, _NAT64):
        if address in network:
            return _is_public_4(IPv4Address(int(address) & 0xFFFF_FFFF))
    return (
        address in _GLOBAL
        and address.is_global
        and address.sixtofour is None  # nobody's own any more, and Python sorts it differently by its version
        and (not _is_tunnelled(address) or _is_public_4(IPv4Address(int(address) & 0xFFFF_FFFF)))
    )


def _is_tunnelled(address: IPv6Address) -> bool:
    """Whether it carries an IPv4 address the ISATAP way (RFC 5214)."""
    return (int(address) >> 32) & 0xFDFF_FFFF == 0x0000_5EFE


def _spelled(host: str) -> str:
    """A host, with its port if it has one, as it is compared."""
    name = host.strip().lower().rstrip(".")
    return f"[{name}]" if name.count(":") > 1 and not name.startswith("[") else name
