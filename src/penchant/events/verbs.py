"""Verbs of xAPI statements, and the events they are.

Sources: xAPI 1.0.3; cmi5 (section 9.3, verbs); the ADL, acrossX and ADB vocabularies; the xAPI video profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Activity = Literal["module", "series", "content", "video"]
"""What a statement's object is: a step of learning, a course or a part of one, something to read or hear, a video."""

ADL = "http://adlnet.gov/expapi/verbs/"
CMI5 = "https://w3id.org/xapi/adl/verbs/"
ACROSSX = "https://w3id.org/xapi/acrossx/verbs/"
ADB = "https://w3id.org/xapi/adb/verbs/"
VIDEO = "https://w3id.org/xapi/video/verbs/"
TINCAN = "http://id.tincanapi.com/verb/"

_SERIES = frozenset(("course", "block", "curriculum", "learning-plan", "program", "programme"))
_CONTENT = frozenset(("article", "audio", "blog", "book", "document", "file", "link", "media", "page", "webpage"))
_VIDEO_CATEGORY = "https://w3id.org/xapi/video"


@dataclass(frozen=True)
class Verb:
    """One verb.

    Attributes:
        iri: Its id.
        event: The event it is.
        series: The event, where its object is a course; as `event` when empty.
        content: The event, where its object is read or heard; as `event` when empty.
        video: The event, where its object is a video; as `content` when empty.
    """

    iri: str
    event: str
    series: str = ""
    content: str = ""
    video: str = ""

    def of(self, activity: Activity) -> str:
        """The event it is, of this kind of object."""
        if activity == "series":
            return self.series or self.event
        if activity == "video":
            return self.video or self.content or self.event
        return (self.content or self.event) if activity == "content" else self.event


VERBS: tuple[Verb, ...] = (
    Verb(f"{ADL}launched", "Module Started", "Series Started", "Content Viewed", "Video Playback Started"),
    Verb(f"{ADL}initialized", "Module Started", "Series Started", "Content Viewed", "Video Playback Started"),
    Verb(f"{ADL}attempted", "Module Started", "Series Started", "Content Viewed", "Video Playback Started"),
    Verb(f"{ADL}progressed", "Module Progressed", "", "Content Progressed", "Video Content Playing"),
    Verb(f"{ADL}completed", "Module Completed", "Series Completed", "Content Completed", "Video Content Completed"),
    Verb(f"{ADL}passed", "Module Completed", "Series Completed"),
    Verb(f"{ADL}mastered", "Module Completed", "Series Completed"),
    Verb(f"{CMI5}satisfied", "Module Completed", "Series Completed"),
    Verb(f"{CMI5}waived", "Module Completed", "Series Completed"),
    Verb(f"{ADL}failed", "Module Failed"),
    Verb(f"{CMI5}abandoned", "Module Abandoned"),
    Verb(f"{ADL}terminated", "Module Exited", "", "", "Video Playback Exited"),
    Verb(f"{ADL}answered", "Quiz Answered"),
    Verb(f"{ADL}experienced", "Module Viewed", "", "Content Viewed"),
    Verb(f"{ADL}interacted", "Module Viewed", "", "Content Viewed", "Video Quality Updated"),
    Verb(f"{TINCAN}viewed", "Module Viewed", "", "Content Viewed"),
    Verb(f"{ADB}read", "Module Viewed", "", "Content Viewed"),
    Verb(f"{ACROSSX}watched", "Module Viewed", "", "Content Viewed"),
    Verb(f"{ADL}registered", "Series Started"),
    Verb(f"{ADL}shared", "Content Shared"),
    Verb(f"{ADL}commented", "Content Commented"),
    Verb(f"{ADL}preferred", "Content Liked"),
    Verb(f"{ACROSSX}liked", "Content Liked"),
    Verb(f"{ADB}bookmarked", "Content Liked"),
    Verb(f"{ACROSSX}disliked", "Content Hidden"),
    Verb(f"{TINCAN}skipped", "Content Skipped"),
    Verb(f"{ACROSSX}searched", "Products Searched"),
    # At the start of the video, `played` is `Video Content Started`.
    Verb(f"{VIDEO}played", "Video Playback Resumed"),
    Verb(f"{VIDEO}paused", "Video Playback Paused"),
    Verb(f"{VIDEO}seeked", "Video Playback Seek Completed"),
)
"""The verbs, in the order the documentation lists them."""


def _key(iri: str) -> str:
    return iri.strip().rstrip("/").replace("https://", "http://", 1)


_VERBS = {_key(verb.iri): verb for verb in VERBS}


def find_verb(iri: str) -> Verb | None:
    """The verb of this id, or None when it is not known; http and https are the same."""
    return _VERBS.get(_key(iri))


def activity_of(type_iri: str | None, categories: tuple[str, ...]) -> Activity:
    """What an activity is, by the last part of its type's id, and by the video profile among its categories."""
    last = (type_iri or "").rstrip("/").rpartition("/")[2].lower()
    if last == "video" or _VIDEO_CATEGORY in categories:
        return "video"
    if last in _SERIES:
        return "series"
    return "content" if last in _CONTENT else "module"
