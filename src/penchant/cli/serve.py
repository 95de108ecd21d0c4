"""`penchant serve`."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Collection
from contextlib import ExitStack, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from penchant.cli.forked import Parent, Worker, fork
from penchant.cli.listening import address, bound, listen
from penchant.cli.schedule import scheduling
from penchant.cli.screen import DEFAULT_CONFIG, ConfigPath, err, print_error, say
from penchant.cli.workers import Place, Workers, quiet
from penchant.clock import SystemClock
from penchant.config import MOST_WORKERS, read_environment
from penchant.console import start_page
from penchant.engine import ConfigWatch, Engine, read_workspace
from penchant.errors import InvalidRequest, PenchantError
from penchant.ingest import FeedSchedule
from penchant.server import create_app
from penchant.server.origins import loopback

MOST_PORTS = 65_535
_COLLECT_EVERY = 50_000
"""Objects that may be cycles, made and not gone yet, before the collector looks at them."""


def serve(
    config: ConfigPath = DEFAULT_CONFIG,
    host: Annotated[str | None, typer.Option("--host", help="Address over the configured one.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=MOST_PORTS, help="Port over the configured one; 0 picks one.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, max=MOST_WORKERS, help="Processes that answer, over the configured number."),
    ] = None,
    schedule: Annotated[
        bool, typer.Option("--schedule", help="Also train what is due, in a process of its own that stands back.")
    ] = False,
) -> None:
    """Serve recommendations and take in events over HTTP."""
    settings = read_workspace(config, imports=False).settings.server
    host, port = host or settings.host, settings.port if port is None else port
    count = workers or settings.workers
    _refuse_open(host, is_open=settings.open)
    if count > 1:
        _serve_several(config, host, port, count, schedule=schedule)
    else:
        with Engine.open(config) as engine, scheduling(config) if schedule else nullcontext():
            run(engine, host, port)


def run(
    engine: Engine, host: str, port: int, place: Place | None = None, answers: Callable[[], None] = lambda: None
) -> None:
    """Serve an engine until it is told to stop (Ctrl-C, or SIGTERM).

    Args:
        engine: The engine.
        host: Address to listen on.
        port: The port; 0 picks a free one.
        place: Which of several workers this is; None for the only process.
        answers: Is called once everybody can connect.

    Raises:
        InvalidRequest: The address cannot be listened on.
    """
    _refuse_open(host, is_open=engine.settings.server.open)
    # Once it has shut down, the server raises the signal again that ended it: SIGTERM would end the process there and
    # then, with answers not yet logged and the store open. Making ready may be stopped too.
    before = signal.signal(signal.SIGTERM, _end)
    try:
        with bound(host, port, shared=place is not None) as listener, suppress(KeyboardInterrupt):
            _serve(engine, host, listener, place, answers)
    finally:
        signal.signal(signal.SIGTERM, before if place is None else signal.SIG_IGN)
        if place is not None:
            # It may be told twice, by its parent and by whoever ends the group; what waits is written all the same.
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _serve_several(config: Path, host: str, port: int, count: int, *, schedule: bool) -> None:
    """Let several processes serve until told to stop; this one only looks after them.

    Raises:
        InvalidRequest: The address cannot be listened on, or the system is another than Linux.
    """
    if sys.platform != "linux":
        raise InvalidRequest("workers", "several share a port on Linux alone; start each on a port of its own", count)
    # It is bound and never listens: the port is kept for the workers, also while none is at work.
    with bound(host, port) as kept, ExitStack() as beside:
        # Libraries have read their variables by now, and begun their threads: those of the workers must not.
        environment = read_environment()
        if quiet(environment) != environment:
            os.execve(sys.executable, sys.orig_argv, quiet(environment))

        def begin(place: Place, others: Collection[int]) -> Worker:
            return fork(lambda parent: _work(config, host, kept.getsockname()[1], place, parent), others)

        def begun() -> None:
            _tell("Serving on ", (address(kept, host), "bold"), f"  with {count} workers (Ctrl-C ends them)")
            if schedule:
                beside.enter_context(scheduling(config))

        _settle()
        code = Workers(count, begin, SystemClock(), partial(_tell, "  ")).run(begun)
    if code:
        raise typer.Exit(code)


def _tell(*parts: str | tuple[str, str]) -> None:
    """Say something of workers; that nobody hears it any more, or a disk is full, is no reason to end them."""
    with suppress(OSError, SystemExit):  # a pipe that nobody reads raises the latter
        say(*parts, to=err)


def _work(config: Path, host: str, port: int, place: Place, parent: Parent) -> int:
    """What a worker does; its exit code."""
    try:
        with Engine.open(config) as engine:
            run(engine, host, port, place, parent.answers)
    except PenchantError as error:
        return print_error(error)
    except typer.Exit as told:
        return told.exit_code
    return 0


def _refuse_open(host: str, *, is_open: bool) -> None:
    if is_open and not loopback(host):
        say(
            ("error: ", "bold red"),
            f"{host} can be reached by others, and `open = true` under [server] lets everybody do everything without"
            " a key. Take it out and make keys (`penchant keys create`), or listen on 127.0.0.1.",
            to=err,
        )
        raise typer.Exit(2)


def _serve(
    engine: Engine, host: str, listener: socket.socket, place: Place | None, answers: Callable[[], None]
) -> None:
    """Make ready, listen, and answer until it ends."""
    _make_ready(engine, tell=place is None or place.first)
    if place is None:
        listen(listener, host)
        say("Serving on ", (address(listener, host), "bold"), "  (Ctrl-C ends it)", to=err)
    else:
        if place.first:  # a server of another site that shares the port would get some of our requests
            with bound(host, listener.getsockname()[1]) as alone:
                listen(alone, host)
        listen(listener, host)
    answers()
    number = None if place is None else place.number
    application = create_app(engine, [start_page], worker=number)
    _settle()
    config = uvicorn.Config(application, log_level="warning", access_log=False)
    # One of several pulls feeds, and says what is wrong with a changed file.
    leads = number in (None, 1)
    schedule, watch = FeedSchedule(engine.feeds), ConfigWatch(engine, tells=leads)
    try:
        if engine.settings.feeds.pull and leads:
            schedule.start()
        engine.switch.start()
        watch.start()
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        watch.close()
        schedule.close()


def _make_ready(engine: Engine, *, tell: bool) -> None:
    """Load every domain, and let it pay for what the first request would."""
    for name, view in engine.recommender.warm().items():
        if not tell:
            engine.warm_up(name)
            continue
        items = int(view.parts.table.active.sum())
        say(f"  {name}: {view.release or 'no release yet'}, {items:,} items", to=err)
        for note in view.notes:
            say((f"    {note}", "yellow"), to=err)
        say(f"    ready after {engine.warm_up(name):.1f} s", to=err)
    if not tell:
        return
    if engine.settings.server.open:
        say(("  open: ", "yellow"), "no key is needed; for this machine alone, to try things out", to=err)
    elif engine.keys.empty():
        say(("  no key yet: ", "yellow"), "nobody can ask anything; `penchant keys create` makes one", to=err)


def _settle() -> None:
    """Tune the interpreter for serving.

    Messages are trees of dicts, made by the thousand and gone within milliseconds: the collector of reference cycles
    would look through all of them, and through everything loaded before, again and again (a sixth of the time that
    taking in batches took). What is loaded is left alone for good, and it looks less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY, 20, 50)


def _end(*_: Any) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
    raise KeyboardInterrupt
