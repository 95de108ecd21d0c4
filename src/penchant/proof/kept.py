"""What was found so far, kept on disk: a proof can be stopped and gone on with, and several runs add up."""

from __future__ import annotations

from pathlib import Path

import msgspec

from penchant.proof.lived import Job, Told
from penchant.proof.question import Arm


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    means: dict[str, float]
    ranked: dict[str, int]
    notes: tuple[str, ...]


class Kept:
    """A folder with one file an arm and world."""

    def __init__(self, folder: Path | None) -> None:
        """Use a folder; None keeps nothing."""
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def read(self, job: Job, arm: Arm) -> Told | None:
        """What came of an arm; None where it is to be found out."""
        file = self._file(job, arm)
        if file is None or not file.exists():
            return None
        line = msgspec.json.decode(file.read_bytes(), type=_Line)
        return Told(line.means, line.ranked, line.notes)

    def write(self, job: Job, arm: Arm, told: Told) -> None:
        """Keep what came of an arm, whole or not at all."""
        file = self._file(job, arm)
        if file is not None:
            draft = file.with_suffix(".part")
            line = _Line(means=told.means, ranked=told.ranked, notes=told.notes)
            draft.write_bytes(msgspec.json.format(msgspec.json.encode(line)))
            draft.replace(file)

    def _file(self, job: Job, arm: Arm) -> Path | None:
        return None if self._folder is None else self._folder / f"{job.name(arm)}.json"
