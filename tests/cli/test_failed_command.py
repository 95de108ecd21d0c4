"""`penchant failed`, as somebody types it."""

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
from penchant.events import Event

Run = Callable[..., Result]


def view(message_id: str, **properties: Any) -> dict[str, Any]:
    told = {"type": "track", "event": "Product Viewed", "messageId": message_id, "userId": "ann"}
    return {**told, "properties": {"product_id": "shoe", **properties}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / FILE_NAME).write_text('[domains.shop]\npack = "product"\n[domains.books]\npack = "product"\n')
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs a subcommand of `penchant failed` in this process."""

    def command(*words: str | Path, code: int = 0) -> Result:
        result = CliRunner().invoke(app, ["failed", *(str(word) for word in words), "--config", str(folder)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert result.exit_code == code, (result.stdout, result.stderr)
        return result

    return command


@pytest.fixture
def failed(folder: Path) -> Callable[..., dict[str, str]]:
    """Sends messages; the ids of those that failed, by message id."""

    def send(*messages: object, source: str = "shop", trusted: bool = True) -> dict[str, str]:
        with Engine.open(folder, environment={}) as engine:
            engine.collector.collect(messages, engine.sender(source, trusted=trusted))
            return {row.message_id or "": row.id for row in engine.store.failed(limit=10_000)}

    return send


def kept(folder: Path, *message_ids: str) -> list[Event]:
    with Engine.open(folder, environment={}) as engine:
        return engine.store.find("shop", message_ids)


def test_the_list_says_what_failed_why_and_where(run: Run, failed: Callable[..., dict[str, str]]) -> None:
    assert "nothing failed" in run("list").stdout
    ids = failed(view("m1", price="free"), view("m2", price=1))
    failed(view("m3", price=-1), source="books")

    shown = run("list").stdout
    rows = json.loads(run("list", "--json", "--domain", "shop").stdout)

    assert all(word in shown for word in (ids["m1"], "schema", "m3"))
    assert "waiting: 2 schema" in shown
    assert [(row["message_id"], row["reason"], row["field"]) for row in rows] == [
        ("m1", "bad_number", "properties.price")
    ]
    assert json.loads(run("list", "--json", "--kind", "clock").stdout) == []
    assert 'did you mean "schema"?' in run("list", "--kind", "shema", code=1).stderr
    assert "no domain" in run("list", "--domain", "shoop", code=1).stderr


def test_one_is_shown_with_its_message(run: Run, failed: Callable[..., dict[str, str]]) -> None:
    ids = failed(view("m1", price="free"), "[bold]nonsense")

    shown = run("show", ids["m1"]).stdout
    told = json.loads(run("show", ids["m1"], "--json").stdout)

    assert "schema (bad_number)" in shown
    assert '"price": "free"' in shown
    assert told["body"] == view("m1", price="free")
    assert '"[bold]nonsense"' in run("show", ids[""]).stdout
    assert "no failed message" in run("show", "nothing", code=1).stderr


def test_a_field_is_mended_on_the_way(run: Run, failed: Callable[..., dict[str, str]], folder: Path) -> None:
    ids = failed(view("m1", price="free"), view("m2", price="free"))

    again = run("replay", ids["m1"], code=1)
    done = run("replay", ids["m1"], ids["m2"], "--set", "properties.price=9.5", "--set", "properties.coupon.code=x")

    assert "1 failed" in again.stdout
    assert "bad_number" in again.stdout
    assert "2 accepted" in done.stdout
    assert [(e.price, e.properties["coupon"]) for e in kept(folder, "m1", "m2")] == [(9.5, {"code": "x"})] * 2
    assert "nothing failed" in run("list").stdout
    assert ids["m1"] in run("list", "--settled").stdout


def test_a_line_of_an_order_is_mended_by_its_place(
    run: Run, failed: Callable[..., dict[str, str]], folder: Path
) -> None:
    lines = {"products": [{"sku": "a"}, {"sku": "b", "quantity": -1}]}
    ids = failed({**view("o1"), "event": "Order Completed", "properties": lines})

    run("replay", ids["o1"], "--set", "properties.products.1.quantity=2")

    assert [(e.item, e.quantity) for e in kept(folder, "o1")] == [("a", None), ("b", 2.0)]
    assert "leads nowhere" in run("replay", ids["o1"], "--set", "properties.products.9.x=2", code=1).stderr
    assert "leads through" in run("replay", ids["o1"], "--set", "messageId.x=2", code=1).stderr
    assert "must look like" in run("replay", ids["o1"], "--set", "price", code=1).stderr


def test_a_mended_message_may_come_from_a_file(
    run: Run, failed: Callable[..., dict[str, str]], folder: Path, tmp_path: Path
) -> None:
    ids = failed(view("m1", price="free"), view("m2", price="free"), "no object")
    (tmp_path / "mended.json").write_text(json.dumps(view("other", price=3)))
    (tmp_path / "broken.json").write_text("{")

    assert "use --file" in run("replay", ids[""], "--set", "userId=ann", code=1).stderr
    assert "cannot be read" in run("replay", ids["m1"], "--file", tmp_path / "broken.json", code=1).stderr
    assert "mends one" in run("replay", ids["m1"], ids["m2"], "--file", tmp_path / "mended.json", code=1).stderr
    results = json.loads(run("replay", ids["m1"], "--file", tmp_path / "mended.json", "--json").stdout)

    assert results == [{"id": ids["m1"], "message_id": "m1", "status": "accepted"}]
    assert [event.price for event in kept(folder, "m1", "other")] == [3.0]


def test_all_leaves_out_what_somebody_must_vouch_for(
    run: Run, failed: Callable[..., dict[str, str]], folder: Path
) -> None:
    failed(view("m1", price="free"))
    failed(view("m2"), trusted=False)

    run("replay", "--all", "--set", "properties.price=1")
    assert [event.message_id for event in kept(folder, "m1", "m2")] == ["m1"]

    run("replay", "--kind", "key_scope")
    assert [event.message_id for event in kept(folder, "m1", "m2")] == ["m1", "m2"]


def test_what_is_dropped_is_settled(run: Run, failed: Callable[..., dict[str, str]]) -> None:
    ids = failed(view("m1", price="free"), view("m2", price="free"), {**view("m3"), "timestamp": "soon"})

    assert "1 message dropped" in run("drop", ids["m1"]).stdout
    assert "0 messages dropped" in run("drop", ids["m1"]).stdout
    assert json.loads(run("drop", "--kind", "clock", "--json").stdout) == {"dropped": [ids["m3"]]}
    assert [row["message_id"] for row in json.loads(run("list", "--json").stdout)] == ["m2"]
    assert "no failed message" in run("drop", "nothing", code=1).stderr


@pytest.mark.parametrize("words", [(), ("x", "--all"), ("--kind", "schema", "--all")])
def test_it_must_be_said_which(run: Run, words: tuple[str, ...]) -> None:
    assert "give ids, or --kind, or --all" in run("replay", *words, code=1).stderr
