"""A question the proof asks: two arms that differ in one thing, and what of the truth they are compared by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from penchant.pack import Placement

SHOP, STREAM, ACADEMY = "shop", "channel", "academy"
"""Domains of the proof's workspaces."""


@dataclass(frozen=True)
class Arm:
    """An engine with one thing of its own.

    Attributes:
        name: As in `profit`.
        about: One sentence.
        config: Lines of the domain's table in penchant.toml, and tables below it; `{domain}` is the domain's name.
        placement: Changes every placement; None leaves them as the pack ships them.
        shared: One domain serves both the shop and the stream.
    """

    name: str
    about: str
    config: str = ""
    placement: Callable[[Placement], Placement] | None = None
    shared: bool = False


@dataclass(frozen=True)
class Measure:
    """A measure of the truth.

    Attributes:
        name: Of `Truth.sums` or `Truth.states`.
        about: In words.
        better: Which way is better.
        domain: Domain it is read in, where an arm serves two.
    """

    name: str
    about: str
    better: Literal["higher", "lower"] = "higher"
    domain: str = ""


@dataclass(frozen=True)
class Question:
    """What is swapped.

    Attributes:
        domain: `product`, `content` or `learning`.
        site: Domain of the workspace; of a question about two sites, the first.
        name: In a few words, as in `profit against clicks`.
        right: The arm the thesis says is right.
        wrong: The other.
        measures: The first is the one it is about.
        off: Mechanisms without which the difference should close: factors by name.
        long: The arms run for the proof's long time: what they learn pays late.
    """

    domain: str
    site: str
    name: str
    right: Arm
    wrong: Arm
    measures: tuple[Measure, ...]
    off: dict[str, Any] = field(default_factory=dict)
    long: bool = False
