from __future__ import annotations

import math

import pytest

from penchant.errors import EventRejected
from penchant.events import decode


def test_json_is_decoded_whatever_its_blanks() -> None:
    assert decode(b' {"a": [1, 2.5, null]} ') == {"a": [1, 2.5, None]}
    assert decode(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_of_a_field_said_twice_the_last_holds() -> None:
    assert decode(b'{"a": 1, "a": 2}') == {"a": 2}


def test_one_value_that_is_none_does_not_cost_the_batch() -> None:
    body = b'{"batch": [{"a": 1}, {"b": NaN}, {"c": 1e400}, {"d": "\\ud800"}, {"e": ' + b"9" * 5000 + b"}]}"

    batch = decode(body)["batch"]  # type: ignore[index]

    assert batch[0] == {"a": 1}
    assert math.isnan(batch[1]["b"])
    assert batch[2:] == [{"c": math.inf}, {"d": "\ud800"}, {"e": math.inf}]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "bad_json"),
        (b"{", "bad_json"),
        (b'{"a": 1} {"b": 2}', "bad_json"),
        (b"a=1&b=2", "bad_json"),
        (b"\xff\xfe", "bad_json"),
        (b'"\xed\xa0\x80"', "bad_json"),
        (b"[" * 200_000, "too_deep"),
        (b'{"a":' * 200_000, "too_deep"),
    ],
)
def test_what_is_no_json_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(EventRejected) as caught:
        decode(body)

    assert caught.value.reason == reason


def test_a_refusal_does_not_repeat_the_body() -> None:
    with pytest.raises(EventRejected) as caught:
        decode(b'{"email": "ann@example.org", oops')

    assert "ann" not in str(caught.value)
