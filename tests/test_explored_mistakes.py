"""Mistakes in what is to be varied, and figures that nothing changes: one message, and no work lost."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from sim.exploration.inputs import inputs_of
from tests.command_line import orbitfleet
from tests.unit.test_sensitivity import IDLE
from tests.unit.test_sweep import HAZARD, PRICE, SMALL, TWO, small

SETTINGS = [part for setting in SMALL for part in ("--set", setting)]
FEW = [*SETTINGS, "--strategies", ",".join(TWO), "--workers", "1"]


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        (["relability.bus.constant_per_year=1:2"],
         "--vary: relability.bus.constant_per_year: relability: unknown key; did you mean 'reliability'?"),
        ([f"{PRICE}=1:10:1000", f"{HAZARD}=0.1:0.2:11"], "1000 x 11 = 11,000 points, more than 10,000"),
        ([f"{PRICE}=1:10", f"{PRICE}=1:20"], f"--vary: {PRICE}: is given twice"),
        (["satellite.gpus=120.5:130"], "--vary: satellite.gpus = 120.5: must be a whole number"),
        (["satellite.gpus=120:130.5"], "--vary: satellite.gpus = 130.5: must be a whole number"),
    ],
)  # fmt: skip
def test_what_is_mistyped_is_said_and_nothing_is_written(tmp_path, vary, said):
    options = [word for one in vary for word in ("--vary", one)]
    _, errors = orbitfleet("sweep", "starcloud_3", *options, *FEW, code=3, cwd=tmp_path)
    assert said in errors
    assert "; at " not in errors
    assert not list(tmp_path.iterdir())


def test_a_point_that_cannot_be_is_named_and_the_others_are_kept(tmp_path):
    hazards = ["--vary", f"{HAZARD}=0.1,0.2", "--replicates", "1", "--out", "out"]
    masses = ["--vary", "satellite.mass_kg=3000,150000"]  # what no vehicle carries shows when a design is built
    _, errors = orbitfleet("sweep", "starcloud_3", *masses, *hazards, *FEW, code=3, cwd=tmp_path)
    assert "too little for one satellite" in errors
    assert f"; at satellite.mass_kg=150000, {HAZARD}=0.1; 4 replicates of other points are kept in out" in errors
    before = (tmp_path / "out" / "replicates.jsonl").read_bytes()
    masses = ["--vary", "satellite.mass_kg=3000,4000"]
    out, _ = orbitfleet("sweep", "starcloud_3", *masses, *hazards, *FEW, "--json", cwd=tmp_path)
    assert len(json.loads(out)["points"]) == 4
    after = (tmp_path / "out" / "replicates.jsonl").read_bytes().splitlines()
    assert len(after) == 8
    assert set(before.splitlines()) < set(after)


def test_equal_strategies_are_ahead_by_0_and_not_by_minus_0(tmp_path):
    same = ["--strategies", "scheduled_batch,batch", "--metric", "satellites_launched", "--years", "0.1"]
    out, _ = orbitfleet("sweep", "starcloud_3", "--vary", f"{PRICE}=100,1000", *SETTINGS, *same, "--replicates", "1",
                        "--workers", "1", "--out", tmp_path / "out")  # fmt: skip
    rows = [line.split() for line in out.splitlines() if re.match(r" *(100|1000) ", line)]
    assert [row[-2] for row in rows] == ["0", "0"]


@pytest.mark.parametrize("method", ["morris", "sobol"])
@pytest.mark.parametrize("replicates", ["1", "2"])
@pytest.mark.parametrize("metric", ["net_cost_usd", "launches"])
def test_what_nothing_changes_is_said_and_drawn(tmp_path, method, replicates, metric):
    more = ["--method", method, "--points", "3", "--replicates", replicates, "--metric", metric]
    out, _ = orbitfleet("sensitivity", "starcloud_3", "--vary", f"{IDLE}=1:2", *more, *SETTINGS, "--workers", "1",
                        "--strategies", TWO[0], "--out", tmp_path / "out")  # fmt: skip
    assert f"None of these inputs changes {metric} of {TWO[0]} at any of the points." in " ".join(out.split())
    assert "hangs on" not in out
    assert "nan" not in out.lower()
    assert "NaN" not in (tmp_path / "out" / "sensitivity.json").read_text()


@pytest.mark.parametrize(("low", "high"), [(0.1, 150_000.0), (1000.0, 150_000.0), (3.0, 1000.0)])
def test_an_end_of_a_range_is_the_value_that_was_given(low, high):
    """Through a logarithm and back some would be 149999.99999999994."""
    (one,) = inputs_of(small(f"{PRICE}={low}:{high}::log_uniform"))
    assert one.at(np.array([0.0, 1.0])) == [low, high]
