"""Parts of a hall: clocks of hosts, their pool, who is given up, drawing without repetition."""

from collections import Counter

import numpy as np
import pytest

from sim.engine.host_clocks import HostClocks, Wear
from sim.engine.host_draws import HostDraws
from sim.engine.host_pool import HostPool
from sim.engine.indexed import IndexedSet, some_of
from sim.engine.retirement import Retiring
from sim.reliability import Exponential, Weibull
from sim.scenario.campus import NeverRetire, RetireByFailures, RetireByScore
from sim.streams import Streams

DAILY = Exponential(rate_per_year=365.25)


def clocks(laws, bad=(False, False, False), factor=2.0, paces=(1.0, 1.0)) -> HostClocks:
    wears = [Wear(number, number, law, 1, pace) for number, (law, pace) in enumerate(zip(laws, paces, strict=False))]
    return HostClocks(wears, Streams(1, 0), 7, np.array(bad), factor)


def first_goal(part: int, host: int) -> float:
    """Age at which a host first reaches its threshold under one failure a day."""
    return float(-np.log(Streams(1, 0).uniforms("lives of hosts", part, 7, host, 0, 1)[0, 0]))


def test_a_clock_runs_only_while_its_host_computes():
    one = clocks([DAILY])
    goal = first_goal(0, 1)
    one.start([1])
    assert one.first() == (pytest.approx(goal), 1)
    one.now = 0.4 * goal
    one.leave(1)
    assert one.first() == (float("inf"), -1)
    one.now = 10.0
    one.join(1)
    assert one.first() == (pytest.approx(10 + 0.6 * goal), 1)


def test_a_bad_host_ages_faster_while_it_is_bad():
    one = clocks([DAILY], bad=(False, True, False))
    goal = first_goal(0, 1)
    one.start([1])
    assert one.first()[0] == pytest.approx(goal / 2)
    one.now = 0.25 * goal
    one.leave(1)
    one.join(1)
    assert one.first()[0] == pytest.approx(0.5 * goal)
    one.turn(1, bad=False)
    assert one.first()[0] == pytest.approx(0.25 * goal + 0.5 * goal)


def test_causes_compete_by_their_own_paces_and_a_failure_leaves_the_others_clocks_alone():
    one = clocks([DAILY, DAILY], paces=(1.0, 3.0))
    left = {0: first_goal(0, 2), 1: first_goal(1, 2) / 3}
    sooner = min(left, key=lambda cause: left[cause])
    one.start([2])
    assert one.first()[0] == pytest.approx(left[sooner])
    one.now = left[sooner]
    assert one.fail(2) == sooner
    one.join(2)
    for _ in range(50):
        due, host = one.first()
        one.now = due
        if one.fail(host) != sooner:
            assert due == pytest.approx(left[1 - sooner])
            return
        one.join(host)
    pytest.fail("the other cause never came")


def test_an_old_host_fails_sooner_unless_it_is_renewed():
    law = Weibull(shape=4, scale_years=10 / 365.25)
    old, new = clocks([law]), clocks([law])
    for one in (old, new):
        one.start([0])
        one.now, _ = one.first()
        one.fail(0)
    new.renew(0)
    for one in (old, new):
        one.join(0)
    assert old.first()[0] < new.first()[0]
    threshold = -np.log(Streams(1, 0).uniforms("lives of hosts", 0, 7, 0, 0, 2)[0, 1])
    assert new.first()[0] - new.now == pytest.approx(float(law.inverse(threshold)))
    before = float(law.cumulative_hazard(old.now))
    assert old.first()[0] == pytest.approx(float(law.inverse(before + threshold)))


def test_luck_depends_on_host_and_ordinal_alone():
    few, many = (HostDraws(Streams(1, 0), "lives of hosts", 0, 7, hosts, lambda u: u) for hosts in (10, 9000))
    many.first()
    for host, ordinal in ((0, 0), (9, 0), (3, 5)):
        one, other = (drawn[0][row] for drawn, row in (each.columns(host, ordinal) for each in (few, many)))
        assert one == other


def test_the_front_of_the_pool_is_filled_in_order():
    pool = HostPool(range(5), [5])
    assert pool.advance(3) == [0, 1, 2]
    pool.remove(1)
    pool.append(1)
    pool.remove(3)
    assert len(pool) == 4
    assert pool.advance(3) == [4]
    pool.remove(0)
    assert pool.advance(3) == [1]
    assert sorted(pool.front.at(place) for place in range(3)) == [1, 2, 4]


def test_some_of_a_number_are_different_and_alike_likely():
    rng = np.random.default_rng(1)
    seen = Counter(tuple(some_of(4, rng.random(2).tolist())) for _ in range(6000))
    assert len(seen) == 12
    assert all(abs(count - 500) < 4 * np.sqrt(500) for count in seen.values())
    assert sorted(some_of(5, [0.999] * 5)) == [0, 1, 2, 3, 4]


def test_an_indexed_set_keeps_its_places():
    one = IndexedSet([4, 5, 6])
    assert one.discard(4)
    assert not one.discard(4)
    one.add(9)
    assert {one.at(place) for place in range(len(one))} == {5, 6, 9}
    assert 6 in one
    assert 4 not in one


def test_failures_count_within_their_window():
    rule = Retiring(RetireByFailures(failures=2, window_days=1))
    for day in (0.0, 3.0):
        rule.fails(1, day, 0.1)
    assert not rule.retires(1, 3.5)
    rule.fails(1, 3.4, 0.1)
    assert rule.retires(1, 3.5)
    assert not rule.retires(1, 4.3)
    assert not Retiring(NeverRetire()).ever


def test_scores_fall_by_blame_and_rise_by_work():
    rule = Retiring(RetireByScore(initial=10, penalty=6, credit=2, credit_days=1, least=-1))
    for host in (1, 2, 3):
        rule.joins(host)
    rule.fails(3, 1.2, 1.2)  # hosts 1 and 2 earn 2
    rule.fails(1, 3.7, 2.5)  # host 2 earns 4 more, host 1 nothing
    rule.leaves(2)
    for host, score in ((1, 12), (2, 16), (3, 10)):
        blows = 0
        while not rule.retires(host, 4):
            rule.blamed(host)
            blows += 1
        assert blows == -(-(score + 1) // 6)
