"""Links: delays, outages, all-reduce and what a training step loses."""

import numpy as np
import pytest

from sim.physics.link import (
    all_reduce_s,
    communication_efficiency,
    exposed_communication_s,
    gang_availability,
    link_availability,
    propagation_delay_s,
    ring_all_reduce_s,
    step_time_s,
    transfer_time_s,
)

GRADIENTS_70B_BYTES = 140e9  # 70e9 parameters in two bytes


def test_light_takes_18_ms_over_the_longest_starlink_link():
    assert propagation_delay_s(5400.0) == pytest.approx(0.01801, abs=5e-6)


def test_ring_against_counting_its_messages():
    members, volume, rate, hop = 8, 1e9, 1e9, 1e-3
    message = 8 * volume / members / (0.5 * rate) + hop  # each of 2 (P - 1) rounds passes one P-th
    assert ring_all_reduce_s(volume, members, rate, 0.5, hop) == pytest.approx(2 * (members - 1) * message)
    assert ring_all_reduce_s(volume, 1, rate, 0.5, hop) == 0.0


def test_all_reduce_adds_the_inside_and_the_ring_of_satellites():
    inside = ring_all_reduce_s(1e9, 8, 1e12)
    ring = ring_all_reduce_s(1e9, 4, 1e11, 0.8, 300.0 / 299792.458 + 1e-6)
    both = all_reduce_s(1e9, 4, 1e11, 300.0, chips_per_satellite=8, intra_rate_bps=1e12)
    assert both == pytest.approx(inside + ring, rel=1e-12)


def test_a_gigabit_to_the_ground_against_lasers():
    """One all-reduce of a 70-billion-parameter model over 81 satellites 200 m apart."""
    # one Starlink laser (SPIE Photonics West 2024); 24 wavelengths of 400 Gb/s on one aperture (arXiv:2511.19468)
    rate = np.array([1e9, 100e9, 1e12, 9.6e12])
    seconds = all_reduce_s(GRADIENTS_70B_BYTES, 81, rate, 0.2)
    np.testing.assert_allclose(seconds, [2765.4, 27.65, 2.766, 0.2883], rtol=1e-3)  # 2 x 80/81 x 1.12e12 / (.8 B)
    # beyond some rate only the hops are left: 160 of .67 + 1 us
    assert all_reduce_s(GRADIENTS_70B_BYTES, 81, 1e30, 0.2) == pytest.approx(160 * (0.2 / 299792.458 + 1e-6))
    efficiency = communication_efficiency(5.0, seconds, overlap=0.5)
    assert np.all(np.diff(efficiency) > 0)
    assert efficiency[0] < 0.005
    assert efficiency[-1] > 0.97
    # one all-reduce in 500 steps brings the gigabit back to a half
    assert 0.4 < communication_efficiency(5.0, seconds[0], local_steps=500) < 0.5
    assert transfer_time_s(1e12, 1e9) == 8000.0  # a checkpoint of 1 TB
    assert transfer_time_s(1e12, 1e9, efficiency=0.5, contact_share=0.1, delay_s=3.0) == pytest.approx(160_003.0)


def test_overlap_hides_no_more_than_there_is_to_compute():
    assert exposed_communication_s(1.0, 10.0, overlap=0.5) == 9.0
    assert exposed_communication_s(1.0, 10.0, overlap=0.05) == 9.5
    assert exposed_communication_s(1.0, 1.0, overlap=1.0) == 0.0
    assert step_time_s(1.0, 10.0, overlap=1.0, local_steps=4) == pytest.approx(1 + 6 / 4)
    assert step_time_s(1.0, 10.0, overlap=0.0, local_steps=100) == pytest.approx(1.1)
    np.testing.assert_allclose(communication_efficiency(np.array([1.0, 3.0]), 1.0), [0.5, 0.75])


def test_outages_against_a_simulated_alternating_renewal():
    rng = np.random.default_rng(3)
    mtbf_h, down_s, cycles = 2.0, 600.0, 40_000
    up = rng.exponential(mtbf_h, cycles)
    down = np.full(cycles, down_s / 3600)
    share = up.sum() / (up.sum() + down.sum())
    # the share's error is that of the mean up time, 1 / sqrt(cycles), times share (1 - share)
    assert abs(link_availability(mtbf_h, down_s) - share) < 4 * share * (1 - share) / np.sqrt(cycles)
    assert link_availability(np.inf, down_s) == 1.0
    assert gang_availability(81, 4, mtbf_h, down_s) == pytest.approx(link_availability(mtbf_h, down_s) ** 162)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: propagation_delay_s(-1.0), "range_km = -1: must be at least 0"),
        (lambda: link_availability(0.0), "mtbf_h = 0: must be above 0"),
        (lambda: transfer_time_s(1.0, 0.0), "rate_bps = 0: must be above 0"),
        (lambda: transfer_time_s(1.0, 1.0, efficiency=1.2), "efficiency = 1.2: must be above 0 and at most 1"),
        (lambda: transfer_time_s(1.0, 1.0, contact_share=0.0), "contact_share = 0: must be above 0"),
        (lambda: ring_all_reduce_s(1.0, 0, 1.0), "members = 0: must be at least 1"),
        (lambda: exposed_communication_s(1.0, 1.0, overlap=-0.1), "overlap = -0.1: must lie between 0 and 1"),
        (lambda: exposed_communication_s(1.0, 1.0, local_steps=0.5), "local_steps = 0.5: must be at least 1"),
        (lambda: exposed_communication_s(np.nan, 1.0), "compute_s = nan: must be above 0"),
    ],
)
def test_bad_input_is_refused_with_the_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()
