"""Tables on disk: whose they are, and when they are made anew."""

from __future__ import annotations

import operator
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from sim import code_digest
from sim.environment import Environment, cache
from sim.environment.cache import NOT_IN_TABLES, entry, key_of, tables
from sim.scenario.models import Scenario
from sim.scenario.simulation import Simulation


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ORBITFLEET_CACHE", str(tmp_path / "tables"))


@pytest.fixture
def edit(monkeypatch):
    """`edit(name)`: the code as if this file of the package had been edited."""

    def edited(name):
        def digest(module):
            return code_digest.digest_of_closure(
                code_digest.PACKAGE,
                module,
                lambda path: path.read_bytes() + (b"#" if path == code_digest.PACKAGE / name else b""),
            )

        monkeypatch.setattr(cache, "closure_digest", digest)

    return edited


def test_tables_are_made_once_and_mapped(tmp_path):
    made = []

    def make():
        made.append(1)
        return {"table": np.arange(3.0)}

    make.__module__ = "sim.environment.environment"
    for _ in range(2):
        assert tables("key", make)["table"].tolist() == [0, 1, 2]
    assert len(made) == 1
    assert isinstance(tables("key", make)["table"], np.memmap)


@pytest.mark.parametrize(
    ("name", "anew"),
    [("scenario/hardware.py", True), ("physics/drag.py", True), ("plots/losses.py", False), ("cli/output.py", False)],
)
def test_an_environment_is_made_anew_when_code_that_it_depends_on_changes(fleet, edit, monkeypatch, name, anew):
    scenario, stored = fleet(days=30), []
    store = cache._store
    monkeypatch.setattr(cache, "_store", lambda place, made: stored.append(place) or store(place, made))
    Environment.build(scenario)
    first = list(stored)
    Environment.build(scenario)
    assert stored == first != []
    edit(name)
    Environment.build(scenario)
    assert len(stored) == len(first) * (2 if anew else 1)
    assert len(set(stored)) == len(stored)


def test_no_table_depends_on_what_is_not_in_the_key(fleet, tmp_path, monkeypatch):
    scenario = fleet(days=30)
    built = Environment.build(scenario)
    # What launches carry and how many jobs there are is worked out without tables: those are the same for others.
    stripped = fleet(days=30, per_flight=7, jobs=[{"gpus": 2}], deployment={"kind": "launched"})
    for name in set(NOT_IN_TABLES) - {"launch", "workload", "deployment", "campus", "simulation"}:
        del stripped.__dict__[name]  # to ask for it is an error now
    with pytest.raises(AttributeError):
        _ = stripped.reliability
    monkeypatch.setenv("ORBITFLEET_CACHE", str(tmp_path / "none yet"))
    again = Environment.build(stripped)
    assert list((tmp_path / "none yet").iterdir())
    for table in ("sunlit", "keeping.delta_v_m_s", "keeping.dead_years", "keeping.punctures_per_year"):
        ours, theirs = (operator.attrgetter(table)(one) for one in (again, built))
        assert np.array_equal(ours, theirs), table
    assert again.designs[0].satellites_per_flight != built.designs[0].satellites_per_flight


def test_what_the_key_covers(fleet):
    scenario = fleet(days=30)
    assert key_of(fleet(days=30, dormancy=0.5, lead=9, success=0.5)) == key_of(scenario)
    assert key_of(fleet(days=31)) != key_of(scenario)
    assert key_of(scenario, "other tables") != key_of(scenario)
    assert key_of(fleet(days=30, satellite={"mass_kg": 2})) != key_of(scenario)
    assert key_of(fleet(days=30, space={"solar_activity": "high"})) != key_of(scenario)
    assert key_of(scenario.model_copy(update={"simulation": Simulation(block_days=2)})) == key_of(scenario)
    assert key_of(scenario.model_copy(update={"simulation": Simulation(mode="block")})) != key_of(scenario)
    assert set(Scenario.model_fields) > NOT_IN_TABLES


def test_scenarios_of_one_geometry_do_not_share_what_depends_on_the_rest(fleet, environment):
    """The tests' own cache of environments."""
    plain, worn = (
        environment(fleet(days=700, radiation={"wear": {"memory_onset_krad": 0.01, "derating_per_krad": share}}))
        for share in (0.0, 0.05)
    )
    speeds = [float(each.designs[0].operation.light_speed[0, -1]) for each in (plain, worn)]
    assert speeds[1] < speeds[0]
    assert worn.designs[0].operation.light_speed[0, 0] == plain.designs[0].operation.light_speed[0, 0]


def test_entries_of_other_code_lie_elsewhere(edit):
    def make():
        return {}

    make.__module__ = "sim.environment.environment"
    before = entry("key", make)
    edit("scenario/hardware.py")
    assert entry("key", make) != before
    assert entry("key", make).parent == before.parent


def test_a_changed_mass_formula_changes_what_is_computed_from_it(tmp_path):
    """In a copy of the package, in new processes, as somebody who edits it would."""
    shutil.copytree(code_digest.PACKAGE, tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(code_digest.PACKAGE.parent / "configs", tmp_path / "configs")
    code = "import sim; from sim.description import facts; print(sim.__file__); "
    code += "print(facts(sim.load('baseline', set_=['mission.years=0.1']))['satellite']['death']['years_aloft_max'])"

    def years_aloft() -> float:
        ran = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        file, years = ran.stdout.split()
        assert file == str(tmp_path / "sim" / "__init__.py")
        return float(years)

    before = years_aloft()
    assert years_aloft() == before
    with open(tmp_path / "sim" / "scenario" / "hardware.py", "a") as file:
        file.write("\nSatellite.given_launch_mass_kg = property(lambda satellite: 2 * satellite.mass_kg)\n")
    assert years_aloft() > 1.5 * before
