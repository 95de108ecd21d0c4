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
        for name, about in result["about"].items():
            lines.append(f"| `{name}` | {shown(result.get(name))} | {about} |")
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
