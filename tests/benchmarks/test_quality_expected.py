from __future__ import annotations

import json

import expected
import pytest

from record import data_folder

KEPT = json.loads(expected.KEPT.read_text()) if expected.KEPT.exists() else {}


@pytest.mark.slow
@pytest.mark.parametrize("scenario", sorted(KEPT))
def test_no_scenario_is_worse_than_it_was(scenario):
    data = data_folder()
    if data is None:
        pytest.skip("PENCHANT_DATA names no folder: there is nothing to measure on")
    found, kept = expected.reached(scenario, data), KEPT[scenario]
    assert found.keys() == kept.keys()
    worse = {name: (found[name], was) for name, was in kept.items() if found[name] < was - expected.TOLERANCE}
    assert not worse


def test_what_is_kept_is_told_by_scenario_and_part():
    assert set(KEPT) == set(expected.SCENARIO_IDS)
    for scenario, values in KEPT.items():
        assert values, scenario
        assert all(0.0 < value < 1.0 for value in values.values()), scenario
