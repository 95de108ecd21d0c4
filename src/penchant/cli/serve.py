"""`penchant serve`."""

from __future__ import annotations

import gc
import os
import signal
import socket
from contextlib import nullcontext, suppress
from typing import Annotated, Any

import typer
import uvicorn

from penchant.cli.schedule import scheduling
from penchant.cli.screen import DEFAULT_CONFIG, ConfigPath, err, say
from penchant.console import start_page
from penchant.engine import ConfigWatch, Engine
from penchant.errors import InvalidRequest
from penchant.ingest import FeedSchedule
from penchant.server import create_app
from penchant.server.origins import loopback

MOST_PORTS = 65_535
_BACKLOG = 2_048
"""Connections that may wait to be accepted."""
_COLLECT_EVERY = 50_000
"""Objects that may be cycles, made and not gone yet, before the collector looks at them."""


def serve(
    config: ConfigPath = DEFAULT_CONFIG,
    host: Annotated[str | None, typer.Option("--host", help="Address over the configured one.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=MOST_PORTS, help="Port over the configured one; 0 picks one.")
    ] = None,
    schedule: Annotated[
        bool, typer.Option("--schedule", help="Also train what is due, in a process of its own that stands back.")
    ] = False,
) -> None:
    """Serve recommendations and take in events over HTTP."""
    with Engine.open(config) as engine, scheduling(config) if schedule else nullcontext():
        settings = engine.settings.server
        run(engine, host or settings.host, settings.port if port is None else port)


def run(engine: Engine, host: str, port: int) -> None:
    """Serve an engine until it is told to stop (Ctrl-C, or SIGTERM).

    Raises:
        InvalidRequest: The address cannot be listened on.
    """
    if engine.settings.server.open and not loopback(host):
        say(
            ("error: ", "bold red"),
            f"{host} can be reached by others, and `open = true` under [server] lets everybody do everything without"
            " a key. Take it out and make keys (`penchant keys create`), or listen on 127.0.0.1.",
            to=err,
        )
        raise typer.Exit(2)
    # Once it has shut down, the server raises the signal again that ended it: SIGTERM would end the process there and
    # then, with answers not yet logged and the store open. Making ready may be stopped too.
    before = signal.signal(signal.SIGTERM, _end)
    try:
        with _bound(host, port) as listener, suppress(KeyboardInterrupt):
            _serve(engine, host, listener)
    finally:
        signal.signal(signal.SIGTERM, before)


def _serve(engine: Engine, host: str, listener: socket.socket) -> None:
    """Make ready, listen, and answer until it ends."""
    for name, view in engine.recommender.warm().items():
        items = int(view.parts.table.active.sum())
        say(f"  {name}: {view.release or 'no release yet'}, {items:,} items", to=err)
        for note in view.notes:
            say((f"    {note}", "yellow"), to=err)
        say(f"    ready after {engine.warm_up(name):.1f} s", to=err)
    if engine.settings.server.open:
        say(("  open: ", "yellow"), "no key is needed; for this machine alone, to try things out", to=err)
    elif engine.keys.empty():
        say(("  no key yet: ", "yellow"), "nobody can ask anything; `penchant keys create` makes one", to=err)
    _listen(listener, host)
    shown = f"[{host}]" if ":" in host else host
    say("Serving on ", (f"http://{shown}:{listener.getsockname()[1]}/", "bold"), "  (Ctrl-C ends it)", to=err)
    application = create_app(engine, [start_page])
    _settle()
    config = uvicorn.Config(application, log_level="warning", access_log=False)
    schedule, watch = FeedSchedule(engine.feeds), ConfigWatch(engine)
    try:
        if engine.settings.feeds.pull:
            schedule.start()
        engine.switch.start()
        watch.start()
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        watch.close()
        schedule.close()


def _settle() -> None:
    """Tune the interpreter for serving.

    Messages are trees of dicts, made by the thousand and gone within milliseconds: the collector of reference cycles
    would look through all of them, and through everything loaded before, again and again (a sixth of the time that
    taking in batches took). What is loaded is left alone for good, and it looks less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY, 20, 50)


def _bound(host: str, port: int) -> socket.socket:
    """A socket that has its port, also when the system picked it, and refuses whoever connects before all is ready."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if made.family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise _taken(host, port, error) from None
    return made


def _listen(listener: socket.socket, host: str) -> None:
    """Let everybody connect from here on."""
    try:
        listener.listen(_BACKLOG)
    except OSError as error:  # another one had the same port, and was ready first
        raise _taken(host, listener.getsockname()[1], error) from None


def _taken(host: str, port: int, error: OSError) -> InvalidRequest:
    why = (error.strerror or str(error)).lower()
    return InvalidRequest("port", f"cannot listen on {host}:{port}: {why} (0 picks a free port)")


def _end(*_: Any) -> None:
    raise KeyboardInterrupt
