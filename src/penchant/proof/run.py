"""Running a proof: worlds of several seeds, one history each, and from its end every arm on a copy of its own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from penchant.clock import SystemClock
from penchant.proof.kept import Kept
from penchant.proof.lived import Job, Told, lived
from penchant.proof.question import Arm, Measure, Question
from penchant.proof.questions import QUESTIONS
from penchant.proof.report import Proof, Row, interval, lift
from penchant.proof.size import Lived, Size

METHOD = (
    "Every seed is a world of its own. Its site first shows what chance picks, trains, serves that release with a fifth"
    " of its places left to chance, and trains again. From there each arm goes on with a copy of the same workspace and"
    " the same world: the same engine and data, and one thing swapped. A sample of the people is served and measured;"
    " the others go on meeting chance, and all are learned from. People meet the same luck in all arms. Measures are"
    " the world's own expectations given what was shown, per person served; a lift is paired by seed, its 95 % interval"
    " is Student's t over seeds. Rows under `without` repeat a question with the mechanism turned off that it is about."
)

Factors = tuple[tuple[str, float], ...]
Found = Mapping[tuple[str, int, Factors, Lived], Mapping[str, Told]]
"""What came of each arm, by its name, in each world."""


def prove(
    size: Size,
    *,
    questions: Sequence[Question] = QUESTIONS,
    first_seed: int = 101,
    processes: int = 2,
    keep: Path | None = None,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> Proof:
    """Ask every question.

    Args:
        size: How large.
        questions: Which.
        first_seed: Worlds have this seed and those after it.
        processes: How many run at once.
        keep: Folder that keeps what comes of each arm; what is there already is not run again.
        progress: Called with what was done last, and the share that is done.
    """
    clock = SystemClock()
    began = clock.elapsed()
    jobs = [*_jobs(questions, size, first_seed, off=False), *_jobs(questions, size, first_seed, off=True)]
    found: dict[tuple[str, int, Factors, Lived], dict[str, Told]] = {}
    progress("worlds", 0.0)
    for done, (job, told) in enumerate(_run(jobs, processes, keep), 1):
        found.setdefault((job.site, job.seed, job.factors, job.lived), {}).update(told)
        progress(f"{job.site} {job.seed}", done / len(jobs))
    seeds, fewer = range(first_seed, first_seed + size.seeds), range(first_seed, first_seed + size.off_seeds)
    return Proof(
        rows=tuple(row for q in questions for row in _rows(q, found, size, seeds, off=False)),
        without=tuple(row for q in questions if q.off and fewer for row in _rows(q, found, size, fewer, off=True)),
        method=METHOD,
        seconds=clock.elapsed() - began,
        notes=_notes(found),
    )


def _jobs(questions: Iterable[Question], size: Size, first_seed: int, *, off: bool) -> list[Job]:
    """Worlds to live through; questions about one world share it, and arms that are the same run once."""
    wanted: dict[tuple[str, Factors, Lived], dict[str, Arm]] = {}
    for question in questions:
        if off and not question.off:
            continue
        world = (question.site, question.factors(off=off), size.lived(question.site, long=question.long))
        wanted.setdefault(world, {}).update({arm.name: arm for arm in (question.right, question.wrong)})
    seeds = range(first_seed, first_seed + (size.off_seeds if off else size.seeds))
    return [
        Job(site, seed, factors, tuple(arms.values()), how)
        for seed in seeds
        for (site, factors, how), arms in wanted.items()
    ]


def _run(jobs: Sequence[Job], processes: int, keep: Path | None) -> Iterable[tuple[Job, dict[str, Told]]]:
    if processes <= 1:
        for job in jobs:
            yield job, _done(job, keep)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting: dict[Future[dict[str, Told]], Job] = {pool.submit(_done, job, keep): job for job in jobs}
        for done in as_completed(waiting):
            yield waiting[done], done.result()


def _done(job: Job, keep: Path | None) -> dict[str, Told]:
    """A job, with what was kept of it."""
    kept = Kept(keep)
    found = {arm.name: told for arm in job.arms if (told := kept.read(job, arm)) is not None}
    lacking = [arm for arm in job.arms if arm.name not in found]
    if lacking:
        found |= lived(job, lambda arm, told: kept.write(job, arm, told), lacking)
    return found


def _notes(found: Found) -> tuple[str, ...]:
    """What really ranked in each arm, and what else is to be known of it."""
    ranked: dict[str, Counter[str]] = {}
    told: dict[str, None] = {}
    for (site, seed, factors, _), arms in found.items():
        other = "".join(f", {name} {factor:g}" for name, factor in factors)
        for name, arm in arms.items():
            ranked.setdefault(f"{site}{other}, {name}", Counter()).update(arm.ranked)
            told |= dict.fromkeys(f"{site} {seed}{other}, {name}: {note}" for note in arm.notes)
    words = (f"{where}: slates ranked by {_shares(by)}" for where, by in ranked.items())
    return (*sorted(words), *sorted(told))


def _shares(by: Counter[str]) -> str:
    total = max(by.total(), 1)
    return ", ".join(f"{what} ({100 * n / total:.1f} %)" for what, n in by.most_common())


def _rows(question: Question, found: Found, size: Size, seeds: range, *, off: bool) -> list[Row]:
    factors, how = question.factors(off=off), size.lived(question.site, long=question.long)
    without = tuple(sorted(question.off)) if off else ()
    rows = []
    for measure in question.measures:
        pairs = []
        for seed in seeds:
            arms = found[question.site, seed, factors, how]
            right, wrong = (arms[arm.name].means[measure.key] for arm in (question.right, question.wrong))
            pairs.append((right, wrong))
        rows.append(_row(question, measure, pairs, without))
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
