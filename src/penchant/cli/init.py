"""`penchant init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from penchant.cli.screen import err, say
from penchant.config import FILE_NAME, template
from penchant.engine import installed_packs
from penchant.errors import NotFound


def init(
    folder: Annotated[Path, typer.Argument(help="Where the workspace lies; made when missing.")] = Path(),
    domain: Annotated[str, typer.Option("--domain", "-d", help="Name of the first domain.")] = "shop",
    pack: Annotated[str, typer.Option("--pack", "-p", help="Its pack: product, content or learning.")] = "product",
) -> None:
    """Write a commented penchant.toml to start from."""
    packs = installed_packs()
    if pack not in packs:
        raise NotFound("pack", pack, packs)
    target = folder / FILE_NAME
    if target.exists():
        say(("error: ", "bold red"), f"{target} is there already; it was not touched", to=err)
        raise typer.Exit(1)
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text(template(domain, pack), encoding="utf-8")
    say(f"Wrote {target}. Next: name your files in it, then `penchant check`, `penchant import`, `penchant train`.")
    say("Items may come from a feed too (`penchant feeds add`), or as JSON lines (`penchant items put`).")
