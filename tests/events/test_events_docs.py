"""docs/events.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from penchant.engine import installed_packs
from penchant.events import VOCABULARY, event, segment

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


def test_every_reason_a_message_can_fail_for_is_listed() -> None:
    source = "".join(Path(module.__file__).read_text(encoding="utf-8") for module in (event, segment))
    raised = set(re.findall(r'EventRejected\(\s*"(\w+)"', source))

    assert raised == set(re.findall(r"(?m)^\| `(\w+)` \| ", PAGE.split("| reason |")[1]))
