"""A fleet beside its ground twin: paired figures, the quotient of costs, and what the command prints."""

import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.cli.commands import app
from sim.experiment.beside_ground import BesideGround, beside_ground
from sim.experiment.envelope import quotient_interval
from sim.scenario import load

SMALL = [
    "constellation.shells.0.satellites_per_plane=12",
    "mission.years=3",
    "workload.jobs.0.count=1",
    "deployment={kind: in_place}",
]


@pytest.fixture(scope="module")
def found() -> BesideGround:
    return beside_ground(load("suncatcher_81", set_=SMALL), strategy="run_to_failure", replicates=12, workers=1)


def values(found: BesideGround, metric: str) -> tuple[np.ndarray, np.ndarray]:
    return tuple(study.values(study.strategies[0], metric) for study in (found.orbit, found.ground))


def test_the_ratio_is_that_of_the_levelised_costs(found):
    cost, hours = values(found, "total_cost_usd"), values(found, "discounted_useful_gpu_hours")
    ratio = (cost[0].mean() / hours[0].mean()) / (cost[1].mean() / hours[1].mean())
    assert found.ratio.mean == pytest.approx(ratio)
    # Fieller's interval of the one quotient in which nearly all of the chance is: within a quarter of its width.
    scale = cost[1].mean() / hours[1].mean()
    low, high = quotient_interval(cost[0], hours[0] * scale)
    assert found.ratio.ci_low == pytest.approx(low, abs=0.25 * (high - low))
    assert found.ratio.ci_high == pytest.approx(high, abs=0.25 * (high - low))


def test_differences_are_paired(found):
    a, b = values(found, "useful_gpu_hours")
    assert found.difference("useful_gpu_hours").mean == pytest.approx((a - b).mean())
    levelised = found.difference("cost_per_useful_gpu_hour_usd")
    each = [
        study.metrics(study.strategies[0])["cost_per_useful_gpu_hour_usd"].raw_mean
        for study in (found.orbit, found.ground)
    ]
    assert levelised.mean == pytest.approx(each[0] - each[1])


def test_the_verdict_follows_the_interval(found):
    assert found.ratio.ci_low > 1
    assert found.verdict().endswith("the ground is cheaper.")
    turned = BesideGround(found.ground, found.orbit)
    assert turned.ratio.mean == pytest.approx(1 / found.ratio.mean)
    assert turned.verdict().endswith("orbit is cheaper.")
    same = BesideGround(found.orbit, found.orbit)
    assert same.ratio.mean == pytest.approx(1)
    assert same.ratio.ci_high - same.ratio.ci_low < 1e-9


def test_the_command_says_what_the_function_finds():
    settings = [part for one in SMALL for part in ("--set", one)]
    args = ["ground", "suncatcher_81", *settings, "--strategy", "run_to_failure", "--replicates", "2", "--workers", "1"]
    text = CliRunner().invoke(app, args).stdout
    done = CliRunner().invoke(app, [*args, "--json"])
    whole = json.loads(done.stdout)
    assert whole["verdict"] in " ".join(text.split())
    assert whole["ratio"]["mean"] == pytest.approx(float(re.search(r"costs ([0-9.]+)", text)[1]), rel=0.01)
    assert set(whole["differences"]) == set(whole["orbit"]) == set(whole["ground"])


def test_a_template_of_ones_own_moves_the_ground_alone():
    scenario = load("suncatcher_81", set_=[*SMALL, "mission.years=2"])
    dear, cheap = (
        beside_ground(scenario, template, strategy="run_to_failure", replicates=1, workers=1)
        for template in (None, load("ground_stargate", "overlays/ground_s1_anchor"))
    )
    orbit, ground = zip(values(dear, "total_cost_usd"), values(cheap, "total_cost_usd"), strict=True)
    assert orbit[0] == orbit[1]
    assert ground[1] < ground[0]
