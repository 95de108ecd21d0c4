"""A site of a proof: a workspace on disk, an engine over it, and a clock that the world moves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from penchant.clock import FixedClock, SystemClock
from penchant.engine import Engine
from penchant.proof.question import Arm

_DOMAIN = """\
[domains.{domain}]
pack = "{pack}"
region = "DE"
{lines}
[domains.{domain}.evaluation]
test_days = 4
valid_days = 4
repeats = "{repeats}"
max_people = 1000
"""

_BUDGET_MS = 60_000
"""Answers must not depend on how busy the machine is."""

_REPEATS = {"product": "allowed", "content": "new-only", "learning": "new-only"}


class WorldClock(FixedClock):
    """Tells the world's time, and measures what things take on the machine's."""

    _machine = SystemClock()

    def elapsed(self) -> float:
        """Seconds on the machine's monotonic clock: time budgets hold, although the world stands still meanwhile."""
        return self._machine.elapsed()


def configure(folder: Path, packs: Mapping[str, str], arm: Arm | None = None, more: str = "") -> None:
    """Write a workspace's penchant.toml.

    Args:
        folder: Where; made when missing.
        packs: Pack by domain.
        arm: Whose lines hold, in the first domain; none of its own when None.
        more: Tables below the domains; `{domain}` is the first domain's name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = ""
    for place, (domain, pack) in enumerate(packs.items()):
        lines = "" if arm is None or place else arm.config
        text += _DOMAIN.format(domain=domain, pack=pack, repeats=_REPEATS[pack], lines=lines)
    text += more.replace("{domain}", next(iter(packs)))
    (folder / "penchant.toml").write_text(text, encoding="utf-8")


def opened(folder: Path, clock: WorldClock, arm: Arm | None = None) -> Engine:
    """An engine over a workspace, its placements changed as an arm wants them."""
    engine = Engine.open(folder, clock)
    for setup in engine.domains.values():
        for name, placement in setup.placements.items():
            setup.placements[name] = msgspec.structs.replace(placement, budget_ms=_BUDGET_MS)  # type: ignore[index]
    if arm is not None and arm.placement is not None:
        for setup in engine.domains.values():
            for name, placement in setup.placements.items():
                setup.placements[name] = arm.placement(placement)  # type: ignore[index]
    return engine
