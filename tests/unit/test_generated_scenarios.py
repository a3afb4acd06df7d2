"""A sample of generated scenarios: each is refused in a readable way, or described and run with finite results.

`python -m tests.unit.generate_scenarios N SEED` tries as many more as one likes.
"""

import itertools
import sys
from pathlib import Path

import pytest

from sim.errors import InputError
from sim.scenario import load
from sim.scenario.yaml_file import YamlError, parse

sys.path.insert(0, str(Path(__file__).parent))
from generate_scenarios import Case, Trial, bases, cases, check_message, extremes, in_small, texts


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    return bases(tmp_path_factory.mktemp("elements"))


def failures(trees, some, *, describe_every, run_every):
    trial, found = Trial(trees), []
    with in_small():
        for number, case in enumerate(some):
            deep = number % describe_every == 0
            if failure := trial.attempt(case, describe=deep, run=deep and number % run_every == 0):
                found.append(str(failure))
    return found, trial.came_to


def test_bases_run(trees):
    found, came_to = failures(trees, [Case(name, ()) for name in trees], describe_every=1, run_every=1)
    assert not found
    assert came_to == {"run": len(trees)}


def test_changes_are_refused_or_run(trees):
    found, came_to = failures(trees, itertools.islice(cases(trees, 1), 1500), describe_every=60, run_every=120)
    assert not found, "\n".join(found)
    assert came_to["refused by load"] > 700
    assert came_to["run"] >= 1


def test_extremes_of_each_field_are_refused_or_run(trees):
    every = sorted(extremes({name: trees[name] for name in ("full", "sized")}), key=str)
    found, came_to = failures(trees, every[::4], describe_every=40, run_every=80)
    assert not found, "\n".join(found)
    assert came_to["refused by load"] < 0.5 * came_to.total()


def test_texts_are_parsed_or_refused():
    for text in itertools.islice(texts(1), 500):
        try:
            parse(text)
        except YamlError as error:
            check_message(InputError(str(error)))


@pytest.mark.parametrize("setting", ["mission.years=\x1b[2J", "\x1b=1", f"{'k' * 100_000}=1", "a.\x00=1", "name=\x07"])
def test_settings_are_quoted_readably(setting):
    with pytest.raises(InputError) as caught:
        load("baseline", set_=[setting])
    check_message(caught.value)
