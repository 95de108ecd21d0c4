from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from penchant.config import PackNames, Settings, Sql, Value, Workspace, load
from penchant.config.load import digest
from penchant.config.settings import Domain
from penchant.errors import ConfigError, ConfigProblem

Loads = Callable[..., Workspace]
Problems = Callable[..., list[ConfigProblem]]

SMALL = '[domains.shop]\npack = "product"\n'

FIVE_MISTAKES = """\
[storage]
lak = "lake"

[server]
port = "eighty"

[domains.shop]
pack = "product"
objective = "profit"

[placements.home]
domain = "shop"
objective = "profitt"
size = 0

[[imports]]
name = "orders"
domain = "shop"
path = "${SHOP_DATA}/orders.csv"
columns = { event = { value = "Order Completed" }, time = "day", user_id = "customer" }
"""


def test_a_file_with_five_mistakes_shows_all_five_with_their_lines(problems: Problems) -> None:
    assert [str(p) for p in problems(FIVE_MISTAKES)] == [
        'penchant.toml:2 storage.lak: no such key; did you mean "lake"? (have: lake, rejected, releases, url)',
        'penchant.toml:5 server.port: must be a whole number, got "eighty"',
        'penchant.toml:13 placements.home.objective: no objective "profitt"; did you mean "profit"?'
        " (have: conversion, revenue, profit)",
        "penchant.toml:14 placements.home.size: must be a whole number from 1 to 200, got 0",
        "penchant.toml:19 imports[0].path: the environment variable SHOP_DATA is not set,"
        ' got "${SHOP_DATA}/orders.csv"',
    ]


def test_problems_of_the_environment_come_after_those_of_the_file(problems: Problems) -> None:
    found = problems(
        SMALL + "[server]\nport = -1\n[storage]\nurl = 1", {"PENCHANT_X": "", "PENCHANT_TRAINING__KEEP": "1"}
    )

    assert [(p.file, p.line, p.path) for p in found] == [
        ("penchant.toml", 4, "server.port"),
        ("penchant.toml", 6, "storage.url"),
        ("environment", 0, "PENCHANT_X"),
        ("environment", 0, "PENCHANT_TRAINING__KEEP"),
    ]


def test_a_file_that_is_not_there_is_one_clear_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, packs={}, environment={"PENCHANT_X": "1"})

    [problem] = caught.value.problems
    assert problem.code == "missing"
    assert str(problem) == f"{tmp_path / 'penchant.toml'}: no such file; `penchant init` writes one"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a = 1\nb = \n", 2, 'the value is missing, or is text without quotes (write name = "text")'),
        ("a = 1\nhost = localhost\n", 2, 'the value is missing, or is text without quotes (write name = "text")'),
        ("\na = 1 b = 2", 2, "something follows the value (text needs quotes)"),
        ("a = 1\n\na = 2\n", 3, "this key or table is set a second time"),
        ("[a]\n[b.c]\n[a]\n", 3, "the table [a] stands here a second time"),
        ("[b.c]\n[a]\n[b.c]\n", 3, "the table [b.c] stands here a second time"),
        ("a = 1\nb = [1,\n2\n", 2, "this list has no closing ]"),
        ('a = 1\nb = "x\nc = 1', 2, "this text has no closing quotes"),
        ("a = 1\nb = 'x\n", 2, "this text has no closing quotes"),
        ('a = 1\nb = """x\n\n\n', 2, "this text has no closing quotes"),
        ("a = { b = 1,\nc = 2 }", 1, "a key may not begin so ({ } must close on its own line)"),
        ('path = "C:\\data"', 1, r"a backslash in text is written \\, or the text put in single quotes"),
        ("a = 1\nport\n", 2, "expected '=' after a key in a key/value pair"),
        (f"a = {'[' * 9000}", 0, "lists or tables lie too deep in each other"),
    ],
)
def test_what_is_not_toml_is_told_with_its_line(problems: Problems, text: str, line: int, reason: str) -> None:
    [problem] = problems(text)

    assert (problem.code, problem.line, problem.message) == ("unreadable", line, f"not TOML: {reason}")


def test_a_number_too_long_to_read_is_unreadable_and_no_crash(problems: Problems) -> None:
    assert [p.code for p in problems("a = " + "9" * 5000)] == ["unreadable"]


def test_a_file_that_is_no_text_is_told_with_the_line_of_the_first_wrong_byte(tmp_path: Path) -> None:
    (tmp_path / "penchant.toml").write_bytes(b"a = 1\nb = '\xff'\n")

    with pytest.raises(ConfigError, match=r"^penchant\.toml:2: must be UTF-8 text$"):
        load(tmp_path, packs={}, environment={})


def test_a_place_that_cannot_be_read_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "penchant.toml").mkdir()

    with pytest.raises(ConfigError) as caught:
        load(tmp_path, packs={}, environment={})

    assert caught.value.problems[0].code == "unreadable"


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(loads: Loads, problems: Problems) -> None:
    assert loads("\ufeff" + SMALL.replace("\n", "\r\n")).settings == loads(SMALL).settings
    assert problems(SMALL.replace("\n", "\r\n") + "x = 1")[0].line == 3


def test_a_configuration_that_holds_is_typed_and_complete(loads: Loads, tmp_path: Path) -> None:
    workspace = loads(
        FIVE_MISTAKES.replace("lak =", "lake =")
        .replace('"eighty"', "80")
        .replace("profitt", "profit")
        .replace("size = 0", "size = 5"),
        {"SHOP_DATA": "/mnt"},
    )

    settings = workspace.settings
    assert settings.server.port == 80
    assert settings.training.seed == 7
    assert settings.placements["home"].size == 5
    assert settings.imports[0].path == "/mnt/orders.csv"
    assert settings.imports[0].columns == {
        "event": Value(value="Order Completed"),
        "time": "day",
        "user_id": "customer",
    }
    assert workspace.raw["storage"] == {"lake": "lake"}
    assert workspace.root == tmp_path


def test_an_expression_is_told_from_a_constant(loads: Loads) -> None:
    columns = '{ event = { value = true }, time = { sql = "now()" }, user_id = "u" }'
    text = SMALL + f'[[imports]]\nname = "a"\ndomain = "shop"\npath = "x"\ncolumns = {columns}'

    assert loads(text).settings.imports[0].columns == {
        "event": Value(value=True),
        "time": Sql(sql="now()"),
        "user_id": "u",
    }


def test_paths_count_from_the_folder_of_the_file(loads: Loads, tmp_path: Path) -> None:
    workspace = loads(SMALL + '[storage]\nurl = "sqlite:///db/shop.db"\nlake = "/var/lake"')

    assert workspace.lake == Path("/var/lake")
    assert workspace.releases == tmp_path / "releases"
    assert workspace.rejected == tmp_path / "rejected"
    assert workspace.resolve("data/*.csv") == tmp_path / "data" / "*.csv"


def test_the_password_of_the_store_may_come_from_the_environment(loads: Loads, problems: Problems) -> None:
    text = SMALL + '[storage]\nurl = "postgresql://penchant:${SECRET}@db/shop"'

    assert loads(text, {"SECRET": "s3"}).settings.storage.url == "postgresql://penchant:s3@db/shop"
    assert loads(text, {"SECRET": "s3"}).digest == loads(text, {"SECRET": "other"}).digest
    assert [str(p) for p in problems(text)] == [
        "penchant.toml:4 storage.url: the environment variable SECRET is not set,"
        ' got "postgresql://penchant:***@db/shop"'
    ]


@pytest.mark.parametrize("url", ["mysql://h/db", "sqlite:///", "sqlite:///:memory:", "sqlite:///a.db?mode=ro"])
def test_a_store_that_is_neither_a_file_nor_postgresql_is_refused(problems: Problems, url: str) -> None:
    assert [str(p) for p in problems(f'{SMALL}[storage]\nurl = "{url}"')] == [
        f'penchant.toml:4 storage.url: must be sqlite:///FILE or postgresql://HOST/DATABASE, got "{url}"'
    ]


def test_a_folder_and_the_file_in_it_load_alike(
    loads: Loads, tmp_path: Path, packs: Mapping[str, PackNames], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = loads(SMALL)
    monkeypatch.chdir(tmp_path)

    assert load(tmp_path, packs=packs, environment={}) == workspace
    assert load(Path(), packs=packs, environment={}) == workspace
    assert load(Path("penchant.toml"), packs=packs, environment={}) == workspace


def test_the_digest_follows_the_settings_and_not_their_spelling(loads: Loads) -> None:
    plain = loads(SMALL)

    assert len(plain.digest) == 12
    assert loads("# words\n" + SMALL + "[server]\nport = 8000").digest == plain.digest
    assert loads(SMALL, {"PENCHANT_SERVER__PORT": "8000"}).digest == plain.digest
    assert loads(SMALL + "[server]\nport = 8001").digest != plain.digest
    assert loads(SMALL, {"PENCHANT_SERVER__PORT": "8001"}).digest == loads(SMALL + "[server]\nport = 8001").digest


def test_the_digest_is_the_same_wherever_data_lies(loads: Loads) -> None:
    text = SMALL + '[[imports]]\nname = "a"\ndomain = "shop"\nkind = "items"\npath = "${D}/x"\ncolumns.id = "i"'

    assert loads(text, {"D": "/a"}).digest == loads(text, {"D": "/b"}).digest
    assert loads(text.replace("/x", "/y"), {"D": "/a"}).digest != loads(text, {"D": "/a"}).digest


def test_the_digest_does_not_know_the_order_of_tables() -> None:
    one = Settings(domains={"a": Domain(pack="product"), "b": Domain(pack="content")})
    other = Settings(domains={"b": Domain(pack="content"), "a": Domain(pack="product")})

    assert digest(one) == digest(other)


def test_a_workspace_is_frozen(loads: Loads) -> None:
    with pytest.raises(FrozenInstanceError):
        loads(SMALL).digest = "x"  # type: ignore[misc]
