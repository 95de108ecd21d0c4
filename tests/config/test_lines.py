from __future__ import annotations

import json
import random
import re
import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.config.lines import KeyPath, Lines, dotted, key_lines


def test_keys_tables_and_lists_of_tables_have_the_line_they_stand_on() -> None:
    text = """\
# a comment with [brackets] = and "quotes"
top = 1

[server]            # line 4
port = 8000
[domains.shop]
models.als = { factors = 3, "half life" = 2 }

[[imports]]         # line 9
name = "a"
[imports.columns]
id = "x"
[[imports]]         # line 13
name = 'b'
"""

    lines = key_lines(text)

    assert lines == {
        ("top",): 2,
        ("server",): 4,
        ("server", "port"): 5,
        ("domains",): 6,
        ("domains", "shop"): 6,
        ("domains", "shop", "models"): 7,
        ("domains", "shop", "models", "als"): 7,
        ("domains", "shop", "models", "als", "factors"): 7,
        ("domains", "shop", "models", "als", "half life"): 7,
        ("imports",): 9,
        ("imports", 0): 9,
        ("imports", 0, "name"): 10,
        ("imports", 0, "columns"): 11,
        ("imports", 0, "columns", "id"): 12,
        ("imports", 1): 13,
        ("imports", 1, "name"): 14,
    }


def test_text_and_lists_over_several_lines_are_passed_over() -> None:
    text = '''\
query = """
port = 1
[server] \\""" " ""
"""
plain = \'\'\'
[no.table]
it\'s\'\'\'
list = [
  "a]",  # ] no end
  { sql = "x = 1", reason = "}" },
  [1, 2],
]
after = 1979-05-27 07:32:00
last = ""
'''
    lines = key_lines(text)

    assert tomllib.loads(text)["last"] == ""
    assert {path: line for path, line in lines.items() if len(path) == 1} == {
        ("query",): 1,
        ("plain",): 5,
        ("list",): 8,
        ("after",): 13,
        ("last",): 14,
    }
    assert lines["list", 0] == 9
    assert lines["list", 1, "reason"] == 10
    assert lines["list", 2, 1] == 11


def test_a_table_counts_at_its_own_header_even_when_its_inner_table_came_first() -> None:
    lines = key_lines("[a.b]\nx = 1\n[a]\ny = 2\n")

    assert lines["a",] == 3
    assert lines["a", "b"] == 1


def test_a_key_that_is_not_there_has_the_line_of_the_table_around_it() -> None:
    lines = Lines("penchant.toml", key_lines("[a]\nx = 1\n[a.b]\ny = 2\n"))

    assert lines.line(("a", "b", "z", "w")) == 3
    assert lines.line(("c",)) == 0
    assert ("a", "x") in lines
    assert ("a", "z") not in lines


def test_paths_are_written_as_toml_writes_them() -> None:
    assert dotted(("imports", 0, "columns", "Invoice No")) == 'imports[0].columns."Invoice No"'
    assert dotted(("a-b", 'say "hi"')) == 'a-b."say \\"hi\\""'


def test_a_problem_below_a_key_from_the_environment_names_the_variable() -> None:
    lines = Lines("penchant.toml", {("a",): 1}, {("a", "b"): "PENCHANT_A__B"})

    assert str(lines.problem("missing", ("a", "b", "c"), "missing")) == "environment PENCHANT_A__B.c: missing"
    assert (
        str(lines.problem("wrong_type", ("a", "b", 2), "must be text")) == "environment PENCHANT_A__B[2]: must be text"
    )
    assert str(lines.problem("missing", ("a", "x"), "missing")) == "penchant.toml:1 a.x: missing"


SIGNS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\"'\\#[]{}=.,- "), max_size=8)
KEYS = st.text("abc-_12", min_size=1, max_size=3) | SIGNS.filter(lambda s: "\n" not in s)
SCALARS = SIGNS | st.integers(-99, 99) | st.booleans() | st.floats(-1e3, 1e3) | st.dates() | st.datetimes()
VALUES = st.recursive(SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(KEYS, v, max_size=3), max_leaves=6)
TABLES = st.recursive(
    st.dictionaries(KEYS, VALUES, max_size=3),
    lambda t: st.dictionaries(KEYS, VALUES | t | st.lists(t, min_size=1, max_size=3), max_size=3),
    max_leaves=8,
)


class Writer:
    """Writes a document in the ways TOML allows, and notes the line of every key while doing so."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.text = ""
        self.expected: dict[KeyPath, int] = {}

    def chance(self) -> bool:
        return self.rng.random() < 0.5

    def line(self) -> int:
        return self.text.count("\n") + 1

    def gap(self) -> None:
        while self.rng.random() < 0.3:
            self.text += self.rng.choice(["\n", "  # [x] = 'y' \"\n", "\t\n"])

    def key(self, name: str) -> str:
        if re.fullmatch("[A-Za-z0-9_-]+", name) and self.chance():
            return name
        if "'" not in name and "\t" not in name and self.chance():
            return f"'{name}'"
        return json.dumps(name, ensure_ascii=False)

    def words(self, text: str) -> str:
        style = self.rng.randrange(4)
        if style == 0 and not set(text) & set("'\n"):
            return f"'{text}'"
        if style == 1 and "''" not in text:
            return f"'''\n{text}'''"
        if style == 2:
            body = ""
            for sign in text:
                raw = sign == "\n" or (sign == '"' and not body.endswith('"'))
                body += sign if raw else json.dumps(sign, ensure_ascii=False)[1:-1]
            return f'"""\n{body}"""'
        return json.dumps(text, ensure_ascii=False)

    def value(self, path: KeyPath, value: Any) -> None:
        if isinstance(value, list):
            self.text += "["
            for n, one in enumerate(value):
                self.gap()
                self.expected[*path, n] = self.line()
                self.value((*path, n), one)
                self.gap()
                self.text += "," if n < len(value) - 1 or self.chance() else ""
            self.gap()
            self.text += "]"
        elif isinstance(value, dict):
            self.text += "{ "
            for n, (name, one) in enumerate(value.items()):
                self.text += ", " if n else ""
                self.pair(path, name, one)
            self.text += " }"
        elif isinstance(value, str):
            self.text += self.words(value)
        elif isinstance(value, bool):
            self.text += str(value).lower()
        else:
            self.text += value.isoformat(sep=" ") if hasattr(value, "hour") else str(value)

    def pair(self, path: KeyPath, name: str, value: Any) -> None:
        """One `key = value`, or a dotted key for a table of one key."""
        self.expected[*path, name] = self.line()
        self.text += self.key(name)
        path = (*path, name)
        while isinstance(value, dict) and len(value) == 1 and self.chance():
            inner, value = next(iter(value.items()))
            self.text += self.rng.choice([".", " . "]) + self.key(inner)
            path = (*path, inner)
            self.expected[path] = self.line()
        self.text += self.rng.choice([" = ", "="])
        self.value(path, value)

    def table(self, path: KeyPath, names: tuple[str, ...], table: dict[str, Any], double: bool = False) -> None:
        blocks = {k: v for k, v in table.items() if self.is_block(v) and self.chance()}
        pairs = {k: v for k, v in table.items() if k not in blocks}
        late = bool(path) and not double and not any(isinstance(v, list) for v in blocks.values()) and self.chance()
        if late:
            self.blocks(path, names, blocks)
        if path and (double or pairs or not blocks or self.chance()):
            self.gap()
            line = self.line()
            self.expected[path] = line
            for end in range(1, len(path)):
                self.expected.setdefault(path[:end], line)
            header = self.rng.choice([".", " . "]).join(self.key(n) for n in names)
            self.text += f"[[{header}]]" if double else f"[{header}]"
            self.text += self.rng.choice(["\n", " # x\n"])
        for name, value in pairs.items():
            self.gap()
            self.pair(path, name, value)
            self.text += self.rng.choice(["\n", " # x\n"])
        if not late:
            self.blocks(path, names, blocks)

    def blocks(self, path: KeyPath, names: tuple[str, ...], blocks: dict[str, Any]) -> None:
        for name, value in blocks.items():
            if isinstance(value, dict):
                self.table((*path, name), (*names, name), value)
            else:
                for n, one in enumerate(value):
                    self.table((*path, name, n), (*names, name), one, double=True)

    @staticmethod
    def is_block(value: Any) -> bool:
        return isinstance(value, dict) or (
            isinstance(value, list) and len(value) > 0 and all(isinstance(v, dict) for v in value)
        )


@settings(deadline=None)
@given(table=TABLES, rng=st.randoms(use_true_random=False))
def test_every_key_of_any_document_is_found_on_its_line(table: dict[str, Any], rng: random.Random) -> None:
    writer = Writer(rng)
    writer.table((), (), table)

    assert tomllib.loads(writer.text) == table
    assert key_lines(writer.text) == writer.expected
    assert key_lines(writer.text.replace("\n", "\r\n")) == writer.expected


@given(st.text("ab=.\"'[]{},#\n\\ 1") | st.text())
def test_a_text_that_is_no_toml_ends_the_scan_quietly(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in key_lines(text).values())
