"""`penchant items`, as somebody types it."""

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
SHOE = {"id": "s1", "title": "Alba", "brand": "Alto", "price": 99.5, "stock": 12, "attributes": {"fit": "wide"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / FILE_NAME).write_text('[domains.shop]\npack = "product"\nattributes = { code = "text" }\n')
    with Engine.open(tmp_path, environment={}) as engine:
        engine.put_items("shop", [SHOE])
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs a subcommand of `penchant items` in this process."""

    def command(*words: str | Path, code: int = 0) -> Result:
        result = CliRunner().invoke(app, ["items", *(str(word) for word in words), "--config", str(folder)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert result.exit_code == code, (result.stdout, result.stderr)
        return result

    return command


@pytest.fixture
def lines(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of JSON lines; text is written as it is."""

    def write(*told: object) -> Path:
        file = tmp_path / "items.jsonl"
        file.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in told))
        return file

    return write


def shown(run: Run, item: str = "s1") -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run("show", item, "--json").stdout)
    return told


def test_an_item_is_shown_as_it_is_without_what_it_does_not_say(run: Run) -> None:
    told = run("show", "s1").stdout.splitlines()

    assert told == [
        "id: s1",
        "title: Alba",
        'attributes: {"fit":"wide"}',
        "brand: Alto",
        "price: 99.5",
        "stock: 12",
    ]
    assert shown(run) == SHOE


def test_items_of_a_file_are_put_and_the_next_answer_shows_them(
    run: Run, folder: Path, lines: Callable[..., Path]
) -> None:
    file = lines({"id": "s2", "title": "Sock"}, "", {"op": "patch", "id": "s1", "add": {"stock": -2}})

    assert run("put", file).stdout == "2 lines: 1 created, 1 changed\n"
    with Engine.open(folder, environment={}) as engine:
        slate = engine.recommend(RecommendationRequest(placement="home"))
    assert {entry.id for entry in slate.items} == {"s1", "s2"}
    assert shown(run)["stock"] == 10


def test_lines_that_are_wrong_are_told_with_field_and_reason_and_keep_no_other_out(
    run: Run, lines: Callable[..., Path]
) -> None:
    file = lines(
        {"id": "s2", "price": "9 EUR"},
        {"id": "s3", "titel": "Cap"},
        "{broken",
        {"op": "dance", "id": "s4"},
        {"op": "delete", "id": "s5"},
        {"id": "s6"},
    )

    told = run("put", file, code=1).stdout.splitlines()

    assert told[0] == "6 lines: 1 created, 1 missing, 4 rejected"
    assert told[1] == '  line 1, s2: rejected; price: must be a number, without quotes or currency, got "9 EUR"'
    assert told[2].startswith('  line 2, s3: rejected; titel: is no field of this kind of item; did you mean "title"?')
    assert told[3].startswith("  line 3: rejected; line: is not JSON")
    assert told[4] == "  line 4: rejected; op: must be one of put, patch, delete, got 'dance'"
    assert told[5] == "  line 5, s5: missing; there is no such item"
    assert shown(run, "s6") == {"id": "s6"}


def test_a_long_list_of_problems_is_cut_and_json_has_them_all(run: Run, lines: Callable[..., Path]) -> None:
    file = lines(*({"id": f"i{n}", "prise": 1} for n in range(23)))

    told = run("put", file, code=1).stdout.splitlines()
    assert (len(told), told[-1]) == (22, "  and 3 more; --json shows all")
    report = json.loads(run("put", file, "--json", code=1).stdout)
    assert (report["lines"], report["counts"], len(report["problems"])) == (23, {"rejected": 23}, 23)
    assert report["problems"][0]["field"] == "prise"


def test_what_is_missing_is_told_and_is_no_failure_of_a_file(run: Run, lines: Callable[..., Path]) -> None:
    assert "1 missing" in run("put", lines({"op": "delete", "id": "nobody"})).stdout
    assert run("put", lines()).stdout == "0 lines: there is nothing in it\n"


def test_fields_are_set_taken_back_and_counted(run: Run) -> None:
    assert run("set", "s1", "price=89.5", "brand=null", "stock-=2", 'labels=["outlet"]').stdout == "s1: changed\n"
    assert run("set", "s1", "price=89.5").stdout == "s1: unchanged\n"

    assert shown(run) == {
        **{field: value for field, value in SHOE.items() if field != "brand"},
        "price": 89.5,
        "stock": 10,
        "labels": ["outlet"],
    }


def test_of_a_field_that_holds_text_a_number_is_text(run: Run) -> None:
    run("set", "s1", "title=42", "size=42", "gtin=4006381333931", "mpn=true", "attributes.code=7", 'color="red"')

    told = shown(run)
    assert [told[field] for field in ("title", "size", "gtin", "mpn", "color")] == [
        "42",
        "42",
        "4006381333931",
        "true",
        "red",
    ]
    assert told["attributes"] == {"fit": "wide", "code": "7"}


def test_keys_of_a_map_are_set_one_by_one(run: Run) -> None:
    run("set", "s1", "stock_at.berlin=4", "stock_at.hamburg=1", "attributes.fit=null", "attributes.drop=8")
    run("set", "s1", "stock_at.berlin+=2", "stock_at.hamburg=null")

    assert shown(run)["stock_at"] == {"berlin": 6}
    assert shown(run)["attributes"] == {"drop": 8}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["price=89,9"], 's1: rejected; price: must be a number, without quotes or currency, got "89,9"'),
        (["prise=1"], 's1: rejected; prise: is no field of this kind of item; did you mean "price"?'),
        (["stock-=20"], "s1: rejected; stock: adding -20 to 12: must be at least 0, got -8"),
        (["attributes.x.y=1", "wight.kg=2"], "s1: rejected; wight"),
    ],
)
def test_what_an_item_does_not_take_is_told_and_changes_nothing(run: Run, words: list[str], text: str) -> None:
    assert text in run("set", "s1", *words, code=1).stdout
    assert shown(run) == SHOE


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["set", "s1", "price"], "FIELD=VALUE: must be as in price=9.5, got 'price'"),
        (["set", "s1", "=9"], "FIELD=VALUE: must be as in price=9.5"),
        (["set", "s1", "+=9"], "FIELD=VALUE: must be as in price=9.5"),
        (["set", "s1", "stock+=many"], "must be as in stock+=20 or stock-=1"),
        (["set", "s1", "stock_at=1", "stock_at.berlin=1"], "says stock_at twice"),
        (["show", "nobody"], 'no item "nobody"'),
        (["show", "s1", "-d", "shp"], 'no domain "shp"; did you mean "shop"?'),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(run: Run, words: list[str], text: str) -> None:
    assert text in run(*words, code=1).stderr


def test_items_are_taken_out_and_what_is_not_there_is_told(run: Run) -> None:
    told = run("delete", "nobody", "s1", code=1).stdout

    assert told == "nobody: missing; there is no such item\ns1: deleted\n"
    assert 'no item "s1"' in run("show", "s1", code=1).stderr
    assert run("set", "s1", "price=1", code=1).stdout == "s1: missing; there is no such item\n"


def test_with_several_domains_one_must_be_named(run: Run, folder: Path) -> None:
    (folder / FILE_NAME).write_text('[domains.shop]\npack = "product"\n[domains.films]\npack = "content"\n')

    assert "--domain: must say which: shop, films" in run("show", "s1", code=1).stderr
    assert run("show", "s1", "--domain", "shop").stdout.startswith("id: s1\n")
