"""One domain as configuration made it, and what of it can be worked out before any request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from penchant.catalog import Filter, FreeKind, Schema, parse_filter
from penchant.events import Role
from penchant.experiments import Experiment
from penchant.pack import Pack, Placement
from penchant.placements import ENGLISH, Texts
from penchant.ranking import Objective
from penchant.serving.request import RecommendationRequest
from penchant.serving.tried import Assigned, assigned, filler, fitting


@dataclass(frozen=True)
class DomainSetup:
    """One domain, as configuration made it.

    Attributes:
        name: Domain name.
        pack: Its pack, with configured hyper-parameters.
        placements: Its placements by name, with configured changes.
        objective: Objective of placements that name none.
        region: Region of requests that name none.
        attributes: Free fields of items that can be filtered by, and what each holds.
        explore: Share of places that is left to chance in placements that learn; 0 leaves nothing to chance, whatever
            placements say of themselves.
        language: Language of reasons where a request names none.
        reasons: The domain's own texts of reasons, by language and code.
        segments: Traits of people by whose values what is popular is counted.
        experiments: Experiments, by the placement that requests ask for.
    """

    name: str
    pack: Pack
    placements: Mapping[str, Placement]
    objective: str
    region: str | None
    attributes: Mapping[str, FreeKind] = field(default_factory=dict)
    explore: float = 0.0
    language: str = ENGLISH
    reasons: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    segments: tuple[str, ...] = ()
    experiments: Mapping[str, Experiment] = field(default_factory=dict)

    @classmethod
    def shipped(cls, name: str, pack: Pack) -> DomainSetup:
        """A domain that uses a pack as it ships."""
        placements = {placement.name: placement for placement in pack.placements}
        return cls(name, pack, placements, pack.objectives[0].name, None)

    @cached_property
    def schema(self) -> Schema:
        """Columns of its items."""
        return Schema.of(self.pack.item, self.attributes)

    @cached_property
    def filters(self) -> Mapping[str, Filter]:
        """Filters of its placements, by placement.

        Raises:
            InvalidRequest: One is wrong.
        """
        return {
            placement.name: parse_filter(placement.filter, self.schema, f"placements.{placement.name}.filter")
            for placement in self.placements.values()
            if placement.filter is not None
        }

    @cached_property
    def texts(self) -> Texts:
        """What reasons say, by language."""
        return Texts.of(self.pack, self.reasons, self.language)

    @cached_property
    def goals(self) -> tuple[str, ...]:
        """Events that say the goal was reached, whatever else they tell."""
        return tuple(s.event for s in self.pack.signals if s.role is Role.GOAL and s.reads_untold)

    def check(self) -> None:
        """Read what is only read when it is asked for.

        Raises:
            InvalidRequest: The filter of a placement is wrong.
        """
        self.filters  # noqa: B018

    def assigned(self, request: RecommendationRequest) -> Assigned:
        """What fills the placement that a request asks for.

        Args:
            request: Of one of the domain's placements.
        """
        unit = request.actor if self._tried else None
        return assigned(request.placement, unit, self.placements, self._tried)

    def tried(self, request: RecommendationRequest, placement: Placement) -> Mapping[str, str]:
        """Arm by experiment for a placement that answers a request; empty where no experiment is why it does.

        Args:
            request: What is asked.
            placement: What answers it.
        """
        found = self.assigned(request) if request.placement in self.placements else None
        return found.experiment if found is not None and found.placement.name == placement.name else {}

    def as_served(self, slot: str, experiment: Mapping[str, str]) -> Placement | None:
        """What filled a placement when a slate was made; None when there is no such placement any more.

        Args:
            slot: The placement that was asked for.
            experiment: Arm by experiment, as the slate has it.
        """
        return self.placements.get(filler(slot, experiment))

    @cached_property
    def _tried(self) -> Mapping[str, Experiment]:
        """Experiments that can run with the placements there are."""
        return fitting(self.placements, self.experiments)

    def objective_of(self, placement: Placement) -> Objective:
        """What ranks a placement."""
        return self._objectives[placement.objective or self.objective]

    def explore_of(self, placement: Placement) -> float:
        """Share of a placement's places that is left to chance."""
        if self.explore <= 0:
            return 0.0
        if placement.explore is not None:
            return placement.explore
        return self.explore if placement.learns is not None else 0.0

    def asks_person(self, placement: Placement) -> bool:
        """Whether the placement asks for traits of the person in every case: by a hard constraint or its filter."""
        shown = self.filters.get(placement.name)
        return not self._hard.isdisjoint(placement.constraints) or (shown is not None and shown.needs_person)

    @cached_property
    def _objectives(self) -> Mapping[str, Objective]:
        return {objective.name: objective for objective in self.pack.objectives}

    @cached_property
    def _hard(self) -> frozenset[str]:
        """Hard constraints that ask for traits of the person."""
        return frozenset(constraint.name for constraint in self.pack.constraints if constraint.needs_person)
