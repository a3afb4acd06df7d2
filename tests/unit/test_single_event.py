"""Event rates against closed forms."""

import numpy as np
import pytest
from scipy.special import gamma

from sim.physics.single_event import (
    events_per_year,
    let_event_rate_per_year,
    proton_event_rate_per_year,
)

SECONDS = 365.25 * 86400


def test_a_step_counts_what_lies_above_it():
    # a very narrow curve is a step: the rate is sigma J(> onset)
    got = proton_event_rate_per_year([10, 30, 100], [60.0, 50.0, 20.0], 1e-9, 30.0, 1e-6, 1.0)
    assert got == pytest.approx(1e-9 * 50.0 * SECONDS, rel=1e-5)


@pytest.mark.parametrize("shape", [1.0, 2.5])
def test_rate_on_an_exponential_spectrum(shape):
    # above its last point the spectrum is J0 exp(-(E - 10) / 40); with an onset there and shape 1 the integral of
    # J dsigma is J0 / (1 + W / 40); for other shapes the moments of a Weibull variable
    width = 4.0
    got = proton_event_rate_per_year([1.0, 10.0], [np.exp(9 / 40), 1.0], 1e-9, 10.0, width, shape)
    orders = np.arange(12)
    factorials = np.array([float(gamma(k + 1)) for k in orders])
    series = ((-width / 40.0) ** orders * gamma(1 + orders / shape) / factorials).sum()
    assert got == pytest.approx(1e-9 * series * SECONDS, rel=1e-3)  # the error stated for the steps


def test_fluxes_broadcast_and_the_rate_is_linear():
    flux = np.array([[60.0, 50.0, 20.0], [6.0, 5.0, 2.0]])
    got = proton_event_rate_per_year([10, 30, 100], flux, 1e-9, 15.0, 20.0, 1.2)
    assert got.shape == (2,)
    assert got[0] == pytest.approx(10 * got[1])
    assert proton_event_rate_per_year([10, 30, 100], flux, 3e-9, 15.0, 20.0, 1.2) == pytest.approx(3 * got)


def test_ions_below_the_onset_do_nothing():
    let, flux = np.array([1.0, 10.0, 20.0]), np.array([1e-4, 1e-6, 1e-9])
    rates = [float(let_event_rate_per_year(let, flux, 1e-3, onset, 5.0, 2.0)) for onset in (0.0, 5.0, 15.0)]
    assert rates[0] > rates[1] > rates[2] > 0
    assert rates[2] < 1e-3 * 1e-6 * SECONDS  # fewer than all ions above 10


def test_events_per_dose():
    assert events_per_year(150.0, [50.0, 450.0, np.inf]) == pytest.approx([3.0, 1 / 3, 0.0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: proton_event_rate_per_year([1, 2], [2.0, 1.0], 1e-9, -3.0, 20.0, 1.2), "onset = -3"),
        (lambda: proton_event_rate_per_year([1, 2], [2.0, 1.0], 1e-9, 3.0, 20.0, 0.0), "shape = 0"),
        (lambda: proton_event_rate_per_year([1, 2], [1.0, 2.0], 1e-9, 3.0, 20.0, 1.0), "must not rise with energy"),
        (lambda: events_per_year(-1.0, 50.0), "dose_rad_per_year = -1"),
        (lambda: events_per_year(1.0, 0.0), "rad_per_event = 0"),
    ],
)
def test_bad_input_is_quoted(call, words):
    with pytest.raises(ValueError, match=words):
        call()
