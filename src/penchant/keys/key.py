"""A key: what it looks like, and what is kept of it."""

from __future__ import annotations

import hashlib
import secrets
import zlib
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

LONGEST_KEY = 200
"""Longest key, in characters; nothing longer is looked up."""

_RANDOM = 24
"""Random bytes of a new key: 192 bits, which nobody guesses."""
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LETTERS = 33
_CHECK_LETTERS = 6


class Kind(StrEnum):
    """What a key is for."""

    PUBLIC = "pk"
    """In browsers and apps, where everybody can read it: sends events, asks for recommendations for its own person."""
    SERVER = "sk"
    """On the site's own servers: also people and the catalog."""
    ADMIN = "admin"
    """For operators: also failed events, keys, export and erasure."""


class Key(NamedTuple):
    """A key as it is kept: never the key itself.

    Attributes:
        id: Public name of the key, shown in lists.
        digest: SHA-256 of the key.
        kind: What it is for.
        domain: The one domain it is good for; None for all.
        source: Source of the events it sends; None where messages of several domains may come.
        label: Words for people.
        created: Milliseconds.
        expires: Milliseconds, or None.
        revoked: Milliseconds, or None.
    """

    id: str
    digest: bytes
    kind: Kind
    domain: str | None
    source: str | None
    label: str
    created: int
    expires: int | None = None
    revoked: int | None = None

    def works(self, now: float) -> bool:
        """Whether it opens anything at a moment, in Unix seconds."""
        at = now * 1000
        return (self.expires is None or at < self.expires) and (self.revoked is None or at < self.revoked)


def new_key(kind: Kind, entropy: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A key that nobody has: `sk_`, 33 random letters and digits, and 6 that check the rest.

    The checksum (CRC-32) lets a scanner of source code tell a key from other text, and a typo from a wrong key.

    Args:
        kind: What it will be for.
        entropy: Gives that many random bytes.
    """
    body = f"{kind.value}_{_letters(int.from_bytes(entropy(_RANDOM)), _RANDOM_LETTERS)}"
    return body + _check(body)


def mistyped(value: str) -> bool:
    """Whether a text is one of our own keys with a slip in it; False for keys that others made."""
    kind, _, rest = value.partition("_")
    ours = kind in set(Kind) and len(rest) == _RANDOM_LETTERS + _CHECK_LETTERS and set(rest) <= set(_LETTERS)
    return ours and _check(value[:-_CHECK_LETTERS]) != value[-_CHECK_LETTERS:]


def digest(value: str) -> bytes:
    """SHA-256 of a key: what is kept of it. Keys are random, so no slow hash is needed."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()


def key_id(value: str) -> str:
    """Public name of a key: 16 hexadecimal digits of the SHA-256 of its lower-case hexadecimal SHA-256."""
    return id_of(digest(value))


def id_of(kept: bytes) -> str:
    """Public name of the key with this digest."""
    return hashlib.sha256(kept.hex().encode()).hexdigest()[:16]


def _check(body: str) -> str:
    return _letters(zlib.crc32(body.encode()), _CHECK_LETTERS)


def _letters(number: int, length: int) -> str:
    found = []
    for _ in range(length):
        number, at = divmod(number, len(_LETTERS))
        found.append(_LETTERS[at])
    return "".join(reversed(found))
