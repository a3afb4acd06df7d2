"""Spares of a plane: hot and cold, checked out, below their plane and in its own orbit, and what their way takes."""

from __future__ import annotations

import numpy as np
import pytest

from sim.description import describe, facts
from sim.engine import simulate
from sim.engine.expected import check_expected
from sim.environment import Environment
from sim.errors import InputError, ScenarioError
from sim.events import Cause, EventKind
from sim.metrics import measure
from sim.physics.repositioning import phasing_delta_v_m_s
from sim.scenario import load
from sim.scenario.models import Scenario
from sim.strategies import Activate, Strategy, Transfer

SSO = {"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 6}


def with_spares(fleet, waits, **given):
    """A plane with spares that wait so; by default in a dawn-dusk orbit at 650 km."""
    parameters = {"spares_per_plane": 2, "reorder_point": 0} | given.pop("parameters", {})
    scenario = fleet(
        **{
            "slots": 4,
            "gpus": 4,
            "spare_berths": 2,
            "days": 300,
            "lead": 30,
            "shell": SSO,
            "strategies": {"on_orbit_spares": parameters},
            **given,
        }
    )
    raw = scenario.model_dump(mode="json")
    raw["constellation"]["spares"] = waits
    return Scenario.model_validate(raw)


def rows(result, kind):
    found = result.events.where(kind)
    return list(zip(found.time_days.tolist(), found.berth.tolist(), found.amount.tolist(), strict=True))


def test_a_spare_below_comes_when_the_geometry_lets_it(fleet, environment, checked_run, written_thresholds):
    laws = written_thresholds(bus={(2, 0): 100})
    scenario = with_spares(fleet, {"below_km": 20}, **laws)
    ways = environment(scenario).designs[0].spare_ways
    days = ways.days(100.0, 0, np.arange(2), np.array([2]))[:, 0]
    # Half a turn apart, they come half a turn of drift apart; the sooner one goes.
    assert abs(days[0] - days[1]) == pytest.approx(15.84 / 2, rel=1e-3)
    quick = int(np.argmin(days))
    result = checked_run(scenario, "on_orbit_spares")
    assert rows(result, EventKind.ACTIVATED) == [(100, 4 + quick, days[quick])]
    assert rows(result, EventKind.PLACED) == [(100 + days[quick], 2, pytest.approx(19.7, abs=0.1))]


def test_of_several_spares_and_slots_the_soonest_pair_goes_first(fleet, environment, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 100, (1, 0): 100, (3, 0): 100})
    scenario = with_spares(fleet, {"below_km": 10}, spare_berths=5, parameters={"spares_per_plane": 5}, **laws)
    ways = environment(scenario).designs[0].spare_ways
    days = ways.days(100.0, 0, np.arange(5), np.array([0, 1, 3]))
    result = checked_run(scenario, "on_orbit_spares")
    sent = rows(result, EventKind.ACTIVATED)
    assert len(sent) == 3
    assert sent[0][2] == pytest.approx(days.min(), rel=1e-12)
    left = days.copy()
    for _, berth, taken in sent:
        assert taken == pytest.approx(left.min(), rel=1e-12)
        spare, slot = np.unravel_index(left.argmin(), left.shape)
        assert berth == 4 + spare
        left[spare, :], left[:, slot] = np.inf, np.inf


@pytest.mark.parametrize("waits", [{"below_km": 20}, {}], ids=["below", "own orbit"])
def test_a_stock_that_fills_some_of_the_berths_is_spread_around_the_orbit(fleet, environment, waits):
    ways = environment(with_spares(fleet, waits, slots=16, spare_berths=11)).designs[0].spare_ways
    phases = ways.spare_phase_rad[0] % (2 * np.pi)
    assert len(np.unique(np.round(phases, 9))) == 11
    for count in range(1, 12):
        some = np.sort(phases[:count])
        gaps = np.diff(some, append=some[0] + 2 * np.pi)
        assert gaps.max() < 2.2 * 2 * np.pi / count


@pytest.mark.parametrize("days", [2.0, 9.0])
def test_in_the_own_orbit_fewer_days_take_more(fleet, checked_run, written_thresholds, days):
    laws = written_thresholds(bus={(0, 0): 100})
    scenario = with_spares(fleet, {"checkout_days": 3}, parameters={"phasing_days": days}, **laws)
    result = checked_run(scenario, "on_orbit_spares")
    # Spares stand midway between slots 0 and 1, and 2 and 3: an eighth of a turn from slot 0 to the first.
    assert rows(result, EventKind.ACTIVATED) == [(100, 4, 3 + days)]
    ((day, berth, delta_v),) = rows(result, EventKind.PLACED)
    assert (day, berth) == (103 + days, 0)
    assert delta_v == pytest.approx(float(phasing_delta_v_m_s(650, -np.pi / 4, days)), rel=1e-3)
    assert delta_v == pytest.approx(2 / 3 * 7028e3 * np.pi / 4 / (days * 86400), rel=0.01)


def test_beside_a_cluster_a_spare_takes_nothing(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 100})
    shell = SSO | {"formation": "cluster"}
    result = checked_run(with_spares(fleet, {}, shell=shell, **laws), "on_orbit_spares")
    assert rows(result, EventKind.PLACED) == [(102, 0, 0)]


def test_a_hot_spare_ages_as_at_work_and_needs_no_check_out(fleet, checked_run, log, written_thresholds):
    ages = {"bus": {(0, 0): 200}, "gpu": {(4, 0, 0): 60, (5, 0, 1): 205.5}}
    cold = checked_run(with_spares(fleet, {"checkout_days": 5}, **written_thresholds(**ages)), "on_orbit_spares")
    hot = checked_run(with_spares(fleet, {"mode": "hot"}, **written_thresholds(**ages)), "on_orbit_spares")
    assert log(cold)[:3] == [(200, "BUS_FAILED"), (200, "ACTIVATED"), (207, "PLACED")]
    # At a tenth of the pace the first's GPU would die at an age of 600 days, and 20 are behind it: on day 240.
    assert log(cold, EventKind.GPU_FAILED) == [(240, "GPU_FAILED")]
    assert log(hot)[:4] == [(60, "GPU_FAILED"), (200, "BUS_FAILED"), (200, "ACTIVATED"), (202, "PLACED")]
    assert log(hot, EventKind.GPU_FAILED) == [(60, "GPU_FAILED"), (205.5, "GPU_FAILED")]


def test_hot_is_as_cold_at_a_dormancy_factor_of_one(fleet, checked_run):
    # Units in reserve aboard too: the same parts die on the same days, in store and later at work.
    law = {"kind": "exponential", "rate_per_year": 2}
    pumps = {"law": law, "units": 2, "needed": 1, "standby": "cold"}
    given = {
        "reliability": {"groups": {"pumps": pumps, "hosts": {"law": law, "gpus": 2}}},
        "gpu": {"kind": "weibull", "shape": 2, "scale_years": 2},
        "satellite": {"spare_gpus": 1, "spare_gpus_standby": "cold"},
        "days": 1000,
    }
    hot = checked_run(with_spares(fleet, {"mode": "hot"}, dormancy=0.1, **given), "on_orbit_spares").events
    one = checked_run(with_spares(fleet, {}, dormancy=1.0, **given), "on_orbit_spares").events
    assert hot.count(EventKind.ACTIVATED) > 5
    assert hot.kind.tolist() == one.kind.tolist()
    assert hot.time_days == pytest.approx(one.time_days, abs=1e-6)


class Sends(Strategy):
    """Sends what a test says on day 50."""

    actions: tuple[object, ...] = ()

    def decide(self, fleet):
        ask = fleet.reviewing and fleet.now_days == 50 and not fleet.inbound.any()
        return list(self.actions) if ask else []

    def reviews_every_days(self):
        return 50

    def initial_spares(self):
        return 2


def sending(scenario, *actions):
    strategies = {"sends": Sends(kind="x", actions=actions)}
    return scenario.model_copy(update={"strategies": strategies})


@pytest.mark.parametrize(
    ("waits", "days", "says"),
    [
        ({"below_km": 20}, 2.0, "the geometry says when one is there, not phasing_days"),
        ({}, None, "phasing_days must say when it is to be there"),
        ({}, 0.001, "no orbit above the air brings it there"),
        ({"below_km": 20}, float("nan"), "phasing_days must be a number from 0, or None"),
    ],
)
def test_what_an_activation_may_not_say(fleet, environment, written_thresholds, waits, days, says):
    scenario = with_spares(fleet, waits, **written_thresholds(bus={(0, 0): 20}))
    with pytest.raises(InputError, match=says):
        simulate(sending(scenario, Activate(4, 0, days)), environment(scenario), "sends", 1, 0)


class Looks(Sends):
    """Asks for the days of an activation."""

    def decide(self, fleet):
        if fleet.reviewing:
            fleet.activation_days([4], [0])
        return []


def test_the_view_has_no_days_where_the_strategy_says_them(fleet, environment):
    scenario = with_spares(fleet, {})
    asked = scenario.model_copy(update={"strategies": {"sends": Looks(kind="x")}})
    with pytest.raises(InputError, match="phasing_days of Activate says when they are there"):
        simulate(asked, environment(scenario), "sends", 1, 0)


# Propellant


def given(fleet, waits, kg, *, spares, **other):
    tank = {"mass_kg": 500, "propulsion": {"propellant_kg": kg, "isp_s": 300}}
    return with_spares(
        fleet, waits, satellite=tank, days=1500, lead=5000, parameters={"phasing_days": 2} | spares, **other
    )


@pytest.mark.parametrize("waits", [{"below_km": 20}, {}], ids=["below", "own orbit"])
def test_the_way_shortens_the_life_that_propellant_gives(fleet, environment, checked_run, written_thresholds, waits):
    laws = written_thresholds(bus={(0, 0): 100})
    scenario = given(fleet, waits, 49, spares={"order_ahead_days": 40, "phasing_days": 6}, **laws)
    built = environment(scenario)
    site, design = built.sites[0], built.designs[0]
    before, dry = site.planned_end(0, 0.0)
    assert dry
    assert before < 1450
    result = checked_run(scenario, "on_orbit_spares")
    placed = result.events.where(EventKind.PLACED)
    spent = design.spare_ways.spent_m_s(0, float(placed.amount[0]))
    assert 5 < spent <= placed.amount[0]
    retired = result.events.where(EventKind.RETIRED)
    mine = retired.satellite == placed.satellite[0]
    assert retired.cause[mine] == [Cause.PROPELLANT]
    # The budget of its plane, less what it spent, is used up on that day.
    budget = float(design.keeping.budget_m_s[0]) - spent
    used = np.cumsum(design.keeping.delta_v_m_s[0], dtype=float)
    end = float(retired.time_days[mine][0])
    assert used[int(end) - 1] > budget >= used[int(end) - 2]
    assert end < before
    # The strategy is asked 40 days before that end, as before any other.
    ordered = result.events.where(EventKind.ORDERED).time_days
    assert np.any(np.abs(ordered - (end - 40)) < 1e-6)


def test_a_sized_tank_has_what_a_spare_below_needs(fleet, environment):
    sized = [
        environment(with_spares(fleet, waits, spare_berths=berths, satellite={"mass_kg": "sized"})).designs[0]
        for waits, berths in (({}, 2), ({"below_km": 20}, 2), ({"below_km": 20}, 0))
    ]
    extra = float(sized[1].spare_ways.extra_m_s[0])
    assert 5 < extra < 19.7
    exhaust = 1500 * 9.80665
    more = sized[1].mass_kg / sized[0].mass_kg
    # Dry mass is the same and drag goes as 1 / mass, so the mass grows a little less than by the rocket equation.
    assert 1 + 0.8 * extra / exhaust < more <= np.exp(extra / exhaust)
    assert sized[2].mass_kg == sized[0].mass_kg


def test_a_tank_that_cannot_pay_is_refused_at_the_start(fleet):
    with pytest.raises(ScenarioError, match=r"propellant_kg = 48.*beside raising and disposal.*20\) below its plane"):
        Environment.build(given(fleet, {"below_km": 20}, LITTLE_KG, spares={}))
    scenario = given(fleet, {}, LITTLE_KG, spares={"phasing_days": 1})
    with pytest.raises(ScenarioError, match=r"on_orbit_spares\.phasing_days = 1.*asks for up to 1[0-9]+ m/s"):
        check_expected(Environment.build(scenario), OWN)
    short = with_spares(fleet, {}, parameters={"phasing_days": 0.001})
    with pytest.raises(ScenarioError, match="is too short: no orbit above the air"):
        check_expected(Environment.build(short), OWN)
    # Nobody asks for it: those below, those beside a cluster, a strategy without spares.
    check_expected(Environment.build(with_spares(fleet, {"below_km": 20}, parameters={"phasing_days": 0.001})), OWN)
    check_expected(Environment.build(with_spares(fleet, {}, shell=SSO | {"formation": "cluster"})), OWN)
    check_expected(Environment.build(short), ["replace_on_failure"])


LITTLE_KG = 48.0
OWN = ["on_orbit_spares"]


def test_spares_that_would_wait_too_low_are_refused(fleet):
    low = {"kind": "walker", "altitude_km": 250, "inclination_deg": 53, "planes": 1}
    with pytest.raises(ScenarioError, match=r"spares\.below_km = 60.*at 190 km: they must wait at 200 km or more"):
        Environment.build(with_spares(fleet, {"below_km": 60}, shell=low))
    for metres in (0.02, 0.999):
        with pytest.raises(ValueError, match=rf"must be 0, or from 1 to 100 km: {1000 * metres:g} m below"):
            with_spares(fleet, {"below_km": metres})
    with pytest.raises(ValueError, match="less than or equal to 100"):
        with_spares(fleet, {"below_km": 10_000})
    assert with_spares(fleet, {"below_km": 1}).constellation.spares.below_km == 1
    with pytest.raises(ValueError, match=r"checkout_days \(2\) must be 0 for mode 'hot'"):
        with_spares(fleet, {"mode": "hot", "checkout_days": 2})


# Parking orbits, metrics, description


class Feeds(Strategy):
    """Sends a spare from the parking orbit on day 50."""

    def decide(self, fleet):
        ask = fleet.reviewing and fleet.now_days == 50 and not fleet.transferring.any()
        return [Transfer(1, 0, 1)] if ask else []

    def reviews_every_days(self):
        return 50

    def initial_parking_spares(self):
        return 1


def test_a_hot_spare_from_a_parking_orbit_wakes_in_its_plane(fleet, environment, checked_run):
    scenario = with_spares(
        fleet,
        {"mode": "hot"},
        shell={"altitude_km": 600},
        parking=[{"altitude_km": 400, "berths_per_plane": 1}],
        gpu={"kind": "weibull", "shape": 50, "scale_years": 1},
        dormancy=0.0,
        days=2000,
    )
    scenario = scenario.model_copy(update={"strategies": {"feeds": Feeds(kind="x")}})
    log = checked_run(scenario, "feeds").events
    arrived, failed = log.where(EventKind.ARRIVED), log.where(EventKind.GPU_FAILED)
    mine = failed.time_days[failed.satellite == arrived.satellite[0]]
    # Its GPUs slept in the parking orbit, and live a year from their arrival.
    assert arrived.time_days[0] > 55
    assert mine == pytest.approx(arrived.time_days[0] + 365.25, rel=0.1)
    assert mine.min() > 400


def test_metrics_of_the_ways(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 100, (2, 0): 150})
    result = checked_run(with_spares(fleet, {"below_km": 20, "checkout_days": 1}, **laws), "on_orbit_spares")
    found, placed = measure(result), result.events.where(EventKind.PLACED)
    assert len(placed) == 2
    assert found["repositioning_m_s"] == pytest.approx(placed.amount.sum())
    assert found["mean_repositioning_m_s"] == pytest.approx(19.7, abs=0.1)
    sent = result.events.where(EventKind.ACTIVATED)
    assert found["time_to_activate_days"] == pytest.approx((placed.time_days - sent.time_days).mean())
    without = measure(checked_run(with_spares(fleet, {}, **written_thresholds()), "on_orbit_spares"))
    assert without["repositioning_m_s"] == 0
    assert np.isnan([without["mean_repositioning_m_s"], without["time_to_activate_days"]]).all()


def test_describe_says_where_spares_wait_and_what_their_way_takes(fleet):
    below = describe(with_spares(fleet, {"below_km": 20, "checkout_days": 2}))
    assert "spares wait 20 km below their plane, cold (dormant); 2 days to start one and check it out" in below
    flat = " ".join(below.split())
    assert "they drift 22.7 deg a day past the slots, a turn in 15.8 days" in flat
    assert "climb and a turn of 0.08 deg take 19.7 m/s" in flat
    hot = " ".join(describe(with_spares(fleet, {"mode": "hot"})).split())
    assert "in their plane's own orbit, hot (powered, ageing as at work)" in hot
    assert "the way to the farthest slot, 135 deg off, in 2 days, takes 63" in hot
    found = facts(with_spares(fleet, {"below_km": 20}))["fleet"]["spares"]["ways"][0]
    assert found["propellant_share"] == pytest.approx(found["propellant_kg"] / tank_kg(fleet), rel=1e-9)
    assert "spares wait" not in describe(with_spares(fleet, {}, spare_berths=0, parameters={"spares_per_plane": 1}))


def tank_kg(fleet):
    return facts(with_spares(fleet, {"below_km": 20}))["satellite"]["propulsion"]["propellant_kg"]


def test_what_has_no_effect_is_said(fleet):
    scenario = with_spares(fleet, {"below_km": 20}, parameters={"phasing_days": 5})
    warned = facts(scenario.model_copy(update={"strategy": "on_orbit_spares"}))["warnings"]
    assert any("phasing_days (5) has no effect: spares wait 20 km below" in one for one in warned)
    bare = facts(with_spares(fleet, {"below_km": 20}, spare_berths=0))["warnings"]
    assert any("constellation.spares has no effect" in one for one in bare)
    quick = with_spares(fleet, {}, parameters={"phasing_days": 0.3}, life_days=365)
    warned = facts(quick.model_copy(update={"strategy": "on_orbit_spares"}))["warnings"]
    assert any("burns up to" in one and "more than the margin" in one for one in warned)
    nobody = facts(quick.model_copy(update={"strategy": "block_launch"}))["warnings"]
    assert not any("burns up to" in one for one in nobody)


def test_the_overlay_is_a_run_in_which_spares_take_days():
    scenario = load("suncatcher_81", "overlays/spares_below", set_=["mission.years=2", "workload.jobs=[]"])
    result = simulate(scenario, Environment.build(scenario), "on_orbit_spares", 1, 0)
    found = measure(result)
    assert found["spares_consumed"] >= 1
    assert 2 < found["time_to_activate_days"] < 21.8
    assert found["mean_repositioning_m_s"] == pytest.approx(19.7, abs=0.1)
