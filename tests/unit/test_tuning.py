"""The search for each strategy's best parameters, on fleets where one knows them."""

import pytest

from sim import experiment
from sim.description.format import money
from sim.errors import InputError
from sim.experiment import tuning

YEARLY = {"kind": "exponential", "rate_per_year": 1.0}
JOB = {"name": "job", "gpus": 1, "count": 6, "checkpoint_interval_min": 60}


def worth(scenario, usd):
    service = scenario.service.model_copy(update={"value_usd_per_gpu_hour": usd, "demand_fraction": 1.0})
    return scenario.model_copy(update={"service": service})


@pytest.fixture(scope="module")
def replaced(fleet):
    """Satellites for 1 USD and flights for 1 USD, where an hour is worth more than all of it."""
    given = {"batch": {"reorder_point": 6}}
    return worth(fleet(slots=6, bus=YEARLY, lead=20, jobs=[JOB], strategies=given), 1e3)


def test_it_finds_that_waiting_for_a_batch_costs_hours(replaced):
    tuned = tuning.tune(replaced, ["run_to_failure", "batch"], seed=1, workers=1)
    assert tuned["batch"].changed == {"reorder_point": 1}
    assert tuned["batch"].candidates == tuning.CANDIDATES
    assert (tuned["run_to_failure"].changed, tuned["run_to_failure"].candidates) == ({}, 1)
    better = tuning.with_tuned(replaced, tuned)
    assert better.strategy_named("batch").reorder_point == 1
    assert replaced.strategy_named("batch").reorder_point == 6
    study = experiment.compare(better, ["run_to_failure", "batch"], 6, 1, workers=1)
    losses = tuning.opportunity_losses(replaced, tuned, study)
    assert list(losses) == ["batch"]
    assert losses["batch"].ci_low > 0
    idle = tuning.never_launched(tuned, study)
    assert idle == ["run_to_failure"]
    said = tuning.tuning_json(tuned, losses, idle)
    assert said["batch"]["changed"] == {"reorder_point": 1}
    assert said["batch"]["opportunity_loss_usd"]["mean"] == losses["batch"].mean
    assert said["run_to_failure"]["opportunity_loss_usd"] is None
    assert (said["batch"]["never_launched"], said["run_to_failure"]["never_launched"]) == (False, True)
    text = tuning.tuning_text(tuned, losses, idle)
    assert text[0] == "run_to_failure: has nothing to tune"
    found = losses["batch"]
    interval = f"{money(found.mean)} [{money(found.ci_low)}, {money(found.ci_high)}]"
    assert text[1] == f"batch: reorder_point 1, of 8 sets; its own would add {interval} to the net cost"


def test_it_is_said_that_the_best_parameters_never_launch(replaced):
    dear = worth(replaced, 0)  # a flight costs a dollar, and no hour is worth it
    tuned = tuning.tune(dear, ["batch"], seed=1, workers=1)
    study = experiment.run(tuning.with_tuned(dear, tuned), strategy="batch", replicates=2, workers=1)
    assert not study.values("batch", "launches").any()
    idle = tuning.never_launched(tuned, study)
    assert idle == ["batch"]
    (line,) = tuning.tuning_text(tuned, {}, idle)
    assert "sets, with which nothing was ever launched after the deployment" in line


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (0, "$0"),
        (12.4, "$12"),
        (-999, "-$999"),
        (1234567.0, "$1.23M"),
        (-25e3, "-$25k"),
        (999_700, "$1M"),
        (2e12, "$2,000B"),
    ],
)
def test_money_has_three_digits(usd, text):
    assert money(usd) == text


def test_where_hours_are_worth_nothing_it_orders_late(replaced):
    assert tuning.tune(worth(replaced, 0), ["batch"], seed=1, workers=1)["batch"].strategy.reorder_point >= 6


def test_the_scenarios_own_parameters_are_tried_and_kept_among_equals(fleet):
    never = worth(fleet(slots=6, jobs=[JOB], strategies={"batch": {"reorder_point": 5}}), 1.0)
    found = tuning.tune(never, ["batch"], workers=1)["batch"]
    assert (found.strategy.reorder_point, dict(found.changed)) == (5, {})


def test_what_the_scenario_has_no_room_for_is_no_candidate(fleet):
    scenario = fleet(slots=6, spare_berths=2, jobs=[JOB], strategies={"on_orbit_spares": {"spares_per_plane": 2}})
    found = tuning.candidates_of(scenario, "on_orbit_spares", 100, seed=1)
    assert {one.spares_per_plane for one in found} == {1, 2}
    assert all(one.reorder_point < one.spares_per_plane for one in found)


def test_progress_ends_at_the_whole_and_no_replicate_is_one_that_ranks(replaced):
    seen = []
    tuning.tune(replaced, ["batch"], workers=1, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1]
    assert experiment.comparison.MOST_REPLICATES < tuning.FIRST_TRAINING_REPLICATE


def test_without_jobs_there_is_nothing_to_tune_for(fleet):
    with pytest.raises(InputError, match=r"no workload\.jobs"):
        tuning.tune(fleet(), ["batch"])
