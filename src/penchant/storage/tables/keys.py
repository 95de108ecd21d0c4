"""Keys, as digests."""

from __future__ import annotations

from penchant.keys import Key, Kind
from penchant.storage.database import Database, Writer
from penchant.storage.tables.values import marks

_COLUMNS = ", ".join(Key._fields)
_INSERT = f"INSERT INTO access_key ({_COLUMNS}) VALUES ({marks(Key._fields)}) ON CONFLICT DO NOTHING"


class Keys:
    """All keys there ever were."""

    def __init__(self, database: Database) -> None:
        """Use this database."""
        self._database = database

    def put(self, writer: Writer, key: Key) -> bool:
        """Keep a new key; False when there is one of this id."""
        return writer.execute(_INSERT, key._replace(kind=key.kind.value)) == 1  # type: ignore[arg-type]

    def all(self) -> list[Key]:
        """See `Store.keys`."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM access_key ORDER BY created, id")
        return [Key(id, bytes(digest), Kind(kind), *rest) for id, digest, kind, *rest in rows]

    def end(self, writer: Writer, id: str, *, expires: int | None, revoked: int | None) -> bool:
        """Write down when a key ends; a moment that is None stays as it is. False when there is no such key."""
        changed = 0
        for column, moment in (("expires", expires), ("revoked", revoked)):
            if moment is not None:
                changed += writer.execute(f"UPDATE access_key SET {column} = ? WHERE id = ?", (moment, id))
        return changed > 0 or bool(writer.rows("SELECT 1 FROM access_key WHERE id = ?", (id,)))
