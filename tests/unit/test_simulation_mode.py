"""Which fleets are walked in blocks of days, and what may be asked of one."""

import pytest

from sim import experiment
from sim.errors import ScenarioError
from sim.scenario import load, sha256_of
from sim.scenario.simulation import MOST_EXACT_SLOTS

SHELL = "constellation.shells.0"


def baseline(*settings):
    return load("baseline", set_=settings)


@pytest.mark.parametrize(
    ("settings", "in_blocks"),
    [
        ([], False),
        ([f"{SHELL}.planes=100", f"{SHELL}.satellites_per_plane={MOST_EXACT_SLOTS // 100}"], False),
        ([f"{SHELL}.planes=100", f"{SHELL}.satellites_per_plane={MOST_EXACT_SLOTS // 100 + 1}"], True),
        ([f"{SHELL}.planes=100", f"{SHELL}.satellites_per_plane=1000", "simulation.mode=exact"], False),
        (["simulation.mode=block"], True),
    ],
)
def test_large_fleets_are_walked_in_blocks_unless_a_scenario_says_otherwise(settings, in_blocks):
    scenario = baseline(*settings)
    assert scenario.in_blocks == in_blocks
    assert scenario.table_step_days == (10 if in_blocks else 1)


def test_a_choice_changes_the_hash_and_none_does_not():
    usual = sha256_of(baseline())
    assert sha256_of(baseline("simulation.mode=auto")) == usual
    others = {sha256_of(baseline(*one)) for one in (["simulation.mode=block"], ["simulation.block_days=2"])}
    assert len(others | {usual}) == 3


@pytest.mark.parametrize(("planes", "fits"), [(1000, True), (10_000, False)])
def test_a_million_satellites_fit_and_ten_do_not(planes, fits):
    mega = (f"{SHELL}.planes={planes}", f"{SHELL}.satellites_per_plane=1000", "satellite.gpus=80", "mission.years=10")
    wanted = (*mega, "satellite.mass_kg=1500", "workload.jobs=[]")
    if fits:
        assert baseline(*wanted).in_blocks
    else:
        with pytest.raises(ScenarioError, match="more than the 4,000,000 that a run can hold"):
            baseline(*wanted)


def test_tables_of_ten_days_let_ten_times_as_many_planes_fit():
    many = [f"{SHELL}.planes=9000", "mission.years=10"]
    assert baseline(*many, "simulation.mode=block")
    with pytest.raises(ScenarioError, match="planes x days"):
        baseline(*many, "simulation.mode=exact")


def test_a_campus_has_no_blocks():
    with pytest.raises(ScenarioError, match="no meaning beside a campus"):
        load("ground_stargate", set_=["simulation.mode=block"])


def test_what_blocks_do_not_know_is_refused_before_anything_runs(tmp_path):
    small = baseline(f"{SHELL}.planes=1", f"{SHELL}.satellites_per_plane=4", "mission.years=1", "workload.jobs=[]")
    small = small.model_copy(update={"simulation": small.simulation.model_copy(update={"mode": "block"})})
    with pytest.raises(ScenarioError, match="robotic_servicing"):
        experiment.compare(small, ["run_to_failure", "robotic_servicing"], 2, workers=1, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
