"""Formulas: arithmetic that an owner writes, over names of heads, item fields, features and constants.

A formula can compute and nothing else: there is no way to call, read or reach anything but what stands in `CALLS` and
the numbers it is given.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from penchant.errors import FormulaWrong, Mistake, nearest

Floats = NDArray[np.float64]

LONGEST = 2_000
"""Most characters of a formula."""
DEEPEST = 100
"""Deepest nesting."""
_ODD = "#;\\\"'`@{}$"
_TOO_DEEP = "its brackets lie too deep in each other"


def _where(condition: Floats, yes: Floats, no: Floats) -> Floats:
    chosen: Floats = np.where(np.isnan(condition), np.nan, np.where(condition != 0, yes, no))
    return chosen


def _least(first: Floats, *others: Floats) -> Floats:
    for other in others:
        first = np.minimum(first, other)
    return first


def _most(first: Floats, *others: Floats) -> Floats:
    for other in others:
        first = np.maximum(first, other)
    return first


def _clip(value: Floats, low: Floats, high: Floats) -> Floats:
    return np.asarray(np.minimum(np.maximum(value, low), high))


@dataclass(frozen=True)
class _Call:
    """A function of formulas: what it does, how many numbers it takes, and how it is said."""

    compute: Callable[..., Any]
    least: int
    most: int
    words: str


CALLS: Mapping[str, _Call] = {
    "min": _Call(_least, 2, 8, "the least of {}"),
    "max": _Call(_most, 2, 8, "the most of {}"),
    "clip": _Call(_clip, 3, 3, "{0} kept between {1} and {2}"),
    "log1p": _Call(np.log1p, 1, 1, "the logarithm of 1 plus {0}"),
    "exp": _Call(np.exp, 1, 1, "e to the power of {0}"),
    "sqrt": _Call(np.sqrt, 1, 1, "the square root of {0}"),
    "where": _Call(_where, 3, 3, "{1} where {0}, else {2}"),
}
"""Functions of formulas; `where(condition, a, b)` is a where the condition holds, else b."""

_BINARY: Mapping[type[ast.operator], tuple[Any, str]] = {
    ast.Add: (np.add, "plus"),
    ast.Sub: (np.subtract, "minus"),
    ast.Mult: (np.multiply, "times"),
    ast.Div: (np.divide, "divided by"),
}
_COMPARE: Mapping[type[ast.cmpop], tuple[Any, str]] = {
    ast.Lt: (np.less, "is below"),
    ast.LtE: (np.less_equal, "is at most"),
    ast.Gt: (np.greater, "is above"),
    ast.GtE: (np.greater_equal, "is at least"),
    ast.Eq: (np.equal, "is"),
    ast.NotEq: (np.not_equal, "is not"),
}
_INSTEAD: Mapping[type[ast.AST], str] = {
    ast.BoolOp: '"and", "or" are not known here; multiply conditions for "and", take their max for "or"',
    ast.IfExp: '"if" is not known here; write where(condition, a, b)',
    ast.Attribute: "a name has no parts; write it without the dot",
    ast.Subscript: "a name has no parts; write it without the brackets",
    ast.Pow: "** is not known here; write a * a, sqrt(a) or exp(a)",
    ast.Mod: "% is not known here",
    ast.FloorDiv: "// is not known here; write /",
    ast.Not: '"not" is not known here; write 1 - condition',
}


@dataclass(frozen=True)
class Formula:
    """A formula that has been read.

    Attributes:
        text: As it was written.
        names: What it names, in the order of their first mention.
    """

    text: str
    names: tuple[str, ...]
    _tree: ast.expr

    def __call__(self, values: Mapping[str, ArrayLike]) -> Floats:
        """Work it out.

        Args:
            values: A number or an array for each of `names`; arrays broadcast.

        Returns:
            float64. NaN where a name it needs is NaN (also inside a condition), and where there is no finite number,
            as in a division by 0.
        """
        given = {name: np.asarray(values[name], np.float64) for name in self.names}
        with np.errstate(all="ignore"):
            out = np.asarray(_computed(self._tree, given), np.float64)
            return np.where(np.isfinite(out), out, np.nan)

    def describe(self) -> str:
        """The formula in words: `p_purchase times (margin minus 2)`."""
        return _said(self._tree, 0)


def parse(text: str, names: Collection[str]) -> Formula:
    """Read a formula.

    Args:
        text: Numbers, names, `+ - * /`, brackets, comparisons, and the functions of `CALLS`.
        names: Names it may use.

    Raises:
        FormulaWrong: With every mistake and its place. One that breaks the form hides those behind it.
    """
    formula = _read(text)
    found = _Mistakes(text, names)
    found.look(formula, 0)
    if found.mistakes:
        raise FormulaWrong(text, sorted(found.mistakes, key=lambda one: one.at))
    return Formula(text, tuple(found.named), formula)


def _read(text: str) -> ast.expr:
    """The tree of a text, or FormulaWrong when its form is broken."""
    if not text.strip():
        raise FormulaWrong(text, [Mistake(0, "a formula must not be empty")])
    if len(text) > LONGEST:
        raise FormulaWrong(text, [Mistake(0, f"a formula has at most {LONGEST:,} characters, not {len(text):,}")])
    odd = [at for at, one in enumerate(text) if one in _ODD or not (one.isprintable() or one.isspace())]
    if odd:
        raise FormulaWrong(text, [Mistake(odd[0] + 1, f"{text[odd[0]]!r} has no meaning here")])
    # On one line, so that places are counted from its start; brackets in front would move them.
    flat = "".join(" " if one.isspace() else one for one in text)
    lead = len(flat) - len(flat.lstrip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(flat.strip(), mode="eval").body
    except SyntaxError as error:
        # What ends too early has no place of its own.
        at = lead + (error.offset if error.offset and error.lineno == 1 else len(flat.strip()))
        reason = "something is missing or too much here" if error.msg.startswith("invalid syntax") else error.msg
        raise FormulaWrong(text, [Mistake(min(at, len(text)), reason)]) from None
    except (RecursionError, MemoryError, ValueError):
        raise FormulaWrong(text, [Mistake(0, _TOO_DEEP)]) from None
    return tree


class _Mistakes:
    """One pass over a tree: names in their order, and all that is not allowed."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.text, self.names = text, names
        self.lead = len(text) - len(text.lstrip())
        self.named: dict[str, None] = {}
        self.mistakes: list[Mistake] = []

    def look(self, node: ast.expr, depth: int) -> None:
        if depth > DEEPEST:
            self.add(node, _TOO_DEEP)
            return
        for child in self.parts(node):
            self.look(child, depth + 1)

    def parts(self, node: ast.expr) -> Sequence[ast.expr]:
        """What to look at next, after judging this node."""
        match node:
            case ast.Constant(value=bool() | None | str() | bytes() | complex()):
                self.add(node, "only numbers and names can stand here")
            case ast.Constant(value=value):
                self.number(node, value)
            case ast.Name(id=name):
                self.name(node, name)
            case ast.BinOp(left=left, op=op, right=right):
                if type(op) not in _BINARY:
                    self.add(node, _INSTEAD.get(type(op), "this sign is not known here"))
                return (left, right)
            case ast.UnaryOp(op=op, operand=operand):
                if not isinstance(op, ast.USub | ast.UAdd):
                    self.add(node, _INSTEAD.get(type(op), "this sign is not known here"))
                return (operand,)
            case ast.Compare(left=left, ops=ops, comparators=others):
                if any(type(op) not in _COMPARE for op in ops):
                    self.add(node, "numbers are compared by <, <=, >, >=, == or !=")
                return (left, *others)
            case ast.Call():
                return self.call(node)
            case _:
                self.add(node, _INSTEAD.get(type(node), "only arithmetic can stand here"))
        return ()

    def number(self, node: ast.expr, value: object) -> None:
        try:
            fine = isinstance(value, int | float) and np.isfinite(float(value))
        except OverflowError:
            fine = False
        if not fine:
            self.add(node, "this is not a number that can be computed with")

    def name(self, node: ast.expr, name: str) -> None:
        if name in self.names:
            self.named[name] = None
        elif name in CALLS:
            self.add(node, f"{name} is a function; write what it is of in brackets")
        else:
            self.add(node, f'no name "{name}"', nearest(name, self.names), tuple(sorted(self.names)))

    def call(self, node: ast.Call) -> Sequence[ast.expr]:
        if not isinstance(node.func, ast.Name):
            self.add(node, "only a function's name can stand before brackets")
            return ()
        call = CALLS.get(node.func.id)
        if call is None:
            self.add(node, f'no function "{node.func.id}"', nearest(node.func.id, CALLS), tuple(CALLS))
        elif node.keywords or any(isinstance(one, ast.Starred) for one in node.args):
            self.add(node, f"what {node.func.id} is of is written in order, with commas")
        elif not call.least <= len(node.args) <= call.most:
            wanted = str(call.least) if call.least == call.most else f"{call.least} to {call.most}"
            self.add(node, f"{node.func.id} takes {wanted} numbers, not {len(node.args)}")
        return [one for one in node.args if not isinstance(one, ast.Starred)]

    def add(self, node: ast.expr, reason: str, hint: str | None = None, have: tuple[str, ...] = ()) -> None:
        flat = "".join(" " if one.isspace() else one for one in self.text).strip()
        before = flat.encode()[: node.col_offset].decode(errors="ignore")
        self.mistakes.append(Mistake(self.lead + len(before) + 1, reason, hint, have))


def _computed(node: ast.expr, values: Mapping[str, Floats]) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number):
            return np.float64(number)
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)][0](_computed(left, values), _computed(right, values))
        case ast.UnaryOp(op=op, operand=operand):
            value = _computed(operand, values)
            return -value if isinstance(op, ast.USub) else value
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [_computed(one, values) for one in (left, *others)]
            held: Any = np.float64(1.0)
            for sign, first, second in zip(ops, sides, sides[1:], strict=False):
                # What is not known is neither above nor below: the condition is not known either.
                known = ~(np.isnan(first) | np.isnan(second))
                held = held * np.where(known, _COMPARE[type(sign)][0](first, second), np.nan)
            return held
        case ast.Call(func=ast.Name(id=name), args=args):
            return CALLS[name].compute(*(_computed(one, values) for one in args))
    raise TypeError(f"{type(node).__name__} in a formula that was read")  # `parse` lets nothing else pass


def _said(node: ast.expr, binds: int) -> str:
    """A node in words, in brackets where it binds less than its surroundings (1: sums, 2: products)."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return f"{number:g}"
        case ast.Name(id=name):
            return name
        case ast.BinOp(left=left, op=op, right=right):
            own = 2 if isinstance(op, ast.Mult | ast.Div) else 1
            # What follows a minus or a division binds to itself first.
            after = own + isinstance(op, ast.Sub | ast.Div)
            text = f"{_said(left, own)} {_BINARY[type(op)][1]} {_said(right, after)}"
            return f"({text})" if own < binds else text
        case ast.UnaryOp(op=op, operand=operand):
            return f"minus {_said(operand, 3)}" if isinstance(op, ast.USub) else _said(operand, binds)
        case ast.Compare(left=left, ops=ops, comparators=others):
            text = _said(left, 1)
            for sign, other in zip(ops, others, strict=True):
                text += f" {_COMPARE[type(sign)][1]} {_said(other, 1)}"
            return f"({text})" if binds else text
        case ast.Call(func=ast.Name(id=name), args=args):
            parts = [_said(one, 0) for one in args]
            words = CALLS[name].words
            text = words.format(" and ".join(parts)) if "{}" in words else words.format(*parts)
            return f"({text})" if binds else text
    raise TypeError(f"{type(node).__name__} in a formula that was read")
