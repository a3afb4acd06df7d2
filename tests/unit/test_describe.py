"""What `describe` says agrees with closed forms and with what was published about these orbits."""

import math

import pytest

from sim.description import describe, facts, plane_facts
from sim.environment import Environment
from sim.scenario import load

# Yearly sunlit fraction, longest eclipse and eclipse days of dawn-dusk orbits (LTAN 06:00), computed apart with a
# point Sun and a spherical Earth.
DAWN_DUSK = [(500, 0.9451, 22.7, 104), (650, 0.9608, 19.7, 88), (1000, 0.9849, 13.1, 56)]


@pytest.mark.parametrize(("altitude_km", "sunlit", "longest_min", "days"), DAWN_DUSK)
def test_light_of_dawn_dusk_orbits(altitude_km, sunlit, longest_min, days):
    point = ["light.shadow=point", "light.earth=sphere", "light.opaque_atmosphere_km=0"]
    settings = [*point, f"constellation.shells.0.altitude_km={altitude_km}"]
    plane = facts(load("suncatcher_81", set_=settings))["planes"][0]
    assert plane["sunlit_mean"] == pytest.approx(sunlit, abs=0.001)
    assert plane["longest_eclipse_min"] == pytest.approx(longest_min, abs=0.3)
    assert plane["eclipse_days_per_year"] == pytest.approx(days, abs=2)
    begin, end = plane["first_season"]
    assert begin[5:7] in ("10", "11")
    assert end[5:7] in ("01", "02")  # around the December solstice


def test_no_eclipse_where_there_is_none():
    scenario = load("suncatcher_81", set_=["constellation.shells.0.altitude_km=1450"])
    plane = facts(scenario)["planes"][0]
    assert (plane["sunlit_mean"], plane["longest_eclipse_min"], plane["first_season"]) == (1, 0, None)
    assert "no eclipses" in describe(scenario)


def test_a_newcomer_finds_what_matters():
    text = describe(load("suncatcher_81")).lower()
    for words in (
        "81 satellites in 1 plane",
        "650 km",
        "ltan 06:00",
        "sunlit 96.1%",
        "2,916 in total",
        "gpus run in eclipse on battery power",
        "mean time to failure",
        "at most 12.2 launches",
        "order to start of work: mean 175 days",
        "19.2 kw (33.4 kw/t)",
        "solar array 105 m2 (given;",
        "battery 14.",
        "capacity after 5 years 88.0% of new",
        "w/m2 at full load",
        "on the hottest day: gpu junction",
        "neither battery, array nor heat limits satellites",
        "m/s a year for drag",
        "breaks the fcc's five-year rule",
        "a gang on 8 satellites computes",
        "81 satellites, 46.6 t, 4 deployment flights, 4.02 expected with those that fail",
        "* scheduled_batch",
        "review_period_days 180",
    ):
        assert words in " ".join(text.split()), words
    assert 40 <= text.count("\n") <= 150
    assert "\x1b" not in text


def test_a_strategy_of_ones_own_is_listed_where_it_is_the_scenarios(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_idle.py").write_text(
        "from sim.strategies import Strategy\n\n\n"
        "class Idle(Strategy):\n    days: int = 3\n\n    def decide(self, fleet):\n        return []\n"
    )
    text = describe(load("baseline", set_=["strategy=my_idle:Idle"]))
    assert "  * my_idle:Idle: days 3\n  * is used unless" in text


def test_lives_agree_with_their_laws():
    law = "reliability.gpu={kind: weibull, shape: 2, scale_years: 10}"
    gpu = facts(load("baseline", set_=[law]))["failures"]["gpu"]
    assert gpu["mttf_years"] == pytest.approx(10 * math.gamma(1.5), rel=1e-6)
    assert gpu["survival_1_year"] == pytest.approx(math.exp(-0.01))
    assert gpu["survival_5_years"] == pytest.approx(math.exp(-0.25))
    assert gpu["failures_per_year"] == pytest.approx(2880 * 0.25 / 5)


def test_lives_follow_the_calendar():
    law = "reliability.gpu={kind: exponential, rate_per_year: 0.1, calendar_factor: {years: [1], factors: [3]}}"
    gpu = facts(load("baseline", set_=[law]))["failures"]["gpu"]
    assert gpu["survival_5_years"] == pytest.approx(math.exp(-0.1 - 4 * 0.3))


def test_what_never_fails_has_no_mean_life():
    scenario = load("baseline", set_=["reliability.gpu={kind: exponential, rate_per_year: 0}"])
    assert facts(scenario)["failures"]["gpu"]["mttf_years"] is None
    assert "mean time to failure undefined (some never fail)" in describe(scenario)


def test_a_gang_fails_with_its_gpus_and_their_buses():
    laws = [
        f"reliability.{unit}={{kind: exponential, rate_per_year: {rate}}}"
        for unit, rate in (("gpu", 0.03), ("bus", 0.02))
    ]
    # Laws at the conditions in which they were measured, and no radiation.
    laws += ["reliability.stress.activation_energy_ev=0", "reliability.stress.cycling_share=0"]
    laws += [f"radiation.effects.{effect}=null" for effect in load("suncatcher_81").radiation.effects]
    laws += ["reliability.groups.host=null"]
    (job,) = facts(load("suncatcher_81", set_=laws))["jobs"]
    rate = 256 * 0.03 + 8 * 0.02  # 256 GPUs on at least 8 satellites of 36
    assert job["mtbf_days"] == pytest.approx(365.25 / rate)
    # Young 1974: sqrt(2 M delta), good to its second order here
    assert job["checkpoint_interval_min"] == pytest.approx(math.sqrt(2 * job["mtbf_days"] * 1440 * 0.59 / 60), rel=0.01)
    assert 0.99 < job["useful_share"] < 1


def test_money_of_the_initial_fleet_adds_up():
    deployment = facts(load("suncatcher_81", set_=["strategy=on_orbit_spares"]))["deployment"]
    assert (deployment["satellites"], deployment["spares"], deployment["flights"]) == (86, 5, 4)
    assert deployment["total_usd"] == pytest.approx(
        # Three whole flights of 24; the 14 that are left share others'.
        (86 * (1.2e6 + 36 * 20e3) + 3 * 67e6 + 14 * 575 * 7000) / 0.9942
    )
    launched = load("baseline", "overlays/launched")
    assert facts(launched)["deployment"]["last_launch_day"] == 30 + 3 * 30
    assert "launched from day 30 to day 120" in describe(launched)
    assert "all slots are filled on day 150 (2027-05-31) if no flight slips or fails" in describe(launched)


@pytest.mark.parametrize(("room", "flights"), [(22, 4), (20, 8)])
def test_spares_of_a_fleet_that_is_launched_fly_along_where_there_is_room(room, flights):
    settings = ["strategy=on_orbit_spares", f"launch.vehicle.max_satellites={room}"]
    found = facts(load("baseline", "overlays/launched", set_=settings))["deployment"]
    days = (found["last_launch_day"], found["complete_day"])
    assert (found["flights"], *days) == (flights, 30 * flights, 30 + 3 * 30 + 30)


def test_dates_of_the_deployment_are_described():
    dates = "[{date: 2027-03-01}, {date: 2027-06-01}, {date: 2027-06-01, plane: '0.3'}, {date: 400}]"
    scenario = load("baseline", set_=[f"deployment={{kind: launched, dates: {dates}}}"])
    assert "launched from day 59 to day 400" in describe(scenario)
    assert "all slots are filled on day 430 (2028-03-06)" in describe(scenario)


def test_who_orders_in_time_is_not_warned():
    warnings = facts(load("baseline", set_=["satellite.design_life_years=3", "strategy=batch"]))["warnings"]
    assert not any("only when their design life" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("base", "settings", "warning"),
    [
        (
            "baseline",
            ["workload.jobs.0.gpus=721"],
            "wants 721 GPUs in one plane and the largest has 720: it never has them all",
        ),
        (
            "baseline",
            ["workload.jobs.0.gpus=721", "workload.jobs.0.on_loss=wait"],
            "needs 721 GPUs at once, in one plane, and the largest plane never has more than 720: it never starts",
        ),
        ("baseline", ["workload.jobs.0.checkpoint_interval_min=1e6"], "most of its work is lost"),
        (
            "baseline",
            ["workload.jobs.0.restart_min=14400", "reliability.gpu.constant_per_year=5"],
            "to restart but is interrupted every",
        ),
        ("baseline", ["workload.jobs.0.count=1000"], "some jobs never start"),
        (
            "baseline",
            ["workload.jobs.0.gpus=400", "workload.jobs.0.count=6"],
            "planes of the initial fleet have room for 4, since the 400 GPUs of each lie in one plane",
        ),
        ("baseline", ["workload.jobs.0.gpus=400", "workload.jobs.0.count=6"], "jobs use at most 1,600 of the fleet's"),
        ("baseline", ["workload.jobs.0={gpus: 800, count: 3, on_loss: wait}"], "jobs use at most 0 of the fleet's"),
        (
            "baseline",
            ["satellite.design_life_years=3", "strategies.scheduled_batch.order_ahead_days=25"],
            "orders successors of satellites 25 days before their design life of 3 years ends (order_ahead_days: 25) "
            "and they take 175 on average: their slots then stand empty for some 150 days",
        ),
        ("baseline", ["workload.jobs.0.arrival_day=4000"], "after the end of the mission"),
        ("baseline", ["constellation.spare_berths_per_plane=1"], "strategy on_orbit_spares cannot be chosen"),
        ("baseline", ["launch.opportunity_interval_days=1000", "mission.years=10"], "launches deliver at most"),
        ("baseline", ["launch.transfer_days=2000"], "no replacement arrives"),
        ("baseline", ["satellite.design_life_years=3"], "design life after 3 of the mission's 5 years"),
        ("baseline", ["power.eclipse_policy=pause", "workload.jobs.0.gpus=64"], "needs 2 satellites spaced around"),
        (
            "baseline",
            ["power.eclipse_policy=pause", "workload.jobs.0.restart_min=20"],
            "spends 20.9 min of every orbit",
        ),
        ("baseline", ["deployment={kind: launched, interval_days: 999}"], "deployment flight is planned for day 2997"),
        ("baseline", ["workload.jobs.0.count=10"], "jobs use at most 320 of the fleet's 2,880 GPUs: 89% are idle"),
        (
            "baseline",
            ["satellite.design_life_years=3", "strategy=batch", "strategies.batch.order_ahead_days=0"],
            "batch orders successors of satellites only when their design life of 3 years has ended",
        ),
        (
            "baseline",
            ["constellation.shells.0.planes=40", "constellation.shells.0.satellites_per_plane=2"],
            "deployment: a flight carries 2.0 satellites on average and has room for",
        ),
    ],
)
def test_what_the_author_may_not_have_meant(base, settings, warning):
    warnings = facts(load(base, set_=settings))["warnings"]
    assert any(warning in text for text in warnings), warnings


TWO_YEARS = ["mission.years=2"]


@pytest.mark.parametrize(
    ("base", "settings", "warning"),
    [
        ("baseline", ["satellite.radiator.area_m2=0.5"], "bus alone heats the chips above 88 C"),
        ("baseline", ["satellite.radiator.area_m2=8"], "radiator of 8 m2 is too small: 10."),
        (
            "baseline",
            ["satellite.battery.capacity_kwh=1"],
            "cannot supply the bus (1,500 W) through the first",
        ),
        ("baseline", ["satellite.battery.capacity_kwh=20"], "battery of 20 kWh is too small"),
        ("baseline", ["satellite.array.area_m2=3"], "array of 3 m2 cannot supply the bus (1,500 W)"),
        ("baseline", ["satellite.array.area_m2=50"], "array of 50 m2 is too small"),
        (
            "baseline",
            ["satellite.radiator.area_m2=18", "designs.later.gpus=72", "designs.later.available_from_day=365"],
            "radiator of 18 m2 is too small in design later: 19.",
        ),
        (
            "baseline",
            ["satellite.array.area_m2=60", "satellite.array.mount=orbit_normal"],
            "(mount orbit_normal) gets less than 5% of its median power",
        ),
        ("baseline", ["satellite.propulsion.propellant_kg=12"], "propellant of 12 kg is too small"),
        ("baseline", ["satellite.propulsion.propellant_kg=11.5"], "run out of propellant after"),
        (
            "baseline",
            ["satellite.mass_kg=200"],
            "satellite.mass_kg of 200 kg falls 79% short of the sum of its parts, 9",
        ),
        ("baseline", ["constellation.shells.0.eccentricity=0.01"], "drag is computed at the mean altitude"),
        ("baseline", ["power.eclipse_policy=pause", "workload.jobs.0.gpus=640"], "of its 18 satellites is in eclipse"),
    ],
)
def test_sizes_that_are_too_small_are_named_with_one_that_is_enough(base, settings, warning):
    warnings = facts(load(base, set_=[*TWO_YEARS, *settings]))["warnings"]
    assert any(warning in text for text in warnings), warnings


@pytest.mark.parametrize(
    ("part", "key", "setting"),
    [
        ("array", "needed_m2", "satellite.array.area_m2"),
        ("battery", "needed_kwh", "satellite.battery.capacity_kwh"),
        ("radiator", "needed_m2", "satellite.radiator.area_m2"),
    ],
)
def test_the_size_said_to_be_enough_is_enough_and_less_is_not(part, key, setting):
    needed = facts(load("baseline"))["satellite"][part][key]
    below, above = (facts(load("baseline", set_=[f"{setting}={needed * by}"])) for by in (0.8, 1.001))
    assert above["satellite"]["limits"] == []
    assert not any("too small" in warning for warning in above["warnings"])
    assert below["satellite"]["limits"]
    assert any(f"{part} of" in warning and "too small" in warning for warning in below["warnings"])


@pytest.mark.parametrize("policy", ["ride_through", "throttle", "pause", "migrate"])
def test_every_eclipse_policy_is_described(policy):
    text = describe(load("suncatcher_81", set_=[*TWO_YEARS, f"power.eclipse_policy={policy}"]))
    assert f"eclipse policy {policy}: " in text


def test_limits_come_with_their_first_day_and_speed():
    found = facts(load("suncatcher_81", set_=["satellite.battery.capacity_kwh=5"]))
    (limit,) = found["satellite"]["limits"]
    assert (limit["plane"], limit["cause"], limit["first_day"]) == ("0.0", "battery", 0)  # January is in season
    # On day 0 the battery gives 5 kWh x .6 x .97 over the eclipse, less 3 kW for the bus; what is left is above the
    # lowest power, so the rest follows from P = idle + (peak - idle) f^3.
    dark_h = 19.5 / 60
    per_gpu = (5000 * 0.6 * 0.97 / dark_h - 3000) / 36
    assert limit["speed_first"] == pytest.approx(((per_gpu - 80) / 370) ** (1 / 3), abs=0.04)
    assert limit["where"] == "in eclipse"
    assert limit["speed_min"] <= limit["speed_first"]
    text = describe(load("suncatcher_81", set_=["satellite.battery.capacity_kwh=5"]))
    assert "plane 0.0: battery limits satellites that begin work on day 0: first on day 0 (2027-01-01)" in text


def test_masses_and_powers_of_the_parts_add_up():
    found = facts(load("spacex_ai1"))
    mass_kg, satellite = found["designs"]["satellite"]["mass_kg"], found["satellite"]
    assert mass_kg["battery"] == satellite["battery"]["mass_kg"] == pytest.approx(104_000 / 175)
    # 5 kg/m2 of plate, and 4 mm of aluminium behind 2 % of both faces for each of two loops.
    assert mass_kg["radiator"] == 110 * 5
    assert mass_kg["coolant_armour"] == pytest.approx(2 * 110 * 2 * 0.02 * 4 * 2.7)
    assert satellite["radiator"]["mass_kg"] == mass_kg["radiator"] + mass_kg["coolant_armour"]
    assert mass_kg["given"] == 2100
    assert satellite["array"]["bol_w"] == pytest.approx(600 * 250, rel=0.005)  # unveiled: 250 W/m2
    assert satellite["array"]["eol_w"] == pytest.approx(satellite["array"]["bol_w"] * 0.975**5)
    assert satellite["load"]["full_w"] == pytest.approx(120e3, rel=0.001)
    assert satellite["radiator"]["w_per_m2"] == pytest.approx(satellite["load"]["full_w"] / 110)
    assert (
        satellite["array"]["lowest_orbit_mean_w"]
        < satellite["array"]["lowest_in_light_w"]
        < satellite["array"]["bol_w"]
    )


def test_propellant_that_is_given_lasts_as_long_as_it_lasts():
    keeping = facts(load("baseline", set_=["satellite.propulsion.propellant_kg=20"]))["satellite"]["propulsion"]
    to_stay_m_s = 1500 * 9.80665 * math.log(740 / 720) - keeping["raising_m_s"] - keeping["disposal_m_s"]
    assert keeping["life_by_propellant_years"] == pytest.approx(to_stay_m_s / keeping["delta_v_m_s_per_year_max"])
    assert keeping["dry_after_years"] is None
    assert facts(load("baseline"))["satellite"]["propulsion"]["life_by_propellant_years"] is None


@pytest.mark.parametrize(("altitude_km", "keeps"), [(450, True), (1000, False)])
def test_the_five_year_rule_follows_altitude(altitude_km, keeps):
    settings = [*TWO_YEARS, f"constellation.shells.0.altitude_km={altitude_km}"]
    death = facts(load("baseline", set_=settings))["satellite"]["death"]
    assert death["keeps_five_year_rule"] is keeps
    assert f"{'meets' if keeps else 'breaks'} the FCC's five-year rule" in describe(load("baseline", set_=settings))


def test_a_node_that_nobody_holds_drifts():
    free = ["constellation.shells.0.ltan_h=9", "constellation.shells.0.node_keeping=free"]
    (drift,) = facts(load("suncatcher_81", set_=free))["satellite"]["node_drift"]
    assert drift["drift_h_end"] == pytest.approx(drift["ltan_h_end"] - 9)
    assert 0.5 < drift["drift_h_max"] < 3  # .04-.05 deg of inclination a year, over 5 years
    assert "plane 0.0: LTAN is not controlled and drifts from 09:00 to" in describe(load("suncatcher_81", set_=free))
    assert facts(load("suncatcher_81"))["satellite"]["node_drift"] == []


def test_capacity_of_a_plane_is_the_lit_share_where_it_pauses():
    scenario = load("baseline", set_=[*TWO_YEARS, "power.eclipse_policy=pause"])
    environment = Environment.build(scenario)
    found = plane_facts(environment, environment.planes[0], daily=True)
    daily, period = found["daily"], found["period_min"]
    lit = [1 - minutes / period for minutes in daily["eclipse_min"]]
    assert daily["capacity"] == pytest.approx(lit, abs=1e-4)
    assert found["capacity"]["mean"] == pytest.approx(sum(lit) / len(lit), abs=1e-4)
    assert found["capacity"]["dark_speed_min"] == 0
    assert found["battery"]["cycles_per_year"] == pytest.approx(1440 / period * 345, rel=0.01)
    assert {len(values) for values in daily.values()} == {731}  # the days that begin before the end of 730.5
    assert found["temperature"]["junction_c_max"] == pytest.approx(max(daily["junction_temperature_c"]), abs=0.01)
    assert found["density_kg_m3"]["max"] == pytest.approx(max(daily["density_kg_m3"]), rel=1e-3)


def test_warnings_end_the_text():
    assert "\nWarnings\n  ! jobs without an end" in describe(load("suncatcher_81", set_=["workload.jobs.0.count=1000"]))


def test_many_planes_are_summed_up():
    scenario = load("baseline", set_=["constellation.shells.0.planes=12", "mission.years=0.2"])
    assert "and 6 more; all planes are sunlit" in describe(scenario)


def test_odd_laws_and_delays_are_described():
    settings = [
        "launch.lead_time_days={kind: uniform, low_days: 10, high_days: 30}",
        "launch.opportunity_interval_days=0",
    ]
    text = describe(load("baseline", "overlays/castet_saleh_bus", set_=settings))
    assert "lead time 10 to 30 days" in text
    assert "launches on any day" in text
    assert "bus (weibull)" in text
    text = describe(
        load(
            "baseline", set_=["launch.lead_time_days={kind: lognormal, median_days: 10, sigma: 1}", "workload.jobs=[]"]
        )
    )
    assert "log-normal with median 10 days" in text
    assert "none, so goodput is 0" in text


def test_a_ladder_of_cadences_says_how_it_grows():
    text = " ".join(describe(load("baseline", "overlays/cadence_base")).split())
    assert "launch dates grow from 12 to 145 a year within 5 years, by the same factor each year: at most 145.0" in text
    linear = describe(load("baseline", "overlays/cadence_base", set_=["launch.ramp.growth=linear"]))
    assert "within 5 years: at most" in " ".join(linear.split())


def test_a_warm_up_is_said():
    assert "warm" not in describe(load("baseline"))
    text = describe(load("baseline", set_=["mission.warm_up_years=1"]))
    assert "availabilities and figures of sparing count from year 1 on" in text
