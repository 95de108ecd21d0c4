"""Who was erased: salted digests of their ids, and the receipts."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence

from penchant.storage.database import Database, Writer
from penchant.storage.tables.values import Read, marks, pieces

_DIGEST = "INSERT INTO erased (digest) VALUES (?) ON CONFLICT DO NOTHING"
_RECEIPT = (
    "INSERT INTO receipt (id, at, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE"
    " SET at = excluded.at, body = excluded.body"
)


class Erasure:
    """Erased ids and receipts."""

    def __init__(self, database: Database, salt: str) -> None:
        """Use this database, and its salt."""
        self._database = database
        self._salt = hashlib.sha256(salt.encode())

    def digest(self, actor: str) -> bytes:
        """What is kept of an erased id: SHA-256 over salt and actor."""
        digest = self._salt.copy()
        digest.update(actor.encode("utf-8", "surrogatepass"))
        return digest.digest()

    def any(self, read: Read) -> bool:
        """Whether anybody was ever erased."""
        return bool(read("SELECT 1 FROM erased LIMIT 1", ()))

    def among(self, read: Read, actors: Iterable[str]) -> set[str]:
        """Which of these were erased."""
        if not self.any(read):
            return set()
        by_digest = {self.digest(actor): actor for actor in set(actors)}
        found: set[str] = set()
        for some in pieces(by_digest):
            rows = read(f"SELECT digest FROM erased WHERE digest IN ({marks(some)})", some)
            found.update(by_digest[bytes(row[0])] for row in rows)
        return found

    def add(self, writer: Writer, actors: Collection[str], at: int, receipt: str, body: bytes) -> None:
        """Keep digests of these, and the receipt."""
        writer.executemany(_DIGEST, [(self.digest(actor),) for actor in actors])
        writer.execute(_RECEIPT, (receipt, at, body))

    def readmit(self, writer: Writer, actors: Sequence[str]) -> int:
        """Forget that these were erased; how many were."""
        gone = 0
        for some in pieces(self.digest(actor) for actor in actors):
            gone += writer.execute(f"DELETE FROM erased WHERE digest IN ({marks(some)})", some)
        return gone

    def receipts(self) -> list[tuple[str, int, bytes]]:
        """See `Store.receipts`."""
        rows = self._database.rows("SELECT id, at, body FROM receipt ORDER BY at, id")
        return [(str(name), int(at), bytes(body)) for name, at, body in rows]
