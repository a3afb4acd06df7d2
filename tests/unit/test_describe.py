"""What `describe` says agrees with closed forms and with what was published about these orbits."""

import math

import pytest

from sim.describe import describe, facts
from sim.scenario import load

# Yearly sunlit fraction, longest eclipse and eclipse days of dawn-dusk orbits (LTAN 06:00), computed apart with a
# point Sun and a spherical Earth.
DAWN_DUSK = [(500, 0.9451, 22.7, 104), (650, 0.9608, 19.7, 88), (1000, 0.9849, 13.1, 56)]


@pytest.mark.parametrize(("altitude_km", "sunlit", "longest_min", "days"), DAWN_DUSK)
def test_light_of_dawn_dusk_orbits(altitude_km, sunlit, longest_min, days):
    plane = facts(load("suncatcher_81", set_=[f"constellation.shells.0.altitude_km={altitude_km}"]))["planes"][0]
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
    assert "never in eclipse" in describe(scenario)


def test_a_newcomer_finds_what_matters():
    text = describe(load("suncatcher_81")).lower()
    for words in (
        "81 satellites in 1 plane",
        "650 km",
        "ltan 06:00",
        "sunlit 96.1%",
        "2,916 in all",
        "eclipse does not touch capacity: the battery is assumed to carry the load",
        "mean time to failure",
        "at most 12.2 launches",
        "from order to work 175 days on average",
        "48.7 kw/t",
        "81 satellites, 46.6 t, 3 flights",
        "* scheduled_batch",
        "review_period_days 180",
    ):
        assert words in text, words
    assert 40 <= text.count("\n") <= 65
    assert "\x1b" not in text


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
    assert "need not fail" in describe(scenario)


def test_a_gang_fails_with_its_gpus_and_their_buses():
    laws = [
        f"reliability.{unit}={{kind: exponential, rate_per_year: {rate}}}"
        for unit, rate in (("gpu", 0.03), ("bus", 0.02))
    ]
    (job,) = facts(load("suncatcher_81", set_=laws))["jobs"]
    rate = 256 * 0.03 + 8 * 0.02  # 256 GPUs on at least 8 satellites of 36
    assert job["mtbf_days"] == pytest.approx(365.25 / rate)
    # Young 1974: sqrt(2 M delta), good to its second order here
    assert job["checkpoint_interval_min"] == pytest.approx(math.sqrt(2 * job["mtbf_days"] * 1440 * 1), rel=0.01)
    assert 0.99 < job["useful_share"] < 1


def test_money_of_the_initial_fleet_adds_up():
    deployment = facts(load("suncatcher_81", set_=["strategy=on_orbit_spares"]))["deployment"]
    assert (deployment["satellites"], deployment["spares"], deployment["flights"]) == (86, 5, 4)
    assert deployment["total_usd"] == pytest.approx(86 * (1.2e6 + 36 * 20e3) + 4 * 67e6)
    launched = load("baseline", "overlays/launched")
    assert facts(launched)["deployment"]["last_launch_day"] == 30 + 3 * 30
    assert "launched from day 30 to day 120" in describe(launched)


@pytest.mark.parametrize(
    ("base", "settings", "warning"),
    [
        (
            "baseline",
            ["workload.jobs.0.gpus=721"],
            "needs 721 GPUs in one plane and the largest has 720",
        ),
        ("baseline", ["workload.jobs.0.checkpoint_interval_min=1e6"], "makes little headway"),
        (
            "baseline",
            ["workload.jobs.0.restart_min=14400", "reliability.gpu.constant_per_year=5"],
            "to restart but fails",
        ),
        ("baseline", ["workload.jobs.0.count=1000"], "some wait for ever"),
        ("baseline", ["workload.jobs.0.arrival_day=4000"], "after the mission's end"),
        ("baseline", ["constellation.spare_berths_per_plane=1"], "strategy on_orbit_spares cannot be chosen"),
        ("baseline", ["launch.opportunity_interval_days=1000"], "launches bring at most"),
        ("baseline", ["launch.transfer_days=2000"], "no replacement arrives"),
        ("baseline", ["satellite.design_life_years=3"], "reach their design life after 3 of 5 years"),
        ("baseline", ["power.eclipse_policy=pause", "workload.jobs.0.gpus=64"], "spans 2 satellites spread around"),
        ("baseline", ["power.eclipse_policy=pause", "workload.jobs.0.restart_min=20"], "spends 21 of at least 60 min"),
        ("baseline", ["deployment={kind: launched, interval_days: 999}"], "last flight is planned for day 2997"),
    ],
)
def test_what_the_author_may_not_have_meant(base, settings, warning):
    warnings = facts(load(base, set_=settings))["warnings"]
    assert any(warning in text for text in warnings), warnings


def test_warnings_end_the_text():
    assert "\nWarnings\n  ! jobs without end" in describe(load("suncatcher_81", set_=["workload.jobs.0.count=1000"]))


def test_many_planes_are_summed_up():
    scenario = load("baseline", set_=["constellation.shells.0.planes=12", "mission.years=0.2"])
    assert "and 6 more; all planes sunlit" in describe(scenario)


def test_odd_laws_and_delays_have_words():
    settings = [
        "launch.lead_time_days={kind: uniform, low_days: 10, high_days: 30}",
        "launch.opportunity_interval_days=0",
    ]
    text = describe(load("baseline", "overlays/castet_saleh_bus", set_=settings))
    assert "lead time 10 to 30 days" in text
    assert "launches on demand" in text
    assert "bus (weibull)" in text
    text = describe(
        load(
            "baseline", set_=["launch.lead_time_days={kind: lognormal, median_days: 10, sigma: 1}", "workload.jobs=[]"]
        )
    )
    assert "log-normal with median 10 days" in text
    assert "none: no work is counted" in text
