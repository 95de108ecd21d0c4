"""Where each key of a TOML document stands: `tomllib` reads values and forgets their lines."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from penchant.errors import ConfigProblem, ProblemCode

KeyPath = tuple[str | int, ...]
"""Keys from the root of the document; a number is a place in a list, from 0."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"[ \t]*")
_BETWEEN = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_TEXTS = (
    re.compile(r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}', re.DOTALL),
    re.compile(r"'''(?:[^']|'{1,2}(?!'))*'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)


def dotted(path: KeyPath) -> str:
    """A key path as a person writes it: `imports[0].columns."Invoice No"`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _BARE.fullmatch(part) else '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'
            text += f".{name}" if text else name
    return text


@dataclass(frozen=True)
class Lines:
    """Places of keys, and the maker of problems that carry them.

    Attributes:
        file: Name of the file.
        of_key: 1-based line of each key, table header and list element.
        variables: Environment variable that set a key over the file.
    """

    file: str = "penchant.toml"
    of_key: Mapping[KeyPath, int] = field(default_factory=dict)
    variables: Mapping[KeyPath, str] = field(default_factory=dict)

    def __contains__(self, path: KeyPath) -> bool:
        """True when the file or the environment says something about this very key."""
        return path in self.of_key or path in self.variables

    def line(self, path: KeyPath) -> int:
        """Line of a key, or of the nearest table around it; 0 at the root."""
        return next((self.of_key[p] for p in _outward(path) if p in self.of_key), 0)

    def problem(
        self,
        code: ProblemCode,
        path: KeyPath,
        wanted: str,
        got: str = "",
        *,
        hint: str | None = None,
        have: Iterable[str] = (),
    ) -> ConfigProblem:
        """A problem with the place of `path` filled in, be it a line or a variable."""
        for outer in _outward(path):
            if outer in self.variables:
                inner = dotted(path[len(outer) :])
                name = self.variables[outer] + (f".{inner}" if inner and not inner.startswith("[") else inner)
                return ConfigProblem(code, name, wanted, got, "environment", 0, hint, tuple(have))
        return ConfigProblem(code, dotted(path), wanted, got, self.file, self.line(path), hint, tuple(have))


def key_lines(text: str) -> dict[KeyPath, int]:
    """Find the 1-based line of every key, table and list element.

    Args:
        text: A document that `tomllib` accepts; of any other the answer ends somewhere.

    Returns:
        Lines by key path. A table counts at its own header, else where it is first mentioned; the n-th
        `[[imports]]` is `("imports", n)`.
    """
    scan = _Scan(text)
    with suppress(ValueError, RecursionError):
        scan.document()
    return scan.lines


def _outward(path: KeyPath) -> Iterable[KeyPath]:
    return (path[:end] for end in range(len(path), 0, -1))


class _Scan:
    """One pass over a document; knows the lexical rules and leaves the values to `tomllib`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self._starts = [0, *(m.end() for m in re.finditer("\n", text))]
        self._mentioned: set[KeyPath] = set()
        self._sizes: dict[KeyPath, int] = {}

    def document(self) -> None:
        table: KeyPath = ()
        self._skip(_BETWEEN)
        while self.at < len(self.text):
            before = self.at
            if self.text.startswith("[", self.at):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BETWEEN)
            if self.at == before:  # not TOML: end rather than turn in place
                return

    def _header(self) -> KeyPath:
        start = self.at
        double = self.text.startswith("[[", self.at)
        self.at += 2 if double else 1
        keys = self._key()
        self._skip(_BLANK)
        self.at += 2 if double else 1
        path: KeyPath = ()
        for n, key in enumerate(keys):
            path = (*path, key)
            last = n == len(keys) - 1
            if last and double:
                self._mark(path, start, mentioned=True)
                self._sizes[path] = self._sizes.get(path, 0) + 1
            else:
                self._mark(path, start, mentioned=not last)
            if path in self._sizes:
                path = (*path, self._sizes[path] - 1)
                self._mark(path, start, mentioned=not last)
        return path

    def _pair(self, table: KeyPath) -> None:
        start = self.at
        path = table
        keys = self._key()
        for n, key in enumerate(keys):
            path = (*path, key)
            self._mark(path, start, mentioned=n < len(keys) - 1)
        self._skip(_BLANK)
        self.at += 1  # the equals sign
        self._skip(_BLANK)
        self._value(path)

    def _key(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip(_BLANK)
            if self.text[self.at : self.at + 1] in ('"', "'"):
                start = self.at
                self._quoted()
                keys.append(tomllib.loads(f"key = {self.text[start : self.at]}")["key"])
            else:
                start = self.at
                self._skip(_BARE)
                keys.append(self.text[start : self.at])
            self._skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def _value(self, path: KeyPath) -> None:
        first = self.text[self.at : self.at + 1]
        if first == "[":
            self._list(path)
        elif first == "{":
            self._inline(path)
        elif first in ('"', "'"):
            self._quoted()
        else:
            self._skip(_SCALAR)

    def _list(self, path: KeyPath) -> None:
        self.at += 1
        for n in range(len(self.text)):
            self._skip(_BETWEEN)
            if self._closes("]"):
                return
            self._mark((*path, n), self.at)
            self._value((*path, n))
            self._skip(_BETWEEN)
            if self.text.startswith(",", self.at):
                self.at += 1

    def _inline(self, path: KeyPath) -> None:
        self.at += 1
        while True:
            self._skip(_BETWEEN)
            if self._closes("}"):
                return
            self._pair(path)
            self._skip(_BETWEEN)
            if self.text.startswith(",", self.at):
                self.at += 1

    def _closes(self, bracket: str) -> bool:
        if self.at < len(self.text) and self.text[self.at] != bracket:
            return False
        self.at += 1
        return True

    def _quoted(self) -> None:
        for kind in _TEXTS:
            if found := kind.match(self.text, self.at):
                self.at = found.end()
                return
        self.at = len(self.text)

    def _mark(self, path: KeyPath, at: int, mentioned: bool = False) -> None:
        """Note a line. A mention (`a` in `[a.b]`) gives way to the header `[a]`, which may come later."""
        if path not in self.lines or (path in self._mentioned and not mentioned):
            self.lines[path] = bisect_right(self._starts, at)
            if mentioned:
                self._mentioned.add(path)
            else:
                self._mentioned.discard(path)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if found := pattern.match(self.text, self.at):
            self.at = found.end()
