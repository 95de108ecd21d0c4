"""One model for products and content: a shop's domain that holds both catalogs and reads all events as a shop's.

Nothing is kept from it: every item with its topic, creator and format, every event with the role it has at home, each
surface as a placement of its own that shows its own catalog. What it lacks is what a shared model lacks: a word for how
much of something was taken in, and an objective for each of the two.
"""

from __future__ import annotations

from penchant.proof.question import SHOP, STREAM
from penchant.proof.wording import Fields, Wording

CONTENT = "Content"
"""Category of everything the channel shows, in the shop's tree."""


def _as_product(fields: Fields) -> Fields:
    """Content as a product: what it is about is its category, who made it is its brand."""
    topic = (fields.get("topics") or ["other"])[0]
    return {
        "id": fields["id"],
        "title": fields["title"],
        "url": fields["url"],
        "category": f"{CONTENT} > {topic}",
        "brand": fields["creator"],
        "labels": ["content", fields["format"]],
        "released": fields["published"],
        "expires": fields["available_until"],
        "replenishable": False,
    }


PEOPLE = "person"
"""The same people shop and watch."""

ALONE = {
    SHOP: Wording(people=PEOPLE),
    STREAM: Wording(people=PEOPLE),
}
"""Two domains, each with its own words."""

TOGETHER = {
    SHOP: Wording(people=PEOPLE),
    STREAM: Wording(
        people=PEOPLE,
        events={
            "Content Viewed": "Product Viewed",
            "Video Content Started": "Product Viewed",
            "Content Progressed": "Product Viewed",
            # What is reached is reached: the one goal a shop knows.
            "Content Completed": "Order Completed",
            "Content Skipped": "Recommendation Dismissed",
            "Content Liked": "Product Added to Wishlist",
            "Content Shared": "Product Shared",
        },
        item=_as_product,
    ),
}
"""One domain: the channel in a shop's words."""

_OF_CONTENT = f'{{ field = "category", under = "{CONTENT}" }}'

PLACEMENTS = f"""
[placements.home]
domain = "{SHOP}"
filter = {{ not = {_OF_CONTENT} }}
[placements.also-like]
domain = "{SHOP}"
filter = {{ not = {_OF_CONTENT} }}
[placements.feed]
domain = "{SHOP}"
like = "home"
filter = {_OF_CONTENT}
caps = {{ brand = 6 }}
[placements.up-next]
domain = "{SHOP}"
like = "also-like"
filter = {_OF_CONTENT}
"""
"""Both sites' surfaces, each with its own catalog."""
