"""`penchant serve`."""

from __future__ import annotations

import ipaddress
from typing import Annotated

import typer
import uvicorn

from penchant.cli.screen import DEFAULT_CONFIG, ConfigPath, err
from penchant.console import start_page
from penchant.engine import Engine
from penchant.server import create_app


def serve(
    config: ConfigPath = DEFAULT_CONFIG,
    host: Annotated[str | None, typer.Option("--host", help="Address over the configured one.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port over the configured one.")] = None,
) -> None:
    """Serve recommendations and take in events over HTTP."""
    with Engine.open(config) as engine:
        settings = engine.settings.server
        run(engine, host or settings.host, settings.port if port is None else port)


def run(engine: Engine, host: str, port: int) -> None:
    """Serve an engine until it is told to stop (Ctrl-C)."""
    if not _loopback(host) and not engine.settings.server.open:
        err.print(
            f"[bold red]error:[/] {host} is open to others, and there are no keys yet: anyone could send events"
            " and read answers. Listen on 127.0.0.1, or say `open = true` under [server] when something guards it."
        )
        raise typer.Exit(2)
    for name, view in engine.recommender.warm().items():
        err.print(f"  {name}: {view.release or 'no release yet'}, {int(view.parts.table.active.sum()):,} items")
        for note in view.notes:
            err.print(f"    [yellow]{note}[/]")
    err.print(f"Serving on [bold]http://{host}:{port}/[/]  (Ctrl-C ends it)")
    uvicorn.run(create_app(engine, [start_page]), host=host, port=port, log_level="warning", access_log=False)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
