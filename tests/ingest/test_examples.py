"""The examples' configurations hold, and read their data as their READMEs say."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from penchant.clock import SystemClock
from penchant.config import Workspace, load
from penchant.engine import installed_packs, names_of
from penchant.ingest import ImportReport, find_files, import_file

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("online-retail", "kuairand", "learning")
DATA = os.environ.get("PENCHANT_DATA", "")


def workspace(name: str, data: str) -> Workspace:
    return load(EXAMPLES / name, names_of(installed_packs()), {"PENCHANT_DATA": data})


@pytest.mark.parametrize("name", NAMES)
def test_an_examples_configuration_holds(name: str) -> None:
    settings = workspace(name, "/data").settings

    assert {spec.kind for spec in settings.imports} == {"events", "items"}
    assert all(domain.evaluation.test_from is not None for domain in settings.domains.values())


@pytest.mark.data
@pytest.mark.skipif(not Path(DATA, "online-retail").is_dir(), reason="PENCHANT_DATA names no folder with the sets")
@pytest.mark.parametrize("name", NAMES)
def test_an_example_reads_its_data_as_its_readme_says(name: str, tmp_path: Path, sink: Any) -> None:
    space = workspace(name, str(Path(DATA).absolute()))
    packs = installed_packs()
    reports: list[ImportReport] = []
    for spec in space.settings.imports:
        sink.kind = packs[space.settings.domains[spec.domain].pack].item
        reports.append(
            import_file(
                spec,
                find_files(spec.path, space.root),
                sink=sink,
                catalog=sink,
                kind=sink.kind,
                rejected_folder=tmp_path,
                clock=SystemClock(),
            )
        )

    readme = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    told = set(re.findall(r"\d[\d,]*", readme))
    for report in reports:
        assert report.rejected == {}
        counts = [report.stored, report.duplicate, *report.excluded.values()]
        assert {f"{count:,}" for count in counts if count} <= told, report.name
