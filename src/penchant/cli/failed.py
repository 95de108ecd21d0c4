"""`penchant failed list | show | replay | drop`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args

import msgspec
import typer

from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, bar, counted, out, print_json, say, table
from penchant.clock import iso
from penchant.engine import Engine
from penchant.errors import EventRejected, InvalidRequest, NotFound
from penchant.events import decode
from penchant.ingest import Verdict, readable
from penchant.storage import FailedRow, FailureKind

app = typer.Typer(help="Messages that could not be taken: look, mend, replay.", no_args_is_help=True)

KINDS: tuple[FailureKind, ...] = get_args(FailureKind)
NOT_ALL: tuple[FailureKind, ...] = ("key_scope", "consent")
"""Kinds that `--all` leaves out: user ids nobody proved, and messages of which nothing was kept."""

Ids = Annotated[list[str] | None, typer.Argument(help="Ids as `penchant failed list` shows them.")]
Kind = Annotated[str | None, typer.Option("--kind", help=f"All of one kind: {', '.join(KINDS)}.")]
All = Annotated[bool, typer.Option("--all", help=f"All but those of the kinds {' and '.join(NOT_ALL)}.")]
_SHOWN = 20
_PAGE = 1_000


@app.command("list")
def list_(
    domain: Annotated[str | None, typer.Option("--domain", help="Of one domain alone.")] = None,
    kind: Kind = None,
    settled: Annotated[bool, typer.Option("--settled", help="Those that were replayed or dropped.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the latest first.")] = 50,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Messages that could not be taken, the latest first."""
    with Engine.open(config) as engine:
        if domain is not None and domain not in engine.domains:
            raise NotFound("domain", domain, engine.domains)
        rows = engine.store.failed(domain=domain, kind=_kind(kind), settled=settled, limit=limit)
        counts = engine.store.failed_counts()
    if as_json:
        print_json([_told(row) for row in rows])
        return
    if not rows:
        say("nothing is settled" if settled else "nothing failed that waits")
        return
    cells = [("id", "kind", "reason", "field", "when", "message id", "times")]
    cells += [(r.id, r.kind, r.reason, r.field, _when(r.at)[5:16], r.message_id or "", f"{r.times:,}") for r in rows]
    out.print(table("Settled messages" if settled else "Failed messages", cells, right_from=6))
    if not settled:
        say(f"waiting: {', '.join(f'{number:,} {name}' for name, number in counts.items())}")


@app.command("show")
def show(
    failed_id: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """One failed message: what is wrong, and the message itself."""
    with Engine.open(config) as engine:
        row = _row(engine, failed_id)
    body, text = readable(row.body)
    if as_json:
        print_json({**_told(row), "body": body, "text": text})
        return
    say((row.message, "bold red"))
    for name, value in (
        ("kind", f"{row.kind} ({row.reason})"),
        ("field", row.field),
        ("came", f"{_when(row.at)}, {counted(row.times, 'time')}"),
        ("source", f"{row.source} ({row.domain})"),
        ("message id", row.message_id),
        ("settled", _when(row.settled) if row.settled is not None else None),
    ):
        if value:
            say(f"  {name}: {value}")
    if row.body is not None:
        say(text if text is not None else msgspec.json.format(msgspec.json.encode(body), indent=2).decode())


@app.command("replay")
def replay(
    ids: Ids = None,
    kind: Kind = None,
    all_: All = False,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="Mend a field first, as in `properties.price=9.5`; may be given again."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A JSON file with the mended message, for one id.", dir_okay=False)
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Take failed messages in after all; each counts at the time it came first, and once.

    Whoever replays vouches for the user ids in them. Exits with 1 when a message failed again.
    """
    with Engine.open(config) as engine:
        names = _chosen(engine, ids, kind, all_)
        edits = _edits(engine, names, change or (), file)
        with bar("replay") as progress:
            results = engine.collector.replay(
                names,
                lambda row: engine.sender(row.source),
                edits,
                progress=lambda done: progress.count("replay", done, len(names)),
            )
    _report(results, as_json)
    if any(verdict.status == "failed" for _, verdict in results):
        raise typer.Exit(1)


@app.command("drop")
def drop(
    ids: Ids = None, kind: Kind = None, all_: All = False, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False
) -> None:
    """Put failed messages aside for good; they stay among the settled ones until their time is over."""
    with Engine.open(config) as engine:
        names = _chosen(engine, ids, kind, all_)
        if ids:
            for name in names:
                _row(engine, name)
        dropped = engine.collector.drop(names)
    if as_json:
        print_json({"dropped": dropped})
        return
    say((counted(len(dropped), "message"), "bold"), " dropped")


def _chosen(engine: Engine, ids: list[str] | None, kind: str | None, all_: bool) -> list[str]:
    if bool(ids) + (kind is not None) + all_ != 1:
        raise InvalidRequest("ID", "give ids, or --kind, or --all")
    if ids:
        return list(dict.fromkeys(ids))
    return [row.id for row in _waiting(engine, _kind(kind)) if kind is not None or row.kind not in NOT_ALL]


def _waiting(engine: Engine, kind: FailureKind | None) -> Iterator[FailedRow]:
    before: tuple[int, str] | None = None
    while rows := engine.store.failed(kind=kind, before=before, limit=_PAGE):
        yield from rows
        before = (rows[-1].at, rows[-1].id)


def _edits(engine: Engine, ids: list[str], changes: tuple[str, ...] | list[str], file: Path | None) -> dict[str, Any]:
    """Mended messages by id."""
    if file is not None:
        if len(ids) != 1 or changes:
            raise InvalidRequest("--file", "mends one message, given by its id, and needs no --set")
        try:
            return {ids[0]: msgspec.json.decode(file.read_bytes())}
        except (OSError, ValueError) as error:
            raise InvalidRequest("--file", f"cannot be read ({error})") from None
    parsed = [_change(text) for text in changes]
    edits: dict[str, Any] = {}
    for name in ids if parsed else ():
        row = _row(engine, name)
        try:
            message = None if row.body is None else decode(row.body)
        except EventRejected:
            message = None
        if not isinstance(message, dict):
            raise InvalidRequest("--set", "mends JSON objects, and this message is none; use --file", name)
        for path, value in parsed:
            _set(message, path, value)
        edits[name] = message
    return edits


def _change(text: str) -> tuple[list[str], Any]:
    path, equals, value = text.partition("=")
    if not equals or not all(path.split(".")):
        raise InvalidRequest("--set", "must look like properties.price=9.5", text)
    try:
        return path.split("."), msgspec.json.decode(value)
    except ValueError:
        return path.split("."), value


def _set(message: Any, path: list[str], value: Any) -> None:
    """Put a value where a path leads; objects on the way are made, a number finds a place in a list."""
    at = message
    for depth, name in enumerate(path):
        last = depth == len(path) - 1
        key: Any = name
        if isinstance(at, list):
            if not (name.isascii() and name.isdigit() and int(name) < len(at)):
                raise InvalidRequest("--set", f"leads nowhere at {name}", ".".join(path))
            key = int(name)
        elif not isinstance(at, dict):
            raise InvalidRequest("--set", f"leads through a value at {name}", ".".join(path))
        elif not last and at.get(name) is None:
            at[name] = {}
        if last:
            at[key] = value
        else:
            at = at[key]


def _report(results: list[tuple[str, Verdict]], as_json: bool) -> None:
    if as_json:
        print_json([{"id": name, **msgspec.to_builtins(verdict)} for name, verdict in results])
        return
    counts = Counter(verdict.status for _, verdict in results)
    say(", ".join(f"{number:,} {status}" for status, number in sorted(counts.items())) or "nothing to replay")
    failed = [(name, verdict) for name, verdict in results if verdict.status == "failed"]
    if failed:
        rows = [("id", "reason", "message")]
        rows += [(name, verdict.reason or "", verdict.message or "") for name, verdict in failed[:_SHOWN]]
        out.print(table("Failed again", rows, right_from=9))
    if len(failed) > _SHOWN:
        say(f"and {len(failed) - _SHOWN:,} more")


def _row(engine: Engine, name: str) -> FailedRow:
    row = engine.store.failed_message(name)
    if row is None:
        raise NotFound("failed message", name)
    return row


def _kind(kind: str | None) -> FailureKind | None:
    found = next((one for one in KINDS if one == kind), None)
    if kind is not None and found is None:
        raise NotFound("kind of failure", kind, KINDS)
    return found


def _told(row: FailedRow) -> dict[str, Any]:
    kept = {name: value for name, value in row._asdict().items() if name != "body"}
    settled = None if row.settled is None else iso(row.settled / 1000)
    return {**kept, "at": iso(row.at / 1000), "settled": settled}


def _when(at: int) -> str:
    return iso(at / 1000)[:19].replace("T", " ")
