from __future__ import annotations

import json

import report


def result(value: float) -> dict[str, object]:
    return {
        "method": "Counted.",
        "about": {"rows": "rows counted"},
        "rows": value,
        "versions": {"numpy": "2"},
        "date": "2026-01-01",
        "commit": "abc",
        "cores": 2,
        "python": "3.11",
    }


def test_a_new_result_takes_its_section_and_what_was_measured_elsewhere_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    monkeypatch.setattr(report, "PAGE", tmp_path / "page.md")
    for name in ("first", "third"):
        (tmp_path / f"{name}.json").write_text(json.dumps(result(1.0)))
    report.main()
    whole = (tmp_path / "page.md").read_text()
    (tmp_path / "first.json").unlink()
    (tmp_path / "third.json").unlink()
    (tmp_path / "second.json").write_text(json.dumps(result(2.0)))
    report.main()
    told = report.standing((tmp_path / "page.md").read_text())
    assert list(told) == ["first", "second", "third"]
    assert told["first"] == report.standing(whole)["first"]
    assert "| `rows` | 2" in told["second"]
    report.main()
    assert report.standing((tmp_path / "page.md").read_text()) == told
