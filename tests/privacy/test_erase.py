"""What is erased is gone from every file, comes in no more, and a receipt says so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from penchant.errors import StorageError
from penchant.events import Consent, Event, Link, Trait
from penchant.privacy import Receipt, refused
from penchant.privacy.receipt import digests
from penchant.storage import Fate, SlateRow

ANN = ("anon:phone-CANARY", "user:ann-CANARY")


def again(number: int, user: str | None = "ann-CANARY", anonymous: str | None = None) -> Event:
    return Event("shop", "web", f"late{number}", 0, "Product Viewed", user, anonymous, 1, 1, "shoe")


def test_a_person_was_everywhere_and_is_nowhere(place: Any) -> None:
    before = place.files_with(b"CANARY")
    assert any(name.startswith("lake/") for name in before)
    assert any(name.startswith("rejected/") for name in before)

    receipt = place.privacy.erase("anon:phone-CANARY")

    assert place.rows_with("CANARY") == {}
    assert place.files_with(b"CANARY") == []
    assert place.store.check() == []
    assert receipt.state == "done"
    assert receipt.removed == {
        "events": 3,
        "links": 2,
        "traits": 3,
        "consents": 2,
        "slates": 2,
        "failed": 3,
        "lake": 3,
        "refused": 3,
    }


def test_nobody_else_loses_anything(place: Any) -> None:
    held, files = place.privacy.person("user:bob").held, place.lake.files("shop")
    place.privacy.erase("user:ann-CANARY")

    assert place.privacy.person("user:bob").held == held
    assert place.privacy.person("user:bob").ids == ("anon:tablet", "user:bob")
    assert place.files_with(b"bob") != []
    assert len(files) > 0
    assert [line for line in place.refused_lines() if "bob" in line] == place.refused_lines() != []


def test_the_receipt_says_which_releases_stay_and_knows_no_id(place: Any) -> None:
    receipt = place.privacy.erase("user:ann-CANARY")

    assert [name[-2:] for name in receipt.releases] == [".1", ".2"]
    assert receipt.ids == digests(place.store.meta()["salt"], ANN)
    assert place.privacy.receipts() == [receipt]
    assert "CANARY" not in str(receipt)


def test_what_comes_later_of_an_erased_id_is_refused(place: Any) -> None:
    place.privacy.erase("user:ann-CANARY")
    fates = place.store.append(
        [again(1), again(2, None, "phone-CANARY"), again(3, "bob")],
        links=[Link("user:bob", "user:ann-CANARY", 9, "web", "alias")],
        traits=[Trait("user:ann-CANARY", "city", b"1", 9, "web")],
        consents=[Consent("anon:phone-CANARY", "ads", True, 9, "web")],
    )
    place.store.log_slates([SlateRow("s9", "shop", "user:ann-CANARY", 9, b"{}")])

    assert fates == [Fate.ERASED, Fate.ERASED, Fate.STORED]
    assert place.rows_with("CANARY") == {}
    assert place.privacy.person("user:ann-CANARY").erased


def test_who_comes_back_is_let_in_again_with_nothing_of_before(place: Any) -> None:
    place.privacy.erase("user:ann-CANARY")

    assert place.privacy.readmit("user:ann-CANARY")
    assert not place.privacy.readmit("user:ann-CANARY")
    assert place.store.append([again(1)]) == [Fate.STORED]
    assert place.privacy.person("user:ann-CANARY").held["events"] == 1
    assert place.store.append([again(2, None, "phone-CANARY")]) == [Fate.ERASED]


def test_somebody_of_whom_nothing_is_held_is_refused_from_then_on_too(bare: Any) -> None:
    receipt = bare.privacy.erase("user:ann-CANARY")

    assert set(receipt.removed.values()) == {0}
    assert bare.store.append([again(1)]) == [Fate.ERASED]


def test_erasing_again_is_no_error(place: Any) -> None:
    first, second = place.privacy.erase("user:ann-CANARY"), place.privacy.erase("user:ann-CANARY")

    assert set(second.removed.values()) == {0}
    assert place.privacy.receipts() == [first, second]


class Cut(Exception):
    """The process ends here."""


STEPS: dict[str, tuple[str, str]] = {
    "what waits is written": ("store", "log_slates"),
    "the store's transaction": ("store", "erase"),
    "the lake": ("lake", "erase"),
    "the files are scrubbed": ("store", "scrub"),
}


def cut(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, when: str) -> None:
    """Let the process end before or after a step is done."""
    do: Callable[..., Any] = getattr(owner, name)

    def step(*arguments: Any, **named: Any) -> Any:
        if when == "after":
            do(*arguments, **named)
        raise Cut

    monkeypatch.setattr(owner, name, step)


@pytest.mark.parametrize("ending", ["finish", "erase"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_an_erasure_that_was_cut_short_anywhere_is_finished_later(
    place: Any, monkeypatch: pytest.MonkeyPatch, step: str, when: str, ending: str
) -> None:
    owner, name = STEPS[step]
    with monkeypatch.context() as patched:
        cut(patched, getattr(place, owner), name, when)
        with pytest.raises(Cut):
            place.privacy.erase("user:ann-CANARY")
    begun = bool(place.privacy.receipts())
    assert begun == (bool(place.store.erased(["user:ann-CANARY"])))
    place.waiting.clear()  # what was in memory went with the process

    if ending == "erase":
        place.privacy.erase("user:ann-CANARY")
    else:
        # What had not begun is left as it was: nobody was told that it was done.
        assert [receipt.state for receipt in place.privacy.finish()] == ["done"] * begun

    if begun or ending == "erase":
        assert place.rows_with("CANARY") == {}
        assert place.files_with(b"CANARY") == []
        assert {receipt.state for receipt in place.privacy.receipts()} == {"done"}
        assert place.privacy.finish() == []
        assert [line for line in place.refused_lines() if "bob" in line] == place.refused_lines() != []
    else:
        assert len(place.rows_with("CANARY")["event"]) == 3


def test_a_file_of_refused_rows_that_cannot_be_written_leaves_the_receipt_pending(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(refused, "remove", full)
        with pytest.raises(StorageError, match="No space left"):
            place.privacy.erase("user:ann-CANARY")
    assert [receipt.state for receipt in place.privacy.receipts()] == ["pending"]

    assert [receipt.removed["refused"] for receipt in place.privacy.finish()] == [3]


def test_rows_that_an_import_has_staged_are_told_of(place: Any) -> None:
    (place.rejected / ".import-x").mkdir()
    receipt: Receipt = place.privacy.erase("user:ann-CANARY")

    assert any("import was running" in note for note in receipt.notes)


def test_events_that_come_in_meanwhile_do_not_stay(place: Any) -> None:
    """Somebody goes on clicking while they are erased: what was stored before goes, what comes later is refused."""
    stop, started, fates = threading.Event(), threading.Event(), list[Fate]()

    def click() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            fates.extend(
                place.store.append(
                    [again(number, "ann-CANARY", "phone-CANARY")],
                    links=[Link("user:ann-CANARY", "anon:phone-CANARY", number, "web", "event")],
                    traits=[Trait("user:ann-CANARY", "clicks", str(number).encode(), number, "web")],
                )
            )
            started.set()

    thread = threading.Thread(target=click)
    thread.start()
    assert started.wait(20)
    try:
        place.privacy.erase("user:ann-CANARY")
    finally:
        stop.set()
        thread.join(20)

    assert Fate.STORED in fates
    assert place.rows_with("CANARY") == {}
    place.store.scrub()
    assert place.files_with(b"CANARY") == []
