"""Asks a site while things are broken and things change, and counts what must not be."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx
import msgspec

from fault_injection import FAULTS
from fault_world import Site, told, told_json
from penchant.serving import RecommendationRequest
from penchant.serving.patience import CATCH_UP_S, WAIT_S

Answered = tuple[int, tuple[list[str], tuple[str, ...]]]
"""Status, and the ids and notes of an answer."""

CONSTANT_MS = (WAIT_S + CATCH_UP_S) * 1000.0
"""What an answer may take beside twice the time budget of its placement."""


@dataclass
class Block:
    """What came of some requests under some faults.

    Attributes:
        faults: Names of the faults; none where all is well.
        requests: How many were asked.
        non_200: Answers that are no answer, in words.
        violations: What no answer may show, in words.
        late: Answers beyond twice the time budget and the constant.
        named: Answers whose `degraded` names a fault, by fault.
        ms: Milliseconds of each answer.
        items: Items in all answers.
        changes: Changes that were acknowledged meanwhile.
    """

    faults: tuple[str, ...]
    requests: int = 0
    non_200: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    late: int = 0
    named: dict[str, int] = field(default_factory=dict)
    ms: list[float] = field(default_factory=list)
    items: int = 0
    changes: int = 0


def cases(most: int = 2) -> list[tuple[str, ...]]:
    """Nothing, every fault, and every pair of them where two may be at once."""
    return [one for number in range(most + 1) for one in itertools.combinations(FAULTS, number)]


def in_process(site: Site) -> Callable[[RecommendationRequest], Answered]:
    """Asks the engine itself."""

    def ask(request: RecommendationRequest) -> Answered:
        return 200, told(site.engine.recommend(request))

    return ask


def over_http(client: httpx.Client) -> Callable[[RecommendationRequest], Answered]:
    """Asks a server."""

    def ask(request: RecommendationRequest) -> Answered:
        body = {key: value for key, value in msgspec.to_builtins(request).items() if value not in (None, (), {}, "")}
        answer = client.post("/v1/recommendations", json=body)
        return answer.status_code, told_json(answer.content) if answer.status_code == 200 else ([], ())

    return ask


def run(
    site: Site,
    faults: Sequence[str],
    requests: int,
    ask: Callable[[RecommendationRequest], Answered],
    *,
    seed: int,
    threads: int = 1,
) -> Block:
    """Ask so many requests while these faults hold and things change.

    Args:
        site: Who is asked, and what is true.
        faults: Names of faults.
        requests: How many.
        ask: Asks one.
        seed: Of requests and changes.
        threads: Askers at once.
    """
    block, lock = Block(tuple(faults)), threading.Lock()
    waiting = iter(range(requests))

    def asker(number: int) -> None:
        chance = random.Random(seed * 1_000 + number)
        while True:
            with lock:
                if next(waiting, None) is None:
                    return
            _ask(site, block, ask, chance, lock)

    before = site.changes
    with ExitStack() as stack:
        site.engine.recommender.warm()
        # Where no switch runs, the first request loads a release; a server's switch does that beside the requests.
        stack.callback(site.engine.recommender.warm)
        for name in faults:
            stack.enter_context(FAULTS[name].inject(site))
        site.engine.recommender.warm()
        site.change_each(random.Random(seed))
        with site.changing(seed):
            askers = [threading.Thread(target=asker, args=(number,)) for number in range(threads)]
            for one in askers:
                one.start()
            for one in askers:
                one.join()
    block.changes = site.changes - before
    return block


def _ask(
    site: Site,
    block: Block,
    ask: Callable[[RecommendationRequest], Answered],
    chance: random.Random,
    lock: threading.Lock,
) -> None:
    request, who = site.request(chance)
    begun = time.monotonic()
    try:
        status, slate = ask(request)
        why = "" if status == 200 else f"{request.placement}: {status}"
    except Exception as error:
        slate, why = ([], ()), f"{request.placement}: {type(error).__name__}: {error}"
    ms = (time.monotonic() - begun) * 1000.0
    wrong = [] if why else site.wrong(request, who, slate, begun)
    budget = site.engine.domains[request.domain or ""].placements[request.placement].budget_ms
    with lock:
        block.requests += 1
        block.ms.append(ms)
        block.items += len(slate[0])
        block.late += ms > 2 * budget + CONSTANT_MS
        block.non_200 += [why] if why else []
        block.violations += wrong
        for name in block.faults:
            says = FAULTS[name].says
            block.named[name] = block.named.get(name, 0) + any(note.startswith(says) for note in slate[1])


def shared(all_cases: Iterable[tuple[str, ...]], part: int, parts: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The cases of one of several processes, each with its number."""
    for number, case in enumerate(all_cases):
        if number % parts == part:
            yield number, case
