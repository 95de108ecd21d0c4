"""Running a proof: worlds of several seeds, one history each, and from its end every arm on a copy of its own."""

from __future__ import annotations

import copy
import math
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from penchant.clock import SystemClock
from penchant.proof.engine_policy import EnginePolicy, Logged
from penchant.proof.question import ACADEMY, SHOP, STREAM, Arm, Measure, Question
from penchant.proof.questions import QUESTIONS
from penchant.proof.report import Proof, Row, interval, lift
from penchant.proof.site import WorldClock, configure, opened
from penchant.simulation.channel import Channel, StreamMechanisms
from penchant.simulation.loop import LivingWorld, Outcome, live
from penchant.simulation.market import Market, ShopMechanisms
from penchant.simulation.policies import Chance
from penchant.simulation.school import AcademyMechanisms, School

START = 1_767_225_600.0
"""The worlds' first day, 2026-01-01; only the calendar of the log depends on it."""

PACKS = {SHOP: "product", STREAM: "content", ACADEMY: "learning"}

_ADAPTS = Arm("first", "Serves after chance, and explores widely, so that later arms learn from ranked slates.",
              "explore = 0.2\n")  # fmt: skip

METHOD = (
    "Every seed is a world of its own. Its site first shows what chance picks, trains, serves that release with a fifth"
    " of its places left to chance, and trains again. From there each arm goes on with a copy of the same workspace and"
    " the same world: the same engine and data, and one thing swapped. People meet the same luck in all arms. Measures"
    " are the world's own expectations given what was shown, per person; a lift is paired by seed, its 95 % interval is"
    " Student's t over seeds. Rows under `without` repeat a question with the mechanism turned off that it is about."
)


@dataclass(frozen=True)
class Size:
    """How large a proof is.

    Attributes:
        people: People a world.
        chance_days: Days of the first log, in which chance picks.
        first_days: Days of the first release.
        days: Days the arms run.
        long_days: Days they run where a question is about the long run.
        train_days: Days between trainings of an arm; 0 for none.
        seeds: Worlds a question.
        off_seeds: Worlds a question with its mechanism off; 0 leaves those rows out.
    """

    people: int = 800
    chance_days: int = 10
    first_days: int = 8
    days: int = 20
    long_days: int = 60
    train_days: float = 10.0
    seeds: int = 5
    off_seeds: int = 3


@dataclass(frozen=True)
class _Job:
    """One world: the arms that are compared in it."""

    site: str
    seed: int
    off: tuple[tuple[str, float], ...]
    arms: tuple[tuple[Arm, int], ...]  # with the days each runs
    size: Size


Found = dict[tuple[str, int], dict[str, float]]
"""Means over people by measure, of each arm and length."""


def prove(
    size: Size,
    *,
    questions: Sequence[Question] = QUESTIONS,
    first_seed: int = 1,
    processes: int = 2,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> Proof:
    """Ask every question.

    Args:
        size: How large.
        questions: Which.
        first_seed: Worlds have this seed and those after it.
        processes: How many run at once.
        progress: Called with what was done last, and the share that is done.
    """
    clock = SystemClock()
    began = clock.elapsed()
    jobs = [*_jobs(questions, size, first_seed, off=False), *_jobs(questions, size, first_seed, off=True)]
    found: dict[_Job, tuple[Found, tuple[str, ...]]] = {}
    progress("worlds", 0.0)
    for job, told in _run(jobs, processes):
        found[job] = told
        progress(f"{job.site} {job.seed}", len(found) / len(jobs))
    notes = tuple(dict.fromkeys(f"{job.site} {job.seed}: {note}" for job in jobs for note in found[job][1]))
    by = {(job.site, job.seed, job.off): made for job, (made, _) in found.items()}
    seeds, fewer = range(first_seed, first_seed + size.seeds), range(first_seed, first_seed + size.off_seeds)
    return Proof(
        rows=tuple(row for q in questions for row in _rows(q, by, size, seeds, ())),
        without=tuple(
            row
            for q in questions
            if q.off and size.off_seeds
            for row in _rows(q, by, size, fewer, tuple(sorted(q.off.items())))
        ),
        method=METHOD,
        seconds=clock.elapsed() - began,
        notes=notes,
    )


def _jobs(questions: Iterable[Question], size: Size, first_seed: int, *, off: bool) -> list[_Job]:
    """Worlds to live through; questions about one world share it, and arms that are the same run once."""
    wanted: dict[tuple[str, tuple[tuple[str, float], ...]], dict[tuple[str, int], tuple[Arm, int]]] = {}
    for question in questions:
        mechanisms = tuple(sorted(question.off.items())) if off else ()
        if off and not question.off:
            continue
        arms = wanted.setdefault((question.site, mechanisms), {})
        for arm in (question.right, question.wrong):
            days = _days(question, size)
            arms[arm.name, days] = (arm, days)
    seeds = range(first_seed, first_seed + (size.off_seeds if off else size.seeds))
    return [
        _Job(site, seed, mechanisms, tuple(arms.values()), size)
        for seed in seeds
        for (site, mechanisms), arms in wanted.items()
    ]


def _run(jobs: Sequence[_Job], processes: int) -> Iterable[tuple[_Job, tuple[Found, tuple[str, ...]]]]:
    if processes <= 1:
        for job in jobs:
            yield job, _lived(job)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting: dict[Future[tuple[Found, tuple[str, ...]]], _Job] = {pool.submit(_lived, job): job for job in jobs}
        for done in as_completed(waiting):
            yield waiting[done], done.result()


def world_of(site: str, seed: int, people: int, off: Mapping[str, float]) -> LivingWorld:
    """A world of a site, with some mechanisms at another factor."""
    if site == SHOP:
        return Market(people=people, seed=seed, start=START, mechanisms=ShopMechanisms(**off))
    if site == STREAM:
        return Channel(people=people, seed=seed, start=START, mechanisms=StreamMechanisms(**off))
    return School(people=people, seed=seed, start=START, mechanisms=AcademyMechanisms(**off))


def _lived(job: _Job) -> tuple[Found, tuple[str, ...]]:
    """Live through one world's history, and from there with every arm."""
    size, found, notes = job.size, dict[tuple[str, int], dict[str, float]](), list[str]()
    with tempfile.TemporaryDirectory(prefix="penchant-proof-") as scratch:
        folder, packs = Path(scratch) / "history", {job.site: PACKS[job.site]}
        world, clock = world_of(job.site, job.seed, size.people, dict(job.off)), WorldClock(START)
        configure(folder, packs, _ADAPTS)
        with opened(folder, clock) as engine:
            engine.put_items(job.site, world.catalog())
            chance = Chance(job.seed, world.available)
            live(world, Logged(engine, job.site, world, clock, chance), size.chance_days)
            engine.flush()
            engine.train(job.site)
            live(world, EnginePolicy(engine, job.site, world, clock), size.first_days)
            engine.flush()
            engine.train(job.site)
        for arm, days in job.arms:
            own = Path(scratch) / f"{arm.name}-{days}"
            shutil.copytree(folder, own)
            configure(own, packs, arm)
            lived = copy.deepcopy(world)
            now = WorldClock(clock.at)
            with opened(own, now, arm) as engine:
                policy = EnginePolicy(engine, job.site, lived, now, train_days=size.train_days)
                told = live(lived, policy, days)
            found[arm.name, days] = _means(told)
            notes += [f"{arm.name}: {note} ({n} answers)" for note, n in policy.degraded.items()]
            shutil.rmtree(own)
    return found, tuple(notes)


def _days(question: Question, size: Size) -> int:
    return size.long_days if question.long else size.days


def _means(outcome: Outcome) -> dict[str, float]:
    """Means over people; of rates the ratio of sums."""
    means = {name: float(values.mean()) for name, values in {**outcome.states, **outcome.sums}.items()}
    if means.get("orders"):
        means["return_rate"] = means["returns"] / means["orders"]
    return means


def _rows(
    question: Question,
    by: Mapping[tuple[str, int, tuple[tuple[str, float], ...]], Found],
    size: Size,
    seeds: range,
    off: tuple[tuple[str, float], ...],
) -> list[Row]:
    rows, days = [], _days(question, size)
    for measure in question.measures:
        pairs = []
        for seed in seeds:
            found = by[question.site, seed, off]
            right, wrong = (found[arm.name, days] for arm in (question.right, question.wrong))
            pairs.append((right[measure.name], wrong[measure.name]))
        rows.append(_row(question, measure, pairs, tuple(name for name, _ in off)))
    return rows


def _row(question: Question, measure: Measure, pairs: Sequence[tuple[float, float]], off: tuple[str, ...]) -> Row:
    lifts = [lift(right, wrong) for right, wrong in pairs]
    mean, low, high = interval(lifts)
    return Row(
        domain=question.domain,
        question=question.name,
        measure=measure.name,
        better=measure.better,
        right=math.fsum(right for right, _ in pairs) / len(pairs),
        wrong=math.fsum(wrong for _, wrong in pairs) / len(pairs),
        lift=mean,
        low=low,
        high=high,
        seeds=len(pairs),
        without=off,
        each=tuple(lifts),
    )
