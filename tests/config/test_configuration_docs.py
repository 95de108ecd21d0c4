"""docs/configuration.md says what the code does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from penchant.config import EVENT_FIELDS, Formulas, PackNames, load, settings
from penchant.config.wording import described, shown
from penchant.errors import ProblemCode
from penchant.models import Popular
from penchant.packs.content.items import Content
from penchant.packs.learning.items import Module
from penchant.packs.product.items import Product

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")

SECTIONS = {
    "### `[storage]`": settings.Storage,
    "### `[server]`": settings.Server,
    "### `[limits]`": settings.Limits,
    "### `[consent]`": settings.ConsentDefaults,
    "### `[training]`": settings.Training,
    "### `[domains.NAME]`": settings.Domain,
    "### `[domains.NAME.objectives.OBJECTIVE]`": settings.ObjectiveSettings,
    "### `[domains.NAME.evaluation]`": settings.Evaluation,
    "### `[domains.NAME.freshness]`": settings.FreshnessSettings,
    "### `[sources.NAME]`": settings.SourceSettings,
    "### `[feeds]`": settings.Feeds,
    "### `[placements.NAME]`": settings.PlacementSettings,
    "### `[experiments.NAME]`": settings.ExperimentSettings,
    "### `[[imports]]`": settings.Import,
    "Rows to **exclude**": settings.Exclusion,
}

PACKS = {
    name: PackNames(
        models={},
        objectives=("profit",),
        placements=("home",),
        item=item,
        kinds={"popular": Popular},
        formulas=Formulas({"profit": ("return_cost",)}, ("p_purchase",)),
    )
    for name, item in (("product", Product), ("content", Content), ("learning", Module))
}


def rows(start: str) -> dict[str, list[str]]:
    """Cells of the first table after a text, by the name in the first cell."""
    _, found, rest = PAGE.partition(start)
    assert found, f"docs/configuration.md has no {start}"
    table = re.search(r"(?m)(^\|.*\n)+", rest)
    assert table is not None
    cells = [[c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table[0].splitlines()[2:]]
    return {row[0].strip("`"): row[1:] for row in cells}


def keys() -> Iterator[tuple[str, msgspec.structs.FieldInfo]]:
    for start, kind in SECTIONS.items():
        for field in msgspec.structs.fields(kind):
            yield start, field


def test_every_section_of_the_settings_is_on_the_page() -> None:
    classes = {
        kind
        for kind in vars(settings).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and not kind.__name__.startswith("_")
    }

    assert classes - {settings.Settings, settings.Value, settings.Sql} == set(SECTIONS.values())
    for field in msgspec.structs.fields(settings.Settings):
        assert re.search(rf"### `\[+{field.name}", PAGE)


@pytest.mark.parametrize(("start", "kind"), SECTIONS.items())
def test_every_key_is_on_the_page_and_no_other(start: str, kind: type[msgspec.Struct]) -> None:
    assert list(rows(start)) == list(kind.__struct_fields__)


@pytest.mark.parametrize(("start", "field"), [pytest.param(*k, id=k[1].name) for k in keys()])
def test_every_default_is_on_the_page(start: str, field: msgspec.structs.FieldInfo) -> None:
    default = rows(start)[field.name][1].replace(r"\|", "|")

    if field.required:
        assert default == "needed"
    elif isinstance(field.default, str | bool | int | float):
        assert default == f"`{shown(field.default)}`"
    else:
        assert default
        assert "`" not in default


@pytest.mark.parametrize(("start", "field"), [pytest.param(*k, id=k[1].name) for k in keys()])
def test_every_bound_and_choice_is_on_the_page(start: str, field: msgspec.structs.FieldInfo) -> None:
    takes = rows(start)[field.name][0]
    words = described(msgspec.inspect.type_info(field.type))
    bounds = re.findall(r'\d+|".+?"', words) if words.startswith(("a whole number", "a number", '"')) else []

    assert takes
    assert [bound for bound in bounds if bound not in takes] == []


def test_every_field_of_an_event_is_on_the_page() -> None:
    _, _, text = PAGE.partition("Fields of **events**")
    names = re.findall(r"`([a-z_]+)`", text.partition("Fields of **items**")[0])

    assert sorted(names) == sorted(EVENT_FIELDS)


def test_every_problem_code_is_on_the_page_in_order() -> None:
    assert tuple(rows("## What can be wrong")) == get_args(ProblemCode)


@pytest.mark.parametrize("block", re.findall(r"(?s)```toml\n(.*?)```", PAGE))
def test_every_example_passes_the_check(tmp_path: Path, block: str) -> None:
    (tmp_path / "penchant.toml").write_text(block, encoding="utf-8")

    assert load(tmp_path, packs=PACKS, environment={"CHANNEL_LOGS": "/var/log"}).settings.domains


def test_there_are_three_worked_examples_of_a_mapping() -> None:
    examples = re.findall(r"(?s)```toml\n(.*?)```", PAGE.partition("## Three examples")[2])

    assert len(examples) == 3
    assert all("[[imports]]" in block for block in examples)
