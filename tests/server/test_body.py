"""Bodies: packed or not, by content, and never more in memory than the limit."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import InvalidRequest, TooLarge
from penchant.server.body import check_depth, decode, unpack

LIMIT = 1_000_000
PACKED = gzip.compress(b"x" * 100, mtime=0)


@given(st.binary(min_size=1, max_size=5_000))
def test_what_was_packed_comes_back(data: bytes) -> None:
    assert unpack(gzip.compress(data), LIMIT) == data


def test_several_streams_are_one_body() -> None:
    assert unpack(gzip.compress(b'{"a":') + gzip.compress(b"1}"), LIMIT) == b'{"a":1}'


@pytest.mark.parametrize("length", [LIMIT - 1, LIMIT])
def test_a_body_at_the_limit_is_whole(length: int) -> None:
    assert len(unpack(gzip.compress(b" " * length), LIMIT)) == length


@pytest.mark.parametrize("length", [LIMIT + 1, 50 * LIMIT])
def test_a_body_above_the_limit_is_refused(length: int) -> None:
    with pytest.raises(TooLarge):
        unpack(gzip.compress(b" " * length), LIMIT)


def test_streams_together_may_not_pass_the_limit_either() -> None:
    with pytest.raises(TooLarge):
        unpack(gzip.compress(b" " * LIMIT) + gzip.compress(b" "), LIMIT)


def test_a_bomb_is_never_unpacked_beyond_the_limit() -> None:
    bomb = gzip.compress(b"\0" * (200 * LIMIT))
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            unpack(bomb, LIMIT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 4 * LIMIT


def test_a_thousand_tiny_streams_are_refused_before_they_cost_anything() -> None:
    with pytest.raises(InvalidRequest, match="streams"):
        unpack(gzip.compress(b"") * 1_000, LIMIT)


@pytest.mark.parametrize(
    "packed",
    [b"\x1f\x8b", PACKED[:-9], PACKED[:-1] + b"\1", PACKED + b"rest", b"\x1f\x8b" + b"\0" * 30],
)  # fmt: skip
def test_a_broken_stream_is_refused(packed: bytes) -> None:
    with pytest.raises(InvalidRequest):
        unpack(packed, LIMIT)


def test_of_two_members_of_one_name_the_last_holds() -> None:
    assert decode(b'{"a": 1, "a": 2}') == {"a": 2}


def test_a_byte_order_mark_is_no_part_of_it() -> None:
    assert decode(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), st.lists, max_leaves=20))
def test_any_json_comes_back(value: Any) -> None:
    assert decode(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"NaN", b'{"a": Infinity}', b"[1e400]", b'{"a": "\\ud800"}', b'{"a": "\xff"}', b"'a'", b"a=1&b=2",
     b'{"a": 1} trailing', b"[" * 100_000, b'{"a":' * 100_000, b"\0", zlib.compress(b"{}"), b"1" * 10_000],
)  # fmt: skip
def test_what_is_no_json_is_refused_with_a_sentence(body: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode(body)

    assert caught.value.field == "body"
    assert len(caught.value.message) < 200


def nested(depth: int) -> Any:
    value: Any = "x"
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def test_what_is_nested_too_deeply_is_refused() -> None:
    check_depth(nested(10), 10)
    with pytest.raises(InvalidRequest, match="nested"):
        check_depth(nested(11), 10)


def test_what_is_wide_is_not_deep() -> None:
    check_depth([[number, {"a": number}] for number in range(10_000)], 4)
