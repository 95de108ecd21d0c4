"""`penchant recommend PLACEMENT --all --out FILE`: one placement for many people, as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from penchant.catalog import parse_audience
from penchant.cli.screen import bar, counted, print_json, say
from penchant.engine import Engine
from penchant.errors import InvalidRequest
from penchant.serving import ListFile, RecommendationRequest, among, listed


@dataclass(frozen=True)
class Whom:
    """Whom lists are made for.

    Attributes:
        people: A file that names them; everybody when None.
        audience: A filter on traits, plain JSON; all of them when None.
        allowing: A purpose of consent, as `email`; whatever they allow when None.
    """

    people: Path | None
    audience: object
    allowing: str | None


def recommend_all(
    engine: Engine, request: RecommendationRequest, whom: Whom, file: Path, *, log: bool, as_json: bool
) -> None:
    """Make the lists, write them, and say what came of it.

    Raises:
        NotFound: No such placement or domain.
        InvalidRequest: Something asked for is wrong.
    """
    setup, _ = engine.recommender.find(request)
    engine.recommender.fields.read(setup.name, request.fields, public=False)
    audience = None if whom.audience is None else parse_audience(whom.audience, "audience")
    if whom.allowing is not None and whom.allowing not in engine.consent:
        raise InvalidRequest("--allowing", f"must be one of {', '.join(engine.consent)}", whom.allowing)
    to = ListFile(file, setup.schema, request.fields)
    with bar(f"{setup.name} / {request.placement}") as progress:
        if whom.people is not None:
            people: Sequence[str] = listed(whom.people, engine.store.persons())
        else:
            people = engine.everybody(setup.name, progress.share)
        chosen = among(
            people,
            engine.store,
            audience=audience,
            allowing=whom.allowing,
            rules=engine.consent,
            now=engine.clock.now(),
        )
        wanted = list(chosen) if audience is not None or whom.allowing is not None else people
        began, done, empty, degraded = engine.clock.elapsed(), 0, 0, 0
        with to:
            for one in engine.recommend_all(request, wanted, log=log):
                to.add(one)
                done += 1
                empty += not one.slate.items
                degraded += bool(one.slate.degraded)
                progress.count("lists", done, len(wanted))
        took = engine.clock.elapsed() - began
    made = {
        "file": str(file),
        "people": done,
        "rows": to.rows,
        "empty": empty,
        "degraded": degraded,
        "logged": log,
        "seconds": round(took, 3),
    }
    if as_json:
        print_json(made)
        return
    say((str(file), "bold green"), f": {counted(done, 'list')}, {counted(to.rows, 'row')}, {took:.1f} s")
    if empty:
        say((f"  {counted(empty, 'list')} empty: filters, rules and stock leave nothing", "yellow"))
    if degraded:
        say((f"  {counted(degraded, 'list')} made without something that was asked for, as consent", "yellow"))
