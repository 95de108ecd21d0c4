"""What people give to commands: a domain, JSON, a thing by options or a file; wrong ones are told by their option."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import typer

from penchant.engine import Engine
from penchant.errors import InvalidRequest, NotFound, in_words

BY = "cli"
"""Who made what is made by a command."""

Domain = Annotated[str | None, typer.Option("--domain", "-d", help="Domain; may be left out when there is one.")]

Thing = TypeVar("Thing")


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


def whole(given: Mapping[str, Any], file: Path | None, what: str) -> dict[str, Any]:
    """A thing as it was given: by options (those that were not given are left out), or whole by `--file`.

    Args:
        given: Options by the fields they stand for.
        file: The file; None where there is none.
        what: What it is, as in `rule`.

    Raises:
        InvalidRequest: Both were given, or the file cannot be read.
    """
    said = {field: value for field, value in given.items() if value is not None}
    if file is None:
        return said
    if said:
        raise InvalidRequest("--file", f"has the whole {what}; leave out what else is said of it")
    return object_in(file)


def made_of(
    fields: Mapping[str, Any], kind: type[Thing], what: str, allowed: Mapping[str, Sequence[str]] | None = None
) -> Thing:
    """A thing of a type, made of what was given.

    Args:
        fields: By name.
        kind: The type.
        what: What an error is told of where no field is wrong alone.
        allowed: Values of fields that are enumerations.

    Raises:
        InvalidRequest: A field is wrong.
    """
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        _, _, place = str(error).partition(" - at `$.")
        field = place.rstrip("`") or what
        raise InvalidRequest(field, in_words(str(error), (allowed or {}).get(field, ()))) from None
