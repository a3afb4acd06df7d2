"""The queue between contacts: against a slow direct simulation, and in closed form."""

import numpy as np
import pytest

from sim.physics.downlink import SKIES, Openings, sent_periodic


def slowly(openings, produced, rate, limit, step=1.0):
    """The same queue followed second by second, twice through; returns the mean rate sent the second time."""
    queue = 0.0
    for _ in range(2):
        total = 0.0
        for seconds, share in zip(openings.seconds, openings.share[:, 0], strict=True):
            for _ in range(round(seconds / step)):
                there = queue + produced * step
                out = min(there, rate * share * step)
                queue, total = min(there - out, limit), total + out
    return total / openings.seconds.sum()


def random_openings(seed, pieces=40):
    stream = np.random.default_rng(seed)
    seconds = stream.integers(1, 400, pieces).astype(float)
    share = np.where(stream.random(pieces) < 0.5, 0.0, stream.random(pieces))
    return Openings(seconds, share[:, None])


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
    openings = Openings(np.tile([gap, contact], 50), np.tile([0.0, 1.0], 50)[:, None])
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
    clear = openings.share.mean(axis=1)
    assert clear[[0, 1, 3, 4]] == pytest.approx([0, 0.6, 0.75, 0], abs=1 / SKIES)
    repeated = (np.arange(400) * 100.0)[:, None]
    often = Openings.of_windows(
        (rise + repeated).ravel(), (set_ + repeated).ravel(), np.tile([0.6, 0.75], 400), 0.0, 40_000.0
    )
    expected = (10 * 0.6 + 10 * (1 - 0.4 * 0.25) + 20 * 0.75) / 100
    assert often.mean_share == pytest.approx(expected, rel=0.005)
    certain = Openings.of_windows(rise, set_, np.ones(2), 0.0, 100.0, np.array([0.2, 0.5]))
    assert certain.share.mean(axis=1) == pytest.approx([0, 0.2, 0.5, 0.5, 0])
    assert Openings.of_windows(np.empty(0), np.empty(0), np.empty(0), 0.0, 9.0).mean_share == 0


def cloudy(availability, contact=600.0, gap=5400.0, passes=2000):
    rise = gap + np.arange(passes) * (contact + gap)
    weather = np.full(passes, availability)
    return Openings.of_windows(rise, rise + contact, weather, 0.0, passes * (contact + gap))


def test_a_cloudy_pass_is_lost_as_a_whole():
    openings = cloudy(0.6)
    # Without a queue, what is made in a clear pass is sold, however fast the link.
    assert openings.sent(np.array([1.0]), 100.0, 0.0) == pytest.approx([0.06], rel=0.01)
    # With one that holds a single gap, clear passes send their own output and one gap's.
    assert openings.sent(np.array([1.0]), 100.0, 5400.0) == pytest.approx([0.6], rel=0.01)
    # With no limit nothing is lost, and a slow link sends what it can in clear passes.
    assert openings.sent(np.array([1.0]), 100.0, 1e12) == pytest.approx([1.0], rel=0.01)
    assert openings.sent(np.array([50.0]), 100.0, 1e12) == pytest.approx([6.0], rel=0.01)


def test_clouds_in_a_row_fill_the_queue():
    # After n cloudy passes (chance .4^n) the next clear one sends min(B, n + 1 gaps and n passes) beside its own.
    openings, limit = cloudy(0.6), 12_000.0
    expected = sum(0.6 * 0.4**n * (600 + min(limit, 5400 + n * 6000)) for n in range(50)) * 0.6 / 6000
    assert openings.sent(np.array([1.0]), 100.0, limit) == pytest.approx([expected], rel=0.01)


def test_patience_counts_from_the_last_link():
    # Of two cloudy passes and three gaps only the last 1,000 s before a clear pass are of use.
    openings = cloudy(0.5)
    assert openings.sent(np.array([1.0]), 100.0, 1e12, 1000.0) == pytest.approx([0.5 * 1600 / 6000], rel=0.01)
