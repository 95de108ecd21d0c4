"""A feed of 100 MB is read in bounded memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROWS = 130_000
_RUN = """
import resource, sys
from pathlib import Path
from feed_site import Workspace
from penchant.clock import SystemClock
from penchant.storage import SQLiteStore

root = Path(sys.argv[1])
workspace = Workspace(SQLiteStore(root / "penchant.db"), root, None)
feeds = workspace.make(clock=SystemClock(), seconds=3600)
workspace.add("feed.tsv")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
report = feeds.run("main")
print(report.added, report.bytes, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
def test_a_feed_of_100_mb_takes_a_few_times_that_in_memory_while_it_is_written(tmp_path: Path) -> None:
    with (tmp_path / "feed.tsv").open("w", encoding="utf-8") as file:
        file.write("id\ttitle\tdescription\tlink\tprice\n")
        for n in range(ROWS):
            file.write(
                f"sku-{n}\tShoe {n}\t{f'A light shoe {n}. ' * 40}\thttps://shop.example/{n}\t{n % 90 + 1}.00 EUR\n"
            )
    tests = Path(__file__).parents[2]

    run = subprocess.run(
        [sys.executable, "-c", _RUN, str(tmp_path)],
        cwd=tests,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        env={"PYTHONPATH": str(tests), "PATH": ""},
    )

    assert run.returncode == 0, run.stderr
    added, size, megabytes = map(int, run.stdout.split())
    assert (added, size > 100_000_000) == (ROWS, True)
    assert megabytes < 500
