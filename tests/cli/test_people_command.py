"""`penchant people`, as somebody types it."""

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
from penchant.events import Consent, Event, Link, Trait

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with one person, Ann, of whom a little is held."""
    (tmp_path / FILE_NAME).write_text('[domains.shop]\npack = "product"\n', encoding="utf-8")
    with Engine.open(tmp_path, environment={}) as engine:
        engine.store.append(
            [Event("shop", "web", "m1", 0, "Product Viewed", "ann", "phone", 86_400_000, 86_400_000, "shoe")],
            links=[Link("user:ann", "anon:phone", 1, "web", "event")],
            traits=[Trait("user:ann", "city", b'"Graz"', 60_000, "web")],
            consents=[Consent("user:ann", "ads", True, 60_000, "web")],
        )
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs `penchant people …` on the workspace."""

    def command(*words: str | Path, code: int = 0, typed: str | None = None) -> Result:
        arguments = ["people", *map(str, words), "--config", str(folder)]
        result = CliRunner().invoke(app, arguments, input=typed)
        assert result.exit_code == code, (result.output, result.exception)
        assert "Traceback" not in result.output
        return result

    return command


def test_a_person_is_shown_in_tables(run: Run) -> None:
    text = run("show", "anon:phone").stdout

    for told in ("user:ann", "anon:phone, user:ann", "1 event, ", "from 1970-01-02 00:00", "Graz", "event, web"):
        assert told in text
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in text.splitlines()]
    assert ["ads", "allowed", "1970-01-01 00:01", "web"] in rows
    assert ["email", "forbidden", "never", "configuration"] in rows
    assert ["city", '"Graz"', "1970-01-01 00:01", "web", "user:ann"] in rows


def test_a_person_is_shown_for_programs(run: Run) -> None:
    told = json.loads(run("show", "user:ann", "--json").stdout)

    assert told["ids"] == ["anon:phone", "user:ann"]
    assert told["traits"]["city"]["value"] == "Graz"
    assert [link["how"] for link in told["links"]] == ["event"]


def test_an_export_goes_to_a_file_that_only_its_owner_reads(run: Run, tmp_path: Path) -> None:
    to = tmp_path / "ann.jsonl"
    said = run("export", "user:ann", "--out", to)

    lines = [json.loads(line) for line in to.read_text().splitlines()]
    assert [line["record"] for line in lines] == ["person", "link", "trait", "consent", "event", "end"]
    assert to.stat().st_mode & 0o077 == 0
    assert "6 lines" in said.stderr
    assert run("export", "user:ann").stdout_bytes.count(b"\n") == 6
    assert "--out: cannot be written" in run("export", "user:ann", "--out", tmp_path, code=1).stderr


def test_erasing_says_what_will_go_and_asks(run: Run) -> None:
    said = run("erase", "user:ann", typed="n\n", code=1)

    assert "anon:phone, user:ann" in said.stderr
    assert "1 event, 1 link, 1 trait, 1 consent" in said.stderr
    assert json.loads(run("show", "user:ann", "--json").stdout)["held"]["events"] == 1
    assert "nobody was erased" in run("erasures").stdout


def test_an_erased_person_has_a_receipt_and_can_be_let_in_again(run: Run) -> None:
    told = run("erase", "user:ann", typed="y\n").stdout

    assert "erased" in told
    [receipt] = json.loads(run("erasures", "--json").stdout)
    assert (receipt["state"], receipt["removed"]["events"], len(receipt["ids"])) == ("done", 1, 2)
    assert receipt["id"] in run("erasures").stdout
    assert "erased: what comes under this id is refused" in run("show", "user:ann").stdout
    assert json.loads(run("readmit", "user:ann", "--json").stdout) == {"readmitted": True}
    assert "was not erased" in run("readmit", "user:ann").stdout


def test_with_yes_nothing_is_asked(run: Run) -> None:
    said = run("erase", "user:ann", "--yes", "--json")

    assert json.loads(said.stdout)["state"] == "done"
    assert "Erase?" not in said.output


def test_ids_are_parted_and_joined(run: Run) -> None:
    assert "two persons now" in run("unmerge", "user:ann", "anon:phone").stdout
    assert "no link" in run("unmerge", "user:ann", "anon:phone", code=1).stderr
    assert "one person now" in run("link", "user:ann", "anon:phone").stdout
    run("link", "user:bob", "user:ann")
    run("link", "user:bob", "anon:phone")
    assert "still one person" in run("unmerge", "user:bob", "anon:phone").stdout
    assert json.loads(run("unmerge", "user:bob", "user:ann", "--json").stdout) == {"parted": True}
    assert "belongs to none of them" in run("link", "user:bob", "anon:phone").stdout


def test_consent_is_granted_and_denied(run: Run) -> None:
    told = json.loads(run("consent", "user:ann", "--grant", "email", "--deny", "ads", "--json").stdout)

    assert {purpose: said["granted"] for purpose, said in told.items()} == {
        "analytics": True,
        "personalization": True,
        "email": True,
        "ads": False,
    }
    assert "email" in run("consent", "user:ann").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "ann"), "as in user:42"),
        (("consent", "user:ann", "--grant", "adds"), "must name some of"),
        (("consent", "user:ann", "--grant", "ads", "--deny", "ads"), "--grant names too"),
        (("link", "user:ann", "user:ann"), "must be another id"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(run: Run, words: tuple[str, ...], said: Any) -> None:
    assert said in run(*words, code=1).stderr
