"""Clocks of many units at once against the clock of each: the same at every day and for every exposure."""

from __future__ import annotations

import numpy as np
import pytest

from sim.reliability import Clock, ClockRows, Exposures

ROWS, POINTS = 6, 12


def tables(seed: int) -> list[Clock]:
    """Increasing tables on the same days, some from below 0; a third of their pieces are flat."""
    random = np.random.default_rng(seed)
    days = np.cumsum(random.uniform(0.5, 20, POINTS)) - 10
    rises = random.uniform(0, 5, (ROWS, POINTS - 1)) * (random.random((ROWS, POINTS - 1)) > 1 / 3)
    rises[0, -1] = 0.0  # stands still for good
    rises[1, -1] = 2.0
    starts = random.uniform(-30, 30, (ROWS, 1))
    return [Clock(days, row) for row in np.concatenate([starts, starts + np.cumsum(rises, axis=1)], axis=1)]


@pytest.fixture(params=range(8))
def clocks(request) -> list[Clock]:
    return tables(request.param)


def asked(clocks: list[Clock], seed: int = 0) -> tuple[np.ndarray, ClockRows]:
    """Rows in random order, more units than rows."""
    row = np.random.default_rng(seed).integers(0, len(clocks), 400)
    row[: len(clocks)] = np.arange(len(clocks))
    return row, ClockRows.on(Exposures.of(clocks), row)


def test_exposures_stack_the_rows_and_go_on_at_their_last_rate(clocks) -> None:
    exposures = Exposures.of(clocks)
    assert (exposures.total == [clock.total for clock in clocks]).all()
    assert exposures.last_rate == pytest.approx(
        [(clock.total[-1] - clock.total[-2]) / (clock.days[-1] - clock.days[-2]) for clock in clocks]
    )
    assert exposures.last_rate[0] == 0
    assert exposures.last_rate[1] > 0
    assert (np.diff(exposures.stacked) >= -1e-12).all()
    back = exposures.stacked.reshape(exposures.total.shape) - exposures.offset[:, None]
    assert back == pytest.approx(exposures.total, abs=1e-9)


def test_exposure_on_a_day_is_that_of_each_clock(clocks) -> None:
    row, rows = asked(clocks)
    days = np.random.default_rng(1).uniform(clocks[0].days[0] - 50, clocks[0].days[-1] + 50, len(row))
    days[:POINTS] = clocks[0].days  # the points themselves
    days[POINTS] = np.inf
    alone = [float(clocks[one].at(day)) for one, day in zip(row, days, strict=True)]
    assert rows.at(days) == pytest.approx(alone, rel=1e-12, abs=1e-9)
    one_day = rows.at(7.0)
    assert one_day.shape == row.shape
    assert one_day == pytest.approx([float(clocks[one].at(7.0)) for one in row], abs=1e-9)


def test_day_of_an_exposure_is_that_of_each_clock(clocks) -> None:
    row, rows = asked(clocks)
    low, high = rows.exposures.total[row, 0], rows.exposures.total[row, -1]
    share = np.random.default_rng(2).uniform(-0.3, 1.5, len(row))
    wanted = low + share * np.maximum(high - low, 1.0)
    wanted[-1] = np.inf
    alone = np.array([float(clocks[one].when(value)) for one, value in zip(row, wanted, strict=True)])
    found = rows.when(wanted)
    assert (np.isinf(found) == np.isinf(alone)).all()
    assert np.isinf(found).any()
    assert np.isfinite(found[wanted > high]).any()
    # Stacked rows share their digits: a day may be off by the rounding of the sum over the slope of its piece.
    finite = np.isfinite(alone)
    assert found[finite] == pytest.approx(alone[finite], abs=1e-6)
    assert (found[wanted < low] == clocks[0].days[0]).all()


def test_a_day_and_its_exposure_lead_back_to_each_other(clocks) -> None:
    row, rows = asked(clocks)
    share = np.random.default_rng(3).uniform(0, 1, len(row))
    total = rows.exposures.total
    wanted = total[row, 0] + share * (total[row, -1] - total[row, 0])
    assert rows.at(rows.when(wanted)) == pytest.approx(wanted, abs=1e-9)


def test_an_exposure_reached_before_a_flat_piece_is_reached_at_its_start() -> None:
    days = np.array([0.0, 10.0, 20.0, 30.0])
    clocks = [Clock(days, np.array([0.0, 5.0, 5.0, 8.0])), Clock(days, np.array([1.0, 1.0, 1.0, 4.0]))]
    rows = ClockRows.on(Exposures.of(clocks), np.array([0, 0, 1]))
    assert rows.at(15.0).tolist() == [5.0, 5.0, 1.0]
    assert rows.when([5.0, 6.5, 2.5]) == pytest.approx([10.0, 25.0, 25.0])


def test_units_taken_keep_their_rows(clocks) -> None:
    row, rows = asked(clocks)
    some = np.array([5, 0, 17])
    assert rows.take(some).at(3.0).tolist() == rows.at(3.0)[some].tolist()
    assert rows.take(some).row.tolist() == row[some].tolist()
