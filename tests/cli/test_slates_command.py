"""`penchant slates show` and `penchant recommend --why-not`, as somebody types them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from demo_workspace import NOW, Demo
from penchant.cli import app
from penchant.clock import FixedClock
from penchant.engine import Engine
from penchant.serving import RecommendationRequest
from penchant.slate import Slate

Run = Callable[..., str]


@pytest.fixture(scope="module")
def folder(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo.copy(tmp_path_factory.mktemp("slates") / "workspace")


@pytest.fixture(scope="module")
def slate(folder: Path) -> Iterator[Slate]:
    with Engine.open(folder, FixedClock(NOW), {}) as engine:
        yield engine.recommend(RecommendationRequest(placement="home", anonymous_id="f3", n=3))


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs a command in this process; what it printed, on one line."""

    def command(*words: str, code: int = 0) -> str:
        result = CliRunner(env={"COLUMNS": "240"}).invoke(app, [*words, "--config", str(folder)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert result.exit_code == code, result.output
        return " ".join(result.output.split())

    return command


def test_a_slate_is_shown_with_why_each_item_stood_there(run: Run, slate: Slate) -> None:
    said = run("slates", "show", slate.slate_id)

    assert f"shop / home 2025-11-22T20:00:00Z release {slate.release}" in said
    assert "anonymous_id: f3" in said and '"n":3' in said
    assert all(item.id in said for item in slate.items)
    assert slate.items[0].reasons[0].text in said
    assert "same" not in said


def test_what_is_not_there_is_explained(run: Run, slate: Slate) -> None:
    shown = slate.items[2].id
    said = run("slates", "show", slate.slate_id, "--why-not", shown, "--why-not", "nothing")

    assert f"{shown} shown: it stood at place 3" in said
    assert "nothing unknown: the catalog has no such item" in said
    assert "of 3 items are the same" in said


def test_the_same_as_json_and_in_german(run: Run, slate: Slate) -> None:
    found = json.loads(run("slates", "show", slate.slate_id, "--language", "de", "--json"))

    assert (found["slate_id"], found["anonymous_id"], "why_not" in found) == (slate.slate_id, "f3", False)
    assert found["items"][0]["reasons"][0]["text"] != slate.items[0].reasons[0].text


def test_an_id_that_nobody_was_served_is_told(run: Run) -> None:
    assert 'no slate "nothing"' in run("slates", "show", "nothing", code=1)


def test_an_explanation_goes_with_why_not(run: Run) -> None:
    said = run("recommend", "home", "--explain", "--n", "2", "--why-not", "nothing")

    assert "nothing unknown: the catalog has no such item" in said
    assert "goes with --explain" in run("recommend", "home", "--why-not", "nothing", code=1)


def test_reasons_are_printed_in_another_language(run: Run) -> None:
    assert run("recommend", "popular", "--domain", "shop", "--n", "2", "--language", "de").count("viele wählen es") == 2
