"""`penchant questions`, as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from penchant.cli import app
from penchant.config import FILE_NAME
from penchant.engine import Engine

RUN = CliRunner(env={"COLUMNS": "200"})


def shop(folder: Path, *brands: str) -> Path:
    (folder / FILE_NAME).write_text('[domains.books]\npack = "product"\n')
    with Engine.open(folder, environment={}) as engine:
        engine.put_items("books", [{"id": f"b{n}", "brand": brand} for n, brand in enumerate(brands)])
    return folder


def test_questions_are_shown_with_their_answers(tmp_path: Path) -> None:
    folder = shop(tmp_path, *["Alto", "Brio"] * 4)
    shown = RUN.invoke(app, ["questions", "books", "--config", str(folder)])
    told = RUN.invoke(app, ["questions", "books", "--config", str(folder), "--json"])

    assert shown.exit_code == told.exit_code == 0
    assert "Brand (brand)" in shown.stdout
    assert "Alto (4), Brio (4)" in shown.stdout
    [question] = json.loads(told.stdout)["questions"]
    assert (question["field"], question["bits"], len(question["options"])) == ("brand", 1.0, 2)


def test_a_catalog_that_tells_nothing_has_nothing_to_ask(tmp_path: Path) -> None:
    folder = shop(tmp_path, "Alto", "Alto")

    assert "nothing to ask" in RUN.invoke(app, ["questions", "books", "--config", str(folder)]).stdout


def test_an_unknown_domain_is_an_error_with_the_nearest(tmp_path: Path) -> None:
    folder = shop(tmp_path, "Alto")
    result = RUN.invoke(app, ["questions", "bookz", "--config", str(folder)])

    assert result.exit_code == 1
    assert 'did you mean "books"?' in result.stderr
