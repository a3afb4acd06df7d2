"""Eclipse policy `pause`: gangs stop at real edges with a planned checkpoint, and go on in the light."""

from dataclasses import replace

import numpy as np
import pytest

from sim.events import EventKind

INTERVAL, WRITE, RESTART = 20.0, 2.0, 3.0
JOB = {
    "checkpoint_interval_min": INTERVAL,
    "checkpoint_block_s": 60 * WRITE,
    "checkpoint_durable_s": 60 * WRITE,
    "restart_min": RESTART,
}
FORMATIONS = ["cluster", "spaced"]


def windows_of_light(scenario, environment, slots):
    """(start, end), minutes, of the stretches in which all these slots of plane 0 are in light, from their eclipses."""
    end = scenario.mission.days
    eclipses = [environment(scenario).eclipses(0, slot, 0.0, end) for slot in slots]
    dark = sorted(pair for entries, exits in eclipses for pair in zip(entries.tolist(), exits.tolist(), strict=True))
    light, now = [], 0.0
    for entry, leave in [*dark, (end, end)]:
        if entry > now:
            light.append((now * 1440, min(entry, end) * 1440))
        now = max(now, leave)
    return light


def walk(light, work=np.inf, step=1 / 128):
    """Live through the windows in steps of half a second: minutes committed, and the minute `work` is done.

    In the light the gang restarts (but for its first start), computes, and writes after each interval; it keeps time
    for a last checkpoint before the dark.  What is left of its work is a shorter segment.
    """
    committed = 0.0
    for number, (start, end) in enumerate(light):
        now = start + (RESTART if number else 0.0)
        segment = 0.0
        while now + step + WRITE <= end + 1e-9:
            segment += step
            now += step
            done = committed + segment >= work - 1e-9
            if segment >= INTERVAL - 1e-9 or done or now + step + WRITE > end + 1e-9:
                now += WRITE
                committed += segment
                segment = 0.0
                if done:
                    return committed, now
    return committed, np.inf


@pytest.mark.parametrize("formation", FORMATIONS)
def test_useful_work_without_failures_is_what_the_windows_of_light_allow(fleet, environment, checked_run, formation):
    scenario = fleet(slots=2, gpus=4, days=10, pause=True, shell={"formation": formation}, jobs=[{"gpus": 8, **JOB}])
    light = windows_of_light(scenario, environment, range(2))
    committed, _ = walk(light)
    result = checked_run(scenario)
    # The walk rounds a step down in each window; the horizon may cut one segment, which the walk would checkpoint.
    minutes = result.events.total(EventKind.COMMITTED) / 8 * 60
    assert -INTERVAL < minutes - committed < len(light) / 128
    assert result.events.count(EventKind.LOST) == 0
    assert result.events.count(EventKind.JOB_INTERRUPTED) == 0
    dark = scenario.mission.days * 1440 - sum(end - start for start, end in light)
    assert result.events.total(EventKind.PAUSED) / 8 * 60 == pytest.approx(dark, abs=1e-3)


def test_spaced_satellites_share_less_light_than_a_cluster(fleet, environment, checked_run):
    def committed(formation):
        shell = {"formation": formation}
        scenario = fleet(slots=4, gpus=2, days=10, pause=True, shell=shell, jobs=[{"gpus": 8, **JOB}])
        return checked_run(scenario).events.total(EventKind.COMMITTED)

    # Four satellites a quarter of an orbit apart, each dark for a third of it: one of them always is.
    assert committed("spaced") == 0 < committed("cluster")


@pytest.mark.parametrize("formation", FORMATIONS)
@pytest.mark.parametrize("hours", [1.9, 30.0])
def test_a_finite_job_ends_when_a_walk_through_the_light_says(fleet, environment, checked_run, formation, hours):
    job = {"gpus": 4, "work_gpu_hours": 4 * hours, **JOB}
    scenario = fleet(slots=2, gpus=2, days=10, pause=True, shell={"formation": formation}, jobs=[job])
    _, minute = walk(windows_of_light(scenario, environment, range(2)), work=hours * 60)
    finished = checked_run(scenario).events.where(EventKind.JOB_FINISHED).time_days
    # The walk rounds a step down in each of some 200 windows.
    assert len(finished) == 1
    assert 0 <= minute - finished[0] * 1440 < 200 / 128


def test_a_gang_on_one_satellite_pauses_with_that_satellite_alone(fleet, environment, checked_run):
    shell = {"formation": "spaced"}
    scenario = fleet(slots=4, gpus=2, days=5, pause=True, shell=shell, jobs=[{"gpus": 2, "count": 4, **JOB}])
    log = checked_run(scenario).events
    for job in range(4):  # gang i took the GPUs of slot i
        light = windows_of_light(scenario, environment, [job])
        paused = log.amount[(log.job == job) & (log.kind == EventKind.PAUSED)].sum() / 2 * 60
        assert paused == pytest.approx(5 * 1440 - sum(b - a for a, b in light), abs=1e-3)


def test_a_failure_in_the_dark_loses_no_work_if_an_idle_gpu_steps_in(
    fleet, environment, checked_run, written_thresholds
):
    def run(gpu):
        laws = written_thresholds(gpu=gpu)
        scenario = fleet(
            slots=1, gpus=5, days=2, pause=True, shell={"formation": "cluster"}, jobs=[{"gpus": 4, **JOB}], **laws
        )
        return scenario, checked_run(scenario)

    scenario, calm = run({})
    light = windows_of_light(scenario, environment, [0])
    in_the_dark = 0.5 * (light[3][1] + light[4][0]) / 1440
    _, struck = run({(0, 0, 0): in_the_dark})
    for kind in (EventKind.COMMITTED, EventKind.PAUSED, EventKind.RESTARTED):
        assert struck.events.total(kind) == pytest.approx(calm.events.total(kind), abs=1e-6)
    assert struck.events.count(EventKind.JOB_INTERRUPTED) == 0
    in_the_light = (light[3][1] - 10) / 1440
    _, struck = run({(0, 0, 0): in_the_light})
    assert struck.events.total(EventKind.LOST) > 0


def test_ride_through_does_not_notice_eclipses(fleet, checked_run):
    job = {"gpus": 4, **JOB}
    runs = [
        checked_run(fleet(slots=2, gpus=2, days=30, shell={"inclination_deg": angle}, jobs=[job])).events
        for angle in (0, 97)
    ]
    assert runs[0].total(EventKind.COMMITTED) == runs[1].total(EventKind.COMMITTED)
    assert all(run.count(EventKind.PAUSED) == 0 for run in runs)


def test_pausing_leaves_the_fleet_as_it_is(fleet, checked_run):
    law = {"kind": "weibull", "shape": 1.5, "scale_years": 1}
    lit, dark = (
        checked_run(fleet(slots=4, gpus=4, days=300, gpu=law, bus=law, pause=pause), "replace_on_failure").events
        for pause in (False, True)
    )
    # A fleet that pauses has smaller arrays, which keep the dead up for longer.
    lit, dark = (replace(log, amount=np.where(log.kind == EventKind.ABANDONED, 0, log.amount)) for log in (lit, dark))
    for column in vars(lit):
        assert getattr(lit, column).tolist() == getattr(dark, column).tolist()
