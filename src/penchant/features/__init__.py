"""Features: one vectorized kernel, used by serving, by training and on a cluster."""

from penchant.features.affinity import (
    category_affinity,
    category_aversion,
    share_with,
    sibling,
    tag_affinity,
    tag_aversion,
)
from penchant.features.batch import Batch
from penchant.features.context import (
    days_since,
    days_since_visit,
    device,
    history_size,
    hour_of_day,
    placement,
    position,
    visit_length,
    visit_minutes,
    visits_a_day,
    weekday,
    weekend,
)
from penchant.features.everyday import EVERYDAY, OF_THE_SHOWING
from penchant.features.feature import Feature
from penchant.features.fields import days_since_date, days_until_date, number_of, size_of, told
from penchant.features.kernel import RELEVANCE, Matrix, matrix, matrix_in_chunks
from penchant.features.level import Scale, above_highest, above_level, above_median, number_fit, rank_within
from penchant.features.memory import days_since_with, items_since_with, items_with, share_of_latest
from penchant.features.moment import DEVICES, Moment
from penchant.features.order import above_reached, ahead_in, needs_met, next_in, share_done, tags_told
from penchant.features.own import days_since_had, share_had, times_had
from penchant.features.popularity import days_known, days_quiet, decayed_count, growth, share_within, smoothed_rate
from penchant.features.price import (
    Priced,
    discount,
    margin_now,
    margin_share,
    margin_told,
    price_now,
    sale_fit,
    sale_share,
)
from penchant.features.rhythm import due
from penchant.features.seed import is_seed, ratio_to_seed, same_as_seed, tags_of_seed
from penchant.features.statistics import HOUR, WINDOWS, Counts, Statistics
from penchant.features.success import Checks, above_mastery, finished_share, mastery, taken_back_share
from penchant.features.time import freshness

__all__ = [
    "DEVICES",
    "EVERYDAY",
    "HOUR",
    "OF_THE_SHOWING",
    "RELEVANCE",
    "WINDOWS",
    "Batch",
    "Checks",
    "Counts",
    "Feature",
    "Matrix",
    "Moment",
    "Priced",
    "Scale",
    "Statistics",
    "above_highest",
    "above_level",
    "above_mastery",
    "above_median",
    "above_reached",
    "ahead_in",
    "category_affinity",
    "category_aversion",
    "days_known",
    "days_quiet",
    "days_since",
    "days_since_date",
    "days_since_had",
    "days_since_visit",
    "days_since_with",
    "days_until_date",
    "decayed_count",
    "device",
    "discount",
    "due",
    "finished_share",
    "freshness",
    "growth",
    "history_size",
    "hour_of_day",
    "is_seed",
    "items_since_with",
    "items_with",
    "margin_now",
    "margin_share",
    "margin_told",
    "mastery",
    "matrix",
    "matrix_in_chunks",
    "needs_met",
    "next_in",
    "number_fit",
    "number_of",
    "placement",
    "position",
    "price_now",
    "rank_within",
    "ratio_to_seed",
    "sale_fit",
    "sale_share",
    "same_as_seed",
    "share_done",
    "share_had",
    "share_of_latest",
    "share_with",
    "share_within",
    "sibling",
    "size_of",
    "smoothed_rate",
    "tag_affinity",
    "tag_aversion",
    "tags_of_seed",
    "tags_told",
    "taken_back_share",
    "times_had",
    "told",
    "visit_length",
    "visit_minutes",
    "visits_a_day",
    "weekday",
    "weekend",
]
