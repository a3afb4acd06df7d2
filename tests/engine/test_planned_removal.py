"""What it costs a gang when a satellite leaves by plan."""

import pytest

from sim.description import describe
from sim.events import Cause, EventKind
from sim.metrics import loss_by_cause, measure, waterfall

RHYTHM = {"checkpoint_interval_min": 60, "checkpoint_block_s": 0, "checkpoint_durable_s": 0, "restart_min": 10}
# Lives of 2.02 days, half an hour after the last checkpoint; the second satellite comes half a day later.
LIFE = 2 + 0.5 / 24
STAGGERED = {
    "slots": 3,
    "gpus": 4,
    "days": 2.4,
    "life_days": LIFE,
    "per_flight": 1,
    "deployment": {"kind": "launched", "interval_days": 0.5},
}


def total(result, kind, cause=None):
    log = result.events
    return float(log.amount[(log.kind == kind) & ((cause is None) | (log.cause == cause))].sum())


def test_a_gang_that_migrates_loses_no_work_and_one_that_is_not_told_loses_what_was_not_saved(fleet, checked_run):
    found = {}
    for policy in ("migrate", "interrupt"):
        job = {"gpus": 4, "on_planned_removal": policy, "detection_s": 300, **RHYTHM}
        result = checked_run(fleet(**STAGGERED, jobs=[job]))
        found[policy] = result
        assert total(result, EventKind.RESTARTED) == pytest.approx(10 / 60 * 4, abs=1e-6)
    assert total(found["migrate"], EventKind.LOST) == 0
    assert total(found["migrate"], EventKind.DETECTED) == 0
    assert total(found["interrupt"], EventKind.LOST, Cause.END_OF_LIFE) == pytest.approx(0.5 * 4, abs=1e-6)
    assert total(found["interrupt"], EventKind.DETECTED) == pytest.approx(5 / 60 * 4, abs=1e-6)
    # Only what nobody was told of counts as an interruption.
    assert [measure(found[policy])["job_interruptions"] for policy in found] == [0, 1]
    assert (
        "end_of_life" not in loss_by_cause(found["migrate"])
        or not loss_by_cause(found["migrate"])["end_of_life"].interruptions
    )
    assert loss_by_cause(found["interrupt"])["end_of_life"].interruptions == 1


@pytest.mark.parametrize(
    ("policy", "to", "extra_s"),
    [
        # A quarter of 7,200 GB: a satellite's share of 3,600 GB takes 144 s from its store at 200 Gbit/s, which every
        # restart takes, and 360 s over a link of 80.
        ("migrate", "local", 360),
        ("migrate", "peer", 360),
        ("interrupt", "peer", 360),
        # Its store is gone with it, and nothing has arrived on the ground: 8 h for the share at 1 Gbit/s.
        ("interrupt", "local", 28_800),
    ],
)
def test_the_share_of_a_satellite_goes_over_the_links(fleet, checked_run, policy, to, extra_s):
    job = {"gpus": 8, "on_planned_removal": policy, "checkpoint_gb": 7200, "checkpoint_to": to, **RHYTHM}
    scenario = fleet(**STAGGERED | {"days": 2.5}, jobs=[job])
    result = checked_run(scenario)
    assert total(result, EventKind.RESTARTED) / 8 * 3600 == pytest.approx(min(600 + extra_s, 0.4791666 * 86400), abs=1)


def test_a_successor_takes_over_without_loss_of_work(fleet, checked_run):
    strategies = {"batch": {"reorder_point": 1, "order_ahead_days": 5}}
    scenario = fleet(
        slots=2, gpus=4, days=25, life_days=10.02, lead=3, strategies=strategies, jobs=[{"gpus": 8, **RHYTHM}]
    )
    result = checked_run(scenario, "batch")
    relieved = result.events.where(EventKind.RETIRED)
    assert Cause.REPLACED in relieved.cause
    assert total(result, EventKind.LOST) == 0
    shares = waterfall(measure(result))
    assert sum(shares.values()) == pytest.approx(measure(result)["online_gpu_hours"], rel=1e-9)


def test_a_hot_spare_takes_the_place_of_one_that_leaves(fleet, checked_run):
    job = {"gpus": 4, "hot_spares": 4, "swap_s": 60, **RHYTHM}
    result = checked_run(fleet(**STAGGERED, jobs=[job]))
    assert total(result, EventKind.LOST) == 0
    assert total(result, EventKind.RESTARTED) == pytest.approx(1 / 60 * 4, abs=1e-6)


def test_describe_says_how_a_share_is_handed_on(fleet):
    job = {"gpus": 8, "checkpoint_gb": 7200, **RHYTHM}
    assert "hands its share on in 360 s" in describe(fleet(slots=2, gpus=4, jobs=[job]))
    job["on_planned_removal"] = "interrupt"
    assert "interrupts it like one that is lost" in describe(fleet(slots=2, gpus=4, jobs=[job]))
