"""From bytes to JSON, without losing a batch to one bad value in it."""

from __future__ import annotations

import json

import msgspec

from penchant.errors import EventRejected

_DECODE = msgspec.json.Decoder().decode


def decode(body: bytes) -> object:
    """Decode a request's body, strictly if it can be, else leniently.

    Python's clients write NaN for a number that is none, and other tools write lone surrogates or 1e400. A strict
    decoder would refuse all messages of a batch for it; here the body is decoded, and `translate` refuses the one
    message.

    Raises:
        EventRejected: It is no JSON, not even nearly, or nests too deep to be decoded.
    """
    try:
        return _DECODE(body)
    except RecursionError:
        raise EventRejected("too_deep", "body", "nests too deep") from None
    except (msgspec.MsgspecError, ValueError) as error:
        strict = str(error)
    try:
        return json.loads(body.decode("utf-8-sig"), parse_int=_whole)
    except RecursionError:
        raise EventRejected("too_deep", "body", "nests too deep") from None
    except ValueError:
        raise EventRejected("bad_json", "body", f"must be JSON ({strict})") from None


def _whole(digits: str) -> int | float:
    # Python refuses to convert thousands of digits, as that takes long.
    return int(digits) if len(digits) < 400 else float(digits)
