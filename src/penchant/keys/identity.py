"""Identity tokens: how a browser, whose key everybody can read, proves for whom it speaks.

The site's own server signs them: JSON Web Tokens (RFC 7519), HS256, with `sub` = the person's user id and `exp` = when
it ends. The secret is the lower-case hexadecimal SHA-256 of a server key, `kid` in the header is that key's id. Both
can be worked out from the key alone, and penchant need not keep the key to check them.
"""

from __future__ import annotations

from typing import Any

import jwt

from penchant.errors import InvalidRequest, KeyRejected
from penchant.keys.key import Kind, digest, key_id
from penchant.keys.ring import KeyRing

LONGEST_LIFE = 30 * 86_400
"""Seconds a token may live; one that ends later is refused."""
LEEWAY = 60
"""Seconds that two machines' clocks may differ."""
LONGEST_TOKEN = 4_096
"""Longest token, in characters."""
LONGEST_USER = 200
"""Longest user id, in characters."""

_ALGORITHM = "HS256"
# The time is compared here, by the clock that was handed in; who signed for whom is `kid` and `sub` alone.
_CHECKS: Any = {
    "require": ["sub", "exp"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
}


def sign(user_id: str, server_key: str, expires: float) -> str:
    """A token that lets a browser speak for a person; for the site's server, never for the browser itself.

    Args:
        user_id: The person's user id.
        server_key: An `sk_` key.
        expires: When it ends, Unix seconds; at most 30 days ahead.

    Raises:
        InvalidRequest: The user id is empty or too long.
    """
    if not 0 < len(user_id) <= LONGEST_USER:
        raise InvalidRequest("user_id", f"must have 1 to {LONGEST_USER} characters")
    claims = {"sub": user_id, "exp": int(expires)}
    return jwt.encode(claims, digest(server_key).hex(), _ALGORITHM, headers={"kid": key_id(server_key)})


def verify(token: str, ring: KeyRing, now: float, domain: str | None) -> str:
    """The user id that a token proves.

    Args:
        token: What the browser sent.
        ring: Keys, read not long ago; nothing is read here.
        now: Unix seconds.
        domain: The domain it is used for. A token signed with a key of one domain holds there alone.

    Raises:
        KeyRejected: It is no token of a server key that works here and now.
    """
    if len(token) > LONGEST_TOKEN:
        raise _rejected("it is too long")
    try:
        key = ring.named(str(jwt.get_unverified_header(token).get("kid")))
        if key is None or key.kind is not Kind.SERVER or (key.domain is not None and key.domain != domain):
            raise _rejected("the key it names (kid) is no server key that works here")
        claims = jwt.decode(token, key.digest.hex(), algorithms=[_ALGORITHM], options=_CHECKS)
    except (jwt.PyJWTError, ValueError, RecursionError, TypeError):
        raise _rejected("it is not signed by the key it names, or has no sub and exp") from None
    user, expires, starts = claims["sub"], claims["exp"], claims.get("nbf", 0)
    if not isinstance(user, str) or not 0 < len(user) <= LONGEST_USER:
        raise _rejected("its sub is no user id")
    if not _moment(expires) or not _moment(starts) or starts > now + LEEWAY:
        raise _rejected("it does not hold yet, or its times are no numbers")
    if expires <= now - LEEWAY:
        raise _rejected("it has expired")
    if expires > now + LONGEST_LIFE + LEEWAY:
        raise _rejected("it would hold for more than 30 days")
    return user


def _moment(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12


def _rejected(why: str) -> KeyRejected:
    return KeyRejected(f"the identity token is refused: {why}")
