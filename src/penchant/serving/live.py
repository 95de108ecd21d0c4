"""One domain as it stands at this moment: the release that serves, over the catalog that is true now."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from penchant.catalog import Item, ItemTable
from penchant.errors import ArtifactError, StorageError
from penchant.models import Fitted, State
from penchant.pack import BLEND, Pack
from penchant.placements import Parts
from penchant.storage import ITEM_SPACE, Part, Releases, Store, unpack_text


@dataclass(frozen=True)
class View:
    """What one request works on; it does not change under the request.

    Attributes:
        parts: Pack, models and table.
        codes: Item codes by id.
        release: Name of the release, or None.
        notes: What is not as it should be, for `degraded`.
    """

    parts: Parts
    codes: Mapping[str, int]
    release: str | None
    notes: tuple[str, ...]


class LiveDomain:
    """Keeps a `View` current: looks at the catalog's version and the release pointer at every request."""

    def __init__(self, name: str, pack: Pack, store: Store, releases: Releases) -> None:
        """Start with nothing loaded; the first `view` loads."""
        self.name, self._pack, self._store, self._releases = name, pack, store, releases
        self._lock = threading.Lock()
        self._items: dict[str, Item] = {}
        self._unread: dict[str, str] = {}
        self._seen: tuple[int, tuple[int, int]] | None = None
        self._decoder = msgspec.json.Decoder(pack.item)
        self._models: Mapping[str, Fitted] = {}
        self._known: Sequence[str] = ()
        self._blend: Mapping[str, float] = {}
        self._release: str | None = None
        self._notes: tuple[str, ...] = ()
        self._view: View | None = None

    def view(self) -> View:
        """The domain now. A catalog change or a release that was acknowledged before this call is in it."""
        try:
            now = (self._store.catalog_version(self.name), self._releases.token(self.name))
            if self._view is None or now != self._seen:
                with self._lock:
                    if self._view is None or now != self._seen:
                        self._refresh(now)
        except StorageError as error:
            if self._view is None:
                raise
            # The catalog as it was last seen is better than no answer; the answer says so.
            return replace(self._view, notes=(*self._view.notes, f"catalog may be stale: {error.public}"))
        assert self._view is not None
        return self._view

    def _refresh(self, now: tuple[int, tuple[int, int]]) -> None:
        version, token = now
        before = self._seen or (0, None)
        if version != before[0]:
            for name, body, _ in self._store.items(self.name, after=before[0]):
                try:
                    self._items[name] = self._decoder.decode(body)
                    self._unread.pop(name, None)
                except msgspec.DecodeError as error:  # written for another pack: the other items still serve
                    self._items.pop(name, None)
                    self._unread[name] = str(error)
        if self._view is None or token != before[1]:
            self._load()
        known = set(self._known)
        ids = [*self._known, *sorted(name for name in self._items if name not in known)]
        table = ItemTable(ids, [self._items.get(name) for name in ids])
        parts = Parts(self._pack, self._models, table, len(self._known), self._blend)
        notes = self._notes if self._release else (*self._notes, "no release: trained on nothing yet")
        if self._unread:
            name, why = next(iter(self._unread.items()))
            notes = (*notes, f"{len(self._unread)} unreadable items, the first is {name}: {why}")
        self._view = View(parts, {name: i for i, name in enumerate(ids)}, self._release, notes)
        self._seen = now

    def _load(self) -> None:
        try:
            release, refused = self._releases.load(self.name)
        except ArtifactError as error:  # nothing says which release should serve: what serves goes on
            self._notes = (f"release refused: {error.public}",)
            return
        notes = [f"release refused: {error.public}" for error in refused]
        models: dict[str, Fitted] = {}
        known: list[str] = []
        blend: dict[str, float] = {}
        if release is not None:
            known = unpack_text(release.parts[ITEM_SPACE].arrays)
            for name, part in release.parts.items():
                if name == ITEM_SPACE:
                    continue
                if name == BLEND:
                    blend = msgspec.convert(part.settings["weights"], dict[str, float])
                    continue
                recipe = self._pack.models.get(name)
                if recipe is None or recipe.kind != part.kind:
                    notes.append(f"model {name} of the release is of a kind this pack does not have")
                    continue
                try:
                    models[name] = recipe.fitted.restore(state_of(part))
                except Exception as error:  # made by another version: the other models still answer
                    notes.append(f"model {name} of the release cannot be read: {type(error).__name__}: {error}")
        self._models, self._known, self._blend, self._notes = models, known, blend, tuple(notes)
        self._release = release.id if release else None


def state_of(part: Part) -> State:
    """A release's part as a model's state."""
    return State(dict(part.arrays), dict(part.settings))
