"""Reading penchant.toml: read, lay the environment over it, check shape and references, then raise once."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from penchant.config.environment import apply_overrides, expand
from penchant.config.lines import KeyPath, Lines, key_lines
from penchant.config.names import PackNames, check_references
from penchant.config.settings import Settings
from penchant.config.shape import check_shape
from penchant.config.wording import shown
from penchant.errors import ConfigError, ConfigProblem, nearest

FILE_NAME = "penchant.toml"

_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")
_AT_END = " (at end of document)"
_TWICE = re.compile(r"Cannot declare \((.*)\) twice")
_QUOTED = re.compile(r"'([^']*)'")
_NO_QUOTES = "this text has no closing quotes"
_IN_OTHER_WORDS = {
    "Cannot overwrite a value": "this key or table is set a second time",
    "Expected newline or end of document after a statement": "something follows the value (text needs quotes)",
    'Expected "\'"': _NO_QUOTES,
    "Illegal character '\\n'": _NO_QUOTES,
    "Invalid initial character for a key part": "a key may not begin so ({ } must close on its own line)",
    "Invalid value": 'the value is missing, or is text without quotes (write name = "text")',
    "Unclosed array": "this list has no closing ]",
    "Unescaped '\\' in a string": r"a backslash in text is written \\, or the text put in single quotes",
    "Unterminated string": _NO_QUOTES,
}
"""What tomllib says, for people who have never seen TOML."""


@dataclass(frozen=True)
class Workspace:
    """A configuration that holds, and the folder it speaks of.

    Attributes:
        settings: Every key, with defaults filled in, and variables in import paths and the store's URL expanded.
        file: The file.
        digest: 12 hex digits of the settings' SHA-256. Import paths count as written, before `${NAME}` is
            replaced, so that it is the same on every machine.
        raw: The document with the environment laid over it, without defaults.
    """

    settings: Settings
    file: Path
    digest: str
    raw: Mapping[str, Any]

    @property
    def root(self) -> Path:
        """Folder of the file; relative paths count from it."""
        return self.file.parent

    @property
    def lake(self) -> Path:
        """Folder of the Parquet lake."""
        return self.resolve(self.settings.storage.lake)

    @property
    def releases(self) -> Path:
        """Folder of releases."""
        return self.resolve(self.settings.storage.releases)

    @property
    def rejected(self) -> Path:
        """Folder for the rows that imports refused."""
        return self.resolve(self.settings.storage.rejected)

    def resolve(self, path: str) -> Path:
        """A path of the file, which may be a glob, as seen from anywhere."""
        return self.root / path


def load(
    path: Path, packs: Mapping[str, PackNames], environment: Mapping[str, str], *, imports: bool = True
) -> Workspace:
    """Read and check a configuration as a whole.

    Args:
        path: The file, or the folder it lies in.
        packs: The packs there are, by name.
        environment: Variables by name; see `environment.read_environment`.
        imports: Whether files will be imported. Without, a variable in an import path may be unset: whoever serves
            need not know where the files once lay.

    Raises:
        ConfigError: With every problem there is, in the order of the file, then those of the environment.
    """
    file = path / FILE_NAME if path.is_dir() else path
    text = _read(file)
    tree = _parse(text, file.name)
    over = apply_overrides(tree, environment, Lines(file.name, key_lines(text)), packs)
    shaped = check_shape(over.tree, Settings, over.lines)
    problems = [*over.problems, *shaped.problems, *check_references(shaped.data, over.lines, packs)]
    expanded, unset = _expanded(shaped.data, environment, over.lines)
    problems += [problem for problem in unset if imports or not problem.path.startswith("imports")]
    if problems:
        raise ConfigError(_in_order(problems))
    return Workspace(
        msgspec.convert(expanded, Settings),
        file.absolute(),
        digest(msgspec.convert(shaped.data, Settings)),
        shaped.data,
    )


def digest(settings: Settings) -> str:
    """12 hex digits of the settings' SHA-256; the same for equal settings, whatever their order in the file."""
    return hashlib.sha256(msgspec.json.encode(settings, order="deterministic")).hexdigest()[:12]


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problem = ConfigProblem("missing", "", "no such file; `penchant init` writes one", file=str(file))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = ConfigProblem("unreadable", "", "must be UTF-8 text", file=file.name, line=line)
    except OSError as error:
        problem = ConfigProblem("unreadable", "", f"cannot be read: {error.strerror}", file=str(file))
    raise ConfigError([problem])


def _parse(text: str, name: str) -> dict[str, Any]:
    line = 0
    try:
        return tomllib.loads(text)
    except RecursionError:
        reason = "lists or tables lie too deep in each other"
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        reason = str(error)
        if found := _AT_LINE.search(reason):
            reason, line = reason[: found.start()], int(found[1])
        elif reason.endswith(_AT_END):
            # What never ended is the last key there is.
            reason = reason.removesuffix(_AT_END)
            line = max((line for path, line in key_lines(text).items() if isinstance(path[-1], str)), default=1)
        if found := _TWICE.fullmatch(reason):
            reason = f"the table [{'.'.join(re.findall(_QUOTED, found[1]))}] stands here a second time"
        reason = _IN_OTHER_WORDS.get(reason, reason[:1].lower() + reason[1:])
    raise ConfigError([ConfigProblem("unreadable", "", f"not TOML: {reason}", file=name, line=line)])


def _expanded(
    tree: Mapping[str, Any], environment: Mapping[str, str], lines: Lines
) -> tuple[dict[str, Any], list[ConfigProblem]]:
    """The tree with variables in the store's URL and in import paths replaced, and a problem for each not set."""
    problems: list[ConfigProblem] = []

    def filled(text: str, at: KeyPath) -> str:
        whole, unset = expand(text, environment)
        for name in unset:
            wanted = f"the environment variable {name} is not set"
            hint = nearest(name, environment)
            problems.append(lines.problem("unset_env", at, wanted, shown(text), hint=hint))
        return whole

    new = dict(tree)
    if "imports" in tree:
        new["imports"] = [
            {**one, "path": filled(one["path"], ("imports", n, "path"))} if "path" in one else one
            for n, one in enumerate(tree["imports"])
        ]
    if "url" in tree.get("storage", {}):
        storage = tree["storage"]
        new["storage"] = {**storage, "url": filled(storage["url"], ("storage", "url"))}
    return new, problems


def _in_order(problems: Sequence[ConfigProblem]) -> list[ConfigProblem]:
    return sorted(dict.fromkeys(problems), key=lambda p: (p.file == "environment", p.file, p.line))
