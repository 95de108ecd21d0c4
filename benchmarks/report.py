"""`make docs`: docs/benchmarks.md from the latest results, on purpose and not by every run.

What was measured on another machine stays: a section without a result here is left as it stands.
"""

from __future__ import annotations

import json
from typing import Any

from record import RESULTS, ROOT, flat, shown

PAGE = ROOT / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Made from `benchmarks/results/` by `make docs`. Anyone can run them: `make bench-NAME`.

"""


def section(name: str, result: dict[str, Any]) -> str:
    """What is told of one benchmark."""
    lines = [f"## {name}", "", result["method"], "", "| figure | value | what it is |", "|---|---:|---|"]
    groups = [key for key, value in result.items() if isinstance(value, dict) and key not in ("about", "versions")]
    for figure, about in result["about"].items():
        held = {f"{g}.{figure}": result[g][figure] for g in groups if figure in result[g]}
        for label, value in flat(held or {figure: result.get(figure)}).items():
            lines.append(f"| `{label}` | {shown(value)} | {about} |")
    if result.get("page"):
        lines += ["", result["page"].rstrip()]
    versions = ", ".join(f"{k} {v}" for k, v in result["versions"].items())
    where = f"{result['cores']} cores, Python {result['python']}"
    lines += ["", f"{result['date']}, commit {result['commit']}, {where}; {versions}.", ""]
    return "\n".join(lines)


def standing(page: str) -> dict[str, str]:
    """Sections of a page, by name."""
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in f"\n{page}".split("\n## ")[1:]}


def main() -> None:
    """Write the page."""
    sections = standing(PAGE.read_text()) if PAGE.exists() else {}
    for file in RESULTS.glob("*.json"):
        sections[file.stem] = section(file.stem, json.loads(file.read_text()))
    PAGE.write_text(HEAD + "\n".join(sections[name] for name in sorted(sections)))


if __name__ == "__main__":
    main()
