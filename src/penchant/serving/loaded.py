"""A release as it is served: its models, the items they know, and what of it could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from penchant.features import RELEVANCE, Statistics
from penchant.models import Blend, Fitted, Share, State
from penchant.pack import BLEND, HEAD, OBJECTIVES, REFERENCE, STATISTICS, Pack
from penchant.ranking import AnyHead, FittedHead, heads_for, with_chains
from penchant.storage import ITEM_SPACE, Part, Releases, unpack_text


@dataclass(frozen=True)
class Loaded:
    """The release that serves.

    Attributes:
        release: Its name; None when there is none.
        models: Fitted models by name.
        known: Ids of the items that the models know, by code.
        catalog: Version of the catalog it was fitted on; None when nobody wrote it down.
        blends: What was learned for the source `blend`, by placement.
        heads: Fitted heads by name, and the chains of them that serve.
        statistics: What was known of items.
        seq: Last sequence number of the log that is in the statistics; None when nobody wrote it down.
        slates: Moment up to which shown slates are in them, milliseconds; None when none are.
        until: The moment it was fitted, milliseconds; None when nobody wrote it down.
        floors: Relevance floor by objective.
        places: Placements whose codes the heads know, in their order.
        notes: What is not as it should be.
    """

    release: str | None = None
    models: Mapping[str, Fitted] = field(default_factory=dict)
    known: Sequence[str] = ()
    catalog: int | None = None
    blends: Mapping[str, Blend] = field(default_factory=dict)
    heads: Mapping[str, AnyHead] = field(default_factory=dict)
    statistics: Statistics = field(default_factory=Statistics.empty)
    seq: int | None = None
    slates: int | None = None
    until: int | None = None
    floors: Mapping[str, float] = field(default_factory=dict)
    places: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _Counted(msgspec.Struct, frozen=True):
    """Settings of the part `statistics`."""

    seq: int | None = None
    slates: int | None = None
    until: int | None = None


class _Steered(msgspec.Struct, frozen=True):
    """Settings of the part `objectives`."""

    floors: dict[str, float] = {}
    placements: tuple[str, ...] = ()
    chains: tuple[str, ...] = ()


def load(domain: str, pack: Pack, releases: Releases) -> Loaded:
    """Load the best sound release of a domain.

    Raises:
        ArtifactError: Nothing says which release should serve.
    """
    release, refused = releases.load(domain)
    notes = [f"release refused: {error.public}" for error in refused]
    if release is None:
        return Loaded(notes=tuple(notes))
    models: dict[str, Fitted] = {}
    blends: dict[str, Blend] = {}
    heads, told = _heads(release.parts, pack)
    notes += told
    counted, statistics = _Counted(), Statistics.empty()
    steered = _Steered()
    for name, part in release.parts.items():
        if name in (ITEM_SPACE, REFERENCE) or name.startswith(HEAD):
            continue
        if name == STATISTICS:
            try:
                counted = msgspec.convert(dict(part.settings), _Counted)
                statistics = Statistics.from_arrays(part.arrays)
            except (msgspec.ValidationError, KeyError, ValueError, IndexError) as error:  # heads know less then
                counted = _Counted()
                notes.append(f"the statistics of the release cannot be read: {type(error).__name__}: {error}")
            continue
        if name == OBJECTIVES:
            try:
                steered = msgspec.convert(dict(part.settings), _Steered)
            except msgspec.ValidationError as error:
                notes.append(f"the objectives of the release cannot be read: {type(error).__name__}: {error}")
            continue
        if name == BLEND:
            try:
                blends, told = _blends(part.settings, pack)
                notes += told
            except (msgspec.ValidationError, KeyError) as error:  # made by another version: the models still answer
                notes.append(f"the blends of the release cannot be read: {type(error).__name__}: {error}")
            continue
        recipe = pack.models.get(name)
        if recipe is None or recipe.kind != part.kind:
            notes.append(f"model {name} of the release is of a kind this pack does not have")
            continue
        try:
            models[name] = recipe.fitted.restore(state_of(part))
        except Exception as error:  # made by another version: the other models still answer
            notes.append(f"model {name} of the release cannot be read: {type(error).__name__}: {error}")
    space = release.parts[ITEM_SPACE]
    blends, told = _held(blends, models)
    notes += told
    return Loaded(
        release.id,
        models,
        unpack_text(space.arrays),
        space.settings.get("catalog"),
        blends,
        heads_for(pack.objectives, with_chains(heads, pack.heads, steered.chains)),
        statistics,
        counted.seq,
        counted.slates,
        counted.until,
        steered.floors,
        steered.placements,
        tuple(notes),
    )


def _heads(parts: Mapping[str, Part], pack: Pack) -> tuple[dict[str, FittedHead], list[str]]:
    """Heads that can be asked, and what is to be noted."""
    declared = {head.name for head in pack.heads}
    known = {RELEVANCE.name, *(feature.name for feature in pack.features)}
    heads: dict[str, FittedHead] = {}
    notes: list[str] = []
    for part, content in parts.items():
        if not part.startswith(HEAD):
            continue
        name = part.removeprefix(HEAD)
        if name not in declared:
            notes.append(f"head {name} of the release is none that this pack has")
            continue
        try:
            head = FittedHead.restore(state_of(content))
        except Exception as error:  # made by another version: formulas that do not name it still serve
            notes.append(f"head {name} of the release cannot be read: {type(error).__name__}: {error}")
            continue
        lacking = [feature for feature in head.features if feature not in known]
        if lacking:
            notes.append(f"head {name} of the release reads what this pack does not have: {', '.join(lacking)}")
        else:
            heads[name] = head
    return heads, notes


def _blends(settings: Mapping[str, Any], pack: Pack) -> tuple[dict[str, Blend], list[str]]:
    """Blends by placement, and what is to be noted."""
    if "placements" in settings:
        return msgspec.convert(settings["placements"], dict[str, Blend]), []
    # A release of before placements had blends of their own: one for all, of what people did, by rank.
    weights = msgspec.convert(settings["weights"], dict[str, float])
    one = Blend(shares=tuple(Share(model=name, weight=weight) for name, weight in weights.items()))
    note = "the release has one blend for all placements: train again to give each its own"
    return {placement.name: one for placement in pack.placements}, [note]


def _held(blends: Mapping[str, Blend], models: Mapping[str, Fitted]) -> tuple[dict[str, Blend], list[str]]:
    """Blends without models that cannot be asked, and what is to be noted."""
    kept: dict[str, Blend] = {}
    lost: dict[str, None] = {}
    for placement, blend in blends.items():
        shares = tuple(share for share in blend.shares if share.model in models)
        lost |= dict.fromkeys(share.model for share in blend.shares if share.model not in models)
        if shares:
            kept[placement] = msgspec.structs.replace(blend, shares=shares)
    return kept, [f"model {name} is missing from blends" for name in lost]


def state_of(part: Part) -> State:
    """A release's part as a model's state."""
    return State(dict(part.arrays), dict(part.settings))
