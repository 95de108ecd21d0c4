"""Rules, each with all its revisions."""

from __future__ import annotations

from typing import Any

from penchant.storage.database import Database, Row, Writer
from penchant.storage.store import RuleRow

CURRENT_RULES = (
    "rule WHERE body IS NOT NULL AND revision = (SELECT max(other.revision) FROM rule AS other"
    " WHERE other.domain = rule.domain AND other.id = rule.id)"
)
"""The last revisions of rules that were not taken out, to be selected from."""

_COLUMNS = "id, revision, at, who, body"
_LAST = "SELECT revision, body FROM rule WHERE domain = ? AND id = ? ORDER BY revision DESC LIMIT 1"
_GROW = (
    "INSERT INTO catalog (domain, version, rules, logged) VALUES (?, 0, 1, 0)"
    " ON CONFLICT (domain) DO UPDATE SET rules = catalog.rules + 1"
)
_INSERT = "INSERT INTO rule (domain, id, revision, version, at, who, body) VALUES (?, ?, ?, ?, ?, ?, ?)"


class Rules:
    """Revisions of rules by domain; each carries the version that the domain's rules have with it."""

    def __init__(self, database: Database) -> None:
        """Use this database."""
        self._database = database

    def put(
        self, writer: Writer, domain: str, id: str, body: bytes | None, *, at: int, by: str, revision: int | None
    ) -> int:
        """See `Store.put_rule`."""
        rows = writer.rows(_LAST, (domain, id))
        last, there = (int(rows[0][0]), rows[0][1] is not None) if rows else (0, False)
        fits = revision is None or revision == last or (revision == 0 and not there)
        if not fits or (body is None and not there):
            return 0
        writer.execute(_GROW, (domain,))
        [(version,)] = writer.rows("SELECT rules FROM catalog WHERE domain = ?", (domain,))
        writer.execute(_INSERT, (domain, id, last + 1, version, at, by, body))
        return last + 1

    def current(self, domain: str) -> list[RuleRow]:
        """See `Store.rules`."""
        sql = f"SELECT {_COLUMNS} FROM {CURRENT_RULES} AND domain = ? ORDER BY id"
        return [_rule(row) for row in self._database.rows(sql, (domain,))]

    def history(self, domain: str, id: str | None, limit: int) -> list[RuleRow]:
        """See `Store.rule_history`."""
        one, values = ("", [domain]) if id is None else (" AND id = ?", [domain, id])
        # By version, not by time: clocks of two servers may differ.
        sql = f"SELECT {_COLUMNS} FROM rule WHERE domain = ?{one} ORDER BY version DESC LIMIT ?"
        parameters: list[Any] = [*values, limit]
        return [_rule(row) for row in self._database.rows(sql, parameters)]


def _rule(row: Row) -> RuleRow:
    id, revision, at, by, body = row
    return RuleRow(id, revision, at, by, None if body is None else bytes(body))
