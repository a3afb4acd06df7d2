"""Windows of light of several satellites, against their eclipses one by one."""

import numpy as np
import pytest

from sim.environment.light_windows import SPAN_DAYS


@pytest.mark.parametrize(
    ("start", "end"),
    [(0.0, 3.0), (15.7, 16.2), (SPAN_DAYS, 2 * SPAN_DAYS), (3.3, 60.5), (20.0, 20.01), (89.0, 90.0)],
)
@pytest.mark.parametrize("slots", [[0], [0, 1], [0, 2, 3]])
def test_windows_are_what_the_eclipses_leave(fleet, environment, start, end, slots):
    built = environment(fleet(slots=12, gpus=1, days=90, pause=True))
    starts, ends = built.sites[0].run_windows(np.array(slots), start, end)
    assert (ends > starts).all()
    assert (starts[1:] > ends[:-1]).all()
    assert (starts >= start).all()
    assert (ends <= end).all()
    dark = [built.eclipses(0, slot, start, end) for slot in slots]
    days = np.random.default_rng(1).uniform(start, end, 20_000)
    lit = np.ones(len(days), bool)
    for entries, exits in dark:
        place = np.searchsorted(entries, days, side="right") - 1
        lit &= (place < 0) | (days >= exits[np.maximum(place, 0)]) if len(entries) else True
    place = np.searchsorted(starts, days, side="right") - 1
    inside = (place >= 0) & (days < ends[np.maximum(place, 0)]) if len(starts) else np.zeros(len(days), bool)
    assert (inside == lit).all()
    # Each edge is one of an eclipse, or of the time asked for, to a tenth of a millisecond.
    edges = np.concatenate([[start, end], *(np.concatenate(one) for one in dark)])
    for edge in np.concatenate([starts, ends]):
        assert np.abs(edges - edge).min() < 1e-9


WALKER = {"kind": "walker", "planes": 1, "altitude_km": 550, "inclination_deg": 75}  # without eclipses for some weeks
NOON = {"kind": "sun_synchronous", "altitude_km": 550, "ltan_h": 12}  # .37 of the orbit in the dark, always


@pytest.mark.parametrize(("shell", "lit_days"), [(WALKER, (1, 190)), (NOON, (0, 0))])
def test_a_gang_around_the_whole_orbit_never_runs_where_somebody_is_always_in_the_dark(
    fleet, environment, monkeypatch, shell, lit_days
):
    built = environment(fleet(slots=24, gpus=1, days=200, pause=True, shell=shell))
    # The widest gap: a quarter of the orbit, .42 of it, a twelfth, the spacing of the slots.  Then some within a third
    # or half of the orbit, of whom those in the middle are left out.
    around = [np.array([0, 6, 12, 18]), np.arange(15), np.arange(0, 24, 2), np.arange(24)]
    around += [np.arange(9), np.arange(3, 14), np.array([1, 2, 5, 9, 12]), np.array([0, 1, 2, 22, 23])]
    pruned = [built.sites[0].run_windows(slots, 3.3, 197.1) for slots in around]
    monkeypatch.setattr("sim.environment.light_windows.SHORT", 2.0)  # more than there is: each eclipse is followed
    for slots, (first_starts, first_ends) in zip(around, pruned, strict=True):
        starts, ends = built.sites[0].run_windows(slots, 3.3, 197.1)
        assert first_starts == pytest.approx(starts, abs=1e-12)
        assert first_ends == pytest.approx(ends, abs=1e-12)
        if len(slots) == 24:
            assert lit_days[0] <= (ends - starts).sum() <= lit_days[1]
