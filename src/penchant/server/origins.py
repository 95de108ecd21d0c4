"""Web pages that may ask: the origins of `[server] origins`, and this machine's own."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit


class Origins:
    """Which origins, as in `https://shop.example`, may do what."""

    def __init__(self, allowed: Iterable[str]) -> None:
        """Take the configured ones; `*` is every origin."""
        self._named = frozenset(origin.rstrip("/").lower() for origin in allowed)
        self._any = "*" in self._named

    def admits(self, origin: str) -> bool:
        """Whether pages of this origin may read answers."""
        return self._any or origin.lower() in self._named

    def trusts(self, origin: str, host: str) -> bool:
        """Whether pages of this origin may use a key that is not for browsers: this server's own, and those named.

        `*` names nobody: a browser adds a password that it was once told to what any page asks for.

        Args:
            origin: What the browser says of the page.
            host: What it calls this server.
        """
        return origin.lower() in self._named or host_of(origin, port=True) == host.lower() != ""


def host_of(address: str, *, port: bool = False) -> str:
    """Host of an origin or of a Host header, in lower case; empty when it has none."""
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        return parts.netloc.lower() if port else (parts.hostname or "")
    except ValueError:
        return ""


def loopback(host: str) -> bool:
    """Whether a host can be reached from its own machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
