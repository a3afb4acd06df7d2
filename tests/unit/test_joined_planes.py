"""Joined planes: refusals, room, schedulers, the pool, windows of light and passes of gangs over several planes."""

from math import inf

import numpy as np
import pytest

from sim.berths import JoinedLayout, layouts
from sim.description import describe, facts
from sim.engine.pool import Pool, fewest_in_a_row
from sim.environment.filling import fit_over
from sim.environment.joined import joined_planes
from sim.environment.light_windows import both_lit
from sim.environment.planes import planes_of
from sim.environment.saa_passes import PassesOfPlanes
from sim.errors import ScenarioError
from sim.scenario import load
from sim.workloads import Rooms
from sim.workloads.rooms import Running
from sim.workloads.schedulers import Compact, Fifo, FifoBackfill, Goodput, Placement, Preemption, Priority, Queued

JOINED = ["baseline", "overlays/cross_plane"]


# What is refused, and what is said


def joined(*set_, base="baseline"):
    return load(base, *(["overlays/cross_plane"] if base == "baseline" else []), set_=list(set_))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (["constellation.shells.0.planes=1"], "shell 0: it has one plane only"),
        (["satellite.links.cross_plane.max_range_km=300"], "neighbours of adjacent planes are 364 to 604 km apart"),
        (["constellation.shells.0.node_keeping=free"], "its nodes drift apart"),
        (["constellation.shells.0.eccentricity=0.02"], "its orbits are eccentric"),
        (
            ["constellation.shells.0.raan_spread_deg=340", "constellation.shells.0.inclination_deg=86"],
            "neighbouring planes counter-rotate",
        ),
        (
            [
                "constellation.shells.0.raan_spread_deg=160",
                "constellation.shells.0.formation=cluster",
                "constellation.shells.0.inclination_deg=20",
                "satellite.links.cross_plane.max_range_km=30000",
            ],
            "behind the Earth or its air",
        ),
        (
            ["constellation.shells.0.phasing=1", "satellite.links.cross_plane.cut_off_latitude_deg=0"],
            "always above cut_off_latitude_deg",
        ),
    ],
)
def test_links_that_join_nothing_are_refused(settings, says):
    scenario = joined(*settings, "workload.jobs.0.gpus=32")
    with pytest.raises(ScenarioError, match=r"satellite\.links\.cross_plane: joins no planes: shell 0: ") as error:
        joined_planes(scenario, planes_of(scenario))
    assert says in str(error.value)


def test_a_shell_that_cannot_be_joined_beside_one_that_can_is_warned_of():
    shells = load(*JOINED).model_dump(mode="json")["constellation"]["shells"]
    text = describe(joined(f"constellation.shells={[shells[0], {**shells[0], 'planes': 1}]}"))
    assert "satellite.links.cross_plane joins no planes of shell 1: it has one plane only" in text.replace(
        "\n    ", " "
    )


def test_describe_says_how_planes_are_linked_and_what_it_costs():
    given = ["constellation.shells.0.formation=cluster", "satellite.links.cross_plane.cut_off_latitude_deg=40"]
    found = facts(joined(*given))
    text = describe(joined(*given))
    (one,) = found["cross_plane"]
    share = one["two_planes"]["up_share"]
    assert 0.3 < share < one["pair_up_share"] < 1  # each outage, and the time to point the link again
    assert "Links between planes" in text
    assert f"linked {share:.1%} of the time, at 100 Gb/s; outages of up to" in text
    assert "36 satellites over 2 planes computes" in text
    assert found["jobs"][0]["communication_efficiency"] < facts(load(*JOINED))["jobs"][0]["communication_efficiency"]


def test_links_that_no_job_uses_are_warned_of():
    small = describe(joined("workload.jobs.0.gpus=720"))
    assert "every job fits into a plane, so no gang uses these links" in small.replace("\n    ", " ")
    large = describe(joined("workload.jobs.0.gpus=1440", "workload.jobs.0.least_fraction=1"))
    assert "Warnings" not in large or "never starts" not in large
    shells = load(*JOINED).model_dump(mode="json")["constellation"]["shells"]
    more = f"constellation.shells={[shells[0], {**shells[0], 'planes': 1}]}"
    too_large = describe(joined("workload.jobs.0.gpus=2000", "workload.jobs.0.least_fraction=1", more))
    told = " ".join(too_large.split())
    assert "needs 2,000 GPUs at once, in one shell, and the largest shell never has more than 1,440: it never" in told


def test_a_fill_of_jobs_that_span_planes():
    assert [job["count"] for job in facts(joined("workload.jobs.0.count=fill"))["jobs"]] == [1]
    with pytest.raises(ScenarioError, match="joined planes have no 1,500 GPUs left"):
        facts(joined("workload.jobs.0.count=fill", "workload.jobs.0.gpus=1500"))
    room = [5, 9, 7]
    assert fit_over(room, [(0, 1), (2,)], 6, inf) == 3  # one in the third, two over the first two
    assert room == [0, 2, 1]


def test_terminals_weigh_and_cost(environment):
    without, bare = (environment(joined(f"satellite.links.cross_plane={given}")).parts[0] for given in ("null", "{}"))
    assert (without.links, bare.links) == (2, 4)
    assert bare.mass_kg["links"] == 2 * without.mass_kg["links"]


# Room


def test_rooms_of_joined_planes_follow_their_planes():
    rooms = Rooms([5, 3, 4], joined=[(0, 1)])
    assert rooms.idle == [5, 3, 4, 8]
    assert rooms.largest == 8
    assert rooms.best_fit(6) is None
    assert rooms.best_fit(6, True) == 3
    rooms.change(1, -2)
    assert rooms.idle == [5, 1, 4, 6]
    assert rooms.total == 10
    rooms.change(0, 1)
    assert rooms.freed == {0, 3}
    rooms.change(2, 1)
    assert rooms.freed == {0, 2, 3}
    assert list(rooms.shared([(0, 2), (1, 3)])) == [(0, 2), (1, 3), (3, 5)]
    assert list(rooms.shared([(2, 2)])) == [(2, 2)]


SPANNING = Queued(0, 8, 1, 8, 1, spans=True)


@pytest.mark.parametrize("scheduler", [Fifo(), FifoBackfill(), Goodput(), Compact(), Priority()], ids=lambda s: s.kind)
def test_a_job_that_spans_planes_gets_joined_ones_and_others_a_plane(scheduler):
    rooms = Rooms([5, 3, 9], joined=[(0, 1)])
    assert list(scheduler.place([SPANNING], rooms, 0.0)) == [Placement(0, 3, 8)]
    assert next(iter(scheduler.place([Queued(1, 3, 1, 3, 1)], rooms, 0.0))) == Placement(1, 1, 3)


def test_backfill_keeps_free_what_a_spanning_headwill_need():
    # On day 10 three more GPUs are idle in plane 0: the head's eight, and one that is left over.
    rooms = Rooms([3, 3, 0], joined=[(0, 1)])
    for place, gpus in rooms.shared([(0, 3)]):
        rooms.run(place, 100, gpus, 10.0)
    long, short = Queued(1, 2, 50.0, 2, 1), Queued(2, 2, 5.0, 2, 1)
    assert list(FifoBackfill().place([SPANNING, long], rooms, 0.0)) == []
    assert list(FifoBackfill().place([SPANNING, short], rooms, 0.0)) == [Placement(2, 0, 2)]
    assert list(FifoBackfill().place([SPANNING, Queued(3, 1, 50.0, 1, 1)], rooms, 0.0)) == [Placement(3, 0, 1)]


def test_backfill_over_planes_leaves_the_plane_of_the_headalone():
    rooms = Rooms([3, 9], joined=[(0, 1)])
    rooms.run(0, 100, 3, 10.0)
    head = Queued(5, 6, 50.0, 6, 1)
    rooms.change(1, -6)  # three idle in each plane; plane 0 has six on day 10
    assert list(FifoBackfill().place([head, Queued(2, 6, 50.0, 6, 1, spans=True)], rooms, 0.0)) == []
    assert list(FifoBackfill().place([head, Queued(2, 6, 5.0, 6, 1, spans=True)], rooms, 0.0)) == [Placement(2, 2, 6)]


def test_all_in_joined_planes_make_way_for_a_spanning_job():
    rooms = Rooms([0, 2], joined=[(0, 1)])
    for job, shares, priority in [(100, [(0, 4)], 1), (101, [(1, 3)], 0), (102, [(0, 1), (1, 2)], 2)]:
        for place, gpus in rooms.shared(shares):
            rooms.gangs[place][job] = Running(gpus, priority)
    wanted = Priority().place([Queued(0, 9, 1, 9, 1, priority=5, spans=True)], rooms, 0.0)
    assert [next(wanted), next(wanted)] == [Preemption(101), Preemption(100)]
    # One in a plane looks at what the spanning one has there.
    wanted = Priority().place([Queued(0, 4, 1, 4, 1, priority=2)], rooms, 0.0)
    assert next(wanted) in (Preemption(101), Preemption(100))


# The pool


@pytest.mark.parametrize(
    ("idle", "count", "own", "found"),
    [
        ([4, 4, 4], 4, [], (0, 0)),
        ([1, 4, 4], 8, [], (1, 2)),
        ([1, 4, 4], 9, [], (0, 2)),
        ([4, 0, 4], 4, [1], (0, 1)),
        ([4, 1, 4], 1, [1], (1, 1)),
        ([0, 0, 4], 3, [0], (0, 2)),
        ([0, 0, 0], 3, [], (0, 2)),
    ],
)
def test_the_fewest_neighbouring_planes(idle, count, own, found):
    assert fewest_in_a_row(np.array(idle), count, np.array(own, np.intp)) == found


def pool_of_planes(slots, spares, positions=2):
    planes = layouts(slots, spares)
    return Pool(planes, positions, joined=(JoinedLayout(len(planes), planes),))


def test_gpus_over_joined_planes_are_taken_and_given_back():
    pool, everything = pool_of_planes([2, 2, 2], 1), len(layouts([2, 2, 2], 1))
    for plane in pool.planes:
        for berth in range(plane.first_berth, plane.first_berth + 2):
            pool.join(berth, np.ones(2, bool))
    assert pool.rooms.idle == [4, 4, 4, 12]
    nobody = np.empty(0, np.intp)
    taken = pool.take(everything, 7, 6, nobody)
    assert pool.rooms.idle == [0, 2, 4, 6]
    berths, gpus = pool.satellites_of(everything, taken)
    assert berths.tolist() == [0, 1, 3]  # berth 2 is a spare's
    assert pool.shares(everything, berths, gpus) == [(0, 4), (1, 2)]
    more = pool.take(everything, 7, 1, berths)
    assert pool.rooms.idle == [0, 1, 4, 5]  # beside those that it has, not in the third plane
    kept = pool.keep_fullest(everything, np.concatenate([taken, more]), 4)
    assert pool.shares(everything, *pool.satellites_of(everything, kept)) == [(0, 4)]
    assert pool.rooms.idle == [0, 4, 4, 8]
    pool.give_back(everything, kept)
    assert pool.rooms.idle == [4, 4, 4, 12]
    assert pool.satellites_for(everything, 7) == 4
    with pytest.raises(ValueError, match="idle GPUs of place 3"):
        pool.take(everything, 7, 13, nobody)


# Light and passes


@pytest.mark.parametrize("seed", range(20))
def test_windows_of_both(seed):
    random = np.random.default_rng(seed)
    sets = [np.unique(random.integers(0, 60, 2 * int(random.integers(0, 6)))).astype(float) for _ in range(2)]
    one, other = ((edges[: len(edges) // 2 * 2 : 2], edges[1::2]) for edges in sets)
    starts, ends = both_lit(one, other)
    days = np.arange(0, 60) + 0.5

    def lit(windows):
        return np.array([any(a < day < b for a, b in zip(*windows, strict=True)) for day in days])

    assert np.array_equal(lit((starts, ends)), lit(one) & lit(other))
    assert np.all(ends > starts)
    assert np.all(starts[1:] > ends[:-1])


def test_passes_of_satellites_in_several_planes_are_those_of_their_planes(environment):
    built = environment(joined("mission.years=0.1", "constellation.shells.0.raan_spread_deg=100"))
    both = built.gangs.passes(built.joined[0].place)
    assert isinstance(both, PassesOfPlanes)
    phases, days = np.array([0.3, 2.0, 6.2]), np.linspace(0.0, 36.0, 77)
    for plane in range(2):
        own = built.gangs.passes(plane)
        places = PassesOfPlanes.place_rad(phases, np.full(3, plane))
        assert np.allclose(both.dose(places, days), own.dose(phases, days))
        assert np.allclose(both.block_doses(places, 0, 5), own.block_doses(phases, 0, 5))
        block, dose = np.array([0, 3, 8]), np.array([0.2, 0.4, 0.6])
        assert np.allclose(both.when(places, block, dose), own.when(phases, block, dose))
    first, second = (built.gangs.passes(plane).dose(phases, days) for plane in range(2))
    assert not np.allclose(first, second, rtol=1e-3)


def test_interruptions_of_a_gang_over_planes_are_those_of_its_satellites(environment):
    built = environment(joined("mission.years=0.1", "constellation.shells.0.raan_spread_deg=100"))
    gangs, place = built.gangs, built.joined[0].place
    slots, makes, gpus = np.array([0, 5, 20, 27]), [(0, 0)] * 4, np.array([36, 36, 36, 36])

    def per_block(where, some):
        units = gangs.units(gpus[: len(some)], makes[: len(some)])
        units[-1] = 0  # the job counts once
        rates = gangs.rates(where, some, makes[: len(some)], units, lambda edges: np.zeros(len(edges) - 1))
        over, passes = rates.over(0, 10), gangs.passes(where)
        return (over.in_passes * passes.block_doses(rates.phases_rad, 0, 10)).sum(
            axis=0
        ) + over.steady * passes.block_days

    apart = per_block(0, slots[:2]) + per_block(1, slots[2:] - 20)
    assert np.allclose(per_block(place, slots), apart)


CLUSTERS = [
    "constellation.shells.0.formation=cluster",
    "constellation.shells.0.raan_spread_deg=100",
    "mission.years=0.1",
]


def test_a_gang_over_planes_runs_while_all_its_satellites_are_in_light(environment):
    built = environment(joined(*CLUSTERS, "power.eclipse_policy=pause"))
    starts, ends = built.run_windows(built.joined[0].place, np.array([3, 25]), 1.0, 9.0)
    days = np.linspace(1, 9, 20_001)[1:-1]
    dark = np.zeros(len(days), bool)
    for plane, slot in ((0, 3), (1, 5)):
        for entry, leave in zip(*built.eclipses(plane, slot, 0.0, 10.0), strict=True):
            dark |= (days > entry) & (days < leave)
    place = np.searchsorted(starts, days, side="right") - 1
    runs = (place >= 0) & (days < ends[np.maximum(place, 0)])
    assert np.array_equal(runs, ~dark)
    assert 0.1 < runs.mean() < 0.6


def test_the_speed_of_a_gang_over_planes_in_the_dark_of_either(environment):
    built = environment(joined(*CLUSTERS, "power.eclipse_policy=throttle", "satellite.battery.capacity_kwh=8"))
    gangs, new, few = built.gangs, [(0, 0)] * 2, slice(0, 29)
    both = gangs.speed(built.joined[0].place, new, np.array([3, 25])).speed[few]
    alone = [gangs.speed(plane, new[:1], np.array([3])).speed[few] for plane in range(2)]
    slowest = np.minimum(*(built.designs[0].performance(plane, 0).dark_speed[few] for plane in range(2)))
    shaded = [built.sun.dark_of(plane)[few] for plane in range(2)]
    union = 1 - (1 - shaded[0]) * (1 - shaded[1])
    assert np.allclose(both, 1 - union + union * slowest)
    assert np.all(both <= np.minimum(*alone))
    assert both.mean() < 0.9 * np.minimum(*alone).mean()
