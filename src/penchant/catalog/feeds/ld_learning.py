"""Courses and learning resources of schema.org, as fields of a module."""

from __future__ import annotations

from typing import Any

from penchant.catalog.feeds.ld_content import date_of, language_of, length_of
from penchant.catalog.feeds.ld_node import Node
from penchant.catalog.feeds.syndicated import whole

TYPES = frozenset(("Course", "LearningResource"))
_LEVELS = {
    "beginner": 1, "beginners": 1, "introductory": 1, "introduction": 1, "basic": 1, "novice": 1, "foundation": 1,
    "elementary": 2, "pre-intermediate": 2, "lower intermediate": 2, "intermediate": 3, "medium": 3,
    "upper intermediate": 4, "advanced": 4, "expert": 5, "professional": 5, "proficient": 5,
}  # fmt: skip
"""Levels by their usual words."""
_HARDEST = 5
_MOST = 200


def module_fields(node: Node, course: Node | None) -> dict[str, Any]:
    """The fields of a module that a thing tells.

    Args:
        node: The module.
        course: What it is a part of, when it is told within that.

    Raises:
        Wrong: A link, or the end of its time, that cannot be read.
    """
    series = course or node.node("isPartOf")
    instance = node.node("hasCourseInstance")
    length = length_of(node, "timeRequired", "duration")
    fields: dict[str, Any] = {
        "title": node.text("name", "headline"),
        "description": node.prose("description"),
        "url": node.link(),
        "image": node.image(),
        "series": ((series.text("name") or series.id or "") if series else node.text("isPartOf") or "")[:_MOST],
        "position": whole(node.text("position")),
        "prerequisites": _prerequisites(node),
        "topic": (node.text("about") or node.text("teaches") or "")[:_MOST],
        "level": _level(node),
        "length_s": length or (length_of(instance, "courseWorkload", "duration") if instance else None),
        "expires": node.cells.moment("expires", end=True),
        "checked_by": node.text("reviewedBy"),
        "checked_on": date_of(node, "lastReviewed"),
    }
    code = language_of(node)
    fields["attributes"] = {"language": code} if code else {}
    return {field: value for field, value in fields.items() if value not in (None, "", [], {})}


def _prerequisites(node: Node) -> list[str]:
    """Ids of what comes first; what is told in words only is no id."""
    ids: dict[str, None] = {}
    for value in node.values("coursePrerequisites", "competencyRequired"):
        if isinstance(value, dict):
            one = Node(value, node.graph)
            id = one.id or one.identifier or one.text("targetUrl", "url") or ""
        else:
            id = str(value).strip()
            id = id if id.startswith(("http://", "https://", "urn:", "#")) and " " not in id else ""
        if 0 < len(id) <= _MOST:
            ids.setdefault(node.graph.whole(id))
    return list(ids)


def _level(node: Node) -> int | None:
    for text in node.texts("educationalLevel"):
        level = _LEVELS.get(text.lower()) or whole(text)
        if level is not None and level <= _HARDEST:
            return level
    return None
