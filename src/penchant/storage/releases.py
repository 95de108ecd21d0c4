"""Releases on disk: a folder each, arrays and one JSON manifest, every file with its SHA-256.

    releases/shop/shop-2026-11-21.3/manifest.json   what it is, its evidence, and the hash of every array
    releases/shop/shop-2026-11-21.3/als.item_factors.npy
    releases/shop/shop-2026-11-21.3/verified.json   which files were found to be what their hashes say
    releases/shop/current.json                      which release serves, and which served before it

A release is written beside its place and renamed into it, then `current.json` is replaced: both happen wholly or
not at all. Nothing is ever unpickled: arrays are read with `allow_pickle=False`. A release that was found to answer
badly holds a file `refused.json`, and nobody serves it until somebody says so by name.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from penchant.clock import iso
from penchant.errors import ArtifactError, NotFound
from penchant.storage.durable import replace, sync_folder, write
from penchant.storage.parts import Part, PartFiles, read_part, write_part
from penchant.storage.verified import Verified

FORMAT = 1

_REFUSED = "refused.json"

ITEM_SPACE = "items"
"""Name of the part that holds the item ids, in the order of their codes."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a release is, and how it came to be.

    Attributes:
        format: Version of this layout.
        id: `DOMAIN-DATE.NUMBER`.
        domain: Domain name.
        pack: Pack name.
        created: ISO 8601.
        config: Digest of the configuration that made it.
        version: penchant's version.
        parts: Its parts by name.
        evidence: The evaluation it was judged by.
    """

    format: int
    id: str
    domain: str
    pack: str
    created: str
    config: str
    version: str
    parts: dict[str, PartFiles]
    evidence: dict[str, Any] = {}


@dataclass(frozen=True)
class Release:
    """A release as read and checked; arrays are read-only memory maps."""

    manifest: Manifest
    parts: Mapping[str, Part]

    @property
    def id(self) -> str:
        """Its name."""
        return self.manifest.id


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a release must not serve.

    Attributes:
        why: In a sentence.
        at: When it was refused, ISO 8601.
    """

    why: str
    at: str


class _Current(msgspec.Struct):
    """Which release serves, those that served before it (newest first), and those it was rolled back from.

    `by_hand` says that a person chose it, so that nobody asks whether it is good enough.
    """

    release: str
    before: list[str] = []
    left: list[str] = []
    by_hand: bool = False

    @property
    def order(self) -> list[str]:
        return [self.release, *self.before, *self.left]


class Releases:
    """All releases of a workspace."""

    def __init__(self, folder: Path) -> None:
        """Use this folder; it is made by the first release."""
        self.folder = folder

    def publish(
        self,
        domain: str,
        pack: str,
        parts: Mapping[str, Part],
        *,
        now: float,
        config: str,
        version: str,
        evidence: Mapping[str, Any],
        keep: int = 5,
    ) -> Manifest:
        """Write a release and let it serve.

        Args:
            domain: Domain name.
            pack: Pack name.
            parts: What it consists of.
            now: Unix seconds.
            config: Digest of the configuration.
            version: penchant's version.
            evidence: JSON-able evaluation.
            keep: Releases that stay on disk; older ones are deleted.

        Returns:
            Its manifest.
        """
        home = self.folder / domain
        home.mkdir(parents=True, exist_ok=True)
        name = self._free_name(home, f"{domain}-{iso(now)[:10]}")
        draft = home / f".draft-{name}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        files = {part: write_part(draft, part, content) for part, content in parts.items()}
        manifest = Manifest(
            format=FORMAT,
            id=name,
            domain=domain,
            pack=pack,
            created=iso(now),
            config=config,
            version=version,
            parts=files,
            evidence=dict(evidence),
        )
        body = msgspec.json.encode(manifest)
        write(draft / "manifest.json", msgspec.json.format(body, indent=1))
        sync_folder(draft)
        draft.rename(home / name)
        sync_folder(home)
        with self._changing(domain):
            old = self._current(domain)
            new = _Current(name, [old.release, *old.before], old.left) if old else _Current(name)
            stale = new.order[keep:]
            before, left = ([n for n in names if n not in stale] for names in (new.before, new.left))
            self._point(domain, _Current(name, before, left))
            for gone in stale:
                shutil.rmtree(home / gone, ignore_errors=True)
        return manifest

    def load(self, domain: str) -> tuple[Release | None, list[ArtifactError]]:
        """The release that should serve; when it is damaged or refused, the newest good one before it.

        Returns:
            The release (None when there is none), and what was refused on the way.
        """
        refused: list[ArtifactError] = []
        for name in self.order(domain):
            refusal = self.refusal(domain, name)
            if refusal is not None:
                refused.append(ArtifactError(str(self.folder / domain / name), f"must not serve: {refusal.why}"))
                continue
            try:
                return self.read(domain, name), refused
            except ArtifactError as error:
                refused.append(error)
        return None, refused

    def read(self, domain: str, name: str) -> Release:
        """Map one release; every file is held against its hash, once on each machine as long as it stays as it is.

        Raises:
            ArtifactError: A file is missing or altered, or the format is another.
        """
        home = self.folder / domain / name
        manifest = self.manifest(domain, name)
        verified = Verified(home)
        with verified.recording():
            parts = {part: read_part(home, files, verified) for part, files in manifest.parts.items()}
        return Release(manifest, parts)

    def manifest(self, domain: str, name: str) -> Manifest:
        """The manifest alone.

        Raises:
            ArtifactError: It is missing, not a manifest, or of another format.
        """
        path = self.folder / domain / name / "manifest.json"
        try:
            manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
        except OSError as error:
            raise ArtifactError(str(path), f"cannot be read ({error.strerror})") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ArtifactError(str(path), f"is not a manifest ({error})") from error
        if manifest.format != FORMAT:
            raise ArtifactError(str(path), f"has format {manifest.format}, this penchant reads {FORMAT}")
        if manifest.id != name or manifest.domain != domain:
            raise ArtifactError(str(path), f"belongs to release {manifest.id} of {manifest.domain}")
        return manifest

    def order(self, domain: str) -> list[str]:
        """The release that should serve, those that served before it (newest first), those that were left."""
        current = self._current(domain)
        return current.order if current else []

    def token(self, domain: str) -> tuple[int, int]:
        """Changes whenever another release should serve; cheap enough to ask at each request."""
        try:
            stat = (self.folder / domain / "current.json").stat()
        except OSError:
            return (0, 0)
        return (stat.st_mtime_ns, stat.st_ino)

    def by_hand(self, domain: str) -> bool:
        """Whether a person chose the release that should serve."""
        current = self._current(domain)
        return current is not None and current.by_hand

    def refusal(self, domain: str, name: str) -> Refusal | None:
        """Why a release must not serve; None where nobody says so."""
        try:
            return msgspec.json.decode((self.folder / domain / name / _REFUSED).read_bytes(), type=Refusal)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError):  # somebody did say so
            return Refusal(why="it was refused, and why cannot be read", at="")

    def refuse(self, domain: str, name: str, why: str, *, now: float) -> str | None:
        """Say that a release must not serve, and let the newest good one before it serve again.

        All servers of the workspace obey, those to come as well. `roll_back` with its name takes it back.

        Args:
            domain: Domain name.
            name: The release.
            why: In a sentence; no person's data.
            now: Unix seconds.

        Returns:
            The release that should serve now; None when no other can.
        """
        with self._changing(domain):
            home = self.folder / domain / name
            if home.is_dir():
                replace(home / _REFUSED, msgspec.json.encode(Refusal(why=why, at=iso(now))))
            current = self._current(domain)
            if current is None or current.release != name:
                return None if current is None else current.release
            target = next((one for one in current.before if self._good(domain, one)), None)
            if target is None:
                # The pointer stays, and moves all the same, so that whoever follows it looks again.
                self._point(domain, current)
                return None
            self._point(domain, _back(current, target))
            return target

    def _good(self, domain: str, name: str) -> bool:
        if self.refusal(domain, name) is not None:
            return False
        try:
            self.read(domain, name)
        except ArtifactError:
            return False
        return True

    def roll_back(self, domain: str, to: str | None = None) -> str:
        """Let an earlier release serve again.

        Args:
            domain: Domain name.
            to: Which one; the newest before the current that was not refused when missing. One that was refused may
                serve again when it is named.

        Returns:
            The name of the release that serves now.

        Raises:
            NotFound: There is no such release, or none before the current.
            ArtifactError: It is damaged.
        """
        with self._changing(domain):
            current = self._current(domain)
            before = current.before if current else []
            good = (name for name in before if self.refusal(domain, name) is None)
            target = to if to is not None else next(good, None)
            if target is None:
                raise NotFound("earlier release of domain", domain)
            if current is None or target not in current.order:
                raise NotFound("release", target, current.order if current else ())
            self.read(domain, target)
            (self.folder / domain / target / _REFUSED).unlink(missing_ok=True)
            moved = _back(current, target)
            moved.by_hand = True
            self._point(domain, moved)
        return target

    @contextmanager
    def _changing(self, domain: str) -> Iterator[None]:
        """One at a time, of all processes: what is read of the pointer still holds when it is written."""
        home = self.folder / domain
        home.mkdir(parents=True, exist_ok=True)
        with (home / "current.lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _current(self, domain: str) -> _Current | None:
        path = self.folder / domain / "current.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=_Current)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise ArtifactError(str(path), f"cannot be read ({error})") from error

    def _point(self, domain: str, current: _Current) -> None:
        replace(self.folder / domain / "current.json", msgspec.json.encode(current))

    @staticmethod
    def _free_name(home: Path, stem: str) -> str:
        taken = [p.name for p in home.glob(f"{stem}.*")]
        numbers = [int(n.rsplit(".", 1)[1]) for n in taken if n.rsplit(".", 1)[1].isdigit()]
        return f"{stem}.{max(numbers, default=0) + 1}"


def _back(current: _Current, target: str) -> _Current:
    """With another release of the same list in front."""
    if target in current.before:
        at = current.before.index(target)
        return _Current(target, current.before[at + 1 :], [current.release, *current.before[:at], *current.left])
    if target in current.left:
        left = [name for name in current.left if name != target]
        return _Current(target, [current.release, *current.before], left)
    return _Current(current.release, current.before, current.left)
