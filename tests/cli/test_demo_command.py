from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from penchant.cli import app, demo
from penchant.config import FILE_NAME
from penchant.simulation import World


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")

    result = CliRunner().invoke(app, ["demo", "--no-serve", "--folder", str(tmp_path)])

    assert result.exit_code == 1
    assert "holds something else already" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "thesis.txt"
    file.write_text("years of work", encoding="utf-8")

    result = CliRunner().invoke(app, ["demo", "--no-serve", "--folder", str(file)])

    assert result.exit_code == 1
    assert "is a file" in result.stderr
    assert file.read_text("utf-8") == "years of work"


@pytest.fixture
def few_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worlds of the same kind, with so few people that they are made in a moment."""

    def small(name: str, people: int) -> Callable[..., World]:
        whole: Callable[..., World] = getattr(demo, name)

        def make(seed: int, now: float, **more: Any) -> World:
            return whole(seed, now, people=people, **more)

        make.__name__ = name
        return make

    for name, people in (("shop", 120), ("stream", 90), ("academy", 60)):
        monkeypatch.setattr(demo, name, small(name, people))


@pytest.mark.slow
def test_the_demo_imports_judges_plays_the_scenario_and_is_made_anew(few_people: None, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / demo.MARK).touch()
    (folder / "of-an-older-demo").touch()

    result = CliRunner().invoke(app, ["demo", "--no-serve", "--folder", str(folder)], catch_exceptions=False)

    assert result.exit_code == 0, result.output
    assert not (folder / "of-an-older-demo").exists()
    assert (folder / FILE_NAME).is_file()
    text = result.stdout
    for words in (
        "Three sites of one brand",
        "shop (product): ",
        "channel (content): ",
        "academy (learning): ",
        "One person, one day",
        "Product Added: ",
        "Content Skipped (40%): ",
        "The shop's start page for this person",
        "The channel's feed for this person",
        "The academy's next step for this person",
        "Done in ",
    ):
        assert words in text
    assert text.count("winner: ") == 3
    assert result.stderr == ""
