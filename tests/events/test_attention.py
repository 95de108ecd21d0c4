from __future__ import annotations

from typing import Any

import pytest

from penchant.errors import EventRejected
from penchant.events import Event, Reading, translate
from penchant.events.attention import attention


def seen(told: dict[str, Any], name: str = "Content Progressed") -> tuple[float | None, ...]:
    found = attention(name, told, "properties.")
    return found.progress, found.dwell, found.playhead, found.length


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"dwell": 12.5}, 12.5),
        ({"dwell_ms": 12_500}, 12.5),
        ({"dwell_ms": "12500"}, 12.5),
        ({"engagement_time_msec": 100}, 0.1),
        ({"time_on_page": 40}, 40),
        ({"dwell_ms": 60_000, "idle_ms": 45_000}, 15),
        ({"time_on_page": 60, "idle_ms": 90_000}, 0),
        ({"time_on_page": 86_400}, 1800),
        ({"time_on_page": 86_400, "idle_ms": 86_340_000}, 60),
        ({"idle_ms": 500}, None),
        ({}, None),
    ],
)
def test_dwell_is_attention_without_idle_time_and_has_a_cap(told: dict[str, Any], seconds: float | None) -> None:
    assert seen(told)[1] == seconds


@pytest.mark.parametrize(
    ("told", "progress"),
    [
        ({"progress": 0.2, "read_ratio": 0.9}, 0.2),
        ({"read_ratio": 0.4, "scroll_depth": 1}, 0.4),
        ({"video_percent": 75}, 0.75),
        ({"scroll_depth": 0.8}, 0.8),
        ({"scroll_depth": 80}, 0.8),
        ({"percent_scrolled": 90}, 0.9),
        ({"percent_scrolled": 1}, 0.01),
        # Three seconds of fifteen bear out a fifth of the scroll depth.
        ({"scroll_depth": 1.0, "dwell_ms": 3_000}, 0.2),
        ({"scroll_depth": 1.0, "dwell_ms": 15_000}, 1.0),
        ({"scroll_depth": 1.0, "dwell_ms": 20_000, "idle_ms": 20_000}, 0.0),
        ({"position": 30, "total_length": 120}, 0.25),
        ({"position": 130, "total_length": 120}, 1.0),
        ({"position": 30}, None),
        ({"dwell": 40}, None),
    ],
)
def test_progress_of_what_is_read_is_told_or_worked_out(told: dict[str, Any], progress: float | None) -> None:
    assert seen(told)[0] == progress


@pytest.mark.parametrize(
    ("name", "told", "expected"),
    [
        ("Video Content Playing", {"position": 30, "total_length": 120}, (None, 30, 120)),
        ("Video Content Playing", {"position": 30, "total_length": None}, (None, 30, None)),
        ("Video Content Playing", {"position": 30, "total_length": 0}, (None, 30, None)),
        ("Video Content Playing", {"position": 30, "total_length": 120, "progress": 0.1}, (0.1, 30, 120)),
        ("Video Content Playing", {"video_current_time": 9, "video_duration": 90}, (None, 9, 90)),
        (
            "Video Content Playing",
            {"video_current_time": 9, "video_duration": 90, "video_percent": 10},
            (0.1, 9, 90),
        ),
        ("Video Playback Paused", {"position": 40, "total_length": 130, "ad_enabled": True}, (None, None, 130)),
        ("Video Playback Paused", {"position": 40, "total_length": 130, "ad_enabled": False}, (None, 40, 130)),
        ("Video Ad Playing", {"position": 4, "total_length": 15}, (None, None, None)),
        ("Product Clicked", {"position": 4}, (None, None, None)),
    ],
)
def test_a_players_position_is_a_playhead_and_no_progress(
    name: str, told: dict[str, Any], expected: tuple[float | None, ...]
) -> None:
    found = attention(name, told, "properties.")

    assert (found.progress, found.playhead, found.length) == expected


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"read_ratio": 1.2}, "read_ratio"),
        ({"progress": -0.1}, "progress"),
        ({"scroll_depth": 101}, "scroll_depth"),
        ({"video_percent": 101}, "video_percent"),
        ({"dwell_ms": -1}, "dwell_ms"),
        ({"dwell": True}, "dwell"),
        ({"position": -1, "total_length": 5}, "position"),
        ({"position": 1, "total_length": 1e9}, "total_length"),
    ],
)
def test_a_number_out_of_bounds_is_refused_with_its_place(told: dict[str, Any], field: str) -> None:
    with pytest.raises(EventRejected) as caught:
        seen(told)

    assert (caught.value.reason, caught.value.field) == ("bad_number", f"properties.{field}")


def test_what_an_event_says_in_full_is_not_kept_twice_and_the_raw_figures_stay() -> None:
    def properties(name: str, told: dict[str, Any]) -> Event:
        message = {"type": "track", "userId": "u", "event": name, "properties": {"asset_id": "v", **told}}
        return translate(message, Reading("d", "s"), received=10**12).events[0]

    assert properties("Video Content Playing", {"position": 30, "total_length": 120, "quality": "hd"}).properties == {
        "quality": "hd"
    }
    reading = {"scroll_depth": 50, "dwell_ms": 9_000_000, "idle_ms": 4}
    assert properties("Content Progressed", reading).properties == reading
