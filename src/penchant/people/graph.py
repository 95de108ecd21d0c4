"""Who is one person: actors joined by links, never overwritten, so that a merge can be undone."""

from __future__ import annotations

from collections.abc import Iterable


def components(links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The person of every linked actor.

    Args:
        links: Pairs of actors (`user:…`, `anon:…`) that are one person.

    Returns:
        Actor to person; a person is named after its first known id, or its first anonymous id when it has none.
        Actors without links are not in the map: they are persons by themselves.
    """
    parent: dict[str, str] = {}

    def root(actor: str) -> str:
        parent.setdefault(actor, actor)
        while parent[actor] != actor:
            parent[actor] = parent[parent[actor]]
            actor = parent[actor]
        return actor

    for a, b in links:
        parent[root(a)] = root(b)
    groups: dict[str, list[str]] = {}
    for actor in parent:
        groups.setdefault(root(actor), []).append(actor)
    return {actor: canonical(group) for group in groups.values() for actor in group}


def canonical(actors: Iterable[str]) -> str:
    """The name of the person these actors are: the first known id, else the first anonymous one."""
    return min(actors, key=lambda actor: (not actor.startswith("user:"), actor))
