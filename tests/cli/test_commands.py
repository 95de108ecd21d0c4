"""Every command, as somebody types it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from demo_workspace import Demo
from penchant.cli import app
from penchant.config import FILE_NAME

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs a command in this process; what it raises beyond an exit code is an error of the test."""

    def command(*words: str | Path, code: int = 0) -> Result:
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert result.exit_code == code, (result.stdout, result.stderr)
        assert "Traceback" not in result.output
        return result

    return command


@pytest.fixture(scope="module")
def academy(demo: Demo, tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """A workspace made by commands alone: the academy's files imported, trained twice, first judged, then not."""
    folder = tmp_path_factory.mktemp("academy")
    shutil.copytree(demo.folder / "data" / "academy", folder / "data" / "academy")
    shutil.copy(demo.folder / FILE_NAME, folder)
    run("import", "academy-items", "academy-events", "--config", folder)
    run("train", "academy", "--config", folder)
    run("train", "academy", "--no-evaluate", "--config", folder)
    return folder


def unwrapped(text: str) -> str:
    return " ".join(text.split())


# help


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    def below(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
        yield path, command
        for name, inner in getattr(command, "commands", {}).items():
            yield from below((*path, name), inner)

    return below((), typer.main.get_command(app))


@pytest.mark.parametrize("path", [path for path, _ in commands()], ids=" ".join)
def test_every_command_explains_itself_in_a_sentence(run: Run, path: tuple[str, ...]) -> None:
    command = dict(commands())[path]

    text = unwrapped(run(*path, "--help").stdout)

    assert command.help is not None
    assert command.help[0].isupper()
    assert command.help.endswith(".")
    assert "Usage:" in text
    assert all(parameter.help for parameter in command.params if parameter.name != "help"), path


def test_the_commands_are_those_the_documentation_names() -> None:
    names = {" ".join(path) for path, _ in commands()}

    assert names == {
        "", "init", "check", "import", "train", "evaluate", "advise", "recommend", "prove", "serve", "demo",
        "schedule", "drift", "questions",
        "releases", "releases list", "releases roll-back",
        "keys", "keys create", "keys list", "keys revoke", "keys sign",
        "failed", "failed list", "failed show", "failed replay", "failed drop",
        "people", "people show", "people export", "people erase", "people unmerge", "people link", "people consent",
        "people erasures", "people readmit",
        "items", "items show", "items put", "items set", "items delete",
        "feeds", "feeds add", "feeds run", "feeds list", "feeds show", "feeds remove",
        "rules", "rules list", "rules add", "rules show", "rules end", "rules remove", "rules history",
        "placements", "placements list", "placements show", "placements put", "placements check", "placements remove",
        "placements history",
            "slates", "slates show",
    }  # fmt: skip


def test_no_command_at_all_shows_the_help(run: Run) -> None:
    assert "recommend" in run(code=2).output


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").stdout.strip() == "0.1.0"


# init and check


def test_a_new_workspace_is_written_checked_and_not_written_twice(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    wrote = run("init", folder, "--domain", "daily", "--pack", "content")
    assert str(folder / FILE_NAME) in wrote.stdout
    assert "penchant check" in wrote.stdout
    text = (folder / FILE_NAME).read_text("utf-8")

    checked = run("check", "--config", folder)
    again = run("init", folder, code=1)

    assert "1 domain" in checked.stdout
    assert "daily: pack content" in checked.stdout
    assert "was not touched" in again.stderr
    assert (folder / FILE_NAME).read_text("utf-8") == text


@pytest.mark.parametrize(
    ("words", "hint"), [(("--pack", "produkt"), 'did you mean "product"?'), (("--domain", "My Shop"), "lower-case")]
)
def test_a_workspace_that_cannot_be_is_not_written(run: Run, tmp_path: Path, words: tuple[str, ...], hint: str) -> None:
    result = run("init", tmp_path, *words, code=1)

    assert hint in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_check_speaks_json_and_names_files_that_are_missing(run: Run, demo: Demo, tmp_path: Path) -> None:
    shutil.copy(demo.folder / FILE_NAME, tmp_path)

    told = json.loads(run("check", "--config", tmp_path / FILE_NAME, "--json").stdout)
    shown = run("check", "--config", tmp_path).stdout

    assert told["ok"] is True
    assert told["domains"] == {"shop": "product", "channel": "content", "academy": "learning"}
    assert len(told["digest"]) == 12
    assert "shop-items" in told["files_missing"]
    assert f"no such file yet: {tmp_path / 'data/shop/items.jsonl'}" in shown


FIVE_MISTAKES = """\
[server]
port = "eighty"

[domains.shop]
pack = "produkt"

[domains.news]
pack = "content"
objectve = "completion"

[placements.front]
domain = "new"
size = 0
"""


@pytest.mark.parametrize("command", [("check",), ("check", "--json"), ("train",), ("serve",), ("recommend", "home")])
def test_five_mistakes_are_shown_at_once_each_with_its_line(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / FILE_NAME).write_text(FIVE_MISTAKES, encoding="utf-8")

    result = run(*command, "--config", tmp_path, code=2)

    lines = result.stderr.splitlines()
    assert lines[0] == "5 problems in the configuration:"
    assert [line.split()[0] for line in lines[1:]] == [f"penchant.toml:{n}" for n in (2, 5, 9, 12, 13)]
    assert "whole number" in lines[1]
    assert 'did you mean "product"?' in lines[2]
    assert "objective" in lines[3]
    assert 'did you mean "news"?' in lines[4]
    assert result.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_without_a_configuration_the_way_to_one_is_told(run: Run, tmp_path: Path) -> None:
    result = run("check", "--config", tmp_path, code=2)

    assert "no such file" in result.stderr
    assert "penchant init" in result.stderr


# import


def test_import_counts_what_became_of_the_rows(run: Run, academy: Path) -> None:
    again = json.loads(run("import", "academy-events", "--config", academy, "--json").stdout)

    assert len(again) == 1
    assert (again[0]["name"], again[0]["kind"], again[0]["stored"]) == ("academy-events", "events", 0)
    assert again[0]["duplicate"] == again[0]["read"] > 1000


def test_rows_that_are_refused_are_told_with_the_file_that_keeps_them(run: Run, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(
        '[domains.shop]\npack = "product"\n[[imports]]\nname = "items"\ndomain = "shop"\nkind = "items"\n'
        'path = "items.csv"\n[imports.columns]\nid = "sku"\nprice = "price"\n',
        encoding="utf-8",
    )
    (tmp_path / "items.csv").write_text("sku,price\nboot,90.5\nball,-3\nbat,much\n", encoding="utf-8")

    result = run("import", "--config", tmp_path)

    text = unwrapped(result.stdout)
    assert "items: 1 rejected: the field is no number, or outside its bounds (bad_number)" in text
    kept = Path(text.split("the rejected rows are in ")[1].split()[0])
    assert kept.is_file()
    assert "ball" in kept.read_text("utf-8")


def test_a_file_that_is_not_there_is_named(run: Run, demo: Demo, tmp_path: Path) -> None:
    shutil.copy(demo.folder / FILE_NAME, tmp_path)

    result = run("import", "academy-items", "--config", tmp_path, code=1)

    assert str(tmp_path / "data/academy/items.jsonl") in result.stderr


def test_a_workspace_without_imports_says_so(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path)

    assert "[[imports]]" in run("import", "--config", tmp_path).stdout


# train, evaluate, releases


def test_evaluate_prints_a_report_that_programs_can_read(run: Run, academy: Path) -> None:
    result = run("evaluate", "academy", "--config", academy, "--json")

    report = json.loads(result.stdout)[0]
    assert (report["domain"], report["pack"]) == ("academy", "learning")
    models = {row["name"]: row for row in report["rows"]}
    assert {"popular", "popular-week", "personal-top", "item-knn", "als"} <= models.keys()
    interval = models["item-knn"]["metrics"]["ndcg@10"]
    assert 0 <= interval["low"] <= interval["mean"] <= interval["high"] <= 1
    assert report["winner"] in models


def test_evaluate_shows_every_model_beside_the_baselines(run: Run, academy: Path) -> None:
    text = unwrapped(run("evaluate", "academy", "--config", academy).stdout)

    assert text.startswith("academy (learning): ")
    for words in ("popular-week b", "item-knn", "ndcg@10", "recall@20", "coverage@10", "next-step@3", "winner: "):
        assert words in text


def test_train_says_what_serves_now(run: Run, academy: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(academy, tmp_path / "copy")

    text = unwrapped(run("train", "academy", "--no-evaluate", "--config", folder).stdout)
    made = json.loads(run("train", "academy", "--no-evaluate", "--config", folder, "--json").stdout)

    assert ".3 serves now, with " in text
    assert "item-knn" in text
    assert made[0]["id"].endswith(".4")
    assert made[0]["evidence"]["evaluation"] is None


def listed(run: Run, folder: Path) -> list[str]:
    """The academy's releases as `releases list --json` names them."""
    releases = json.loads(run("releases", "list", "academy", "--config", folder, "--json").stdout)["academy"]
    return [release["id"] for release in releases]


def test_releases_are_listed_and_an_earlier_one_can_serve_again(run: Run, academy: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(academy, tmp_path / "copy")

    second, first = listed(run, folder)
    shown = unwrapped(run("releases", "list", "--config", folder).stdout)
    back = run("releases", "roll-back", "academy", "--config", folder)

    assert (first[-2:], second[-2:]) == (".1", ".2")
    assert f"{second}" in shown
    assert "shop: no release yet; `penchant train shop` makes one" in shown
    assert "not judged" in shown
    assert back.stdout.strip() == f"{first} serves now"
    assert listed(run, folder) == [first, second]
    forward = run("releases", "roll-back", "academy", "--to", second, "--config", folder)
    assert forward.stdout.strip() == f"{second} serves now"


def test_a_damaged_release_is_listed_with_what_is_wrong(run: Run, academy: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(academy, tmp_path / "copy")
    newest = sorted((folder / "releases" / "academy").glob("academy-*"))[-1]
    array = next(newest.glob("popular.*.npy"))
    array.write_bytes(array.read_bytes()[:-1] + b"\x00\x01")

    rows = json.loads(run("releases", "list", "academy", "--config", folder, "--json").stdout)["academy"]
    shown = unwrapped(run("releases", "list", "academy", "--config", folder).stdout)

    assert "SHA-256" in rows[0]["error"]
    assert rows[1]["id"].endswith(".1")
    assert "refused" in shown
    assert newest.name in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("releases", "roll-back", "shop"), 'no earlier release of domain "shop"'),
        (("releases", "roll-back", "academie"), 'did you mean "academy"?'),
        (("releases", "roll-back", "academy", "--to", "x"), 'no release "x"'),
        (("releases", "list", "academie"), 'did you mean "academy"?'),
        (("train", "academie"), 'did you mean "academy"?'),
        (("train", "shop"), "import some first"),
        (("evaluate", "shop"), "import some first"),
        (("import", "academy-event"), 'did you mean "academy-events"?'),
        (("recommend", "next-stop"), 'did you mean "next-step"?'),
        (("recommend", "similar"), "domain: must say which: shop, channel, academy"),
        (("recommend", "explore-topic"), "needs at least one item"),
        (("recommend", "next-step", "--filter", "{"), "filter: is not JSON"),
        (("recommend", "next-step", "--filter", "[]"), "filter: must be an object"),
        (("recommend", "next-step", "--filter", '{"field": "tpic", "eq": 1}'), 'did you mean "topic"?'),
        (("recommend", "next-step", "--user", ""), "user_id"),
    ],
)
def test_a_mistake_is_answered_with_a_sentence(run: Run, academy: Path, words: tuple[str, ...], message: str) -> None:
    result = run(*words, "--config", academy, code=1)

    assert message in result.stderr
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


@pytest.mark.parametrize("words", [("recommend", "next-step", "--n", "0"), ("recommend", "next-step", "--n", "10000")])
def test_a_number_out_of_range_is_a_wrong_usage(run: Run, academy: Path, words: tuple[str, ...]) -> None:
    assert "--n" in run(*words, "--config", academy, code=2).stderr


# recommend


def test_recommend_shows_what_and_why(run: Run, academy: Path, demo: Demo) -> None:
    text = run("recommend", "next-step", "--user", "somebody", "--config", academy).stdout
    slate = json.loads(run("recommend", "next-step", "--user", "somebody", "--config", academy, "--json").stdout)

    assert "academy / next-step" in text
    assert len(slate["items"]) == 3
    for item in slate["items"]:
        assert demo.items["academy"][item["id"]]["title"].split()[0] in text
    assert slate["degraded"] == []


def test_recommend_explains_how_each_item_came_to_its_place(run: Run, academy: Path) -> None:
    asked = ["recommend", "next-step", "--user", "lea", "--config", academy]
    told = json.loads(run(*asked, "--explain", "--json").stdout)
    text = unwrapped(run(*asked, "--explain").stdout)
    plain = json.loads(run(*asked, "--json").stdout)

    assert [item["id"] for item in told["explanation"]["items"]] == [item["id"] for item in plain["items"]]
    assert told["explanation"]["objective"] in text
    assert f"served by the {told['explanation']['by']}" in text
    assert all(word in text for word in ("relevance", "chance", told["explanation"]["formula"].split()[0]))
    assert "candidates valued" in text


def test_recommend_takes_all_a_request_may_say(run: Run, demo: Demo, tmp_path: Path) -> None:
    folder = demo.copy(tmp_path / "workspace")
    about = demo.played.opened[0]
    only = json.dumps({"field": "category", "eq": "Shoes > Running"})

    result = run(
        "recommend", "also-like", "-d", "shop", "-a", "cookie", "-i", about, "-i", "no-such", "-n", "4",
        "--filter", only, "--region", "DE", "--config", folder, "--json",
    )  # fmt: skip

    slate = json.loads(result.stdout)
    assert slate["domain"] == "shop"
    assert len(slate["items"]) == 4
    assert {demo.items["shop"][item["id"]]["category"] for item in slate["items"]} == {"Shoes > Running"}
    assert slate["degraded"] == ["unknown item: no-such"]


def test_titles_are_printed_as_they_are(run: Run, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(
        '[domains.shop]\npack = "product"\n[[imports]]\nname = "items"\ndomain = "shop"\nkind = "items"\n'
        'path = "items.jsonl"\n[imports.columns]\nid = "id"\ntitle = "title"\n',
        encoding="utf-8",
    )
    (tmp_path / "items.jsonl").write_text('{"id": "b1", "title": "[sale] :basket: [/red]"}\n', encoding="utf-8")
    run("import", "--config", tmp_path)

    text = run("recommend", "home", "--config", tmp_path).stdout

    assert "[sale] :basket: [/red]" in unwrapped(text)


def test_a_placement_with_nothing_to_show_says_so(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path)

    assert "nothing may be shown" in run("recommend", "home", "--config", tmp_path).stdout
