"""Calls of a store that are about people: their ids, what they said, and their erasure."""

from __future__ import annotations

from collections.abc import Sequence

from penchant.events import Consent, Link, Trait
from penchant.storage.sql_tables import SQLTables


class SQLPeople(SQLTables):
    """Who is one person, what people said, and who was erased."""

    # people

    def links(self) -> list[tuple[str, str]]:
        """Every link that holds, as pairs in order."""
        return self._people.links()

    def link_history(self, actors: Sequence[str]) -> list[tuple[Link, int | None]]:
        """Every link that touches any of these, with the moment it was undone (milliseconds), oldest first."""
        return self._people.history(actors)

    def unlink(self, a: str, b: str, at: int) -> bool:
        """Undo a link; False when there is none."""
        with self.database.writing() as writer:
            return self._people.part(writer, a, b, at)

    def actors(self, actor: str) -> list[str]:
        """All actors that are one person with this one, itself included, sorted."""
        return self._people.actors(actor)

    def persons(self) -> dict[str, str]:
        """Actor to person for every actor that is one person with another."""
        return self._people.persons()

    def regroup(self) -> None:
        """Work out from the links alone who is one person; changes nothing unless something was broken."""
        with self.database.writing() as writer:
            self._people.rebuild(writer)

    def traits(self, actors: Sequence[str]) -> list[Trait]:
        """Everything ever said of these actors, by time."""
        return self._statements.traits(actors)

    def consents(self, actors: Sequence[str]) -> dict[str, list[Consent]]:
        """What the person of each of these actors allowed and forbade under any id, by time."""
        return self._statements.consents(actors)

    def every_consent(self) -> list[Consent]:
        """All statements of consent, by time."""
        return self._statements.every_consent()

    # erasure

    def erase(self, actors: Sequence[str], at: int, receipt: str, body: bytes) -> dict[str, int]:
        """Delete everything under these ids, refuse later events of theirs, and keep the receipt; all or nothing.

        An event that carries one of these ids beside another one is deleted too, as it names the erased person.
        """
        with self.database.writing() as writer:
            traits, consents = self._statements.drop(writer, actors)
            deleted = {
                # Before the links: they tell which events name these ids beside another one.
                "events": self._log.drop(writer, actors),
                "links": self._people.drop(writer, actors),
                "traits": traits,
                "consents": consents,
                "slates": self._slates.drop(writer, actors),
                "failed": self._failed.drop(writer, actors),
            }
            self._erasure.add(writer, actors, at, receipt, body)
        return deleted

    def erased(self, actors: Sequence[str]) -> list[str]:
        """Which of these were erased."""
        erased = self._erasure.among(self.database.rows, actors)
        return [actor for actor in dict.fromkeys(actors) if actor in erased]

    def readmit(self, actors: Sequence[str]) -> int:
        """Take events of erased actors again, when they come back; how many were erased."""
        with self.database.writing() as writer:
            return self._erasure.readmit(writer, actors)

    def receipts(self) -> list[tuple[str, int, bytes]]:
        """Receipts of erasure as (id, milliseconds, JSON), by time."""
        return self._erasure.receipts()

    def scrub(self) -> None:
        """Make sure that nothing deleted is left in the files."""
        self.database.scrub()
