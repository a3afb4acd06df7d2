"""The ground twin of a fleet: the same chips fail on the same days, and without orbit's causes and prices it is the
fleet itself."""

import numpy as np
import pytest

from sim.description import facts
from sim.economics import Item, costs
from sim.engine import simulate
from sim.environment import Environment
from sim.errors import ScenarioError
from sim.events import Cause, EventKind
from sim.metrics import measure, waterfall
from sim.result import Result
from sim.scenario import ground_twin, load, resolved_yaml
from sim.shipped import validation_case

INTERRUPTIONS = load(validation_case("llama3_ground")).reliability.interruptions
QUIET = [f"reliability.interruptions.{name}.rate_per_year=0" for name in INTERRUPTIONS]
# A fleet whose orbit is a machine room: no eclipse, no radiation, no debris, no bus that fails, nothing to launch.
ROOM = [
    "constellation.shells.0.satellites_per_plane=24", "satellite.gpus=8", "satellite.gpus_per_host=4",
    *QUIET, "economics.gpu_usd=30000", "satellite.design_life_years=6",
    "economics.discount={orbit_per_year: 0.07, ground_per_year: 0.07}", "workload.jobs.0.detection_s=0",
    "workload.jobs.0.hot_spares=0",
]  # fmt: skip
FAILS = "reliability.gpu={kind: weibull, shape: 1.6, scale_years: 1.5}"
SERVES = ["workload.jobs=[]", "workload.inference=[{name: chat, gpus_per_replica: 4}]"]
AT_ONCE = ["campus.repair.automatic_min=0", "campus.repair.manual_share=0", "campus.repair.automatic_failure=0"]


def fleet(*settings: str):
    return load(validation_case("llama3_ground"), set_=[*ROOM, *settings])


def campus(*settings: str):
    """A template with nothing to pay beside hosts, and whose hosts have nothing that fails beside GPUs."""
    free = ["campus.facility=null", "reliability.bus.rate_per_year=0", "campus.selection_min=0",
            "campus.repair.technicians=null", "economics.discount.ground_per_year=0.07",
            "campus.repair.manual_parts_usd=0", "campus.repair.technician_usd_per_hour=0",
            "satellite.design_life_years=6"]  # fmt: skip
    return load("ground_stargate", set_=[*free, *settings])


def run(scenario, replicate: int = 0) -> Result:
    return simulate(scenario, Environment.build(scenario), "run_to_failure", 1, replicate)


def failures(result: Result, kind: EventKind) -> list[tuple[int, float]]:
    """(satellite or host, day) of failures of GPUs."""
    rows = result.events.where(kind)
    assert set(rows.cause.tolist()) == {Cause.GPU}
    return sorted(zip(rows.berth.tolist(), rows.time_days.tolist(), strict=True))


# Pairing


def test_each_gpu_fails_on_the_day_on_which_it_fails_in_orbit():
    orbit = fleet("mission.years=1", FAILS, *SERVES)
    ground = ground_twin(orbit, campus(*AT_ONCE))
    above, below = run(orbit), run(ground)
    in_orbit, here = failures(above, EventKind.GPU_FAILED), failures(below, EventKind.HOST_FAILED)
    assert len(in_orbit) > 60
    days = np.array([day for _, day in here])
    for satellite, day in in_orbit:
        nearest = int(np.abs(days - day).argmin())
        assert days[nearest] == pytest.approx(day, abs=1e-6)
        assert here[nearest][0] // 2 == satellite  # on one of its two hosts
    # What is left are failures of the GPUs that took the place of these: fewer than of new ones.
    assert 0 < len(here) - len(in_orbit) < len(in_orbit) / 2
    later = failures(run(ground, 1), EventKind.HOST_FAILED)
    assert later != here


def test_the_pairing_is_by_place_in_every_plane():
    planes = [
        "constellation.shells=[{kind: walker, formation: spaced, altitude_km: 600, inclination_deg: 53, planes: 3, "
        "satellites_per_plane: 4}, {kind: sun_synchronous, altitude_km: 1400, ltan_h: 6, satellites_per_plane: 5}]",
        "workload.jobs=[]",
    ]  # fmt: skip
    scenario = fleet(*planes, *SERVES)
    twin = ground_twin(scenario)
    layouts = Environment.build(scenario).layouts
    assert twin.campus.stands_for.planes == tuple((one.address, one.slots) for one in layouts)
    assert twin.campus.hosts == 17 * 2


def test_parts_that_carry_some_gpus_are_paired_too():
    orbit = fleet("mission.years=1", *SERVES,
                  "reliability.groups={board: {gpus: 4, law: {kind: exponential, rate_per_year: 0.7}}}")  # fmt: skip
    above, below = run(orbit), run(ground_twin(orbit, campus(*AT_ONCE)))
    in_orbit = above.events.where(EventKind.GROUP_FAILED).time_days
    here = below.events.where(EventKind.HOST_FAILED).time_days
    assert len(in_orbit) > 10
    assert np.abs(here[:, None] - in_orbit[None, :]).min(axis=0).max() < 1e-6


def test_more_chips_move_no_other_hosts_failures():
    few, many = (
        ground_twin(fleet("mission.years=1", FAILS, *SERVES, f"constellation.shells.0.satellites_per_plane={n}"),
                    campus(*AT_ONCE))
        for n in (12, 24)
    )  # fmt: skip
    small, large = (failures(run(one), EventKind.HOST_FAILED) for one in (few, many))
    assert [pair for pair in large if pair[0] < 24] == small


# Identity


def test_a_fleet_with_the_grounds_hazards_and_prices_is_its_twin():
    orbit = fleet("mission.years=1", "workload.jobs.0.gpus=160")
    above, below = (run(one) for one in (orbit, ground_twin(orbit, campus())))
    there, here = measure(above), measure(below)
    assert here["useful_gpu_hours"] == pytest.approx(there["useful_gpu_hours"], rel=1e-12)
    assert here["useful_gpu_hours"] > 0.99 * 160 * 8766
    assert here["total_cost_usd"] == pytest.approx(there["total_cost_usd"], rel=1e-12)
    assert costs(below).ledger.by_item()[Item.GPUS] == 24 * 8 * 30000
    assert costs(below).ledger.total(Item.CREDIT) == pytest.approx(-24 * 8 * 30000 * 5 / 6)
    serving = fleet("mission.years=1", *SERVES)
    there, here = (measure(run(one)) for one in (serving, ground_twin(serving, campus())))
    assert here["useful_gpu_hours"] == pytest.approx(there["useful_gpu_hours"], rel=1e-9)
    assert here["tokens_served"] == pytest.approx(there["tokens_served"], rel=1e-9)


def test_with_failures_it_is_so_within_the_interval():
    # Idle GPUs take the place of those that fail on both sides, and there are enough of them for as long as it runs.
    orbit = fleet("mission.years=0.3", "reliability.gpu={kind: exponential, rate_per_year: 0.3}",
                  "reliability.interruptions.software.rate_per_year=400",
                  "workload.jobs.0.gpus=96", "workload.jobs.0.checkpoint_interval_min=120")  # fmt: skip
    ground = ground_twin(orbit, campus("campus.repair.automatic_min=1e7", "campus.repair.manual_share=0"))
    sky, hall = Environment.build(orbit), Environment.build(ground)
    found = []
    for replicate in range(12):
        pair = [
            measure(simulate(one, where, "run_to_failure", 1, replicate))
            for one, where in ((orbit, sky), (ground, hall))
        ]
        found.append(
            [(one["useful_gpu_hours"], one["job_interruptions"], one["total_cost_uncredited_usd"]) for one in pair]
        )
    hours, stops, usd = np.array(found).transpose(2, 0, 1)
    for metric in (hours, stops):
        difference = metric[:, 1] - metric[:, 0]
        assert abs(difference.mean()) < 4 * difference.std(ddof=1) / np.sqrt(len(difference))
    assert stops.min() > 80
    # Dead GPUs are in no credit in orbit, and hosts that wait for repair are in one here: what was paid is the same.
    assert usd[:, 1] == pytest.approx(usd[:, 0], rel=1e-12)


# What a twin is made of


def test_a_twin_has_the_fleets_chips_and_the_templates_building():
    scenario, template = load("suncatcher_81"), load("ground_stargate", "overlays/ground_s1_anchor")
    twin = ground_twin(scenario, template)
    assert twin.campus.hosts * twin.satellite.gpus == 81 * 36
    assert twin.satellite.gpu.peak_w == scenario.satellite.gpu.peak_w
    assert twin.reliability.gpu == scenario.reliability.gpu
    assert twin.reliability.bus == template.reliability.bus
    assert twin.economics.gpu_usd == scenario.economics.gpu_usd
    assert twin.campus.facility == template.campus.facility
    assert twin.mission == scenario.mission
    (job,) = twin.workload.jobs
    assert (job.count, job.gpus, job.restart_min) == (11, 256, 10)
    assert job.model == scenario.workload.jobs[0].model
    assert twin.campus.warm_standbys == (729 - 11 * 64) // 11
    warnings = facts(twin)["warnings"]
    assert any("talk between GPUs" in one for one in warnings)


@pytest.mark.parametrize("name", ["suncatcher_81", "spacex_ai1", "baseline"])
def test_twins_of_shipped_fleets_run_and_read_back(name, tmp_path):
    twin = ground_twin(load(name))
    copy = tmp_path / "twin.yaml"
    copy.write_text(resolved_yaml(twin), encoding="utf-8")
    assert load(copy) == twin
    found = measure(run(twin))
    assert 0.5 < found["goodput"] < 0.7  # without power for 18 months of 60
    assert sum(waterfall(found).values()) == pytest.approx(found["online_gpu_hours"], rel=1e-6)


def test_large_jobs_give_hosts_that_stand_by_and_small_ones_wait_for_repairs():
    fails = "reliability.gpu={kind: exponential, rate_per_year: 0.3}"
    twin = ground_twin(fleet("workload.jobs.0.gpus=192", fails))
    # 48 hosts, each in repair for 2.1 days 1.2 times a year: a third of the time for all.
    assert twin.workload.jobs[0].gpus == 192 - 4
    assert twin.campus.warm_standbys == 1
    assert any("4 of the GPUs of pretraining stand by" in one for one in twin.campus.stands_for.left_out)
    small = ground_twin(fleet("workload.jobs.0.gpus=16", "workload.jobs.0.count=12", fails))
    # 4 hosts each: a standby would be a quarter of them.
    assert (small.workload.jobs[0].gpus, small.campus.warm_standbys) == (16, 0)
    assert any("no host stands by" in one for one in facts(small)["warnings"])


def test_jobs_that_queue_become_one():
    twin = ground_twin(
        fleet("workload.jobs.0.gpus=64", "workload.jobs.0.count=200", "workload.jobs.0.work_gpu_hours=1e4")
    )
    (job,) = twin.workload.jobs
    assert (job.count, job.work_gpu_hours) == (1, None)
    assert any("200 jobs that queue" in one for one in facts(twin)["warnings"])


def test_what_fills_a_fleet_fills_its_twin():
    twin = ground_twin(fleet("workload.jobs.0.gpus=40", "workload.jobs.0.count=fill"))
    assert twin.workload.jobs[0].count == 4  # of 192 GPUs


def test_what_the_ground_does_not_follow_is_said():
    scenario = fleet(
        "reliability.groups={wheels: {law: {kind: exponential, rate_per_year: 0.1}, units: 4, needed: 3}}",
        "reliability.interruptions.software={rate_per_year: 3, recovery: retry}",
        "satellite.spare_gpus=2",
        "workload.jobs.0.gpus=64",
    )
    twin = ground_twin(scenario)
    assert not twin.reliability.groups
    assert "software" not in twin.reliability.interruptions
    assert not twin.campus.stands_for.paired
    text = " ".join(twin.campus.stands_for.left_out)
    for word in ("groups.wheels", "interruptions.software", "spare GPUs"):
        assert word in text


def test_twins_of_nothing_are_refused():
    with pytest.raises(ScenarioError, match="stands on the ground already"):
        ground_twin(load("ground_stargate"))
    with pytest.raises(ScenarioError, match="needs one to stand on"):
        ground_twin(load("baseline"), load("baseline"))


@pytest.mark.parametrize(
    ("name", "settings", "problem"),
    [
        ("baseline", ["workload.jobs=[]"], "the ground twin of baseline"),
        ("validation/starlink_early", [], "the ground twin of "),
        ("validation/mccalip_orbit", [], "the ground twin of "),
    ],
)
def test_a_fleet_without_a_twin_is_refused_in_one_sentence(name, settings, problem):
    with pytest.raises(ScenarioError, match=problem):
        ground_twin(load(name, set_=settings))


def test_a_twin_pays_what_its_template_does_and_emits_what_its_chips_do():
    prices = [
        "economics.operations_usd_per_year=1e6",
        "economics.development_usd=2e6",
        "economics.carbon.grid_kg_per_kwh=0.02",
    ]
    template = load("ground_stargate", set_=prices)
    fleet = load("suncatcher_81", set_=["economics.carbon.gpu_kg=999"])
    twin = ground_twin(fleet, template)
    share = twin.campus.hosts * twin.satellite.gpus / (template.campus.all_hosts * template.satellite.gpus)
    assert twin.economics.operations_usd_per_year == pytest.approx(1e6 * share)
    assert twin.economics.development_usd == pytest.approx(2e6 * share)
    assert (twin.economics.carbon.gpu_kg, twin.economics.carbon.grid_kg_per_kwh) == (999, 0.02)
