"""What was said of people: traits and consents, each with its time, none overwritten."""

from __future__ import annotations

from collections.abc import Sequence

from penchant.events import Consent, Trait
from penchant.storage.database import Database, Writer
from penchant.storage.tables.values import marks, pieces

# Of two values that one source tells of one moment the greater stays, so that the order they come in decides nothing.
_TRAIT = (
    "INSERT INTO trait (actor, name, value, at, source) VALUES (?, ?, ?, ?, ?) ON CONFLICT (actor, name, at, source)"
    " DO UPDATE SET value = excluded.value WHERE excluded.value > trait.value"
)
_CONSENT = "INSERT INTO consent (actor, purpose, granted, at, source) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_READ_CONSENT = "actor, purpose, granted, at, source"
# Whoever has no row in `member` has the person's name, and may be alone. SQLite takes CROSS JOINs in their order, which
# is the right one however many statements there are.
_OF_PERSONS = """
WITH asked (actor) AS (VALUES {}),
  person (actor, name) AS (
    SELECT asked.actor, coalesce(member.person, asked.actor) FROM asked LEFT JOIN member ON member.actor = asked.actor
  ),
  alike (actor, id) AS (
    SELECT actor, name FROM person
    UNION ALL SELECT person.actor, member.actor FROM person CROSS JOIN member WHERE member.person = person.name
  )
SELECT alike.actor, consent.actor, consent.purpose, consent.granted, consent.at, consent.source
FROM alike CROSS JOIN consent WHERE consent.actor = alike.id
"""


class Statements:
    """Traits and consents."""

    def __init__(self, database: Database) -> None:
        """Use this database."""
        self._database = database

    def add(self, writer: Writer, traits: Sequence[Trait], consents: Sequence[Consent]) -> None:
        """Keep what was said; what is known is no error."""
        if traits:
            writer.executemany(_TRAIT, traits)
        if consents:
            writer.executemany(_CONSENT, [(c.actor, c.purpose, int(c.granted), c.at, c.source) for c in consents])

    def traits(self, actors: Sequence[str]) -> list[Trait]:
        """See `Store.traits`."""
        found: list[Trait] = []
        for some in pieces(actors):
            rows = self._database.rows(
                f"SELECT actor, name, value, at, source FROM trait WHERE actor IN ({marks(some)})", some
            )
            found += [Trait(actor, name, bytes(value), at, source) for actor, name, value, at, source in rows]
        return sorted(found, key=lambda trait: (trait.at, trait))

    def consents(self, actors: Sequence[str]) -> dict[str, list[Consent]]:
        """See `Store.consents`."""
        if not actors or not self._database.rows("SELECT 1 FROM consent LIMIT 1"):
            return {}
        found: dict[str, list[Consent]] = {}
        for some in pieces(actors):
            rows = self._database.rows(_OF_PERSONS.format(", ".join(["(?)"] * len(some))), some)
            for asked, *row in rows:
                found.setdefault(str(asked), []).append(_consent(row))
        return {actor: sorted(found[actor], key=_order) for actor in actors if actor in found}

    def every_consent(self) -> list[Consent]:
        """See `Store.every_consent`."""
        return sorted(map(_consent, self._database.rows(f"SELECT {_READ_CONSENT} FROM consent")), key=_order)

    def drop(self, writer: Writer, actors: Sequence[str]) -> tuple[int, int]:
        """Delete what was said of these; how many traits and consents."""
        traits = consents = 0
        for some in pieces(actors):
            traits += writer.execute(f"DELETE FROM trait WHERE actor IN ({marks(some)})", some)
            consents += writer.execute(f"DELETE FROM consent WHERE actor IN ({marks(some)})", some)
        return traits, consents


def _consent(row: Sequence[object]) -> Consent:
    actor, purpose, granted, at, source = row
    return Consent(actor, purpose, bool(granted), at, source)  # type: ignore[arg-type]


def _order(consent: Consent) -> tuple[int, Consent]:
    return consent.at, consent
