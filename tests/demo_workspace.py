"""A small workspace of the demo brand, made once a run: three worlds, imported and trained, with few people."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from penchant.clock import DAY, FixedClock, parse_time
from penchant.config import FILE_NAME
from penchant.engine import Engine
from penchant.simulation import Scenario, World, academy, configuration, scenario, shop, stream, write

NOW = parse_time("2025-11-22T20:00:00Z")
"""A Saturday evening. It is past on every machine, as what comes from the future is refused."""


@dataclass(frozen=True)
class Demo:
    """The workspace as it lies on disk, and what it was made of. Nobody writes into it: tests open copies.

    Attributes:
        folder: Where it lies.
        worlds: By domain.
        played: What the acceptance scenario's person does; none of it is in the workspace yet.
        items: Plain fields of every item, by domain and id.
    """

    folder: Path
    worlds: Mapping[str, World]
    played: Scenario
    items: Mapping[str, Mapping[str, dict[str, Any]]]

    def copy(self, to: Path) -> Path:
        """Copy all but the imported files; the folder."""
        return Path(shutil.copytree(self.folder, to, ignore=shutil.ignore_patterns("data")))

    def open(self, to: Path) -> Engine:
        """A copy at work, at the moment the scenario ends."""
        return Engine.open(self.copy(to), FixedClock(NOW), {})


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The workspace; not to be written to."""
    folder = tmp_path_factory.mktemp("demo") / "workspace"
    # As in `penchant demo`: the scenario plays in the last hours, the worlds end before it begins.
    made = [make(7, NOW - DAY / 2, people=people) for make, people in ((shop, 400), (stream, 300), (academy, 200))]
    for world in made:
        write(world, folder / "data" / world.domain)
    # Nothing is left to chance, so that a test may say what an answer is.
    told = configuration().replace("\npack = ", "\nexplore = 0.0\npack = ")
    (folder / FILE_NAME).write_text(told, encoding="utf-8")
    with Engine.open(folder, FixedClock(NOW), {}) as engine:
        engine.import_data()
        for name in engine.domains:
            engine.train(name, judge=False)
    worlds = {world.domain: world for world in made}
    items = {name: {item["id"]: item for item in world.items} for name, world in worlds.items()}
    return Demo(folder, worlds, scenario(worlds["shop"], worlds["channel"], NOW), items)


@pytest.fixture
def open_demo(demo: Demo, tmp_path: Path) -> Iterator[Callable[[str], Engine]]:
    """Opens copies of the workspace, each under a name of its own; all are closed in the end."""
    opened: list[Engine] = []

    def open_copy(name: str = "workspace") -> Engine:
        opened.append(demo.open(tmp_path / name))
        return opened[-1]

    yield open_copy
    for engine in opened:
        engine.close()


@pytest.fixture
def engine(open_demo: Callable[[str], Engine]) -> Engine:
    """A trained workspace that the test may change."""
    return open_demo("workspace")
