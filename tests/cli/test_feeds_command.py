"""`penchant feeds`: as somebody types it, against a real web site."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner, Result

from feed_site import Answer, Site, tsv
from penchant.cli import app, feeds
from penchant.config import FILE_NAME
from penchant.engine import Engine

Run = Callable[..., Result]


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path, site: Site) -> Path:
    text = f'[domains.shop]\npack = "product"\n[domains.news]\npack = "content"\n[feeds]\nprivate = ["{site.host}"]\n'
    (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs `penchant feeds`; what it raises beyond an exit code is an error of the test."""

    def command(*words: str, code: int = 0) -> Result:
        result = CliRunner(env={"COLUMNS": "300"}).invoke(app, ["feeds", *words, "--config", str(folder)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert result.exit_code == code, (result.stdout, result.stderr)
        return result

    return command


def feed(**prices: str) -> str:
    return tsv(*({"id": id, "title": f"Title {id}", "link": "", "price": price} for id, price in prices.items()))


def items(folder: Path) -> dict[str, Any]:
    with Engine.open(folder, None, {}) as engine:
        return engine.items_of("shop", list("abcdefghijklm"))


def test_a_feed_that_is_added_is_pulled_and_told(run: Run, site: Site, folder: Path) -> None:
    site["/feed.tsv"] = feed(a="9.00 EUR", b="8.00 EUR")

    made = run("add", "main", f"{site.url}/feed.tsv", "--domain", "shop", "--every", "1h")

    assert made.stderr == "main is added\n"
    assert "main has 2 items: 2 added, 0 changed, 0 gone, 0 the same" in made.stdout
    assert "  + a  Title a" in made.stdout
    assert set(items(folder)) == {"a", "b"}
    assert run("add", "main", f"{site.url}/feed.tsv", "--domain", "shop").stderr == "main is changed\n"


def test_what_changed_is_shown_with_what_it_was(run: Run, site: Site) -> None:
    site["/feed.tsv"] = feed(a="9.00 EUR", b="8.00 EUR", c="7.00 EUR", d="6.00 EUR", e="6.00 EUR", f="6.00 EUR")
    run("add", "main", f"{site.url}/feed.tsv", "--domain", "shop")
    site["/feed.tsv"] = feed(a="5.00 EUR", c="7.00 EUR", d="6.00 EUR", e="6.00 EUR", f="free", g="1.00 EUR")

    told = run("run").stdout

    assert "1 added, 1 changed, 1 gone, 3 the same, 1 kept, 1 refused" in told
    assert "  ~ a  Title a  price: 9.0 → 5.0" in told
    assert "  - b  Title b" in told
    assert "  ! at 6, f, price: " in told
    assert "main: nothing has changed; 6 items" in run("run", "main").stdout


def test_later_means_not_now(run: Run, site: Site) -> None:
    assert run("add", "main", f"{site.url}/feed.tsv", "-d", "shop", "--every", "15m", "--later").stdout == ""
    assert site.requests == []
    site["/feed.tsv"] = feed(a="9.00 EUR")

    assert "1 added" in run("run", "--due").stdout
    assert run("run", "--due").stdout == "no feed is due\n"


def test_a_feed_that_cannot_be_pulled_is_kept_and_said(run: Run, site: Site, folder: Path) -> None:
    failed = run("add", "main", f"{site.url}/feed.tsv", "--domain", "shop", code=1)

    assert "main: refused, nothing was taken: the server 127.0.0.1 has nothing at this address (404)" in failed.stdout
    assert "the feed is kept: mend it and `penchant feeds run main`" in failed.stderr
    assert "refused" in run("list").stdout
    site["/feed.tsv"] = feed(a="9.00 EUR")
    assert "1 added" in run("run", "main").stdout


def test_one_that_is_refused_stops_no_other(run: Run, site: Site, folder: Path) -> None:
    site["/good.tsv"] = feed(a="9.00 EUR")
    run("add", "bad", f"{site.url}/bad.tsv", "--domain", "shop", "--later")
    run("add", "good", f"{site.url}/good.tsv", "--domain", "shop", "--later")

    told = run("run", code=1).stdout

    assert "bad: refused" in told
    assert "good has 1 item" in told


def test_a_feed_that_shrinks_is_taken_by_force_alone(run: Run, site: Site, folder: Path) -> None:
    site["/feed.tsv"] = feed(a="9.00 EUR", b="8.00 EUR", c="7.00 EUR")
    run("add", "main", f"{site.url}/feed.tsv", "--domain", "shop")
    site["/feed.tsv"] = feed(a="9.00 EUR")

    refused = run("run", "main", code=1).stdout
    assert "2 of 3 items are gone, more than 30%; run again with --force to take it" in refused
    assert "  - b  Title b" in refused
    assert set(items(folder)) == {"a", "b", "c"}
    assert "would have 1 item" in run("run", "main", "--force", "--dry-run").stdout
    assert set(items(folder)) == {"a", "b", "c"}
    assert "2 gone" in run("run", "main", "--force").stdout
    assert set(items(folder)) == {"a"}


def test_a_table_is_read_by_its_mapping(run: Run, folder: Path) -> None:
    (folder / "products.csv").write_text("sku;name;price\na;Shoe;9,90\n", encoding="utf-8")

    words = ("--dialect", "tabular", "--column", "id=sku", "--column", "title=name", "--column", "price=price")
    told = run("add", "main", "products.csv", "--domain", "shop", *words, "--currency", "EUR").stdout

    assert "1 added" in told
    assert items(folder)["a"].price == 9.9


def test_programs_are_told_in_json(run: Run, site: Site) -> None:
    site["/feed.tsv"] = feed(a="9.00 EUR")
    run("add", "main", f"{site.url}/feed.tsv?key=s3cret", "--domain", "shop", "--later", "--every", "1d")
    site["/feed.tsv?key=s3cret"] = site.pages["/feed.tsv"]

    [report] = json.loads(run("run", "--json").stdout)
    assert (report["feed"], report["status"], report["added"]) == ("main", "applied", 1)
    [listed] = json.loads(run("list", "--json").stdout)
    assert (listed["url"], listed["every"]) == (f"{site.url}/feed.tsv?key=…", 86_400)
    assert listed["due"].endswith("Z")
    shown = json.loads(run("show", "main", "--json").stdout)
    assert [one["status"] for one in shown["runs"]] == ["applied"]

    site["/feed.tsv?key=s3cret"] = Answer(status=500)
    [report] = json.loads(run("run", "--json", code=1).stdout)
    assert (report["status"], report["step"]) == ("refused", "fetch")


def test_secrets_are_never_shown(run: Run, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_TOKEN", "t0ken")
    site["/feed.tsv"] = feed(a="9.00 EUR")
    address = site.url.replace("://", "://ann:s3cret@") + "/feed.tsv"
    words = ("--header", "Authorization: Bearer ${FEED_TOKEN}", "--header", "X-Key: s3cret")
    run("add", "main", address, "--domain", "shop", *words)

    assert site.requests[0][1]["authorization"] == "Bearer t0ken"
    for command in (("list",), ("list", "--json"), ("show", "main"), ("show", "main", "--json")):
        told = run(*command)
        assert "s3cret" not in told.output
        assert "t0ken" not in told.output
    assert 'headers: ["Authorization","X-Key"]' in run("show", "main").stdout


def test_a_feed_is_shown_with_its_runs(run: Run, site: Site) -> None:
    site["/feed.tsv"] = feed(a="9.00 EUR")
    run("add", "main", f"{site.url}/feed.tsv", "--domain", "shop", "--max-gone", "0.5", "--later")
    assert "it was never pulled" in run("show", "main").stdout
    run("run")

    told = run("show", "main").stdout

    assert "max-gone: 0.5" in told
    assert "every: by hand" in told
    assert "dialect: auto (merchant)" in told
    assert "  + a  Title a" in told


def test_the_list_fits_a_narrow_screen(folder: Path, site: Site) -> None:
    site["/feed.tsv"] = feed(a="9.00 EUR")
    for words in (
        ["add", "main", f"{site.url}/feed.tsv", "--domain", "shop", "--every", "1h"],
        ["list"],
        ["show", "main"],
    ):
        result = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["feeds", *words, "--config", str(folder)])

    assert "│ applied │     1 │     1 │       0 │    0 │       0│" in result.stdout
    listed = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["feeds", "list", "--config", str(folder)]).stdout
    assert re.search(r"│main +│ shop +│ 1h +│ \d+ s ago +│ applied +│ in \d+ (min|h) +│ +1│", listed), listed


def test_a_feed_is_removed_with_its_items_or_without(run: Run, site: Site, folder: Path) -> None:
    site["/feed.tsv"] = feed(a="9.00 EUR")
    for words, said, left in (((), "main is removed; its items stay", {"a"}), (("--items",), "with 1 item", set())):
        run("add", "main", f"{site.url}/feed.tsv", "--domain", "shop")
        assert said in run("remove", "main", *words).stdout
        assert set(items(folder)) == left
    assert "no feed yet" in run("list").stdout
    assert "no feed yet" in run("run").stdout


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("add", "main", "https://shop.example/feed"), "--domain: must say which: shop, news"),
        (("add", "main", "https://shop.example/feed", "-d", "shopp"), 'did you mean "shop"?'),
        (("add", "Main", "https://shop.example/feed", "-d", "shop"), "name"),
        (("add", "main", "ftp://shop.example/feed", "-d", "shop"), "must begin with http"),
        (("add", "main", "https://shop.example/feed", "-d", "shop", "--every", "now"), "from 1m to 90d"),
        (
            ("add", "main", "https://shop.example/feed", "-d", "shop", "--column", "price"),
            "must look like field=column",
        ),
        (("add", "main", "https://shop.example/feed", "-d", "shop", "--header", "t0ken"), "must look like Name: value"),
        (("add", "main", "https://shop.example/feed", "-d", "shop", "--gone", "hide"), "must be delete or keep"),
        (("add", "main", "https://shop.example/feed", "-d", "shop", "--dialect", "rss"), "tells of content"),
        (("run", "main"), 'no feed "main"'),
        (("show", "main"), 'no feed "main"'),
        (("remove", "main"), 'no feed "main"'),
    ],
)
def test_what_cannot_be_is_said_in_words(run: Run, words: tuple[str, ...], hint: str) -> None:
    failed = run(*words, code=1)

    assert hint in failed.stderr
    assert "t0ken" not in failed.output
    assert run("list", "--json").stdout == "[]\n"


def test_every_option_is_described_and_every_described_option_exists() -> None:
    text = (Path(__file__).parents[2] / "docs" / "feeds.md").read_text(encoding="utf-8")
    command = typer.main.get_command(feeds.app)
    assert isinstance(command, TyperGroup)
    named = {option for one in command.commands.values() for parameter in one.params for option in parameter.opts}
    options = {option for option in named if option.startswith("--")}

    assert set(re.findall(r"`(--[a-z-]+)", text)) <= options
    assert {option for option in options if option not in text} == set()
    assert set(re.findall(r"penchant feeds ([a-z]+)", text)) == set(command.commands)
