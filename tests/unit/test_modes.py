from dataclasses import replace

import numpy as np
import pytest

from sim.errors import InputError
from sim.verify.modes import ACCEPTED, FLEETS, Fleet, compare_modes, compared, shortcomings, table, verify_modes


def test_a_difference_is_told_in_standard_errors_of_both():
    exact, block = np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.0])
    found = compared(exact, block)
    assert found["z"] == pytest.approx(1 / np.sqrt(2 / 3))
    assert compared(exact, block, 0.75)["z"] == pytest.approx(0.25 / np.sqrt(2 / 3))
    assert compared(exact, block, 1.0)["z"] == 0.0
    assert compared(np.ones(3), np.ones(3))["z"] == 0.0
    assert compared(np.ones(3), np.full(3, 1.1))["z"] == 1e9


def test_what_hardly_any_replicate_defines_must_be_as_rare_in_both():
    rare, never, always = np.array([7.0] + [np.nan] * 23), np.full(24, np.nan), np.arange(24.0)
    assert abs(compared(rare, never)["z"]) < ACCEPTED
    assert abs(compared(rare, np.array([1.0, 2.0, *[np.nan] * 22]))["z"]) < ACCEPTED
    assert compared(never, always)["z"] > ACCEPTED
    assert compared(always, rare)["z"] < -ACCEPTED


def test_a_metric_must_be_defined_in_as_many_replicates_of_both():
    always, half = np.arange(24.0), np.array([*np.arange(0.0, 24.0, 2), *[np.nan] * 12])
    assert compared(always, half)["z"] < -ACCEPTED  # the means are alike
    assert compared(always[:8], np.full(8, np.nan))["z"] < -ACCEPTED


def test_one_replicate_has_no_standard_error():
    with pytest.raises(InputError, match="at least 2"):
        verify_modes(replicates=1)


def test_what_is_beyond_is_named():
    one = {"exact": 1.0, "block": 2.0, "se": 0.1, "z": 10.0}
    found = {"replicates": 2, "fleets": {"a fleet": {"launches": one}}}
    assert shortcomings(found) == ["a fleet: launches: exact 1, block 2, +10.0 standard errors"]
    assert "1 beyond 3" in table(found)
    one["z"] = 1e9
    assert shortcomings(found) == ["a fleet: launches: exact 1, block 2, though neither varies"]


def test_unknown_fleets_are_refused():
    with pytest.raises(InputError, match="no fleet 'x'"):
        verify_modes(["x"])


def test_a_small_fleet_agrees_in_every_metric():
    small = [one for one in FLEETS["no maintenance"].settings if "mission" not in one]
    found = compare_modes(Fleet(("baseline",), "scheduled_batch", (*small, "mission.years=3")), 6, 1)
    assert len(found) > 50
    assert max(abs(one["z"]) for one in found.values()) < 4.5


def test_a_small_fleet_that_trains_agrees_in_every_metric():
    small = replace(FLEETS["cluster, training"], settings=("mission.years=1.5", "workload.jobs.0.count=4"))
    found = compare_modes(small, 4, 1)
    assert {"useful_gpu_hours", "lost_gpu_hours", "link_gpu_hours", "stranded_gpu_hours"} <= set(found)
    assert max(abs(one["z"]) for one in found.values()) < 4.5


@pytest.mark.slow
def test_block_mode_agrees_with_the_exact_engine():
    assert not shortcomings(verify_modes())
