"""The names of `sim`: what they are does not depend on what else has been imported before."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import sim

PACKAGE = Path(sim.__file__).parent
PARTS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
NAMES = {
    "BUILT_IN": "dict of run_to_failure",
    "METRICS": "dict of compute_availability",
    "Environment": "type Environment",
    "InputError": "type InputError",
    "Result": "type Result",
    "Scenario": "type Scenario",
    "ScenarioError": "type ScenarioError",
    "Strategy": "type Strategy",
    "Study": "type Study",
    "compare": "function compare",
    "describe": "function describe",
    "ground_twin": "function ground_twin",
    "load": "function load",
    "load_study": "function load_study",
    "measure": "function measure",
    "optimise": "function optimise",
    "parity": "function parity",
    "plots": "module sim.plots",
    "reprice": "function reprice",
    "run": "function replicate",
    "sensitivity": "function sensitivity",
    "sources": "function sources",
    "strategies": "module sim.strategies",
    "sweep": "function sweep",
}
SCRIPT = """
import importlib, json, sys
importlib.import_module("sim." + sys.argv[1])
import sim
found = {"dir": dir(sim), "star": {}}
for name in sim.__all__:
    value = getattr(sim, name)
    kind = "type" if isinstance(value, type) else type(value).__name__
    found[name] = f"dict of {next(iter(value))}" if kind == "dict" else f"{kind} {value.__name__}"
exec("from sim import *", space := {})
found["star"] = sorted(name for name in space if name != "__builtins__" and space[name] is getattr(sim, name))
print(json.dumps(found))
"""


@cache
def found_after(part: str) -> dict[str, object]:
    """What each public name is in a process that imports this package first."""
    ran = subprocess.run([sys.executable, "-c", SCRIPT, part], capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("part", PARTS)
def test_a_public_name_is_what_it_is_whatever_was_imported_first(part, name):
    assert found_after(part)[name] == NAMES[name]


@pytest.mark.parametrize("part", PARTS)
def test_the_package_lists_its_public_names_and_nothing_else(part):
    assert found_after(part)["dir"] == found_after(part)["star"] == sorted(NAMES)


def test_no_module_has_the_name_of_something_else_that_is_public():
    inside = {path.stem for path in PACKAGE.glob("*.py")} | set(PARTS)
    assert inside & set(NAMES) == {"plots", "strategies"}


def test_other_names_are_refused():
    with pytest.raises(AttributeError, match="module 'sim' has no attribute 'simulate_everything'"):
        _ = sim.simulate_everything


def test_the_package_answers_to_the_name_it_is_installed_by():
    code = "import orbitfleet, sim; assert orbitfleet is sim; from orbitfleet import load; assert load is sim.load"
    subprocess.run([sys.executable, "-c", code], check=True)
