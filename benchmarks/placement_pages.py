"""`make docs`: what the pages in docs/placements/ tell of packs and of the demo, from the packs and from the demo.

A page is written by hand, save for blocks between `<!-- made: … -->` and `<!-- /made -->`. `facts` is what the pack
declares. `answer` is what the demo answers to the last call before it: every call of a page is made, in order, on a
copy of the demo of its own.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from litestar.testing import TestClient

from penchant.clock import DAY, FixedClock, parse_time
from penchant.config import FILE_NAME
from penchant.engine import Engine, installed_packs
from penchant.keys import Kind
from penchant.pack import Pack, Placement, Source
from penchant.server import create_app
from penchant.simulation import academy, configuration, shop, stream, write
from record import ROOT

PAGES = ROOT / "docs" / "placements"
DOMAINS = {"product": "shop", "content": "channel", "learning": "academy"}
"""The demo's domain of each pack that has pages."""
NOW = parse_time("2025-11-22T20:00:00Z")
"""The moment of every answer: a Saturday evening."""
SEED = 7
SHOWN = 2
"""Items of an answer that are shown."""

BLOCK = re.compile(r"(?s)(<!-- made: (\w+) -->\n)(.*?)(<!-- /made -->)")
_FENCE = re.compile(r"(?ms)^```(\w*)\n(.*?)^```$")
_CALL = re.compile(r"(?m)^(?=curl )")

TELLS: dict[tuple[str, str], str] = {
    ("blend", "person"): "the mixture of models' lists that was learned for the task",
    ("blend", "seeds"): "the mixture of models' lists that was learned for the task",
    ("als", "person"): "what people with a like taste turn to: factors, the history folded in",
    ("als", "seeds"): "items whose factors are near those of the request's items",
    ("item-knn", "person"): "neighbours, by people in common, of what is in the history",
    ("item-knn", "seeds"): "neighbours of the request's items, by people in common",
    ("co-visitation", "person"): "what stands near the items of the history in people's sessions",
    ("co-visitation", "seeds"): "what stands near the request's items in people's sessions",
    ("alike", "person"): "items alike in their attributes to what the history likes, less what it dislikes",
    ("alike", "seeds"): "items alike in their attributes to the request's items",
    (
        "basket",
        "person",
    ): "what is bought with the request's items and the latest of the history beyond chance",
    ("basket", "seeds"): "what is bought with the request's items beyond chance",
    ("editorial", "person"): "editorial lists, in their order",
    ("curated", "seeds"): "the other items of curated sets that hold the request's items",
    ("chosen", "person"): "items with what the person said they like; fades as their history grows",
    ("segment", "person"): "what is popular in the region, on the device and at these hours; fades likewise",
    ("popular", "person"): "what the goal was reached on most, over all time",
    ("popular-week", "person"): "what the goal was reached on most, an event counting half after 7 days",
    ("popular-day", "person"): "what the goal was reached on most, an event counting half after 1 day",
    ("buy-again", "person"): "what the person bought before, by how often and how due it is in the next 3 days",
    ("habit", "person"): "what the person bought before, by how often, half after 90 days, more what is wanted now",
    ("playlist", "person"): "an order to play through, on from the request's items or the latest of the history",
    ("begun", "person"): "what the person began, by how often and how lately (half after 7 days)",
    ("trending", "person"): "what more people turned to in the last day than its own past lets expect",
    ("path", "person"): "open steps, by how near they are to where the learner is",
    ("mastery", "person"): "modules the learner would manage about seven times in ten",
}
"""What a source proposes, by what it is named and what it reads."""


@dataclass(frozen=True)
class Call:
    """One call of a page.

    Attributes:
        method: As in `POST`.
        path: With the query.
        body: As it is sent.
        admin: It needs an operator's key.
    """

    method: str
    path: str
    body: str
    admin: bool

    @property
    def json(self) -> Any:
        """What is sent; None for nothing."""
        return json.loads(self.body) if self.body else None


def page_of(pack: Pack, placement: Placement) -> Path:
    """Where a placement's page lies."""
    return PAGES / pack.name / f"{placement.name}.md"


def shipped() -> Iterator[tuple[Pack, Placement]]:
    """Every placement that ships."""
    for name, pack in installed_packs().items():
        if name in DOMAINS:
            for placement in pack.placements:
                yield pack, placement


def facts(pack: Pack, placement: Placement) -> str:
    """What a pack declares of a placement, as Markdown."""
    objective = next(o for o in pack.objectives if o.name == (placement.objective or pack.objectives[0].name))
    needs = " and ".join({"item": "`items`", "person": "`user_id` or `anonymous_id`"}[one] for one in placement.needs)
    learns = f"learns the task `{placement.learns}`" if placement.learns else "learns nothing"
    lines = [
        f"Needs {needs or 'nothing beside its name'}. Has {placement.size} places unless `n` says otherwise, and"
        f" {learns}. Ranked by the objective `{objective.name}` (`{objective.formula}`), unless configuration names"
        " another.",
        "",
        "| source | weight | proposes | places and limits | tells |",
        "|---|---:|---|---|---|",
        *(_row(source) for source in placement.sources),
        "",
    ]
    about = {constraint.name: constraint.about for constraint in pack.constraints}
    lines += ["| | |", "|---|---|"]
    lines += [f"| constraint `{name}` | {about[name]} |" for name in placement.constraints]
    lines += [f"| cap | at most {most} of one `{field}` |" for field, most in placement.caps.items()]
    if placement.filter is not None:
        lines.append(f"| filter | `{json.dumps(placement.filter)}` |")
    if placement.diversity is not None:
        lines.append(f"| variety | by `{placement.diversity.field}`, weight {placement.diversity.weight:g} |")
    share = placement.explore if placement.explore is not None else pack.explore if placement.learns else 0.0
    lines.append(f"| left to chance | {f'{share:.0%} of places' if share else 'nothing'} |")
    chain = ", ".join(f"`{name}`" for name in placement.fallback)
    order = placement.order or pack.order
    names = [
        f"`{name.removeprefix('-')}`" + (" from the highest" if name[0] == "-" else "")
        for name in (*order.first, *order.by)
    ]
    turns = f"; every `{order.turns}` in turn" if order.turns else ""
    filled = f"{chain}; then the catalog by {', '.join(names)}{turns}"
    lines.append(f"| places left empty | {filled if placement.fills else 'stay empty'} |")
    return "\n".join(lines) + "\n"


def _row(source: Source) -> str:
    reads = ("seeds", "person") if source.reads == "both" else (source.reads,)
    if source.model == "curated":
        reads = ("seeds",)
    tells = "; and ".join(dict.fromkeys(TELLS[source.model, one] for one in reads))
    limits = []
    if source.first:
        limits.append("stands first, in its own order")
    if source.slots:
        limits.append(f"{source.slots} of its own")
    if source.differs:
        limits.append(f"only another `{source.differs}`")
    if source.shares:
        limits.append(f"sets also by `{source.shares}`")
    limits.append(f"{source.k} candidates")
    why = f"`{source.reason[0]}`" if source.reason else ""
    return f"| `{source.model}` | {source.weight:g} | {tells} | {', '.join(limits)} | {why} |"


def calls(text: str) -> list[Call]:
    """The calls in a piece of a page, in order."""
    found = []
    for _, block in _FENCE.findall(text):
        if block.startswith("curl "):
            found += [_call(one) for one in _CALL.split(block) if one.strip()]
    return found


def _call(text: str) -> Call:
    command, _, lines = text.partition("<<'LINES'\n")
    words = iter(shlex.split(command)[1:])
    method, path, body, admin = "", "", "", False
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-u":
            admin = next(words).startswith("admin_")
        elif word in ("-d", "--data-binary"):
            body = next(words)
        elif not word.startswith("-"):
            path = word.removeprefix("localhost:8000")
    if lines:
        body = lines.removesuffix("LINES\n")
    return Call(method or ("POST" if body else "GET"), path, body, admin)


def made(text: str, told: str, client: httpx.Client | None = None, keys: tuple[str, str] = ("", "")) -> str:
    """A page with its blocks made anew.

    Args:
        text: The page.
        told: Its facts.
        client: Who answers its calls; without one, answers stay as they are.
        keys: An operator's key and a server's.
    """
    parts, end = [], 0
    for block in BLOCK.finditer(text):
        before = text[end : block.start()]
        kept = block[3]
        if block[2] == "facts":
            kept = told
        elif client is not None:
            for call in calls(before):
                kept = answered(client, call, keys)
        parts += [before, block[1], kept, block[4]]
        end = block.end()
    return "".join([*parts, text[end:]])


def answered(client: httpx.Client, call: Call, keys: tuple[str, str]) -> str:
    """Make a call; what came of it, as Markdown.

    Raises:
        ValueError: The call was refused, or the answer says that something did not go well.
    """
    key = keys[0] if call.admin else keys[1]
    response = client.request(call.method, call.path, content=call.body.encode(), auth=(key, ""))
    if response.status_code >= 400:
        raise ValueError(f"{call.path}: {response.text}")
    answer = response.json()
    if isinstance(answer, dict) and answer.get("degraded"):
        raise ValueError(f"{call.body}: {answer['degraded']}")
    return shown(answer)


def shown(answer: Any) -> str:
    """An answer as Markdown: JSON of one line a part, of a slate the first items alone."""
    if not (isinstance(answer, dict) and "items" in answer and "slate_id" in answer):
        return f"```json\n{json.dumps(answer, ensure_ascii=False)}\n```\n"
    head = {name: value for name, value in answer.items() if name != "items"}
    first = [_item(item) for item in answer["items"][:SHOWN]]
    text = json.dumps(head, ensure_ascii=False)[:-1] + ',\n "items": [\n' + ",\n".join(first) + "]}"
    total = len(answer["items"])
    left = f"\nThe first {SHOWN} of {total} items.\n" if total > SHOWN else ""
    return f"```json\n{text}\n```\n{left}"


def _item(item: dict[str, Any]) -> str:
    groups = (("id", "position", "value"), ("source",), ("reasons",), ("propensity", "fields"))
    told = ({name: item[name] for name in group if name in item} for group in groups)
    return "  {" + ",\n   ".join(json.dumps(group, ensure_ascii=False)[1:-1] for group in told) + "}"


def demo(folder: Path) -> None:
    """Make the demo in a folder: three worlds with few people, imported, judged and trained; as it is if it is there.

    Args:
        folder: Where.
    """
    if (folder / FILE_NAME).exists():
        return
    for make, people in ((shop, 400), (stream, 300), (academy, 200)):
        world = make(SEED, NOW - DAY / 2, people=people)
        write(world, folder / "data" / world.domain)
    (folder / FILE_NAME).write_text(configuration(), encoding="utf-8")
    with Engine.open(folder, FixedClock(NOW), {}) as engine:
        engine.import_data()
        for name in engine.domains:
            engine.train(name)


def ask(page: Path, text: str, told: str, workspace: Path) -> str:
    """A page with its blocks made anew, the calls answered by a copy of the demo."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(workspace, Path(folder) / "demo", ignore=shutil.ignore_patterns("data"))
        with Engine.open(copy, FixedClock(NOW), {}) as engine:
            keys = engine.create_key(Kind.ADMIN)[0], engine.create_key(Kind.SERVER)[0]
            with TestClient(create_app(engine)) as client:
                try:
                    return made(text, told, client, keys)
                except ValueError as error:
                    raise SystemExit(f"{page.relative_to(ROOT)}: {error}") from None


def main() -> None:
    """Make the blocks of all pages, or of those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="pages, as product/home; all of them when none is named")
    parser.add_argument("--facts", action="store_true", help="only what packs declare; makes no demo")
    parser.add_argument("--workspace", type=Path, help="where the demo is kept between runs; made when it is not there")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = told.workspace or Path(folder) / "workspace"
        if not told.facts:
            demo(workspace)
        for pack, placement in shipped():
            page = page_of(pack, placement)
            if told.names and f"{pack.name}/{placement.name}" not in told.names:
                continue
            text, about = page.read_text(encoding="utf-8"), facts(pack, placement)
            new = made(text, about) if told.facts else ask(page, text, about, workspace)
            page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
