"""Every error penchant raises on purpose, in one tree.

    PenchantError
    ├── ConfigError            penchant.toml or the environment is wrong; carries every problem at once
    ├── DataError
    │   ├── ImportFailed       a file cannot be read, or lacks what its mapping names
    │   ├── FeedFailed         a feed cannot be pulled, read, or taken as it is
    │   ├── EventRejected      one event is wrong
    │   └── ItemRejected       one item is wrong
    ├── NotFound               a name that does not exist: domain, placement, model, release
    ├── InvalidRequest         a request field is wrong
    │   ├── TooLarge           a request is above one of the limits
    │   ├── Conflict           something else is kept under this id already
    │   └── Reused             a key of idempotency was used for something else
    ├── KeyRejected            no key, or one that is unknown, expired or revoked
    ├── NotAllowed             the key is good, but not for this
    ├── TooMany                a key asks more often than it may
    ├── Overloaded             the queue is full: come again
    ├── FormulaWrong           a formula cannot be read; carries every mistake at once
    ├── ModelError
    │   ├── FitFailed          a model cannot be fitted on this data
    │   └── ArtifactError      a release on disk is missing, altered or of another version
    ├── StorageError           the store cannot be opened, read or written
    │   └── StorageLate        it does not answer in the time that an answer may take
    └── ExtraNotInstalled      an optional library is missing (also an ImportError)

Errors carry fields; the text is made from the fields. Where an error becomes an HTTP status or an exit
code is decided at the edge (`server/`, `cli/`), never here.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

_EXPECTED = re.compile(r"Expected `([^`]+)`(?: (of length )?([<>]=?) ([0-9.e+-]+))?(?:, got `([^`]+)`)?")
_SIGNS = {">=": "at least", ">": "above", "<=": "at most", "<": "below"}
_KINDS = {
    "float": "a number",
    "int": "a whole number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "datetime": "a date and a time, as in 2026-12-01T08:00:00Z",
}


class PenchantError(Exception):
    """The root of the tree. `code` is stable and machine-readable."""

    code: ClassVar[str] = "error"

    @property
    def message(self) -> str:
        """The sentence a person reads."""
        return str(self)

    def __reduce__(self) -> tuple[Callable[..., PenchantError], tuple[object, ...]]:
        """How a pool's other process tells of it: `__init__` wants fields, and not the text that was made of them."""
        return _again, (type(self), self.args, dict(self.__dict__))


def _again(kind: type[PenchantError], args: tuple[object, ...], fields: dict[str, object]) -> PenchantError:
    """An error as it was raised in another process."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


def nearest(name: str, have: Iterable[str]) -> str | None:
    """The name in `have` that `name` was most likely meant to be, or None when nothing is near.

    Case does not count, `_` and `-` are the same, and the start of exactly one name stands for it.
    """
    folded: dict[str, str] = {}
    for other in have:
        folded.setdefault(_folded(other), other)
    key = _folded(name)
    found = difflib.get_close_matches(key, list(folded), n=1, cutoff=0.6)
    if not found and len(key) >= 2:
        found = [other for other in folded if other.startswith(key)]
    return folded[found[0]] if len(found) == 1 else None


def choices(have: Iterable[str], limit: int = 12) -> str:
    """`a, b, c` for a message; a long list is cut and says so."""
    return _listed(sorted(have), limit)


def in_words(message: str, allowed: Iterable[str] = ()) -> str:
    """A message of msgspec's decoder in the words of a request's author, without the place it ends with.

    Args:
        message: What the decoder said, such as "Expected `int` >= 0, got `str` - at `$.stock`".
        allowed: The values that an enumeration has, where whoever asks knows them.
    """
    message = message.partition(" - at `")[0]
    if message.startswith("Invalid enum value"):
        given = message.removeprefix("Invalid enum value ")
        return f"must be one of {', '.join(allowed)}, got {given}" if allowed else f"cannot be {given}"
    if message.startswith("Invalid RFC3339"):
        return "must be a date and a time, as in 2026-12-01T08:00:00Z"
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", message, re.DOTALL):
        return f'knows no field "{found[1]}"'
    if found := re.fullmatch(r"Object missing required field `(.*)`", message):
        return f'needs the field "{found[1]}"'
    if not (found := _EXPECTED.fullmatch(message)):
        return message
    kinds, long, sign, bound, got = found.groups()
    if sign:
        least = f"{_SIGNS[sign]} {float(bound):,.10g}"
        one, many = ("character", "characters") if kinds.startswith("str") else ("entry", "entries")
        return f"must have {least} {one if bound == '1' else many}" if long else f"must be {least}"
    *others, last = (_KINDS.get(kind, kind) for kind in kinds.split(" | "))
    wanted = f"{', '.join(others)} or {last}" if others else last
    return f"must be {wanted}" + (f", got {_KINDS.get(got, got)}" if got else "")


ProblemCode = Literal[
    "missing",
    "unknown_key",
    "wrong_type",
    "out_of_range",
    "unknown_name",
    "duplicate",
    "conflict",
    "unreadable",
    "unset_env",
]
"""What kind a configuration problem is; docs/configuration.md has a line on each."""


@dataclass(frozen=True)
class ConfigProblem:
    """One thing wrong in the configuration.

    Attributes:
        code: What kind.
        path: Dotted key, as in `domains.shop.pack`; the variable's name when the environment is to blame.
        wanted: What was expected, in words; for `unknown_name` the kind of thing looked for, as in `objective`.
        got: What stood there, as TOML; empty when nothing did.
        file: File name, or `environment`.
        line: 1-based line; 0 when the place has no line.
        hint: The nearest right name, when there is one.
        have: Names that would have been right, in the order to show them.
    """

    code: ProblemCode
    path: str
    wanted: str
    got: str = ""
    file: str = "penchant.toml"
    line: int = 0
    hint: str | None = None
    have: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """`penchant.toml:42 placements.home.objective`."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where} {self.path}" if self.path else where

    @property
    def message(self) -> str:
        """The sentence without its place: `must be a whole number, got "eighty"`."""
        if self.code == "unknown_name":
            text = f"no {self.wanted} {self.got}"
        else:
            text = self.wanted + (f", got {self.got}" if self.got else "")
        hint = f'; did you mean "{self.hint}"?' if self.hint else ""
        have = f" (have: {_listed(self.have)})" if self.have else ""
        return text + hint + have

    def __str__(self) -> str:
        """`penchant.toml:42 placements.home.objective: no objective "profitt"; did you mean "profit"? (have: …)`."""
        return f"{self.place}: {self.message}"


class ConfigError(PenchantError):
    """The configuration does not hold; `problems` has all of them, in file order."""

    code = "config_invalid"

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))


class DataError(PenchantError):
    """Data that came in cannot be taken as it is."""

    code = "data_invalid"


class ImportFailed(DataError):
    """A file cannot be imported, or not to its end; the reason says how many rows were stored before."""

    code = "import_failed"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}")


class FeedFailed(DataError):
    """A feed was not taken, and nothing of it was kept; `step` says how far it came.

    `fetch`: it could not be pulled; `read`: it is not what it should be; `check`: it changes more than it may.
    """

    code = "feed_failed"

    def __init__(self, feed: str, step: Literal["fetch", "read", "check"], reason: str) -> None:
        self.feed, self.step, self.reason = feed, step, reason
        super().__init__(f"{feed}: {reason}")


class EventRejected(DataError):
    """One event is wrong; `reason` is one of a closed set of codes, `field` says where."""

    code = "event_rejected"

    def __init__(self, reason: str, field: str, wanted: str, got: object = None) -> None:
        self.reason, self.field, self.wanted, self.got = reason, field, wanted, got
        super().__init__(f"{field}: {wanted}" + (f", got {_short(got)}" if got is not None else ""))


class ItemRejected(DataError):
    """One item is wrong; `field` says where, as far as one field is to blame."""

    code = "item_rejected"

    def __init__(self, item: str, reason: str, field: str = "") -> None:
        self.item, self.reason, self.field = item, reason, field
        super().__init__(f"item {_short(item)}: " + (f"{field}: {reason}" if field else reason))


class NotFound(PenchantError):
    """A name that nothing bears. `kind` says what was looked for, `have` what there is."""

    code = "not_found"

    def __init__(self, kind: str, name: str, have: Iterable[str] = ()) -> None:
        self.kind, self.name, self.have = kind, name, tuple(have)
        near = nearest(name, self.have)
        hint = f'; did you mean "{near}"?' if near else ""
        have_text = f" (have: {choices(self.have)})" if self.have else ""
        super().__init__(f'no {kind} "{name}"{hint}{have_text}')


class InvalidRequest(PenchantError):
    """A request's field is wrong."""

    code = "invalid_request"

    def __init__(self, field: str, wanted: str, got: object = None) -> None:
        self.field, self.wanted, self.got = field, wanted, got
        super().__init__(f"{field}: {wanted}" + (f", got {_short(got)}" if got is not None else ""))


class TooLarge(InvalidRequest):
    """A request, or a part of it, is above one of the limits."""

    code = "too_large"


class Conflict(InvalidRequest):
    """Something else is kept under this id already, and is not overwritten."""

    code = "conflict"


class Reused(InvalidRequest):
    """A key of idempotency came with another request than the first time."""

    code = "key_reused"


class KeyRejected(PenchantError):
    """No key came, or one that opens nothing. The key itself is never said."""

    code = "key_rejected"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class NotAllowed(PenchantError):
    """The key is good, but not for this; `scope` is what it would need."""

    code = "not_allowed"

    def __init__(self, scope: str, reason: str) -> None:
        self.scope, self.reason = scope, reason
        super().__init__(reason)


class TooMany(PenchantError):
    """A key asks more often than it may; `retry_after` in whole seconds."""

    code = "too_many_requests"

    def __init__(self, retry_after: int, reason: str) -> None:
        self.retry_after, self.reason = retry_after, reason
        super().__init__(reason)


class Overloaded(PenchantError):
    """There is more to do than can be done; `retry_after` in whole seconds."""

    code = "overloaded"

    def __init__(self, retry_after: int, reason: str) -> None:
        self.retry_after, self.reason = retry_after, reason
        super().__init__(reason)


@dataclass(frozen=True)
class Mistake:
    """One thing wrong in a formula.

    Attributes:
        at: Where in its text, from 1; 0 for the whole.
        reason: What is wrong, in words.
        hint: The nearest right name, when there is one.
        have: Names that would have been right, in the order to show them.
    """

    at: int
    reason: str
    hint: str | None = None
    have: tuple[str, ...] = ()

    def __str__(self) -> str:
        """`at character 5: no name "margn"; did you mean "margin"?`."""
        hint = f'; did you mean "{self.hint}"?' if self.hint else ""
        have = f" (have: {_listed(self.have)})" if self.have and not self.hint else ""
        return (f"at character {self.at}: " if self.at else "") + self.reason + hint + have


class FormulaWrong(PenchantError):
    """A formula cannot be read; `mistakes` has all that is wrong with it, in order."""

    code = "formula_wrong"

    def __init__(self, text: str, mistakes: Sequence[Mistake]) -> None:
        self.text, self.mistakes = text, tuple(mistakes)
        super().__init__("; ".join(str(one) for one in self.mistakes))


class ModelError(PenchantError):
    """Something about a model."""

    code = "model_error"


class FitFailed(ModelError):
    """This data does not support this model; `reason` says what is missing."""

    code = "fit_failed"

    def __init__(self, model: str, reason: str) -> None:
        self.model, self.reason = model, reason
        super().__init__(f"{model}: {reason}")


class ArtifactError(ModelError):
    """A release on disk is missing, altered, or written by an incompatible version."""

    code = "artifact_invalid"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}")

    @property
    def public(self) -> str:
        """The sentence for people who must not learn where files lie: folder and file name alone."""
        return f"{'/'.join(self.path.split('/')[-2:])}: {self.reason}"


class StorageError(PenchantError):
    """The store cannot be opened, read or written.

    `full` when there is no room left on its disk; `refused` when the fault is with what was to be written, so that
    anything else could be written as before.
    """

    code = "storage_error"

    def __init__(self, url: str, reason: str, *, full: bool = False, refused: bool = False) -> None:
        self.url, self.reason, self.full, self.refused = url, reason, full, refused
        super().__init__(f"{url}: {reason}")

    @property
    def public(self) -> str:
        """The sentence for people who must not learn where the store lies."""
        return f"the store cannot be used now ({self.reason})"


class StorageLate(StorageError):
    """The store does not answer in the time that there is, or has not lately and is left alone for a moment."""

    code = "storage_late"

    def __init__(self, url: str) -> None:
        super().__init__(url, "it does not answer in time")

    @property
    def public(self) -> str:
        """One word: whoever reads it knows what was asked of the store."""
        return "late"


class ExtraNotInstalled(PenchantError, ImportError):
    """An optional library is missing; the message names the line that installs it."""

    code = "extra_not_installed"

    def __init__(self, extra: str, needed_for: str) -> None:
        self.extra, self.needed_for = extra, needed_for
        super().__init__(f"{needed_for} needs an optional part: pip install 'penchant[{extra}]'")


def _short(value: object, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _folded(name: str) -> str:
    return name.casefold().replace("_", "-")


def _listed(names: Sequence[str], limit: int = 12) -> str:
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")
