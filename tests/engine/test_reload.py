"""penchant.toml is changed while an engine runs: its placements are obeyed, the rest waits for a new start."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo_workspace import Demo
from penchant.config import FILE_NAME
from penchant.engine import ConfigWatch, Engine
from penchant.errors import ConfigError
from penchant.serving import RecommendationRequest


@pytest.fixture
def engine(demo: Demo, tmp_path: Path) -> Iterator[Engine]:
    with demo.open(tmp_path / "workspace") as engine:
        yield engine


def add(engine: Engine, text: str) -> None:
    file = engine.workspace.root / FILE_NAME
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def shown(engine: Engine, placement: str) -> int:
    return len(engine.recommend(RecommendationRequest(placement=placement, domain="shop")).items)


def test_a_placement_is_obeyed_by_the_next_request(engine: Engine) -> None:
    assert shown(engine, "popular") == 10
    add(engine, '\n[placements.footer]\ndomain = "shop"\nlike = "popular"\nsize = 2\n')

    assert engine.reload() == ()

    assert (shown(engine, "footer"), shown(engine, "popular")) == (2, 10)
    assert engine.slots.get("shop", "footer").origin == "config"


def test_what_needs_a_new_start_is_told_and_not_obeyed(engine: Engine) -> None:
    objective = engine.domains["shop"].objective
    file = engine.workspace.root / FILE_NAME
    text = file.read_text(encoding="utf-8").replace("[domains.shop]\n", '[domains.shop]\nregion = "SE"\n', 1)
    file.write_text(text + '\n[placements.popular]\ndomain = "shop"\nsize = 3\n', encoding="utf-8")

    assert engine.reload() == ("domains",)

    assert (engine.domains["shop"].region, engine.domains["shop"].objective) == (None, objective)
    assert shown(engine, "popular") == 3


def test_a_wrong_file_changes_nothing(engine: Engine) -> None:
    add(engine, '\n[placements.popular]\ndomain = "shop"\nsize = 3\nsources = [{ model = "populer" }]\n')

    with pytest.raises(ConfigError, match='no model "populer"'):
        engine.reload()

    assert shown(engine, "popular") == 10


def test_who_watches_looks_again_only_where_the_file_was_changed(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    watch, silent = ConfigWatch(engine), ConfigWatch(engine, tells=False)
    assert not watch.look()
    add(engine, '\n[placements.popular]\ndomain = "shop"\nsize = 3\n')
    assert watch.look() and not watch.look()
    assert shown(engine, "popular") == 3

    add(engine, "[placements\n")
    with caplog.at_level(logging.WARNING, "penchant.engine"):
        assert silent.look() and not caplog.text
        assert watch.look()
    assert "what held before still holds" in caplog.text
    assert shown(engine, "popular") == 3


def test_a_watch_that_runs_sees_a_change(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penchant.engine.watch.LOOK_EVERY_S", 0.01)
    watch = ConfigWatch(engine)
    watch.start()
    try:
        add(engine, '\n[placements.popular]\ndomain = "shop"\nsize = 3\n')
        # Every look of the recommender is of the newest setup: it is asked until it has it, a bounded number of times.
        assert any(shown(engine, "popular") == 3 for _ in range(2_000))
    finally:
        watch.close()
