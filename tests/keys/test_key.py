"""What keys look like, and what is kept of them."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.keys import Key, Kind, digest, key_id, mistyped, new_key

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize("kind", list(Kind))
def test_a_new_key_says_its_kind_and_nothing_else(kind: Kind) -> None:
    assert re.fullmatch(rf"{kind.value}_[0-9A-Za-z]{{39}}", new_key(kind))
    assert len({new_key(kind) for _ in range(100)}) == 100


def test_a_new_key_holds_192_random_bits() -> None:
    asked: list[int] = []

    def entropy(count: int) -> bytes:
        asked.append(count)
        return b"\xff" * count

    value = new_key(Kind.SERVER, entropy)

    assert asked == [24]
    number = 0
    for letter in value.removeprefix("sk_")[:33]:
        number = number * 62 + LETTERS.index(letter)
    assert number == 2**192 - 1  # nothing of it is lost


def test_the_smallest_key_is_as_long_as_the_others() -> None:
    assert new_key(Kind.PUBLIC, bytes).startswith("pk_" + "0" * 33)
    assert len(new_key(Kind.PUBLIC, bytes)) == len(new_key(Kind.PUBLIC))


@given(st.data())
def test_one_wrong_letter_is_noticed(data: st.DataObject) -> None:
    value = new_key(Kind.SERVER, lambda count: data.draw(st.binary(min_size=count, max_size=count)))
    at = data.draw(st.integers(3, len(value) - 1))
    letter = data.draw(st.sampled_from(LETTERS.replace(value[at], "")))

    assert not mistyped(value)
    assert mistyped(value[:at] + letter + value[at + 1 :])


@pytest.mark.parametrize(
    "value", ["", "shop", "pk_", "sk_live_abc", "X1ZIzcYNPVmqvYKkbBGzMn6LAOXrsIWL", "pk_" + "é" * 39]
)
def test_keys_that_others_made_are_never_called_mistyped(value: str) -> None:
    assert not mistyped(value)


def test_what_is_kept_is_the_hash() -> None:
    assert digest("shop") == hashlib.sha256(b"shop").digest()


def test_the_id_can_be_worked_out_by_any_language_from_the_key_alone() -> None:
    secret = hashlib.sha256(b"shop").hexdigest()

    assert key_id("shop") == hashlib.sha256(secret.encode()).hexdigest()[:16]


def test_the_id_tells_nothing_of_the_secret() -> None:
    assert key_id("shop") not in digest("shop").hex()


@given(st.text(max_size=50))
def test_any_text_can_be_a_key(value: str) -> None:
    assert len(key_id(value)) == 16
    assert len(digest(value)) == 32


def test_a_text_with_half_a_character_is_a_key_nobody_has_and_no_error() -> None:
    assert len(digest("\ud800")) == 32


@pytest.mark.parametrize(
    ("expires", "revoked", "works"),
    [(None, None, True), (10_001, None, True), (10_000, None, False), (None, 10_000, False), (None, 10_001, True),
     (20_000, 9_000, False), (9_000, 20_000, False)],
)  # fmt: skip
def test_a_key_works_until_it_expires_or_is_revoked(expires: int | None, revoked: int | None, works: bool) -> None:
    key = Key("id", b"", Kind.PUBLIC, None, None, "", 0, expires, revoked)

    assert key.works(10.0) is works
