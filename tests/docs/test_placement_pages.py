"""The pages of placements: one for each that ships, true to its pack, with examples that hold."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

import placement_pages as made
from penchant.catalog import Schema, parse_filter
from penchant.cli import app
from penchant.clock import FixedClock
from penchant.config import FILE_NAME
from penchant.engine import Engine, installed_packs
from penchant.pack import Pack, Placement
from penchant.placements import Rule
from penchant.server.recommendations import RecommendationBody

SHIPPED = list(made.shipped())
NAMES = [f"{pack.name}/{placement.name}" for pack, placement in SHIPPED]
TEXTS = {
    name: page.read_text(encoding="utf-8") if (page := made.page_of(pack, placement)).exists() else ""
    for name, (pack, placement) in zip(NAMES, SHIPPED, strict=True)
}
HEADINGS = [
    "What to send",
    "How it is filled",
    "When little is known",
    "What to change",
    "What to watch",
    "Common mistakes",
]
DOMAINS = {domain: f'[domains.{domain}]\npack = "{pack}"\n' for pack, domain in made.DOMAINS.items()}
TOML = [(name, block) for name, text in TEXTS.items() for block in re.findall(r"(?s)```toml\n(.*?)```", text)]
COMMANDS = [
    (name, line) for name, text in TEXTS.items() for line in re.findall(r"(?m)^penchant (?:placements|rules) .+$", text)
]

each = pytest.mark.parametrize(("pack", "placement"), SHIPPED, ids=NAMES)


def text_of(pack: Pack, placement: Placement) -> str:
    return TEXTS[f"{pack.name}/{placement.name}"]


def asked_of(pack: Pack, placement: Placement) -> list[RecommendationBody]:
    return [
        msgspec.json.decode(call.body.encode(), type=RecommendationBody)
        for call in made.calls(text_of(pack, placement))
        if call.path == "/v1/recommendations"
    ]


def test_every_placement_that_ships_has_a_page_and_nothing_else_has() -> None:
    assert sorted(made.PAGES.glob("**/*.md")) == sorted(made.page_of(*one) for one in SHIPPED)


def test_every_pack_that_ships_has_a_domain_in_the_demo() -> None:
    assert set(installed_packs()) == set(made.DOMAINS)


def test_the_overview_leads_to_every_page() -> None:
    overview = (made.ROOT / "docs" / "placements.md").read_text(encoding="utf-8")

    assert [name for name in NAMES if f"](placements/{name}.md)" not in overview] == []


@each
def test_a_page_says_the_same_things_of_each(pack: Pack, placement: Placement) -> None:
    text = text_of(pack, placement)

    assert text.startswith(f"# `{placement.name}`: ")
    assert re.findall(r"(?m)^## (.+)$", text) == HEADINGS
    assert [block[2] for block in made.BLOCK.finditer(text)] == ["answer", "facts"]


@each
def test_the_facts_are_what_the_pack_declares(pack: Pack, placement: Placement) -> None:
    text = text_of(pack, placement)

    assert made.made(text, made.facts(pack, placement)) == text


@each
def test_the_request_is_one_that_the_placement_takes(pack: Pack, placement: Placement) -> None:
    asked = asked_of(pack, placement)

    assert {(one.placement, one.domain) for one in asked} == {(placement.name, made.DOMAINS[pack.name])}
    assert all(one.items for one in asked) or "item" not in placement.needs
    assert all(one.actor for one in asked) or "person" not in placement.needs
    for one in asked:
        if one.filter is not None:
            parse_filter(one.filter, Schema.of(pack.item))


@each
def test_what_is_said_before_the_request_can_be_read(pack: Pack, placement: Placement) -> None:
    for call in made.calls(text_of(pack, placement)):
        if call.path.startswith("/v1/rules/"):
            assert call.admin
            rule = msgspec.json.decode(call.body.encode(), type=Rule)
            assert set(rule.placements) <= {placement.name}
        elif call.path.startswith("/v1/items/"):
            assert {json.loads(line)["op"] for line in call.body.splitlines()} == {"patch"}
        elif call.path.startswith("/v1/prices/"):
            assert all(change["id"] for change in call.json["changes"])
        else:
            assert call.path == "/v1/recommendations"


@each
def test_the_answer_is_of_this_placement_and_says_why(pack: Pack, placement: Placement) -> None:
    text = text_of(pack, placement)
    block = next(one for one in made.BLOCK.finditer(text) if one[2] == "answer")
    answer = json.loads(re.findall(r"(?s)```json\n(.*?)```", block[3])[0])

    assert (answer["placement"], answer["domain"]) == (placement.name, made.DOMAINS[pack.name])
    assert answer["degraded"] == []
    assert answer["release"]
    assert 1 <= len(answer["items"]) <= made.SHOWN
    assert all(item["reasons"] and item["source"] for item in answer["items"])
    (asked,) = asked_of(pack, placement)
    assert all(set(item["fields"]) == set(asked.fields) for item in answer["items"])


@pytest.mark.parametrize(("name", "block"), TOML, ids=[name for name, _ in TOML])
def test_every_configuration_on_a_page_passes_the_check(tmp_path: Path, name: str, block: str) -> None:
    others = "".join(text for domain, text in DOMAINS.items() if f"[domains.{domain}]" not in block)
    (tmp_path / FILE_NAME).write_text(f"{others}\n{block}", encoding="utf-8")

    with Engine.open(tmp_path, FixedClock(made.NOW), {}) as engine:
        found = engine.slots.list(made.DOMAINS[name.partition("/")[0]])

    assert {one.problem for one in found} == {""}
    assert [one.name for one in found if one.origin == "config"] != []


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    (folder / FILE_NAME).write_text("".join(DOMAINS.values()), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_command_on_a_page_is_obeyed(workspace: Path, name: str, command: str) -> None:
    words = shlex.split(command)[1:]
    result = CliRunner().invoke(app, [*words, "--config", str(workspace)])

    assert result.exit_code == 0, result.output
    assert words[words.index("--domain") + 1] == made.DOMAINS[name.partition("/")[0]]


def test_there_is_something_to_change_on_every_page() -> None:
    assert {name for name, _ in TOML} == {name for name, _ in COMMANDS} == set(NAMES)
