from __future__ import annotations

import pytest

from penchant.cli.duration import seconds
from penchant.errors import InvalidRequest


@pytest.mark.parametrize(
    ("text", "length"), [("90s", 90), ("10m", 600), ("1h", 3600), ("1.5 h", 5400), (" 2M ", 120), ("0.5s", 0.5)]
)
def test_a_length_of_time_is_read(text: str, length: float) -> None:
    assert seconds(text, "--budget") == length


@pytest.mark.parametrize("text", ["", "10", "m", "ten minutes", "-5m", "0m", "1d", "1h30m", "1e3s", "٣m٣"])
def test_what_is_none_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"--budget: must be a number and s, m or h, as in 90s, 10m or 1h"):
        seconds(text, "--budget")
