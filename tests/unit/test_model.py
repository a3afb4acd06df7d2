"""What follows from a model, against figures worked out by hand and published ones."""

from math import isnan

import pytest
from pydantic import ValidationError

from sim.environment import Environment
from sim.metrics import measure
from sim.workloads import Hardware, Model, TrainingJob, job_figures

H100 = Hardware(peak_pflops=0.989, gpus_per_satellite=8, own_gb_s=200, peer_gb_s=1000, ground_gb_s=1)


def test_the_work_of_llama_3():
    # 405B parameters, 15.6e12 tokens: 3.8e25 operations (arXiv 2407.21783).  At 40 % of 989 TFLOP/s 26.6 million
    # GPU-hours; the model card gives 30.84 million, stops and other work included.
    model = Model(parameters=405e9, tokens=15.6e12, mfu=0.4)
    assert model.flops_per_token * 15.6e12 == pytest.approx(3.8e25, rel=0.01)
    assert model.gpu_hours(0.989) == pytest.approx(3.79e25 / (0.989e15 * 0.4) / 3600, rel=1e-3)
    assert 0.8 < model.gpu_hours(0.989) / 30.84e6 < 1
    assert Model(parameters=405e9, flops=3.7908e25).gpu_hours(0.989) == pytest.approx(model.gpu_hours(0.989))
    # 16e6 tokens a step on 16,384 GPUs: six seconds.
    assert model.step_s(16_384, 0.989) == pytest.approx(6 * 405e9 * 16e6 / (16_384 * 0.989e15 * 0.4))
    assert model.state_gb == 6480
    assert model.gradient_gb == 810


def test_figures_follow_from_the_model_and_what_is_given_wins():
    model = {"parameters": 405e9, "tokens": 1e12}
    found = job_figures(TrainingJob(gpus=8, model=model, peer_replicas=2), H100)
    # 6.5 TB over one link of 1 Tbit/s: 52 s each; at 1 Gbit/s to the ground 14.4 h.
    assert found.durable_s == pytest.approx(0.59 + max(2 * 51.84, 6480 * 8 / 200))
    assert found.load_s == pytest.approx(6480 * 8 / 200)
    assert found.ground_s / 3600 == pytest.approx(14.4)
    assert set(found.computed) == {
        "checkpoint_gb", "gradient_gb", "step_compute_s", "work_gpu_hours", "checkpoint_durable_s"
    }  # fmt: skip
    fast = Hardware(0.989, 8, 1e6, 1000, 1)
    assert job_figures(TrainingJob(gpus=8, model=model), fast).durable_s == pytest.approx(0.59 + 51.84)
    assert job_figures(TrainingJob(gpus=80, model=model), fast).durable_s == pytest.approx(0.59 + 5.184)
    given = {
        "checkpoint_gb": 1000.0,
        "gradient_gb": 3.0,
        "step_compute_s": 2.0,
        "work_gpu_hours": 77.0,
        "checkpoint_durable_s": 9.0,
    }
    found = job_figures(TrainingJob(gpus=8, model=model, **given), H100)
    assert found.computed == ()
    assert (found.checkpoint_gb, found.gradient_gb, found.step_compute_s) == (1000, 3, 2)
    assert (found.work_gpu_hours, found.durable_s) == (77, 9)


def test_without_a_model_figures_are_the_usual_ones():
    found = job_figures(TrainingJob(gpus=8), H100)
    assert (found.gradient_gb, found.step_compute_s, found.work_gpu_hours, found.durable_s) == (0, 10, None, 51)
    assert (found.load_s, found.load_away_s, found.load_ground_s, found.ground_s) == (0, 0, 0, 0)
    assert found.computed == ()
    assert job_figures(TrainingJob(gpus=8, checkpoint_block_s=60), H100).durable_s == 60
    with pytest.raises(ValidationError, match="both say how much work"):
        Model(parameters=1e9, tokens=1e9, flops=1e20)


def test_a_job_from_a_model_trains_its_tokens(fleet, checked_run, environment):
    model = {"parameters": 1e9, "tokens": 2e11, "tokens_per_step": 1e6}
    scenario = fleet(slots=3, gpus=8, days=30, jobs=[{"gpus": 16, "model": model}, {"gpus": 8, "name": "other"}])
    result = checked_run(scenario)
    values = measure(result)
    assert values["tokens"] == pytest.approx(2e11, rel=1e-9)
    assert isnan(values["useful_pflop_hours"])  # the other job has no model
    alone = measure(checked_run(fleet(slots=2, gpus=8, days=30, jobs=[{"gpus": 16, "count": "fill", "model": model}])))
    assert alone["tokens"] == pytest.approx(2e11, rel=1e-9)
    assert alone["useful_pflop_hours"] * 3600 * 1e15 == pytest.approx(6e9 * 2e11, rel=1e-9)
    figures = Environment.build(scenario).gangs.figures(scenario.workload.jobs[0])
    assert figures.step_compute_s == pytest.approx(6e9 * 1e6 / (16 * 0.918e15 * 0.4))
