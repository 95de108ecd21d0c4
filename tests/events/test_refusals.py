from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import penchant.events
from penchant.events import REASONS, ReasonKind
from penchant.storage import FailureKind


def test_the_reasons_are_those_that_are_raised() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(penchant.events.__file__).parent.glob("*.py"))

    assert set(re.findall(r'EventRejected\(\s*"(\w+)"', source)) == set(REASONS)


def test_each_reason_has_a_kind_the_store_knows() -> None:
    assert set(REASONS.values()) == set(get_args(ReasonKind))
    assert set(get_args(ReasonKind)) <= set(get_args(FailureKind))
