"""Copies of a gang's state on its own satellites, against all sets of losses one by one, and against GEMINI's paper."""

from itertools import combinations
from math import comb

import numpy as np
import pytest

from sim.workloads.replicas import copies_left, recovery_probability


def share_left(satellites, replicas, gone):
    """Copy by copy: whether every satellite's share lies on one that is left."""
    size = replicas + 1
    groups = [list(range(first, first + size)) for first in range(0, satellites - satellites % size, size)]
    if satellites % size and groups:
        groups[-1] += range(satellites - satellites % size, satellites)
    for group in groups:
        for place in range(len(group)):
            holders = [group[(place + step) % len(group)] for step in range(size)]
            if all(holder in gone for holder in holders):
                return False
    return True


@pytest.mark.parametrize(
    ("satellites", "replicas"), [(8, 1), (9, 1), (9, 2), (10, 2), (11, 2), (8, 3), (11, 3), (3, 0)]
)
def test_every_set_of_losses(satellites, replicas):
    for failures in range(satellites + 1):
        sets = [set(one) for one in combinations(range(satellites), failures)]
        expected = [share_left(satellites, replicas, one) for one in sets]
        gone = np.array([[place in one for place in range(satellites)] for one in sets])
        assert copies_left(gone, replicas).tolist() == expected
        assert recovery_probability(satellites, replicas, failures) == pytest.approx(np.mean(expected), abs=1e-12)


@pytest.mark.parametrize(("failures", "probability"), [(1, 1.0), (2, 0.933), (3, 0.8)])
def test_geminis_sixteen_machines_with_two_copies(failures, probability):
    # Wang et al., SOSP 2023, doi 10.1145/3600006.3613145, quoted from memory [R]: 93.3 % for two machines lost of 16,
    # 80.0 % for three; their m counts the satellite's own copy.
    assert recovery_probability(16, 1, failures) == pytest.approx(probability, abs=5e-4)


@pytest.mark.parametrize(("satellites", "copies"), [(16, 2), (128, 2), (81, 3), (1000, 4)])
def test_geminis_bound_holds_and_is_met_by_few_losses(satellites, copies):
    for lost in range(copies, min(3 * copies + 2, satellites)):
        sets = satellites * comb(satellites - copies, lost - copies)
        bound = max(0.0, 1 - sets / (copies * comb(satellites, lost)))
        found = recovery_probability(satellites, copies - 1, lost)
        assert found >= bound - 1e-12
        assert found == pytest.approx(bound, abs=1e-12) or lost >= 2 * copies


def test_by_simulation_of_a_plane_of_81():
    stream, failures, lives = np.random.default_rng(1), 6, 20_000
    gone = np.argsort(stream.random((lives, 81)), axis=1) < failures
    for replicas in (1, 2):
        theory = recovery_probability(81, replicas, failures)
        error = np.sqrt(theory * (1 - theory) / lives)
        assert abs(copies_left(gone, replicas).mean() - theory) < 4 * error


def test_a_small_gang_keeps_copies_outside_itself():
    assert copies_left(np.array([True]), 1)
    assert recovery_probability(2, 2, 2) == 1
    assert not copies_left(np.array([True]), 0)
    with pytest.raises(ValueError, match=r"failures\(=4\)"):
        recovery_probability(3, 1, 4)
