"""`penchant evaluate` and what it shows."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from demo_workspace import Demo
from penchant.cli import app
from penchant.cli.evaluate import brief, show
from sample_report import MEANS, REPORT


def run(*words: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, (result.stdout, result.stderr)
    assert "Traceback" not in result.output
    return result


def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int = 100) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    show(REPORT)
    return capsys.readouterr().out.splitlines()


def test_a_report_is_shown_whole(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(" ".join(shown(capsys, monkeypatch)).split())

    for name in MEANS:
        assert name in text
    for words in (
        "blend *", "personal-top b", "0.3664 .351–.381", "novelty@10", "returned@10", "on repeats", "on new",
        "cold items", "cold people", "session-knn: 212 sessions, 2,000 needed", "2011-09-18 to 2011-10-09",
        "other tasks", "together", "placements", "home: blend won", "buy-again: nobody could be judged",
        "6 settings tried in 30 s", "als: factors 128, alpha 5.0", "blend = 0.60 personal-top + 0.40 als",
        "winner: blend. blend leads on validation",
    ):  # fmt: skip
        assert words in text


@pytest.mark.parametrize("columns", [80, 100, 200])
def test_tables_can_be_read_at_any_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    drawn = [line for line in shown(capsys, monkeypatch, columns) if line[:1] in "┏┡│└┃"]

    assert len(drawn) > 30
    assert max(map(len, drawn)) <= min(columns, 100)
    # No name or number is folded into a second line of its row.
    assert not [line for line in drawn if line.startswith("│ ")]


def test_in_brief_a_report_is_its_ranking_its_tasks_and_its_winner(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    brief(REPORT)
    lines = capsys.readouterr().out.splitlines()
    text = " ".join(" ".join(lines).split())

    for words in (*MEANS, "0.3664 .351–.381", "other tasks", "winner: blend", "--html report.html"):
        assert words in text
    assert "novelty@10" not in text and "windows" not in text
    assert 2 * len(lines) < len(shown(capsys, monkeypatch))


def test_a_bare_report_is_shown_too(capsys: pytest.CaptureFixture[str]) -> None:
    bare = msgspec.structs.replace(
        REPORT, windows=(), also=(), placements={}, tried=(), settings={}, blend=None, winner=None
    )

    show(bare)

    text = capsys.readouterr().out
    assert "winner: none" in text
    assert "windows" not in text and "placements" not in text and "search" not in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--budget", "ten"), "--budget: must be a number and s, m or h"),
        (("--html", "."), "--html: is a folder; name a file in it"),
        (("--html", "nowhere/report.html"), "--html: must be in a folder that there is"),
    ],
)
def test_a_mistake_is_told_before_anything_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)  # without a workspace

    result = run("evaluate", *words, code=1)

    assert message in " ".join(result.stderr.split())


def test_the_page_is_written_beside_what_programs_read(demo: Demo, tmp_path: Path) -> None:
    folder, page = demo.copy(tmp_path / "workspace"), tmp_path / "report.html"
    page.write_text("an older page", encoding="utf-8")

    result = run("evaluate", "academy", "--config", folder, "--windows", "1", "--html", page, "--json")

    (report,) = json.loads(result.stdout)
    assert len(report["windows"]) <= 1
    text = page.read_text(encoding="utf-8")
    assert text.lstrip().startswith("<!doctype html>")
    assert all(row["name"] in text for row in report["rows"])
    assert report["winner_reason"] in text


def test_a_page_that_cannot_be_written_is_told(demo: Demo, tmp_path: Path) -> None:
    folder, page = demo.copy(tmp_path / "workspace"), tmp_path / ("x" * 300 + ".html")

    result = run("evaluate", "academy", "--config", folder, "--windows", "1", "--html", page, code=1)

    assert "too long" in " ".join(result.stderr.split())
