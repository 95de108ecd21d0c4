from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = (sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise")


@pytest.mark.parametrize("line", ["import pickle", "from pickle import loads", "import joblib", "import shelve"])
def test_what_unpickles_fails_the_lint(line):
    text = f'"""Mine."""\n\n{line}\n'
    command = (*LINT, "--stdin-filename", "src/penchant/models/mine.py", "-")
    found = subprocess.run(command, input=text, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "TID251" in found.stdout
