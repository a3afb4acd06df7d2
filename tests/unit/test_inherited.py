"""Name, description and notes of a scenario that was made from another one."""

import pytest

from sim.scenario import load, resolved_yaml, sha256_of
from sim.scenario.inherited import changes_text, name_of_file

BASE = load("baseline")


@pytest.fixture
def file(tmp_path):
    def make(text, name="twin.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return make


def test_a_child_says_what_it_changed_of_what_its_parent_says(file):
    child = load(file("extends: baseline\nsatellite: {gpus: 8}\nmission: {years: 2}\n"))
    assert child.description == f"{BASE.description} (changed: mission, satellite)"
    assert child.notes == f"Written before a change of: mission, satellite.\n\n{BASE.notes}"
    assert child.name == "twin"


def test_what_a_child_says_of_itself_stands_as_it_is(file):
    child = load(file("extends: baseline\nname: own\ndescription: mine\nnotes: my notes\nsatellite: {gpus: 8}\n"))
    assert (child.name, child.description, child.notes) == ("own", "mine", "my notes")


@pytest.mark.parametrize(
    "text",
    [
        "extends: baseline\n",
        "extends: baseline\nsatellite: {gpus: 36}\n",  # as it was
        "extends: baseline\nsources: {satellite.gpus: {tag: A, source: another reason}}\n",
    ],
)
def test_a_child_that_changes_nothing_is_its_parent(file, text):
    child = load(file(text))
    assert (child.name, child.description, child.notes) == (BASE.name, BASE.description, BASE.notes)
    assert sha256_of(child) == sha256_of(BASE)


def test_changes_add_up_from_the_file_that_said_it(file):
    file("extends: baseline\nsatellite: {gpus: 8}\ndescription: eight\n", "a.yaml")
    file("extends: a.yaml\nmission: {years: 2}\n", "b.yaml")
    child = load(file("extends: b.yaml\nsatellite: {gpus: 16}\nmission: {years: 3}\n", "c.yaml"))
    assert child.name == "c"
    assert child.description == "eight (changed: mission, satellite)"
    assert child.notes.startswith("Written before a change of: satellite, mission.\n")


def test_several_parents_change_one_another(file):
    child = load(file("extends: [baseline, overlays/pause]\n"))
    assert child.description == f"{BASE.description} (changed: power)"
    assert child.name == "twin"


def test_overlays_and_settings_change_the_description_and_keep_the_name(file):
    scenario = load("baseline", "overlays/pause", set_=["mission.years=2", "satellite.gpus=36"])
    assert scenario.description == f"{BASE.description} (changed: power, mission)"
    assert scenario.name == "baseline"
    said = load("baseline", "overlays/pause", set_=["description=paused", "mission.years=2"])
    assert said.description == "paused (changed: mission)"
    assert load(file(resolved_yaml(scenario))) == scenario


def test_nothing_is_added_to_a_text_that_is_not_there(file):
    bare = file("extends: baseline\ndescription: ''\nnotes: ''\n", "bare.yaml")
    scenario = load(bare, "overlays/pause")
    assert (scenario.description, scenario.notes) == ("", "")


@pytest.mark.parametrize(
    ("stem", "name"), [("my fleet", "my_fleet"), ("größe", "gr_e"), ("x" * 80, "x" * 60), ("a.b-c_1", "a.b-c_1")]
)
def test_a_file_name_becomes_a_name(stem, name, file):
    assert name_of_file(stem) == name
    assert load(file("extends: baseline\nsatellite: {gpus: 8}\n", f"{stem}.yaml")).name == name


def test_the_title_says_what_was_laid_on_a_scenario():
    laid = load("suncatcher_81", "overlays/shield_5mm", set_=["launch.lead_time_days.days=365", "notes=x"])
    assert laid.name == "suncatcher_81"
    assert laid.changes == ("shield_5mm", "launch.lead_time_days.days=365")
    assert laid.title == "suncatcher_81 + shield_5mm, launch.lead_time_days.days=365"
    assert load("suncatcher_81").title == load("suncatcher_81", set_=["name=suncatcher_81"]).title == "suncatcher_81"
    assert load("suncatcher_81", set_=["mission.years=3"]).title == "suncatcher_81 + mission.years=3"


def test_what_was_laid_is_kept_and_decides_nothing(file):
    laid = load("baseline", set_=["mission.years=3"])
    again = load(file(resolved_yaml(laid), "resolved.yaml"), set_=["satellite.gpus=8"])
    assert again.title == "baseline + mission.years=3, satellite.gpus=8"
    assert load(file(resolved_yaml(laid))) == laid
    assert sha256_of(laid) == sha256_of(laid.model_copy(update={"changes": ()}))


def test_a_scenario_of_another_name_has_no_changes_of_its_parent(file):
    file(resolved_yaml(load("baseline", set_=["mission.years=3"])), "parent.yaml")
    assert load(file("extends: parent.yaml\nsatellite: {gpus: 8}\n")).title == "twin"
    assert load(file("extends: parent.yaml\nname: own\nsatellite: {gpus: 8}\n")).title == "own"
    assert load(file("extends: parent.yaml\n")).title == "baseline + mission.years=3"
    # An overlay that states a name has given it.
    assert load("baseline", "overlays/second_generation").title == "second_generation"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ((), ""),
        (("a", "b", "x.y=1", "z=2"), "+ a + b, x.y=1, z=2"),
        (("x" * 50, "y" * 50, "z=1"), f"+ {'x' * 50} + 2 more"),
        (("a=" + "1" * 400, "b=2"), f"+ a={'1' * 28}...{'1' * 30}, b=2"),
        (("a=\x1b[1m\n2",), "+ a=\\x1b[1m 2"),
    ],
)
def test_many_changes_are_shortened(changes, text):
    assert changes_text(changes) == text
