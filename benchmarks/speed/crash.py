"""`make crash CYCLES=N`: a real server killed N times under load, on SQLite and PostgreSQL."""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "tests")]
from crash_loop import PENCHANT, crash_loop
from penchant.config import read_environment
from penchant.storage import open_store
from postgres_server import cluster, own_schema
from record import write

METHOD = (
    "`penchant serve` in a process of its own takes batches of 50 events from four clients and gets SIGKILL 0.02 to"
    " 0.8 s after it is up; it is started anew, and batches without an acknowledgement are sent again with the same"
    " ids. In the end every acknowledged id is looked for in the log, the log is searched for ids that are there twice,"
    " and the store checks itself. A kill leaves the system's page cache alone: it proves a process crash, not a power"
    " cut."
)
ABOUT = {
    "cycles": "kills",
    "acked": "events acknowledged",
    "lost": "of those, not in the log in the end",
    "duplicated": "events that are in the log more than once",
    "restart_s": "seconds from starting the process to its first answer, median",
    "slowest_restart_s": "the longest of them",
    "problems": "what the store's own check found",
}


def main() -> None:
    """Kill, count and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=300, help="kills of each store's server")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = read_environment().get("PENCHANT_TEST_POSTGRES") or stack.enter_context(cluster()).url
        urls = {"sqlite": "sqlite:///penchant.db", "postgres": stack.enter_context(own_schema(server))}
        for name, url in urls.items():
            place = folder / name
            place.mkdir()
            text = f'[storage]\nurl = "{url}"\n[domains.shop]\npack = "product"\n'
            (place / "penchant.toml").write_text(text)
            create = [PENCHANT, "keys", "create", "--kind", "sk", "--json", "--config", str(place)]
            key = json.loads(subprocess.run(create, capture_output=True, check=True).stdout)["key"]

            def opened(url: str = url, place: Path = place) -> Any:
                return open_store(url, place)

            found = crash_loop(place, key, opened, cycles=options.cycles, seed=options.seed)
            figures[name] = {**dataclasses.asdict(found), "problems": len(found.problems)}
            print(f"{name}: {found}", file=sys.stderr)
    write("crash", figures, ABOUT, METHOD)
    if any(one["lost"] or one["duplicated"] or one["problems"] for one in figures.values()):
        sys.exit("acknowledged events were lost or doubled")


if __name__ == "__main__":
    main()
