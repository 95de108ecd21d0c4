"""How large a message may be: bytes, nesting, text, and names."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from penchant.clock import DAY
from penchant.errors import EventRejected

_ENCODE = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one message may bring; `[limits]` has the same under the same names.

    Attributes:
        size: Most bytes, as JSON without blanks.
        depth: Deepest nesting of objects and lists, the message itself included.
        text: Longest text, in characters; names of fields are texts.
        keys: Most fields in all, those of inner objects included.
        old: An event that happened longer than this before it came is marked `old`; milliseconds.
    """

    size: int = 65_536
    depth: int = 20
    text: int = 16_384
    keys: int = 1_000
    old: int = int(30 * DAY * 1000)


BOUNDS = Bounds()
"""The limits when none are set."""


def check_bounds(message: dict[str, object], bounds: Bounds) -> int:
    """Check that a message is plain JSON within its bounds.

    Returns:
        Its size in bytes, as JSON without blanks.

    Raises:
        EventRejected: It is not.
    """
    try:
        body = _ENCODE(message)
    except RecursionError:
        raise EventRejected("too_deep", "message", f"must nest at most {bounds.depth} deep") from None
    except UnicodeEncodeError:
        raise EventRejected("bad_text", "message", "must be Unicode text without lone surrogates") from None
    except (TypeError, ValueError, OverflowError) as error:
        raise EventRejected("bad_type", "message", f"must be plain JSON ({error})") from None
    size = len(body)
    if size > bounds.size:
        raise EventRejected("too_large", "message", f"must have at most {bounds.size} bytes", size)
    # Nearly every message passes by these counts alone, which cost a tenth of looking at each value; a field takes
    # five bytes or more.
    if size > bounds.text or size > 5 * bounds.keys or body.count(b"{") + body.count(b"[") > bounds.depth:
        _walk(message, bounds)
    return size


def _walk(message: dict[str, object], bounds: Bounds) -> None:
    """Look at every value, level by level, so that no nesting is too deep to be looked at."""
    level: list[object] = [message]
    keys = depth = 0
    while level:
        depth += 1
        if depth > bounds.depth:
            raise EventRejected("too_deep", "message", f"must nest at most {bounds.depth} deep")
        inner: list[object] = []
        for value in level:
            values: list[object]
            if isinstance(value, dict):
                keys += len(value)
                values = [*value, *value.values()]
            elif isinstance(value, list | tuple):
                values = list(value)
            else:
                continue
            for each in values:
                if isinstance(each, str):
                    if len(each) > bounds.text:
                        raise EventRejected(
                            "too_long", "message", f"must have texts of at most {bounds.text} characters"
                        )
                elif isinstance(each, dict | list | tuple):
                    inner.append(each)
        if keys > bounds.keys:
            raise EventRejected("too_many_keys", "message", f"must have at most {bounds.keys} fields in all", keys)
        level = inner
