"""A web site on a real socket whose answers a test decides, and the feeds of a workspace."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from penchant.catalog import Change, Schema, apply_changes, join
from penchant.clock import Clock, FixedClock, parse_time
from penchant.config import Feeds as FeedsSettings
from penchant.ingest.feeds import Feeds, FeedSettings
from penchant.packs.content.items import Content
from penchant.packs.product.items import Product
from penchant.storage import SQLiteStore

NOW = parse_time("2026-11-21T20:00:00Z")


@dataclass
class Answer:
    """What the site says to a path; a callable answers by itself."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Says = Answer | bytes | str | Callable[[BaseHTTPRequestHandler], None]


class Site:
    """A web site: `site["/feed.tsv"] = "id\\t…"`."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.pages: dict[str, Says] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def do_GET(self) -> None:
                site.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                site.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: object) -> None:
                """A client that goes away early is what some tests are about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def __setitem__(self, path: str, says: Says) -> None:
        self.pages[path] = says

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        says = self.pages.get(handler.path, Answer(status=404))
        if callable(says):
            says(handler)
        elif isinstance(says, Answer):
            self.say(handler, says)
        else:
            self.say(handler, Answer(says.encode() if isinstance(says, str) else says))

    def say(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        """Send an answer."""
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        if "Content-Length" not in answer.headers:
            handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body)

    def asked(self, path: str) -> list[dict[str, str]]:
        """Headers of the requests for a path."""
        return [headers for asked, headers in self.requests if asked == path]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join(20)


class Workspace:
    """Feeds, and the catalog that they fill."""

    def __init__(self, store: SQLiteStore, root: Path, site: Site | None) -> None:
        self.store, self.root, self.site = store, root, site
        self.clock = FixedClock(NOW)
        self.schemas = {"shop": Schema.of(Product), "news": Schema.of(Content)}
        self.feeds = self.make()

    def make(
        self,
        *,
        clock: Clock | None = None,
        store: Any = None,
        environment: Mapping[str, str] | None = None,
        **told: Any,
    ) -> Feeds:
        """Feeds with other settings."""
        if self.site is not None:
            told.setdefault("private", (self.site.host,))
        return Feeds(
            store or self.store,
            self.schemas,
            {"shop": "product", "news": "content"},
            clock or self.clock,
            FeedsSettings(**told),
            self.root,
            environment=environment,
        )

    def add(self, path: str = "/feed.tsv", *, name: str = "main", domain: str = "shop", **settings: Any) -> None:
        settings.setdefault("dialect", "merchant")
        url = self.site.url + path if self.site is not None and path.startswith("/") else path
        self.feeds.add(name, domain, FeedSettings(url=url, **settings))

    def items(self, domain: str = "shop") -> dict[str, dict[str, Any]]:
        """The catalog as plain values."""
        found = {}
        for batch in self.store.items(domain):
            for kept in batch:
                if kept.body is not None and kept.live is not None:
                    found[kept.id] = msgspec.json.decode(join(kept.body, kept.live))
        return found

    def titles(self, domain: str = "shop") -> dict[str, str]:
        return {id: item.get("title", "") for id, item in self.items(domain).items()}

    def change(self, id: str, op: str = "patch", **fields: Any) -> None:
        """What somebody says through the API."""
        change = msgspec.convert({"id": id, "op": op, "fields": fields}, Change)
        schema, at = self.schemas["shop"], int(self.clock.now() * 1000)
        self.store.change_items("shop", [id], lambda kept: apply_changes(schema, [change], kept, at)[0])

    def entries(self, name: str = "main") -> dict[str, dict[str, Any]]:
        return {id: msgspec.json.decode(body) for batch in self.store.feed_entries(name) for id, body in batch}


def tsv(*rows: Mapping[str, object]) -> str:
    """A Merchant table; what a row does not say is empty."""
    columns = list(dict.fromkeys(name for row in rows for name in row)) or ["id", "title", "link", "price"]
    lines = ["\t".join(columns), *("\t".join(str(row.get(name, "")) for name in columns) for row in rows)]
    return "\n".join(lines) + "\n"
