"""The benchmarks are programs, not a package: their folder has to be on the path."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2] / "benchmarks"
for folder in (ROOT, ROOT / "quality", ROOT / "speed"):
    sys.path.insert(0, str(folder))
