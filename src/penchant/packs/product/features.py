"""What makes one product fit this shopper better than another."""

from __future__ import annotations

import math

from penchant.events import Role
from penchant.features import (
    EVERYDAY,
    Priced,
    Scale,
    above_highest,
    above_level,
    above_median,
    category_affinity,
    category_aversion,
    days_since_date,
    days_since_had,
    days_since_with,
    days_until_date,
    decayed_count,
    discount,
    due,
    freshness,
    growth,
    items_since_with,
    items_with,
    margin_now,
    margin_share,
    margin_told,
    number_fit,
    number_of,
    price_now,
    rank_within,
    ratio_to_seed,
    sale_fit,
    sale_share,
    same_as_seed,
    share_with,
    share_within,
    sibling,
    size_of,
    smoothed_rate,
    tag_affinity,
    taken_back_share,
    times_had,
    told,
)
from penchant.slate import Reason

_PRICED = Priced()
_CHOICE = (Role.GOAL, Role.STRONG)
_LOOKS = (Role.GOAL, Role.STRONG, Role.WEAK)

_PRICE = (
    number_fit(
        "price_band",
        "price",
        "category",
        "How near the price is to what the person looks at in this category.",
        spread=0.25,
        reason=Reason("price_band", "in the price range you look at"),
    ),
    above_level(
        "price_above_usual",
        "How far the price lies above the person's level in this category.",
        Scale("price", "category", shrinkage=1.0, half_life_days=60.0),
    ),
    above_median("price_above_median", "price", "category", "How far the price lies above its category's median."),
    rank_within("price_rank", "price", "category", "Where the price stands in its category: 0 cheap, 1 dear."),
    above_highest("price_above_highest", "price", "How far the price lies above the dearest the person looked at."),
    price_now("price_now", "What it costs now, sale included.", _PRICED),
    discount(
        "discount", "Share of the price that is off now.", _PRICED, reason=Reason("on_sale", "on sale at the moment")
    ),
    days_until_date("sale_ends", "sale_until", "Days until its sale ends."),
    sale_share("sale_share", "Share of what the person chose that was on sale then.", _PRICED, *_CHOICE),
    sale_fit("sale_fit", "How its being on sale or not fits what the person chose so far.", _PRICED, *_CHOICE),
    ratio_to_seed("price_to_seed", "price", "Its price against that of what the request is about."),
)

_TASTE = (
    category_affinity(
        "category_affinity",
        "category",
        "The person's recent interest in this category.",
        half_life_days=3.0,
        reason=Reason("category", "from a category you look at"),
    ),
    category_affinity("category_liking", "category", "The person's lasting interest in it.", half_life_days=60.0),
    category_affinity(
        "department_affinity", "category", "The person's interest in its department.", half_life_days=14.0, top=True
    ),
    category_affinity("taxonomy_affinity", "taxonomy", "The person's interest in its kind.", half_life_days=14.0),
    category_aversion("category_aversion", "category", "The person turned away from this category."),
    share_with("category_share", "category", "Share of the person's purchases from this category.", Role.GOAL),
    days_since_with("category_days", "category", "Days since the person was in this category.", *_LOOKS),
    days_since_with("category_goal_days", "category", "Days since they bought in it.", Role.GOAL),
    items_since_with("category_steps", "category", "Other products looked at since.", *_LOOKS),
    due("category_due", "Whether they are due to buy in it again.", "category", reads="category"),
    category_affinity(
        "brand_affinity",
        "brand",
        "The person's liking of this brand.",
        half_life_days=30.0,
        reason=Reason("brand", "from a brand you like"),
    ),
    category_affinity("brand_recent", "brand", "The person's liking of this brand lately.", half_life_days=2.0),
    category_aversion("brand_aversion", "brand", "The person turned away from this brand."),
    share_with("brand_loyalty", "brand", "The brand's share of what they chose here.", *_CHOICE, within="category"),
    days_since_with("brand_days", "brand", "Days since the person looked at this brand.", *_LOOKS),
    category_affinity("color_affinity", "color", "The person's liking of this colour.", half_life_days=60.0),
    category_affinity("size_affinity", "size", "How usual this size is for the person.", half_life_days=180.0),
    category_affinity("gender_affinity", "gender", "How usual whom it is made for is.", half_life_days=180.0),
    category_affinity("age_group_affinity", "age_group", "How usual of what age is.", half_life_days=180.0),
    category_affinity("condition_affinity", "condition", "How usual its condition is.", half_life_days=180.0),
    tag_affinity("label_affinity", "labels", "The person's liking of its labels.", half_life_days=30.0),
    same_as_seed("category_of_seed", "category", "Whether what the request is about is of its category."),
    same_as_seed("brand_of_seed", "brand", "Whether what the request is about is of its brand."),
)

_HAD = (
    times_had(
        "bought_before",
        "How often the person bought it.",
        roles=(Role.GOAL,),
        reason=Reason("bought_before", "you bought it before"),
    ),
    days_since_had("bought_days", "Days since the person bought it.", roles=(Role.GOAL,)),
    times_had("carted_before", "How often the person put it in the cart or on a list.", roles=(Role.STRONG,)),
    due(
        "due",
        "Of what is used up: how late the next purchase is against the person's usual pause.",
        only="replenishable",
        reason=Reason("due", "you may need it again about now"),
    ),
    number_of("replenishable", "replenishable", "Whether it is bought again and again.", unit="yes or no"),
    sibling(
        "other_variant",
        "group",
        "Another variant of a product the person looked at.",
        reason=Reason("other_variant", "another version of what you looked at"),
    ),
    items_with("variants_touched", "group", "Variants of it that the person turned to.", *_LOOKS),
    items_with("variants_chosen", "group", "Variants of it that the person bought or put aside.", *_CHOICE),
    taken_back_share("returner", "Share of their purchases the person sent back."),
    taken_back_share("category_returner", "Share of them in this category, drawn towards all.", "category"),
)

_ITEM = (
    size_of("stock", "pieces", "Pieces that can be bought now."),
    told("ahead", "availability", "Whether it is ordered ahead.", "preorder", "backorder"),
    number_of("shipping_days", "shipping_days", "Days until it arrives.", unit="days", high=3_650.0),
    number_of("rating", "rating", "Its mean rating.", unit="points", high=10.0),
    size_of("reviews", "reviews", "How many rated it."),
    number_of("return_rate", "return_rate", "Share that comes back, as the shop says.", unit="share"),
    smoothed_rate(
        "returned_rate",
        Role.REVERSAL,
        Role.GOAL,
        "Share that came back, as far as it was known.",
        days=math.inf,
        prior=0.1,
        within="category",
    ),
    margin_now("margin_now", "What a piece earns now.", _PRICED),
    margin_told("margin_told", "Whether it is known what a piece earns.", _PRICED),
    margin_share("margin_share", "What a piece earns, as a share of its price.", _PRICED),
    number_of("priority", "priority", "How much the shop wants to show it.", unit="times", high=100.0),
    days_since_date("arrived_days", "released", "Days since it was first sold."),
    freshness(
        "new_arrival",
        "released",
        "How new it is; halved every month.",
        half_life_days=30.0,
        reason=Reason("new_arrival", "new in the shop"),
    ),
    decayed_count("purchases", Role.GOAL, "Purchases by everybody, recent ones most."),
    decayed_count("looks", Role.WEAK, "Looks by everybody, recent ones most.", half_life_days=3.0),
    smoothed_rate("bought_of_seen", Role.GOAL, Role.WEAK, "Purchases for each look.", within="category"),
    smoothed_rate("chosen_of_seen", Role.STRONG, Role.WEAK, "Put aside for each look.", within="category", prior=0.1),
    smoothed_rate(
        "click_rate", Role.WEAK, Role.IMPRESSION, "Looks for each time it was shown.", within="category", prior=0.03
    ),
    growth("growth", (Role.GOAL, Role.STRONG, Role.WEAK), "Interest of the last day against the last week."),
    share_within("category_leader", Role.GOAL, "category", "Its share of what is bought in its category."),
)

FEATURES = (*_PRICE, *_TASTE, *_HAD, *_ITEM, *EVERYDAY)
