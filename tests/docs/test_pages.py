"""The pages for people: links lead somewhere, and what ships is described."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from penchant.engine import installed_packs

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_there_are_pages() -> None:
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "architecture.md", "http.md"} <= {p.name for p in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_placement_that_ships_is_described() -> None:
    text = (ROOT / "docs" / "placements.md").read_text(encoding="utf-8")
    shipped = {placement.name for pack in installed_packs().values() for placement in pack.placements}

    assert {name for name in shipped if f"`{name}`" not in text} == set()


def test_every_floor_of_the_contract_is_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.name for path in (ROOT / "src" / "penchant").iterdir() if (path / "__init__.py").exists()}

    assert {room for room in rooms if f"`{room}" not in text} == set()


def test_every_make_target_that_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    command = re.compile(r"(?:`|^)make ([a-z-]*[a-z])", re.MULTILINE)
    named = {t for page in PAGES for t in command.findall(page.read_text(encoding="utf-8"))}

    assert {"demo", "test"} <= named
    assert named - targets - {"bench"} == set()
