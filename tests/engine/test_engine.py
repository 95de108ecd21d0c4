from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from demo_workspace import NOW, Demo
from penchant.clock import FixedClock
from penchant.config import FILE_NAME
from penchant.engine import Engine, installed_packs, read_workspace
from penchant.errors import ConfigError, InvalidRequest, ItemRejected, NotFound, StorageError
from penchant.keys import Kind
from penchant.serving import RecommendationRequest, read_logged

TWO_SITES = """
[domains.books]
pack = "product"

[domains.news]
pack = "content"

[sources.web-1]
domain = "books"

[sources.app-1]
domain = "books"
item_ids = ["isbn"]
unknown_items = "fail"
"""

Opens = Callable[..., Engine]


@pytest.fixture
def opens(tmp_path: Path) -> Opens:
    """Opens a workspace with this configuration; what it opened is closed by whoever asked."""

    def open_text(text: str, environment: dict[str, str] | None = None) -> Engine:
        (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
        return Engine.open(tmp_path, FixedClock(NOW), environment or {})

    return open_text


def viewed(item: str, number: int = 1) -> dict[str, Any]:
    properties = {"product_id": item}
    return {
        "type": "track", "messageId": f"m{number}", "event": "Product Viewed", "userId": "ann",
        "properties": properties,
    }  # fmt: skip


def ids(engine: Engine, placement: str, **asked: Any) -> list[str]:
    return [item.id for item in engine.recommend(RecommendationRequest(placement=placement, **asked)).items]


# packs and configuration


def test_the_three_packs_are_found_through_their_entry_point() -> None:
    packs = installed_packs()

    assert sorted(packs) == ["content", "learning", "product"]
    assert all(pack.name == name for name, pack in packs.items())


def test_a_wrong_configuration_opens_nothing(opens: Opens, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        opens('[domains.books]\npack = "produkt"\n')

    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_reading_a_workspace_makes_no_files(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(TWO_SITES, encoding="utf-8")

    workspace = read_workspace(tmp_path, {})

    assert list(workspace.settings.domains) == ["books", "news"]
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_hyper_parameters_reach_the_recipe_and_leave_the_others_alone(opens: Opens) -> None:
    with opens(TWO_SITES + "[domains.books.models.popular-week]\nhalf_life_days = 1.5\n") as engine:
        shipped, ours = installed_packs()["product"].models, engine.domains["books"].pack.models

        changed = {**msgspec.to_builtins(shipped["popular-week"]), "half_life_days": 1.5}
        assert msgspec.to_builtins(ours["popular-week"]) == changed
        assert {name for name in ours if ours[name] != shipped[name]} == {"popular-week"}
        assert engine.domains["news"].pack.models == installed_packs()["content"].models


def test_a_hyper_parameter_from_the_environment_reaches_the_recipe(opens: Opens) -> None:
    with opens(TWO_SITES, {"PENCHANT_DOMAINS__BOOKS__MODELS__POPULAR_WEEK__HALF_LIFE_DAYS": "2.5"}) as engine:
        recipe = engine.domains["books"].pack.models["popular-week"]

        assert msgspec.to_builtins(recipe)["half_life_days"] == 2.5


def test_configured_placements_lie_over_those_of_the_pack(demo: Demo, tmp_path: Path) -> None:
    folder = demo.copy(tmp_path / "workspace")
    with (folder / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write(
            '\n[placements.home]\ndomain = "shop"\nsize = 4\n'
            '\n[placements.shelf]\ndomain = "shop"\nlike = "bestsellers"\n'
            "size = 6\nbudget_ms = 500\ncaps = { category = 1 }\n"
        )
    with Engine.open(folder, FixedClock(NOW), {}) as engine:
        shipped, ours = {p.name: p for p in installed_packs()["product"].placements}, engine.domains["shop"].placements

        assert ours["home"] == msgspec.structs.replace(shipped["home"], size=4)
        assert ours["shelf"] == msgspec.structs.replace(
            shipped["bestsellers"], name="shelf", size=6, budget_ms=500, caps={"category": 1}
        )
        assert {name for name in shipped if ours[name] != shipped[name]} == {"home"}
        assert "shelf" not in engine.domains["channel"].placements
        assert len(ids(engine, "home", user_id="ann")) == 4
        shelf = [demo.items["shop"][name]["category"] for name in ids(engine, "shelf")]
        assert len(shelf) == len(set(shelf)) == 6
        assert ids(engine, "shelf")[0] == ids(engine, "bestsellers")[0]


# a workspace opened more than once


def test_what_is_kept_is_there_when_it_is_opened_again(opens: Opens) -> None:
    with opens(TWO_SITES) as engine:
        engine.put_items("books", [{"id": "b1", "title": "One"}, {"id": "b2", "title": "Two"}])
        engine.collect([viewed("b1")], "books")
        slate = engine.recommend(RecommendationRequest(placement="home"))
        counts = engine.store.count()

    with opens(TWO_SITES) as engine:
        assert engine.store.count() == {**counts, "slates": 1}
        kept = engine.store.slate(slate.slate_id)
        assert kept is not None and [item.id for item in read_logged(kept).items] == [item.id for item in slate.items]
        assert sorted(ids(engine, "home")) == ["b1", "b2"]


def test_two_engines_of_one_workspace_see_what_the_other_does(opens: Opens) -> None:
    with opens(TWO_SITES) as one, opens(TWO_SITES) as two:
        assert ids(two, "home") == []

        one.put_items("books", [{"id": "b1", "title": "One"}])
        assert ids(two, "home") == ["b1"]

        assert [v.status for v in one.collect([viewed("b1")], "books")] == ["accepted"]
        assert [v.status for v in two.collect([viewed("b1")], "books")] == ["duplicate"]

        release = one.train("books", judge=False).id
        assert two.recommend(RecommendationRequest(placement="home")).release == release


# data in


def test_a_source_says_which_domain_events_belong_to(opens: Opens) -> None:
    with opens(TWO_SITES) as engine:
        assert {name: told.domain for name, told in engine.sources.items()} == {
            "books": "books",
            "news": "news",
            "web-1": "books",
            "app-1": "books",
        }
        for number, source in enumerate(("books", "web-1")):
            assert [v.status for v in engine.collect([viewed("b1", number)], source)] == ["accepted"]

        assert len(engine.store.history("books", ["user:ann"], until=2**60, limit=9)) == 2
        assert engine.store.history("news", ["user:ann"], until=2**60, limit=9) == []


def test_a_source_reads_items_its_own_way_and_may_refuse_those_nobody_knows(opens: Opens) -> None:
    with opens(TWO_SITES) as engine:
        engine.put_items("books", [{"id": "978-1"}])
        message = viewed("b1")
        message["properties"]["isbn"] = "978-1"

        assert [v.status for v in engine.collect([message], "app-1")] == ["accepted"]
        assert engine.store.history("books", ["user:ann"], until=2**60, limit=9)[0].item == "978-1"

        message = {**message, "messageId": "m2", "properties": {"isbn": "978-2"}}
        assert [v.status for v in engine.collect([message], "app-1")] == ["failed"]
        assert [row.kind for row in engine.store.failed()] == ["unknown_item"]


def test_events_of_a_source_that_nobody_configured_are_refused_as_a_whole(opens: Opens) -> None:
    with opens(TWO_SITES) as engine:
        with pytest.raises(NotFound, match='no source "bookz"; did you mean "books"'):
            engine.collect([viewed("b1")], "bookz")

        assert engine.store.count()["events"] == 0


def test_a_key_is_made_for_a_domain_or_a_source_and_only_its_hash_is_kept(opens: Opens, tmp_path: Path) -> None:
    with opens(TWO_SITES) as engine:
        text, key = engine.create_key(Kind.PUBLIC, domain="books", label="the shop")
        of_source, bound = engine.create_key(Kind.SERVER, source="web-1", expires=NOW + 60)

        assert (key.domain, key.source, key.label) == ("books", "books", "the shop")
        assert (bound.domain, bound.source, bound.expires) == ("books", "web-1", int((NOW + 60) * 1000))
        assert engine.keys.find(text) == key
        assert engine.keys.find(of_source) == bound
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert text.encode() not in files


def test_a_write_key_that_is_in_use_already_can_stay_in_use(opens: Opens) -> None:
    with opens(TWO_SITES) as engine:
        text, key = engine.create_key(Kind.PUBLIC, domain="books", value="OLD-segment-write-key")

        assert text == "OLD-segment-write-key"
        assert engine.keys.find(text) == key
        with pytest.raises(StorageError):
            engine.create_key(Kind.PUBLIC, domain="books", value="OLD-segment-write-key")
        with pytest.raises(InvalidRequest, match="8 to 200 characters"):
            engine.create_key(Kind.PUBLIC, domain="books", value="short")


def test_a_key_of_a_domain_or_source_that_nobody_configured_is_refused(opens: Opens) -> None:
    with opens(TWO_SITES) as engine:
        with pytest.raises(NotFound, match="no domain"):
            engine.create_key(Kind.PUBLIC, domain="boox")
        with pytest.raises(NotFound, match="no source"):
            engine.create_key(Kind.PUBLIC, source="web-2")
        with pytest.raises(InvalidRequest, match='belongs to the domain "books"'):
            engine.create_key(Kind.PUBLIC, domain="news", source="web-1")


def test_items_are_put_all_or_none(opens: Opens) -> None:
    with opens(TWO_SITES) as engine:
        assert engine.put_items("books", [{"id": "b1", "price": 9.5}]) == 1

        with pytest.raises(ItemRejected) as caught:
            engine.put_items("books", [{"id": "b1", "price": 8.0}, {"id": "b2"}, {"id": "b3", "price": -1.0}])

        assert caught.value.item == "b3"
        assert "items[2]" in str(caught.value)
        assert "price" in str(caught.value)
        assert [item.id for item in engine.items_of("books", ["b1", "b2", "b3"]).values()] == ["b1"]
        assert engine.items_of("books", ["b1"])["b1"].price == 9.5


def test_items_of_a_domain_are_of_its_packs_kind(opens: Opens) -> None:
    with opens(TWO_SITES) as engine, pytest.raises(ItemRejected, match="price"):
        engine.put_items("news", [{"id": "n1", "price": 1.0}])


def test_imports_run_items_first_and_tell_how_far_they_are(tmp_path: Path, demo: Demo) -> None:
    folder = demo.folder
    (tmp_path / FILE_NAME).write_text(
        (folder / FILE_NAME).read_text("utf-8").replace('path = "data/', f'path = "{folder}/data/'), encoding="utf-8"
    )
    told: list[tuple[str, int]] = []
    with Engine.open(tmp_path, FixedClock(NOW), {}) as engine:
        with pytest.raises(NotFound) as caught:
            engine.import_data(["academy-items", "academy-event"])
        assert 'did you mean "academy-events"?' in str(caught.value)
        assert engine.store.count()["items"] == 0

        reports = engine.import_data((), lambda name, done, total: told.append((name, done)))

        assert [report.kind for report in reports] == ["items"] * 3 + ["events"] * 3
        assert all(report.stored == report.read > 0 for report in reports)
        assert dict(told) == {report.name: report.read for report in reports}
        again = engine.import_data(["academy-events"])
        assert (again[0].stored, again[0].duplicate) == (0, again[0].read)


# learning and releases


def test_releases_beyond_those_to_keep_are_deleted(opens: Opens) -> None:
    with opens(TWO_SITES + "[training]\nkeep = 2\n") as engine:
        made = [engine.train("books", judge=False).id for _ in range(3)]

        assert engine.releases.order("books") == made[:0:-1]
        assert len(engine.release_list("books")) == 2
        assert engine.roll_back("books") == made[1]
        with pytest.raises(NotFound):
            engine.roll_back("books", made[0])


def test_a_release_says_what_made_it(opens: Opens) -> None:
    with opens(TWO_SITES) as engine:
        engine.put_items("books", [{"id": "b1", "title": "One"}])
        engine.collect([viewed("b1")], "books")

        manifest = engine.train("books", judge=False)

        assert (manifest.domain, manifest.pack, manifest.config) == ("books", "product", engine.workspace.digest)
        assert manifest.created == "2025-11-22T20:00:00Z"
        assert manifest.evidence["data"] == {"people": 1, "items": 1, "interactions": 1}
        assert manifest.evidence["evaluation"] is None
        assert "basket" in manifest.evidence["failed"]  # nobody bought two things together


def test_a_domain_without_events_cannot_be_judged(opens: Opens) -> None:
    with opens(TWO_SITES) as engine:
        for judge in (engine.evaluate, engine.train):
            with pytest.raises(InvalidRequest, match="has no events"):
                judge("books")
        assert engine.release_list("books") == []


@pytest.mark.parametrize("what", ["evaluate", "train", "dataset", "release_list", "roll_back"])
def test_an_unknown_domain_is_not_found(opens: Opens, what: str) -> None:
    with opens(TWO_SITES) as engine, pytest.raises(NotFound) as caught:
        getattr(engine, what)("book")

    assert (caught.value.kind, caught.value.name, caught.value.have) == ("domain", "book", ("books", "news"))


def test_items_of_an_unknown_domain_are_not_kept(opens: Opens) -> None:
    with opens(TWO_SITES) as engine:
        with pytest.raises(NotFound):
            engine.put_items("book", [{"id": "b1"}])

        assert engine.store.count()["items"] == 0


def test_who_serves_need_not_know_where_the_files_once_lay(tmp_path: Path) -> None:
    (tmp_path / "penchant.toml").write_text(
        '[domains.shop]\npack = "product"\n[[imports]]\nname = "orders"\ndomain = "shop"\npath = "${PLACE}/a.csv"\n'
        'columns = { event = "event", time = "time", user_id = "who", item = "what" }\n'
    )

    Engine.open(tmp_path, environment={}).close()

    with pytest.raises(ConfigError, match="PLACE is not set"):
        Engine.open(tmp_path, environment={}, imports=True)
