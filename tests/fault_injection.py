"""Everything that may break while answers go on: each fault begins when its block begins, and is mended at its end."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from fault_world import Site
from penchant.errors import ArtifactError
from penchant.placements import pipeline
from penchant.ranking.fitted import FittedHead
from penchant.ranking.heads import Group
from penchant.storage import ITEM_SPACE
from penchant.testing.faulty import CATALOG, CHANGES, PEOPLE, READS

HANGS_S = 30.0
SLOW_S = 0.15
MODEL_S = 0.06


class Broken(RuntimeError):
    """What every injected stage raises."""


@dataclass(frozen=True)
class Fault:
    """One thing that breaks.

    Attributes:
        about: What it is, in words.
        inject: Breaks it in a site until the block ends.
        says: What notes begin with that name it; empty where an answer has nothing to name.
    """

    about: str
    inject: Callable[[Site], AbstractContextManager[None]]
    says: tuple[str, ...] = ()


def _raising(*args: Any, **kwargs: Any) -> Any:
    raise Broken("broken on purpose")


def _store(calls: frozenset[str], seconds: float = 0.0, *, full: bool = False) -> Callable[..., Any]:
    def inject(site: Site) -> AbstractContextManager[None]:
        if seconds:
            return site.store.waiting(calls, seconds)
        return site.store.raising(calls, full=full)

    return inject


def _models(site: Site) -> list[Any]:
    """Every model that serves."""
    return [model for view in site.engine.recommender.warm().values() for model in view.parts.models.values()]


def _of_models(kinds: tuple[str, ...], wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Callable[..., Any]:
    """Another answer of models of these kinds; of all when none is named."""

    @contextmanager
    def inject(site: Site) -> Iterator[None]:
        classes = {type(model) for model in _models(site)}
        with ExitStack() as stack:
            for one in classes:
                if kinds and one.__name__ not in kinds:
                    continue
                for name in ("retrieve", "similar"):
                    if hasattr(one, name):
                        stack.enter_context(mock.patch.object(one, name, wrap(getattr(one, name))))
            yield

    return inject


def _slower(answer: Callable[..., Any]) -> Callable[..., Any]:
    never = threading.Event()

    def slow(*args: Any, **kwargs: Any) -> Any:
        never.wait(MODEL_S)
        return answer(*args, **kwargs)

    return slow


def _nonsense(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Proposes items that there are not."""

    def wrong(*args: Any, **kwargs: Any) -> Any:
        found = answer(*args, **kwargs)
        return type(found)(found.ptr, found.items + 1_000_000, found.scores)

    return wrong


@contextmanager
def _features(site: Site) -> Iterator[None]:
    """One feature of each pack raises, one that is worked out alone."""
    changed = []
    for setup in site.engine.domains.values():
        feature = next(one for one in setup.pack.features if one.kin is None)
        changed.append((feature, feature.compute))
        object.__setattr__(feature, "compute", _raising)
    try:
        yield
    finally:
        for feature, compute in changed:
            object.__setattr__(feature, "compute", compute)


@contextmanager
def _heads(site: Site) -> Iterator[None]:
    with mock.patch.object(Group, "predict", _raising), mock.patch.object(FittedHead, "predict", _raising):
        yield


@contextmanager
def _stage(name: str) -> Iterator[None]:
    with mock.patch.object(pipeline, name, _raising):
        yield


@contextmanager
def _constraint(site: Site) -> Iterator[None]:
    """The first constraint of each pack cannot be checked."""
    firsts = {setup.pack.constraints[0].name for setup in site.engine.domains.values()}
    allowed_by = pipeline.allowed_by

    def some(constraint: Any, *rest: Any) -> Any:
        return _raising() if constraint.name in firsts else allowed_by(constraint, *rest)

    with mock.patch.object(pipeline, "allowed_by", some):
        yield


# releases, on disk


def _homes(site: Site) -> list[Path]:
    """Folders of the domains' releases, as far as they are there."""
    homes = [site.engine.releases.folder / name for name in site.engine.domains]
    return [home for home in homes if (home / "current.json").is_file()]


def _point_again(home: Path) -> None:
    """Let whoever follows the pointer look again."""
    pointer = home / "current.json"
    stat = pointer.stat()
    os.utime(pointer, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))


@contextmanager
def _altered(site: Site) -> Iterator[None]:
    """A byte of the release that should serve is another one."""
    changed = []
    for home in _homes(site):
        try:
            name = site.engine.releases.order(home.name)[0]
        except ArtifactError:  # the pointer is broken already
            continue
        manifest = site.engine.releases.manifest(home.name, name)
        [file] = list(manifest.parts[ITEM_SPACE].arrays.values())[:1]
        path = home / name / file.file
        body = path.read_bytes()
        mode = path.stat().st_mode
        path.unlink()  # what serves is mapped from it, and goes on to be what it was
        path.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
        changed.append((path, body, mode))
        _point_again(home)
    try:
        yield
    finally:
        for path, body, mode in changed:
            path.unlink()
            path.write_bytes(body)
            path.chmod(mode)
            _point_again(path.parent.parent)


@contextmanager
def _missing(site: Site) -> Iterator[None]:
    """The folder of all releases is gone."""
    folder = site.engine.releases.folder
    away = folder.with_name("away")
    folder.rename(away)
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()
        away.rename(folder)
        for home in _homes(site):
            _point_again(home)


@contextmanager
def _pointer(site: Site) -> Iterator[None]:
    """Nothing says which release should serve."""
    changed = []
    for home in _homes(site):
        pointer = home / "current.json"
        changed.append((pointer, pointer.read_bytes()))
        pointer.write_text("{")
        _point_again(home)
    try:
        yield
    finally:
        for pointer, body in changed:
            pointer.write_bytes(body)
            _point_again(pointer.parent)


@contextmanager
def _headless(site: Site) -> Iterator[None]:
    """The heads of the release cannot be restored."""
    with mock.patch.object(FittedHead, "restore", _raising):
        for home in _homes(site):
            _point_again(home)
        site.engine.recommender.warm()
        yield
    for home in _homes(site):
        _point_again(home)


LATE = ("history: late", "catalog may be stale: late", "catalog unknown")
STALE = ("catalog may be stale", "catalog unknown")

FAULTS: Mapping[str, Fault] = {
    "store-down": Fault("every read of the store raises", _store(READS), ("history: ", *STALE)),
    "store-hangs": Fault("no read of the store comes back", _store(READS, HANGS_S), LATE),
    "store-slow": Fault(f"every read takes {SLOW_S} s longer", _store(READS, SLOW_S), LATE),
    "people-down": Fault("nothing can be read of people", _store(PEOPLE), ("history: ",)),
    "history-hangs": Fault("no history comes back", _store(frozenset({"past"}), HANGS_S), ("history: late",)),
    "consent-down": Fault("consent cannot be read", _store(frozenset({"consents"})), ("not personalized: what",)),
    "traits-down": Fault("traits cannot be read", _store(frozenset({"traits"})), ("traits: ",)),
    "catalog-down": Fault("nothing can be read of the catalog", _store(CATALOG), STALE),
    "changes-down": Fault("what changed in the catalog cannot be read", _store(CHANGES), STALE),
    "log-full": Fault("slates cannot be kept", _store(frozenset({"log_slates"}), full=True), ("log: ",)),
    "release-altered": Fault("a byte of the release is another", _altered, ("release refused",)),
    "release-missing": Fault("the folder of releases is gone", _missing, ("no release",)),
    "pointer-broken": Fault("nothing says which release serves", _pointer, ("release refused",)),
    "heads-missing": Fault("no head can be restored", _headless, ("head ",)),
    "model-raises": Fault(
        "popularity raises",
        _of_models(("FittedPopular", "FittedPopularByCategory"), lambda one: _raising),
        ("source:", "fallback:", "late:"),
    ),
    "models-raise": Fault("every model raises", _of_models((), lambda one: _raising), ("source:", "fallback:")),
    "models-lie": Fault("every model proposes what is not there", _of_models((), _nonsense), ("source:",)),
    "models-slow": Fault(f"every model takes {MODEL_S} s longer", _of_models((), _slower), ("late:",)),
    "feature-raises": Fault("a feature raises", _features, ("feature:",)),
    "heads-raise": Fault("every head raises", _heads, ("head:", "feature:")),
    "values-raise": Fault("ranking raises", lambda site: _stage("value"), ("failed: ",)),
    "choice-raises": Fault("choosing among candidates raises", lambda site: _stage("select"), ("failed: ",)),
    "words-raise": Fault("putting a slate into words raises", lambda site: _stage("told"), ("failed: ",)),
    "constraint-raises": Fault("a constraint cannot be checked", _constraint, ("constraint:",)),
}
"""All faults by name."""
