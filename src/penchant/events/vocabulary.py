"""The vocabulary: every event name the log knows, and the other names the world calls it by.

Names are those of the Segment specs where one exists (ecommerce v2, video, email, A/B testing); reading and learning
have none, so those are ours, in the same style. Look-ups ignore case and take `_`, `-` and spaces as the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from penchant.errors import nearest

Shape = Literal["item", "items", "order", "none", "never"]
"""What an event is about: `item` one item; `items` a list, one line each; `order` a list, or without one the whole
order; `none` nothing in the catalog (an item is kept where one is told); `never` nothing in the catalog, whatever ids
it tells."""


@dataclass(frozen=True)
class Term:
    """One word of the vocabulary.

    Attributes:
        name: The name in the log.
        shape: What it is about.
        aliases: Other names for it.
    """

    name: str
    shape: Shape
    aliases: tuple[str, ...] = ()


VOCABULARY: tuple[Term, ...] = (
    # Segment ecommerce v2; aliases: v1, GA4, Google Retail.
    Term("Products Searched", "none", ("Searched Products", "search", "view_search_results")),
    Term("Product List Viewed", "items", ("Viewed Product Category", "view_item_list", "category-page-view")),
    Term("Product List Filtered", "items"),
    Term("Promotion Viewed", "none", ("Viewed Promotion", "view_promotion", "promotion-offered")),
    Term("Promotion Clicked", "none", ("Clicked Promotion", "select_promotion")),
    Term("Product Clicked", "item", ("Clicked Product", "select_item")),
    Term("Product Viewed", "item", ("Viewed Product", "view_item", "detail-page-view")),
    Term("Product Added", "item", ("Added Product", "add_to_cart")),
    Term("Product Removed", "item", ("Removed Product", "remove_from_cart")),
    Term("Cart Viewed", "items", ("Viewed Cart", "view_cart", "shopping-cart-page-view")),
    Term("Checkout Started", "items", ("Started Order", "begin_checkout")),
    Term("Checkout Step Viewed", "none", ("Viewed Checkout Step",)),
    Term("Checkout Step Completed", "none", ("Completed Checkout Step", "add_shipping_info")),
    Term("Payment Info Entered", "none", ("add_payment_info",)),
    Term("Order Completed", "items", ("Completed Order", "purchase", "purchase-complete")),
    Term("Order Updated", "order", ("Updated Order",)),
    Term("Order Refunded", "order", ("Refunded Order", "refund")),
    Term("Order Cancelled", "order", ("Order Canceled", "Cancelled Order", "Canceled Order")),
    Term("Coupon Entered", "none"),
    Term("Coupon Applied", "none"),
    Term("Coupon Denied", "none"),
    Term("Coupon Removed", "none"),
    Term("Product Added to Wishlist", "item", ("add_to_wishlist",)),
    Term("Product Removed from Wishlist", "item", ("remove_from_wishlist",)),
    Term("Wishlist Product Added to Cart", "item"),
    Term("Product Shared", "item"),
    Term("Cart Shared", "items"),
    Term("Product Reviewed", "item"),
    # Segment video; heartbeats say how far a viewer is. What a player does by itself need not name the item.
    Term("Video Playback Started", "item"),
    Term("Video Playback Paused", "item"),
    Term("Video Playback Interrupted", "none"),
    Term("Video Playback Buffer Started", "none"),
    Term("Video Playback Buffer Completed", "none"),
    Term("Video Playback Seek Started", "item"),
    Term("Video Playback Seek Completed", "item"),
    Term("Video Playback Resumed", "item"),
    Term("Video Playback Completed", "item"),
    Term("Video Playback Exited", "item"),
    Term("Video Content Started", "item", ("video_start", "media-play")),
    Term("Video Content Playing", "item", ("video_progress",)),
    Term("Video Content Completed", "item", ("video_complete", "media-complete")),
    Term("Video Ad Started", "never"),
    Term("Video Ad Playing", "never"),
    Term("Video Ad Completed", "never"),
    Term("Video Quality Updated", "none"),
    # Ours: whatever is read, watched or heard.
    Term("Content Viewed", "item", ("Article Viewed", "Viewed Article")),
    Term("Content Progressed", "item", ("Article Read Progress", "Article Progressed")),
    Term("Content Completed", "item", ("Article Completed", "Article Read")),
    Term("Content Skipped", "item", ("Article Skipped",)),
    Term("Content Shared", "item", ("Article Shared",)),
    Term("Content Liked", "item", ("Article Liked",)),
    Term("Content Commented", "item", ("Article Commented",)),
    Term("Content Hidden", "item", ("Article Hidden",)),
    # Ours: learning.
    Term("Module Viewed", "item", ("Lesson Viewed",)),
    Term("Module Started", "item", ("Lesson Started",)),
    Term("Module Progressed", "item", ("Lesson Progressed",)),
    Term("Module Completed", "item", ("Lesson Completed",)),
    Term("Module Failed", "item", ("Lesson Failed",)),
    Term("Module Abandoned", "item", ("Lesson Abandoned",)),
    Term("Module Exited", "item", ("Lesson Exited",)),
    Term("Quiz Answered", "item"),
    Term("Series Started", "none", ("Course Started",)),
    Term("Series Completed", "none", ("Course Completed",)),
    Term("Action Taken", "none"),
    # Ours: what we answered, and what came of it.
    Term("Recommendation Viewed", "items", ("Recommendations Viewed",)),
    Term("Recommendation Clicked", "item"),
    Term("Recommendation Dismissed", "item"),
    # Segment email and A/B testing.
    Term("Email Delivered", "never"),
    Term("Email Opened", "never"),
    Term("Email Link Clicked", "never"),
    Term("Email Bounced", "never"),
    Term("Email Marked as Spam", "never"),
    Term("Unsubscribed", "never", ("Email Unsubscribed",)),
    Term("Experiment Viewed", "never", ("experience_impression",)),
    # Who somebody is, and what they allow: the calls `identify`, `alias` and `group`.
    Term("Person Identified", "never"),
    Term("Person Aliased", "never"),
    Term("Group Joined", "never"),
    Term("Consent Changed", "never", ("Segment Consent Preference Updated",)),
    # Where somebody was.
    Term("Page Viewed", "none", ("page_view", "home-page-view", "view-home-page")),
    Term("Screen Viewed", "none", ("screen_view",)),
)
"""The words, in the order the documentation lists them."""


def _key(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("-", " ").split()).casefold()


def _index() -> dict[str, Term]:
    found: dict[str, Term] = {}
    for term in VOCABULARY:
        for name in (term.name, *term.aliases):
            if found.setdefault(_key(name), term) is not term:
                raise ValueError(f"two events are called {name!r}")
    return found


_TERMS = _index()
# Nearly all names come spelled as here.
_AS_SPELLED = {name: term for term in VOCABULARY for name in (term.name, *term.aliases)}


def find(name: str) -> Term | None:
    """The word that a name or alias stands for, or None when the vocabulary has none."""
    return _AS_SPELLED.get(name) or _TERMS.get(_key(name))


def canonical(name: str) -> str | None:
    """The name in the log for a name or alias, or None when the vocabulary has none."""
    term = find(name)
    return term.name if term else None


def suggestion(name: str, also: Iterable[str] = ()) -> str | None:
    """The canonical name that `name` was most likely meant to be.

    Args:
        name: A name that was not found.
        also: Names known beside the vocabulary.
    """
    names = {_key(known): known for known in also} | {key: term.name for key, term in _TERMS.items()}
    near = nearest(_key(name), names)
    return None if near is None else names[near]
