"""The queue between contacts: against a slow direct simulation, and in closed form."""

import numpy as np
import pytest

from sim.physics.downlink import Openings, sent_periodic


def slowly(openings, produced, rate, limit, step=1.0):
    """The same queue followed second by second, twice through; returns the mean rate sent the second time."""
    queue = 0.0
    for _ in range(2):
        total = 0.0
        for seconds, share in zip(openings.seconds, openings.share, strict=True):
            for _ in range(round(seconds / step)):
                there = queue + produced * step
                out = min(there, rate * share * step)
                queue, total = min(there - out, limit), total + out
    return total / openings.seconds.sum()


def random_openings(seed, pieces=40):
    stream = np.random.default_rng(seed)
    seconds = stream.integers(1, 400, pieces).astype(float)
    share = np.where(stream.random(pieces) < 0.5, 0.0, stream.random(pieces))
    return Openings(seconds, share)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("limit", [0.0, 30.0, 3000.0, 1e9])
def test_the_queue_is_that_of_a_slow_simulation(seed, limit):
    openings = random_openings(seed)
    produced = np.array([0.01, 0.3, 1.0, 3.0, 20.0])
    found = openings.sent(produced, 4.0, limit)
    assert found == pytest.approx([slowly(openings, one, 4.0, limit) for one in produced], rel=0.02, abs=1e-3)
    assert np.all(found <= np.minimum(produced, 4.0 * openings.mean_share) * (1 + 1e-12))
    assert np.all(np.diff(found) >= -1e-12)


@pytest.mark.parametrize("limit", [0.0, 100.0, 5000.0, 1e9])
@pytest.mark.parametrize("wait", [0.0, 60.0, 1000.0, np.inf])
def test_equal_contacts_have_a_closed_form(limit, wait):
    contact, gap, rate = 600.0, 5400.0, 10.0
    openings = Openings(np.tile([gap, contact], 50), np.tile([0.0, 1.0], 50))
    produced = np.array([1e-3, 0.1, 0.5, 0.99, 1.01, 2.0, 9.0, 11.0, 1e4])
    closed = sent_periodic(produced, rate, contact, gap, limit, wait)
    if wait >= gap:
        assert openings.sent(produced, rate, limit, wait) == pytest.approx(closed, rel=1e-9)
    else:  # where the queue does not empty within a contact, what is left is too old in the next
        assert np.all(openings.sent(produced, rate, limit, wait) <= closed * (1 + 1e-9))
        assert openings.sent(produced[:1], rate, limit, wait) == pytest.approx(closed[:1], rel=1e-9)
    assert closed[-1] == pytest.approx(rate * contact / (contact + gap))


def test_a_queue_without_limit_loses_nothing_below_capacity():
    openings = random_openings(9)
    capacity = 4.0 * openings.mean_share
    assert openings.sent(np.array([0.9 * capacity]), 4.0, 1e12) == pytest.approx([0.9 * capacity])
    assert openings.sent(np.array([5.0 * capacity]), 4.0, 1e12) == pytest.approx([capacity])


def test_sites_in_view_together_are_diverse():
    rise, set_ = np.array([10.0, 20.0]), np.array([30.0, 50.0])
    openings = Openings.of_windows(rise, set_, np.array([0.6, 0.75]), 0.0, 100.0)
    assert openings.seconds.tolist() == [10, 10, 10, 20, 50]
    assert openings.share == pytest.approx([0, 0.6, 1 - 0.4 * 0.25, 0.75, 0])
    certain = Openings.of_windows(rise, set_, np.ones(2), 0.0, 100.0)
    assert certain.share == pytest.approx([0, 1, 1, 1, 0])
    assert Openings.of_windows(np.empty(0), np.empty(0), np.empty(0), 0.0, 9.0).share.tolist() == [0]
