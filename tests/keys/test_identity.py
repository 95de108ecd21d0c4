"""Identity tokens: what a site's server signs, and what holds of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.clock import FixedClock
from penchant.errors import InvalidRequest, KeyRejected
from penchant.keys import Key, KeyRing, Kind, key_id, sign, verify

NOW = 1_800_000_000.0
DAY = 86_400
SERVER, SHOP, BROWSER, OLD = "sk-of-all", "sk-of-shop", "pk-of-shop", "sk-that-expired"

MakeKey = Callable[..., Key]


@pytest.fixture(scope="module")
def ring(key: MakeKey) -> KeyRing:
    keys = [
        key(SERVER, Kind.SERVER),
        key(SHOP, Kind.SERVER, domain="shop"),
        key(BROWSER, Kind.PUBLIC),
        key(OLD, Kind.SERVER, expires=int(NOW * 1000)),
    ]
    made = KeyRing(lambda: keys, FixedClock(NOW))
    made.refresh()
    return made


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(key: str, claims: Any, header: dict[str, Any] | None = None) -> str:
    """A token as any language makes it: two JSON texts and an HMAC."""
    secret = hashlib.sha256(key.encode()).hexdigest()
    head = {"alg": "HS256", "typ": "JWT", "kid": hashlib.sha256(secret.encode()).hexdigest()[:16], **(header or {})}
    signed = ".".join(base64url(json.dumps(part).encode()) for part in (head, claims))
    return f"{signed}.{base64url(hmac.digest(secret.encode(), signed.encode(), 'sha256'))}"


def test_a_signed_token_proves_the_user(ring: KeyRing) -> None:
    assert verify(sign("42", SERVER, NOW + DAY), ring, NOW, "shop") == "42"


def test_a_token_made_by_hand_is_the_same_token(ring: KeyRing) -> None:
    ours = sign("42", SHOP, NOW + DAY)
    theirs = by_hand(SHOP, {"sub": "42", "exp": int(NOW) + DAY})

    assert jwt.get_unverified_header(ours) == jwt.get_unverified_header(theirs)
    assert verify(theirs, ring, NOW, "shop") == verify(ours, ring, NOW, "shop") == "42"


@given(st.text(min_size=1, max_size=200).filter(lambda text: text.isprintable()))
def test_any_user_id_comes_back_as_it_was(user: str) -> None:
    keys = [Key(key_id(SERVER), hashlib.sha256(SERVER.encode()).digest(), Kind.SERVER, None, None, "", 0)]
    ring = KeyRing(lambda: keys, FixedClock(NOW))
    ring.refresh()

    assert verify(sign(user, SERVER, NOW + DAY), ring, NOW, None) == user


def test_a_key_of_one_domain_vouches_there_alone(ring: KeyRing) -> None:
    token = sign("42", SHOP, NOW + DAY)

    assert verify(token, ring, NOW, "shop") == "42"
    for other in ("channel", None):
        with pytest.raises(KeyRejected):
            verify(token, ring, NOW, other)


@pytest.mark.parametrize("signer", [BROWSER, OLD, "sk-that-nobody-has"])
def test_only_a_server_key_that_works_may_sign(ring: KeyRing, signer: str) -> None:
    with pytest.raises(KeyRejected, match="kid"):
        verify(sign("42", signer, NOW + DAY), ring, NOW, "shop")


@pytest.mark.parametrize(
    ("expires", "good"),
    [(DAY, True), (-59, True), (-60, False), (-DAY, False), (30 * DAY, True), (30 * DAY + 60, True),
     (30 * DAY + 61, False), (3650 * DAY, False)],
)  # fmt: skip
def test_a_token_ends_and_may_not_live_for_more_than_30_days(ring: KeyRing, expires: int, good: bool) -> None:
    token = sign("42", SERVER, NOW + expires)

    if good:
        assert verify(token, ring, NOW, "shop") == "42"
    else:
        with pytest.raises(KeyRejected):
            verify(token, ring, NOW, "shop")


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"sub": "42"},
        {"exp": NOW + DAY},
        {"sub": None, "exp": NOW + DAY},
        {"sub": 42, "exp": NOW + DAY},
        {"sub": "", "exp": NOW + DAY},
        {"sub": "u" * 201, "exp": NOW + DAY},
        {"sub": ["42"], "exp": NOW + DAY},
        {"sub": "42", "exp": None},
        {"sub": "42", "exp": str(NOW + DAY)},
        {"sub": "42", "exp": True},
        {"sub": "42", "exp": float("nan")},
        {"sub": "42", "exp": float("inf")},
        {"sub": "42", "exp": 1e300},
        {"sub": "42", "exp": NOW + DAY, "nbf": NOW + DAY},
        {"sub": "42", "exp": NOW + DAY, "nbf": "soon"},
        [],
        "42",
        None,
    ],
)
def test_a_signed_token_with_other_claims_is_refused(ring: KeyRing, claims: Any) -> None:
    with pytest.raises(KeyRejected):
        verify(by_hand(SERVER, claims), ring, NOW, "shop")


def test_a_token_that_begins_within_a_minute_holds_as_clocks_differ(ring: KeyRing) -> None:
    claims = {"sub": "42", "exp": NOW + DAY, "nbf": NOW + 59, "iat": NOW + 30, "aud": "us", "iss": "shop.example"}

    assert verify(by_hand(SERVER, claims), ring, NOW, "shop") == "42"


@pytest.mark.parametrize("algorithm", ["none", "HS384", "RS256", "hs256", None, 1])
def test_no_other_algorithm_is_believed(ring: KeyRing, algorithm: Any) -> None:
    token = by_hand(SERVER, {"sub": "42", "exp": NOW + DAY}, {"alg": algorithm})

    for text in (token, token.rpartition(".")[0] + "."):
        with pytest.raises(KeyRejected):
            verify(text, ring, NOW, "shop")


@pytest.mark.parametrize("kid", [None, "", 7, [], "x" * 16])
def test_a_token_that_names_no_key_is_refused(ring: KeyRing, kid: Any) -> None:
    with pytest.raises(KeyRejected):
        verify(by_hand(SERVER, {"sub": "42", "exp": NOW + DAY}, {"kid": kid}), ring, NOW, "shop")


@pytest.mark.parametrize("part", [0, 1, 2])
def test_one_changed_letter_breaks_it(ring: KeyRing, part: int) -> None:
    parts = sign("42", SERVER, NOW + DAY).split(".")
    parts[part] = ("A" if parts[part][5] != "A" else "B").join((parts[part][:5], parts[part][6:]))

    with pytest.raises(KeyRejected):
        verify(".".join(parts), ring, NOW, "shop")


@given(st.one_of(st.text(), st.text(alphabet="abcXYZ019-_=.{}", min_size=5)))
def test_no_text_at_all_is_an_error_of_another_kind(text: str) -> None:
    ring = KeyRing(lambda: [], FixedClock(NOW))

    with pytest.raises(KeyRejected):
        verify(text, ring, NOW, "shop")


def test_a_token_without_end_is_not_even_read(ring: KeyRing) -> None:
    with pytest.raises(KeyRejected, match="too long"):
        verify("e" * 4_097, ring, NOW, "shop")


def test_what_is_refused_is_not_repeated_in_the_error(ring: KeyRing) -> None:
    with pytest.raises(KeyRejected) as caught:
        verify(sign("a-secret-person", "sk-that-nobody-has", NOW + DAY), ring, NOW, "shop")

    assert "a-secret-person" not in caught.value.message
    assert "eyJ" not in caught.value.message


@pytest.mark.parametrize("user", ["", "u" * 201])
def test_what_is_no_user_id_is_not_signed(user: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        sign(user, SERVER, NOW + DAY)
    assert caught.value.field == "user_id"
