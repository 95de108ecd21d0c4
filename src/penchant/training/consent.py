"""Whose events models may learn from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from penchant.events import Consent
from penchant.people import Rules, decide

NEEDED = ("analytics", "personalization")
"""What a person must allow before models learn from what they did."""


@dataclass(frozen=True)
class Permitted:
    """Whose events may be used: those of everybody but a few, or of a few alone.

    Attributes:
        excluded: People whose events are left out.
        only: When silence is a no: the people who said yes, and nobody else; None when silence is a yes.
    """

    excluded: frozenset[str]
    only: frozenset[str] | None

    def allows(self, person: str) -> bool:
        """Whether this person may be learned from."""
        return person not in self.excluded and (self.only is None or person in self.only)


def permitted(statements: Iterable[Consent], persons: Mapping[str, str], default: Rules) -> Permitted:
    """Whose events may be used, from everything that was ever said of it.

    Args:
        statements: All statements of consent, of everybody.
        persons: Actor to person, for linked actors; what was said under any id of a person counts for all of them.
        default: What holds for a purpose that nothing was said of.
    """
    said: dict[str, list[Consent]] = {}
    for statement in statements:
        if statement.purpose in NEEDED:
            said.setdefault(persons.get(statement.actor, statement.actor), []).append(statement)
    allowed: set[str] = set()
    refused: set[str] = set()
    for person, mine in said.items():
        holds = decide(mine, default)
        (allowed if all(holds[purpose] for purpose in NEEDED) else refused).add(person)
    silence = all(default[purpose] for purpose in NEEDED)
    return Permitted(frozenset(refused), None if silence else frozenset(allowed))
