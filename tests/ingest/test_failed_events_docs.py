"""docs/failed-events.md says what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from penchant.events import REASONS
from penchant.ingest.failure import KINDS
from penchant.storage import FailureKind

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "failed-events.md").read_text(encoding="utf-8")


def test_every_kind_is_listed() -> None:
    table = PAGE.split("| kind |")[1].split("\n\n")[0]

    assert tuple(re.findall(r"(?m)^\| `(\w+)` \|", table)) == get_args(FailureKind)


def test_every_reason_of_a_message_has_a_kind() -> None:
    assert REASONS.items() <= KINDS.items()
    assert set(KINDS.values()) == set(get_args(FailureKind))
