from __future__ import annotations

from pathlib import Path

import pytest

from penchant.errors import ImportFailed
from penchant.ingest.files import find_files, format_of


def test_a_glob_gives_its_files_in_order(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "d.csv").mkdir()

    assert [path.name for path in find_files("*.csv", tmp_path)] == ["a.csv", "b.csv"]
    assert [path.name for path in find_files(str(tmp_path / "a.csv"), Path("/elsewhere"))] == ["a.csv"]


def test_a_name_with_glob_signs_that_exists_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "a[1].csv").touch()

    assert [path.name for path in find_files("a[1].csv", tmp_path)] == ["a[1].csv"]


@pytest.mark.parametrize(
    ("pattern", "said"), [("no.csv", "no such file"), ("*.csv", "no file matches"), (".", "folder")]
)
def test_nothing_found_is_told(tmp_path: Path, pattern: str, said: str) -> None:
    with pytest.raises(ImportFailed, match=said):
        find_files(pattern, tmp_path)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.parquet", "parquet"),
        ("a.CSV", "csv"),
        ("a.tsv.gz", "csv"),
        ("2026.11.jsonl.zst", "jsonl"),
        ("a.ndjson", "jsonl"),
    ],
)
def test_the_ending_tells_the_form(name: str, form: str) -> None:
    assert format_of(Path(name)) == form


def test_an_unclear_ending_needs_a_word() -> None:
    assert format_of(Path("a.dat"), "csv") == "csv"
    with pytest.raises(ImportFailed, match="say format"):
        format_of(Path("a.gz"))
