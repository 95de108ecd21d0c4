"""docs/importing.md says what the code does, and its examples run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from penchant.clock import FixedClock, parse_time
from penchant.config import load
from penchant.engine import installed_packs, names_of
from penchant.ingest import REASONS, ImportReport, find_files, import_file
from penchant.ingest.event_rows import FIELDS

PAGE = (Path(__file__).parents[2] / "docs" / "importing.md").read_text(encoding="utf-8")
EXAMPLES = {part.splitlines()[0]: part for part in PAGE.split("\n## ") if "```toml" in part}


def fences(text: str, kind: str) -> list[str]:
    return re.findall(rf"(?ms)^```{kind}\n(.*?)^```$", text)


def run(example: str, folder: Path, sink: Any) -> ImportReport:
    """Write the example's file, read its configuration, import."""
    for name, data in re.findall(r"(?ms)^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", example):
        (folder / name).write_text(data)
    for sql in fences(example, "sql"):
        duckdb.sql(sql.replace("TO '", f"TO '{folder}/"))
    (folder / "penchant.toml").write_text(fences(example, "toml")[0])
    packs = installed_packs()
    workspace = load(folder, names_of(packs), {})
    (spec,) = workspace.settings.imports
    return import_file(
        spec,
        find_files(spec.path, workspace.root),
        sink=sink,
        catalog=sink,
        kind=packs[workspace.settings.domains[spec.domain].pack].item,
        rejected_folder=workspace.rejected,
        clock=FixedClock(parse_time("2026-11-21T20:00:00Z")),
    )


def test_there_are_three_worked_examples() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_gives_the_report_it_promises(title: str, tmp_path: Path, sink: Any) -> None:
    report = run(EXAMPLES[title], tmp_path, sink)

    promised = json.loads(fences(EXAMPLES[title], "json")[-1])
    assert {key: getattr(report, key) for key in promised} == promised


def test_what_the_watch_log_says_is_what_is_stored(tmp_path: Path, sink: Any) -> None:
    run(EXAMPLES["A watch log, from JSON lines"], tmp_path, sink)

    assert sink.told("name", "anonymous_id", "user_id", "progress") == [
        ("Content Completed", "f3", None, None),
        ("Content Liked", "f3", None, None),
        ("Content Progressed", "f3", "42", 0.4),
    ]
    assert {(link.a, link.b, link.how) for link in sink.links} == {("user:42", "anon:f3", "import")}


def test_the_refused_rows_look_as_shown(tmp_path: Path, sink: Any) -> None:
    report = run(EXAMPLES["A watch log, from JSON lines"], tmp_path, sink)

    shown = next(part for part in PAGE.split("\n## ") if part.startswith("Rows that were refused"))
    promised = [json.loads(line) for line in fences(shown, "json")[0].splitlines()]
    assert report.rejected_file is not None
    rows = [json.loads(line) for line in Path(report.rejected_file).read_text().splitlines()]
    assert [{key: row[key] for key in want} for row, want in zip(rows, promised, strict=True)] == promised
    assert all(row["message"] for row in rows)
    assert Path(report.rejected_file).name == "watched-20261121T200000Z.jsonl"


def test_every_reason_is_listed_with_its_sentence() -> None:
    listed = dict(re.findall(r"(?m)^\| `(\w+)` \| (.*?) \|$", PAGE.split("| reason | what it says |")[1]))

    assert listed == REASONS


def test_every_field_of_an_event_is_listed() -> None:
    table = PAGE.split("| field of an event |")[1].split("\n\n")[0]

    assert set(re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in table.splitlines()[2:]))) == {
        f.name for f in FIELDS
    }
