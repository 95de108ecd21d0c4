"""Sockets of servers: one that has its port from the start, and lets nobody connect before all is ready."""

from __future__ import annotations

import os
import socket

from penchant.errors import InvalidRequest

_BACKLOG = 2_048
"""Connections that may wait to be accepted."""


def bound(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket that has its port, also when the system picked it, and refuses whoever connects before all is ready.

    Args:
        host: An address or a name.
        port: 0 picks a free one.
        shared: Others of this user that say the same may listen on the port too; the system gives each connection to
            one of them.

    Raises:
        InvalidRequest: Somebody else listens there.
    """
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if made.family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise _taken(host, port, error) from None
    return made


def listen(listener: socket.socket, host: str) -> None:
    """Let everybody connect from here on.

    Raises:
        InvalidRequest: Another one had the same port, and was ready first.
    """
    try:
        listener.listen(_BACKLOG)
    except OSError as error:
        raise _taken(host, listener.getsockname()[1], error) from None


def address(listener: socket.socket, host: str) -> str:
    """What a browser is told to open."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}/"


def _taken(host: str, port: int, error: OSError) -> InvalidRequest:
    why = (error.strerror or str(error)).lower()
    return InvalidRequest("port", f"cannot listen on {host}:{port}: {why} (0 picks a free port)")
