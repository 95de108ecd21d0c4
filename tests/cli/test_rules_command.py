"""`penchant rules`, as somebody types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from penchant.cli import app
from penchant.config import FILE_NAME
from penchant.engine import Engine
from penchant.serving import RecommendationRequest

Run = Callable[..., Result]
ALTO = '{"field": "brand", "eq": "Alto"}'
ITEMS = [{"id": "b1", "title": "One", "brand": "Alto"}, {"id": "b2", "title": "Two"}, {"id": "b3", "active": False}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / FILE_NAME).write_text('[domains.books]\npack = "product"\n')
    with Engine.open(tmp_path, environment={}) as engine:
        engine.put_items("books", ITEMS)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs a subcommand of `penchant rules` in this process."""

    def command(*words: str | Path, code: int = 0) -> Result:
        result = CliRunner(env={"COLUMNS": "200"}).invoke(
            app, ["rules", *(str(word) for word in words), "--config", str(folder)]
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert result.exit_code == code, (result.stdout, result.stderr)
        return result

    return command


def listed(run: Run, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("list", *words, "--json").stdout)
    return found


def test_a_rule_is_added_by_options_and_obeyed(run: Run, folder: Path) -> None:
    words = ["--filter", ALTO, "--factor", "1.5", "--placement", "home", "--ends", "2999-12-24", "--name", "Alto weeks"]
    said = run("add", "boost", *words, "--priority", "3", "--note", "why not", "--id", "alto").stdout
    run("add", "pin", "--item", "b2", "--item", "ghost")

    assert said == "rule alto, revision 1, is running: boost is about 1 item\n"
    pinned, _ = sorted(listed(run), key=lambda one: one["id"] == "alto")
    [alto] = [one for one in listed(run) if one["id"] == "alto"]
    assert (alto["by"], alto["state"], pinned["rule"]["items"]) == ("cli", "running", ["b2", "ghost"])
    assert alto["rule"] == {
        "action": "boost",
        "name": "Alto weeks",
        "filter": {"field": "brand", "eq": "Alto"},
        "placements": ["home"],
        "factor": 1.5,
        "ends": "2999-12-25T00:00:00Z",
        "priority": 3,
        "note": "why not",
    }
    with Engine.open(folder, environment={}) as engine:
        assert engine.recommend(RecommendationRequest(placement="home")).items[0].id == "b2"


def test_it_says_what_a_rule_is_about_now(run: Run) -> None:
    assert (
        "is about 3 items, 1 of them switched off"
        in run("add", "exclude", "--filter", '{"not": {"field": "brand", "eq": "Brio"}}').stdout
    )
    assert "not in the catalog: ghost" in run("add", "list", "--item", "b1", "--item", "ghost").stdout
    seed = '{"field": "brand", "eq": {"seed": "brand"}}'
    assert "about items that depend on the request" in run("add", "exclude", "--filter", seed).stdout


def test_a_rule_is_added_from_a_file_and_said_anew_under_its_id(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "rule.json"
    file.write_text('{"action": "set", "items": ["b1", "b2"]}')
    made = json.loads(run("add", "--file", file, "--id", "look", "--json").stdout)
    file.write_text('{"action": "set", "items": ["b1", "b2", "b3"]}')
    again = json.loads(run("add", "--file", file, "--id", "look", "--json").stdout)

    assert (made["revision"], again["revision"]) == (1, 2)
    assert again["about"] == {"items": 3, "active": 2, "unknown": []}


def test_the_list_is_a_table(run: Run) -> None:
    assert "no rules yet" in run("list").stdout
    run("add", "quota", "--filter", ALTO, "--least", "1", "--most", "4", "--id", "share")
    run("add", "list", *[w for n in range(5) for w in ("--item", f"i{n}")], "--id", "picks", "--ends", "2020-01-01")
    table = run("list").stdout

    assert "quota 1–4" in table and "everywhere" in table
    assert "ended" in table
    assert [one["id"] for one in listed(run, "--running")] == ["share"]


def test_what_a_rule_is_about_is_read_without_json(run: Run) -> None:
    nested = (
        '{"all": [%s, {"not": {"field": "price", "range": [9, null]}}, {"any": [%s, {"field": "id", "eq": "b1"}]}]}'
    )
    audience = '{"field": "context.device", "eq": "kiosk"}'
    run("add", "exclude", "--filter", nested % (ALTO, ALTO), "--id", "out", "--ends", "2999-12-24")
    run("add", "pin", "--item", "b1", "--id", "first", "--placement", "home", "--audience", audience)
    told = " ".join(run("history").stdout.split())

    assert 'exclude: brand eq "Alto" and not (price range [9,null]) and (brand eq "Alto" or id eq "b1")' in told
    assert "everywhere, until 2999-12-24" in told
    assert "pin 1: b1, home, for some" in told


def test_a_day_alone_that_ends_a_rule_is_its_last(run: Run) -> None:
    run("add", "exclude", "--item", "b1", "--id", "day", "--starts", "2026-12-01", "--ends", "2999-12-24")
    run("add", "exclude", "--item", "b1", "--id", "hour", "--ends", "2999-12-24T18:00")
    told = {one["id"]: one["rule"] for one in listed(run)}

    assert (told["day"]["starts"], told["day"]["ends"]) == ("2026-12-01T00:00:00Z", "2999-12-25T00:00:00Z")
    assert told["hour"]["ends"] == "2999-12-24T18:00:00Z"
    assert "2999-12-24" in run("list").stdout and "2999-12-25" not in run("list").stdout


def test_one_is_shown_ended_taken_out_and_remembered(run: Run) -> None:
    run("add", "exclude", "--item", "b1", "--id", "out", "--name", "for now")
    assert "name: for now" in run("show", "out").stdout
    assert json.loads(run("show", "out", "--json").stdout)["rule"]["items"] == ["b1"]

    assert run("end", "out").stdout == "out is ended\n"
    assert "has ended on" in run("end", "out").stdout
    assert listed(run)[0]["state"] == "ended"
    run("remove", "out")
    assert listed(run) == []
    kept = json.loads(run("history", "out", "--json").stdout)
    assert [(one["revision"], one["state"]) for one in kept] == [(3, "removed"), (2, "ended"), (1, "running")]
    table = run("history").stdout
    assert "taken out" in table and "exclude" in table


def test_a_rule_that_has_not_begun_is_taken_out_and_not_ended(run: Run) -> None:
    run("add", "exclude", "--item", "b1", "--id", "later", "--starts", "2999-01-01")

    assert "has not begun" in run("end", "later", code=1).stderr


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["add"], "ACTION: is needed: one of pin, boost"),
        (
            ["add", "dance", "--item", "b1"],
            "action: must be one of pin, boost, bury, exclude, quota, list, set, got 'dance'",
        ),
        (["add", "boost", "--item", "b1"], "factor: of a boost must be above 1"),
        (["add", "boost", "--item", "b1", "--factor", "2000"], "factor: must be at most 1,000"),
        (["add", "pin", "--filter", "{"], "--filter: is not JSON"),
        (["add", "pin", "--filter", '{"field": "brnd", "eq": 1}'], "filter.field: no such field"),
        (["add", "pin", "--item", "b1", "--ends", "soon"], "--ends: must be a date or a time"),
        (["add", "pin", "--item", "b1", "--placement", "hme"], 'did you mean "home"?'),
        (["add", "pin", "--item", "b1", "--domain", "boks"], 'no domain "boks"; did you mean "books"'),
        (["add", "pin", "--file", "nowhere.json", "--item", "b1"], "--file: has the whole rule"),
        (["add", "--file", "nowhere.json"], "--file: cannot be read"),
        (["show", "nothing"], 'no rule "nothing"'),
        (["end", "nothing"], 'no rule "nothing"'),
        (["remove", "nothing"], 'no rule "nothing"'),
        (["history", "nothing"], 'no rule "nothing"'),
    ],
)
def test_what_is_wrong_is_a_sentence(run: Run, words: list[str], text: str) -> None:
    assert text in run(*words, code=1).stderr


def test_with_several_domains_one_must_be_named(run: Run, folder: Path) -> None:
    (folder / FILE_NAME).write_text('[domains.books]\npack = "product"\n[domains.films]\npack = "content"\n')

    assert "--domain: must say which: books, films" in run("list", code=1).stderr
    run("add", "list", "--item", "f1", "--domain", "films")
    assert listed(run, "--domain", "books") == []
    assert len(listed(run, "--domain", "films")) == 1


def test_a_rule_that_no_longer_fits_is_told(run: Run, folder: Path) -> None:
    plain = (folder / FILE_NAME).read_text()
    (folder / FILE_NAME).write_text(plain + 'attributes = { season = "text" }\n')
    run("add", "exclude", "--filter", '{"field": "attributes.season", "eq": "winter"}', "--id", "season")
    (folder / FILE_NAME).write_text(plain)

    assert "season is not obeyed: filter.field: " in run("list").stdout
    assert "it is not obeyed" in run("show", "season").stdout
    assert listed(run, "--running") == []


def test_recommend_shows_what_a_rule_does_for_its_audience(run: Run, folder: Path) -> None:
    run("add", "pin", "--item", "b2", "--audience", '{"field": "context.device", "eq": "kiosk"}')

    def first(*words: str, code: int = 0) -> Any:
        result = CliRunner().invoke(app, ["recommend", "home", *words, "--json", "--config", str(folder)])
        assert result.exit_code == code, (result.stdout, result.stderr)
        return json.loads(result.stdout)["items"][0]["id"] if code == 0 else result.stderr

    assert [first(), first("--context", "device=kiosk"), first("--context", "device=phone")] == ["b1", "b2", "b1"]
    assert first("--exclude", "b1") == "b2"
    assert "--context: must be as in device=phone, got 'kiosk'" in first("--context", "kiosk", code=1)
