"""What rules and placements of the store have in common: each change is a revision, with who made it and from which."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from penchant.clock import Clock
from penchant.errors import Conflict, InvalidRequest
from penchant.storage import Revision

_NAME = re.compile(r"(?!check$)[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What a name may be; `check` is a word of its own in addresses."""


class Put(Protocol):
    """Keeps a revision in the store: its number, 0 where the thing is at another one than it was made from."""

    def __call__(
        self, domain: str, id: str, body: bytes | None, *, at: int, by: str, revision: int | None = None
    ) -> int:
        """Keep a body under an id, or take out what is there (None)."""
        ...


@dataclass(frozen=True)
class Revised:
    """One kind of things that the store keeps in revisions.

    Attributes:
        word: What one is called, as in `rule`.
        put: Keeps a revision.
        current: The last revision of each thing of a domain that was not taken out.
        clock: When a revision is made.
        gone: What is said of one that was changed meanwhile and is not kept any more.
    """

    word: str
    put: Put
    current: Callable[[str], list[Revision]]
    clock: Clock
    gone: str

    def find(self, domain: str, name: str) -> Revision | None:
        """One of them as it is now, or None."""
        return next((row for row in self.current(domain) if row.id == name), None)

    def keep(self, domain: str, name: str, body: bytes | None, *, by: str, revision: int | None) -> Revision:
        """Keep a new revision, or take it out (None).

        Args:
            domain: Domain name.
            name: What it is kept under.
            body: What it says.
            by: Who does it.
            revision: The revision this was made from, 0 for none; any when None.

        Raises:
            Conflict: It is at another revision by now.
            StorageError: Nothing was kept.
        """
        at = int(self.clock.now() * 1000)
        made = self.put(domain, name, body, at=at, by=by, revision=revision)
        if not made:
            row = self.find(domain, name)
            now = self.gone if row is None else f"it is at revision {row.revision} by now"
            raise Conflict("revision", f'{self.word} "{name}" was changed meanwhile: {now}', revision)
        return Revision(name, made, at, by, body)


def check_name(field: str, name: str) -> None:
    """Whether something may be kept under a name.

    Args:
        field: What the request calls it: `id` or `name`.
        name: The name.

    Raises:
        InvalidRequest: It may not.
    """
    if not _NAME.fullmatch(name):
        allowed = "must be 1 to 100 letters, digits, dots, dashes and underscores, and not the word check"
        raise InvalidRequest(field, allowed, name)
