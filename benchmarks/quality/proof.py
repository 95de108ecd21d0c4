"""`make bench-proof`: `penchant prove`, with its rows written down.

What each arm comes to is kept in a folder, so that a run can be stopped and gone on with.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from penchant.cli.screen import bar
from penchant.proof import QUESTIONS, Proof, Row, Size, prove
from penchant.proof.page import amount, percent
from record import RESULTS, write

KEPT = RESULTS / "proof.json"
ABOUT = {
    "questions": "questions asked",
    "hold": "of these, the right arm is better on the first measure with an interval that excludes zero",
    "minutes": "minutes it took, what was kept of earlier runs left out",
}


def page(proof: Proof) -> str:
    """The rows as a table."""
    lines = [
        "| domain | question | measure | right | wrong | lift | 95 % interval | worlds | without | its lift there |",
        "|---|---|---|---:|---:|---:|---|---:|---|---:|",
    ]
    off = {(row.question, row.measure): row for row in proof.without}
    for row in proof.rows:
        other = off.get((row.question, row.measure))
        cells = [row.domain, row.question, f"`{row.measure}`", amount(row.right), amount(row.wrong), percent(row.lift)]
        cells += [_interval(row), str(row.seeds)]
        cells += [", ".join(other.without), f"{percent(other.lift)} ({_interval(other)})"] if other else ["", ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"- {note}" for note in proof.notes)])


class Earlier(msgspec.Struct, frozen=True):
    """What is read of an earlier run.

    Attributes:
        rows: As in `Proof`.
        without: As in `Proof`.
        notes: As in `Proof`.
        minutes: Minutes it took.
    """

    rows: tuple[Row, ...]
    without: tuple[Row, ...]
    notes: tuple[str, ...]
    minutes: float


def joined(proof: Proof, earlier: Earlier) -> Proof:
    """A run, and what an earlier one said of questions that it did not ask."""
    asked = {row.question for row in proof.rows}
    places = {question.name: place for place, question in enumerate(QUESTIONS)}

    def rows(old: tuple[Row, ...], new: tuple[Row, ...]) -> tuple[Row, ...]:
        kept = [row for row in old if row.question not in asked]
        return tuple(sorted([*kept, *new], key=lambda row: places[row.question]))

    return msgspec.structs.replace(
        proof,
        rows=rows(earlier.rows, proof.rows),
        without=rows(earlier.without, proof.without),
        notes=tuple(dict.fromkeys([*earlier.notes, *proof.notes])),
        seconds=proof.seconds + 60.0 * earlier.minutes,
    )


def _interval(row: Row) -> str:
    return f"{percent(row.low)} to {percent(row.high)}"


def main() -> None:
    """Run it and write the rows."""
    usual = Size()
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", type=Path, help="folder that keeps what each arm came to")
    parser.add_argument("--seeds", type=int, default=usual.seeds)
    parser.add_argument("--off-seeds", type=int, default=usual.off_seeds)
    parser.add_argument("--first-seed", type=int, default=101)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--questions", nargs="*", default=[], help="names; all when none is named")
    parser.add_argument("--more", action="store_true", help="with --questions: what is written of others stays")
    told = parser.parse_args()
    size = Size(**{**vars(usual), "seeds": told.seeds, "off_seeds": told.off_seeds})
    questions = [question for question in QUESTIONS if not told.questions or question.name in told.questions]
    with bar("the proof") as progress:
        proof = prove(
            size,
            questions=questions,
            first_seed=told.first_seed,
            processes=told.processes,
            keep=told.keep,
            progress=progress.share,
        )
    if told.more and KEPT.exists():
        proof = joined(proof, msgspec.json.decode(KEPT.read_bytes(), type=Earlier))
    named = dict.fromkeys(row.question for row in proof.rows)
    firsts = [next(row for row in proof.rows if row.question == name) for name in named]
    figures = {
        "questions": len(firsts),
        "hold": sum(row.wins for row in firsts),
        "minutes": round(proof.seconds / 60, 1),
    }
    rows: dict[str, Any] = {
        "rows": msgspec.to_builtins(proof.rows),
        "without": msgspec.to_builtins(proof.without),
        "size": vars(size),
        "notes": list(proof.notes),
    }
    write("proof", figures, ABOUT, proof.method, page(proof), rows)


if __name__ == "__main__":
    main()
