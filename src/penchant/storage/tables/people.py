"""Who is who: every link there ever was, and the persons they make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial

from penchant.events import Link
from penchant.people import MOST_LINKS, components, known, regroup
from penchant.storage.database import Database, Writer
from penchant.storage.tables.values import Pair, Read, marks, pieces

_INSERT = "INSERT INTO link (a, b, turn, at, source, how) VALUES (?, ?, ?, ?, ?, ?)"
_MEMBER = "INSERT INTO member (actor, person) VALUES (?, ?) ON CONFLICT (actor) DO UPDATE SET person = excluded.person"
_ONE_DEVICE = (
    f"SELECT a, b FROM (SELECT a, b FROM link WHERE a = ? AND undone IS NULL LIMIT {MOST_LINKS + 1}) AS left_{{0}}"
    f" UNION ALL SELECT a, b FROM (SELECT a, b FROM link WHERE b = ? AND undone IS NULL LIMIT {MOST_LINKS + 1})"
    " AS right_{0}"
)
_DEVICES_AT_ONCE = 50


class People:
    """Links with their history, and for each actor the person it belongs to."""

    def __init__(self, database: Database) -> None:
        """Use this database."""
        self._database = database

    def add(self, writer: Writer, wanted: Mapping[Pair, Link]) -> None:
        """Join actors; what is joined already stays as it is, what was parted is only joined by the API.

        Args:
            writer: A transaction.
            wanted: Links as `pairs` gives them.
        """
        turns: dict[Pair, tuple[int, bool]] = {}
        for some in pieces(wanted):
            rows = writer.rows(
                "SELECT a, b, turn, undone FROM link WHERE (a, b) IN"
                f" (VALUES {', '.join(['(?, ?)'] * len(some))}) ORDER BY turn",
                [actor for pair in some for actor in pair],
            )
            turns.update(((str(a), str(b)), (int(turn), undone is None)) for a, b, turn, undone in rows)
        new = [
            (*pair, turns.get(pair, (0, False))[0] + 1, link.at, link.source, link.how)
            for pair, link in wanted.items()
            if pair not in turns or (link.how == "api" and not turns[pair][1])
        ]
        if new:
            writer.executemany(_INSERT, new)
            self._group(writer, [(str(a), str(b)) for a, b, *_ in new])

    def part(self, writer: Writer, a: str, b: str, at: int) -> bool:
        """Undo a link; False when none holds."""
        a, b = min(a, b), max(a, b)
        if not writer.execute("UPDATE link SET undone = ? WHERE a = ? AND b = ? AND undone IS NULL", (at, a, b)):
            return False
        self._regroup(writer, [(a, b)])
        return True

    def drop(self, writer: Writer, actors: Sequence[str]) -> int:
        """Delete every link of these, and its history; how many."""
        left = _members(writer.rows, actors)
        dropped = 0
        for some in pieces(actors):
            for column, other in (("a", "b"), ("b", "a")):
                left.update(str(row[0]) for row in _of(writer.rows, other, column, some))
                dropped += writer.execute(f"DELETE FROM link WHERE {column} IN ({marks(some)})", some)
            writer.execute(f"DELETE FROM member WHERE actor IN ({marks(some)})", some)
        left.difference_update(actors)
        if left:
            self._settle(writer, regroup(left, partial(_members, writer.rows), partial(_links, writer.rows)))
        return dropped

    def rebuild(self, writer: Writer) -> None:
        """Work out all persons from the links alone."""
        wanted = _wanted(_live(writer.rows))
        have = dict(_stored(writer.rows))
        if wanted != have:
            writer.execute("DELETE FROM member")
            writer.executemany(_MEMBER, wanted.items())

    def links(self) -> list[Pair]:
        """See `Store.links`."""
        return _live(self._database.rows)

    def history(self, actors: Sequence[str]) -> list[tuple[Link, int | None]]:
        """See `Store.link_history`."""
        found: dict[tuple[str, str, int], tuple[Link, int | None]] = {}
        for some in pieces(actors):
            for column in ("a", "b"):
                rows = self._database.rows(
                    f"SELECT a, b, turn, at, source, how, undone FROM link WHERE {column} IN ({marks(some)})", some
                )
                found.update(
                    ((a, b, turn), (Link(a, b, at, source, how), undone))
                    for a, b, turn, at, source, how, undone in rows
                )
        return [found[key] for key in sorted(found, key=lambda key: (found[key][0].at, key))]

    def actors(self, actor: str) -> list[str]:
        """See `Store.actors`."""
        rows = self._database.rows(
            "SELECT actor, person FROM member WHERE person = coalesce((SELECT person FROM member WHERE actor = ?), ?)",
            (actor, actor),
        )
        return sorted({str(rows[0][1]), *(str(row[0]) for row in rows)}) if rows else [actor]

    def persons(self) -> dict[str, str]:
        """See `Store.persons`."""
        rows = _stored(self._database.rows)
        return {**{person: person for _, person in rows}, **dict(rows)}

    def check(self) -> list[str]:
        """What the kept persons and the links do not agree on."""
        wanted, have = _wanted(_live(self._database.rows)), dict(_stored(self._database.rows))
        wrong = sum(wanted.get(actor) != have.get(actor) for actor in wanted.keys() | have.keys())
        return [f"{wrong} actors are not with the person their links say; regroup mends it"] if wrong else []

    def _group(self, writer: Writer, new: Collection[Pair]) -> None:
        """Put actors with their persons after links that came new."""
        count = Counter(actor for pair in new for actor in pair)
        owner = {a: b for a, b in new if not known(a) and known(b) and count[a] == 1}
        # A device whose only link this is goes to the person of its one owner: nobody else can have changed, however
        # many devices that person has. Most links are such.
        for some in pieces(owner):
            rows = writer.rows(
                f"WITH new (a, b) AS (VALUES {', '.join(['(?, ?)'] * len(some))}) SELECT a FROM new WHERE"
                " EXISTS (SELECT 1 FROM link WHERE link.a = new.a AND link.b <> new.b AND link.undone IS NULL)"
                " OR EXISTS (SELECT 1 FROM link WHERE link.b = new.a AND link.undone IS NULL)",
                [actor for device in some for actor in (device, owner[device])],
            )
            for (device,) in rows:
                del owner[device]
        rest = [(a, b) for a, b in new if owner.get(a) != b]
        if rest:
            self._regroup(writer, rest, came=True)
        if owner:
            persons = _persons(writer.rows, owner.values())
            writer.executemany(_MEMBER, [(actor, persons.get(user, user)) for actor, user in owner.items()])

    def _regroup(self, writer: Writer, pairs: Collection[Pair], *, came: bool = False) -> None:
        """Put actors with their persons after links came or went."""
        links_of = partial(_links, writer.rows)
        changed = {actor for pair in pairs for actor in pair}
        devices = {actor for actor in changed if not known(actor)}
        touched = None
        if not any(known(a) and known(b) for a, b in pairs):
            touched = _devices(links_of, devices, set(pairs) if came else set())
        if touched is None:
            self._settle(writer, regroup(changed, partial(_members, writer.rows), links_of))
            return

        # Only devices change hands. What else belongs to their persons need not be looked at, and may be very much: a
        # shop may have one user id for all guests.
        def members_of(actors: Collection[str]) -> set[str]:
            users = [actor for actor in actors if known(actor)]
            return {*users, *_persons(writer.rows, users).values(), *(touched if len(users) < len(actors) else ())}

        self._settle(writer, regroup(devices, members_of, links_of))

    def _settle(self, writer: Writer, persons: Mapping[str, str]) -> None:
        for some in pieces(actor for actor, person in persons.items() if actor == person):
            writer.execute(f"DELETE FROM member WHERE actor IN ({marks(some)})", some)
        moved = [(actor, person) for actor, person in persons.items() if actor != person]
        if moved:
            writer.executemany(_MEMBER, moved)


def _devices(
    links_of: Callable[[Collection[str]], Collection[Pair]], devices: Collection[str], new: Collection[Pair]
) -> set[str] | None:
    """These anonymous ids, and those they were one person with before; None when a crowd hides some of them.

    Args:
        links_of: Links that touch any of these now, cut off where a device has a crowd of them.
        devices: Anonymous ids of which links came or went.
        new: Links that came.
    """
    found = set(devices)
    waiting = found
    while waiting:
        links = links_of(waiting)
        count = Counter(actor for pair in links for actor in pair)
        if len(found) > MOST_LINKS * len(devices) or any(count[device] > MOST_LINKS for device in waiting):
            return None
        waiting = {actor for pair in links if pair not in new for actor in pair if not known(actor)} - found
        found = found | waiting
    return found


def pairs(links: Iterable[Link]) -> dict[Pair, Link]:
    """Links by the pair they join, each pair once; what the API says goes before what an event says."""
    found: dict[Pair, Link] = {}
    for link in links:
        a, b = link.a, link.b
        pair = (a, b) if a < b else (b, a)
        if pair not in found or link.how == "api":
            found[pair] = link
    return {pair: link for pair, link in found.items() if pair[0] != pair[1]}


def _wanted(pairs: Iterable[Pair]) -> dict[str, str]:
    return {actor: person for actor, person in components(pairs).items() if actor != person}


def _live(read: Read) -> list[Pair]:
    return [(str(a), str(b)) for a, b in read("SELECT a, b FROM link WHERE undone IS NULL ORDER BY a, b", ())]


def _stored(read: Read) -> list[Pair]:
    return [(str(a), str(p)) for a, p in read("SELECT actor, person FROM member ORDER BY actor", ())]


def _of(read: Read, wanted: str, column: str, values: Sequence[str]) -> list[tuple[str, ...]]:
    return read(f"SELECT {wanted} FROM link WHERE {column} IN ({marks(values)}) AND undone IS NULL", values)


def _persons(read: Read, actors: Iterable[str]) -> dict[str, str]:
    """The person of each of these; whoever is alone, or has the person's name, is not in it."""
    found: dict[str, str] = {}
    for some in pieces(actors):
        rows = read(f"SELECT actor, person FROM member WHERE actor IN ({marks(some)})", some)
        found.update((str(actor), str(person)) for actor, person in rows)
    return found


def _members(read: Read, actors: Collection[str]) -> set[str]:
    """All actors of the persons of these."""
    persons = {*actors, *_persons(read, actors).values()}
    members = set(persons)
    for some in pieces(persons):
        rows = read(f"SELECT actor FROM member WHERE person IN ({marks(some)})", some)
        members.update(str(row[0]) for row in rows)
    return members


def _links(read: Read, actors: Collection[str]) -> list[Pair]:
    """Links that touch any of these; of an anonymous id no more than tell that it is a shared device."""
    found: set[Pair] = set()
    for some in pieces(actor for actor in actors if known(actor)):
        for column in ("a", "b"):
            found.update((str(a), str(b)) for a, b in _of(read, "a, b", column, some))
    for some in pieces((actor for actor in actors if not known(actor)), _DEVICES_AT_ONCE):
        sql = " UNION ALL ".join(_ONE_DEVICE.format(number) for number in range(len(some)))
        found.update((str(a), str(b)) for a, b in read(sql, [actor for actor in some for _ in range(2)]))
    return sorted(found)
