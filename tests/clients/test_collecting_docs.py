"""docs/collecting.md: what it tells people to write works, and what it says of answers is so."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.relay import Relay
from penchant.ingest import Verdict

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "collecting.md").read_text(encoding="utf-8")
PACKAGES = json.loads((HERE / "node" / "package.json").read_text(encoding="utf-8"))["dependencies"]
NODE = shutil.which("node")
HOST = "https://events.shop.example"

Call = Callable[..., dict[str, Any]]


def blocks(language: str) -> list[str]:
    return [text for found, text in re.findall(r"(?ms)^```(\w*)\n(.*?)^```", PAGE) if found == language]


def filled(text: str, site: Any, relay: Relay) -> str:
    """The lines with a host and keys that exist here."""
    secret = site.lessons if "xapi" in text else site.secret
    return text.replace(HOST, relay.address).replace("sk_…", secret).replace("pk_…", site.public)


@pytest.mark.parametrize("text", blocks("python"), ids=lambda text: text.split()[1])
def test_the_python_lines_send_their_events(site: Any, relay: Relay, run: Call, text: str) -> None:
    lines = filled(text, site, relay) + "\nprint('{}')"

    run([sys.executable, "-W", "ignore", "-c", lines], environment=dict(os.environ), folder=HERE)

    assert {sent.status for sent in relay.posts} == {200}
    assert len(site.kept(relay)) == text.count("analytics.track") + text.count("analytics.identify")


@pytest.mark.node
@pytest.mark.skipif(NODE is None, reason="node is not here")
@pytest.mark.skipif(not (HERE / "node" / "node_modules").is_dir(), reason="`make clients` brings the npm packages")
@pytest.mark.parametrize("text", blocks("js"), ids=lambda text: re.findall("'(.*?)'", text)[0])
def test_the_javascript_lines_send_their_events(site: Any, relay: Relay, run: Call, text: str) -> None:
    page = "pk_…" in text
    before = "await import('./browser.mjs')\n" if page else ""
    # A page stays open; here until everything has come.
    after = "await new Promise((end) => process.stdin.on('end', end).resume())\n" if page else ""
    lines = before + re.sub(r"(?m)^import (.*) from ('.*')$", _imported, filled(text, site, relay)) + after
    calls = len(re.findall(r"(?m)^analytics\.(?:track|page)\(|sendStatement\(|dataLayer\.push\(\{", text))

    run(
        [str(NODE), "--input-type=module", "-e", lines + "process.stdout.write('{}\\n', () => process.exit(0))"],
        environment=dict(os.environ),
        folder=HERE / "node",
        until=calls if page else 0,
    )

    assert {sent.status for sent in relay.posts} == {200}
    assert len(relay.messages) == calls
    told = [json.loads(sent.answer) for sent in relay.posts]
    failed = [v for answer in told if isinstance(answer, dict) for v in answer["events"] if v["status"] != "accepted"]
    assert failed == []


def _imported(line: re.Match[str]) -> str:
    """An import that waits its turn, as the page must be there before."""
    names, package = line[1], line[2]
    if names.startswith("{"):
        return f"const {names} = await import({package}).then((found) => ({{ ...found.default, ...found }}))"
    return f"const {names} = (await import({package})).default"


def test_the_line_for_the_shell_sends_its_event(site: Any, relay: Relay) -> None:
    (text,) = [text for text in blocks("") if text.startswith("curl")]
    _, _, user, address, _, body = shlex.split(filled(text, site, relay))

    response = httpx.post(address, content=body, auth=(user.removesuffix(":"), ""), trust_env=False)

    assert response.json()["events"] == [{"message_id": "order-o77", "status": "accepted"}]
    (event,) = site.kept(relay)
    assert (event.name, event.item, event.order, event.price) == ("Order Completed", "run-022-black", "o77", 81.9)


def test_the_answer_that_is_shown_is_one_that_is_given(site: Any, relay: Relay) -> None:
    (shown,) = (json.loads(text) for text in blocks("json"))
    misspelt = {"type": "track", "messageId": "m-3", "userId": "42", "event": "Product Vieewd"}

    response = httpx.post(
        f"{relay.address}/v1/batch", json={"batch": [misspelt]}, auth=(site.secret, ""), trust_env=False
    )

    assert response.json()["events"] == shown["events"][2:]
    assert {verdict["status"] for verdict in shown["events"]} == {"accepted", "duplicate", "failed"}
    assert {field for verdict in shown["events"] for field in verdict} <= set(Verdict.__struct_fields__)


def test_every_tracker_that_is_tested_is_listed_with_its_version() -> None:
    listed = dict(re.findall(r"(?m)^\| `([^`]+)`(?: \(pages\))? \| ([\d., ]+) \|", PAGE))

    assert {name: version for name, version in PACKAGES.items() if name != "jsdom"}.items() <= listed.items()
    assert listed["segment-analytics-python"] == "2.4.0, 2.3.4"
    assert listed["rudder-sdk-python"] == "2.1.9"


def test_every_path_for_events_is_listed(site: Any, relay: Relay) -> None:
    paths = httpx.get(f"{relay.address}/schema", trust_env=False).json()["paths"]
    tagged = [p for p, methods in paths.items() if {"events", "trackers", "xapi"} & set(_tags(methods))]

    assert len(tagged) > 15
    short = [path for path in tagged if re.fullmatch(r"/v1/[tipsga]", path)]
    for path in set(tagged) - {"/xapi/about"}:
        said = path.removeprefix("/v1") if path in short else path.replace("write_key", "key")
        assert re.search(rf"{re.escape(said)}[`/? ]", PAGE), path


def _tags(methods: dict[str, Any]) -> list[str]:
    return [tag for method in methods.values() for tag in method.get("tags", ())]
