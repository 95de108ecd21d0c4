"""`penchant demo`: three sites of one brand, from a generated world to answers."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from penchant.cli import evaluate, import_data, recommend, serve
from penchant.cli.screen import bar, err, out, say, table
from penchant.clock import DAY, SystemClock
from penchant.config import FILE_NAME
from penchant.engine import Engine
from penchant.errors import InvalidRequest
from penchant.evaluation import Report
from penchant.keys import Kind
from penchant.serving import RecommendationRequest
from penchant.simulation import Scenario, World, academy, configuration, message, scenario, shop, stream, write

MARK = ".penchant-demo"
"""A file that says: this folder was made by the demo, and the demo may make it anew."""

SEED = 7


def demo(
    folder: Annotated[
        Path, typer.Option("--folder", help="Where the workspace is made; an older demo is replaced.")
    ] = Path("penchant-demo"),
    serve_after: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve when done.")] = True,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the world.")] = SEED,
    port: Annotated[int, typer.Option("--port", help="Port to serve on.")] = 8000,
) -> None:
    """A shop, a video channel and an academy of one brand: import, train, evaluate, answer, serve."""
    clock = SystemClock()
    began, now = clock.elapsed(), clock.now()
    worlds = make_worlds(folder, seed, now)
    with Engine.open(folder / FILE_NAME) as engine:
        with bar("import") as progress:
            reports = engine.import_data(progress=progress.count)
        import_data.show(reports)
        for name in engine.domains:
            with bar(name) as progress:
                manifest = engine.train(name, progress=progress.share)
            out.print()
            evaluate.brief(msgspec.convert(manifest.evidence["evaluation"], Report))
        play(engine, scenario(worlds["shop"], worlds["channel"], now))
        out.print()
        say(("Done", "bold green"), f" in {clock.elapsed() - began:.0f} s. The workspace is {folder}/; look at it with")
        for words in ("recommend home --user scenario-runner", "releases list", "serve"):
            say(f"  {called()} {words} --config {folder}")
        show_keys(engine, port)
        if serve_after:
            serve.run(engine, "127.0.0.1", port)


def show_keys(engine: Engine, port: int) -> None:
    """Make the demo's keys, and show them and how they are used."""
    made = {site: engine.create_key(Kind.PUBLIC, domain=site, label="demo, browser")[0] for site in engine.domains}
    server, _ = engine.create_key(Kind.SERVER, label="demo, server")
    admin, _ = engine.create_key(Kind.ADMIN, label="demo, operator")
    rows = [("key of this demo", "for"), *((key, f"browsers of the {site}") for site, key in made.items())]
    rows += [(server, "the sites' own servers"), (admin, "operators")]
    out.print()
    out.print(table("Keys (kept as hashes: nobody can show them again)", rows, right_from=2, whole=0))
    address = f"127.0.0.1:{port}"
    say("While it serves:")
    say(f"  open http://{admin}@{address}/")
    body = '{"placement": "home", "user_id": "scenario-runner"}'
    say(f"  curl -u {server}: {address}/v1/recommendations -d '{body}'")


def called() -> str:
    """How this program can be called again from here: `penchant`, or the path to it when it is not on the PATH."""
    program = Path(sys.argv[0])
    if shutil.which("penchant") or program.name != "penchant":
        return "penchant"
    return os.path.relpath(program)


def make_worlds(folder: Path, seed: int, now: float) -> dict[str, World]:
    """Generate the three worlds and write them, with a penchant.toml, into a folder.

    Raises:
        InvalidRequest: The folder holds something that is not an older demo.
    """
    if folder.exists() and not folder.is_dir():
        raise InvalidRequest("folder", "is a file; name a folder", str(folder))
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise InvalidRequest("folder", "holds something else already; name an empty one", str(folder))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    with bar("generating the worlds") as progress:
        made = []
        # The scenario plays in the last hours; the world ends before it begins.
        for done, make in enumerate((shop, stream, academy)):
            progress.share(f"generating the {make.__name__}", done / 3)
            made.append(make(seed, now - DAY / 2))
        worlds = {world.domain: world for world in made}
        for world in made:
            progress.share(f"writing the {world.domain}", 0.9)
            write(world, folder / "data" / world.domain)
    (folder / FILE_NAME).write_text(configuration(), encoding="utf-8")
    rows = [("site", "pack", "items", "events")]
    rows += [(w.domain, w.pack, f"{len(w.items):,}", f"{w.events.num_rows:,}") for w in made]
    out.print(table(f"Three sites of one brand, in {folder}/", rows, right_from=2))
    return worlds


def play(engine: Engine, played: Scenario) -> None:
    """Let the scenario's person act, and show what the sites answer."""
    out.print()
    say(("One person, one day", "bold"))
    for site, events in (("shop", played.shop_events), ("channel", played.stream_events)):
        verdicts = engine.collect([message(event) for event in events], site)
        wrong = [v for v in verdicts if v.status != "accepted"]
        items = engine.items_of(site, [event["item"] for event in events])
        for event in events:
            item = recommend.describe(items.get(event["item"]))
            share = f" ({event['progress']:.0%})" if event["progress"] is not None else ""
            say(f"  {event['time']:%H:%M}  {event['event']}{share}: {item}")
        for verdict in wrong:
            say((f"  {verdict.status}: {verdict.message}", "red"), to=err)
    for site, placement, title in (
        ("shop", "home", "The shop's start page for this person"),
        ("channel", "feed", "The channel's feed for this person"),
        ("academy", "next-step", "The academy's next step for this person"),
    ):
        asked = RecommendationRequest(placement=placement, domain=site, user_id=played.user_id)
        out.print()
        recommend.show(engine, engine.recommend(asked), title)
