"""A release as it is served: its models, the items they know, and what of it could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from penchant.models import Blend, Fitted, Share, State
from penchant.pack import BLEND, Pack
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
        notes: What is not as it should be.
    """

    release: str | None = None
    models: Mapping[str, Fitted] = field(default_factory=dict)
    known: Sequence[str] = ()
    catalog: int | None = None
    blends: Mapping[str, Blend] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


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
    for name, part in release.parts.items():
        if name == ITEM_SPACE:
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
    catalog = space.settings.get("catalog")
    return Loaded(release.id, models, unpack_text(space.arrays), catalog, blends, tuple(notes))


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
