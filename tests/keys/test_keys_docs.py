"""What docs/keys.md tells people to write into their own servers makes tokens that hold."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest

from penchant.clock import SystemClock
from penchant.keys import Key, KeyRing, Kind, sign, verify

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "keys.md").read_text(encoding="utf-8")
SERVER = "sk-of-the-page"


def snippets(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def holds(key: Callable[..., Key]) -> Callable[[str], bool]:
    clock = SystemClock()
    ring = KeyRing(lambda: [key(SERVER, Kind.SERVER)], clock)
    ring.refresh()
    return lambda token: verify(token, ring, clock.now(), "shop") == "42"


def test_python_with_penchant_and_without(holds: Callable[[str], bool]) -> None:
    assert len(snippets("python")) == 2
    for text in snippets("python"):
        names: dict[str, Any] = {"hashlib": hashlib, "jwt": jwt, "sign": sign, "time": time, "server_key": SERVER}
        exec(text, names)
        assert holds(names["token"])


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_node(holds: Callable[[str], bool]) -> None:
    text = next(text for text in snippets("js") if "createHmac" in text)
    program = f"const crypto = require('node:crypto')\nconst serverKey = '{SERVER}'\n{text}\nconsole.log(token)"

    done = subprocess.run(["node", "-e", program], capture_output=True, text=True, timeout=60, check=True)

    assert holds(done.stdout.strip())


@pytest.mark.skipif(shutil.which("php") is None, reason="needs php")
def test_php(holds: Callable[[str], bool]) -> None:
    program = f"$serverKey = '{SERVER}';\n{snippets('php')[0]}\necho $token;"

    done = subprocess.run(["php", "-r", program], capture_output=True, text=True, timeout=60, check=True)

    assert holds(done.stdout.strip())


def test_every_kind_of_key_is_described() -> None:
    assert all(f"`{kind.value}_…`" in PAGE for kind in Kind)
