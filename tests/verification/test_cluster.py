"""Terrestrial clusters: another simulator's results, a direct simulation of the semantics, and closed forms."""

import json
from math import exp, gamma, sqrt

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.cli.commands import app
from sim.constants import DAYS_PER_YEAR
from sim.engine import simulate
from sim.environment import Environment
from sim.errors import InputError, ScenarioError
from sim.events import HOSTS_BACK, HOSTS_OUT, EventKind
from sim.metrics.series import accumulate, mean
from sim.scenario import load
from sim.shipped import validation_case
from sim.sparing import machine_repair
from sim.verify.cluster import (
    ACCEPTED,
    CERTAIN,
    _compared,
    measured,
    scenario_of,
    shipped_cases,
    shortcomings,
    table,
    verify_cluster,
)
from sim.verify.cluster_case import ClusterCase, case_of, cases_in, retirement_of
from tests.verification.cluster_direct import Direct

CASES = cases_in(shipped_cases())
SMALL = "C7_small_fast_64_servers"


def z_of(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    spread = ours.var(axis=0, ddof=1) / len(ours) + theirs.var(axis=0, ddof=1) / len(theirs)
    return (ours.mean(axis=0) - theirs.mean(axis=0)) / np.sqrt(np.maximum(spread, 1e-300))


def figures(case: dict, replicates: int, seed: int = 5) -> np.ndarray:
    """(hours, failures) of some replicates of a case."""
    scenario = scenario_of(shipped_cases(), "case", case)
    environment = Environment.build(scenario)
    found = [measured(simulate(scenario, environment, "run_to_failure", seed, r)) for r in range(replicates)]
    return np.array([(one["training_time_hours"], one["total_failures"]) for one in found])


def test_the_small_case_agrees_with_the_other_simulator():
    found = verify_cluster(shipped_cases(), case=SMALL, replicates=40)
    assert shortcomings(found) == []
    assert json.dumps(found)
    assert SMALL in table(found)


@pytest.mark.parametrize("name", [name for name in CASES if name != SMALL])
def test_the_large_cases_agree_with_the_other_simulator(name):
    found = verify_cluster(shipped_cases(), case=name, replicates=6)
    assert shortcomings(found) == []
    case = found["cases"][name]
    if name.startswith("C6"):
        assert case["total_failures"]["mean"] == 204
        assert case["total_failures"]["se"] == case["total_failures"]["z"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_all_cases_agree_with_many_replicates(name):
    assert shortcomings(verify_cluster(shipped_cases(), case=name, replicates=100, seed=11)) == []


def test_with_ample_standbys_failures_are_poisson():
    case = CASES["C1_random_only_ample_pool"]
    small = {"job_size": 256, "warm_standbys": 200, "working_pool_size": 460, "job_length": 14400.0}
    found = figures({**case, "params": {**case["params"], **small}, "overrides": {}}, 60)
    expected = 256 * 0.01 * 10  # hosts x rate x days
    assert abs(found[:, 1].mean() - expected) < 4 * sqrt(expected / 60)
    assert found[:, 1].var(ddof=1) == pytest.approx(expected, rel=4 * sqrt(2 / 59))
    assert found[:, 0] == pytest.approx(240 + found[:, 1] / 3 + 0.05)  # compute, 20 min a failure, one selection


def test_without_repair_the_number_of_failures_is_certain():
    case = CASES["C6_no_repair_finite_spares_to_depletion"]
    found = figures(case, 12)
    assert (found[:, 1] == 204).all()
    expected = 204 / (4096 * 0.01) * 24 + (204 * 20 + 12 * 3 + 200 * 20) / 60
    assert abs(found[:, 0].mean() - expected) < 4 * 8.369 / sqrt(12)


HARDER = {
    "bad": {"systematic_failure_fraction": 0.3},
    "unseen": {"diagnosis_probability": 0.6, "systematic_failure_fraction": 0.2},
    "mistaken": {"diagnosis_probability": 0.8, "diagnosis_uncertainty": 0.5, "systematic_failure_fraction": 0.2},
    "without_standbys": {"warm_standbys": 0, "working_pool_size": 70, "systematic_failure_fraction": 0.2},
    "turning_bad": {
        "systematic_failure_fraction": 0.3,
        "bad_server_regeneration": True,
        "bad_server_regen_interval": 1000,
        "job_length": 20000.0,
    },
    "weibull": {"failure_distribution": "weibull", "weibull_shape": 1.4, "systematic_failure_fraction": 0.2},
    "lognormal": {"failure_distribution": "lognormal", "lognormal_sigma": 1.5, "systematic_failure_fraction": 0.2},
    "given_up": {
        "removal": "ThresholdRemoval max_failures=3, window=100000",
        "systematic_failure_fraction": 0.3,
        "spare_pool_size": 30,
    },
    "scored": {
        "removal": "ScoredRemoval initial_score=100, failure_penalty=40, success_increment=2, time_period=200, "
        "retirement_threshold=0",
        "systematic_failure_fraction": 0.3,
        "spare_pool_size": 30,
    },
}


@pytest.mark.parametrize("name", HARDER)
def test_it_agrees_with_a_direct_simulation_of_the_semantics(name):
    changed = dict(HARDER[name])
    removal = changed.pop("removal", "never")
    parameters = {**CASES[SMALL]["params"], "job_length": 20000.0, **changed}
    direct = np.array([Direct(parameters, retirement_of(removal), seed).run() for seed in range(30)], float)
    direct[:, 0] /= 60
    ours = figures({"params": parameters, "removal": removal}, 30)
    assert (np.abs(z_of(ours, direct)) < 3.9).all()
    assert direct[:, 1].std() > 0


# Closed forms through scenarios of one's own


def campus(**fields: object):
    given = {
        "mission.years": 4,
        "satellite.gpus": 1,
        "campus.hosts": 40,
        "campus.spare_hosts": 0,
        "campus.warm_standbys": 0,
        "campus.bad.share": 0,
        "campus.selection_min": 0,
        "campus.repair.automatic_min": 0,
        "campus.repair.manual_share": 0,
        "campus.repair.automatic_failure": 0,
        "workload.jobs.0.gpus": 40,
        "workload.jobs.0.restart_min": 0,
    }
    given |= {name.replace("__", "."): value for name, value in fields.items()}
    return load(validation_case("cluster"), set_=[f"{path}={json.dumps(value)}" for path, value in given.items()])


def results(scenario, replicates: int):
    environment = Environment.build(scenario)
    return [simulate(scenario, environment, "run_to_failure", 3, replicate) for replicate in range(replicates)]


WEAR_OUT = {"kind": "weibull", "shape": 3.0, "scale_years": 50 / DAYS_PER_YEAR}


def failures_of(replicates: int, days: float, **fields: object) -> np.ndarray:
    """Failures of 40 hosts that all compute all the time."""
    fields = {"reliability__bus": WEAR_OUT, "workload__jobs__0__work_gpu_hours": 40 * 24 * days, **fields}
    return np.array([r.events.count(EventKind.JOB_INTERRUPTED) for r in results(campus(**fields), replicates)])


def renewal(law: dict, days: float, steps: int = 2000) -> float:
    """Renewal function of a Weibull life, by its integral equation on a grid."""
    scale = law["scale_years"] * DAYS_PER_YEAR
    share = 1 - np.exp(-((np.linspace(0, days, steps + 1) / scale) ** law["shape"]))
    mass, found = np.diff(share), np.zeros(steps + 1)
    for at in range(1, steps + 1):
        found[at] = share[at] + mass[:at] @ (found[at - 1 :: -1] + found[at:0:-1])[:at] / 2
    return float(found[-1])


def test_hosts_that_wear_out_are_renewed_one_by_one():
    # Each keeps its age through the failures of the others: 40 renewal processes.
    found = failures_of(12, 60.0)
    expected = 40 * renewal(WEAR_OUT, 60.0)
    assert abs(found.mean() - expected) < 4 * found.std(ddof=1) / sqrt(12)


def test_a_repair_that_fails_leaves_a_host_as_old_as_before():
    found = failures_of(12, 60.0, campus__repair__automatic_failure=1)
    expected = 40 * (60 / 50) ** 3  # the accumulated hazard
    assert abs(found.mean() - expected) < 4 * sqrt(expected / 12)


def test_lives_drawn_anew_at_each_restart_lose_what_wears_out():
    kept, anew = failures_of(6, 60.0), failures_of(6, 60.0, campus__restart_renews_hosts=True)
    assert anew.mean() < 0.5 * kept.mean()
    # The first of 40 that are all new: a Weibull life with 40 times the hazard.
    first = 50 * gamma(1 + 1 / 3) / 40 ** (1 / 3)
    assert abs(anew.mean() - 60 / first) < 4 * sqrt(60 / first / 6)


def test_exponential_hosts_do_not_mind_being_renewed():
    law = {"kind": "exponential", "rate_per_year": 3.6525}
    kept, anew = (
        failures_of(12, 90.0, reliability__bus=law, campus__restart_renews_hosts=renews) for renews in (False, True)
    )
    for found in (kept, anew):
        assert abs(found.mean() - 36) < 4 * sqrt(36 / 12)


@pytest.mark.parametrize("kind", ["weibull", "lognormal"])
def test_laws_of_a_case_have_the_mean_that_its_rate_says(kind):
    parameters = {**CASES[SMALL]["params"], "failure_distribution": kind, "weibull_shape": 2.0, "lognormal_sigma": 0.7}
    law = case_of(shipped_cases(), "case", {"params": parameters}).law
    minutes = {
        "weibull": lambda: law["scale_years"] * gamma(1.5),
        "lognormal": lambda: law["median_years"] * exp(0.5 * 0.7**2),
    }[kind]() * DAYS_PER_YEAR * 1440  # fmt: skip
    assert minutes == pytest.approx(1 / parameters["random_failure_rate"])
    scenario = scenario_of(shipped_cases(), "case", {"params": parameters})
    assert scenario.campus.restart_renews_hosts
    assert scenario.reliability.bus.kind == kind


@pytest.mark.parametrize(("crews", "spares"), [(1, 3), (2, 3)])
def test_a_machine_with_spares_and_technicians(crews, spares):
    # One host at work at a time: M/M/c/K with K = spares + 1.
    scenario = campus(
        campus__hosts=1 + spares,
        campus__repair__manual_share=1,
        campus__repair__manual_min=1440 * 4,
        campus__repair__technicians=crews,
        reliability__bus={"kind": "exponential", "rate_per_year": DAYS_PER_YEAR / 3},
        workload__jobs__0__gpus=1,
        workload__jobs__0__work_gpu_hours=None,
    )
    theory = machine_repair(places=1, spares=spares, crews=crews, mttf=3, mttr=4)
    working, down, busy = [], [], []
    for result in results(scenario, 6):
        log, horizon = result.events, result.horizon_days
        working.append((log.total(EventKind.COMMITTED) + log.total(EventKind.UNCOMMITTED)) / 24 / horizon)
        out = np.isin(log.kind, HOSTS_OUT).astype(float) - np.isin(log.kind, HOSTS_BACK)
        down.append(mean(*accumulate(log.time_days, out, horizon), horizon))
        busy.append(log.total(EventKind.VISITED) / 24 / horizon / crews)
    for found, expected in ((working, theory.operating), (down, theory.down), (busy, theory.utilisation)):
        assert abs(np.mean(found) - expected) < 4 * np.std(found, ddof=1) / sqrt(6)


@pytest.mark.parametrize("during", [False, True])
def test_checkpointed_work_takes_the_time_that_daly_says(during):
    # Hosts fail once in M = .05 days in all; checkpoints of 5 minutes every 20, restarts of 10.
    mtbf, write, restart, interval, work = 0.05, 5 / 1440, 10 / 1440, 20 / 1440, 0.5
    scenario = campus(
        mission__years=1,
        campus__hosts=1000,
        campus__warm_standbys=900,
        campus__continuous_checkpoints=False,
        reliability__bus={"kind": "exponential", "rate_per_year": DAYS_PER_YEAR / mtbf / 40},
        workload__jobs__0__work_gpu_hours=40 * 24 * work,
        workload__jobs__0__checkpoint_interval_min=20,
        workload__jobs__0__checkpoint_block_s=300,
        workload__jobs__0__checkpoint_durable_s=300,
        workload__jobs__0__restart_min=10,
        workload__jobs__0__failures_during_restart=during,
    )
    found = [r.events.where(EventKind.JOB_FINISHED).time_days[0] for r in results(scenario, 30)]
    cycle = exp((interval + write) / mtbf) - 1
    each = mtbf * exp(restart / mtbf) * cycle if during else (mtbf + restart) * cycle
    assert abs(np.mean(found) - each * work / interval) < 4 * np.std(found, ddof=1) / sqrt(30)


# What is no case


def parameters(**changed: object) -> dict:
    return {"params": {**CASES[SMALL]["params"], **changed}, "results": CASES[SMALL]["results"]}


def test_every_parameter_acts():
    quiet = {"seed", "num_replications", "adaptive_replications", "confidence_level", "relative_accuracy"}
    laws = {"weibull_shape": "weibull", "lognormal_sigma": "lognormal"}
    base = {**CASES[SMALL]["params"], "systematic_failure_fraction": 0.1, "bad_server_regeneration": True}
    for name in ClusterCase.model_fields.keys() - quiet - {"max_replications"}:
        kind = laws.get(name, "exponential")
        value = {"failure_distribution": "weibull", "bad_server_regeneration": False}.get(name)
        if value is None:
            old = base[name]
            value = old + 1 if isinstance(old, int) else (0.9 * old if old else 0.5)
        before, after = ({**base, "failure_distribution": kind, **more} for more in ({}, {name: value}))
        one, other = (scenario_of(shipped_cases(), "case", {"params": each}) for each in (before, after))
        assert one != other, name


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (parameters(rack_size=8), r"cases\.case\.params: rack_size = 8: no parameter that is known here"),
        (parameters(job_sise=8), "did you mean 'job_size'"),
        (parameters(diagnosis_probability=1.5), "diagnosis_probability"),
        (parameters(job_size=500), "job_size"),
        (parameters(failure_distribution="gamma"), "failure_distribution"),
        ({"params": {k: v for k, v in CASES[SMALL]["params"].items() if k != "job_size"}}, "job_size"),
        ({**parameters(), "overrides": {"job_size": 7}}, "another value under `overrides`"),
        ({**parameters(), "removal": "at will"}, "removal 'at will': must be never"),
        ({**parameters(), "removal": "ThresholdRemoval max_failure=1"}, "no parameter of that policy"),
        ({**parameters(), "removal": "ThresholdRemoval max_failures=1, window=long"}, "window: no number"),
        ({}, "is missing"),
        ({**parameters(), "results": {"training_time_hours": {"mean": 1}}}, "training_time_hours: needs numbers"),
    ],
)
def test_a_case_that_is_none_is_refused_by_name(case, said, tmp_path):
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": {"case": case}}))
    with pytest.raises((InputError, ScenarioError), match=said):
        verify_cluster(file, replicates=1)


def test_removal_policies_are_read():
    text = "permanent at first failure (ThresholdRemoval max_failures=1, window=inf)"
    assert retirement_of(text) == {"kind": "failures", "failures": 1, "window_days": None}
    assert retirement_of("ThresholdRemoval(max_failures=5, window_minutes=10080)")["window_days"] == 7
    assert retirement_of("ThresholdRemoval max_failures=inf") == {"kind": "never"}
    for window in ("10080", "7*24*60", "7 days", "7d", "168 h"):
        assert retirement_of(f"ThresholdRemoval max_failures=2, window={window}") == {
            "kind": "failures", "failures": 2, "window_days": 7,
        }  # fmt: skip
    assert retirement_of("ThresholdRemoval(max_failures=1, window_minutes=float('inf'))")["window_days"] is None
    assert retirement_of("NeverRemove()") == retirement_of("never") == {"kind": "never"}
    assert retirement_of("ScoredRemoval failure_penalty=60, time_period=720")["credit_days"] == 0.5


def test_a_job_on_hosts_that_never_fail_takes_its_own_time():
    found = figures({"params": {**CASES[SMALL]["params"], "random_failure_rate": 0.0}}, 1)
    assert found[0].tolist() == pytest.approx([1440 + 0.05, 0])


def test_z_without_chance_is_0_or_certain():
    assert _compared([204.0] * 3, 204.0, 0.0)["z"] == 0
    assert _compared([204.0] * 3, 205.0, 0.0)["z"] == -CERTAIN
    assert _compared([1.0, 3.0], 2.0, 0.5)["z"] == 0
    assert _compared([1.0, 3.0], 8.0, 0.0)["z"] == pytest.approx(-6)


def test_the_command_fails_where_a_figure_is_too_far(tmp_path):
    case = json.loads(json.dumps(CASES[SMALL]))
    case["params"] |= {"job_length": 1000.0}
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": {"a": case}}))
    arguments = ["verify", "cluster", str(file), "--case", "a", "--replicates", "3", "--json"]
    found = CliRunner().invoke(app, arguments)
    assert found.exit_code == 4
    assert found.stdout == ""
    assert f"at most {ACCEPTED:g} is accepted" in found.stderr
    case["results"]["training_time_hours"] |= {"mean": 1000 / 60 + 0.05, "se": 50}
    case["results"]["total_failures"] |= {"mean": 2, "se": 5}
    case["results"]["effective_training_ratio"] |= {"mean": 1, "se": 1}
    file.write_text(json.dumps({"cases": {"a": case}}))
    found = CliRunner().invoke(app, arguments)
    assert found.exit_code == 0
    assert set(json.loads(found.stdout)["cases"]["a"]) == {
        "training_time_hours", "total_failures", "effective_training_ratio", "seconds_per_replicate",
    }  # fmt: skip
