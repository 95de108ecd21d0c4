"""`penchant placements`, as somebody types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from penchant.cli import app
from penchant.config import FILE_NAME

Run = Callable[..., str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("placements")
    (folder / FILE_NAME).write_text('[domains.shop]\npack = "product"\n[domains.channel]\npack = "content"\n')
    return folder


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs a subcommand of `penchant placements` in this process; what it printed, on one line."""

    def command(*words: str | Path, code: int = 0, domain: str | None = "shop") -> str:
        options = ["--config", str(folder), *(("--domain", domain) if domain else ())]
        asked = ["placements", *(str(word) for word in words), *options]
        result = CliRunner(env={"COLUMNS": "240"}).invoke(app, asked)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert result.exit_code == code, result.output
        return " ".join(result.output.split())

    return command


def test_a_placement_is_put_shown_and_taken_out(run: Run) -> None:
    said = run("put", "footer", "--like", "bestsellers", "--size", "4", "--cap", "brand=1")
    assert said == "placement footer, revision 1, is kept"

    told = json.loads(run("show", "footer", "--json"))
    assert (told["placement"]["size"], told["placement"]["caps"]) == (4, {"brand": 1})
    shown = run("show", "footer")
    assert "revision 1 of the store" in shown and "size: 4" in shown and '"model":"popular-week"' in shown
    assert "footer" in run("list")

    assert "is taken out" in run("remove", "footer")
    history = run("history", "footer")
    assert "taken out" in history and '"size":4' in history
    assert "footer" not in run("list")


def test_a_list_says_who_has_the_last_word_on_each(run: Run) -> None:
    run("put", "popular", "--size", "3")
    origins = {one["name"]: one["origin"] for one in json.loads(run("list", "--json"))}
    assert (origins["popular"], origins["home"]) == ("store", "pack")

    assert run("remove", "popular") == "popular is taken out; it is as configuration has it"
    assert "as the pack ships it" in run("show", "popular")


def test_a_file_has_the_whole_of_it_and_a_check_keeps_nothing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "placement.json"
    file.write_text(json.dumps({"like": "popular", "sources": [{"model": "popular-week"}]}), encoding="utf-8")

    assert "popular-week" in run("check", "mine", "--file", file)
    assert "mine" not in run("list")
    assert "leave out" in run("put", "mine", "--file", file, "--size", "3", code=1)


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("put", "home"), "what is otherwise"),
        (("put", "home", "--cap", "brand"), "as brand=3"),
        (("put", "home", "--size", "0"), "size"),
        (("put", "home", "--filter", "{"), "is not JSON"),
        (("put", "hom", "--size", "3"), 'did you mean "home"'),
        (("show", "hom"), "hom"),
        (("remove", "home"), "home"),
        (("history", "home"), "home"),
    ],
)
def test_what_is_wrong_is_told(run: Run, words: tuple[str, ...], wrong: str) -> None:
    assert wrong in run(*words, code=1)


def test_of_several_domains_one_must_be_named(run: Run) -> None:
    assert "must say which: shop, channel" in run("put", "home", "--size", "3", code=1, domain=None)
