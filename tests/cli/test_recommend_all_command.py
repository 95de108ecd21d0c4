"""`penchant recommend --all --out FILE`, as somebody types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from demo_workspace import Demo
from penchant.cli import app

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def workspace(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo.copy(tmp_path_factory.mktemp("listed") / "workspace")


def command(*words: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code == code, (result.stdout, result.stderr)
    return result


def test_everybody_gets_a_list_in_a_file(workspace: Path, demo: Demo, tmp_path: Path) -> None:
    file = tmp_path / "steps.parquet"
    said = command(
        *("recommend", "next-step", "--all", "--out", file, "--n", "3", "--field", "title", "--json"),
        *("--config", workspace),
    )

    told, table = json.loads(said.stdout), pq.read_table(file)
    people = set(filter(None, demo.worlds["academy"].events["user_id"].to_pylist()))
    assert told["people"] > 100 and told["rows"] == table.num_rows
    assert people <= {*filter(None, table["user_id"].to_pylist())} or told["empty"]
    assert set(table["domain"].to_pylist()) == {"academy"}
    assert all(table["fields.title"].to_pylist())
    assert set(table["slate_id"].to_pylist()) == {None}
    assert [path.name for path in tmp_path.iterdir()] == ["steps.parquet"]


def test_some_people_get_lists_that_are_logged(workspace: Path, demo: Demo, tmp_path: Path) -> None:
    names = sorted(set(filter(None, demo.worlds["shop"].events["user_id"].to_pylist())))[:3]
    (tmp_path / "people.txt").write_text("\n".join(names))
    asked = ("recommend", "home", "--people", tmp_path / "people.txt", "--out", tmp_path / "home.csv", "--log")

    said = command(*asked, "--config", workspace)

    assert "3 lists, 30 rows" in said.stdout
    lines = (tmp_path / "home.csv").read_text().splitlines()
    assert len(lines) == 31 and lines[0].startswith("user_id,anonymous_id,domain,placement,release,position,item")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--all",), "--out: is needed"),
        (("--all", "--out", "lists.xlsx"), "must end with .parquet, .csv, .jsonl"),
        (("--all", "--out", "x.csv", "--user", "ann"), "--user: does not go with --all"),
        (("--all", "--out", "x.csv", "--people", "p.txt"), "--people: does not go with --all"),
        (("--out", "x.csv"), "--out: goes with --all or --people"),
        (("--log",), "--log: goes with --all or --people"),
        (("--all", "--out", "x.csv", "--allowing", "sms"), "--allowing: must be one of"),
        (("--all", "--out", "x.csv", "--audience", "{"), "audience: is not JSON"),
        (("--all", "--out", "x.csv", "--field", "titel"), 'did you mean "title"?'),
        (("--people", "no-such-file", "--out", "x.csv"), "--people: cannot be read"),
    ],
)
def test_what_does_not_go_is_said(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)

    result = command("recommend", "home", *words, "--config", workspace, code=1)

    assert told in " ".join(result.stderr.split())
    assert [*tmp_path.iterdir()] == []
