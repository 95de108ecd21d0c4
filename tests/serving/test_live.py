from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from penchant.dataset import Dataset
from penchant.models import Popular
from penchant.packs import product
from penchant.packs.product import Product
from penchant.serving import View
from penchant.serving.live import LiveDomain
from penchant.storage import ITEM_SPACE, Manifest, Part, Releases, SQLiteStore, pack_text

Release = Callable[[], Manifest]


@pytest.fixture
def live(filled: SQLiteStore, releases: Releases) -> LiveDomain:
    return LiveDomain("shop", product.PACK, filled, releases)


def flip(releases: Releases, name: str, file: str = "popular.scores.npy") -> None:
    path = releases.folder / "shop" / name / file
    body = bytearray(path.read_bytes())
    body[-1] ^= 1
    path.write_bytes(bytes(body))


def stock(view: View, item: str) -> float:
    return float(view.parts.table.number("stock")[view.codes[item]])


def test_without_a_release_there_are_no_models_and_the_view_says_so(live: LiveDomain) -> None:
    view = live.view()

    assert (view.release, view.parts.models, view.parts.n_known) == (None, {}, 0)
    assert view.notes == ("no release: trained on nothing yet",)
    assert sorted(view.codes) == ["boot", "cap", "racer", "runner", "sandal", "thick", "thin"]


def test_nothing_is_loaded_twice(live: LiveDomain, release: Release) -> None:
    release()

    assert live.view() is live.view()


def test_a_catalog_change_is_in_the_next_view_and_not_in_the_one_before(
    live: LiveDomain, goods: dict[str, Product], put: Callable[..., None]
) -> None:
    before = live.view()
    put(msgspec.structs.replace(goods["boot"], stock=0))
    after = live.view()

    assert (stock(before, "boot"), stock(after, "boot")) == (5.0, 0.0)
    assert stock(after, "runner") == 5.0


def test_a_release_is_picked_up_by_the_next_view(live: LiveDomain, release: Release) -> None:
    assert live.view().release is None
    first = release().id
    assert live.view().release == first
    second = release().id
    view = live.view()

    assert view.release == second != first
    assert view.notes == ()
    assert set(view.parts.models) == set(product.PACK.models)


def test_rolling_back_is_picked_up_by_the_next_view(live: LiveDomain, release: Release, releases: Releases) -> None:
    first = release().id
    release()
    live.view()
    releases.roll_back("shop")

    assert live.view().release == first


def test_items_of_the_release_stand_first_in_its_order_and_later_ones_after(
    live: LiveDomain, release: Release, put: Callable[..., None], orders: Dataset
) -> None:
    put(Product(id="a-novelty"))
    release()
    view = live.view()

    assert view.parts.table.ids == (*orders.items.ids, "a-novelty")
    assert view.parts.n_known == len(orders.items)


def test_an_item_of_the_release_that_the_catalog_lacks_is_not_shown(
    store: SQLiteStore, releases: Releases, release: Release, put: Callable[..., None], goods: dict[str, Product]
) -> None:
    release()
    put(goods["boot"])
    view = LiveDomain("shop", product.PACK, store, releases).view()

    assert [view.parts.table.ids[row] for row in view.parts.table.active.nonzero()[0]] == ["boot"]


# Damage


def test_a_damaged_release_is_refused_and_the_one_before_serves(
    live: LiveDomain, release: Release, releases: Releases
) -> None:
    first, second = release().id, release().id
    flip(releases, second)
    view = live.view()

    assert view.release == first
    assert len(view.notes) == 1
    assert view.notes[0].startswith("release refused: ") and "SHA-256" in view.notes[0] and second in view.notes[0]


def test_a_damaged_release_is_refused_while_serving_too(live: LiveDomain, release: Release, releases: Releases) -> None:
    first = release().id
    assert live.view().release == first
    flip(releases, release().id)

    assert live.view().release == first
    assert "release refused" in live.view().notes[0]
    assert release().id == live.view().release
    assert live.view().notes == ()


def test_when_no_release_is_sound_the_catalog_serves(live: LiveDomain, release: Release, releases: Releases) -> None:
    flip(releases, release().id)
    view = live.view()

    assert (view.release, view.parts.models) == (None, {})
    assert [note.split(":")[0] for note in view.notes] == ["release refused", "no release"]


def test_a_damaged_pointer_leaves_what_serves(live: LiveDomain, release: Release, releases: Releases) -> None:
    name = release().id
    live.view()
    (releases.folder / "shop" / "current.json").write_text("{")
    view = live.view()

    assert view.release == name and len(view.parts.models) == len(product.PACK.models)
    assert view.notes[0].startswith("release refused: ") and "current.json" in view.notes[0]


def test_a_damaged_pointer_at_the_start_is_no_release(live: LiveDomain, releases: Releases) -> None:
    (releases.folder / "shop").mkdir(parents=True)
    (releases.folder / "shop" / "current.json").write_text("{")

    assert [note.split(":")[0] for note in live.view().notes] == ["release refused", "no release"]


def test_a_model_of_another_kind_is_left_out_and_named(
    filled: SQLiteStore, release: Release, releases: Releases
) -> None:
    release()
    pack = replace(product.PACK, models={"als": Popular(), "popular": Popular()})
    view = LiveDomain("shop", pack, filled, releases).view()

    assert set(view.parts.models) == {"popular"}
    assert "model als of the release is of a kind this pack does not have" in view.notes
    assert "model basket of the release is of a kind this pack does not have" in view.notes


def test_a_model_that_cannot_be_read_is_left_out_and_named(live: LiveDomain, releases: Releases) -> None:
    parts = {
        ITEM_SPACE: Part("items", pack_text(["boot"])),
        "popular": Part("popular", {}),
        "alike": Part("alike", {}, {"recipe": {"gone": 1}}),
    }
    releases.publish("shop", "product", parts, now=0.0, config="", version="0", evidence={})
    view = live.view()

    assert view.parts.models == {}
    assert any(note.startswith("model popular of the release cannot be read: KeyError") for note in view.notes)


def test_an_item_that_cannot_be_read_is_left_out_and_named(live: LiveDomain, store: SQLiteStore) -> None:
    live.view()
    store.put_items("shop", [("boot", b'{"id":"boot","price":"cheap"}'), ("cap", b"{")])
    view = live.view()

    assert "boot" not in view.codes and "runner" in view.codes
    assert any(note.startswith("2 unreadable items, the first is boot: Expected `float | null`") for note in view.notes)
    store.put_items("shop", [("boot", b'{"id":"boot"}'), ("cap", b'{"id":"cap"}')])
    assert not any("unreadable" in note for note in live.view().notes)


def test_a_domain_sees_its_own_release_and_catalog_only(
    filled: SQLiteStore, release: Release, releases: Releases, tmp_path: Path
) -> None:
    release()
    view = LiveDomain("channel", product.PACK, filled, releases).view()

    assert view.release is None
    assert sorted(view.codes) == ["back", "hips", "sprint"]
