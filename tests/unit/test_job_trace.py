"""Jobs from a trace, and what is wrong with one, by line and column."""

import json

import pytest

from sim.errors import ScenarioError
from sim.scenario import load

TRACE = """submitted, num_gpus, hours, user
0, 8, 24, ann
1.5, 4, 2.5, bo

3, 8, 10, ann
"""


@pytest.fixture
def loaded(tmp_path):
    def load_with(text, name="jobs.csv", **trace):
        (tmp_path / name).write_text(text)
        (tmp_path / "mine.yaml").write_text(
            "extends: baseline\nname: mine\nworkload:\n  jobs: []\n  trace: " + json.dumps({"file": name, **trace})
        )
        return load(tmp_path / "mine.yaml").workload.jobs

    return load_with


NAMES = {"arrival": "submitted", "gpus": "num_gpus", "duration": "hours"}


def test_a_job_for_each_row_behind_those_described(loaded):
    jobs = loaded(TRACE, columns=NAMES, job={"restart_min": 3, "on_loss": "wait"})
    assert [(job.arrival_day * 24, job.gpus, job.work_gpu_hours) for job in jobs] == [
        (0, 8, pytest.approx(192)),
        (pytest.approx(1.5), 4, pytest.approx(10)),
        (pytest.approx(3), 8, pytest.approx(80)),
    ]
    assert {(job.restart_min, job.on_loss) for job in jobs} == {(3, "wait")}


def test_lines_of_json_in_other_units(loaded):
    rows = [
        {"arrival": 60, "gpus": 2, "end": 180, "priority": 3, "deadline": 300, "name": "first"},
        {"arrival": 0, "gpus": 1, "work_gpu_hours": 7},
    ]
    one, other = loaded("\n".join(map(json.dumps, rows)), "jobs.jsonl", unit="minutes")
    assert (one.arrival_day * 1440, one.work_gpu_hours, one.priority, one.name) == (
        pytest.approx(60),
        pytest.approx(4),
        3,
        "first",
    )
    assert one.deadline_days * 1440 == pytest.approx(240)
    assert (other.work_gpu_hours, other.deadline_days) == (7, None)


@pytest.mark.parametrize(
    ("text", "trace", "says"),
    [
        ("arrival,gpu\n0,8\n", {}, "jobs.csv: column 'gpus': is missing; did you mean 'gpu'"),
        ("arrival,gpus\n0,8\n-3,8\n", {}, "line 3, column 'arrival' = '-3': must be a number of at least 0"),
        ("arrival,gpus\n0,0\n", {}, "line 2, column 'gpus' = '0': must be a number of at least 1"),
        ("arrival,gpus\n0,2.5\n", {}, "line 2, column 'gpus' = 2.5: must be a whole number"),
        ("arrival,gpus\nMonday,8\n", {}, "line 2, column 'arrival' = 'Monday': must be a number"),
        ("arrival,gpus\n,8\n", {}, "line 2, column 'arrival': is missing"),
        ("arrival,gpus,end\n5,8,4\n", {}, "line 2, column 'end' = 4.0: is before its arrival, 5"),
        ("arrival,gpus\n0,8,9\n", {}, "line 2: has more cells than the heading"),
        ("arrival,gpus\n", {}, "jobs.csv: has no jobs"),
        ("arrival,gpus\n0,8\n", {"unit": "weeks"}, "workload.trace.unit = 'weeks': must be"),
        ("arrival,gpus\n0,8\n", {"columns": {"ends": "x"}}, "workload.trace.columns"),
        ("arrival,gpus\n0,8\n", {"job": {"restrt_min": 1}}, r"workload.jobs.0.restrt_min.*did you mean"),
        ("arrival,gpus,work_gpu_hours\n1,8,1\n2,8,0\n", {}, r"workload.jobs.1.work_gpu_hours = 0.*line 3"),
        ("arrival,gpus,arrival\n0,8,1\n", {}, "line 1, column 'arrival': stands in the heading twice"),
        ("t,gpus\n0,8\n", {"columns": {"arrival": "t", "end": "t"}}, "column 't': is named as arrival, end under"),
        ("arrival,gpus,duration\n0,8,-2\n", {}, "line 2, column 'duration' = '-2': must be a number of at least 0"),
        ("arrival,gpus,duration,end\n0,8,2,2\n1,8,4,3\n", {}, "line 3, column 'end' = 3.0: is before it can have run"),
        ("arrival,gpus,deadline\n5,8,1\n", {}, "line 2, column 'deadline' = 1.0: is before its arrival, 5"),
        ("arrival,gpus,duration\n0,8,1\n1,8,\n", {}, "line 3: has nothing under 'duration': other jobs"),
        ("arrival,gpus,priority\n0,8,.5\n", {}, "line 2, column 'priority' = 0.5: must be a whole number"),
        ("arrival,gpus\n0,inf\n", {}, "line 2, column 'gpus' = 'inf': must be a number of at least 1"),
        ("arrival,gpus\n0,8\n0,99999\n", {}, r"jobs.csv: workload.jobs.1.gpus = 99999: needs 50,000 .*\(line 3\)"),
    ],
)
def test_what_is_no_trace(loaded, text, trace, says):
    with pytest.raises(ScenarioError, match=says):
        loaded(text, **trace)


@pytest.mark.parametrize("gpus", [True, [8], 10**400])
def test_what_json_has_that_is_no_number(loaded, gpus):
    with pytest.raises(ScenarioError, match=r"jobs.jsonl: line 1, column 'gpus'.* must be a number"):
        loaded(json.dumps({"arrival": 0, "gpus": gpus}), "jobs.jsonl")


def test_a_job_that_says_nothing_of_its_work_has_that_of_its_model(loaded):
    model = {"parameters": 1e9, "tokens": 1e9}
    one, other = loaded("arrival,gpus,duration\n0,8,1\n1,8,\n", job={"model": model})
    assert (one.work_gpu_hours, other.work_gpu_hours) == (pytest.approx(8), None)


def test_a_trace_that_is_not_there(tmp_path):
    (tmp_path / "jobs.csv").write_text("arrival,gpus\n0,8\n")
    (tmp_path / "mine.yaml").write_text("extends: baseline\nname: mine\nworkload: {jobs: [], trace: {file: job.csv}}")
    with pytest.raises(ScenarioError, match=r"no such file; did you mean '.*jobs.csv'"):
        load(tmp_path / "mine.yaml")


def test_lines_that_no_object_can_be_read_from(loaded):
    with pytest.raises(ScenarioError, match=r"line 1: is no JSON: 'gpus' stands in it twice"):
        loaded('{"arrival": 0, "gpus": 8, "duration": 10, "gpus": 16}', "jobs.jsonl")
    with pytest.raises(ScenarioError, match=r"line 1: is no JSON"):
        loaded("[" * 100_000, "jobs.jsonl")
