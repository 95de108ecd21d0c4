"""What people see: tables, progress bars and errors. Results go to stdout, everything else to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from penchant.errors import ConfigError, PenchantError

# What is printed is data: titles, paths, reasons. Nothing in it is markup or the name of a picture.
out = Console(markup=False, emoji=False, highlight=False)
err = Console(stderr=True, markup=False, emoji=False, highlight=False)

ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", help="penchant.toml, or the folder it lies in.", show_default=True)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs, and nothing else on stdout.")]

DEFAULT_CONFIG = Path("penchant.toml")


def say(*parts: str | tuple[str, str], to: Console = out) -> None:
    """Print one line; a part is text, or text and its style. A narrow screen does not break it."""
    to.print(Text.assemble(*parts), soft_wrap=True)


def counted(number: int, thing: str) -> str:
    """`1 domain`, `2 domains`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def print_error(error: PenchantError) -> int:
    """Say what is wrong, on stderr.

    Returns:
        The exit code: 2 for configuration, 1 for the rest.
    """
    if isinstance(error, ConfigError):
        say((f"{counted(len(error.problems), 'problem')} in the configuration:", "bold red"), to=err)
        for problem in error.problems:
            say(f"  {problem}", to=err)
        return 2
    say(("error: ", "bold red"), error.message, to=err)
    return 1


def table(title: str, rows: Sequence[Sequence[str]], *, right_from: int = 1, whole: int = 1) -> Table:
    """A table from plain cells; the first row is the header.

    Args:
        title: Shown above.
        rows: Cells.
        right_from: The first column that is set flush right.
        whole: Leading columns that a narrow screen does not fold, as they hold names to be typed again; those of more
            than 30 characters fold all the same.
    """
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold", pad_edge=False)
    for number, name in enumerate(rows[0]):
        kept = number < whole and max(len(row[number]) for row in rows) <= 30
        justify: Literal["left", "right"] = "right" if number >= right_from else "left"
        made.add_column(Text(name), justify=justify, overflow="fold", no_wrap=kept)
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
    """A progress bar on stderr that goes away when the work is done; none where nobody watches."""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        yield Bar(progress, progress.add_task(what, total=None))
