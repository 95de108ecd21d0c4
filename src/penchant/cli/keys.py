"""`penchant keys create | list | revoke | sign`."""

from __future__ import annotations

import re
import sys
from typing import Annotated

import msgspec
import typer

from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, err, out, print_json, say, table
from penchant.clock import DAY, iso
from penchant.engine import Engine
from penchant.errors import InvalidRequest, KeyRejected, NotFound, StorageError
from penchant.keys import Key, Kind, key_id, mistyped, sign

app = typer.Typer(help="Make, list and end keys.", no_args_is_help=True)

_LENGTH = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": DAY}


@app.command()
def create(
    kind: Annotated[
        Kind, typer.Option("--kind", help="pk for browsers and apps, sk for servers, admin for operators.")
    ] = Kind.PUBLIC,
    domain: Annotated[str | None, typer.Option("--domain", help="The one domain it is good for.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Source of the events it sends.")] = None,
    label: Annotated[str, typer.Option("--label", help="Words for people.")] = "",
    expires: Annotated[str | None, typer.Option("--expires", help="When it ends, counted from now, as 90d.")] = None,
    value: Annotated[
        str | None, typer.Option("--value", help="A write key that is in use already, instead of a new one.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Make a key and show it, this once."""
    if value is not None and mistyped(value):
        raise InvalidRequest("value", "has a slip in it: its last six letters do not fit the rest")
    if value is not None and kind is Kind.ADMIN:
        raise InvalidRequest("value", "an admin key is always a new one")
    with Engine.open(config) as engine:
        until = None if expires is None else engine.clock.now() + seconds("expires", expires)
        try:
            text, key = engine.create_key(kind, domain=domain, source=source, label=label, expires=until, value=value)
        except StorageError:
            kept = engine.store.keys()
            if value is not None and key_id(value) in {known.id for known in kept}:
                raise InvalidRequest("value", "is a key already; `penchant keys list` shows it") from None
            raise
        server = engine.settings.server
        address = f"http://{server.host}:{server.port or 8000}"
        site = key.domain or next(iter(engine.domains))
        asked = {"placement": next(iter(engine.domains[site].placements)), "domain": site}
    if as_json:
        print_json({"key": text, **shown(key, engine.clock.now())})
        return
    say((text, "bold green"))
    say("Keep it now: only its hash is stored, and nobody can show it again.", to=err)
    say(f"  {tried(key, text, address, asked)}", to=err)


@app.command("list")
def list_(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """All keys by time of creation, also those that have ended; never the keys themselves."""
    with Engine.open(config) as engine:
        now, keys = engine.clock.now(), engine.store.keys()
    if as_json:
        print_json([shown(key, now) for key in keys])
        return
    if not keys:
        say("no key yet; `penchant keys create` makes one")
        return
    rows = [("id", "kind", "domain", "source", "label", "made", "state")]
    rows += [
        (key.id, key.kind.value, key.domain or "all", key.source or "", key.label, moment(key.created), state(key, now))
        for key in keys
    ]
    out.print(table("Keys", rows, right_from=9))


@app.command()
def revoke(
    id: Annotated[str, typer.Argument(help="Id of the key, as `penchant keys list` shows it.")],
    after: Annotated[
        str | None, typer.Option("--in", help="Let it work that much longer, as 7d, while a new one is rolled out.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """End a key, at once or after a while; a running server follows within a second."""
    with Engine.open(config) as engine:
        now, kept = engine.clock.now(), engine.store.keys()
        keys = {key.id: key for key in kept}
        if key_id(id) in keys:  # what is shown here may be seen by others, so the key is not repeated
            raise InvalidRequest("id", f"is the key itself; its id is {key_id(id)}")
        if id not in keys:
            raise NotFound("key", id, keys)
        if after is None:
            engine.store.end_key(id, revoked=int(now * 1000))
            say((id, "bold"), " is revoked")
            return
        until = int((now + seconds("in", after)) * 1000)
        before = keys[id].expires
        if before is not None and before < until:
            raise InvalidRequest("in", f"is later than the key ends anyway ({moment(before)})")
        engine.store.end_key(id, expires=until)
        say((id, "bold"), f" works until {moment(until)}")


@app.command("sign")
def sign_(
    user: Annotated[str, typer.Option("--user", help="User id of the person.")],
    lasts: Annotated[str, typer.Option("--lasts", help="How long the token holds, at most 30d.")] = "1h",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Sign an identity token with a server key, which is asked for; to try things out, as sites sign their own."""
    # Asked for, not an option: what is typed as an option stays in the shell's history.
    key = typer.prompt("Server key (sk_)", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    key = key.strip()
    with Engine.open(config) as engine:
        if mistyped(key):
            raise InvalidRequest("key", "has a slip in it: its last six letters do not fit the rest")
        if engine.keys.find(key).kind is not Kind.SERVER:
            raise KeyRejected("only a server key (sk_) signs identity tokens")
        length = seconds("lasts", lasts)
        if length > 30 * DAY:
            raise InvalidRequest("lasts", "must be at most 30d", lasts)
        say(sign(user, key, engine.clock.now() + length))


def seconds(field: str, text: str) -> float:
    """A length of time as in 90d, 12h, 30m or 45s, in seconds.

    Raises:
        InvalidRequest: It is none.
    """
    found = _LENGTH.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise InvalidRequest(field, "must be a number and s, m, h or d, as in 90d", text)
    return int(found[1]) * _SECONDS[found[2]]


def shown(key: Key, now: float) -> dict[str, str | None]:
    """What may be told of a key."""
    return {
        "id": key.id,
        "kind": key.kind.value,
        "domain": key.domain,
        "source": key.source,
        "label": key.label,
        "created": iso(key.created / 1000),
        "expires": None if key.expires is None else iso(key.expires / 1000),
        "revoked": None if key.revoked is None else iso(key.revoked / 1000),
        "state": state(key, now),
    }


def state(key: Key, now: float) -> str:
    """Whether a key works, in words."""
    if key.revoked is not None and key.revoked <= now * 1000:
        return f"revoked {moment(key.revoked)}"
    if key.expires is None:
        return "works"
    return f"{'works until' if key.works(now) else 'expired'} {moment(key.expires)}"


def moment(milliseconds: int) -> str:
    """A moment to the minute, UTC."""
    return iso(milliseconds / 1000)[:16].replace("T", " ")


def tried(key: Key, text: str, address: str, asked: dict[str, str]) -> str:
    """A line that tries a key."""
    if key.kind is Kind.ADMIN:
        return f"curl -s -u {text}: {address}/v1/status"
    return f"curl -s -u {text}: {address}/v1/recommendations -d '{msgspec.json.encode(asked).decode()}'"
