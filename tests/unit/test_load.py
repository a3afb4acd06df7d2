"""Inheritance, overlays and settings: what wins, where each fault is reported, and that nothing crashes."""

import os
import sys
from pathlib import Path

import pytest

from sim.errors import InputError, ScenarioError
from sim.scenario import json_schema, load, resolved_yaml, sha256_of, shipped
from sim.strategies import BUILT_IN


@pytest.fixture
def file(tmp_path):
    def make(text, name="twin.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return make


def faults(*sources, set_=()):
    with pytest.raises(ScenarioError) as caught:
        load(*sources, set_=set_, allow_code=True)
    return caught.value.faults


# What wins


def test_a_child_changes_what_it_names_and_nothing_else(file):
    child = load(file("extends: baseline\nname: twin\nsatellite: {gpus: 8}\n"))
    base = load("baseline")
    assert child.satellite.gpus == 8
    assert child.satellite.mass_kg == base.satellite.mass_kg
    assert child.sources["satellite.gpus"].source == "set in twin.yaml, no source given"
    said = {"description": base.description, "notes": base.notes}
    same = {"name": base.name, "satellite": base.satellite, "sources": base.sources, **said}
    assert child.model_copy(update=same) == base


def test_later_sources_win_and_settings_win_over_all(file):
    a = file("satellite: {gpus: 8, mass_kg: 300}\n", "a.yaml")
    b = file("satellite: {gpus: 16}\n", "b.yaml")
    assert load("baseline", a, b).satellite.gpus == 16
    assert load("baseline", b, a).satellite.gpus == 8
    assert load("baseline", b, a, set_=["satellite.gpus=2", "satellite.gpus=3"]).satellite.gpus == 3


def test_several_parents_merge_in_order_and_relative_to_the_file(file):
    file("extends: baseline\nsatellite: {gpus: 8}\n", "base/one.yaml")
    file("satellite: {gpus: 16, mass_kg: 300}\n", "base/two.yaml")
    scenario = load(file("extends: [base/one.yaml, base/two.yaml, overlays/pause]\nsatellite: {mass_kg: 400}\n"))
    assert (scenario.satellite.gpus, scenario.satellite.mass_kg) == (16, 400)
    assert scenario.power.eclipse_policy == "pause"


def test_lists_are_replaced_whole(file):
    scenario = load(file("extends: baseline\nworkload: {jobs: [{gpus: 4}]}\n"))
    assert len(scenario.workload.jobs) == 1
    assert scenario.workload.jobs[0].count == 1


def test_another_kind_drops_the_keys_of_the_old_one(file):
    overlay = file("reliability: {gpu: {kind: exponential, rate_per_year: 0.09}}\n", "o.yaml")
    assert load("baseline", overlay).reliability.gpu.model_dump() == {
        "kind": "exponential",
        "rate_per_year": 0.09,
        "calendar_factor": None,
    }
    same = file("reliability: {gpu: {kind: bathtub, constant_per_year: 0.5}}\n", "s.yaml")
    assert (
        load("baseline", same).reliability.gpu.infant_loss_fraction
        == load("baseline").reliability.gpu.infant_loss_fraction
    )


@pytest.mark.parametrize("flip", [False, True])
def test_settings_may_change_a_kind_in_any_order(flip):
    settings = ["launch.lead_time_days.kind=exponential", "launch.lead_time_days.mean_days=5"]
    scenario = load("baseline", set_=settings[::-1] if flip else settings)
    assert scenario.launch.lead_time_days.expected_days() == 5


def test_settings_reach_lists_defaults_and_strategies():
    scenario = load(
        "suncatcher_81",
        set_=[
            "constellation.shells.0.altitude_km=800",
            "workload.jobs.0.checkpoint_interval_min=30",
            "service.sla_capacity_fraction=0.8",
            "power.eclipse_policy=pause",
            "strategies.replace_on_failure.order_ahead_days=1e2",
            "launch.slip_days={kind: constant, days: 3}",
            "reliability.gpu.calendar_factor={years: [1, 2], factors: [2, 1]}",
            "notes=a = b",
        ],
    )
    assert scenario.constellation.shells[0].altitude_km == 800
    assert scenario.workload.jobs[0].checkpoint_interval_min == 30
    assert scenario.service.sla_capacity_fraction == 0.8
    assert scenario.strategy_named("replace_on_failure").order_ahead_days == 100
    assert scenario.launch.slip_days.days == 3
    assert scenario.reliability.gpu.calendar_factor.factors == (2, 1)
    assert scenario.notes == "a = b"


def test_a_user_strategy_loads_by_its_class(file, monkeypatch, tmp_path):
    file(
        "from sim.strategies import RunToFailure\nclass Mine(RunToFailure):\n    kind: str\n    x: int = 1\n",
        "mine_module.py",
    )
    monkeypatch.syspath_prepend(tmp_path)
    scenario = load("baseline", set_=["strategies.own.kind=mine_module:Mine", "strategies.own.x=7", "strategy=own"])
    assert scenario.strategy_named("own").x == 7
    assert load(file(resolved_yaml(scenario)), allow_code=True) == scenario


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("strategy: stranger_code:S\n", "strategy"),
        ("strategies: {mine: {kind: 'stranger_code:S'}}\n", "strategies.mine.kind"),
        ("strategies: {'stranger_code:S': {}}\n", "strategies.stranger_code:S"),
    ],
)
def test_a_file_runs_code_only_where_that_is_allowed(file, monkeypatch, tmp_path, text, place):
    code = "import pathlib\npathlib.Path(__file__).with_name('ran').touch()\nfrom sim.strategies import RunToFailure\n"
    file(code + "class S(RunToFailure):\n    kind: str\n", "stranger_code.py")
    monkeypatch.syspath_prepend(tmp_path)
    mailed = file("extends: baseline\n" + text)
    sys.modules.pop("stranger_code", None)
    for allowed in (False, [], ["stranger_code:Other"]):
        with pytest.raises(ScenarioError, match=f"{place} = 'stranger_code:S': is code.*--allow-code"):
            load(mailed, allow_code=allowed)
    assert not (tmp_path / "ran").exists()
    load(mailed, allow_code=["stranger_code:S"])
    assert (tmp_path / "ran").exists()
    sys.modules.pop("stranger_code")
    assert load(mailed, allow_code=True).strategy_named("stranger_code:S")


# Where it comes from


def test_catalogue_files_lie_beside_the_file_that_names_them(file):
    elements = file("whatever", "sub/elements.json")
    overlay = file("constellation: {shells: [{kind: catalogue, file: elements.json}]}\n", "sub/overlay.yaml")
    scenario = load("baseline", overlay)
    assert Path(scenario.constellation.shells[0].file) == elements
    sha = sha256_of(scenario)
    moved = file("whatever", "elsewhere/other_name.json")
    place = f"constellation.shells.0.file={moved}"
    assert sha256_of(load("baseline", overlay, set_=[place])) == sha
    elements.write_text("changed")
    assert sha256_of(scenario) != sha
    elements.unlink()
    (fault,) = faults("baseline", overlay)
    assert fault.file == str(overlay)
    assert fault.path == "constellation.shells.0.file"
    assert "no such file" in fault.problem


def test_a_fault_names_the_file_that_gave_the_value(file):
    parent = file("extends: baseline\nmission: {years: -1}\n", "parent.yaml")
    child = file("extends: parent.yaml\nsatellite:\n  gpus: 0\n  mass: 3\n", "child.yaml")
    found = {fault.path: fault for fault in faults(child, set_=["light.shadow=dark"])}
    assert found["mission.years"].file == str(parent)
    assert found["satellite.gpus"].file == str(child)
    assert found["light.shadow"].file == "--set"
    assert found["mission.years"].value == -1
    assert "line 3" in found["satellite.gpus"].problem
    assert "did you mean 'mass_kg'" in found["satellite.mass"].problem
    assert len(found) == 4  # all at once


BAD = [
    ("mission: {years: -1}", "mission.years", "must be >= 0.0001 and <= 25"),
    ("mission: {years: 80}", "mission.years", "must be >= 0.0001 and <= 25"),
    ("mission: {years: .nan}", "mission.years", "finite"),
    ("mission: {years: .inf}", "mission.years", ""),
    ("mission: {years: true}", "mission.years", "must be a number, not true or false"),
    ("mission: {years: '5'}", "mission.years", "must be a number, not text"),
    ("mission: {years: 1_0}", "mission.years", "must be a number"),
    ("mission: {years: five}", "mission.years", "must be a number"),
    ("mission: {years: [1]}", "mission.years", "must be a number"),
    ("mission: {years: null}", "mission.years", "must be a number"),
    ("mission: {start: 2027-13-01}", "mission.start", "must be a date, YYYY-MM-DD"),
    ("mission: {start: 12345}", "mission.start", "date"),
    ("mission: {start: 1900-01-01}", "mission", "2020-01-01"),
    ("mission: {start: 2049-01-01}", "mission", "ephemeris"),
    ("mission: 3", "mission", "must be a mapping with keys start, years"),
    ("launchh: {}", "launchh", "did you mean 'launch'?"),
    ("exteds: x", "exteds", "did you mean 'extends'?"),
    ("zzz: 1", "zzz", "allowed: name, description"),
    ("name: 2027", "name", "must be text"),
    ("name: a b", "name", "letters, digits"),
    ("name: ''", "name", "at least 1"),
    ("satellite: {gpus: 1.5}", "satellite.gpus", "whole number"),
    ("satellite: {gpus: 1e9}", "satellite.gpus", "must be > 0 and <= 100000"),
    (
        "satellite: {mass_kg: 1e6}\nlaunch: {vehicle: {capacity_kg: 17500}}",
        "",
        "launch.vehicle.capacity_kg (17500) is too little for one satellite (1e+06)",
    ),
    ("constellation: {shells: []}", "constellation.shells", "at least 1"),
    ("constellation: {shells: {kind: walker}}", "constellation.shells", "must be a list"),
    (
        "constellation: {shells: [{altitude_km: 500}]}",
        "constellation.shells.0.kind",
        "walker, sun_synchronous, catalogue",
    ),
    ("constellation: {shells: [{kind: walkr}]}", "constellation.shells.0.kind", "did you mean 'walker'?"),
    (
        "constellation: {shells: [{kind: sun_synchronous, altitude_km: 90, ltan_h: 6, satellites_per_plane: 1}]}",
        "constellation.shells.0.altitude_km",
        "must be >= 200 and <= 2000",
    ),
    (
        "constellation: {shells: [{kind: sun_synchronous, altitud_km: 900, ltan_h: 6, satellites_per_plane: 1}]}",
        "constellation.shells.0.altitude_km",
        "is missing",
    ),
    ("launch: {vehicle: {price: {kind: free}}}", "launch.vehicle.price.kind", "one of per_flight, per_kg"),
    ("launch: {slip_days: {kind: uniform, low_days: 3, high_days: 1}}", "launch.slip_days", "must not be below"),
    ("launch: {slip_days: {mean_day: 1}}", "launch.slip_days.mean_day", "did you mean 'mean_days'?"),
    ("power: {eclipse_policy: sleep}", "power.eclipse_policy", "'ride_through', 'throttle', 'pause' or 'migrate'"),
    ("power: {eclipse_policy: paus}", "power.eclipse_policy", "did you mean 'pause'?"),
    (
        "workload: {jobs: [{gpus: 4, checkpoint_interval_min: often}]}",
        "workload.jobs.0.checkpoint_interval_min",
        "a number, or",
    ),
    ("workload: {scheduler: {kind: lifo}}", "workload.scheduler.kind", "fifo, fifo_backfill"),
    ('launch: {vehicle: {name: "a\\eb"}}', "launch.vehicle.name", "must not contain the character U+001B"),
    ('workload: {jobs: [{gpus: 1, name: "a\\nb"}]}', "workload.jobs.0.name", "must be a single line"),
    ("launch: {opportunity_interval_days: 1e-9}", "launch", "(1e-09) must be 0 or at least 0.01"),
    ("satellite: {gpu: {hbm_gb: 1e-300}}", "satellite.gpu.hbm_gb", "must be >= 0.001 and <= 1000000"),
    ("strategies: 3", "strategies", "must be a mapping"),
    ("strategies: {batch: 3}", "strategies.batch", "mapping"),
    ("strategies: {btch: {}}", "strategies.btch", "did you mean 'batch'?"),
    ("strategies: {batch: {reorder_point: 0}}", "strategies.batch.reorder_point", "must be > 0"),
    ("strategies: {batch: {reorder_pont: 1}}", "strategies.batch.reorder_pont", "did you mean 'reorder_point'?"),
    ("strategies: {x: {kind: 'os:path'}}", "strategies.x", "not a subclass"),
    ("strategies: {x: {kind: 'nowhere:X'}}", "strategies.x", "cannot be loaded"),
    ("strategies: {x: {kind: [1]}}", "strategies.x", "no strategy"),
    ("strategy: bach", "strategy", "did you mean 'batch'?"),
    ("strategy: on_orbit_spares\nconstellation: {spare_berths_per_plane: 0}", "strategy", "raise it, or lower"),
    ("reliability: {gpu: {kind: weibull}}", "reliability.gpu.shape", "is missing"),
    (
        "reliability: {gpu: {calendar_factor: {years: [2, 1], factors: [1, 1]}}}",
        "reliability.gpu.calendar_factor",
        "must increase",
    ),
    (
        "reliability: {gpu: {calendar_factor: {years: [-1], factors: [1]}}}",
        "reliability.gpu.calendar_factor.years.0",
        "must be >= 0",
    ),
]


@pytest.mark.parametrize(("text", "path", "problem"), BAD, ids=[text[:50] for text, *_ in BAD])
def test_each_fault_says_what_is_allowed(text, path, problem, file):
    source = file(f"extends: baseline\n{text}\n")
    found = faults(source)
    assert any(fault.path == path and problem in fault.problem for fault in found), [str(fault) for fault in found]
    for fault in found:
        assert fault.file == str(source) or (fault.path == "" and "capacity" in fault.problem)
        for jargon in ("Input should", "Extra inputs", "pydantic", "function-", "Value error", "ctx"):
            assert jargon not in fault.problem


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("no.such.field=1", "unknown key"),
        ("mission.yeers=1", "did you mean 'years'?"),
        ("mission.years=80", "must be >= 0.0001 and <= 25"),
        ("mission.years", "write --set"),
        ("=3", "write --set"),
        ("a..b=3", "write --set"),
        ("mission.years=[", "not valid YAML"),
        ("mission.years=&a 1", "anchors"),
        ("mission.years=", "must be a number"),
        ("mission.years.x=1", "single value"),
        ("constellation.shells.1.altitude_km=800", "'1' is no entry of the list constellation.shells"),
        ("constellation.shells.first.altitude_km=800", "'first' is no entry"),
        ("constellation.shells.-1.altitude_km=800", "'-1' is no entry"),
        ("constellation.shells.0.altitude=800", "did you mean 'altitude_km'?"),
        (".".join(["a"] * 5000) + "=1", "write --set"),
        ("extends=baseline", "unknown key"),
    ],
)
def test_settings_that_lead_nowhere(setting, problem):
    (fault,) = faults("baseline", set_=[setting])
    assert fault.file == "--set"
    assert problem in fault.problem


@pytest.mark.parametrize("text", ["", "3", "[a]", "text", "a: &a 1", "{[", "extends: {a: b}", "extends: [1]"])
def test_files_that_are_no_scenario_are_named(text, file):
    source = file(text)
    (fault,) = faults(source)
    assert fault.file == str(source)


def test_missing_files_and_parents(file):
    (fault,) = faults("configs/no_such_scenario.yaml")
    assert fault.file == "configs/no_such_scenario.yaml"
    (fault,) = faults("suncatcher_18")
    assert "did you mean 'suncatcher_81'?" in fault.problem
    source = file("extends: nowhere.yaml\n")
    (fault,) = faults(source)
    assert (fault.file, fault.path, fault.value) == (str(source), "extends", "nowhere.yaml")
    assert faults()  # no source at all


def test_circles_and_floods_of_parents_end(file):
    a = file("extends: b.yaml\n", "a.yaml")
    file("extends: a.yaml\n", "b.yaml")
    (fault,) = faults(a)
    assert "a.yaml -> b.yaml -> a.yaml" in fault.problem
    own = file("extends: own.yaml\n", "own.yaml")
    assert "extends itself" in faults(own)[0].problem
    for i in range(40):
        file(f"extends: [f{i + 1}.yaml, f{i + 1}.yaml]\n", f"f{i}.yaml")
    file("extends: baseline\n", "f40.yaml")
    (fault,) = faults(file("extends: f0.yaml\n"))
    assert "more than 100 files" in fault.problem


def test_a_flood_of_keys_is_answered(file):
    assert faults(file("\n".join(f"k{i}: {i}" for i in range(5000))))


def test_keys_cannot_write_to_the_terminal(file):
    (fault,) = faults(file('extends: baseline\n"\\e[31mred": "\\e[31m"\n'))
    assert "\x1b" not in str(fault)


# What goes out


@pytest.mark.parametrize("name", shipped())
def test_the_resolved_scenario_loads_back(name, file):
    scenario = load(name)
    again = load(file(resolved_yaml(scenario)))
    assert again == scenario
    assert sha256_of(again) == sha256_of(scenario)


def test_the_hash_follows_what_decides_results():
    base = sha256_of(load("baseline"))
    assert sha256_of(load("baseline", set_=["notes=other", "description=other"])) == base
    assert sha256_of(load("baseline", set_=["satellite.mass_kg=740.0"])) == base
    assert sha256_of(load("baseline", set_=["satellite.mass_kg=740.1"])) != base
    assert sha256_of(load("baseline", set_=["strategies.batch.reorder_point=3"])) != base


def test_the_schema_has_every_key_and_every_strategy():
    schema = json_schema()
    assert set(schema["required"]) <= set(schema["properties"])
    assert schema["properties"]["mission"] == {"$ref": "#/$defs/Mission"}
    assert "horizon" in schema["$defs"]["Mission"]["properties"]["years"]["description"].lower()
    strategies = schema["properties"]["strategies"]["properties"]
    assert set(strategies) == set(BUILT_IN)
    for reference in strategies.values():
        assert reference["$ref"].removeprefix("#/$defs/") in schema["$defs"]
    # Two models are called Batch: a strategy, and a common cause of failure.
    batch = schema["$defs"][strategies["batch"]["$ref"].removeprefix("#/$defs/")]
    assert "reorder_point" in batch["properties"]


# Files that are none


def test_what_is_no_file_is_refused_at_once(file, tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "a.yaml").symlink_to(tmp_path / "b.yaml")
    (tmp_path / "b.yaml").symlink_to(tmp_path / "a.yaml")
    for name, problem in (("pipe.yaml", "is a pipe or a device"), ("a.yaml", "cannot be read|no such file")):
        with pytest.raises(ScenarioError, match=problem):
            load(tmp_path / name)
        with pytest.raises(ScenarioError, match=problem):
            load(file(f"extends: {name}\n", "child.yaml"))
    with pytest.raises(ScenarioError, match=r"child.yaml: extends = 'a\\x00b'"):
        load(file('extends: "a\\0b"\n', "child.yaml"))


def test_names_cannot_command_the_terminal(file, tmp_path):
    (fault,) = faults(file("extends: baseline\n'\\e[31mred': 1\n".replace("'", '"'), "\x1b[2Jclear.yaml"))
    assert "\x1b" not in str(fault)
    assert "\\x1b[31mred" in str(fault)
    (fault,) = faults(file(f"extends: baseline\n{'k' * 900}: 1\n"))
    assert len(str(fault)) < 450 + len(str(tmp_path))


def test_messages_are_readable_whatever_they_quote():
    assert str(InputError("no file \x1b[2J\x00 here\nand more")) == "no file \\x1b[2J\\x00 here\nand more"
    assert len(str(InputError("k" * 100_000))) < 2000
    (fault,) = faults("baseline", set_=[f"satellite.{'k' * 100_000}=1"])
    assert len(str(fault)) < 2000
