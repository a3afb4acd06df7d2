"""A job on a campus: what happens when hosts fail, row by row, and what each part of the section changes."""

from math import exp

import numpy as np
import pytest

from sim import experiment, plots
from sim.description import describe, facts
from sim.economics import Item, costs
from sim.engine import simulate
from sim.engine.campus import run_campus
from sim.engine.context import Context
from sim.engine.host_draws import HostDraws
from sim.environment import Environment
from sim.errors import ScenarioError
from sim.events import HOSTS_BACK, HOSTS_OUT, EventKind
from sim.fleet import Fleet
from sim.metrics import daily_series, loss_by_cause, measure, missing_capacity, waterfall
from sim.result import Result
from sim.scenario import load, sources
from sim.shipped import validation_case
from sim.streams import Streams

CLUSTER = validation_case("cluster")
DAY = 1440


def campus(*settings: str, **fields: float):
    """A small campus of hosts of one GPU, which fail once a day at work."""
    given = {
        "mission.years": 0.1,
        "satellite.gpus": 1,
        "campus.hosts": 3,
        "campus.spare_hosts": 1,
        "campus.warm_standbys": 1,
        "campus.bad.share": 0,
        "campus.selection_min": 0.1 * DAY,
        "campus.spare_wait_min": 0.1 * DAY,
        "campus.repair.automatic_min": DAY,
        "campus.repair.manual_min": DAY,
        "campus.repair.manual_share": 0.5,
        "reliability.bus.rate_per_year": 365.25,
        "workload.jobs.0.gpus": 2,
        "workload.jobs.0.work_gpu_hours": 2 * 2 * 24,
        "workload.jobs.0.restart_min": 0.2 * DAY,
    }
    given |= {name.replace("__", "."): value for name, value in fields.items()}
    return load(CLUSTER, set_=[*(f"{path}={value}" for path, value in given.items()), *settings])


def run(scenario, seed: int = 1, replicate: int = 0) -> Result:
    return simulate(scenario, Environment.build(scenario), "run_to_failure", seed, replicate)


def rows(result: Result) -> list[tuple[float, str, int]]:
    """(day, kind, host) of the log, the first fleet apart."""
    log_ = result.events
    return [
        (round(day, 6), EventKind(kind).name, host)
        for day, kind, host in zip(log_.time_days.tolist(), log_.kind.tolist(), log_.berth.tolist(), strict=True)
        if kind not in (EventKind.DELIVERED, EventKind.STORED, EventKind.JOB_ARRIVED, EventKind.KEPT_WAITING)
    ]


@pytest.fixture
def written(monkeypatch):
    """`written(lives={host: [days, ...]}, repairs={host: [(automatic, manual or None, fixed), ...]})`, in days.

    The last host of the front stands by; means of lives and of both stages of repair are a day.
    """

    def write(lives: dict[int, list[float]], repairs: dict[int, list[tuple[float, float | None, bool]]]) -> None:
        def draw(self, hosts, ordinal):
            uniforms = np.full((len(hosts), 4), 1e-9)
            for row, host in enumerate(hosts.tolist()):
                if self._address[0] == "lives of hosts":
                    ages = lives.get(host, [])[4 * ordinal : 4 * ordinal + 4]
                    uniforms[row, : len(ages)] = [exp(-age) for age in ages]
                elif ordinal < len(repairs.get(host, [])):
                    automatic, manual, fixed = repairs[host][ordinal]
                    by_hand = manual is not None
                    uniforms[row] = [
                        exp(-automatic),
                        0.1 if by_hand else 0.9,
                        exp(-(manual or 0)),
                        0.99 if fixed else 0.1,
                    ]
            return self._make(uniforms)

        monkeypatch.setattr(HostDraws, "_draw", draw)
        monkeypatch.setattr("sim.engine.hall.some_of", lambda size, uniforms: [size - 1][: len(uniforms)])

    return write


def test_failures_repairs_standbys_spares_and_a_stall_row_by_row(written):
    written(
        lives={0: [0.5, 0.25], 1: [1.0, 0.15]},
        repairs={0: [(0.3, None, True), (2.0, None, True)], 1: [(0.1, 0.4, False), (0.5, None, True)]},
    )
    result = run(campus())
    assert rows(result) == [
        (0.0, "JOB_STARTED", -1),
        (0.1, "WAITED", -1),  # chosen; host 2 stands by
        (0.6, "HOST_FAILED", 0),
        (0.6, "COMMITTED", -1),
        (0.6, "JOB_INTERRUPTED", -1),
        (0.8, "RESTARTED", -1),  # with host 2
        (0.9, "REPAIRED", 0),  # and stands by
        (1.3, "HOST_FAILED", 1),
        (1.3, "COMMITTED", -1),
        (1.3, "JOB_INTERRUPTED", -1),
        (1.5, "RESTARTED", -1),  # with host 0, which is new
        (1.75, "HOST_FAILED", 0),
        (1.75, "COMMITTED", -1),
        (1.75, "JOB_INTERRUPTED", -1),
        (1.8, "VISITED", 1),
        (1.8, "MISREPAIRED", 1),  # within the restart
        (1.95, "RESTARTED", -1),
        (2.1, "HOST_FAILED", 1),
        (2.1, "COMMITTED", -1),
        (2.1, "JOB_INTERRUPTED", -1),
        (2.3, "ACTIVATED", 3),  # one host is left: the spare one is called
        (2.3, "RESTARTED", -1),
        (2.4, "PLACED", 3),  # two would do, and three are wanted
        (2.6, "REPAIRED", 1),
        (2.6, "JOB_STARTED", -1),
        (2.7, "WAITED", -1),
        (3.3, "COMMITTED", -1),
        (3.3, "JOB_FINISHED", -1),
        (3.75, "REPAIRED", 0),
    ]
    log_ = result.events
    assert log_.total(EventKind.COMMITTED) == pytest.approx(2 * 2 * 24)
    assert log_.total(EventKind.WAITED) == pytest.approx((0.1 + 0.4) * 2 * 24)
    # Meanwhile three hosts are there for it, the one that stands by among them; then one, two and three.
    assert log_.total(EventKind.KEPT_WAITING) == pytest.approx((0.1 * 3 + 0.1 * 1 + 0.2 * 2 + 0.1 * 3) * 24)
    assert log_.total(EventKind.RESTARTED) == pytest.approx(4 * 0.2 * 2 * 24)
    assert log_.total(EventKind.VISITED) == pytest.approx(0.4 * 24)
    assert log_.where(EventKind.REPAIRED).amount.tolist() == pytest.approx([0.3, 0.5, 2.0])
    found = measure(result)
    assert found["waiting_gpu_hours"] == pytest.approx(1.1 * 24)
    assert sum(waterfall(found).values()) == pytest.approx(found["online_gpu_hours"], rel=1e-9)
    assert found["job_interruptions"] == 4
    assert found["effective_training_time_ratio"] == pytest.approx(2 / 3.3)
    assert found["spares_consumed"] == 1
    assert loss_by_cause(result)["bus"].gpus_lost == 4


def test_a_failure_that_nobody_explains_and_one_put_down_to_another(written, monkeypatch):
    written(lives={0: [0.5, 0.25, 9.0], 1: [5.0]}, repairs={1: [(0.3, None, True)]})
    real = HostDraws._draw

    def draw(self, hosts, ordinal):
        if self._address[0] != "diagnoses of hosts":
            return real(self, hosts, ordinal)
        # The first is seen by nobody, the second put down to the other host at work.
        return np.tile([[0.99, 0.0, 0.5, 0.5], [0.0, 0.0, 0.5, 0.5]][min(ordinal, 1)], (len(hosts), 1))

    monkeypatch.setattr(HostDraws, "_draw", draw)
    result = run(campus(campus__diagnosis__probability=0.9, campus__diagnosis__uncertainty=0.5))
    assert [row for row in rows(result) if row[2] >= 0 or "INTER" in row[1] or "FINISH" in row[1]] == [
        (0.6, "UNDIAGNOSED", 0),  # goes back to the pool; the list of standbys is full
        (0.6, "JOB_INTERRUPTED", -1),
        # Hosts 1 and 2 compute from .8 on; nobody stands by and neither fails: until the work is done.
        (2.3, "JOB_FINISHED", -1),
    ]


def test_the_wrong_host_is_mended_and_the_one_that_failed_goes_on(written, monkeypatch):
    written(lives={0: [0.5, 0.25, 9.0], 1: [5.0]}, repairs={1: [(0.3, None, True)]})
    real = HostDraws._draw
    monkeypatch.setattr(
        HostDraws,
        "_draw",
        lambda self, hosts, ordinal: (
            np.full((len(hosts), 4), 0.0) if self._address[0] == "diagnoses of hosts" else real(self, hosts, ordinal)
        ),
    )
    result = run(campus(campus__diagnosis__uncertainty=0.5, workload__jobs__0__work_gpu_hours=2 * 0.8 * 24))
    assert [row for row in rows(result) if row[2] >= 0 or "INTER" in row[1] or "FINISH" in row[1]] == [
        (0.6, "MISTAKEN", 1),
        (0.6, "JOB_INTERRUPTED", -1),
        (0.9, "REPAIRED", 1),
        (1.05, "MISTAKEN", 2),  # host 0 again, as old as before, .25 later; host 2 had taken host 1's place
        (1.05, "JOB_INTERRUPTED", -1),
        (1.3, "JOB_FINISHED", -1),
    ]


def test_a_host_that_failed_too_often_is_given_up_and_the_job_with_it():
    scenario = campus(
        "campus.retirement={kind: failures, failures: 1, window_days: null}", campus__repair__automatic_min=1
    )
    result = run(scenario)
    log_ = result.events
    assert (
        log_.count(EventKind.RETIRED) == log_.count(EventKind.HOST_FAILED) == log_.count(EventKind.JOB_INTERRUPTED) == 2
    )
    assert log_.count(EventKind.JOB_ABANDONED) == 1
    # 2 of 4 hosts are gone for good, and 3 are wanted: the job is given up with 2 at hand.
    assert measure(result)["satellite_availability"] < 1
    assert log_.satellites.sum() == 2


def test_checkpoints_lose_what_a_failure_finds_unsaved(written):
    written(lives={0: [0.55]}, repairs={0: [(0.3, None, True)]})
    every = {
        "workload__jobs__0__checkpoint_interval_min": 0.2 * DAY,
        "workload__jobs__0__checkpoint_block_s": 0.6 * DAY,
        "workload__jobs__0__checkpoint_durable_s": 0.6 * DAY,
    }
    result = run(campus(campus__continuous_checkpoints="false", **every))
    log_ = result.events
    # Two of .2 are saved in .42, .13 more are lost.
    assert log_.where(EventKind.LOST).amount.tolist() == pytest.approx([0.13 * 2 * 24])
    assert log_.where(EventKind.LOST).cause.tolist() == log_.where(EventKind.JOB_INTERRUPTED).cause.tolist()
    assert log_.total(EventKind.COMMITTED) == pytest.approx(2 * 2 * 24)
    assert log_.total(EventKind.CHECKPOINTED) == pytest.approx((2 + 8) * 0.01 * 2 * 24)
    assert log_.where(EventKind.JOB_FINISHED).time_days.tolist() == pytest.approx([0.1 + 0.55 + 0.2 + 1.6 + 0.08])


def test_what_comes_in_a_restart_begins_it_anew_where_the_job_says_so(written):
    written(lives={0: [0.5], 2: [0.05]}, repairs={})
    immune = run(campus())
    exposed = run(campus(workload__jobs__0__failures_during_restart="true"))
    at = [one.events.where(EventKind.JOB_INTERRUPTED).time_days.tolist()[:2] for one in (immune, exposed)]
    assert at == [pytest.approx([0.6, 0.85]), pytest.approx([0.6, 0.65])]
    assert exposed.events.where(EventKind.RESTARTED).amount.tolist()[0] == pytest.approx(0.05 * 2 * 24)


def test_heat_ages_electronics_and_nothing_else():
    def first_failure(law: str, inlet_c: float) -> float:
        off = "bus" if law == "gpu" else "gpu"
        rates = {f"reliability__{law}__rate_per_year": 36.525, f"reliability__{off}__rate_per_year": 0}
        result = run(campus(campus__inlet_c=inlet_c, **rates, workload__jobs__0__work_gpu_hours=1e4))
        return float(result.events.where(EventKind.JOB_INTERRUPTED).time_days[0]) - 0.1

    scenario = campus()
    stress = scenario.reliability.stress
    pace = float(stress.pace(40 + 55, stress.reference_swing_k, stress.reference_cycles_per_day))
    assert pace > 1.5
    assert first_failure("gpu", 40) == pytest.approx(first_failure("gpu", 25) / pace)
    assert first_failure("bus", 40) == first_failure("bus", 25)


def test_parts_and_interruptions_stop_the_job_under_their_own_names():
    scenario = campus(
        "reliability.groups={nic: {law: {kind: exponential, rate_per_year: 200}}}",
        "reliability.interruptions={software: {rate_per_year: 800, per: job, recovery: reboot}}",
        workload__jobs__0__work_gpu_hours=1000,
        campus__repair__manual_share=0,
        campus__repair__automatic_min=1,
        campus__hosts=6,
        mission__years=0.2,
    )
    result = run(scenario)
    by_cause = loss_by_cause(result)
    assert set(by_cause) == {"bus", "nic", "software"}
    days = result.events.total(EventKind.COMMITTED) / 2 / 24
    for cause, per_day in (("bus", 2.0), ("nic", 2 * 200 / 365.25), ("software", 800 / 365.25)):
        assert abs(by_cause[cause].interruptions - per_day * days) < 4 * np.sqrt(per_day * days), cause
    restarts = result.events.where(EventKind.RESTARTED).amount / 2 / 24
    assert set(np.round(restarts, 6).tolist()) == {0.2, round(0.2 + 10 / DAY, 6)}  # a reboot takes 10 minutes more


def test_log_is_kept_in_balance_and_is_the_same_for_one_seed():
    scenario = campus(campus__hosts=40, campus__spare_hosts=4, workload__jobs__0__gpus=30, campus__bad__share=0.3)
    first, again, other = run(scenario), run(scenario), run(scenario, seed=2)
    log_ = first.events
    assert np.array_equal(log_.time_days, again.events.time_days)
    assert len(log_) != len(other.events)
    assert (np.diff(log_.time_days) >= 0).all()
    out, back = np.isin(log_.kind, HOSTS_OUT).sum(), np.isin(log_.kind, HOSTS_BACK).sum()
    assert log_.satellites.sum() == 40 + log_.count(EventKind.PLACED) - out + back
    assert (log_.gpus == log_.satellites * scenario.satellite.gpus).all()
    job = [
        k for k in EventKind if k.name in ("COMMITTED", "RESTARTED", "WAITED", "LOST", "CHECKPOINTED", "UNCOMMITTED")
    ]
    end = log_.where(EventKind.JOB_FINISHED).time_days[0] if log_.count(EventKind.JOB_FINISHED) else first.horizon_days
    assert sum(log_.total(kind) for kind in job) == pytest.approx(end * 30 * 24)
    series, missing = daily_series(first), missing_capacity(first)
    assert series["online_fraction"] + sum(missing.values()) == pytest.approx(1)


def test_a_fault_that_is_found_makes_a_bad_host_good_for_ever():
    def failures(missed: float) -> float:
        fields = {
            "campus__bad__share": 1,
            "campus__bad__rate_factor": 20,
            "workload__jobs__0__work_gpu_hours": 2 * 24 * 4,
        }
        scenario = campus(
            campus__repair__manual_share=0,
            campus__repair__automatic_failure=missed,
            campus__repair__automatic_min=1,
            workload__jobs__0__restart_min=1,
            campus__selection_min=0,
            **fields,
        )
        return measure(run(scenario))["job_interruptions"]

    assert failures(1.0) > 5 * failures(0.0) > 0


def test_technicians_are_waited_for():
    def stalled(technicians: str) -> float:
        scenario = campus(f"campus.repair.technicians={technicians}", campus__repair__manual_share=1, campus__hosts=12,
                          workload__jobs__0__gpus=8, workload__jobs__0__work_gpu_hours=8 * 24 * 3)  # fmt: skip
        return run(scenario).events.total(EventKind.WAITED)

    assert stalled("1") > 1.5 * stalled("null")


def test_its_price_is_that_of_hosts_and_repairs():
    scenario = campus(
        "economics={bus_usd: 1000, gpu_usd: 500, operations_usd_per_year: 7, discount: {ground_per_year: 0}}",
        campus__repair__technician_usd_per_hour=10,
        campus__repair__manual_parts_usd=3,
        satellite__design_life_years=1,
    )
    result = run(scenario)
    found, log_ = costs(result), result.events
    assert (found[Item.SATELLITES], found[Item.GPUS], found[Item.LAUNCHES]) == (4000, 2000, 0)
    visits = log_.count(EventKind.VISITED)
    assert visits > 0
    assert found.servicing_usd == pytest.approx(10 * log_.total(EventKind.VISITED) + 3 * visits)
    assert -found[Item.CREDIT] == pytest.approx(0.9 * 6000)
    assert found.total_usd == pytest.approx(6000 + 0.7 + found.servicing_usd - 5400)


WRONG = [
    ("campus.hosts=0", "campus.hosts"),
    ("campus.bad.share=2", "campus.bad.share"),
    ("workload.jobs.0.gpus=5", "takes 5 hosts"),
    ("campus.retirement={kind: age}", "campus.retirement"),
    ("satellite.gpus=3", "must be whole hosts"),
    ("satellite.tray={gpus: 1, needed: 1}", "satellite.tray"),
    ("reliability.resettable_fraction=0.1", "reliability.resettable_fraction"),
    ("reliability.bus={kind: exponential, rate_per_year: 1, calendar_factor: {years: [0], factors: [2]}}", "calendar"),
    ("reliability.interruptions={steps: {rate_per_year: 1, recovery: retry}}", "reliability.interruptions.steps"),
    (
        "constellation={shells: [{kind: sun_synchronous, altitude_km: 600, ltan_h: 6, satellites_per_plane: 2}]}",
        "constel",
    ),
    ("power.eclipse_policy=pause", "power: has no meaning"),
    ("factory={}", "factory"),
    ("workload.jobs.0.count=2", r"takes 4 hosts|spare_hosts: .* for one job alone"),
    ("workload.jobs.0.count=fill", "how many there are"),
    ("workload.jobs=[]", "nobody computes"),
    ("workload.jobs.0.gradient_gb=2", "gradient_gb"),
    ("workload.jobs.0.hot_spares=2", r"hot_spares: .*: campus.warm_standbys"),
    ("workload.jobs.0.detection_s=30", r"detection_s: .* add it to restart_min"),
    ("workload.jobs.0.on_planned_removal=interrupt", "on_planned_removal"),
    ("workload.inference=[{}]", r"spare_hosts: .* for one job alone"),
    ("ground={relay: {}}", "ground"),
    ("economics.bus_usd=sized", "economics.bus_usd"),
    ("strategy=batch", "nothing to order"),
]


@pytest.mark.parametrize(("setting", "said"), WRONG)
def test_what_a_campus_does_not_follow_is_refused_by_name(setting, said):
    with pytest.raises(ScenarioError, match=said):
        campus(setting)


def test_a_checkpoint_longer_than_the_time_between_failures_is_refused_unless_it_costs_nothing():
    block = {"workload__jobs__0__checkpoint_block_s": 50_000, "workload__jobs__0__checkpoint_durable_s": 50_000}
    facts(campus(**block))
    with pytest.raises(ScenarioError, match=r"checkpoint_block_s = 50000.* interrupted every 43,200 s on average"):
        facts(campus("campus.continuous_checkpoints=false", **block))


def test_other_strategies_are_refused():
    with pytest.raises(ScenarioError, match="nothing to order on a campus"):
        campus().strategy_named("replace_on_failure")


def test_a_standby_keeps_its_place_until_the_restart_is_over(written):
    # Host 0 is back within the restart in which the standby takes its place: it does not stand by, so the next failure
    # finds no standby and the hosts are chosen anew, from a pool that suffices.
    written(lives={0: [0.5], 1: [1.0]}, repairs={0: [(0.15, None, True)], 1: [(5.0, None, True)]})
    result = run(campus(campus__hosts=4, campus__spare_hosts=0))
    assert [row for row in rows(result) if row[1] in ("HOST_FAILED", "REPAIRED", "JOB_STARTED")][:5] == [
        (0.0, "JOB_STARTED", -1),
        (0.6, "HOST_FAILED", 0),
        (0.75, "REPAIRED", 0),
        (1.3, "HOST_FAILED", 1),
        (1.5, "JOB_STARTED", -1),
    ]
    later = campus(campus__hosts=4, campus__spare_hosts=0)
    written(lives={0: [0.5], 1: [1.0]}, repairs={0: [(0.25, None, True)], 1: [(5.0, None, True)]})
    assert run(later).events.count(EventKind.JOB_STARTED) == 1  # .05 after it: it stands by


def test_the_horizon_may_cut_a_restart_off(written):
    written(lives={0: [0.5]}, repairs={})
    result = run(campus(mission__years=0.7 / 365.25))
    log_ = result.events
    assert log_.total(EventKind.RESTARTED) == pytest.approx(0.1 * 2 * 24)
    assert log_.total(EventKind.COMMITTED) == pytest.approx(0.5 * 2 * 24)
    assert log_.time_days.max() <= result.horizon_days


@pytest.mark.parametrize("hosts", [14, 40])
def test_every_host_is_somewhere_and_the_job_is_complete(hosts):
    scenario = campus(
        "campus.retirement={kind: failures, failures: 4, window_days: null}",
        campus__hosts=hosts,
        campus__spare_hosts=3,
        campus__warm_standbys=2,
        campus__bad__share=0.3,
        campus__diagnosis__probability=0.7,
        campus__diagnosis__uncertainty=0.5,
        campus__selection_min=1,
        campus__repair__manual_min=300,
        campus__repair__automatic_min=60,
        workload__jobs__0__gpus=8,
        workload__jobs__0__restart_min=5,
        workload__jobs__0__work_gpu_hours=8 * 24 * 8,
    )
    environment = Environment.build(scenario)
    assert environment.hall is not None
    for replicate in range(3):
        context = Context(scenario, environment, Streams(1, replicate), Fleet(environment.layouts))
        (hall,) = run_campus(context, environment.hall)
        log_ = context.log.finish()
        away = np.isin(log_.kind, HOSTS_OUT).sum() - np.isin(log_.kind, HOSTS_BACK).sum()
        assert log_.count(EventKind.MISTAKEN) > 5
        assert log_.count(EventKind.JOB_STARTED) > 3
        assert len(hall.pool) + len(hall.pool.spares) + away == hosts + 3
        assert log_.count(EventKind.RETIRED) <= away
        finished = log_.count(EventKind.JOB_FINISHED) == 1
        assert len(hall.active) == 8 if finished else log_.count(EventKind.JOB_ABANDONED) == 1


def test_only_figures_that_are_followed_are_listed_with_their_sources():
    paths = {figure.path for figure in sources(load(CLUSTER))}
    assert {
        "campus",
        "satellite.gpus",
        "reliability.bus",
        "economics.gpu_usd",
        "reliability.stress.thermal_share",
    } <= paths
    assert not [
        path for path in paths if path.startswith(("radiation", "launch", "satellite.a", "economics.pa", "constel"))
    ]


def test_what_it_means_is_said_before_it_runs():
    text = describe(load(CLUSTER))
    for said in (
        "4,160 hosts of 8 GPUs in the working pool",
        "654 bad hosts among them",
        "a host fails 6.39 times a year at work",
        "30 days of computing on 4,096 hosts",
        "interrupted every 20.1 min",
        "as many technicians as it takes",
    ):
        assert said in text
    (warning,) = facts(campus(campus__warm_standbys=2))["warnings"]
    assert "begins with fewer standbys" in warning
    (warning,) = facts(campus(campus__repair__technicians=1, campus__repair__manual_min=3 * DAY))["warnings"]
    # 2 failures a day at work, half of them by hand for 3 days; a restart of .2 follows each .5 of work.
    assert "failures keep 2.14 technicians busy" in warning
    (warning,) = facts(campus(workload__jobs__0__work_gpu_hours=1e5))["warnings"]
    assert "it will not end" in warning


def test_a_study_of_a_campus_is_run_drawn_and_read_back(tmp_path):
    study = experiment.run(campus(campus__hosts=6), replicates=2, out=tmp_path / "out")
    assert "GPU-hours rolled back" in study.table()
    assert "Dose" not in study.table()
    untitled = study.table().partition("replicates, seed 1")[2]
    assert not [word for word in ("satellite", "orbit", "flight", "bus failure") if word in untitled]
    for words in ("host failure", "alive, on hosts of the working pool", "that hosts have left"):
        assert words in " ".join(study.table().split())  # notes are wrapped
    again = experiment.load_study(tmp_path / "out")
    assert measure(again.result("run_to_failure", 1)) == pytest.approx(
        measure(run(campus(campus__hosts=6), 1, 1)), nan_ok=True
    )
    for draw in (plots.compute_availability, plots.losses_by_cause):
        plots.save(draw(again), tmp_path / "picture.png")
    picture = plots.losses_by_cause(again).figure
    assert any(text.get_text().startswith("host failure") for axes in picture.axes for text in axes.texts)
    ax = plots.event_timeline(again.result("run_to_failure"))
    assert any("hosts mended" in label.get_text() for axes in ax.figure.axes for label in axes.get_yticklabels())
