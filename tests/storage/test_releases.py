"""Releases: whole, checked, and with a way back."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import ArtifactError, NotFound
from penchant.storage import Manifest, Part, Releases, pack_text, unpack_text

NOON = 1_795_262_400.0


def publish(releases: Releases, number: float, *, keep: int = 5) -> Manifest:
    parts = {"items": Part("items", pack_text(["a", "ü"])), "als": Part("als", {"x": np.full(3, number)}, {"k": 2})}
    return releases.publish(
        "shop", "product", parts, now=NOON, config="c0ffee", version="0", evidence={"why": "test"}, keep=keep
    )


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "releases")


def test_a_release_comes_back_as_it_was_published(releases: Releases) -> None:
    manifest = publish(releases, 7.0)
    release, refused = releases.load("shop")

    assert release is not None and refused == []
    assert release.id == manifest.id == "shop-2026-11-21.1"
    assert release.parts["als"].arrays["x"].tolist() == [7.0, 7.0, 7.0]
    assert release.parts["als"].settings == {"k": 2}
    assert unpack_text(release.parts["items"].arrays) == ["a", "ü"]
    assert release.manifest.evidence == {"why": "test"}


def test_names_count_up_within_a_day(releases: Releases) -> None:
    assert [publish(releases, n).id[-2:] for n in (1, 2, 3)] == [".1", ".2", ".3"]


def test_arrays_are_read_only_maps(releases: Releases) -> None:
    publish(releases, 1.0)
    release, _ = releases.load("shop")
    assert release is not None

    with pytest.raises(ValueError, match="read-only"):
        release.parts["als"].arrays["x"][0] = 2.0


def test_one_flipped_byte_is_refused_and_the_one_before_serves(releases: Releases) -> None:
    before, now = publish(releases, 1.0), publish(releases, 2.0)
    file = releases.folder / "shop" / now.id / "als.x.npy"
    body = bytearray(file.read_bytes())
    body[-1] ^= 1
    file.write_bytes(bytes(body))

    release, refused = releases.load("shop")

    assert release is not None and release.id == before.id
    assert len(refused) == 1 and "SHA-256" in str(refused[0]) and "als.x.npy" in str(refused[0])


@pytest.mark.parametrize("damage", ["missing", "empty", "other format", "other name"])
def test_a_damaged_manifest_is_refused(releases: Releases, damage: str) -> None:
    manifest = publish(releases, 1.0)
    file = releases.folder / "shop" / manifest.id / "manifest.json"
    fields = msgspec.json.decode(file.read_bytes())
    if damage == "missing":
        file.unlink()
    elif damage == "empty":
        file.write_text("")
    elif damage == "other format":
        file.write_bytes(msgspec.json.encode({**fields, "format": 99}))
    else:
        file.write_bytes(msgspec.json.encode({**fields, "id": "shop-1"}))

    release, refused = releases.load("shop")

    assert release is None and len(refused) == 1
    with pytest.raises(ArtifactError):
        releases.read("shop", manifest.id)


def test_object_arrays_are_never_written(releases: Releases) -> None:
    parts = {"als": Part("als", {"x": np.array([{}], object)})}

    with pytest.raises(TypeError, match="object array"):
        releases.publish("shop", "product", parts, now=NOON, config="", version="", evidence={})

    assert releases.load("shop") == (None, [])


def test_an_empty_array_is_no_special_case(releases: Releases) -> None:
    parts = {"als": Part("als", {"x": np.zeros((0, 3), np.float32)})}
    releases.publish("shop", "product", parts, now=NOON, config="", version="", evidence={})
    release, _ = releases.load("shop")

    assert release is not None and release.parts["als"].arrays["x"].shape == (0, 3)


def test_rolling_back_goes_one_back_each_time_and_then_ends(releases: Releases) -> None:
    one, two, three = (publish(releases, n).id for n in (1, 2, 3))

    assert releases.roll_back("shop") == two
    assert releases.roll_back("shop") == one
    with pytest.raises(NotFound, match="earlier release"):
        releases.roll_back("shop")
    assert releases.roll_back("shop", three) == three
    assert releases.order("shop") == [three, one, two]


def test_a_release_after_a_roll_back_has_the_served_one_before_it(releases: Releases) -> None:
    one, two = (publish(releases, n).id for n in (1, 2))
    releases.roll_back("shop")
    three = publish(releases, 3).id

    assert releases.order("shop") == [three, one, two]


def test_rolling_back_without_an_earlier_release_says_so(releases: Releases) -> None:
    with pytest.raises(NotFound, match="earlier release"):
        releases.roll_back("shop")
    publish(releases, 1.0)
    with pytest.raises(NotFound, match="earlier release"):
        releases.roll_back("shop")
    with pytest.raises(NotFound, match='no release "shop-2"'):
        releases.roll_back("shop", "shop-2")


def test_a_refused_release_serves_nowhere_and_the_one_before_it_does(releases: Releases) -> None:
    one, two = (publish(releases, n).id for n in (1, 2))

    assert releases.refuse("shop", two, "it answered nothing", now=NOON) == one
    assert releases.order("shop") == [one, two]
    release, refused = releases.load("shop")
    assert release is not None and release.id == one and refused == []
    refusal = releases.refusal("shop", two)
    assert refusal is not None and (refusal.why, refusal.at) == ("it answered nothing", "2026-11-21T12:00:00Z")
    assert releases.refusal("shop", one) is None


def test_the_only_release_is_refused_as_well(releases: Releases) -> None:
    one = publish(releases, 1).id
    token = releases.token("shop")

    assert releases.refuse("shop", one, "bad", now=NOON) is None
    release, refused = releases.load("shop")
    assert release is None and len(refused) == 1 and "must not serve: bad" in str(refused[0])
    assert releases.token("shop") != token


def test_a_refused_or_damaged_release_is_passed_over_on_the_way_back(releases: Releases) -> None:
    one, two, three, four = (publish(releases, n).id for n in range(4))
    releases.refuse("shop", three, "bad", now=NOON)
    (releases.folder / "shop" / two / "als.x.npy").unlink()

    assert releases.order("shop")[0] == four
    assert releases.refuse("shop", four, "bad", now=NOON) == one


def test_a_release_that_is_gone_is_refused_without_a_trace(releases: Releases) -> None:
    one = publish(releases, 1).id

    assert releases.refuse("shop", "shop-2026-11-21.9", "bad", now=NOON) == one
    assert releases.order("shop") == [one]


def test_whoever_names_a_refused_release_takes_the_refusal_back(releases: Releases) -> None:
    one, two = (publish(releases, n).id for n in (1, 2))
    releases.refuse("shop", two, "bad", now=NOON)
    assert not releases.by_hand("shop")

    assert releases.roll_back("shop", two) == two
    assert releases.by_hand("shop") and releases.refusal("shop", two) is None
    publish(releases, 3)
    assert not releases.by_hand("shop")
    assert releases.order("shop")[1:] == [two, one]


def test_a_refusal_that_cannot_be_read_is_one(releases: Releases) -> None:
    one = publish(releases, 1).id
    (releases.folder / "shop" / one / "refused.json").write_text("{", encoding="utf-8")

    assert releases.refusal("shop", one) is not None
    assert releases.load("shop")[0] is None


def test_only_so_many_are_kept(releases: Releases) -> None:
    names = [publish(releases, n, keep=2).id for n in range(4)]

    assert releases.order("shop") == [names[3], names[2]]
    assert sorted(p.name for p in (releases.folder / "shop").iterdir() if p.is_dir()) == names[2:]


def test_the_token_changes_when_another_release_should_serve(releases: Releases) -> None:
    tokens = [releases.token("shop")]
    publish(releases, 1.0)
    tokens.append(releases.token("shop"))
    publish(releases, 2.0)
    tokens.append(releases.token("shop"))
    releases.roll_back("shop")
    tokens.append(releases.token("shop"))

    assert len(set(tokens)) == 4


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_text_survives_as_arrays(texts: list[str]) -> None:
    assert unpack_text(pack_text(texts)) == texts
