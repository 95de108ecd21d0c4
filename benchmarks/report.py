"""`make docs`: docs/benchmarks.md from the latest results, on purpose and not by every run."""

from __future__ import annotations

import json

from record import RESULTS, ROOT, shown


def main() -> None:
    """Write the page."""
    lines = [
        "# Benchmarks",
        "",
        "Made from `benchmarks/results/` by `make docs`. Anyone can run them: `make bench-NAME`.",
        "",
    ]
    for file in sorted(RESULTS.glob("*.json")):
        result = json.loads(file.read_text())
        lines += [f"## {file.stem}", "", result["method"], "", "| figure | value | what it is |", "|---|---:|---|"]
        groups = [key for key, value in result.items() if isinstance(value, dict) and key not in ("about", "versions")]
        for name, about in result["about"].items():
            held = {f"{g}.{name}": result[g][name] for g in groups if name in result[g]}
            for label, value in (held or {name: result.get(name)}).items():
                lines.append(f"| `{label}` | {shown(value)} | {about} |")
        if result.get("page"):
            lines += ["", result["page"].rstrip()]
        versions = ", ".join(f"{k} {v}" for k, v in result["versions"].items())
        lines += [
            "",
            f"{result['date']}, commit {result['commit']},"
            f" {result['cores']} cores, Python {result['python']}; {versions}.",
            "",
        ]
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
