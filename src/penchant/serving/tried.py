"""Experiments of a domain as they stand: what fills a slot for whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from penchant.experiments import Experiment
from penchant.pack import Placement


@dataclass(frozen=True)
class Assigned:
    """What fills a slot for somebody.

    Attributes:
        placement: It.
        experiment: Arm by experiment; empty for whoever takes part in none.
    """

    placement: Placement
    experiment: Mapping[str, str] = field(default_factory=dict)


def assigned(
    slot: str, unit: str | None, placements: Mapping[str, Placement], experiments: Mapping[str, Experiment]
) -> Assigned:
    """What fills a slot for somebody.

    Args:
        slot: The placement that is asked for.
        unit: Who asks; nobody takes part in anything.
        placements: The domain's, by name.
        experiments: The domain's, by slot; those whose arms do not fit are left out already.
    """
    asked, experiment = placements[slot], experiments.get(slot)
    arm = None if experiment is None or unit is None else experiment.arm(unit)
    if experiment is None or arm is None:
        return Assigned(asked)
    return Assigned(placements[arm], {experiment.name: arm})


def filler(slot: str, experiment: Mapping[str, str]) -> str:
    """The placement that filled a slot, as a slate tells it.

    Args:
        slot: The placement that was asked for.
        experiment: Arm by experiment.
    """
    return next(iter(experiment.values()), slot)


def unfit(slot: str, arm: str, placements: Mapping[str, Placement]) -> str:
    """Why a placement may not fill another one's slot; empty when it may.

    An experiment changes how a slot is filled, and never what may be shown in it, or what a request must bring.

    Args:
        slot: The placement that is asked for.
        arm: The one that would fill it.
        placements: The domain's, by name.
    """
    if slot not in placements or arm not in placements:
        return f'no placement "{slot if slot not in placements else arm}"'
    asked, fills = placements[slot], placements[arm]
    if lacks := sorted(set(asked.constraints) - set(fills.constraints)):
        return f'"{arm}" lacks constraints of "{slot}": {", ".join(lacks)}'
    if fills.filter != asked.filter:
        return f'"{arm}" has another filter than "{slot}"'
    if more := sorted(set(fills.needs) - set(asked.needs)):
        return f'"{arm}" needs more of a request than "{slot}": {", ".join(more)}'
    return ""


def fitting(placements: Mapping[str, Placement], experiments: Mapping[str, Experiment]) -> dict[str, Experiment]:
    """Experiments, by slot, all of whose arms may fill it."""
    return {
        slot: one for slot, one in experiments.items() if not any(unfit(slot, arm, placements) for arm, _ in one.arms)
    }
