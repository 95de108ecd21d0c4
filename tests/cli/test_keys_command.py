"""`penchant keys`: make, list, end and try keys, as somebody types it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from penchant.cli import app
from penchant.clock import DAY, SystemClock
from penchant.config import FILE_NAME
from penchant.engine import Engine
from penchant.errors import KeyRejected
from penchant.keys import Kind, key_id, verify

Run = Callable[..., Result]

WRITE_KEY = "X1ZIzcYNPVmqvYKkbBGzMn6LAOXrsIWL"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = '[domains.shop]\npack = "product"\n[domains.news]\npack = "content"\n[sources.web]\ndomain = "shop"\n'
    (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs `penchant keys`; what it raises beyond an exit code is an error of the test."""

    def command(*words: str, code: int = 0, typed: str | None = None) -> Result:
        result = CliRunner().invoke(app, ["keys", *words, "--config", str(folder)], input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert result.exit_code == code, (result.stdout, result.stderr)
        return result

    return command


def listed(run: Run) -> list[dict[str, str | None]]:
    found: list[dict[str, str | None]] = json.loads(run("list", "--json").stdout)
    return found


def test_a_new_key_is_shown_once_alone_on_stdout_with_a_line_that_tries_it(run: Run, folder: Path) -> None:
    made = run("create", "--domain", "shop", "--label", "the shop's pages")

    key = made.stdout.strip()
    assert key.startswith("pk_")
    assert "nobody can show it again" in made.stderr
    assert f"curl -s -u {key}: http://127.0.0.1:8000/v1/recommendations" in made.stderr
    assert '"domain":"shop"' in made.stderr
    with Engine.open(folder, None, {}) as engine:
        found = engine.keys.find(key)
    assert (found.kind, found.domain, found.label) == (Kind.PUBLIC, "shop", "the shop's pages")


def test_the_key_itself_lies_nowhere_in_the_workspace(run: Run, folder: Path) -> None:
    key = run("create", "--kind", "sk").stdout.strip()

    run("list")
    assert all(key.encode() not in file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert key not in run("list").stdout + run("list", "--json").stdout


def test_an_admin_key_is_tried_with_what_only_it_may_ask(run: Run) -> None:
    made = run("create", "--kind", "admin")

    assert made.stdout.startswith("admin_")
    assert made.stderr.rstrip().endswith("/v1/status")


def test_json_tells_programs_the_key_and_what_is_kept_of_it(run: Run) -> None:
    made = json.loads(run("create", "--kind", "sk", "--source", "web", "--json").stdout)

    assert made["id"] == key_id(made["key"])
    assert (made["kind"], made["domain"], made["source"], made["state"]) == ("sk", "shop", "web", "works")
    assert listed(run) == [{name: value for name, value in made.items() if name != "key"}]


def test_a_write_key_that_a_site_uses_already_stays_its_key(run: Run, folder: Path) -> None:
    assert run("create", "--domain", "shop", "--value", WRITE_KEY).stdout.strip() == WRITE_KEY

    with Engine.open(folder, None, {}) as engine:
        assert engine.keys.find(WRITE_KEY).domain == "shop"
    again = run("create", "--domain", "news", "--value", WRITE_KEY, code=1)
    assert "is a key already" in again.stderr


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--domain", "shopp"), 'did you mean "shop"?'),
        (("--source", "wep"), 'did you mean "web"?'),
        (("--domain", "news", "--source", "web"), "shop"),
        (("--expires", "soon"), "as in 90d"),
        (("--expires", "0d"), "as in 90d"),
        (("--value", "short"), "8 to 200"),
        (("--kind", "admin", "--value", WRITE_KEY), "always a new one"),
        (("--value", "sk_" + "A" * 39), "slip"),
    ],
)
def test_a_key_that_cannot_be_is_not_made(run: Run, words: tuple[str, ...], hint: str) -> None:
    assert hint in run("create", *words, code=1).stderr
    assert listed(run) == []


def test_a_key_that_expires_says_when(run: Run) -> None:
    run("create", "--expires", "90d")

    state = str(listed(run)[0]["state"])
    assert state.startswith("works until 2")
    assert "works until" in " ".join(run("list").stdout.split())


def test_without_a_key_the_list_says_how_to_make_one(run: Run) -> None:
    assert "penchant keys create" in run("list").stdout
    assert listed(run) == []


def test_a_revoked_key_stops_and_stays_in_the_list(run: Run, folder: Path) -> None:
    made = json.loads(run("create", "--json").stdout)

    assert made["id"] in run("revoke", str(made["id"])).stdout

    assert str(listed(run)[0]["state"]).startswith("revoked")
    with Engine.open(folder, None, {}) as engine, pytest.raises(KeyRejected):
        engine.keys.find(made["key"])


def test_a_key_that_is_replaced_works_on_for_a_while(run: Run, folder: Path) -> None:
    made = json.loads(run("create", "--json").stdout)

    assert "works until" in run("revoke", str(made["id"]), "--in", "7d").stdout

    now = SystemClock().now()
    with Engine.open(folder, None, {}) as engine:
        key = engine.keys.find(made["key"])
    assert key.works(now + 7 * DAY - 60)
    assert not key.works(now + 7 * DAY + 1)


def test_ending_a_key_later_than_it_ends_anyway_is_a_mistake(run: Run) -> None:
    made = json.loads(run("create", "--expires", "1d", "--json").stdout)

    assert "ends anyway" in run("revoke", str(made["id"]), "--in", "7d", code=1).stderr


def test_an_id_that_no_key_has_is_named(run: Run) -> None:
    made = json.loads(run("create", "--json").stdout)

    assert "no key" in run("revoke", "0" * 16, code=1).stderr
    itself = run("revoke", made["key"], code=1).stderr
    assert made["id"] in itself
    assert made["key"] not in itself


def test_a_token_is_signed_with_the_key_that_is_asked_for(run: Run, folder: Path) -> None:
    key = run("create", "--kind", "sk", "--domain", "shop").stdout.strip()

    token = run("sign", "--user", "42", typed=f"{key}\n").stdout.strip()

    with Engine.open(folder, None, {}) as engine:
        engine.keys.refresh()
        assert verify(token, engine.keys, engine.clock.now(), "shop") == "42"
        with pytest.raises(KeyRejected):
            verify(token, engine.keys, engine.clock.now() + 3_700, "shop")
    assert hashlib.sha256(key.encode()).hexdigest() not in token


@pytest.mark.parametrize(
    ("typed", "words", "hint"),
    [
        ("sk-of-nobody", (), "opens nothing"),
        ("", (), "opens nothing"),
        ("sk_" + "A" * 39, (), "slip"),
        ("BROWSER", (), "only a server key"),
        ("SERVER", ("--lasts", "31d"), "at most 30d"),
        ("SERVER", ("--lasts", "long"), "as in 90d"),
        ("SERVER", ("--user", ""), "1 to 200"),
    ],
)
def test_what_cannot_be_signed_is_said_in_words(run: Run, typed: str, words: tuple[str, ...], hint: str) -> None:
    for name, kind in (("BROWSER", "pk"), ("SERVER", "sk")):
        if typed == name:
            typed = run("create", "--kind", kind).stdout.strip()

    failed = run("sign", "--user", "42", *words, typed=f"{typed}\n", code=1)

    assert hint in failed.stderr
    assert failed.stdout == ""
