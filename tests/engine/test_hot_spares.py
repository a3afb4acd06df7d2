"""GPUs that a gang holds to take the place of one that is lost."""

import numpy as np
import pytest
from scipy.stats import binom

from sim.description import describe, facts
from sim.events import EventKind
from sim.metrics import CLASSES, measure, waterfall

RHYTHM = {"checkpoint_interval_min": 60, "checkpoint_block_s": 0, "checkpoint_durable_s": 0, "restart_min": 60}
HOURLY = {**RHYTHM, "restart_min": 120, "swap_s": 3600}
"""All restarts end on whole hours, so that nothing is rolled back."""
TINY = {"parameters": 1e3, "tokens_per_step": 1e15}
DAY = 24.0


def hours(result):
    return {name: pytest.approx(value, abs=1e-3) for name, value in waterfall(measure(result)).items() if value > 1e-3}


def accounts_add_up(result):
    found = measure(result)
    assert sum(waterfall(found).values()) == pytest.approx(found["online_gpu_hours"], rel=1e-9)
    assert found["idle_gpu_hours"] == pytest.approx(result.events.total(EventKind.IDLE), rel=1e-6, abs=1e-3)


def test_a_spare_steps_in_at_once_and_is_replaced_when_gpus_come_free(fleet, checked_run, written_thresholds):
    # Five satellites of one GPU: four work, one is the spare.  Losses on days 2, 4 and 9; what is lost is back in four.
    laws = written_thresholds(bus={(0, 0): 2, (1, 0): 4, (2, 0): 9})
    job = {"gpus": 4, "hot_spares": 1, "on_loss": "wait", "detection_s": 1800, **HOURLY}
    result = checked_run(fleet(slots=5, days=10, lead=4, jobs=[job], **laws), "replace_on_failure")
    accounts_add_up(result)
    # Day 2: a swap.  Day 4: no spare, so it holds three until day 6 and restarts.  Day 8: a spare.  Day 9: a swap.
    assert hours(result) == {
        "useful": 4 * (8 * DAY - 1 - 2 - 1),
        "restart": 4 * (1 + 2 + 1),
        "waiting": 3 * 2 * DAY,
        "idle": (2 + 1) * DAY,
    }


def test_what_is_lost_of_the_work_is_the_same(fleet, checked_run, written_thresholds):
    laws = written_thresholds(gpu={(0, 0, 0): 2 + 0.5 / 24})
    restarted = []
    for spares in (0, 1):
        jobs = [{"gpus": 4, "hot_spares": spares, **RHYTHM}]
        result = checked_run(fleet(slots=1, gpus=6, days=10, jobs=jobs, **laws))
        assert result.events.total(EventKind.LOST) == pytest.approx(0.5 * 4)
        restarted.append(result.events.total(EventKind.RESTARTED))
    # A restart of an hour over 10.9, the figure of ByteRobust.
    assert restarted == [pytest.approx(4), pytest.approx(4 / 10.9)]


@pytest.mark.parametrize(
    ("losses", "restart_h"),
    [
        ([0], 0.1),
        ([0, 1], 0.1),  # both at one instant
        ([0, 1, 2], 1.5),  # the third was just taken from the pool and is not warm: noticed, and a whole restart
        ([0, 4], 0.1),  # one of those that work and one spare
        ([4], None),
    ],
)
def test_a_swap_is_one_where_spares_suffice(fleet, checked_run, written_thresholds, losses, restart_h):
    laws = written_thresholds(gpu={(0, 0, unit): 2 for unit in losses})
    job = {"gpus": 4, "hot_spares": 2, "swap_s": 360, "detection_s": 1800, **RHYTHM}
    result = checked_run(fleet(slots=1, gpus=8, days=10, jobs=[job], **laws))
    accounts_add_up(result)
    found = waterfall(measure(result))
    assert found["restart"] + found["detection"] == pytest.approx(4 * (restart_h or 0), abs=1e-3)
    assert result.events.count(EventKind.JOB_INTERRUPTED) == (restart_h is not None)


def test_a_spare_is_warm_for_its_gang_alone(fleet, checked_run):
    jobs = [{"gpus": 4, "hot_spares": 3, **RHYTHM}, {"gpus": 2, **RHYTHM}]
    result = checked_run(fleet(slots=1, gpus=8, days=10, jobs=jobs))
    # One GPU is left for the second job, which wants two.
    assert hours(result) == {"useful": 10 * DAY * 4, "idle": 10 * DAY * 3, "waiting": 10 * DAY}
    accounts_add_up(result)


def test_inference_does_not_run_on_spares(fleet, checked_run):
    scenario = fleet(slots=1, gpus=8, days=10, jobs=[{"gpus": 4, "hot_spares": 3, **RHYTHM}])
    service = {"gpus_per_replica": 1, "name": "chat"}
    workload = scenario.workload.model_validate({**scenario.workload.model_dump(), "inference": [service]})
    result = checked_run(scenario.model_copy(update={"workload": workload}))
    found = measure(result)
    assert found["inference_gpu_hours"] + found["unsold_gpu_hours"] <= 10 * DAY * 1 + 1e-6
    assert found["idle_gpu_hours"] >= 10 * DAY * 3 - 1e-6
    assert sum(waterfall(found).values()) == pytest.approx(found["online_gpu_hours"], rel=1e-9)


def test_an_elastic_gang_takes_spares_before_it_shrinks_and_gives_back_what_makes_no_copy(
    fleet, checked_run, written_thresholds
):
    # Copies of two; three spares.  The first loss takes one spare, the next, of four, the other two and a copy.
    laws = written_thresholds(gpu={(0, 0, 0): 2} | {(0, 0, unit): 4.000001 for unit in (1, 2, 3, 4)})
    job = {
        "gpus": 8, "hot_spares": 3, "on_loss": "elastic", "least_fraction": 0.25,
        "tensor_parallel": 2, "model": TINY, "overlap": 1, **HOURLY,
    }  # fmt: skip
    result = checked_run(fleet(slots=1, gpus=11, days=10.000003, jobs=[job], **laws))
    sizes = result.events.where(EventKind.RESIZED)
    assert list(zip(sizes.time_days, sizes.amount, strict=True)) == [(pytest.approx(4, abs=1e-5), 6)]
    accounts_add_up(result)
    assert hours(result) == {
        "useful": 4 * DAY * 8 - 8 + 6 * DAY * 6 - 2 * 6,
        "restart": 8 + 2 * 6,
        "idle": 2 * DAY * 3 + 2 * DAY * 2,
    }


@pytest.mark.parametrize("on_loss", ["elastic", "wait", "restart_elsewhere"])
def test_every_gpu_hour_is_in_one_class(fleet, checked_run, on_loss):
    jobs = [
        {"gpus": 24, "count": 3, "on_loss": on_loss, "hot_spares": 3, "checkpoint_block_s": 60},
        {"gpus": 4, "count": 4, "on_loss": on_loss, "hot_spares": 1, "work_gpu_hours": 5000, "arrival_day": 20},
    ]
    scenario = fleet(
        slots=12, gpus=8, days=400, jobs=jobs, lead=30,
        gpu={"kind": "exponential", "rate_per_year": 0.3}, bus={"kind": "exponential", "rate_per_year": 0.3},
    )  # fmt: skip
    result = checked_run(scenario, "replace_on_failure", seed=4)
    accounts_add_up(result)
    assert measure(result)["idle_gpu_hours"] > 0
    assert set(waterfall(measure(result))) == set(CLASSES)


def test_restarts_with_spares_against_a_birth_death_chain(fleet, checked_run):
    """N + S GPUs fail at l each and come back at m each, one by one; the gang works while N are up.

    A loss while more than N are up is a swap; where N - 1 are up the gang waits, and restarts when one comes back:
    time of restarts = swap x N l P(more than N up) + restart x (S + 1) m P(N - 1 up), over the mission.
    """
    size, spares, fails, lead_days, days = 4, 2, 0.05, 10.0, 150.0
    job = {"gpus": size, "hot_spares": spares, "on_loss": "wait", **RHYTHM, "restart_min": 20, "swap_s": 60}
    scenario = fleet(
        slots=size + spares,
        days=days,
        bus={"kind": "exponential", "rate_per_year": fails * 365.25},
        lead={"kind": "exponential", "mean_days": lead_days},
        jobs=[job],
    )
    found = (
        np.array(
            [
                checked_run(scenario, "replace_on_failure", seed=1, replicate=n).events.total(EventKind.RESTARTED)
                for n in range(14)
            ]
        )
        / size
    )
    day = np.linspace(0, days, 4001)
    back = 1 / lead_days
    works = (back + fails * np.exp(-(fails + back) * day)) / (fails + back)
    swaps = size * fails * binom.sf(size, size + spares, works)
    completed = (spares + 1) * back * binom.pmf(size - 1, size + spares, works)
    expected = np.trapezoid(swaps / 60 + completed / 3, day)
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert error < 0.1 * expected
    assert abs(found.mean() - expected) < 4 * error
    # Without hot spares every one of these restarts takes 20 min.
    assert expected < 0.7 * np.trapezoid(swaps / 3 + completed / 3, day)


def test_describe_tells_of_spares(fleet):
    scenario = fleet(slots=4, gpus=8, jobs=[{"gpus": 8, "hot_spares": 2, "count": "fill"}])
    # Three gangs of ten fit into 32.
    assert facts(scenario)["jobs"][0]["count"] == 3
    assert "holds 2 hot spares: they take the place of GPUs lost in 55 s, where another restart takes 10" in " ".join(
        describe(scenario).split()
    )


@pytest.mark.parametrize(
    ("job", "says"),
    [
        ({"gpus": 8, "hot_spares": 2, "count": 4}, "jobs without an end with their hot spares need 40 GPUs"),
        ({"gpus": 32, "hot_spares": 2}, "wants 34 GPUs with its hot spares, and the largest plane has 32"),
    ],
)
def test_spares_that_find_no_room_are_told_of(fleet, job, says):
    assert any(says in text for text in facts(fleet(slots=4, gpus=8, jobs=[job]))["warnings"])
