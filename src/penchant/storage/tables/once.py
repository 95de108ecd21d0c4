"""Answers under keys of idempotency, so that what is asked twice is done once."""

from __future__ import annotations

from penchant.storage.database import Database, Writer
from penchant.storage.rows import Once


class Answers:
    """Claims and answers by key."""

    def __init__(self, database: Database) -> None:
        """Use this database."""
        self._database = database

    def begin(self, writer: Writer, key: str, digest: bytes, *, at: int, stale: int) -> Once | None:
        """See `Store.begin_once`."""
        rows = writer.rows("SELECT digest, at, answer FROM once WHERE id = ?", (key,))
        if rows:
            [(kept, since, answer)] = rows
            if answer is not None or since >= stale:
                return Once(key, bytes(kept), int(since), None if answer is None else bytes(answer))
            writer.execute("DELETE FROM once WHERE id = ?", (key,))
        writer.execute("INSERT INTO once (id, digest, at, answer) VALUES (?, ?, ?, NULL)", (key, digest, at))
        return None

    def end(self, writer: Writer, key: str, answer: bytes | None) -> None:
        """See `Store.end_once`; an answer that is there already stays."""
        if answer is None:
            writer.execute("DELETE FROM once WHERE id = ? AND answer IS NULL", (key,))
        else:
            writer.execute("UPDATE once SET answer = ? WHERE id = ? AND answer IS NULL", (answer, key))

    def forget(self, writer: Writer, before: int) -> int:
        """See `Store.forget_once`; claims that nobody answered go as well."""
        return writer.execute("DELETE FROM once WHERE at < ?", (before,))
