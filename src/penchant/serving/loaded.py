"""A release as it is served: its models, the items they know, and what of it could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from penchant.models import Fitted, State
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
        blend: Weights of the models in the learned blend.
        notes: What is not as it should be.
    """

    release: str | None = None
    models: Mapping[str, Fitted] = field(default_factory=dict)
    known: Sequence[str] = ()
    catalog: int | None = None
    blend: Mapping[str, float] = field(default_factory=dict)
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
    blend: dict[str, float] = {}
    for name, part in release.parts.items():
        if name == ITEM_SPACE:
            continue
        if name == BLEND:
            blend = msgspec.convert(part.settings["weights"], dict[str, float])
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
    catalog = space.settings.get("catalog")
    return Loaded(release.id, models, unpack_text(space.arrays), catalog, blend, tuple(notes))


def state_of(part: Part) -> State:
    """A release's part as a model's state."""
    return State(dict(part.arrays), dict(part.settings))
