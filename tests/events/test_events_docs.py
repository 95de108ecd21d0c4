"""docs/events.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from penchant.engine import installed_packs
from penchant.events import REASONS, VERBS, VOCABULARY, ClockMark
from penchant.events.attention import TELLING
from penchant.events.item_events import SLATE
from penchant.events.lines import ITEM_IDS

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")


def test_the_vocabulary_is_listed_whole_and_in_order() -> None:
    rows = re.findall(r"(?m)^\| `([^`]+)` \| (\w+) \| ((?:`[^`]+`(?:, )?)*) ?\|$", PAGE.split("## How packs")[0])

    assert [(name, shape, tuple(re.findall("`([^`]+)`", others))) for name, shape, others in rows] == [
        (term.name, term.shape, term.aliases) for term in VOCABULARY
    ]


@pytest.mark.parametrize("pack", ["product", "content", "learning"])
def test_a_packs_signals_are_listed(pack: str) -> None:
    part = PAGE.split(f"### {pack}\n")[1].split("\n#")[0]
    listed = [
        (name, role, float(weight)) for name, role, weight in re.findall(r"\| `([^`]+)` \| (\w+) \| (\S+) \|", part)
    ]

    assert listed == [(s.event, s.role.name.lower(), s.weight) for s in installed_packs()[pack].signals]


def test_every_reason_a_message_can_fail_for_is_listed_with_its_kind() -> None:
    part = PAGE.split("### Why a message fails")[1].split("\n#")[0]

    assert dict(re.findall(r"(?m)^\| `(\w+)` \| (\w+) \| ", part)) == dict(REASONS)


def test_the_verbs_are_listed_whole_and_in_order() -> None:
    part = PAGE.split("| verb | event |")[1]
    listed = re.findall(
        r"(?m)^\| `(http[^`]+)` \| `([^`]+)` \| `?([^`|]*?)`? \| `?([^`|]*?)`? \| `?([^`|]*?)`? \|$", part
    )

    assert [tuple(cell.strip() for cell in row) for row in listed] == [
        (verb.iri, verb.event, verb.series, verb.content, verb.video) for verb in VERBS
    ]


def test_the_properties_that_are_read_are_named() -> None:
    read = {*ITEM_IDS, *SLATE, *TELLING, "position", "idle_ms", "ad_enabled", "session_id", "order_id"}

    assert [name for name in sorted(read) if f"`{name}`" not in PAGE] == []


def test_the_marks_of_the_clock_are_listed() -> None:
    part = PAGE.split("| mark |")[1].split("\n\n")[0]

    assert set(re.findall(r"(?m)^\| `(\w+)` \| ", part)) == set(get_args(ClockMark))
