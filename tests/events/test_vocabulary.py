from __future__ import annotations

import pytest

from penchant.events import VOCABULARY, canonical, find, suggestion


@pytest.mark.parametrize(
    "name", ["Order Completed", "order completed", "ORDER_COMPLETED", " order-completed ", "purchase"]
)
def test_a_name_is_found_whatever_its_case_and_separators(name: str) -> None:
    assert canonical(name) == "Order Completed"


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("Completed Order", "Order Completed"),
        ("Viewed Product Category", "Product List Viewed"),
        ("add_to_cart", "Product Added"),
        ("refund", "Order Refunded"),
        ("video_complete", "Video Content Completed"),
        ("Article Viewed", "Content Viewed"),
    ],
)
def test_other_specs_names_are_aliases(alias: str, name: str) -> None:
    assert canonical(alias) == name


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        (
            "ecommerce",
            "Products Searched,Product List Viewed,Product List Filtered,Promotion Viewed,Promotion Clicked,"
            "Product Clicked,Product Viewed,Product Added,Product Removed,Cart Viewed,Checkout Started,"
            "Checkout Step Viewed,Checkout Step Completed,Payment Info Entered,Order Completed,Order Updated,"
            "Order Refunded,Order Cancelled,Coupon Entered,Coupon Applied,Coupon Denied,Coupon Removed,"
            "Product Added to Wishlist,Product Removed from Wishlist,Wishlist Product Added to Cart,Product Shared,"
            "Cart Shared,Product Reviewed",
        ),
        (
            "video",
            "Video Playback Started,Video Playback Paused,Video Playback Interrupted,Video Playback Buffer Started,"
            "Video Playback Buffer Completed,Video Playback Seek Started,Video Playback Seek Completed,"
            "Video Playback Resumed,Video Playback Completed,Video Playback Exited,Video Content Started,"
            "Video Content Playing,Video Content Completed,Video Ad Started,Video Ad Playing,Video Ad Completed,"
            "Video Quality Updated",
        ),
        (
            "email",
            "Email Delivered,Email Opened,Email Link Clicked,Email Bounced,Email Marked as Spam,Unsubscribed",
        ),
        ("testing", "Experiment Viewed"),
        (
            "ours",
            "Content Viewed,Content Progressed,Content Completed,Content Skipped,Content Shared,Content Liked,"
            "Content Commented,Content Hidden,Module Started,Module Progressed,Module Completed,Module Failed,"
            "Quiz Answered,Series Completed,Action Taken,Recommendation Viewed,Recommendation Clicked,"
            "Recommendation Dismissed",
        ),
        ("identity", "Person Identified,Person Aliased,Group Joined,Consent Changed"),
    ],
)
def test_a_spec_is_there_whole(spec: str, names: str) -> None:
    missing = [name for name in names.split(",") if canonical(name) != name]

    assert not missing, spec


@pytest.mark.parametrize(
    ("ga4", "name"),
    [
        ("view_item_list", "Product List Viewed"),
        ("select_item", "Product Clicked"),
        ("view_item", "Product Viewed"),
        ("add_to_wishlist", "Product Added to Wishlist"),
        ("add_to_cart", "Product Added"),
        ("remove_from_cart", "Product Removed"),
        ("view_cart", "Cart Viewed"),
        ("begin_checkout", "Checkout Started"),
        ("add_payment_info", "Payment Info Entered"),
        ("purchase", "Order Completed"),
        ("refund", "Order Refunded"),
        ("view_promotion", "Promotion Viewed"),
        ("select_promotion", "Promotion Clicked"),
    ],
)
def test_ga4s_names_are_aliases(ga4: str, name: str) -> None:
    assert canonical(ga4) == name


def test_a_name_outside_the_vocabulary_is_none() -> None:
    assert canonical("Newsletter Read Twice") is None
    assert find("") is None


def test_every_name_and_alias_leads_to_its_own_term() -> None:
    for term in VOCABULARY:
        assert [find(name) for name in (term.name, *term.aliases)] == [term] * (1 + len(term.aliases))


def test_shapes_say_what_an_event_is_about() -> None:
    assert [find(n).shape for n in ("Product Viewed", "Order Completed", "Order Refunded", "Products Searched")] == [  # type: ignore[union-attr]
        "item",
        "items",
        "order",
        "none",
    ]


def test_a_misspelt_name_gets_the_nearest_as_suggestion() -> None:
    assert suggestion("Order Complete") == "Order Completed"
    assert suggestion("ad_to_cart") == "Product Added"
    assert suggestion("xqz") is None


def test_a_suggestion_may_come_from_the_names_of_a_pack() -> None:
    assert suggestion("Loan Aplied", also=("Loan Applied",)) == "Loan Applied"
