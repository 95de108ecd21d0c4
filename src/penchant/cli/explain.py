"""How an answer came about, for a person who reads a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from penchant.cli.screen import out, say, table
from penchant.placements import WhyNot
from penchant.serving import ExplainedItem, ExplainedSlate


def show_explained(slate: ExplainedSlate) -> None:
    """Print how each item of a slate came to its place: relevance, heads, the formula with its numbers, and chance."""
    told = slate.explanation
    say((f"{slate.domain} / {slate.placement}", "bold"), f"  release {slate.release or 'none'}")
    say(f"{told.objective}: {told.about}")
    if told.formula:
        say(f"  value = {told.formula}")
    if told.by == "sum":
        say(f"  sum   = {told.sum}")
    say(f"  served by the {told.by}", (f" ({told.why})" if told.why else "", "yellow"))
    floor = "no relevance floor" if told.floor is None else f"relevance floor {told.floor:g} on {told.goal}"
    say(f"  {told.candidates:,} candidates valued; {floor}")
    if slate.items:
        heads = list(told.heads)
        rows = [("", "item", "relevance", *heads, "value", "chance", "how")]
        for item in told.items:
            said = (number(item.heads.get(name)) for name in heads)
            rows.append(
                (
                    str(item.position),
                    item.id,
                    number(item.relevance),
                    *said,
                    number(item.value),
                    number(item.propensity),
                    _how(item),
                )
            )
        out.print(table("", rows, right_from=len(rows[0]), whole=2))
    show_why_not(told.why_not)
    for note in slate.degraded:
        say((f"  {note}", "yellow"))


def show_why_not(items: Sequence[WhyNot]) -> None:
    """Print why items are not on a slate: the stage, what else there is, and what each source says."""
    for one in items:
        by = f" ({one.by})" if one.by else ""
        say((one.id, "bold"), f"  {one.stage}{by}: {one.why}")
        for gate in one.also:
            say(f"    also {gate.stage}: {gate.why}")
        for source in one.sources:
            told = "" if source.rank is None else f"{source.rank} of {source.k:,}"
            say(f"    {source.source}: ", "; ".join(part for part in (told, source.why) if part))


def number(value: float | None) -> str:
    """To four digits; empty where nothing is known."""
    return "" if value is None else f"{value:.4g}"


def _how(item: ExplainedItem) -> str:
    """The formula with its numbers, or the shares of the sum; and what else moved the item."""
    if item.numbers:
        how = item.numbers
    else:
        how = " + ".join(f"{share:.3g} {name}" for name, share in item.terms.items() if share).replace("+ -", "- ")
    notes = [name for name in item.source if name in ("rule", "diversity", "explored", "catalog")]
    if item.below_floor:
        notes.append("below the floor")
    return "; ".join(part for part in (how, *notes) if part)
