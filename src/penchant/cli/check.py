"""`penchant check`."""

from __future__ import annotations

from pathlib import Path

from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, counted, print_json, say
from penchant.engine import read_workspace


def check(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Check penchant.toml and the environment as a whole: every problem at once."""
    workspace = read_workspace(config)
    settings = workspace.settings
    missing = [spec.name for spec in settings.imports if not _exists(workspace.resolve(spec.path))]
    if as_json:
        domains = {name: domain.pack for name, domain in settings.domains.items()}
        print_json({"ok": True, "digest": workspace.digest, "domains": domains, "files_missing": missing})
        return
    say(
        ("ok", "bold green"),
        f"  {counted(len(settings.domains), 'domain')}, {counted(len(settings.imports), 'import')}",
    )
    for name, domain in settings.domains.items():
        say(f"  {name}: pack {domain.pack}")
    for spec in settings.imports:
        if spec.name in missing:
            say((f"  import {spec.name}: no such file yet: {workspace.resolve(spec.path)}", "yellow"))


def _exists(path: Path) -> bool:
    return path.exists() or any(path.parent.glob(path.name))
