"""Who is one person: actors joined by links, which are kept for good, so that a merge can be undone.

Three rules make persons of links, whatever order the links came in:

- Known ids (`user:…`) that are linked are one person, over any number of steps.
- Anonymous ids (`anon:…`) that are linked with each other are one group, and it belongs to the person of the known id
  it is linked with. A group that is linked with known ids of several persons is a shared device: it belongs to none of
  them, so that nobody sees what another did there, and its ids stay apart.
- A crowded group is a shared device too: one with an id of more than `MOST_LINKS` links, or with more ids than that.
  This is also what bounds the work that one more link can make.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

Pair = tuple[str, str]

MOST_LINKS = 100
"""Links of one anonymous id, and anonymous ids of one group, that are looked at; with more it is a shared device."""


def known(actor: str) -> bool:
    """Whether this is a known id."""
    return actor.startswith("user:")


def canonical(actors: Iterable[str]) -> str:
    """The name of the person these actors are: the first known id, else the first anonymous one."""
    return min(actors, key=lambda actor: (not known(actor), actor))


def components(links: Iterable[Pair]) -> dict[str, str]:
    """The person of every linked actor.

    Args:
        links: Pairs of actors that are one person.

    Returns:
        Actor to person; a person is named after its first known id, or its first anonymous id when it has none.
        Actors without links are not in the map: they are persons by themselves, as shared devices are.
    """
    pairs = {(min(pair), max(pair)) for pair in links if pair[0] != pair[1]}
    users = _joined(pair for pair in pairs if known(pair[0]) and known(pair[1]))
    devices = _joined(pair for pair in pairs if not known(pair[0]) and not known(pair[1]))
    owners: dict[str, set[str]] = {}
    count: dict[str, int] = {}
    for a, b in pairs:
        for actor in (a, b):
            if not known(actor):
                count[actor] = count.get(actor, 0) + 1
        if known(a) == known(b):
            continue
        user, device = (a, b) if known(a) else (b, a)
        root = devices.setdefault(device, device)
        owners.setdefault(root, set()).add(users.setdefault(user, user))
    crowded = {devices[device] for device, number in count.items() if number > MOST_LINKS}
    people: dict[str, list[str]] = {}
    for user, root in users.items():
        people.setdefault(root, []).append(user)
    for root, group in groups(devices).items():
        owner = owners.get(root, set())
        if len(owner) > 1 or len(group) > MOST_LINKS or root in crowded:
            people.update({device: [device] for device in group})
        else:
            people.setdefault(next(iter(owner), root), []).extend(group)
    return {actor: canonical(group) for group in people.values() for actor in group}


def regroup(
    changed: Iterable[str],
    members_of: Callable[[Collection[str]], Collection[str]],
    links_of: Callable[[Collection[str]], Collection[Pair]],
) -> dict[str, str]:
    """Persons anew, after links of a few actors came or went: the same as `components` of all links would say.

    Args:
        changed: Both ends of every link that came or went.
        members_of: All actors that were one person with any of these before, themselves included.
        links_of: All links that touch any of these now; of an anonymous id at least `MOST_LINKS` + 1, if it has as
            many.

    Returns:
        Actor to person for every actor whose person may have changed; one that is alone is a person by itself.
    """
    touched = set(members_of(set(changed)))
    near = _Neighbours(links_of)
    near.ask(touched)
    users = {actor for actor in touched if known(actor)}
    # Known ids that are one person now were so before, or their link is new: all links between them are here.
    roots = _joined((user, other) for user in users for other in near[user] if known(other))
    names = {user: canonical(group) for group in groups(roots).values() for user in group}
    names.update({user: user for user in users - roots.keys()})
    persons = dict(names)

    devices = {actor for actor in touched if not known(actor)}
    devices |= {other for user in users for other in near[user] if not known(other)}
    near.ask(devices)
    settled: set[str] = set()
    for device in sorted(devices):
        if device in settled:
            continue
        group, person = _group(device, near, names, members_of)
        settled |= group
        # Devices of a group that is shared now and are not touched were apart before: the group was shared then.
        persons.update({member: person or member for member in (group if person else group & touched)})
    return persons


def _group(
    device: str,
    near: _Neighbours,
    names: dict[str, str],
    members_of: Callable[[Collection[str]], Collection[str]],
) -> tuple[set[str], str | None]:
    """The anonymous ids linked with this one, and whose they are; None, and not all of them, when they are shared.

    Args:
        device: An anonymous id.
        near: What each actor is linked with.
        names: Persons of known ids; those that had to be looked up are added.
        members_of: As for `regroup`; known ids that are not in `names` are who they were.
    """
    group, waiting, owner = {device}, [device], None
    while waiting:
        here = waiting.pop()
        linked = near[here]
        if len(linked) > MOST_LINKS:
            return group, None
        for other in linked:
            if known(other):
                if other not in names:
                    before = [actor for actor in members_of({other}) if known(actor)]
                    names.update(dict.fromkeys(before, canonical(before)))
                if owner is not None and owner != names[other]:
                    return group, None
                owner = names[other]
            elif other not in group:
                group.add(other)
                waiting.append(other)
        if len(group) > MOST_LINKS:
            return group, None
    return group, owner or canonical(group)


class _Neighbours:
    """What each actor is linked with, asked for once."""

    def __init__(self, links_of: Callable[[Collection[str]], Collection[Pair]]) -> None:
        self._links_of = links_of
        self._found: dict[str, set[str]] = {}

    def ask(self, actors: Collection[str]) -> None:
        """Look several up at once."""
        missing = {actor for actor in actors if actor not in self._found}
        if not missing:
            return
        self._found.update({actor: set() for actor in missing})
        for a, b in self._links_of(missing):
            for here, other in ((a, b), (b, a)):
                if here in missing and here != other:
                    self._found[here].add(other)

    def __getitem__(self, actor: str) -> set[str]:
        self.ask((actor,))
        return self._found[actor]


def _joined(pairs: Iterable[Pair]) -> dict[str, str]:
    """The root of every actor that stands in a pair."""
    parent: dict[str, str] = {}

    def root(actor: str) -> str:
        parent.setdefault(actor, actor)
        while parent[actor] != actor:
            parent[actor] = parent[parent[actor]]
            actor = parent[actor]
        return actor

    for a, b in pairs:
        parent[root(a)] = root(b)
    return {actor: root(actor) for actor in parent}


def groups(persons: Mapping[str, str]) -> dict[str, list[str]]:
    """Actors by person, sorted."""
    found: dict[str, list[str]] = {}
    for actor in sorted(persons):
        found.setdefault(persons[actor], []).append(actor)
    return found
