"""`penchant rules list | add | show | end | remove | history`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, get_args

import msgspec
import typer

from penchant.cli.given import BY, Domain, domain_of, json_of, made_of, whole
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, counted, out, print_json, say, table
from penchant.clock import parse_time
from penchant.engine import Engine
from penchant.errors import InvalidRequest
from penchant.placements import Action, Rule
from penchant.serving import Checked, KeptRule

app = typer.Typer(help="What is pinned, boosted, buried, kept out, listed, curated.", no_args_is_help=True)

_ACTIONS: tuple[Action, ...] = get_args(Action)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SHOWN = 3
"""Items of a rule that a line of the list names."""

Id = Annotated[str, typer.Argument(metavar="ID", help="Its id, as `penchant rules list` shows it.")]


@app.command("list")
def list_(
    domain: Domain = None,
    running: Annotated[bool, typer.Option("--running", help="Those that are obeyed now.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List the rules of a domain, those of higher priority first."""
    with Engine.open(config) as engine:
        name = domain_of(engine, domain)
        kept = engine.curation.list(name)
    if running:
        kept = [one for one in kept if one.state == "running" and not one.problem]
    if as_json:
        print_json(kept)
        return
    if not kept:
        say("no rule is obeyed now" if running else "no rules yet; `penchant rules add` makes one")
        return
    rows = [("id", "action", "state", "until", "where", "name", "about")]
    rows += [_line(one) for one in kept]
    out.print(table(f"Rules of {name}", rows, right_from=9, whole=4))
    for one in kept:
        if one.problem:
            say((f"  {one.id} is not obeyed: {one.problem}", "yellow"))


@app.command("add")
def add(
    action: Annotated[
        str | None, typer.Argument(metavar="ACTION", help=f"What it does: {', '.join(_ACTIONS)}.")
    ] = None,
    domain: Domain = None,
    item: Annotated[list[str] | None, typer.Option("--item", "-i", help="Item it is about, in order.")] = None,
    filter_: Annotated[str | None, typer.Option("--filter", help="Items it is about, as a JSON filter.")] = None,
    placement: Annotated[
        list[str] | None, typer.Option("--placement", "-p", help="Where it holds; everywhere when missing.")
    ] = None,
    audience: Annotated[str | None, typer.Option("--audience", help="For whom, as a JSON filter on traits.")] = None,
    position: Annotated[int | None, typer.Option("--position", help="First place of a pin.")] = None,
    factor: Annotated[float | None, typer.Option("--factor", help="What value is multiplied by.")] = None,
    least: Annotated[int | None, typer.Option("--least", help="Least places of a quota.")] = None,
    most: Annotated[int | None, typer.Option("--most", help="Most places of a quota, or of a pin by filter.")] = None,
    starts: Annotated[str | None, typer.Option("--starts", help="When it begins, as 2026-12-01.")] = None,
    ends: Annotated[
        str | None, typer.Option("--ends", help="When it ends, as 2026-12-24T18:00; a day alone is its last one.")
    ] = None,
    priority: Annotated[int | None, typer.Option("--priority", help="The higher one has a place both want.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Words for people.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="Why.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="Its id; one that is there already is said anew.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="A JSON file with the whole rule, in place of options.", dir_okay=False),
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Keep a rule; a running server obeys it from the next request on."""
    given = {
        "action": action,
        "items": item,
        "filter": json_of("--filter", filter_),
        "placements": placement,
        "audience": json_of("--audience", audience),
        "position": position,
        "factor": factor,
        "least": least,
        "most": most,
        "starts": _time("--starts", starts),
        "ends": _time("--ends", ends, ends=True),
        "priority": priority,
        "name": name,
        "note": note,
    }
    told = whole(given, file, "rule")
    if file is None and action is None:
        raise InvalidRequest("ACTION", f"is needed: one of {', '.join(_ACTIONS)}")
    rule = made_of(told, Rule, "rule", {"action": _ACTIONS})
    with Engine.open(config) as engine:
        site = domain_of(engine, domain)
        kept = engine.curation.put(site, rule, id=id, by=BY)
        checked = engine.curation.check(site, rule, engine.recommender.view(site).parts.table)
    if as_json:
        print_json({**msgspec.to_builtins(kept), "about": msgspec.to_builtins(checked)})
        return
    say("rule ", (kept.id, "bold"), f", revision {kept.revision}, is {kept.state}: {rule.action} {_about_now(checked)}")
    if checked.unknown:
        say((f"  not in the catalog: {', '.join(checked.unknown)}", "yellow"))


@app.command("show")
def show(id: Id, domain: Domain = None, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show one rule as it is now."""
    with Engine.open(config) as engine:
        kept = engine.curation.get(domain_of(engine, domain), id)
    if as_json:
        print_json(kept)
        return
    say((kept.id, "bold"), f"  revision {kept.revision}, {kept.state}, {_day(kept.at)} by {kept.by}")
    if kept.problem:
        say((f"  it is not obeyed: {kept.problem}", "yellow"))
    for field, value in msgspec.to_builtins(kept.rule or {}).items():
        say(f"  {field}: ", value if isinstance(value, str) else msgspec.json.encode(value).decode())


@app.command("end")
def end(id: Id, domain: Domain = None, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """End a rule now; it stays among the rules, and can be given another end."""
    with Engine.open(config) as engine:
        site = domain_of(engine, domain)
        kept = engine.curation.get(site, id)
        if kept.rule is None:
            raise InvalidRequest("ID", f"{kept.problem}; `penchant rules remove` takes it out", id)
        now = datetime.fromtimestamp(engine.clock.now(), UTC)
        if kept.state == "ended":
            say((id, "bold"), f" has ended on {_until(kept.rule)} already")
            return
        if kept.state == "waiting":
            raise InvalidRequest("ID", "has not begun; `penchant rules remove` takes it out", id)
        ended = msgspec.structs.replace(kept.rule, ends=now)
        engine.curation.put(site, ended, id=id, by=BY, revision=kept.revision)
    say((id, "bold"), " is ended")


@app.command("remove")
def remove(id: Id, domain: Domain = None, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Take a rule out; its history stays."""
    with Engine.open(config) as engine:
        engine.curation.remove(domain_of(engine, domain), id, by=BY)
    say((id, "bold"), " is taken out")


@app.command("history")
def history(
    id: Annotated[str | None, typer.Argument(metavar="ID", help="Of one rule alone.")] = None,
    domain: Domain = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the latest first.")] = 50,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show every revision of a rule, or of all rules, the latest first: what it said, and who made it."""
    with Engine.open(config) as engine:
        kept = engine.curation.history(domain_of(engine, domain), id, limit=limit)
    if as_json:
        print_json(kept)
        return
    if not kept:
        say("no rule was ever made")
        return
    rows = [("id", "rev", "when", "by", "what")]
    rows += [(one.id, str(one.revision), _day(one.at), one.by, _said(one)) for one in kept]
    out.print(table("Revisions", rows, right_from=9, whole=3))


def _time(option: str, text: str | None, *, ends: bool = False) -> datetime | None:
    """The moment that is meant; of a day that ends something the one after its last, as in the catalog."""
    if text is None:
        return None
    try:
        whole = ends and _DAY.fullmatch(text.strip()) is not None
        return datetime.fromtimestamp(parse_time(text), UTC) + timedelta(days=whole)
    except (ValueError, OverflowError):
        raise InvalidRequest(option, "must be a date or a time, as in 2026-12-24 or 2026-12-24T18:00", text) from None


def _line(kept: KeptRule) -> tuple[str, str, str, str, str, str, str]:
    rule = kept.rule
    if rule is None:
        return kept.id, "", kept.state, "", "", "", ""
    return kept.id, _what(rule), kept.state, _until(rule), _where(rule), rule.name, _about(rule)


def _said(kept: KeptRule) -> str:
    """What a revision said, in a line."""
    if kept.state == "removed":
        return "taken out"
    rule = kept.rule
    if rule is None:
        return kept.problem
    until = f", until {_until(rule)}" if rule.ends else ""
    return f"{_what(rule)}: {_about(rule)}, {_where(rule)}{until}" + (f" ({rule.name})" if rule.name else "")


def _where(rule: Rule) -> str:
    return (", ".join(rule.placements) or "everywhere") + (", for some" if rule.audience is not None else "")


def _what(rule: Rule) -> str:
    """`boost 1.5`, `pin 1`, `quota 2–4`."""
    if rule.factor is not None:
        return f"{rule.action} {rule.factor:g}"
    if rule.action == "pin":
        return f"pin {rule.position or 1}"
    if rule.action == "quota":
        return f"quota {rule.least or 0}–{'' if rule.most is None else rule.most}"
    return rule.action


def _about(rule: Rule) -> str:
    if rule.filter is not None:
        return _filter(rule.filter)
    more = f" and {len(rule.items) - _SHOWN:,} more" if len(rule.items) > _SHOWN else ""
    return ", ".join(rule.items[:_SHOWN]) + more


def _filter(told: Any) -> str:
    """A filter on a line, as `brand eq "Alto"`; it was checked when it was kept."""
    if not isinstance(told, dict):
        return _short(told)
    for word, between in (("all", " and "), ("any", " or ")):
        if isinstance(inside := told.get(word), list):
            return between.join(f"({_filter(one)})" if _joins(one) else _filter(one) for one in inside)
    if "not" in told:
        return f"not ({_filter(told['not'])})"
    tests = (f"{test} {_short(value)}" for test, value in told.items() if test != "field")
    return f"{told.get('field')} {' '.join(tests)}"


def _joins(told: Any) -> bool:
    return isinstance(told, dict) and ("all" in told or "any" in told)


def _short(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _about_now(checked: Checked) -> str:
    if checked.items is None or checked.active is None:
        return "is about items that depend on the request"
    off = checked.items - checked.active
    return f"is about {counted(checked.items, 'item')}" + (f", {off:,} of them switched off" if off else "")


def _until(rule: Rule) -> str:
    """The end as it is typed: a rule that ends with a day says that day."""
    if rule.ends is None:
        return ""
    ends = (rule.ends if rule.ends.tzinfo else rule.ends.replace(tzinfo=UTC)).astimezone(UTC)
    if ends.time() == time() and ends.date() > date.min:
        return (ends - timedelta(days=1)).date().isoformat()
    return _day(ends.isoformat())


def _day(moment: str) -> str:
    return moment[:16].replace("T", " ")
