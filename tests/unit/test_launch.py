import numpy as np
import pytest
from pydantic import ValidationError

from sim.launch import (
    ConstantDelay,
    ExponentialDelay,
    LaunchService,
    LognormalDelay,
    PerFlight,
    PerKilogram,
    Purchase,
    StandDown,
    UniformDelay,
    Vehicle,
)

NOW = Purchase(day=0, year=2027)
DELAYS = [
    ConstantDelay(days=12),
    ExponentialDelay(mean_days=20, minimum_days=5),
    UniformDelay(low_days=3, high_days=9),
    LognormalDelay(median_days=30, sigma=0.7),
    StandDown(median_days=15, sigma=0.8, long_probability=0.2, long_days=150),
]


@pytest.mark.parametrize("law", DELAYS, ids=lambda law: type(law).__name__)
def test_the_mean_of_draws_is_the_expected_delay(law):
    stream = np.random.default_rng(1)
    draws = np.array([law.draw(stream) for _ in range(20_000)])
    assert np.all(draws >= 0)
    error = draws.std(ddof=1) / np.sqrt(len(draws))
    assert abs(draws.mean() - law.expected_days()) <= 4 * error + 1e-12


def test_a_stand_down_takes_two_draws_whatever_comes_of_them():
    ends = []
    for probability in (0.0, 1.0):
        stream = np.random.default_rng(1)
        StandDown(long_probability=probability).draw(stream)
        ends.append(stream.random())
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    ("capacity", "mass", "most", "fits"),
    [(17500, 575, 28, 28), (17500, 575, None, 30), (500, 575, None, 0), (0.3, 0.1, None, 3)],
)
def test_satellites_fit_by_mass_and_by_number(capacity, mass, most, fits):
    vehicle = Vehicle(
        name="v", capacity_kg=capacity, max_satellites=most, price=PerFlight(usd=1), success_probability=1
    )
    assert vehicle.satellites_per_flight(mass, vehicle.payload_kg(300, 53)) == fits


def test_prices():
    assert PerFlight(usd=7).cost_usd(100, 2, NOW) == 7
    assert PerKilogram(usd_per_kg=3).cost_usd(100, 2, NOW) == 300


def test_the_expected_lead_adds_up_the_way_to_orbit():
    vehicle = Vehicle(name="v", capacity_kg=1, price=PerFlight(usd=1), success_probability=1)
    service = LaunchService(
        vehicle=vehicle,
        lead_time_days=ConstantDelay(days=100),
        opportunity_interval_days=30,
        slip_days=ExponentialDelay(mean_days=10),
        transfer_days=20,
    )
    assert service.expected_lead_days() == 100 + 15 + 10 + 20


def test_bounds_out_of_order_are_refused():
    with pytest.raises(ValidationError, match=r"high_days \(1.0\) must not be below low_days \(2.0\)"):
        UniformDelay(low_days=2, high_days=1)
