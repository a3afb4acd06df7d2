"""A study of many replicates holds a few of them at a time."""

import weakref
from types import SimpleNamespace

import sim
from sim.experiment import study_file
from sim.experiment.spending import Spending

SHORT = ["mission.years=0.1", "workload.jobs=[]"]


def of_rows(rows):
    return SimpleNamespace(events=range(rows))


def test_replicates_are_written_in_batches_that_bound_memory(monkeypatch):
    monkeypatch.setattr(study_file, "_BATCH", 3)
    monkeypatch.setattr(study_file, "_BATCH_EVENTS", 100)
    records = [of_rows(rows) for rows in (10, 20, 30, 40, 70, 40, 500, 5, 99)]
    batches = list(study_file._batches(iter(records)))
    assert [[len(one.events) for one in batch] for batch in batches] == [
        [10, 20, 30],
        [40],
        [70],
        [40],
        [500],
        [5],
        [99],
    ]
    assert list(study_file._batches([])) == []


def test_the_next_record_is_fetched_when_the_batch_before_is_written():
    fetched = []

    def fetch():
        for at in range(4):
            fetched.append(at)
            yield of_rows(study_file._BATCH_EVENTS)

    batches = study_file._batches(fetch())
    next(batches)
    assert fetched == [0, 1]


def test_spending_looks_at_one_result_at_a_time():
    scenario = sim.load("baseline", set_=SHORT)
    made, most = [], 0

    def results():
        nonlocal most
        for replicate in range(4):
            result = sim.run(scenario, replicate=replicate)
            made.append(weakref.ref(result.events))
            most = max(most, sum(one() is not None for one in made))
            yield result
            del result

    spent = Spending.of(scenario, results(), 1.0)
    kept = Spending.of(scenario, [sim.run(scenario, replicate=replicate) for replicate in range(4)], 1.0)
    assert (spent.usd == kept.usd).all()
    assert most <= 2
