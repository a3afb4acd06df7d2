"""Jobs that can never start, and jobs that can never get on."""

import pytest

from sim.description import facts
from sim.environment import Environment
from sim.errors import ScenarioError
from sim.experiment import run
from sim.scenario import load
from sim.scenario.models import Scenario

WAIT = "workload.jobs.0.on_loss=wait"
NODES = {"parameters": 1e9, "tokens_per_step": 1e6}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (["gpus=2881", "on_loss=wait"], r"--set: workload.jobs.0.gpus = 2881: needs 2,881 GPUs at once, and the fleet"),
        (
            ["gpus=5761"],
            r"needs 2,881 GPUs at once \(least_fraction 0.5 of 5,761\), .*more than 2,880, 36 in each of 80",
        ),
        (["gpus=3000", "least_fraction=1", "count=fill"], "never has more than 2,880"),
    ],
)
def test_a_job_larger_than_the_fleet_is_refused(settings, says):
    with pytest.raises(ScenarioError, match=says):
        load("baseline", set_=[f"workload.jobs.0.{one}" for one in settings])


def test_whole_copies_count():
    job = {"gpus": 5776, "tensor_parallel": 16, "model": NODES, "least_fraction": 0.499}
    with pytest.raises(ScenarioError, match=r"needs 2,896 GPUs .* of 5,776 in whole copies of 16"):
        load("baseline", set_=[f"workload.jobs=[{job}]".replace("'", "")])


def test_the_largest_design_counts_where_a_scenario_is_made_in_python_too(fleet):
    """The second design brings twice the GPUs, so a job of all of them can start one day."""
    job = {"gpus": 16, "on_loss": "wait"}
    Environment.build(fleet(slots=4, gpus=2, jobs=[job], designs={"later": {"gpus": 4}}))
    with pytest.raises(ScenarioError, match=r"workload.jobs.0.gpus = 17: needs 17 .* more than 16, 4 in each of 4"):
        Environment.build(fleet(slots=4, gpus=2, jobs=[job | {"gpus": 17}], designs={"later": {"gpus": 4}}))


def test_a_job_without_a_place_is_told_of_and_not_lost(fleet):
    # Two planes of four: five are nowhere together.
    jobs = [{"gpus": 5, "count": 2, "name": "broad", "on_loss": "wait"}, {"gpus": 3}]
    scenario = fleet(slots=4, shell={"planes": 2}, days=20, jobs=jobs)
    told = [text for text in facts(scenario)["warnings"] if "never starts" in text]
    assert told == [
        "job 'broad' needs 5 GPUs at once, in one plane, and the largest plane never has more than 4: it never starts"
    ]
    study = run(scenario, replicates=2)
    assert study.values("run_to_failure", "jobs_never_started").tolist() == [2, 2]
    text = " ".join(study.table().split())
    assert "Jobs that never started: 2 of 3. broad cannot: it needs 5 GPUs in one plane, and none ever has" in text
    assert "never started" not in run(fleet(slots=4, days=20, jobs=jobs[1:])).table()


def stopped(fleet, per_day, **job) -> Scenario:
    """One GPU that something stops so many times a day."""
    every = {"rate_per_year": 365.25 * per_day, "per": "gpu", "recovery": "process_restart"}
    return fleet(jobs=[{"gpus": 1, **job}], reliability={"interruptions": {"often": every}}, days=2)


@pytest.mark.parametrize("look", [facts, run])
def test_a_checkpoint_longer_than_the_time_between_interruptions_is_refused(fleet, look):
    says = (
        r"workload.jobs.0.checkpoint_block_s = 3700.*: job 'training' stands still for 3,700 s .* on 1 GPUs it is "
        r"interrupted every 3,600 s on average: must be less than that"
    )
    with pytest.raises(ScenarioError, match=says):
        look(stopped(fleet, 24, checkpoint_block_s=3700))
    # What is merely a bad idea is run: an interval or a save behind the computing that is as long.
    look(stopped(fleet, 24, checkpoint_block_s=3500))
    look(stopped(fleet, 24, checkpoint_interval_min=70, checkpoint_durable_s=4000))
