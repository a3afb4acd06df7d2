"""The benchmark: its limits, its arithmetic, and that a process of its own measures each item."""

import json
import runpy
import sys
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
import pytest

from sim.bench import ITEMS, bench, shortcomings, table
from sim.bench.child import measured
from sim.bench.fleets import Fleet, network
from sim.bench.growth import growth_exponent
from sim.bench.items import (
    GROWTHS,
    STRATEGIES,
    ChargeAtEdges,
    Growth,
    Item,
    Measured,
    MemoryOfMany,
    Replicate,
    TwoCores,
    _block_growths,
    _block_items,
)
from sim.bench.machine import file_name, machine, peak_mb
from sim.bench.yardstick import million_timeouts
from sim.cli import main
from sim.errors import InputError

SMALL = Fleet("baseline", "run_to_failure", ("mission.years=0.1", "workload.jobs=[]"))
LIMITS = {
    **{f"million_{name}": 30.0 for name in STRATEGIES},
    **{f"ten_thousand_{name}": 8.0 for name in STRATEGIES},
    **{f"thousand_{name}": 1.5 for name in STRATEGIES},
    "thousand_edges": 12.0,
    "inference_units": 3.0,
    "one_gpu_jobs": 3.0,
    "two_cores": 1 / 1.8,
    "two_cores_study": None,
    "memory_of_200": 1.3,
    "version": 0.3,
    "import_sim": 0.6,
    "eclipses": 1 / 3000,
}
"""The speed table that the program was built to."""


@dataclass(frozen=True)
class Fixed(Item):
    """An item that takes what it says."""

    seconds: float | None = 1.0

    def measure(self) -> Measured:
        return Measured(self.seconds, 2000.0)


def test_limits_are_those_of_the_speed_table():
    items = {**_block_items(), **ITEMS}
    assert {name: item.limit for name, item in items.items()} == LIMITS
    assert {name for name, item in items.items() if item.memory_limit_mb == 1000.0} == set(list(LIMITS)[:3])
    assert {name: growth.limit for name, growth in {**_block_growths(), **GROWTHS}.items()} == {
        "block": 1.0,
        "exact": None,
    }


def test_fleets_are_as_large_as_their_items_say():
    for name, planes, satellites in (("ten_thousand", 100, 10_000), ("thousand", 20, 1_000)):
        scenario = ITEMS[f"{name}_scheduled_batch"].fleet.load()
        (shell,) = scenario.constellation.shells
        assert (shell.planes, shell.planes * shell.satellites_per_plane) == (planes, satellites)
        assert (scenario.satellite.gpus, scenario.mission.years) == (36, 5)
    units = ITEMS["inference_units"].fleet.load()
    shell = units.constellation.shells[0]
    assert shell.planes * shell.satellites_per_plane == 64
    assert 64 * units.satellite.gpus == 1152
    assert units.workload.inference
    assert not units.workload.jobs


def test_the_network_is_scaled_to_any_size():
    for satellites in (1_000, 2_000):
        scenario = network(satellites, "run_to_failure").load()
        shells = scenario.constellation.shells
        total = sum(getattr(shell, "planes", 1) * shell.satellites_per_plane for shell in shells)
        assert total == pytest.approx(satellites, rel=0.02)
        assert scenario.satellite.gpus == 80
        assert scenario.mission.years == 10


def test_the_exponent_of_a_power_law_is_its_own():
    sizes = [1e4, 1e5, 1e6]
    assert growth_exponent(sizes, [3e-4 * size**0.83 for size in sizes]) == pytest.approx(0.83)
    # Least squares in logarithms: what is off by the same factor up and down in turn cancels where it lies even.
    assert growth_exponent(sizes, [2 * sizes[0], sizes[1], 2 * sizes[2]]) == pytest.approx(1.0)
    noisy = [size**1.2 * off for size, off in zip(sizes, (1.1, 0.9, 1.0), strict=True)]
    assert growth_exponent(sizes, noisy) == pytest.approx(np.polyfit(np.log(sizes), np.log(noisy), 1)[0])


@pytest.mark.parametrize(("sizes", "times"), [([5], [1]), ([5, 5], [1, 2]), ([5, 6], [0, 1])])
def test_an_exponent_needs_sizes_and_times(sizes, times):
    with pytest.raises(ValueError, match="must be two or more"):
        growth_exponent(sizes, times)


def test_t_is_the_time_of_a_million_timeouts_however_many_are_measured():
    few, many = (min(million_timeouts(count) for _ in range(5)) for count in (20_000, 60_000))
    assert few == pytest.approx(many, rel=0.8)
    begun = process_time()
    found = million_timeouts(60_000)
    assert found <= (process_time() - begun) * 1_000_000 / 60_000


def test_ratios_are_times_over_t_and_what_is_over_its_limit_is_said(monkeypatch):
    monkeypatch.setattr("sim.bench.report.million_timeouts", iter([0.9, 0.5, 0.8, 0.6, 0.7, 0.7, 0.7, 0.7]).__next__)
    monkeypatch.setattr("sim.bench.report.measured", lambda name, item: item.measure())
    items = {
        "fast": Fixed("within", 10.0, seconds=4.0),
        "slow": Fixed("over", 1.9, seconds=1.0, memory_limit_mb=1000.0),
        "elsewhere": Fixed("not here", 1.0, seconds=None),
    }
    found = bench(items=items, growths={})
    assert found["t_seconds"] == 0.5  # the least, of those after items too
    rows = found["items"]
    assert {name: row["ratio"] for name, row in rows.items()} == {"fast": 8.0, "slow": 2.0, "elsewhere": None}
    assert rows["elsewhere"]["limit"] is None
    assert shortcomings(found) == ["slow: 2, at most 1.9", "slow: 2,000 MB, at most 1,000"]
    assert "fast" in table(found)
    assert "8 T" in table(found)


def test_growth_is_measured_at_each_size_and_once_where_an_item_is_the_same(monkeypatch):
    asked = []

    def fake(name, item):
        asked.append(item.fleet.satellites)
        return Measured(item.fleet.satellites**1.5, 1.0)

    monkeypatch.setattr("sim.bench.report.million_timeouts", lambda: 1.0)
    monkeypatch.setattr("sim.bench.report.measured", fake)
    fleets = {size: network(size, "scheduled_batch") for size in (10_000, 100_000, 1_000_000)}
    items = {"million": Replicate("a million", 30.0, fleets[1_000_000], tries=1)}
    found = bench(items=items, growths={"block": Growth("block", 1.0, fleets, tries=1)})
    assert asked == [1_000_000, 10_000, 100_000]
    assert found["exponents"]["block"]["exponent"] == pytest.approx(1.5)
    assert shortcomings(found)[-1] == "growth_block: exponent 1.500, at most 1"


def test_a_fleet_is_measured_in_a_process_of_its_own():
    ballast = np.ones(25_000_000)  # 200 MB that are not the item's
    found = measured("small", Replicate("a small fleet", 1.0, SMALL, tries=1))
    assert found.value is not None
    assert 0 < found.value < 60
    assert 60 < found.memory_mb < peak_mb() - 50
    del ballast  # it was alive until here


def test_charge_at_edges_takes_longer_than_the_replicate_alone():
    alone, charged = (
        min(made.measure().value for _ in range(2))
        for made in (Replicate("alone", 1.0, SMALL, tries=2), ChargeAtEdges("charged", 1.0, SMALL))
    )
    assert charged > alone


def test_two_processes_against_one_give_a_ratio_and_one_core_none(monkeypatch):
    for with_folder in (False, True):
        item = TwoCores("two", 1.0, SMALL, replicates=3, with_folder=with_folder)
        assert item.measure().value > 0
    monkeypatch.setattr("sim.bench.items.cores", lambda: 1)
    assert item.measure().value is None


def test_memory_of_many_replicates_is_a_ratio_of_two_processes():
    found = measured("memory", MemoryOfMany("memory", 1.3, SMALL, replicates=2))
    assert found.value == pytest.approx(1.0, abs=0.25)


def test_a_process_that_dies_is_one_message():
    with pytest.raises(InputError, match=r"^big: its process ended with 1: .*nowhere"):
        measured("big", Replicate("of no scenario", 1.0, Fleet("nowhere", "run_to_failure")))


def test_results_name_the_processor_and_nothing_of_whose_it_is():
    on = machine()
    assert set(on) == {"cpu", "cores", "system", "python", "numpy", "scipy", "simpy", "orbitfleet"}
    assert file_name({"cpu": "AMD EPYC 9R14 (x64)"}) == "results-amd-epyc-9r14-x64.json"


SCRIPTS = sorted((Path(__file__).parents[2] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_each_script_finds_what_it_needs(path):
    assert callable(runpy.run_path(str(path), run_name="not_main")["main"])


def run_command(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["orbitfleet", "bench", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    return ended.value.code, printed.out, printed.err


def test_the_command_prints_and_keeps_one_object(monkeypatch, capsys, tmp_path):
    code, out, err = run_command(monkeypatch, capsys, "version", "import*", "--out", str(tmp_path), "--json")
    found = json.loads(out or err[err.index("{") : err.rindex("}") + 1])
    assert code == (4 if shortcomings(found) else 0)
    assert bool(out) == (code == 0)
    assert set(found) == {"schema_version", "machine", "t_seconds", "items", "exponents"}
    assert list(found["items"]) == ["version", "import_sim"]
    assert found["exponents"] == {}
    for row in found["items"].values():
        assert 0 < row["ratio"] < 100
        assert row["memory_mb"] > 5
    (kept,) = tmp_path.iterdir()
    assert kept.name == file_name(found["machine"])
    assert json.loads(kept.read_text()) == found


def test_an_item_over_its_limit_ends_with_code_4(monkeypatch, capsys):
    monkeypatch.setattr("sim.bench.report.measured", lambda name, item: Measured(1e6, 1.0))
    code, out, err = run_command(monkeypatch, capsys, "version", "--json")
    assert code == 4
    assert not out
    assert "orbitfleet: check failed: version: " in err


def test_an_unknown_item_is_a_usage_error(monkeypatch, capsys):
    code, _, err = run_command(monkeypatch, capsys, "versoin")
    assert code == 2
    assert "did you mean 'version'" in " ".join(err.replace("│", " ").split())


def test_an_unknown_item_that_is_like_none_is_answered_with_all(monkeypatch, capsys):
    code, _, err = run_command(monkeypatch, capsys, "zzz_*")
    assert code == 2
    assert "there are million_run_to_failure" in " ".join(err.replace("│", " ").split())
