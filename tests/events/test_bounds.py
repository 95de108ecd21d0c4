from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import EventRejected
from penchant.events.bounds import BOUNDS, Bounds, check_bounds

SMALL = Bounds(size=400, depth=4, text=20, keys=8)


def reason(message: dict[str, Any], bounds: Bounds = SMALL) -> str | None:
    try:
        check_bounds(message, bounds)
    except EventRejected as error:
        return error.reason
    return None


def test_a_message_within_its_bounds_has_its_size_told() -> None:
    assert check_bounds({"a": 1}, BOUNDS) == len(b'{"a":1}')


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"a": "x" * 20}, None),
        ({"a": "x" * 21}, "too_long"),
        ({"x" * 21: 1}, "too_long"),
        ({"a": [{"b": "x" * 21}]}, "too_long"),
        ({"a": {"b": {"c": {}}}}, None),
        ({"a": {"b": {"c": {"d": {}}}}}, "too_deep"),
        ({"a": [[[[]]]]}, "too_deep"),
        ({"a": [[], [], [], [], {}, {}]}, None),
        ({str(n): n for n in range(8)}, None),
        ({str(n): n for n in range(9)}, "too_many_keys"),
        ({"a": [{str(n): n} for n in range(8)]}, "too_many_keys"),
        ({str(n): "x" * 20 for n in range(20)}, "too_large"),
    ],
)
def test_each_bound_holds(message: dict[str, Any], expected: str | None) -> None:
    assert reason(message) == expected


@pytest.mark.parametrize("depth", [21, 500, 200_000])
def test_no_nesting_is_too_deep_to_be_refused(depth: int) -> None:
    message: dict[str, Any] = {}
    for _ in range(depth - 1):
        message = {"a": message}

    found = reason(message, BOUNDS)

    assert found == "too_deep"
    while message:
        message = message.pop("a")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"a": "\ud800"}, "bad_text"),
        ({"\udfff": 1}, "bad_text"),
        ({"a": float("nan")}, None),
        ({"a": 2**64}, None),
        ({"a": object()}, "bad_type"),
        ({"a": 10**5000}, "bad_type"),
    ],
)
def test_what_is_no_plain_json_is_refused(message: dict[str, Any], expected: str | None) -> None:
    assert reason(message, BOUNDS) == expected


def deepest(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(deepest, value.values()), default=0)
    return 1 + max(map(deepest, value), default=0) if isinstance(value, list) else 0


def fields(value: object) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(fields, value.values()))
    return sum(map(fields, value)) if isinstance(value, list) else 0


def longest(value: object) -> int:
    if isinstance(value, dict):
        return max([*map(len, value), *map(longest, value.values())], default=0)
    if isinstance(value, list):
        return max(map(longest, value), default=0)
    return len(value) if isinstance(value, str) else 0


texts = st.text(max_size=30)


@given(
    st.dictionaries(
        texts,
        st.recursive(
            st.none() | st.integers(-(2**63), 2**63) | texts,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
            max_leaves=12,
        ),
        max_size=4,
    )
)
def test_the_quick_look_refuses_what_a_thorough_one_would(message: dict[str, Any]) -> None:
    good = (
        len(msgspec.json.encode(message)) <= SMALL.size
        and deepest(message) <= SMALL.depth
        and fields(message) <= SMALL.keys
        and longest(message) <= SMALL.text
    )

    assert (reason(message) is None) == good
