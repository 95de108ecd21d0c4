"""`penchant feeds add | run | list | show | remove`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

import msgspec
import typer

from penchant.catalog.feeds import DIALECTS
from penchant.cli.given import domain_of
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, bar, counted, err, out, print_json, say, table
from penchant.clock import DAY, iso
from penchant.engine import Engine
from penchant.errors import FeedFailed, InvalidRequest
from penchant.ingest import Example, FeedReport, FeedSettings, FeedStatus, interval

app = typer.Typer(help="Feeds of items: add, pull, look, remove.", no_args_is_help=True)

_SHOWN = 10
"""Examples of each kind that are printed; the report has some more."""
_PULL_ITSELF = 120.0
"""Seconds that a server leaves a feed to the command that adds it."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name.")]
_UNTOLD = {"pages": FeedSettings(url="-").pages}
"""Options that are shown when they say something else."""


@app.command()
def add(
    name: Name,
    url: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="Address, or a path that counts from the folder of penchant.toml.")
    ],
    domain: Annotated[
        str | None, typer.Option("--domain", "-d", help="Where its items go; may be left out when there is one.")
    ] = None,
    dialect: Annotated[
        str, typer.Option("--dialect", help=f"How it is written: {', '.join(sorted(DIALECTS))}; auto asks the file.")
    ] = "auto",
    every: Annotated[
        str | None, typer.Option("--every", help="How often the server pulls it, as 15m, 1h, 1d; else by hand.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option("--column", help="For tables: field=column, as price=Preis; again for each.")
    ] = None,
    separator: Annotated[
        str, typer.Option("--separator", help="What stands between several values of one column.")
    ] = "|",
    currency: Annotated[str | None, typer.Option("--currency", help="Of prices that name none, as EUR.")] = None,
    timezone: Annotated[str, typer.Option("--timezone", help="Of times that have none.")] = "UTC",
    header: Annotated[
        list[str] | None, typer.Option("--header", help='What the server is told: "Authorization: Bearer ${TOKEN}".')
    ] = None,
    max_gone: Annotated[
        float, typer.Option("--max-gone", min=0.0, max=1.0, help="Largest share of the items that may go at once.")
    ] = 0.3,
    max_refused: Annotated[
        float, typer.Option("--max-refused", min=0.0, max=1.0, help="Largest share of the entries that may be wrong.")
    ] = 0.2,
    gone: Annotated[
        str | None,
        typer.Option(
            "--gone", help="What becomes of items that are gone: delete, or keep; by the dialect when missing."
        ),
    ] = None,
    pages: Annotated[int, typer.Option("--pages", min=1, max=100_000, help="Most pages of a sitemap.")] = 10_000,
    later: Annotated[bool, typer.Option("--later", help="Do not pull it now.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Add a feed and pull it, or say all settings of one anew.

    What is secret is written as ${NAME} and taken from the environment when the feed is pulled.
    """
    if gone not in (None, "delete", "keep"):
        raise InvalidRequest("--gone", "must be delete or keep", gone)
    settings = FeedSettings(
        url=url,
        dialect=dialect,
        every=None if every is None else interval(every, "--every"),
        columns=_pairs("--column", "=", column),
        separator=separator,
        currency=currency,
        timezone=timezone,
        headers=_pairs("--header", ":", header),
        max_gone=max_gone,
        max_refused=max_refused,
        gone=cast("Literal['delete', 'keep'] | None", gone),
        pages=pages,
    )
    with Engine.open(config) as engine:
        new = engine.feeds.add(name, domain_of(engine, domain), settings, wait=0.0 if later else _PULL_ITSELF)
        say((name, "bold"), " is added" if new else " is changed", to=err)
        reports = [] if later else _run(engine, [name])
    told = f"the feed is kept: mend it and `penchant feeds run {name}`, add it with other options,"
    _show(reports, as_json, hint=f"{told} or `penchant feeds remove {name}`")


@app.command()
def run(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Feeds; all when none is named.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Those that are due alone.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Pull also what has not changed, and take it however much it changes.")
    ] = False,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of it.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Pull feeds now, and tell what changed. Exits with 1 when one was refused; the others are taken."""
    with Engine.open(config) as engine:
        wanted = list(dict.fromkeys(names or [feed.name for feed in engine.feeds.all()]))
        if due:
            ready = engine.feeds.due()
            wanted = [name for name in ready if name in wanted]
        if not wanted and not as_json:
            say("no feed is due" if due else "no feed yet; `penchant feeds add` makes one")
        reports = _run(engine, wanted, force=force, dry=dry)
    _show(reports, as_json, dry=dry)


@app.command("list")
def list_(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """All feeds: how many items each has, what became of the last run, and when the next one is."""
    with Engine.open(config) as engine:
        feeds = engine.feeds.all()
        now = engine.clock.now()
    if as_json:
        print_json([_told(feed) for feed in feeds])
        return
    if not feeds:
        say("no feed yet; `penchant feeds add` makes one")
        return
    rows = [("name", "domain", "every", "last run", "status", "next run", "items")]
    rows += [
        (
            feed.name,
            feed.domain,
            _length(feed.every),
            f"{_span(now - feed.last.at)} ago" if feed.last else "never",
            feed.last.status if feed.last else "",
            "" if feed.due is None else f"in {_span(feed.due - now)}" if feed.due > now else "now",
            f"{feed.items:,}",
        )
        for feed in feeds
    ]
    out.print(table("Feeds", rows, right_from=6))
    for feed in feeds:
        if feed.last is not None and feed.last.status == "refused":
            say((f"  {feed.name}: {feed.last.reason}", "yellow"))


@app.command()
def show(
    name: Name,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many runs, the latest first.")] = 10,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """One feed: how it is pulled, and what its last runs did."""
    with Engine.open(config) as engine:
        reports = engine.feeds.runs(name, limit=limit)
        feed = next(one for one in engine.feeds.all() if one.name == name)
    if as_json:
        print_json({**_told(feed), "runs": reports})
        return
    say((feed.name, "bold"), f"  {feed.url}")
    read = next((one.dialect for one in reports if one.dialect), "")
    dialect = feed.dialect + (f" ({read})" if read not in ("", feed.dialect) else "")
    told = {"domain": feed.domain, "dialect": dialect, "every": _length(feed.every), "items": f"{feed.items:,}"}
    for option, value in {**told, **feed.options}.items():
        if _UNTOLD.get(option) != value:
            text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
            say(f"  {option.replace('_', '-')}: {text}")
    if not reports:
        say(f"it was never pulled; `penchant feeds run {name}` pulls it")
        return
    rows: list[tuple[str, ...]] = [("when", "status", "items", "added", "changed", "gone", "refused")]
    for one in reports:
        counts = (one.entries, one.added, one.changed, one.gone)
        taken = ("", "", "", "") if one.status == "refused" else tuple(f"{number:,}" for number in counts)
        rows.append((_moment(one.at), one.status, *taken, f"{one.refused:,}"))
    out.print(table("Runs", rows, right_from=2, whole=2))
    say(("The last run", "bold"))
    _report(reports[0], dry=False)


@app.command()
def remove(
    name: Name,
    items: Annotated[bool, typer.Option("--items", help="Take out its items that no other feed tells of.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Forget a feed and its runs; its items stay, unless --items says otherwise."""
    with Engine.open(config) as engine:
        gone = engine.feeds.remove(name, items=items)
    if as_json:
        print_json({"removed": name, "items": gone})
        return
    say((name, "bold"), " is removed" + (f", with {counted(gone, 'item')}" if items else "; its items stay"))


def _run(engine: Engine, names: list[str], *, force: bool = False, dry: bool = False) -> list[FeedReport]:
    reports = []
    with bar("feeds") as progress:
        for name in names:

            def told(what: str, done: int, total: int | None, name: str = name) -> None:
                progress.count(f"{name}: {what}", done, total)

            try:
                reports.append(engine.feeds.run(name, force=force, dry=dry, progress=told))
            except FeedFailed as error:
                reports.append(_refused(engine, error, dry=dry))
    return reports


def _refused(engine: Engine, error: FeedFailed, *, dry: bool) -> FeedReport:
    """The report of a run that failed; what is kept of it tells more than the error."""
    kept = [] if dry else engine.feeds.runs(error.feed, limit=1)
    if kept and (kept[0].status, kept[0].reason) == ("refused", error.reason):
        return kept[0]
    now = engine.clock.now()
    return FeedReport(feed=error.feed, at=now, status="refused", step=error.step, reason=error.reason)


def _show(reports: list[FeedReport], as_json: bool, *, dry: bool = False, hint: str = "") -> None:
    """Print what runs did; ends with 1 when one was refused."""
    if as_json:
        print_json(reports)
    else:
        for report in reports:
            _report(report, dry=dry)
    if any(report.status == "refused" for report in reports):
        if hint:
            say(hint, to=err)
        raise typer.Exit(1)


def _report(report: FeedReport, *, dry: bool) -> None:
    counts = f"{report.added:,} added, {report.changed:,} changed, {report.gone:,} gone, {report.unchanged:,} the same"
    more = ((report.kept, "kept"), (report.refused, "refused"), (report.skipped, "passed over"))
    counts += "".join(f", {number:,} {word}" for number, word in more if number)
    if report.status == "refused":
        say((f"{report.feed}: refused, nothing was taken: ", "bold red"), report.reason)
    elif report.status == "unchanged":
        say((report.feed, "bold"), f": nothing has changed; {counted(report.entries, 'item')}")
    else:
        word = "would have" if dry else "has"
        say((report.feed, "bold"), f" {word} {counted(report.entries, 'item')}: {counts} ({report.seconds:,.1f} s)")
    if report.pages or report.pages_same or report.pages_failed:
        more = ((report.pages_same, "the same"), (report.pages_failed, "failed"), (report.pages_left, "left"))
        words = "".join(f", {number:,} {word}" for number, word in more if number)
        say(f"  pages: {report.pages:,} read{words}")
    for note in report.notes:
        say((f"  {note}", "yellow"))
    if report.status == "refused" and report.entries:
        say(f"  it would have {counted(report.entries, 'item')}: {counts}")
    _examples("+", "green", report.added, report.added_examples)
    _examples("~", "cyan", report.changed, report.changed_examples)
    _examples("-", "red", report.gone, report.gone_examples)
    for refusal in report.refusals[:_SHOWN]:
        place = f"at {refusal.place}" if refusal.place else ""
        where = (refusal.page, place, refusal.id, refusal.field)
        say(("  ! ", "yellow"), ", ".join(part for part in where if part), f": {refusal.reason}")
    _rest(report.refused, min(len(report.refusals), _SHOWN))
    for url, reason in report.page_failures[:_SHOWN]:
        say(("  ! ", "yellow"), f"{url}: {reason}")
    _rest(report.pages_failed, min(len(report.page_failures), _SHOWN))


def _examples(sign: str, style: str, number: int, examples: tuple[Example, ...]) -> None:
    for one in examples[:_SHOWN]:
        changes = ", ".join(f"{field}: {_value(a)} → {_value(b)}" for field, (a, b) in one.fields.items())
        say((f"  {sign} ", style), one.id, f"  {one.title}" if one.title else "", f"  {changes}" if changes else "")
    _rest(number, min(len(examples), _SHOWN))


def _rest(number: int, shown: int) -> None:
    if number > shown > 0:
        say(f"    and {number - shown:,} more")


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _pairs(option: str, sign: str, texts: list[str] | None) -> dict[str, str]:
    pairs = {}
    for text in texts or ():
        name, found, value = text.partition(sign)
        if not found or not name.strip() or not value.strip():
            # What was given may be secret, so it is not repeated.
            wanted = "field=column" if sign == "=" else "Name: value"
            raise InvalidRequest(option, f"must look like {wanted}")
        pairs[name.strip()] = value.strip()
    return pairs


def _told(feed: FeedStatus) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(feed)
    due = None if feed.due is None else iso(feed.due)
    return {**told, "created": iso(feed.created), "due": due}


def _length(seconds: int | None) -> str:
    for unit, letter in ((int(DAY), "d"), (3_600, "h"), (60, "m")):
        if seconds is not None and seconds % unit == 0:
            return f"{seconds // unit}{letter}"
    return "by hand" if seconds is None else f"{seconds}s"


def _span(seconds: float) -> str:
    """`5 min`; how stale a feed is, is seen sooner so than by a date."""
    for unit, name in ((DAY, "d"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:,.0f} {name}"
    return f"{max(seconds, 0.0):.0f} s"


def _moment(seconds: float) -> str:
    return iso(seconds)[:16].replace("T", " ")
