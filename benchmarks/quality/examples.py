"""`make bench-examples`: the evaluation of the real examples, as `penchant evaluate` makes it, side by side."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from record import ROOT, data_folder, run, write

PENCHANT = str(Path(sys.executable).parent / "penchant")
EXAMPLES = ("online-retail", "kuairand", "learning")
METRICS = ("ndcg@10", "recall@20", "coverage@10")

METHOD = (
    "`penchant import` and `penchant evaluate` on each example: global split in time, models fitted strictly before the"
    " test window, every item ranked, mean over the people judged with a 95 % bootstrap interval. The winner is chosen"
    " on the validation window and has to beat the best baseline on test; a baseline that nothing beats is the winner."
)


def cell(estimate: dict[str, float] | None) -> str:
    """A mean with its interval."""
    return "–" if estimate is None else f"{estimate['mean']:.4f} [{estimate['low']:.4f}, {estimate['high']:.4f}]"


def tables(reports: list[dict[str, Any]]) -> list[str]:
    """The reports as Markdown."""
    lines: list[str] = []
    for report in reports:
        counts = report["counts"]
        lines += [
            f"### {report['domain']} ({report['pack']})",
            "",
            f"Test {report['test_from'][:10]} to {report['test_until'][:10]}, repeats {report['repeats']}:"
            f" {counts['people_judged']:,} people judged, {counts['items']:,} items,"
            f" {counts['train_rows']:,} interactions before the test;"
            f" {counts['unknown_target_share']:.1%} of the targets are on items unknown before it.",
            "",
            "| model | NDCG@10 | Recall@20 | coverage@10 | fit s |",
            "|---|---|---|---|---:|",
        ]
        for row in report["rows"]:
            name = row["name"] + (" (baseline)" if row["baseline"] else "")
            name = f"**{name}**" if row["name"] == report["winner"] else name
            if row.get("failed"):
                lines.append(f"| {name} | {row['failed']} | | | |")
                continue
            values = " | ".join(cell(row["metrics"].get(metric)) for metric in METRICS)
            lines.append(f"| {name} | {values} | {row['fit_s']:.1f} |")
        lines += ["", f"Winner: {report['winner']}. {report['winner_reason']}.", ""]
    return lines


def main() -> None:
    """Evaluate and write."""
    data = data_folder()
    if data is None:
        sys.exit("no PENCHANT_DATA: there is nothing to evaluate on")
    reports: list[dict[str, Any]] = []
    figures: dict[str, float] = {}
    for example in EXAMPLES:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "penchant.toml").write_text((ROOT / "examples" / example / "penchant.toml").read_text())
            env = {"PENCHANT_DATA": str(data)}
            run(PENCHANT, "import", "--json", "--config", folder, env=env)
            made = run(PENCHANT, "evaluate", "--json", "--config", folder, env=env)
            reports += json.loads(made.stdout)
            figures[f"{example}_s"] = made.seconds
    for report in reports:
        best = next(row for row in report["rows"] if row["name"] == report["winner"])
        figures[f"{report['domain']}_ndcg_10"] = best["metrics"]["ndcg@10"]["mean"]
    about = {name: "seconds of `penchant evaluate`" for name in figures if name.endswith("_s")}
    about |= {name: "NDCG@10 of the winner" for name in figures if name.endswith("_10")}
    lines = tables(reports)
    sys.stdout.write("\n".join(lines) + "\n")
    write("examples", figures, about, METHOD, page="\n".join(lines))


if __name__ == "__main__":
    main()
