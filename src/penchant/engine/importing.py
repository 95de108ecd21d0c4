"""Importing: the files that penchant.toml names, read into the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from penchant.clock import Clock
from penchant.config import Workspace
from penchant.errors import NotFound
from penchant.ingest import CatalogWriter, ImportReport, find_files, import_file
from penchant.serving import DomainSetup
from penchant.storage import Store

Rows = Callable[[str, int, int | None], None]
"""Called with an import's name, rows done, and rows in all (None while unknown)."""


def unseen(name: str, done: int, total: int | None) -> None:
    """A `Rows` that shows nothing."""


def run_imports(
    names: Sequence[str],
    workspace: Workspace,
    domains: Mapping[str, DomainSetup],
    store: Store,
    catalog: CatalogWriter,
    clock: Clock,
    progress: Rows = unseen,
) -> list[ImportReport]:
    """Run imports.

    Args:
        names: Imports by name; all of them, items first, when empty.
        workspace: Whose settings name them.
        domains: By name.
        store: Where events go.
        catalog: Who writes items.
        clock: When they came.
        progress: Told how far each is.

    Raises:
        NotFound: No such import.
        ImportFailed: A file cannot be read; imports before it are done and kept.
    """
    have = {spec.name: spec for spec in workspace.settings.imports}
    for name in names:
        if name not in have:
            raise NotFound("import", name, have)
    chosen = [have[name] for name in names] or sorted(have.values(), key=lambda spec: spec.kind != "items")
    reports = []
    for spec in chosen:
        pack = domains[spec.domain].pack
        reports.append(
            import_file(
                spec,
                find_files(spec.path, workspace.root),
                sink=store,
                catalog=catalog,
                kind=pack.item,
                known_events={signal.event for signal in pack.signals},
                rejected_folder=workspace.rejected,
                clock=clock,
                progress=partial(progress, spec.name),
                threads=workspace.settings.training.threads,
            )
        )
    return reports
