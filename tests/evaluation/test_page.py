"""The page of a report, as a program and as a real browser see it."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from live_server import SECONDS
from penchant.evaluation import Report
from penchant.evaluation.glossary import METRICS, meaning, mixture, number
from penchant.evaluation.page import page
from penchant.evaluation.ranking_metrics import MEASURES
from penchant.pack import Pack
from penchant.packs import product
from sample_report import BLEND, MEANS, REPORT

PACKS = {"product": product.PACK}
MADE = 1_763_800_000.0
HOSTILE = "<script>alert('x')</script><img src=//evil.example onerror=alert(1)>\"'&"
VOID = {"meta", "br"}

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


class Read(HTMLParser):
    """Tags and attributes of a page, its text, and tags that were closed wrongly."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.open, self.wrong = "", list[str](), list[str]()
        self.feed(text)
        self.close()
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.text += " "
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data

    def count(self, tag: str) -> int:
        return sum(1 for name, _ in self.tags if name == tag)


def made(*reports: Report, packs: dict[str, Pack] | None = None) -> Read:
    return Read(page(reports, PACKS if packs is None else packs, made=MADE))


def test_the_page_says_who_won_and_why_and_what_was_judged() -> None:
    text = made(REPORT).text

    assert REPORT.winner_reason in text
    assert "list for each of 1,000 people, out of all 3,805 items" in text
    assert "from 2011-11-18 to 2011-12-10" in text
    assert product.PACK.goal in text
    assert "What they had before may be proposed, and counts." in text
    assert "Made 2025-11-22T08:26:40Z" in text


def test_every_model_stands_there_with_its_interval_and_failed_ones_with_their_reason() -> None:
    text = made(REPORT).text

    for name, (mean, _) in MEANS.items():
        assert f"{name} " in text
        assert f"{mean:.4f} {mean - 0.015:.4f} to {mean + 0.015:.4f}" in text
    assert "session-knn 212 sessions, 2,000 needed" in text


def test_every_part_of_the_report_has_its_place() -> None:
    text = made(REPORT).text

    for words in (
        "Does it hold over time?", "Right, and how much of the catalog", "Repeats and news",
        "What the blend is made of", "What each placement serves", "What the search found", "Chosen settings",
        "All metrics",
        "Cold items and cold people", "Also judged: together", "How to read this",
    ):  # fmt: skip
        assert words in text
    assert "2011-09-18 to 2011-10-09 990 personal-top" in text
    assert "buy-again again – – nobody could be judged" in text
    assert "blend = 0.75 item-knn + 0.25 als (history)" in text
    assert "als factors 128, alpha 5.0" in text
    assert "6 settings were tried" in text


def test_a_report_without_the_rest_makes_a_page_without_the_rest() -> None:
    bare = msgspec.structs.replace(
        REPORT, windows=(), also=(), placements={}, tried=(), settings={}, blend=None, winner=None,
        against_baseline=None, against={},
        rows=tuple(
            msgspec.structs.replace(
                row, metrics={k: v for k, v in row.metrics.items() if k == "ndcg@10"}, on_repeats={}, on_new={},
                on_cold_items={}, on_cold_people={}, valid=None,
            )
            for row in REPORT.rows
        ),
    )  # fmt: skip

    text = made(bare, packs={}).text

    assert "No winner" in text
    for words in ("over time", "how much of the catalog", "Repeats", "blend is made of", "placement serves", "search"):
        assert words not in text


def test_shares_that_nobody_knows_are_left_out() -> None:
    nan = float("nan")
    counts = msgspec.structs.replace(REPORT.counts, unknown_target_share=nan, repeats_share=nan)

    text = made(msgspec.structs.replace(REPORT, counts=counts)).text

    assert "nan" not in text.lower()
    assert "of them had before" not in text


def test_the_page_is_well_formed_and_stands_alone() -> None:
    body = page([REPORT, REPORT], PACKS, made=MADE)
    read = Read(body)

    assert read.wrong == [] and read.open == []
    assert not {"script", "img", "link", "iframe", "object", "embed", "style src"} & {tag for tag, _ in read.tags}
    assert not [fields for _, fields in read.tags if {"src", "srcset", "style"} & fields.keys()]
    assert not re.search(r"@import|url\(|https?://", body)
    links = [fields["href"] for tag, fields in read.tags if tag == "a"]
    names = [fields["id"] for _, fields in read.tags if "id" in fields]
    assert links and {str(link).removeprefix("#") for link in links} <= set(names)
    assert len(names) == len(set(names))


def test_the_page_can_be_read_without_seeing_it() -> None:
    read = made(REPORT)

    assert dict(read.tags)["html"] == {"lang": "en"}
    assert read.count("table") == read.count("caption")
    headers = [fields for tag, fields in read.tags if tag == "th"]
    assert headers and all(fields.get("scope") in ("row", "col") for fields in headers)
    plots = [fields for tag, fields in read.tags if tag == "svg"]
    assert len(plots) > 10
    assert all(fields.get("aria-label") or fields.get("aria-hidden") or fields.keys() <= {"width", "height", "class"}
               for fields in plots)  # fmt: skip
    labels = {fields["aria-labelledby"] for _, fields in read.tags if "aria-labelledby" in fields}
    assert labels <= {fields.get("id") for _, fields in read.tags}
    scrolls = [fields for _, fields in read.tags if fields.get("class") == "scroll"]
    assert all(fields.get("tabindex") == "0" and fields.get("aria-label") for fields in scrolls)


def hostile() -> Report:
    """A report whose every text tries to break out of the page."""
    rows = (*(msgspec.structs.replace(row, name=row.name + HOSTILE) for row in REPORT.rows[:3]),
            msgspec.structs.replace(REPORT.rows[-1], failed=HOSTILE))  # fmt: skip
    choice = msgspec.structs.replace(REPORT.placements["home"], reason=HOSTILE, winner=HOSTILE)
    return msgspec.structs.replace(
        REPORT, domain=HOSTILE, rows=rows, winner=rows[0].name, winner_reason=HOSTILE, placements={HOSTILE: choice},
        settings={HOSTILE: {HOSTILE: HOSTILE}},
        tried=(msgspec.structs.replace(REPORT.tried[0], name=HOSTILE, settings={HOSTILE: HOSTILE}),),
    )  # fmt: skip


def test_what_a_report_says_is_shown_and_never_obeyed() -> None:
    read = made(hostile())

    assert read.text.count(HOSTILE) > 10
    assert not {"script", "img"} & {tag for tag, _ in read.tags}
    assert read.wrong == []


def test_metrics_explain_themselves() -> None:
    own = {metric.name: metric for metric in product.PACK.metrics}

    assert set(MEASURES) <= set(METRICS)
    assert meaning("ndcg@10", own).endswith("0 to 1.")
    assert meaning("returned@10", own).endswith("Lower is better.")
    assert meaning("calibration@10", {}).endswith("Lower is better.")
    assert meaning("unheard-of@3", own) == ""


@pytest.mark.parametrize(
    ("value", "text"), [(0.35084, "0.3508"), (-0.5, "-0.5000"), (12.345, "12.35"), (3e4, "30,000")]
)
def test_numbers_have_as_many_places_as_can_be_read(value: float, text: str) -> None:
    assert number(value) == text


def test_a_blend_in_words_names_rows_as_the_report_does() -> None:
    assert mixture(BLEND, "next") == "0.60 personal-top + 0.40 als"
    assert mixture(BLEND, "together") == "0.60 personal-top (history) + 0.40 als (history)"


# in a real browser


@pytest.fixture
def browse(tmp_path: Path) -> Callable[..., str]:
    """Runs a real browser on a page; gives what it prints."""
    if BROWSER is None:
        pytest.skip("chromium is not installed: nobody looked at the page with a real browser")
    program = BROWSER

    def run(body: str, *options: str) -> str:
        file = tmp_path / "report.html"
        file.write_text(body, encoding="utf-8")
        command = [program, *OPTIONS, f"--user-data-dir={tmp_path / 'profile'}", *options, file.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, timeout=3 * SECONDS, check=True).stdout

    return run


def test_a_browser_shows_hostile_text_as_text(browse: Callable[..., str]) -> None:
    read = Read(browse(page([hostile()], PACKS, made=MADE), "--dump-dom"))

    assert read.text.count(HOSTILE) > 10
    assert not {"script", "img"} & {tag for tag, _ in read.tags}


@pytest.mark.parametrize("width", [1280, 500])
def test_a_browser_draws_the_page_at_desktop_and_phone_widths(
    browse: Callable[..., str], tmp_path: Path, width: int
) -> None:
    picture = tmp_path / "page.png"

    browse(page([REPORT], PACKS, made=MADE), f"--window-size={width},1600", f"--screenshot={picture}")

    head = picture.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24]) == (width, 1600)
    assert picture.stat().st_size > 60_000  # a blank page of this size has a tenth of that
