"""What a gang's shape costs: talk between satellites of data, tensor and pipeline parallel training."""

import pytest

from sim.environment.gang_speed import communication_share
from sim.physics.link import all_reduce_s, ring_all_reduce_s
from sim.workloads import Hardware, Model, TrainingJob, job_figures

MODEL = {"parameters": 70e9, "tokens_per_step": 4e6, "mfu": 0.4}
LINKS = {"mtbf_h": float("inf"), "rate_gb_s": 1000.0, "range_km": 100.0, "efficiency": 0.8, "hop_latency_us": 0.0}


@pytest.fixture
def share(fleet):
    scenario = fleet(slots=16, gpus=8, satellite={"links": {**LINKS, "mtbf_h": 1e9, "intra_rate_gb_s": 1e9}})

    def of(satellites, **job):
        one = TrainingJob.model_validate({"gpus": 8 * satellites, "overlap": 0, "model": MODEL, **job})
        figures = job_figures(one, Hardware(1.0, 8, 100.0, 100.0, 1.0))
        return communication_share(scenario, one, figures, satellites), figures.step_compute_s

    return of


def test_copies_within_satellites_sum_up_all_gradients_over_them(share):
    found, compute = share(4, tensor_parallel=8)
    talk = float(all_reduce_s(140e9, 4, 1e12, 100.0, efficiency=0.8, hop_latency_s=0.0))
    assert found == pytest.approx(compute / (compute + talk), rel=1e-6)
    # Within the satellite the talk of tensor parallelism is part of the model's mfu.
    assert share(4)[0] == pytest.approx(found, rel=1e-3)


def test_the_gpus_of_a_copy_sum_up_their_parts_of_the_gradients_side_by_side(fleet):
    scenario = fleet(slots=16, gpus=8, satellite={"links": {**LINKS, "mtbf_h": 1e9, "intra_rate_gb_s": 100.0}})
    job = TrainingJob.model_validate({"gpus": 32, "overlap": 0, "model": MODEL, "tensor_parallel": 4})
    figures = job_figures(job, Hardware(1.0, 8, 100.0, 100.0, 1.0))
    # Two copies a satellite: a quarter of 140 GB goes around between each pair of GPUs.
    inside = float(ring_all_reduce_s(35e9, 2, 1e11))
    outside = float(ring_all_reduce_s(140e9, 4, 1e12, 0.8, 100 / 299792.458))
    compute = figures.step_compute_s
    found = communication_share(scenario, job, figures, 4)
    assert found == pytest.approx(compute / (compute + inside + outside), rel=1e-6)


def test_stages_on_several_satellites_hand_on_their_activations(share):
    model = Model.model_validate(MODEL)
    layers, width = model.shape
    # Two copies of 16 GPUs on two satellites each: half of the gradients a satellite, summed up over two.
    found, compute = share(4, tensor_parallel=8, pipeline_parallel=2)
    talk = float(all_reduce_s(70e9, 2, 1e12, 100.0, efficiency=0.8, hop_latency_s=0.0))
    handed = 2 * (8 * 2e6 * width * 2 / 0.8e12 + 100 / 299792.458)
    assert found == pytest.approx(compute / (compute + talk + handed), rel=1e-6)
    # Layers shared by two satellites are summed up four times each, which is far slower.
    found, compute = share(4, tensor_parallel=16)
    each = float(ring_all_reduce_s(2e6 * width * 2, 2, 1e12, 0.8, 100 / 299792.458))
    assert found == pytest.approx(compute / (compute + talk + 4 * layers * each), rel=1e-6)
    assert found < 0.6 * share(4, tensor_parallel=8, pipeline_parallel=2)[0]


def test_a_gang_over_slow_links_pays_for_it(share, fleet):
    shares = [share(satellites, tensor_parallel=8)[0] for satellites in (1, 2, 8)]
    assert shares[0] == 1
    assert shares[0] > shares[1] > shares[2]


def test_the_shape_of_a_model_is_near_those_that_are_published():
    for parameters, layers, width in ((405e9, 126, 16384), (70e9, 80, 8192), (8e9, 32, 4096)):
        found = Model(parameters=parameters).shape
        assert found == (pytest.approx(layers, rel=0.15), pytest.approx(width, rel=0.2))
    assert Model(parameters=70e9, layers=80, width=8192).shape == (80, 8192)


def test_a_copy_must_fit_and_needs_a_model():
    with pytest.raises(ValueError, match=r"gpus \(10\) must be a multiple of tensor_parallel x pipeline"):
        TrainingJob.model_validate({"gpus": 10, "tensor_parallel": 2, "pipeline_parallel": 2, "model": MODEL})
    with pytest.raises(ValueError, match="needs a model, whose layers are parted"):
        TrainingJob.model_validate({"gpus": 8, "tensor_parallel": 2})
