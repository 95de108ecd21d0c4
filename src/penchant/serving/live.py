"""One domain as it stands at this moment: the release that serves, over the catalog and the rules that are true now."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, overload

import numpy as np

from penchant.catalog import ItemTable
from penchant.errors import ArtifactError, StorageError
from penchant.models import Extends, Fitted
from penchant.pack import Pack
from penchant.placements import CompiledRule, Parts, Standings, compile_rules
from penchant.serving.loaded import Loaded, load
from penchant.serving.mirror import CatalogMirror
from penchant.serving.patience import Waits
from penchant.serving.setup import DomainSetup
from penchant.serving.slots import laid
from penchant.serving.statistics import Counted
from penchant.storage import Releases, Store, Versions

AT_ONCE = 200
"""Items that the models take in while a request waits. Of a feed that changes more, the rest follows beside the
requests; what may be shown is true at once all the same."""

LOAD_S = 20.0
"""Longest wait of a request for a release that nobody loads beside the requests, as a server does."""


class Codes(Mapping[str, int]):
    """Item codes by id: the rows of a table."""

    def __init__(self, table: ItemTable) -> None:
        """Of this table."""
        self._table, self._row = table, table.ids.find

    def __getitem__(self, item: str) -> int:
        """The code of an id."""
        row = self._table.row(item)
        if row < 0:
            raise KeyError(item)
        return row

    @overload
    def get(self, key: str, default: None = None, /) -> int | None: ...

    @overload
    def get(self, key: str, default: int | Any, /) -> int | Any: ...

    def get(self, key: str, default: Any = None, /) -> Any:
        """The code of an id, or something else."""
        row = self._row(key)
        return row if row >= 0 else default

    def __contains__(self, item: object) -> bool:
        """Whether the table has a row for an id."""
        return isinstance(item, str) and self._table.row(item) >= 0

    def __iter__(self) -> Iterator[str]:
        """All ids."""
        return iter(self._table.ids)

    def __len__(self) -> int:
        """How many."""
        return len(self._table)


@dataclass(frozen=True)
class View:
    """What one request works on; it does not change under the request.

    Attributes:
        parts: Pack, models and table.
        codes: Item codes by id.
        release: Name of the release, or None.
        notes: What is not as it should be, for `degraded`.
        setup: The domain with its placements as they are.
        rules: Rules of the domain, whether they run now or not.
        rule_notes: What of the rules cannot be obeyed, for `degraded`.
        counted: What the release knew of items, and how far that goes in the log.
        closed: The catalog was not seen for so long that nothing of it may be shown.
    """

    parts: Parts
    codes: Mapping[str, int]
    release: str | None
    notes: tuple[str, ...]
    setup: DomainSetup
    rules: tuple[CompiledRule, ...] = ()
    rule_notes: tuple[str, ...] = ()
    counted: Counted = field(default_factory=Counted.nothing)
    closed: bool = False


class LiveDomain:
    """Keeps a `View` current: looks at the catalog's version, the rules' and the release pointer at every request."""

    def __init__(
        self,
        name: str,
        pack: Pack,
        store: Store,
        releases: Releases,
        *,
        setup: DomainSetup | None = None,
        waits: Waits | None = None,
    ) -> None:
        """Start with nothing loaded; the first `view` loads.

        Args:
            name: Domain name.
            pack: Its pack.
            store: Where catalog and rules are.
            releases: Fitted models.
            setup: As configuration made it; the pack as it ships when None.
            waits: How long a view waits for the store; as long as it takes when None.
        """
        self.name, self._pack, self._store, self._releases = name, pack, store, releases
        self._waits = waits
        self._base = self._setup = setup or DomainSetup.shipped(name, pack)
        self._schema = self._base.schema
        self._setup_notes: tuple[str, ...] = ()
        self._lock = threading.Lock()
        self._mirror = CatalogMirror(name, self._schema, store)
        self._loaded = Loaded()
        self._models: Mapping[str, Fitted] = {}
        self._untold: dict[str, None] = {}
        """Items that the models have not taken in yet, those that came first at the front."""
        self._rules: tuple[tuple[CompiledRule, ...], tuple[str, ...]] = ((), ())
        self._failed: dict[str, str] = {}
        self._standings = Standings()
        self._behind: threading.Thread | None = None
        self._seen: tuple[Versions, tuple[int, int]] | None = None
        self._seen_rules: int | None = None
        self._view: View | None = None
        self._true_at = 0.0
        """When the view was last seen to be true, on the clock that never runs backwards."""

    def begin_as(self, other: LiveDomain) -> None:
        """Take the catalog as another one has it, so that it is not read again; before the first `view`."""
        with other._lock:
            self._mirror = other._mirror.beside()

    def view(self) -> View:
        """The domain now. A change of catalog, rules or release that was acknowledged before this call is in it.

        Where the store cannot say whether there is one, or what it is, the domain is as it was last seen, and its notes
        say so; once that is too long ago it is closed.

        Raises:
            StorageError: The catalog was never seen.
        """
        waits, seen = self._waits, self._seen
        try:
            # What is loaded for the first time takes as long as it takes.
            if waits is None or self._view is None or seen is None:
                return self._current()
            begun = waits.clock.elapsed()
            now = waits.catalog.ask(self._now)
            if now != self._seen:
                return waits.changes.ask(self._current, LOAD_S if now[1] != seen[1] else None)
            self._true_at = max(self._true_at, begun)
            return self._view
        except Exception as error:  # the catalog as it was last seen is better than no answer; the answer says so
            if self._view is None:
                raise
            return self._as_seen(error)

    def _current(self) -> View:
        begun = 0.0 if self._waits is None else self._waits.clock.elapsed()
        if self._view is None or self._now() != self._seen:
            with self._lock:
                # Looked at again: whoever had the lock before may have gone further than what was seen outside.
                now = self._now()
                if self._view is None or now != self._seen:
                    self._refresh(*now)
                    self._catch_up()
        self._true_at = max(self._true_at, begun)
        assert self._view is not None
        return self._view

    def _as_seen(self, error: Exception) -> View:
        """The domain as it was last seen."""
        # What of the catalog could be read is true, though rules, say, could not.
        if isinstance(error, StorageError) and self._lock.acquire(blocking=False):
            try:
                if self._view is not None and self._mirror.table is not self._view.parts.table:
                    self._view = self._made()
            finally:
                self._lock.release()
        assert self._view is not None
        age = 0.0 if self._waits is None else self._waits.clock.elapsed() - self._true_at
        why = error.public if isinstance(error, StorageError) else type(error).__name__
        if self._waits is not None and age > self._waits.trusted_s:
            note = f"catalog unknown: not seen for {age:,.0f} s, so nothing may be shown: {why}"
            return replace(self._view, notes=(*self._view.notes, note), closed=True)
        return replace(self._view, notes=(*self._view.notes, f"catalog may be stale: {why}"))

    def configure(self, setup: DomainSetup) -> None:
        """Take other placements than those of before; nothing where they are the same.

        Args:
            setup: The domain as configuration makes it now, with the pack and the fields of before.

        Raises:
            StorageError: The store cannot be read; the next change of the domain brings them.
        """
        if setup is self._base:
            return
        with self._lock:
            self._base, self._seen_rules = setup, None
            if self._seen is not None:
                self._refresh(*self._seen)

    def _now(self) -> tuple[Versions, tuple[int, int]]:
        return self._store.versions(self.name), self._releases.token(self.name)

    def _refresh(self, versions: Versions, token: tuple[int, int]) -> None:
        changed = self._mirror.follow(versions.catalog) if versions.catalog != self._mirror.version else []
        self._untold |= dict.fromkeys(changed)
        if self._seen is None or token != self._seen[1]:
            self._load()
        if versions.rules != self._seen_rules:
            self._setup, self._setup_notes = laid(self._base, self._store.placements(self.name))
            rows = [(row.id, row.revision, row.body) for row in self._store.rules(self.name) if row.body is not None]
            self._rules = compile_rules(rows, self._schema, self._setup.placements)
        self._take_in()
        self._view = self._made()
        self._seen, self._seen_rules = (versions, token), versions.rules

    def _made(self) -> View:
        loaded, table = self._loaded, self._mirror.table
        notes = loaded.notes if loaded.release else (*loaded.notes, "no release: trained on nothing yet")
        told = (note for model in self._models.values() for note in getattr(model, "notes", ()))
        return View(
            Parts(
                self._pack,
                self._models,
                table,
                len(loaded.known),
                loaded.blends,
                loaded.heads,
                loaded.statistics,
                loaded.floors,
                loaded.places,
                standings=self._standings,
            ),
            Codes(table),
            loaded.release,
            (*notes, *told, *self._failed.values(), *self._mirror.notes, *self._setup_notes),
            self._setup,
            *self._rules,
            Counted(loaded.release, loaded.statistics, loaded.seq, loaded.slates, loaded.until),
        )

    def _catch_up(self) -> None:
        """Let the rest of what is new be taken in beside the requests, some at a time."""
        if self._untold and (self._behind is None or not self._behind.is_alive()):
            self._behind = threading.Thread(target=self._take_in_all, name="penchant-new-items", daemon=True)
            self._behind.start()

    def _take_in_all(self) -> None:
        while True:
            with self._lock:
                if not self._untold:
                    self._behind = None
                    return
                try:
                    self._take_in()
                except StorageError:  # the next change, or the next start, lets them be read again
                    self._behind = None
                    return
                self._view = self._made()

    def _load(self) -> None:
        try:
            self._loaded = load(self.name, self._pack, self._releases)
        except ArtifactError as error:  # nothing says which release should serve: what serves goes on
            self._loaded = replace(self._loaded, notes=(f"release refused: {error.public}",))
            return
        except Exception as error:  # whatever is wrong with it, what serves goes on
            self._loaded = replace(self._loaded, notes=(f"release refused: {type(error).__name__}",))
            return
        self._models = self._loaded.models
        self._mirror.align(self._loaded.known)
        self._untold = dict.fromkeys(self._since())
        self._failed = {}

    def _extends(self) -> bool:
        return any(isinstance(model, Extends) for model in self._models.values())

    def _since(self) -> Iterator[str]:
        """Items that came or changed after the release was fitted."""
        if not self._extends():
            return
        table, known = self._mirror.table, len(self._loaded.known)
        yield from table.ids[known:]
        if self._loaded.catalog is not None:
            for batch in self._store.items(self.name, self._loaded.catalog):
                yield from (kept.id for kept in batch)

    def _take_in(self) -> None:
        """Let the models that can take in some of the items they were not told of."""
        if not self._extends():
            self._untold.clear()
        if not self._untold:
            return
        table = self._mirror.table
        ids = [name for name, _ in zip(self._untold, range(AT_ONCE), strict=False)]
        rows = {row: name for name in ids if (row := table.row(name)) >= 0}
        if rows:
            items = self._mirror.read(rows.values())
            codes = sorted(rows)
            told = ItemTable([rows[row] for row in codes], [items.get(rows[row]) for row in codes])
            models = dict(self._models)
            for name, model in self._models.items():
                if isinstance(model, Extends):
                    try:
                        models[name] = model.extended(np.array(codes, np.int32), told, len(table))
                    except Exception as error:  # it goes on with what it knew
                        why = f"{type(error).__name__}: {error}"
                        self._failed[name] = f"model {name} cannot take in what is new: {why}"
            self._models = models
        for name in ids:
            del self._untold[name]
