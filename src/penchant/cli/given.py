"""What people give to commands as text: a domain, JSON, a file of JSON; wrong ones are told by their option."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from penchant.engine import Engine
from penchant.errors import InvalidRequest, NotFound


def domain_of(engine: Engine, domain: str | None) -> str:
    """The domain that is meant: the one that was named, or the only one there is.

    Raises:
        NotFound: There is none of this name.
        InvalidRequest: There are several, and none was named.
    """
    if domain is None:
        if len(engine.domains) > 1:
            raise InvalidRequest("--domain", f"must say which: {', '.join(engine.domains)}")
        return next(iter(engine.domains))
    if domain not in engine.domains:
        raise NotFound("domain", domain, engine.domains)
    return domain


def json_of(option: str, text: str | None) -> Any:
    """An option's JSON; None where it was not given.

    Raises:
        InvalidRequest: It is not JSON.
    """
    if text is None:
        return None
    try:
        return msgspec.json.decode(text)
    except ValueError as error:
        raise InvalidRequest(option, f"is not JSON ({error})", text) from None


def object_in(file: Path) -> dict[str, Any]:
    """The JSON object in a file given by `--file`.

    Raises:
        InvalidRequest: It cannot be read, or is no object.
    """
    try:
        found = msgspec.json.decode(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidRequest("--file", f"cannot be read ({error})") from None
    if not isinstance(found, dict):
        raise InvalidRequest("--file", "must hold one JSON object")
    return found
