"""What `describe` says of models, checkpoints and their copies."""

import pytest

from sim.description import describe, facts
from sim.scenario import load

MODEL = ["workload.jobs.0.model={parameters: 405e9, tokens: 1e12}", "workload.jobs.0.checkpoint_durable_s=null"]
GIVEN = ["workload.jobs.0.gradient_gb=14", "workload.jobs.0.step_compute_s=5"]


def jobs_of(*settings):
    scenario = load("suncatcher_81", set_=list(settings))
    return facts(scenario)["jobs"][0], " ".join(describe(scenario).split())


def test_a_model_says_what_follows_from_it_and_what_is_given():
    job, text = jobs_of(*MODEL)
    assert "gradients 810 GB, steps" in text
    assert "state 6,480 GB, gradients" in text
    assert job["work_gpu_hours"] == pytest.approx(6 * 405e9 * 1e12 / (0.918e15 * 0.4) / 3600)
    # Eight satellites, each its own share through a store of 200 Gbit/s.
    assert job["checkpoint_durable_s"] == pytest.approx(0.59 + 6480 * 8 / 8 / 200)
    job, text = jobs_of(*MODEL, *GIVEN)
    assert "gradients 14 GB (as given), steps of 5 s (as given)" in text
    assert set(job["computed"]) == {"checkpoint_gb", "work_gpu_hours", "checkpoint_durable_s"}


@pytest.mark.parametrize(
    ("settings", "says", "survived"),
    [
        ([], "share lies on 1 other satellite too; 86% of losses of two at once leave it whole", 6 / 7),
        (["peer_replicas=3"], "share lies on 3 other satellites too; 100% of losses", 1),
        (
            ["checkpoint_to=local"],
            "when a satellite is lost it falls back on the copy sent to the ground every 24 h",
            0,
        ),
        (["checkpoint_to=local", "ground_checkpoint_h=null"], "it falls back on its beginning", 0),
        (["checkpoint_to=ground"], "checkpoints lie on the ground", 1),
    ],
)
def test_where_checkpoints_live(settings, says, survived):
    job, text = jobs_of(*(f"workload.jobs.0.{setting}" for setting in settings))
    assert says in text
    assert job["two_losses_survived"] == pytest.approx(survived)


def test_an_interval_shorter_than_a_save_is_stretched_and_said_so():
    short = "workload.jobs.0.checkpoint_interval_min=0.5"
    warnings = facts(load("suncatcher_81", set_=[short]))["warnings"]
    assert any("not every 0.5 min: a save begins once the last one is durable" in text for text in warnings)


@pytest.mark.parametrize(
    ("services", "says"),
    [
        ("[]", "jobs use at most 256 of the fleet's 2,916 GPUs: 91% are idle"),
        ("[{demand: {kind: constant, tokens_per_s: 1e6}}]", "inference is asked for 1,000: 57% are idle"),
        ("[{}]", "whatever they serve is taken to find a buyer"),
        ("[{demand: {kind: constant, tokens_per_s: 2.5e6}}]", None),
    ],
)
def test_gpus_without_a_job_are_told_of(services, says):
    settings = ["workload.jobs.0.count=1", f"workload.inference={services}", "ground={relay: {}}"]
    found = [text for text in facts(load("suncatcher_81", set_=settings))["warnings"] if "jobs use at most" in text]
    assert (says in found[0]) if says else not found


def test_jobs_that_wait_for_the_deployment_are_warned_of():
    ends = "workload.jobs.0={gpus: 64, count: 3, work_gpu_hours: 100}"
    early = facts(load("suncatcher_81", set_=[ends]))["warnings"]
    assert any("3 of 3 jobs with an end arrive before the fleet is complete (day 120" in text for text in early)
    for setting in ("deployment={kind: in_place}", "workload.jobs.0.arrival_day=130"):
        later = facts(load("suncatcher_81", set_=[ends, setting]))["warnings"]
        assert not any("before the fleet is complete" in text for text in later)
