"""Keys: who may ask what, and how a browser proves for whom it speaks."""

from penchant.keys.identity import sign, verify
from penchant.keys.key import LONGEST_KEY, Key, Kind, digest, key_id, mistyped, new_key
from penchant.keys.ring import FRESH, KeyRing
from penchant.keys.scope import SCOPES, Scope

__all__ = [
    "FRESH",
    "LONGEST_KEY",
    "SCOPES",
    "Key",
    "KeyRing",
    "Kind",
    "Scope",
    "digest",
    "key_id",
    "mistyped",
    "new_key",
    "sign",
    "verify",
]
