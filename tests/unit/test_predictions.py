"""What flights to come will show: computed by the models, and written by the command."""

import datetime
import re
from pathlib import Path

import numpy as np
import pytest

from sim.claims import Evidence
from sim.claims.predictions import SYSTEMS, Prediction, predictions, predictions_of, predictions_text
from sim.description.radiation import radiation_facts
from sim.environment import Environment
from sim.scenario import load

PAGE = Path(__file__).parents[2] / "docs" / "predictions.md"
PAIR = "suncatcher_pair_2027"


@pytest.fixture(scope="module")
def found() -> dict[str, Prediction]:
    return {one.quantity: one for one in predictions_of(Evidence(replicates=4, workers=1), PAIR)}


def test_the_share_in_passes_is_that_of_the_reference(found):
    """About seven passes a day hold 97 % of the events at 650 km."""
    share = found["share of them in passes of the Anomaly"]
    assert share.low <= 97 <= share.high
    inside = found["the same while in passes of the South Atlantic Anomaly, for each year spent there"].expected
    outside = found["the same outside them"].expected
    environment = Environment.build(load(PAIR))
    time = radiation_facts(environment, environment.planes[0])["share_of_time_in_passes"]
    whole = found["interruptions of a chip by single events in a year"].expected
    assert inside * time + outside * (1 - time) == pytest.approx(whole)
    assert share.expected == pytest.approx(100 * inside * time / whole)


def test_the_eclipse_season_is_that_of_the_light_tables(found):
    environment = Environment.build(load(PAIR))
    dark = np.flatnonzero(environment.sunlit[0][:365] < 1)
    start = load(PAIR).mission.start
    first, last = (start + datetime.timedelta(days=int(day)) for day in (dark[0], dark[-1]))
    assert found["eclipse seasons"].expected == f"{first:%-d %b %Y} to {last:%-d %b %Y}"
    assert found["days with an eclipse in the first year"].expected == len(dark)


def test_every_figure_lies_in_its_interval(found):
    for one in found.values():
        if not isinstance(one.expected, str):
            assert one.low <= one.expected <= one.high, one


@pytest.mark.slow
def test_the_page_is_what_the_command_writes():
    page = PAGE.read_text()
    replicates, seed = map(int, re.search(r"--replicates (\d+) --seed (\d+)", page).groups())
    version, date = re.search(r"version (\S+), on (.*?);", page).groups()
    evidence = Evidence(seed=seed, replicates=replicates)
    day = datetime.datetime.strptime(date, "%d %B %Y").date()
    assert predictions_text(predictions(evidence), evidence, day, version) == page
    assert all(f"## {title}" in page for title in SYSTEMS.values())
