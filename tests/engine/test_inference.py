"""Inference on what training leaves: whole replicas, demand, output to the ground, and where every idle hour went."""

from itertools import pairwise
from math import inf

import numpy as np
import pytest
from pydantic import ValidationError

from sim.engine.idle_gpus import cell_integral, idle_plane
from sim.environment import Capacity
from sim.environment.ground_link import GroundLink
from sim.errors import ScenarioError
from sim.events import COLUMNS, EventKind, EventRecorder
from sim.metrics import measure
from sim.metrics.inference import inference_totals
from sim.scenario.ground import Ground
from sim.workloads import InferenceService
from sim.workloads.inference import ConstantDemand, Region, RegionalDemand

ALWAYS = Capacity(np.zeros(1), np.ones(1))
HELD = (
    EventKind.COMMITTED,
    EventKind.LOST,
    EventKind.CHECKPOINTED,
    EventKind.RESTARTED,
    EventKind.PAUSED,
    EventKind.UNCOMMITTED,
    EventKind.SLOWED,
)
RELAY = {"relay": {"rate_gb_s": 1, "availability": 0.5, "hops": 2, "hop_ms": 100}}


def serving(scenario, *services, ground=None):
    """The scenario with these services, mappings of their fields."""
    made = tuple(InferenceService.model_validate(service) for service in services)
    update = {"workload": scenario.workload.model_copy(update={"inference": made})}
    if ground is not None:
        update["ground"] = Ground.model_validate(ground)
    return scenario.model_copy(update=update)


def constant(tokens_per_s):
    return {"kind": "constant", "tokens_per_s": tokens_per_s}


# A log by hand


def noted(rows, still=()):
    """A log of one plane from (day, berth, satellite, idle GPUs), and (day, days) of its standstills."""
    recorder = EventRecorder()
    for satellite in sorted({row[2] for row in rows if row[2] >= 0}):
        recorder.append(0.0, EventKind.DELIVERED, plane=0, satellite=satellite, satellites=1)
    for day, berth, satellite, idle in rows:
        recorder.append(day, EventKind.IDLE_CHANGED, plane=0, berth=berth, satellite=satellite, amount=idle)
    for day, days in still:
        recorder.append(day, EventKind.STOOD_STILL, plane=0, amount=days)
    return recorder.finish()


ROWS = [
    (0.0, 0, 0, 8),
    (0.0, 1, 1, 7),
    (1.5, 0, 0, 3),  # a gang takes five
    (2.0, 1, 1, 1),
    (2.0, 1, 1, 6),  # of two notes of one instant the last holds
    (3.0, 0, -1, 0),  # the satellite is gone
]
DAYS = np.arange(5.0)


def service(gpus, within="satellite"):
    return InferenceService(gpus_per_replica=gpus, replica_within=within)


def test_whole_replicas_of_each_satellite():
    found = idle_plane(noted(ROWS), [ALWAYS], np.zeros(2, np.intp), [service(1), service(3)], DAYS)
    assert found.idle.tolist() == [15, 0.5 * 15 + 0.5 * 10, 3 + 6, 6]
    assert found.whole[0].tolist() == found.runnable.tolist() == found.idle.tolist()
    # Two and two replicas of three; one and two from day 1.5 on; two alone from day 3 on.
    assert found.whole[1].tolist() == [12, 0.5 * 12 + 0.5 * 9, 9, 6]
    assert found.ended[0].tolist() == [0, 5, 1, 3]
    assert found.ended[1].tolist() == [0, 3, 0, 3]
    assert found.satellites.tolist() == [2, 2, 2, 2]


def test_replicas_over_a_plane_use_what_single_satellites_cannot():
    found = idle_plane(noted(ROWS), [ALWAYS], np.zeros(2, np.intp), [service(5, "plane")], DAYS)
    assert found.whole[0].tolist() == [15, 0.5 * 15 + 0.5 * 10, 5, 5]
    assert found.ended[0].tolist() == [0, 5, 5, 0]


def test_what_light_and_power_let_run_and_standstills():
    half = Capacity(np.array([0.0, 2.0]), np.array([1.0, 0.5]))
    still = [(0.25, 0.5), (0.5, 0.25), (3.0, 0.5)]
    found = idle_plane(noted(ROWS, still), [ALWAYS, half], np.array([0, 1]), [service(3), service(5, "plane")], DAYS)
    assert found.idle.tolist() == [15, 12.5, 9, 6]
    assert found.runnable.tolist() == [7.5, 12.5, 3 + 3, 1.5]
    assert found.whole[0].tolist() == [6, 10.5, 3 + 3, 1.5]
    assert found.whole[1] == pytest.approx([7.5, 12.5, 5 * 6 / 9, 0.5 * 5 * 0.5])


def test_a_later_satellite_in_a_slot_has_its_own_capacity():
    half = Capacity(np.array([2.0]), np.array([0.5]))
    rows = [(0.0, 0, 0, 4), (1.0, 0, -1, 0), (2.0, 0, 1, 6)]
    found = idle_plane(noted(rows), [ALWAYS, half], np.array([0, 1]), [service(1)], DAYS)
    assert found.idle.tolist() == [4, 0, 6, 6]
    assert found.runnable.tolist() == [4, 0, 3, 3]


@pytest.mark.parametrize("seed", range(3))
def test_integrals_of_steps_are_those_of_fine_sampling(seed):
    stream = np.random.default_rng(seed)
    days, change = stream.uniform(0, 10, 30), stream.integers(-5, 9, 30)
    edges = np.sort(np.concatenate([[0, 10], stream.uniform(0, 10, 7)]))
    at = (np.arange(200_000) + 0.5) / 20_000
    value = np.array([change[days <= one].sum() for one in at[::100]])
    sampled = [value[(at[::100] >= a) & (at[::100] < b)].sum() * 0.005 for a, b in pairwise(edges)]
    assert cell_integral(days, change, edges) == pytest.approx(sampled, abs=1.0)
    assert cell_integral(days, change, edges).sum() == pytest.approx((change * (10 - days)).sum())


# In the engine

FAILING = {
    "slots": 12,
    "gpus": 8,
    "days": 200,
    "gpu": {"kind": "exponential", "rate_per_year": 0.5},
    "bus": {"kind": "exponential", "rate_per_year": 0.5},
    "jobs": [
        {"gpus": 20, "count": 2, "checkpoint_interval_min": 60},
        {"gpus": 10, "count": 3, "arrival_day": 20, "work_gpu_hours": 6000, "checkpoint_interval_min": 60},
    ],
    "lead": 20.0,
}


@pytest.mark.parametrize(
    ("shape", "services", "ground"),
    [
        ({}, [{}], None),
        ({"pause": True}, [{"gpus_per_replica": 3}, {"gpus_per_replica": 5, "replica_within": "plane"}], None),
        ({}, [{"demand": constant(5e3), "bytes_per_token": 1e5}, {"gpus_per_replica": 2, "response_s": 1e4}], RELAY),
        ({"jobs": []}, [{"gpus_per_replica": 9, "replica_within": "plane"}], RELAY),
    ],
)
def test_every_idle_hour_and_every_token_is_counted_once(fleet, checked_run, shape, services, ground):
    scenario = serving(fleet(**{**FAILING, **shape}), *services, ground=ground)
    result = checked_run(scenario, "replace_on_failure")
    log, found = result.events, inference_totals(result.events)
    online = ((200 - log.time_days) * log.gpus).sum() * 24
    idle = online - sum(log.total(kind) for kind in HELD)
    parts = (found.served_gpu_hours, found.unsold_gpu_hours, found.cut_short_gpu_hours, found.idle_gpu_hours)
    assert sum(parts) == pytest.approx(idle, rel=1e-9)
    assert found.served_gpu_hours > 0.1 * idle
    demand = 200 * 86400 * sum(one.demand_tokens_per_s(96).mean() for one in scenario.workload.inference)
    assert found.tokens_sold + found.tokens_unmet == pytest.approx(demand, rel=1e-9)
    if ground:
        assert found.unsold_gpu_hours > 0 or "jobs" in shape


def test_training_goes_on_as_without_it(fleet, checked_run):
    plain = fleet(**FAILING)
    without = checked_run(plain, "replace_on_failure").events
    log = checked_run(serving(plain, {}), "replace_on_failure").events
    keep = log.kind < EventKind.IDLE_CHANGED
    assert np.count_nonzero(~keep) > 50
    for column in COLUMNS:
        assert np.array_equal(getattr(log, column)[keep], getattr(without, column)), column


def test_useful_hours_and_goodput_count_what_was_sold(fleet, checked_run):
    plain = fleet(slots=2, gpus=4, days=100, jobs=[{"gpus": 5, "checkpoint_interval_min": 60}])
    before, found = (measure(checked_run(one)) for one in (plain, serving(plain, {"gpus_per_replica": 2})))
    assert found["inference_gpu_hours"] == pytest.approx(2 * 100 * 24)  # one of three idle GPUs is no replica
    assert found["useful_gpu_hours"] == pytest.approx(before["useful_gpu_hours"] + 4800)
    assert found["goodput"] == pytest.approx(before["goodput"] + 0.25)
    assert found["effective_training_time_ratio"] == before["effective_training_time_ratio"]
    assert found["tokens_served"] == pytest.approx(4800 * 3600 * 1000)
    assert found["net_cost_usd"] < before["net_cost_usd"]
    alone = measure(checked_run(serving(fleet(slots=2, gpus=4, days=100), {})))
    assert alone["goodput"] == pytest.approx(1.0)
    assert alone["net_cost_usd"] < 0


def test_demand_is_met_as_far_as_gpus_go(fleet, checked_run):
    plain = fleet(slots=2, gpus=4, days=50)
    for tokens_per_s, sold in ((3000, 3000), (8000, 8000), (20_000, 8000)):
        found = measure(checked_run(serving(plain, {"demand": constant(tokens_per_s)})))
        assert found["tokens_served"] == pytest.approx(sold * 50 * 86400)
        assert found["tokens_unmet"] == pytest.approx((tokens_per_s - sold) * 50 * 86400, abs=1e-3)
        assert found["inference_gpu_hours"] == pytest.approx(sold / 1000 * 50 * 24)


def test_services_come_in_order(fleet, checked_run):
    first, second = {"demand": constant(5000)}, {"gpus_per_replica": 4, "tokens_per_s_per_gpu": 10}
    log = checked_run(serving(fleet(slots=2, gpus=4, days=50), first, second)).events
    sold = log.where(EventKind.SERVED)
    assert [sold.amount[sold.job == number].sum() for number in (0, 1)] == pytest.approx([5 * 1200, 3 * 1200])


def test_a_day_curve_is_followed_hour_by_hour(fleet, checked_run):
    curve = [0.0] * 24
    curve[6:12] = [1.0] * 6
    regions = [
        {"name": "here", "longitude_deg": 0, "peak_tokens_per_s": 12_000, "day_curve": curve},
        {"name": "there", "longitude_deg": 97.5, "peak_tokens_per_s": 4000, "day_curve": curve},
    ]
    demand = {"kind": "regions", "regions": regions}
    by_hour = InferenceService.model_validate({"demand": demand}).demand_tokens_per_s(8)
    # The second region's morning comes six and a half hours earlier: from 23:30 to 05:30.
    expected = [4000] * 5 + [2000] + [12_000] * 6 + [0] * 11 + [2000]
    assert by_hour == pytest.approx(expected)
    found = measure(checked_run(serving(fleet(slots=2, gpus=4, days=50.25), {"demand": demand})))
    served = 50 * sum(min(one, 8000) for one in expected) + sum(min(one, 8000) for one in expected[:6])
    assert found["tokens_served"] == pytest.approx(3600 * served)
    assert found["tokens_served"] + found["tokens_unmet"] == pytest.approx(
        3600 * (50 * sum(expected) + sum(expected[:6]))
    )


def test_replicas_that_end_lose_what_is_under_way_and_nothing_else(fleet, checked_run, written_thresholds):
    laws = written_thresholds(gpu={(0, 0, 1): 10.0}, bus={(1, 0): 20.0})
    plain = fleet(slots=2, gpus=4, days=50, **laws)
    log = checked_run(serving(plain, {"gpus_per_replica": 2, "response_s": 600})).events
    # One replica when a GPU fails, two with a satellite; on average half a request is done.
    assert log.total(EventKind.CUT_SHORT) == pytest.approx((2 + 4) * 300 / 3600)
    assert log.total(EventKind.SERVED) == pytest.approx(24 * (4 * 10 + 2 * 40 + 4 * 20) - 0.5)


def test_gangs_get_gpus_at_once(fleet, checked_run):
    job = {"gpus": 6, "arrival_day": 10, "work_gpu_hours": 6 * 24 * 5, "checkpoint_interval_min": 1e6}
    plain = fleet(slots=2, gpus=4, days=20, jobs=[job])
    log = checked_run(serving(plain, {})).events
    assert log.where(EventKind.JOB_STARTED).time_days.tolist() == [10.0]
    held = log.where(EventKind.JOB_FINISHED).time_days[0] - 10
    assert log.total(EventKind.SERVED) + log.total(EventKind.CUT_SHORT) == pytest.approx(24 * (8 * 20 - 6 * held))


# Output to the ground


def test_a_relay_takes_so_much_and_no_more(fleet, checked_run):
    plain = fleet(slots=2, gpus=4, days=50)
    found = measure(checked_run(serving(plain, {"bytes_per_token": 1e5}, ground=RELAY)))
    capacity = 2 * 1e9 / 8 * 0.5 / 1e5  # tokens a second of two satellites
    assert found["tokens_served"] == pytest.approx(capacity * 50 * 86400)
    assert found["unsold_gpu_hours"] == pytest.approx((8 - capacity / 1000) * 50 * 24)
    # The first service's output comes first.
    two = [{"bytes_per_token": 1e5, "demand": constant(1000)}, {"bytes_per_token": 1e5}]
    log = checked_run(serving(plain, *two, ground=RELAY)).events
    sold = log.where(EventKind.TOKENS_SOLD)
    shares = [sold.amount[sold.job == number].sum() / 50 / 86400 for number in (0, 1)]
    assert shares == pytest.approx([1000, capacity - 1000])


def test_who_cannot_answer_in_time_serves_none(fleet, checked_run):
    plain = fleet(slots=2, gpus=4, days=50)
    # 10 s of answering and 4 hops of .1 s; the relay takes nothing for half of the time, which nobody waits for.
    for limit, served in ((10.39, 0.0), (10.41, 4 * 50 * 24), (None, 8 * 50 * 24)):
        found = measure(checked_run(serving(plain, {"latency_limit_s": limit}, ground=RELAY)))
        assert found["inference_gpu_hours"] == pytest.approx(served)
        assert found["tokens_unmet"] == pytest.approx((8 * 50 * 24 - served) * 3.6e6, abs=1e-3)


SITES = [
    {"name": "north", "latitude_deg": 78.2, "longitude_deg": 15.4, "min_elevation_deg": 5, "weather_availability": 0.7},
    {"name": "middle", "latitude_deg": 28.3, "longitude_deg": -16.5, "weather_availability": 0.6},
]
POLAR = {"altitude_km": 600, "inclination_deg": 90}


def test_stations_send_what_contacts_and_weather_let_through(fleet, checked_run, environment):
    plain = fleet(slots=2, gpus=4, days=50, shell=POLAR)
    ground = {"stations": SITES, "downlink_gb_s": 10, "buffer_gb": 1e6}
    scenario = serving(plain, {"bytes_per_token": 1e6}, ground=ground)
    link = environment(scenario).ground_link
    contacts = link.contacts(0)
    windows = link.windows(0, 0, 0.0, 30.0)
    assert contacts.per_day == len(windows) / 30 > 10
    assert contacts.mean_min == pytest.approx(windows.length_s.mean() / 60)
    weight = np.array([0.7, 0.6])[windows.station]
    assert contacts.clear_share == pytest.approx((windows.length_s * weight).sum() / 30 / 86400, rel=0.01)
    assert 0 < contacts.clear_share < 0.7 * contacts.share < 0.1
    gap = np.diff(np.concatenate([[0], np.stack([windows.rise, windows.set], 1).ravel(), [30]]))[::2].max()
    assert contacts.longest_gap_min == pytest.approx(gap * 1440)
    assert link.capacity_bytes_per_day(0) == pytest.approx(10e9 / 8 * 86400 * contacts.clear_share)
    found = measure(checked_run(scenario))
    # All GPUs make more than can be sent: the link is busy in every contact.
    capacity = 2 * link.capacity_bytes_per_day(0) * 50 / 1e6
    assert capacity < 0.9 * 8 * 1000 * 50 * 86400
    assert found["tokens_served"] == pytest.approx(capacity, rel=1e-6)


def test_planes_of_one_shape_may_stand_for_each_other(fleet, environment, monkeypatch):
    shell = {"kind": "walker", "altitude_km": 600, "inclination_deg": 70, "planes": 3}
    built = environment(serving(fleet(slots=2, gpus=4, days=50, shell=shell), {}, ground={"stations": SITES}))
    own = [GroundLink(built.scenario, built.sites).contacts(plane).clear_share for plane in range(3)]
    assert len(set(own)) == 3
    monkeypatch.setattr("sim.environment.ground_link.PLANES_APART", 2)
    alike = [GroundLink(built.scenario, built.sites).contacts(plane).clear_share for plane in range(3)]
    assert alike == [own[0]] * 3
    assert own == pytest.approx(alike, rel=0.03)


def test_buffers_and_patience_decide_what_is_sold(fleet, environment):
    plain = fleet(slots=1, gpus=1, days=50, shell=POLAR)
    sold = {}
    for name, buffer_gb, limit_s in (
        ("all", 1e6, None),
        ("none", 0, None),
        ("soon", 1e6, 11),
        ("patient", 1e6, 40_000),
    ):
        ground = {"stations": SITES, "downlink_gb_s": 100, "buffer_gb": buffer_gb}
        scenario = serving(plain, {"latency_limit_s": limit_s}, ground=ground)
        link = environment(scenario).ground_link
        wait = link.longest_wait_s(0, scenario.workload.inference[0])
        assert wait == (inf if limit_s is None else pytest.approx(limit_s - 10 - link.latency_s(0)))
        sold[name] = float(link.sent(0, np.array([1e5]), wait)[0]) / 1e5
    share = link.contacts(0).clear_share
    assert sold["all"] == pytest.approx(1.0, abs=0.02)  # but for what waits for a clear pass at the end
    assert sold["none"] == pytest.approx(share, rel=1e-2)  # what is made under a clear sky leaves at once
    assert share < sold["soon"] < share + 1.1 * link.contacts(0).per_day / 86400
    assert sold["soon"] < sold["patient"] <= sold["all"]


def test_satellites_in_view_share_a_station(fleet, environment):
    def link(colocated, slots, at_once):
        sites = [{**SITES[0], "satellites_at_once": at_once}]
        shell = {**POLAR, "formation": "cluster" if colocated else "spaced"}
        scenario = serving(fleet(slots=slots, gpus=1, days=50, shell=shell), {}, ground={"stations": sites})
        return environment(scenario).ground_link

    def capacity(*which):
        return link(*which).capacity_bytes_per_day(0)

    alone = capacity(True, 1, None)
    assert capacity(True, 1, 1) == pytest.approx(alone)
    assert capacity(True, 8, 2) == pytest.approx(alone / 4)
    # Nobody gave a rate: the radio's, 1 Gb/s.
    assert alone == pytest.approx(1e9 / 8 * 86400 * link(True, 1, None).contacts(0).clear_share)
    # Around the orbit, of seven others so many are in view on average.
    others = 7 * link(False, 8, 1).contacts(0).share
    assert capacity(False, 8, 1) == pytest.approx(alone / (1 + others), rel=1e-3)


def test_without_ground_everything_is_sent(fleet, environment):
    link = environment(serving(fleet(slots=1, gpus=1), {})).ground_link
    assert link.sent(0, np.array([1e99]), inf)[0] == 1e99
    assert link.capacity_bytes_per_day(0) == inf
    assert link.latency_s(0) == 0


# What cannot be


@pytest.mark.parametrize(
    ("model", "given", "says"),
    [
        (Ground, {}, "stations or a relay"),
        (Ground, {"stations": SITES, **RELAY}, "stations or a relay"),
        (Ground, {"stations": [SITES[0], SITES[0]]}, "'north'"),
        (Ground, {"downlink_gb_s": 5, **RELAY}, "downlink_gb_s"),
        (InferenceService, {"latency_limit_s": 1, "response_s": 2}, "response_s"),
        (Region, {"name": "x", "longitude_deg": 0, "peak_tokens_per_s": 1, "day_curve": [1.0] * 23}, "24"),
        (RegionalDemand, {"regions": []}, "1"),
        (ConstantDemand, {"tokens_per_s": -1}, "greater"),
    ],
)
def test_what_makes_no_sense_is_refused(model, given, says):
    with pytest.raises(ValidationError, match=says):
        model.model_validate(given)


def test_more_than_memory_holds_is_refused_before_the_run(fleet, checked_run, monkeypatch):
    monkeypatch.setattr("sim.engine.inference.MOST_CELLS", 20)
    with pytest.raises(ScenarioError, match=r"workload\.inference"):
        checked_run(serving(fleet(slots=1, gpus=1, days=50), {}))


def test_mitigations_take_their_share_of_the_time_that_serves(fleet, checked_run):
    codes = {"mitigations": {"codes": {"throughput_cost": 0.2}}}
    found = []
    for radiation in (None, codes):
        scenario = serving(fleet(slots=2, gpus=4, days=10, radiation=radiation), {"bits_per_flop": 0})
        found.append(measure(checked_run(scenario)))
    plain, coded = found
    assert coded["tokens_served"] == pytest.approx(0.8 * plain["tokens_served"])
    assert coded["inference_gpu_hours"] == pytest.approx(0.8 * 80 * 24)
    # The hours are not idle, and count with what is done twice.
    assert coded["repeated_gpu_hours"] == pytest.approx(0.2 * 80 * 24)


def test_slower_gpus_serve_a_demand_below_their_capacity_all_the_same(fleet, checked_run):
    codes = {"mitigations": {"codes": {"throughput_cost": 0.2}}}
    half = {"bits_per_flop": 0, "demand": {"kind": "share", "fraction": 0.5}}
    found = measure(checked_run(serving(fleet(slots=2, gpus=4, days=10, radiation=codes), half)))
    assert found["tokens_unmet"] == pytest.approx(0, abs=1e-3)
    assert found["inference_gpu_hours"] == pytest.approx(40 * 24)
    assert found["repeated_gpu_hours"] == pytest.approx(40 * 24 / 0.8 * 0.2)
