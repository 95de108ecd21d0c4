"""`penchant advise`, as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from demo_workspace import Demo
from penchant.cli import app


@pytest.fixture
def folder(demo: Demo, tmp_path: Path) -> Path:
    return demo.copy(tmp_path / "workspace")


def run(*words: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, (result.stdout, result.stderr)
    assert "Traceback" not in result.output
    return result


def test_advice_is_in_plain_words_with_figures(folder: Path) -> None:
    text = " ".join(run("advise", "academy", "--config", folder).stdout.split())

    assert text.startswith("academy (learning), goal: progress")
    for words in ("The goal", "Signals", "Models", "Repeats and time", "What is stale", "goals of 1", "→"):
        assert words in text


def test_advice_for_programs_is_by_domain(folder: Path) -> None:
    found = json.loads(run("advise", "shop", "--goal", "profit", "--config", folder, "--json").stdout)

    assert list(found) == ["shop"]
    assert found["shop"][0]["code"] == "objective"
    assert "margin@10" in found["shop"][0]["what"]
    assert {one["severity"] for one in found["shop"]} <= {"must", "should", "may", "fine"}


def test_a_goal_is_asked_of_the_domains_that_can_have_it(folder: Path) -> None:
    assert list(json.loads(run("advise", "--goal", "mastery", "--config", folder, "--json").stdout)) == ["academy"]


def test_a_goal_that_is_none_is_answered_with_those_there_are(folder: Path) -> None:
    told = " ".join(run("advise", "shop", "--goal", "revenu", "--config", folder, code=1).stderr.split())

    assert 'no goal "revenu"' in told
    assert 'did you mean "revenue"?' in told
