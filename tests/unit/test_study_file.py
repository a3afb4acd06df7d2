"""Study files: what they say, what `--vary` says in their place, and the faults of both."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.errors import ScenarioError
from sim.exploration import is_study, load_study_file
from sim.exploration.inputs import believed_inputs, inputs_of
from sim.scenario import load, sources

PRICE = "launch.vehicle.price.usd_per_kg"
HAZARD = "reliability.gpu.constant_per_year"


def write(folder, text):
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def fault_of(*names, **options):
    with pytest.raises(ScenarioError) as caught:
        inputs_of(load_study_file(*names, **options))
    return str(caught.value)


def test_a_study_file_is_told_from_a_scenario(tmp_path):
    assert is_study("studies/launch_price")
    assert is_study(write(tmp_path, "scenario: starcloud_3\n"))
    assert not is_study("starcloud_3")
    assert not is_study(write(tmp_path, "extends: starcloud_3\n"))


def test_a_range_has_the_values_of_its_law_and_a_list_its_own(tmp_path):
    text = f"scenario: [starcloud_3]\nvary:\n  {PRICE}: {{low: 100, high: 1600, steps: 5, law: log_uniform}}\n"
    study = load_study_file(write(tmp_path, f"{text}  satellite.shield.thickness_mm: [1, 4]\n"))
    price, shield = inputs_of(study)
    assert price.values == (100, 200, 400, 800, 1600)
    assert shield.values == (1, 4)
    assert (price.base, shield.base) == (500, 10)
    changed = study.at({PRICE: 200.0, "satellite.shield.thickness_mm": 4})
    assert changed.launch.vehicle.price.usd_per_kg == 200
    assert changed.satellite.shield.thickness_mm == 4


def test_a_range_without_bounds_is_that_of_its_source():
    stated = {figure.path: figure for figure in sources(load("starcloud_3"))}[HAZARD]
    [found] = inputs_of(load_study_file("starcloud_3", vary=[HAZARD]))
    assert found.law[:3] == (stated.low, stated.high, "log_uniform")
    assert (found.tag, found.source) == (stated.tag, stated.source)
    [own] = inputs_of(load_study_file("starcloud_3", vary=[f"{HAZARD}=0.02:0.06:3"]))
    assert own.values == pytest.approx((0.02, 0.04, 0.06))
    assert own.source == "no source given"


def test_the_command_line_replaces_what_the_file_says():
    study = load_study_file("studies/launch_price", "overlays/pause", vary=[f"{PRICE}=1,2"], replicates=3, metric=None)
    assert study.plan.vary[PRICE] == (1, 2)
    assert "service.value_usd_per_gpu_hour" in study.plan.vary
    assert study.plan.replicates == 3
    assert study.base.power.eclipse_policy == "pause" != load("starcloud_3").power.eclipse_policy
    assert study.metric == "net_cost_usd"
    assert study.name == "launch_price"


def test_whole_numbers_stay_whole_and_are_not_repeated():
    [few] = inputs_of(load_study_file("starcloud_3", vary=["satellite.gpus=100:103:7"]))
    assert few.values == (100, 101, 102, 103)
    assert all(isinstance(value, int) for value in few.values)
    assert few.at(np.array([0.4])) == [101]


@pytest.mark.parametrize(
    ("law", "of"),
    [
        ("uniform", stats.uniform(200, 700)),
        ("log_uniform", stats.loguniform(200, 900)),
        ("triangular", stats.triang(300 / 700, 200, 700)),
        ("normal", stats.truncnorm(-1.959964, 1.959964, 550, 350 / 1.959964)),
    ],
)
def test_quantiles_are_those_of_the_law(law, of):
    [found] = inputs_of(load_study_file("starcloud_3", vary=[f"{PRICE}=200:900:5:{law}"]))
    shares = np.linspace(0, 1, 21)
    assert found.at(shares) == pytest.approx(of.ppf(shares), rel=1e-6)


def test_the_figures_with_a_believed_range_are_inputs_where_nothing_is_varied():
    found = believed_inputs(load_study_file("starcloud_3"))
    ranges = [f for f in sources(load("starcloud_3")) if f.low is not None and f.high is not None and f.low < f.high]
    assert {one.path for one in found} <= {figure.path for figure in ranges}
    assert len(found) > 100
    assert PRICE in {one.path for one in found}


def test_names_are_those_of_the_study_or_the_manual():
    [named] = [one for one in inputs_of(load_study_file("studies/launch_price")) if one.path == PRICE]
    assert named.title == "Price of launch, USD/kg"
    [plain] = inputs_of(load_study_file("starcloud_3", vary=[HAZARD]))
    assert plain.title == "Constant hazard, failures per unit and year (GPU)"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (f"{PRICE}g=1:10:5", "did you mean 'usd_per_kg'"),
        (f"{PRICE}=10:1:5", "low (10) must be below high (1)"),
        (f"{PRICE}=5:5:5", "low (5) must be below high (5)"),
        (f"{PRICE}=10", "one value is --set"),
        (f"{PRICE}=", "write --vary path=low:high:steps"),
        (f"{PRICE}=1:10:1", "must be >= 2 and <= 1000"),
        (f"{PRICE}=1:10:2:even", "must be 'uniform', 'log_uniform', 'triangular' or 'normal'"),
        (f"{PRICE}=0:10:2:log_uniform", "must be above 0"),
        (f"{PRICE}=one:10", "must be a number"),
        (f"{PRICE}=3,3", "names a value twice"),
        (f"{PRICE}=600:900:3:triangular", "own value, 500.0, in the range"),
        ("constellation.shells.0.altitude_km=-5:700", "must be >= 200 and <= 2000"),
        ("satellite.gpus=120.1:120.4", "must be a whole number"),
        ("economics.gpu_usd", "no source states its range"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said(entry, said):
    message = fault_of("starcloud_3", vary=[entry])
    assert message.startswith("--vary: ")
    assert said in message
    assert message.count("\n") == 0


def test_faults_of_a_file_name_it_and_the_line(tmp_path):
    text = f"scenario: starcloud_3\nvary:\n  {PRICE}: {{low: 1, hihg: 3}}\n"
    path = write(tmp_path, f"{text}  satellite.gpus: {{low: 1, high: 2, steps: 1}}\nmetrc: net_cost_usd\n")
    assert fault_of(path).splitlines() == [
        f"{path}: vary.{PRICE}.hihg = 3: unknown key; did you mean 'high'? (line 3)",
        f"{path}: vary.satellite.gpus.steps = 1: must be >= 2 and <= 1000 (line 4)",
        f"{path}: metrc = 'net_cost_usd': unknown key; did you mean 'metric'? (line 5)",
    ]
    path = write(tmp_path, f"scenario: starcloud_3\nvary:\n  {PRICE[:-1]}: {{low: 1, high: 3}}\n")
    said = f"{path}: vary.{PRICE[:-1]} = 1.0: unknown key; did you mean 'usd_per_kg'? (line 3)"
    assert fault_of(path) == said
    path = write(tmp_path, f"scenario: starcloud_3\nvary:\n  {PRICE}: [1, 2]\nnames: {{{PRICE[:-1]}: price}}\n")
    assert f"names.{PRICE[:-1]}: is not varied; did you mean '{PRICE}'" in fault_of(path)


def test_other_faults_are_said():
    assert "nothing is varied" in fault_of("starcloud_3")
    assert "did you mean 'studies/launch_price'" in fault_of("studies/launch_pric")
    assert "no such metric; did you mean 'net_cost_usd'" in fault_of("starcloud_3", vary=[PRICE], metric="net_cost")
    assert "did you mean 'batch'" in fault_of("starcloud_3", vary=[PRICE], strategies=("batchh",))
    assert "no such file" in fault_of("nothing.yaml", vary=[PRICE])
