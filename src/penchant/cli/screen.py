"""What people see: tables, progress bars and errors. Results go to stdout, everything else to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from penchant.errors import ConfigError, PenchantError

out = Console()
err = Console(stderr=True)

ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", help="penchant.toml, or the folder it lies in.", show_default=True)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs, and nothing else on stdout.")]

DEFAULT_CONFIG = Path("penchant.toml")


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def print_error(error: PenchantError) -> int:
    """Say what is wrong, on stderr.

    Returns:
        The exit code: 2 for configuration, 1 for the rest.
    """
    if isinstance(error, ConfigError):
        count = len(error.problems)
        err.print(Text(f"{count} problem{'s' if count != 1 else ''} in the configuration:", style="bold red"))
        for problem in error.problems:
            err.print(Text(f"  {problem}"), soft_wrap=True)
        return 2
    err.print(Text.assemble(("error: ", "bold red"), error.message), soft_wrap=True)
    return 1


def table(title: str, rows: Sequence[Sequence[str]], *, right_from: int = 1) -> Table:
    """A table from plain cells; the first row is the header.

    Args:
        title: Shown above.
        rows: Cells.
        right_from: The first column that is set flush right.
    """
    made = Table(title=title or None, title_justify="left", title_style="bold", header_style="bold", pad_edge=False)
    for number, name in enumerate(rows[0]):
        made.add_column(Text(name), justify="right" if number >= right_from else "left", overflow="fold")
    for row in rows[1:]:
        made.add_row(*(Text(cell) for cell in row))
    return made


class Bar:
    """One progress bar that may change its words."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        """Wrap a task."""
        self._progress, self._task = progress, task

    def share(self, what: str, share: float) -> None:
        """Show what is being done and how much of it, 0 to 1."""
        self._progress.update(self._task, description=what or "done", completed=share, total=1.0)

    def count(self, what: str, done: int, total: int | None) -> None:
        """Show how many are done."""
        words = f"{what}  {done:,}" + (f" of {total:,}" if total else "")
        self._progress.update(self._task, description=words, completed=done, total=total)


@contextmanager
def bar(what: str) -> Iterator[Bar]:
    """A progress bar on stderr that goes away when the work is done."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        yield Bar(progress, progress.add_task(what, total=None))
