"""Models, one file each: a recipe and what it fits."""

from penchant.models.ahead import Ahead
from penchant.models.als import ALS
from penchant.models.attributes import AttributeSimilarity
from penchant.models.basket import BasketAffinity
from penchant.models.blend import BLEND_DEPTH, BLEND_RANK, Blend, By, Lists, Reads, Share, distinct, fuse
from penchant.models.bpr import BPR
from penchant.models.buy_again import BuyAgain
from penchant.models.ease import EASE
from penchant.models.gf_cf import GFCF
from penchant.models.history import PositiveRole
from penchant.models.item_knn import ItemKNN
from penchant.models.mastery import Mastery
from penchant.models.model import (
    Extends,
    Fitted,
    Recipe,
    Retriever,
    Run,
    Similar,
    State,
    Tunable,
    finds_similar,
    retrieves,
    takes_in,
)
from penchant.models.news import Follows, News, follows
from penchant.models.next_items import NextItems
from penchant.models.path import PrerequisitePath
from penchant.models.personal import PersonalTop
from penchant.models.playlist import Playlist
from penchant.models.popularity import Popular, PopularByCategory
from penchant.models.rp3beta import RP3Beta
from penchant.models.sasrec import SASRec
from penchant.models.session_knn import SessionKNN
from penchant.models.slist import SLIST
from penchant.models.tifu_knn import TIFUKNN
from penchant.models.trending import Trending
from penchant.models.up_cf import UPCF

__all__ = [
    "ALS",
    "BLEND_DEPTH",
    "BLEND_RANK",
    "BPR",
    "EASE",
    "GFCF",
    "SLIST",
    "TIFUKNN",
    "UPCF",
    "Ahead",
    "AttributeSimilarity",
    "BasketAffinity",
    "Blend",
    "BuyAgain",
    "By",
    "Extends",
    "Fitted",
    "Follows",
    "ItemKNN",
    "Lists",
    "Mastery",
    "News",
    "NextItems",
    "PersonalTop",
    "Playlist",
    "Popular",
    "PopularByCategory",
    "PositiveRole",
    "PrerequisitePath",
    "RP3Beta",
    "Reads",
    "Recipe",
    "Retriever",
    "Run",
    "SASRec",
    "SessionKNN",
    "Share",
    "Similar",
    "State",
    "Trending",
    "Tunable",
    "distinct",
    "finds_similar",
    "follows",
    "fuse",
    "retrieves",
    "takes_in",
]
