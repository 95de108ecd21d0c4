"""A question the proof asks: two arms that differ in one thing, and what of the truth they are compared by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from penchant.pack import Placement

SHOP, STREAM, ACADEMY = "shop", "channel", "academy"
"""Domains of the proof's workspaces."""
BOTH = "shop and channel"
"""A site that sells and publishes."""
SITES: Mapping[str, tuple[str, ...]] = {
    SHOP: (SHOP,),
    STREAM: (STREAM,),
    ACADEMY: (ACADEMY,),
    BOTH: (SHOP, STREAM),
}
"""Worlds of each site, by the domain that serves them."""


@dataclass(frozen=True)
class Arm:
    """An engine with one thing of its own.

    Attributes:
        name: As in `profit`; no two arms have the same.
        about: One sentence.
        config: Lines of the domain's table in penchant.toml. Of a site with several worlds, of its first domain.
        tables: Tables below it; `{domain}` is the domain's name. All arms of a world have those of all, and so has its
            history: every objective is known when the release is trained that they serve.
        placement: Changes every placement; None leaves them as the pack ships them.
        shared: One domain serves all worlds of the site: the first one's.
    """

    name: str
    about: str
    config: str = ""
    tables: str = ""
    placement: Callable[[Placement], Placement] | None = None
    shared: bool = False


@dataclass(frozen=True)
class Measure:
    """A measure of the truth.

    Attributes:
        name: Of `Truth.sums` or `Truth.states`.
        about: In words.
        better: Which way is better.
        world: World it is read in, where a site has several.
    """

    name: str
    about: str
    better: Literal["higher", "lower"] = "higher"
    world: str = ""

    @property
    def key(self) -> str:
        """Its name among the means of its site."""
        return f"{self.world}.{self.name}" if self.world else self.name


@dataclass(frozen=True)
class Question:
    """What is swapped.

    Attributes:
        domain: `product`, `content`, `learning`, or `product and content`.
        site: One of `SITES`.
        name: In a few words, as in `profit against clicks`.
        right: The arm the thesis says is right.
        wrong: The other.
        measures: The first is the one it is about.
        off: Mechanisms without which the difference should close: factors by name.
        on: Mechanisms that are not as they are elsewhere: factors by name.
        long: The arms run for the proof's long time: what they learn pays late.
    """

    domain: str
    site: str
    name: str
    right: Arm
    wrong: Arm
    measures: tuple[Measure, ...]
    off: Mapping[str, float] = field(default_factory=dict)
    on: Mapping[str, float] = field(default_factory=dict)
    long: bool = False

    def factors(self, *, off: bool) -> tuple[tuple[str, float], ...]:
        """How its world differs from the one as published, with its mechanism on or off."""
        return tuple(sorted({**self.on, **(self.off if off else {})}.items()))
