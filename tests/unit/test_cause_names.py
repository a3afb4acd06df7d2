"""Names that a scenario gives to causes: a result tells causes apart by name, so each is used once."""

from itertools import combinations

import pytest

from sim.errors import ScenarioError
from sim.events import NAMED, Cause
from sim.scenario import load

LAW = "{kind: exponential, rate_per_year: 0.1}"
MAPPINGS = {
    "radiation.effects": "{rad_per_event: 10}",
    "reliability.groups": "{law: " + LAW + ", gpus: 4}",
    "reliability.interruptions": "{rate_per_year: 1, per: job}",
    "reliability.common_causes": "{kind: batch, probability: 0.05, law: " + LAW + "}",
    "reliability.bus_shares": "1",
}


@pytest.mark.parametrize("name", ["bus", "debris", "stand_off"])
@pytest.mark.parametrize("where", MAPPINGS)
def test_the_name_of_a_built_in_cause_is_refused(where, name):
    with pytest.raises(
        ScenarioError, match=rf"{where}\.{name}: the cause '{name}' is built in: .* choose another name"
    ):
        load("baseline", set_=[f"{where}.{name}={MAPPINGS[where]}"])


@pytest.mark.parametrize(("first", "second"), list(combinations(MAPPINGS, 2)))
def test_a_name_used_twice_is_refused(first, second):
    twice = [f"{where}.mine={MAPPINGS[where]}" for where in (first, second)]
    with pytest.raises(ScenarioError, match=rf"{second}\.mine: the cause 'mine' is already under {first}"):
        load("baseline", set_=twice)
    for one in twice:
        load("baseline", set_=[one])


@pytest.mark.parametrize("where", MAPPINGS)
def test_a_name_of_its_own_has_a_number_beyond_those_built_in(where):
    scenario = load("baseline", set_=[f"{where}.mine={MAPPINGS[where]}"])
    assert scenario.cause_numbers["mine"] >= NAMED > max(Cause)
    assert scenario.cause_name(scenario.cause_numbers["mine"]) == "mine"
    assert len(set(scenario.cause_numbers.values())) == len(scenario.cause_numbers)


@pytest.mark.parametrize("where", [where for where in MAPPINGS if where != "radiation.effects"])
def test_a_single_event_that_is_switched_off_leaves_its_name_free(where):
    mine = f"{where}.silent_corruption={MAPPINGS[where]}"
    with pytest.raises(ScenarioError, match=r"is already under radiation\.effects"):
        load("baseline", set_=[mine])
    scenario = load("baseline", set_=["radiation.effects.silent_corruption=null", mine])
    number = scenario.cause_numbers["silent_corruption"]
    assert scenario.cause_name(number) == "silent_corruption"
    assert list(scenario.cause_numbers.values()).count(number) == 1
