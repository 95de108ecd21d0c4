from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.catalog import CatalogWrite, Change, ItemTable, Schema, apply_changes
from penchant.dataset import Dataset
from penchant.models import Popular, Similar
from penchant.packs import product
from penchant.packs.product import Product
from penchant.serving import View
from penchant.serving.live import LiveDomain
from penchant.serving.mirror import CatalogMirror
from penchant.storage import ITEM_SPACE, Manifest, Part, Releases, SQLiteStore, pack_text
from penchant.training import FittedModels

Release = Callable[[], Manifest]


@pytest.fixture
def live(filled: SQLiteStore, releases: Releases) -> LiveDomain:
    return LiveDomain("shop", product.PACK, filled, releases)


def flip(releases: Releases, name: str, file: str = "popular.scores.npy") -> None:
    path = releases.folder / "shop" / name / file
    body = bytearray(path.read_bytes())
    body[-1] ^= 1
    path.write_bytes(bytes(body))


def write(store: SQLiteStore, *bodies: tuple[str, bytes]) -> None:
    """Write bodies by hand."""
    lives = [(name, b'{"id":"%s"}' % name.encode()) for name, _ in bodies]
    store.change_items("shop", [], lambda kept: CatalogWrite(bodies, lives))


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


def test_a_release_is_picked_up_by_the_next_view(live: LiveDomain, release: Release, fitted: FittedModels) -> None:
    assert live.view().release is None
    first = release().id
    assert live.view().release == first
    second = release().id
    view = live.view()

    assert view.release == second != first
    assert view.notes == ()
    assert set(view.parts.models) == set(fitted.models) and {"popular", "als", "alike"} <= set(fitted.models)


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


def test_a_damaged_pointer_leaves_what_serves(
    live: LiveDomain, release: Release, releases: Releases, fitted: FittedModels
) -> None:
    name = release().id
    live.view()
    (releases.folder / "shop" / "current.json").write_text("{")
    view = live.view()

    assert view.release == name and set(view.parts.models) == set(fitted.models)
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
    write(store, ("boot", b'{"id":"boot","title":3}'), ("cap", b"{"))
    view = live.view()

    present = view.parts.table.present
    assert not present[view.codes["boot"]] and present[view.codes["runner"]]
    assert any(note.startswith("2 unreadable items, the first is boot: Expected `str`") for note in view.notes)
    write(store, ("boot", b'{"id":"boot"}'), ("cap", b'{"id":"cap"}'))
    view = live.view()
    assert not any("unreadable" in note for note in view.notes)
    assert view.parts.table.present[view.codes["boot"]]


def test_a_domain_sees_its_own_release_and_catalog_only(
    filled: SQLiteStore, release: Release, releases: Releases, tmp_path: Path
) -> None:
    release()
    view = LiveDomain("channel", product.PACK, filled, releases).view()

    assert view.release is None
    assert sorted(view.codes) == ["back", "hips", "sprint"]


# New items, and models that take them in


def test_an_item_that_came_after_the_fit_is_proposed_by_what_it_is(
    live: LiveDomain, release: Release, put: Callable[..., None]
) -> None:
    release()
    live.view()
    put(Product(id="sprinter", category="Shoes", brand="Alto", price=95.0, stock=3))
    view = live.view()
    alike = view.parts.models["alike"]
    near = alike.similar(np.array([view.codes["runner"]], np.int32), 2).row(0)[0]

    assert view.codes["sprinter"] >= view.parts.n_known
    assert view.codes["sprinter"] in near.tolist()


def test_what_came_while_nobody_served_is_taken_in_at_the_start(
    filled: SQLiteStore, releases: Releases, release: Release, put: Callable[..., None], goods: dict[str, Product]
) -> None:
    name = release().id
    put(
        Product(id="sprinter", category="Shoes", brand="Alto", price=95.0, stock=3),
        msgspec.structs.replace(goods["cap"], category="Shoes", brand="Brio", price=190.0),
    )
    view = LiveDomain("shop", product.PACK, filled, releases).view()
    near = view.parts.models["alike"].similar(np.array([view.codes["boot"]], np.int32), 9).row(0)[0].tolist()

    assert view.release == name
    assert view.codes["sprinter"] in near
    assert near[0] == view.codes["cap"]


def test_many_new_items_are_taken_in_beside_the_requests(
    live: LiveDomain, release: Release, put: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penchant.serving.live.AT_ONCE", 10)
    release()
    live.view()
    put(*(Product(id=f"shoe-{n:02}", category="Shoes", brand="Alto", price=95.0) for n in range(35)))
    first = live.view()
    behind = live._behind
    if behind is not None:
        behind.join(20)
    last = live.view()

    def near(view: View) -> set[int]:
        model = view.parts.models["alike"]
        assert isinstance(model, Similar)
        found = model.similar(np.array([view.codes["runner"]], np.int32), 60).row(0)[0]
        return {n for n in found.tolist() if n >= view.parts.n_known}

    assert 10 <= len(near(first)) <= len(near(last)) == 35
    assert live.view() is last


def test_a_model_that_cannot_take_in_what_is_new_goes_on_and_is_named(
    live: LiveDomain, release: Release, put: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    release()
    known = live.view().parts.models["alike"]

    def refuse(*_: object) -> None:
        raise ValueError("too new")

    monkeypatch.setattr(type(known), "extended", refuse)
    put(Product(id="sprinter", category="Shoes"))
    view = live.view()

    assert view.parts.models["alike"] is known
    assert "model alike cannot take in what is new: ValueError: too new" in view.notes


# What changes


def test_an_item_that_is_taken_out_is_not_present_and_comes_back(
    live: LiveDomain, store: SQLiteStore, put: Callable[..., None], goods: dict[str, Product]
) -> None:
    live.view()
    store.change_items("shop", ["boot"], lambda kept: CatalogWrite(gone=list(kept)))
    view = live.view()
    assert not view.parts.table.present[view.codes["boot"]] and not view.parts.table.active[view.codes["boot"]]

    put(goods["boot"])
    view = live.view()
    assert view.parts.table.active[view.codes["boot"]] and stock(view, "boot") == 5.0


def test_a_rule_is_in_the_next_view(live: LiveDomain, store: SQLiteStore) -> None:
    assert live.view().rules == ()
    store.put_rule("shop", "no-boots", b'{"action":"exclude","items":["boot"]}', at=0, by="cli")
    store.put_rule("shop", "odd", b'{"action":"exclude","filter":{"field":"gone","eq":1}}', at=0, by="cli")
    view = live.view()

    assert [rule.id for rule in view.rules] == ["no-boots"]
    assert len(view.rule_notes) == 1 and view.rule_notes[0].startswith("rule odd is left out")
    store.put_rule("shop", "no-boots", None, at=1, by="cli")
    assert live.view().rules == ()


CHANGES = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(["runner", "boot", "new-1", "new-2"]),
            st.sampled_from(["put", "patch", "stock", "delete"]),
            st.integers(0, 4),
        ),
        max_size=4,
    ),
    max_size=6,
)


@settings(deadline=None, max_examples=40)
@given(CHANGES)
def test_what_is_followed_change_by_change_is_what_would_be_read_at_once(
    rounds: list[list[tuple[str, str, int]]],
) -> None:
    """Columns, by id; the order of rows and codes may differ."""
    schema = Schema.of(Product)
    with TemporaryDirectory() as folder, closing(SQLiteStore(Path(folder) / "penchant.db")) as store:
        followed = CatalogMirror("shop", schema, store)
        for number, round_ in enumerate([[("runner", "put", 1), ("boot", "put", 2)], *rounds]):
            changes = [change(*one) for one in round_]
            store.change_items(
                "shop",
                [one.id for one in changes],
                lambda kept, changes=changes, at=number: apply_changes(schema, changes, kept, at)[0],
            )
            beside = followed.beside()
            followed.follow(store.versions("shop").catalog)
        fresh = CatalogMirror("shop", schema, store)
        fresh.follow(store.versions("shop").catalog)
        # It began with what the other one knew before the last round, and went on by itself.
        beside.follow(store.versions("shop").catalog)

    assert told(followed.table) == told(fresh.table) == told(beside.table)


def test_a_catalog_that_was_told_anew_many_times_is_not_passed_on(filled: SQLiteStore) -> None:
    mirror, schema = CatalogMirror("shop", Schema.of(Product), filled), Schema.of(Product)
    mirror.follow(filled.versions("shop").catalog)
    assert mirror.beside().table is mirror.table
    for number in range(2):
        changes = [Change(id=name, op="patch", fields={"brand": f"b{number}"}) for name in mirror.table.ids]
        filled.change_items(
            "shop",
            [one.id for one in changes],
            lambda kept, changes=changes, at=number: apply_changes(schema, changes, kept, at)[0],
        )
        mirror.follow(filled.versions("shop").catalog)

    beside = mirror.beside()
    assert (beside.version, len(beside.table)) == (0, 0)
    beside.follow(filled.versions("shop").catalog)
    assert told(beside.table) == told(mirror.table)
    assert len(beside.table.category("brand").names) < len(mirror.table.category("brand").names)


def change(item: str, what: str, number: int) -> Change:
    if what == "put":
        return Change(id=item, fields={"title": item, "category": f"c{number}", "price": float(number)})
    if what == "patch":
        return Change(id=item, op="patch", fields={"brand": f"b{number}", "sale_price": number or None})
    if what == "stock":
        return Change(id=item, op="patch", fields={"stock": number, "stock_at": {"rome": number or None}})
    return Change(id=item, op="delete")


def told(table: ItemTable) -> dict[str, tuple[object, ...]]:
    """What the columns say of each item that is present."""
    numbers = [table.number(name) for name in ("price", "sale_price", "stock", "available", "pieces")]
    texts = [table.category(name) for name in ("category", "brand")]
    return {
        name: (
            *(None if np.isnan(column[row]) else float(column[row]) for column in numbers),
            *(column.names[column.codes[row]] if column.codes[row] >= 0 else None for column in texts),
            bool(table.active[row]),
        )
        for row, name in enumerate(table.ids)
        if table.present[row]
    }
